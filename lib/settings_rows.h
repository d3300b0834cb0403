/*
 * settings_rows.h: settings.json in the runtime's memory, and the rows by which the provisioner
 * writes it (config/settings.c) and the runtime reads it (read_rows.c). A new member is a member of
 * a struct here and a row in settings_rows.c (docs/internals/adding-a-field.md).
 */
#ifndef FIFOQ_SETTINGS_ROWS_H
#define FIFOQ_SETTINGS_ROWS_H

#include "contract.h"
#include "log.h"

struct auth_value {
    char *text;                  /* a member that is not a template; NULL: absent */
    struct template **templates; /* the others: one, a list, or a map's values */
    char **names;                /* of a map; else NULL */
    size_t n_templates;
};

struct auth {
    const struct auth_kind *kind;           /* NULL: none */
    struct auth_value values[AUTH_MEMBERS]; /* in the order of the kind's members */
    bool by_message; /* a value depends on the message, so a failure may be the message's fault */
};

struct destination_header {
    char *name;
    struct template *value;
};

struct destination {
    char *name, *method;
    struct template *url;
    struct template *body; /* NULL: the message */
    enum body_type body_type;
    struct destination_header *headers;
    size_t n_headers;
    struct auth auth;    /* any kind but mtls */
    struct auth mtls;    /* allowed beside another kind */
    struct template *ca; /* trusted authorities, PEM; NULL: the usual ones */
    long timeout_ms;
    int (*success)[2]; /* statuses, from and to */
    size_t n_success;
    char *idempotency_header; /* NULL: none */
};

struct settings_ingest {
    unsigned events;                  /* EVENT_* */
    struct template *group, *message; /* NULL: one group; the item */
    enum on_reject on_reject;
    enum ingest_order order;
    int64_t start_s; /* records created before are left out (FIFOQ_START); 0: none */
};

struct settings_drain {
    long max_messages;
    double rate_per_s; /* 0: no limit */
    long parallel_groups;
    long timeout_ms, visibility_ms;
    long retry_after_max_ms; /* the longest pause that is accepted */
    char *turn;  /* the queue of the pipeline's turn, when there is a rate; NULL: none */
    char *pause; /* the parameter through which all processes share pauses; NULL: none */
    enum on_reject on_reject;
    struct destination *destinations;
    size_t n_destinations;
};

struct settings {
    char *pipeline, *table, *queue;
    char *dead_letters; /* NULL: none */
    json_t *parameters; /* NAME -> path in the Parameter Store */
    enum log_level log_level;
    bool has_ingest, has_drain;
    struct settings_ingest ingest;
    struct settings_drain drain;
};

enum { SETTINGS_VERSION = 1 };

enum setting_type {
    SETTING_INTEGER,  /* long */
    SETTING_MS,       /* long; a duration in seconds in the configuration */
    SETTING_NUMBER,   /* double, at least 0 */
    SETTING_WORD,     /* an enum: the number of one of words */
    SETTING_EVENTS,   /* unsigned: EVENT_* of a list */
    SETTING_TEXT,     /* char *; NULL: absent */
    SETTING_TEMPLATE, /* struct template *; NULL: absent */
    SETTING_OTHER,    /* any JSON; the runtime reads it with a function of its own */
};

enum {
    SETTING_OPTIONAL = 1,    /* may be absent or null, which means the default, 0 or NULL */
    SETTING_SPARSE = 2,      /* optional, and omitted when it is null or the default */
    SETTING_NAME = 4,        /* a text: a method or a header's name (RFC 9110) */
    SETTING_STRING = 8,      /* a template: one text */
    SETTING_ONLY_PARAM = 16, /* a template with ${param.NAME} only */
    SETTING_SORTED = 32,     /* written in the order of its names */
};

struct setting {
    const char *name;  /* in settings.json */
    const char *field; /* in fifoq.yaml; NULL: the provisioner makes it */
    enum setting_type type;
    unsigned flags;
    size_t offset, size;      /* in the struct */
    long min, max;            /* max 0: none */
    long fallback;            /* the value of an absent member */
    const char *const *words; /* SETTING_WORD */
};

/* In the order of settings.json; ended by a row without name. */
extern const struct setting settings_rows[];    /* struct settings */
extern const struct setting ingest_rows[];      /* struct settings_ingest */
extern const struct setting drain_rows[];       /* struct settings_drain */
extern const struct setting destination_rows[]; /* struct destination */

#endif

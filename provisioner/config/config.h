/*
 * config.h: fifoq.yaml, read, checked and decoded. Everything here is final: defaults are filled
 * in, units are converted, --env is merged. The one table of fields is in config/fields.c.
 */
#ifndef FIFOQ_CONFIG_H
#define FIFOQ_CONFIG_H

#include "config/schedule.h"
#include "contract.h"

/* A table that fifoq makes and owns. type is 'S', 'N' or 'B'; sort_key is NULL when there is none.
 */
struct config_table_keys {
    char *key, *sort_key;
    char key_type, sort_key_type;
};

struct config_table {
    char *name; /* NULL only without ingest and a name */
    bool create;
    struct config_table_keys keys;
};

/* ingest.start. START_UNSET is START_OLDEST by default, not by choice. */
enum start_kind { START_UNSET, START_OLDEST, START_NOW, START_TIME };

struct config_start {
    enum start_kind kind;
    int64_t at_s; /* START_TIME: since 1970 */
};

struct config_ingest {
    unsigned events; /* EVENT_* */
    json_t *filter;  /* array of patterns as the user wrote them, NULL: none */
    json_t *group;   /* a string (template) or NULL: one group */
    json_t *message; /* a JSON document (template) or NULL: the item */
    unsigned batch_size;
    enum on_reject on_reject;
    enum ingest_order order;
    struct config_start start;
};

struct config_queue {
    char *existing;                     /* NAME.fifo, or NULL: fifoq makes P.fifo */
    unsigned retention_s, visibility_s; /* existing: visibility_s is drain's minimum */
};

struct config_schedule {
    char *name; /* given, or cron-XXXXXXXX, rate-XXXXXXXX (SHA-256 of the expression) */
    char *expression;
    unsigned max_messages; /* drain.max_messages unless given */
    struct schedule when;
};

struct config_destination {
    char *name;
    json_t *settings; /* in the form of settings.json */
    json_t *check;    /* {url, method, success} of the request of check --live; NULL: none */
};

struct config_drain {
    struct config_schedule *schedules;
    size_t n_schedules;
    unsigned max_messages;
    double rate_per_s; /* 0: no limit */
    unsigned timeout_s;
    enum on_reject on_reject;
    struct config_destination *destinations;
    size_t n_destinations;
};

enum parameter_source { FROM_ENV, FROM_FILE, FROM_PROMPT, FROM_EXISTING };

struct config_parameter {
    char *name; /* NAME in ${param.NAME} */
    char *path; /* /P/NAME, or the existing parameter's path */
    enum parameter_source from;
    char *source; /* the variable, the file (relative to the configuration's folder), or NULL */
};

struct config_functions {
    bool arm64;
    unsigned memory_mb, log_retention_days;
    char *permissions_boundary; /* a policy's ARN, or NULL */
    char *role_path;            /* "/" or "/x/y/" */
};

struct config {
    char *file;                       /* as given with -f */
    char *name;                       /* name */
    char *pipeline;                   /* P: name, or name-ENV */
    char *environment;                /* --env, or NULL */
    char *region, *account, *profile; /* NULL when not given */
    json_t *tags;                     /* object of strings; never NULL */
    json_t *ignore_tags;              /* array of prefixes, or NULL */
    char *kms;                        /* a key's ARN, id or alias, or NULL */
    struct config_table table;
    bool has_ingest, has_drain;
    struct config_ingest ingest;
    struct config_queue queue;
    struct config_drain drain;
    struct config_parameter *parameters;
    size_t n_parameters; /* in order of their names */
    struct config_functions functions;
    json_t *settings;  /* settings.json, which is in the package beside the binary */
    json_t *positions; /* "drain.timeout" -> [line, column]; private to config_line */
};

/* An error, or (warning) a probable mistake. text: "fifoq.yaml:12:3: drain.timeout: ...", or
 * "fifoq.yaml:12:3: warning: ...". */
struct problem {
    int line, column;
    bool warning;
    char *text;
};
struct problems {
    struct problem *list; /* sorted by place */
    size_t n;
};
size_t problems_errors(const struct problems *p); /* without warnings */
void problems_done(struct problems *p);

/*
 * Reads and checks everything that can be checked offline. environment: --env, NULL for none. 0
 * with *out filled and perhaps warnings in *p, or -1 with every problem in *p and e (ERR_CONFIG: "2
 * problems in 'fifoq.yaml'"; ERR_IO when the file cannot be read, with what to do).
 */
CHECKED int config_load(const char *file, const char *environment, struct config *out,
                        struct problems *p, struct err *e);
/* The same from memory; file is only for messages. */
CHECKED int config_parse(const char *text, size_t n, const char *file, const char *environment,
                         struct config *out, struct problems *p, struct err *e);
void config_done(struct config *c);
/* The names of a file's environments: a new array, empty if it has none or cannot be parsed (then
 * config_load says why). ERR_IO. */
CHECKED int config_environments(const char *file, json_t **out, struct err *e);

/* The line of a field ("drain.schedules[1]"), or of its nearest parent in the file; 0: neither. */
int config_line(const struct config *c, const char *path);

/* Adds a problem of a field to *p, at the field's place, and sorts. */
void config_wrong(const struct config *c, struct problems *p, const char *path, const char *fmt,
                  ...) PRINTF(4, 5);
void config_warn(const struct config *c, struct problems *p, const char *path, const char *fmt, ...)
    PRINTF(4, 5);
/* ERR_CONFIG: "2 problems in 'fifoq.yaml'", when *p has errors; 0 otherwise. */
CHECKED int config_verdict(const char *file, const struct problems *p, struct err *e);

/* The folder of the configuration file; "" for the current folder. The caller's. */
char *config_folder(const struct config *c);

/* The target of a destination's sigv4: the API's id or the function's name, configured or from the
 * url; NULL: unknown. destination: decoded, or its settings. The caller's. */
char *config_sigv4_resource(const json_t *destination);

/* The queue that holds the pipeline's turn (runtime/turn.h); NULL without a rate. The caller's. */
char *config_turn_queue(const struct config *c);

/* The parameter through which runs of drain share the pauses that destinations asked for. No
 * configured parameter can have this name: it is a level below /P. The caller's. */
char *config_pause_parameter(const struct config *c);

/* A JSON Schema (draft 2020-12) and the reference page (Markdown) of the configuration, from the
 * field table. */
json_t *config_schema(void);
void config_reference(struct buf *out);

#endif

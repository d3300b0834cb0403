/* settings.h: settings.json (docs/internals/settings.md), which the provisioner puts into the
 * package beside the bootstrap. */
#ifndef FIFOQ_SETTINGS_H
#define FIFOQ_SETTINGS_H

#include "destination.h"
#include "log.h"
#include "template.h"

struct settings_ingest {
    unsigned events;                  /* EVENT_* of contract.h */
    struct template *group, *message; /* NULL: one group; the item */
    enum on_reject on_reject;
    int64_t start_s; /* records created before are left out (FIFOQ_START); 0: none */
};

struct settings_drain {
    long max_messages;
    double rate_per_s; /* 0: no limit */
    long parallel_groups;
    long timeout_ms, visibility_ms;
    char *turn;  /* the queue of the pipeline's turn, where there is a rate; NULL: none */
    char *pause; /* the parameter that all processes share pauses through; NULL: none */
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

/* ERR_CONFIG with the path of what is wrong, ERR_IO when the file cannot be read. *out needs
 * settings_done in either case. */
CHECKED int settings_load(const char *file, struct settings *out, struct err *e);
CHECKED int settings_parse(const char *text, size_t n, struct settings *out, struct err *e);
void settings_done(struct settings *s);
/* What the function's environment adds: FIFOQ_START (2026-01-31T08:00:00Z), which is not in the
 * package as that depends on nothing but the configuration. ERR_CONFIG: it is not a time. */
CHECKED int settings_environment(struct settings *s, struct err *e);

#endif

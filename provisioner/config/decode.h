/* decode.h: from a YAML tree to a tree of decoded values, by the table of fields. */
#ifndef FIFOQ_DECODE_H
#define FIFOQ_DECODE_H

#include "config/fields.h"
#include "config/ynode.h"
#include "template.h"

struct decoder {
    struct report *report;
    json_t *
        positions; /* "drain.timeout" -> [key's line, key's column, value's line, value's column] */
    bool part;     /* an environment: nothing is required, nothing filled in */
    const struct template_root *drain_roots;
    const struct template_root
        *part_drain_roots; /* for environments, which may bring parameters of their own */
};

/* One value that is being decoded. */
struct value {
    struct decoder *d;
    const struct field *f;
    const struct ynode *node;
    const char *path; /* as the user would say it: drain.schedules[1].at */
};

/* The whole configuration (or a part of it, which stands at path). What is wrong is reported and
 * left out of the result. */
json_t *decode_root(struct decoder *d, const struct ynode *root, const char *path);
/* Remembers where a path stands; `value` is where its value begins. */
void decode_position(struct decoder *d, const char *path, struct place key, struct place value);
/* Reports; answers NULL, so that a decoder can return it. */
void *value_wrong(const struct value *v, const char *fmt, ...) PRINTF(2, 3);
/* "… ; allowed: …" */
void *value_not_allowed(const struct value *v, const char *fmt, ...) PRINTF(2, 3);
/* The one-scalar types. */
json_t *value_scalar(const struct value *v);
/* FIELD_TEXT, FIELD_TEMPLATE, FIELD_JSON. */
json_t *value_document(const struct value *v);
/* A duration's seconds; -1: it is none. */
int64_t value_seconds(const char *text);

#endif

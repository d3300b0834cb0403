/* decode.h: decodes a YAML tree into a tree of values, by the table of fields. */
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
    const struct template_root *part_drain_roots; /* for environments, which may add parameters */
};

/* One value while it is decoded. */
struct value {
    struct decoder *d;
    const struct field *f;
    const struct ynode *node;
    const char *path; /* in the user's notation: drain.schedules[1].at */
};

/* Decodes the whole configuration (or a part of it, at path). Invalid values are reported and
 * missing in the result. */
json_t *decode_root(struct decoder *d, const struct ynode *root, const char *path);
/* Records the place of a path; `value` is the place of its value. */
void decode_position(struct decoder *d, const char *path, struct place key, struct place value);
/* Reports; returns NULL, so that a decoder can return it. */
void *value_wrong(const struct value *v, const char *fmt, ...) PRINTF(2, 3);
/* The same with "; allowed: ..." from the field. */
void *value_not_allowed(const struct value *v, const char *fmt, ...) PRINTF(2, 3);
/* The types with one scalar. */
json_t *value_scalar(const struct value *v);
/* FIELD_TEXT, FIELD_TEMPLATE, FIELD_JSON. */
json_t *value_document(const struct value *v);
/* A duration's seconds; -1: invalid. */
int64_t value_seconds(const char *text);

#endif

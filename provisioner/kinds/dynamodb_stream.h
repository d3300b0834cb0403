/* dynamodb_stream.h: the stream of a table, of fifoq's own and of existing ones. */
#ifndef FIFOQ_DYNAMODB_STREAM_H
#define FIFOQ_DYNAMODB_STREAM_H

#include "kinds/kind.h"

/* *out: DescribeTable's Table, a new reference; NULL if it does not exist. */
CHECKED int table_describe(const struct ctx *c, const char *table, json_t **out, struct err *e);

/* In facts of an existing table: its provisioned writes/s; 0 with capacity on demand. */
#define TABLE_WRITE_UNITS "WriteCapacityUnits"

/* The view of our streams: the old and the new image of an item. */
extern const char stream_view[];

/* A stream's view is permanent, so another view needs another stream (CONSENT_SWITCH_STREAM). */
#define STREAM_VIEW_ADVICE                                                                         \
    "a stream's view is permanent: pause the table's writers, let its readers finish, then "       \
    "run 'fifoq up --switch-stream'. It creates another stream and reads it from its oldest "      \
    "record (TRIM_HORIZON)"

/* Whether the view of the table's stream is sufficient. table: of DescribeTable; old_images: the
 * old image is needed. */
bool stream_serves(const json_t *table, bool old_images);

/* Puts StreamEnabled and StreamViewType into have as the table has them, and into want as they are
 * wanted. The view is wanted only if the stream is enabled and its view is not sufficient. */
void stream_have(json_t *have, const json_t *table);
void stream_want(const struct row *r, const json_t *have, json_t *want);
/* Puts the other functions that read the stream into facts["readers"], an array of names. table: of
 * DescribeTable. */
void stream_readers(const struct ctx *c, const struct row *r, const json_t *table, json_t *facts);

/* Enables the stream and waits until the table is ACTIVE again. */
CHECKED int stream_enable(const struct ctx *c, const struct row *r, struct err *e);
/* Applies the stream's part of delta: enables it, or first disables one with an insufficient view.
 * Writes to the table in between are in no stream. */
CHECKED int stream_update(const struct ctx *c, const struct row *r, const json_t *delta,
                          struct err *e);
/* Waits until the table is ACTIVE. table: the latest TableDescription or Table; owned from here. */
CHECKED int table_settle(const struct ctx *c, const struct row *r, json_t *table, struct err *e);

#endif

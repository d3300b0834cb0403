/* dynamodb_stream.h: what a table that fifoq makes and one that it only reads have in common: the
 * stream. */
#ifndef FIFOQ_DYNAMODB_STREAM_H
#define FIFOQ_DYNAMODB_STREAM_H

#include "kinds/kind.h"

/* DescribeTable's Table; the caller's, NULL when there is none. */
CHECKED int table_describe(const struct ctx *c, const char *table, json_t **out, struct err *e);

/* Puts StreamEnabled and StreamViewType as the table has them into have, and as they shall be into
 * want. ERR_REFUSED when the stream is on and cannot serve: its view type cannot be changed while
 * records wait in it. */
void stream_have(json_t *have, const json_t *table);
CHECKED int stream_want(const struct row *r, const json_t *have, json_t *want, struct err *e);

/* Switches the stream on, and waits until the table is ACTIVE again. */
CHECKED int stream_enable(const struct ctx *c, const struct row *r, struct err *e);
/* table is the latest answer (TableDescription or Table), taken over. */
CHECKED int table_settle(const struct ctx *c, const struct row *r, json_t *table, struct err *e);

#endif

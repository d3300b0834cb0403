/* dynamodb_stream.h: what a table that fifoq makes and one that it only reads have in common: the
 * stream. */
#ifndef FIFOQ_DYNAMODB_STREAM_H
#define FIFOQ_DYNAMODB_STREAM_H

#include "kinds/kind.h"

/* DescribeTable's Table; the caller's, NULL when there is none. */
CHECKED int table_describe(const struct ctx *c, const char *table, json_t **out, struct err *e);

/* What streams of ours carry: an item as it was and as it is. */
extern const char stream_view[];

/* StreamViewType is a fixed property: what waits in a stream is lost when another takes its place.
 */
#define STREAM_VIEW_ADVICE                                                                         \
    "the view of a stream is for ever: let its readers finish, switch it off with 'aws dynamodb "  \
    "update-table --stream-specification StreamEnabled=false', delete the mapping that read it, "  \
    "and run 'fifoq up': it makes another stream and reads it from its oldest record on "          \
    "(TRIM_HORIZON)"

/* Puts StreamEnabled and StreamViewType as the table has them into have, and as they shall be into
 * want: the view only where the stream is on and its own does not serve. */
void stream_have(json_t *have, const json_t *table);
void stream_want(const struct row *r, const json_t *have, json_t *want);

/* Switches the stream on, and waits until the table is ACTIVE again. */
CHECKED int stream_enable(const struct ctx *c, const struct row *r, struct err *e);
/* table is the latest answer (TableDescription or Table), taken over. */
CHECKED int table_settle(const struct ctx *c, const struct row *r, json_t *table, struct err *e);

#endif

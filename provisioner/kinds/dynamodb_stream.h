/* dynamodb_stream.h: what a table that fifoq makes and one that it only reads have in common: the
 * stream. */
#ifndef FIFOQ_DYNAMODB_STREAM_H
#define FIFOQ_DYNAMODB_STREAM_H

#include "kinds/kind.h"

/* DescribeTable's Table; the caller's, NULL when there is none. */
CHECKED int table_describe(const struct ctx *c, const char *table, json_t **out, struct err *e);

/* What streams of ours carry: an item as it was and as it is. */
extern const char stream_view[];

/* The view of a stream is for ever, so another view is another stream (CONSENT_SWITCH_STREAM). */
#define STREAM_VIEW_ADVICE                                                                         \
    "the view of a stream is for ever: let the table's writers pause and its readers finish, "     \
    "then run 'fifoq up --switch-stream', which makes another stream and reads it from its "       \
    "oldest record on (TRIM_HORIZON)"

/* Whether a table is as DescribeTable told it, and its stream has a view that old_images can or
 * cannot live with. */
bool stream_serves(const json_t *table, bool old_images);

/* Puts StreamEnabled and StreamViewType as the table has them into have, and as they shall be into
 * want: the view only where the stream is on and its own does not serve. */
void stream_have(json_t *have, const json_t *table);
void stream_want(const struct row *r, const json_t *have, json_t *want);
/* Who reads the stream beside our function: facts["readers"], an array of names. table: as
 * DescribeTable told it. */
void stream_readers(const struct ctx *c, const struct row *r, const json_t *table, json_t *facts);

/* Switches the stream on, and waits until the table is ACTIVE again. */
CHECKED int stream_enable(const struct ctx *c, const struct row *r, struct err *e);
/* What delta says of the stream: on, or off first, where it is on with a view that does not serve.
 * What is written to the table between off and on is in no stream. */
CHECKED int stream_update(const struct ctx *c, const struct row *r, const json_t *delta,
                          struct err *e);
/* table is the latest answer (TableDescription or Table), taken over. */
CHECKED int table_settle(const struct ctx *c, const struct row *r, json_t *table, struct err *e);

#endif

/* message.h: a message as ReceiveMessage gives it, and its state in this run. */
#ifndef FIFOQ_MESSAGE_H
#define FIFOQ_MESSAGE_H

#include "json.h"

#include <stdint.h>

/* Strings are borrowed from raw. */
struct message {
    const json_t *raw;
    const char *handle, *text, *group, *sequence;
    const char *message_id; /* the queue's, unique to this message; "": missing */
    const char *id;         /* of the stream's record: the same for all retries and dead letters */
    size_t text_len;
    int64_t sent_ms; /* SentTimestamp, wall clock; 0: missing */
    long receives; /* ApproximateReceiveCount; 1 for a message that was never the first of its group
                    */
    json_t *value; /* text as an exact tree; NULL: it is not JSON, or not wanted */
    const char *problem; /* why it is not JSON, static; NULL: it is */

    long retries; /* in place, after a failure */
    size_t taken; /* destinations, in order, that have it; from this run or an earlier one */
    int64_t lease_until_ms; /* monotonic clock: hidden from others until then */
    size_t recalled;        /* of these, from an earlier run */
    bool settled;           /* deleted, put back or lost: no longer held */
};

/* ERR_PARSE: it has no receipt handle, without which nothing can be done. */
CHECKED int message_read(const json_t *raw, bool with_value, struct message *out, struct err *e);
void message_done(struct message *m);

/* Tries so far, this one included. */
long message_attempt(const struct message *m);

#endif

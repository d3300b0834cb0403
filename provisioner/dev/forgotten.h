/* forgotten.h: detects an emulator that does not keep stream records, for example because it passes
 * them to a mapping's function itself: the table has items, but no record is ever read. Not for
 * AWS, where a table's ItemCount is some six hours old and items may be older than the stream's
 * records. https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TableDescription.html
 */
#ifndef FIFOQ_DEV_FORGOTTEN_H
#define FIFOQ_DEV_FORGOTTEN_H

#include "dev/stream.h"

/* Zeroed is new. One thread at a time. */
struct forgotten {
    bool quiet; /* done: a record was read, or the warning was printed */
    bool looked;
    int64_t due_ms;        /* monotonic clock */
    long long items_first; /* at the first check */
};

/* Reads the table's item count at most every 5 s, and warns once. read: a stream record was read.
 * Makes no call to AWS itself, only to an emulator; a failed call is ignored until the next one. */
void forgotten_look(struct forgotten *f, const struct stream_options *o, bool read);

#endif

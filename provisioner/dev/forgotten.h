/*
 * forgotten.h: notices an emulator that does not keep the records of a stream, as one that hands
 * them to the function of a mapping itself: the table has items, and no record is ever read.
 * Not for AWS, where a table's ItemCount is some six hours old and items may be older than the
 * stream's records.
 * https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TableDescription.html
 */
#ifndef FIFOQ_DEV_FORGOTTEN_H
#define FIFOQ_DEV_FORGOTTEN_H

#include "dev/stream.h"

/* Zeroed is new. One thread at a time. */
struct forgotten {
    bool quiet; /* nothing left to notice: a record was read, or it was said */
    bool looked;
    int64_t due_ms;        /* monotonic clock */
    long long items_first; /* when first looked */
};

/* Asks at most every 5 s how many items the table has, and warns once. read: a record of the stream
 * was read. Makes no call to AWS itself; an answer that fails is ignored: the next look asks again.
 */
void forgotten_look(struct forgotten *f, const struct stream_options *o, bool read);

#endif

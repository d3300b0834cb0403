/*
 * wave.h: which records may be sent now. Pure: no clock, no network, no locks.
 *
 * A record is sent only after the positive answer for the record before it in its group, so a batch
 * holds at most one record of a group and a group is never in two batches in flight.
 * Whatever fails, and whichever answer is lost, nothing overtakes anything.
 *
 * With in_batches (ORDER_BATCH) a batch holds up to ten records of a group, in their order, and SQS
 * keeps that order:
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html
 * But each has its own result, so a record may be accepted although one before it in the batch was
 * not: it overtook. A group is still never in two batches in flight.
 */
#ifndef FIFOQ_WAVE_H
#define FIFOQ_WAVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { WAVE_BATCH = 10 };            /* entries in a SendMessageBatch */
#define WAVE_BYTES ((size_t)1 << 20) /* all of them together */
enum { WAVE_WINDOW = 100 };          /* how far beyond the first unanswered record is sent */

struct wave; /* items are numbered 0 .. n-1 in the order of the stream */

struct wave_batch {
    size_t items[WAVE_BATCH], n;
    int target; /* the same for all of them */
    bool more;  /* another batch could be sent right now */
};

enum wave_next {
    WAVE_SEND, /* a batch; in flight until each item is answered */
    WAVE_WAIT, /* nothing yet: for *wait_ms, or until the next answer when that is -1 */
    WAVE_END,  /* nothing is in flight and nothing will be */
};

/* n items that need no sending, until wave_add says otherwise. */
struct wave *wave_new(size_t n, bool in_batches);
void wave_free(struct wave *w); /* NULL is fine */

/* Item i is to be sent to `target` (any number: a batch has one target); in ascending order of i.
 */
void wave_add(struct wave *w, size_t i, const char *group, size_t size, int target);

size_t wave_groups(const struct wave *w); /* of the items to be sent */

/* *wait_ms: how long until an item that failed may be sent again, -1: there is none; after
 * WAVE_SEND with out->more it may be -1 all the same. */
enum wave_next wave_next(struct wave *w, int64_t now_ms, struct wave_batch *out, int64_t *wait_ms);

/* Answers for items in flight. */
void wave_acked(struct wave *w, size_t i);
/* Not sent, or unknown: retry, not before that time; alone: in a batch of its own. */
void wave_again(struct wave *w, size_t i, int64_t not_before_ms, bool alone);
/* Retry with another target. */
void wave_elsewhere(struct wave *w, size_t i, size_t size, int target);
/* Not to be sent: neither this item nor any after it. Also for items that were never in flight. */
void wave_block(struct wave *w, size_t i);
/* After the answers of a batch: item i is acked, and one before it in its group is not. */
bool wave_overtook(const struct wave *w, size_t i);
/* Nothing more of the item's group is sent. */
void wave_stop_group(struct wave *w, size_t i);
/* Nothing more is sent. */
void wave_stop(struct wave *w);

bool wave_is_acked(const struct wave *w, size_t i);
int wave_failures(const struct wave *w, size_t i); /* number of wave_again calls */

#endif

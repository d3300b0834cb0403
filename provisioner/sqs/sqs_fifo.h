/*
 * sqs_fifo.h: the messages of a queue: groups and their locks, visibility, deduplication, receive
 * attempts. In a standard queue each message is a group of its own. Times are ms since 1970.
 */
#ifndef FIFOQ_SQS_SQS_FIFO_H
#define FIFOQ_SQS_SQS_FIFO_H

#include "uuid.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    SQS_BATCH_MAX = 10,
    SQS_INTERVAL_MS = 5 * 60 * 1000, /* for deduplication and receive attempts */
};

struct fifo_group;

struct fifo_message {
    uint64_t number; /* in order of arrival; the base of the SequenceNumber */
    char id[UUID_TEXT];
    char *body;
    size_t body_len;
    char *group, *dedup; /* ids as sent; NULL in a standard queue */
    char *trace;         /* AWSTraceHeader, or NULL */
    char *source_arn;    /* of the source queue of a dead letter, or NULL */
    json_t *attributes;  /* MessageAttributes, or NULL */
    int64_t sent_ms, enqueued_ms, first_receive_ms, received_ms, visible_ms;
    uint64_t nonce;                        /* of the last receive: part of the receipt handle */
    unsigned receives, receives_elsewhere; /* in total; before it became a dead letter */
    bool taken;                            /* received, and not yet visible again */
    bool changed;                          /* its visibility was changed since it was received */
    bool hidden;                           /* member of the list of hidden messages */
    struct fifo_message *next, *prev;      /* of the queue */
    struct fifo_message *next_member, *prev_member; /* of the group */
    struct fifo_message *next_hidden, *prev_hidden;
    struct fifo_group *home;
};

/* A message sent earlier; kept after the message is deleted. */
struct fifo_duplicate {
    char *key;
    char id[UUID_TEXT];
    uint64_t number;
    int64_t until_ms;
    struct fifo_duplicate *next;
};

/* The messages that a ReceiveMessage with an attempt id returned. */
struct fifo_attempt {
    char *id;
    int64_t until_ms;
    size_t n;
    uint64_t numbers[SQS_BATCH_MAX], nonces[SQS_BATCH_MAX];
    struct fifo_attempt *next;
};

/* Zeroed: empty. */
struct fifo {
    struct fifo_message *first, *last, *hidden;
    struct fifo_group *groups;
    struct fifo_duplicate *duplicates, *last_duplicate; /* oldest first */
    struct fifo_attempt *attempts, *last_attempt;       /* the same */
    void *by_number, *by_group, *by_key, *by_attempt;   /* trees of tsearch(3) */
    size_t n, n_hidden;
};

void fifo_clear(struct fifo *f); /* removes everything */
void fifo_message_free(struct fifo_message *m);

/* Takes ownership of m, which becomes the last of its group; it can be received from visible_ms on.
 */
void fifo_add(struct fifo *f, struct fifo_message *m, int64_t now);
/* Gives ownership back to the caller. */
void fifo_remove(struct fifo *f, struct fifo_message *m);
struct fifo_message *fifo_find(const struct fifo *f, uint64_t number);
/* Hides m until until_ms; a past time makes it visible. */
void fifo_hide(struct fifo *f, struct fifo_message *m, int64_t until_ms, int64_t now);

/* Applies the time: messages become visible or expire, duplicates and attempts expire. */
void fifo_tick(struct fifo *f, int64_t retention_ms, int64_t now);

/* At most max messages that can be received now: as many as possible from the group with the oldest
 * first message, then from the next ones. Does not change them. */
size_t fifo_ready(const struct fifo *f, int64_t now, size_t max, struct fifo_message **out);

/* When the next hidden message becomes visible; INT64_MAX: none is hidden. */
int64_t fifo_due_ms(const struct fifo *f, int64_t now);

/* NULL: not sent within the interval. */
const struct fifo_duplicate *fifo_duplicate(const struct fifo *f, const char *key);
void fifo_remember(struct fifo *f, const char *key, const struct fifo_message *m, int64_t now);
void fifo_forget(struct fifo *f); /* removes all duplicates */

/* The messages of an earlier attempt; 0 if the attempt is unknown, or if one of them has been
 * deleted, changed or become visible since. */
size_t fifo_replay(const struct fifo *f, const char *attempt, struct fifo_message **out);
void fifo_attempted(struct fifo *f, const char *attempt, struct fifo_message *const *messages,
                    size_t n, int64_t now);

#endif

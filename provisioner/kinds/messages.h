/* messages.h: counts the messages in queues that will be deleted, and saves them in a file. */
#ifndef FIFOQ_MESSAGES_H
#define FIFOQ_MESSAGES_H

#include "kinds/kind.h"

/* SQS's approximate counts; each message is in exactly one of them. */
struct depth {
    long long waiting, in_flight, delayed;
};

/* Whether the queue holds drain's turn (runtime/turn.h), which is not a message to deliver or save.
 */
bool queue_is_turn(const struct row *r);
/* The counts in a queue's attributes; zero if they are missing. */
struct depth depth_of(const json_t *attributes);
/* Reads the counts from SQS; zero if the queue does not exist. */
CHECKED int depth_read(const struct ctx *c, const char *queue, struct depth *out, struct err *e);
/* Whether a message can be received now: SQS's counts may lag by a minute (API_GetQueueAttributes).
 * The message stays visible; its receive count grows. False if the queue does not exist. */
CHECKED int queue_peek(const struct ctx *c, const char *queue, bool *found, struct err *e);
long long depth_total(const struct depth *d);
/* Appends "12, 3 of them in flight" to out. */
void depth_text(const struct depth *d, struct buf *out);

/*
 * Saving: each message becomes one line of JSON in FILE.part, which is renamed to FILE once all
 * queues are empty. A message is deleted from its queue only after its line is on disk. So it is in
 * the file or in the queue (or, after a kill, in both, with the same MessageId), and the lines of a
 * message group are in order.
 */
struct save;

/* Creates FILE.part. ERR_REFUSED if FILE or FILE.part exists; ERR_IO. The caller frees *out. */
CHECKED int save_new(const char *file, struct save **out, struct err *e);
void save_free(struct save *s); /* s may be NULL; FILE.part stays if it holds a message */

/* Adds a queue to be emptied, in the order of calls; copies its arguments. */
void save_add(struct save *s, const char *queue, const json_t *attributes);

/*
 * Empties all queues into the file, once: a second caller waits for the first and gets its result.
 * No other consumer may still receive. Waits for messages in flight. After a failure the error says
 * where the messages are.
 */
CHECKED int save_all(struct save *s, const struct ctx *c, struct err *e);

size_t save_count(const struct save *s); /* messages in the file */
bool save_complete(const struct save *s);

#endif

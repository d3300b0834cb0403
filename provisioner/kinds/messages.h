/*
 * messages.h: what lies in the queues that are about to be deleted: how much it is, and how to save
 * it in a file.
 */
#ifndef FIFOQ_MESSAGES_H
#define FIFOQ_MESSAGES_H

#include "kinds/kind.h"

/* SQS's own counts (approximate); each message is in exactly one of them. */
struct depth {
    long long waiting, in_flight, delayed;
};

/* Whether what the queue holds is drain's own turn (runtime/turn.h): nothing that waits for
 * anybody, and nothing to save. */
bool queue_is_turn(const struct row *r);
/* From the attributes of a queue; zero for anything else. */
struct depth depth_of(const json_t *attributes);
/* Asks SQS; zero when there is no such queue. */
CHECKED int depth_read(const struct ctx *c, const char *queue, struct depth *out, struct err *e);
/* Whether a message can be received now: SQS's counts may lag by a minute (API_GetQueueAttributes).
 * Nothing is taken; its receive count grows. False when there is no such queue. */
CHECKED int queue_peek(const struct ctx *c, const char *queue, bool *found, struct err *e);
long long depth_total(const struct depth *d);
/* "12, 3 of them in flight"; appended to out. */
void depth_text(const struct depth *d, struct buf *out);

/*
 * Saving: each message becomes one line of JSON in FILE.part, which is renamed to FILE once all
 * queues are empty. A message is deleted from its queue only after its line is on the disk, so that
 * it is in the file or in the queue (or, after a kill, in both: MessageId tells), and the lines of
 * a message group are in the group's order.
 */
struct save;

/* Makes FILE.part. ERR_REFUSED when FILE or FILE.part is there; ERR_IO. *out is the caller's. */
CHECKED int save_new(const char *file, struct save **out, struct err *e);
void save_free(struct save *s); /* NULL is fine; FILE.part stays when it holds a message */

/* A queue to be emptied, in the order of calls; both are copied. */
void save_add(struct save *s, const char *queue, const json_t *attributes);

/*
 * Empties all queues into the file, once: whoever comes second waits for the first and gets its
 * result. Nobody else may be receiving by now; messages that are still in flight are waited for.
 * After a failure the error says where each half is.
 */
CHECKED int save_all(struct save *s, const struct ctx *c, struct err *e);

size_t save_count(const struct save *s); /* messages in the file */
bool save_complete(const struct save *s);

#endif

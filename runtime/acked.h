/*
 * acked.h: the last 65,536 things that were accepted, for as long as this process lives.
 *
 * Ingest keeps the records that the queue has taken: a stream batch that is tried again more than
 * five minutes after its first try is beyond the queue's own deduplication. Drain keeps what its
 * destinations have taken (taken.c).
 */
#ifndef FIFOQ_ACKED_H
#define FIFOQ_ACKED_H

#include <stdbool.h>

struct acked; /* for one thread at a time */

struct acked *acked_new(void);
void acked_free(struct acked *a); /* NULL is fine */

void acked_add(struct acked *a, const char *id); /* forgets the oldest when full */
bool acked_has(const struct acked *a, const char *id);

#endif

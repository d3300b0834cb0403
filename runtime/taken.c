/*
 * taken.c: which destinations have accepted a message already, for as long as the process lives. So
 * a message that is received again is not sent to them again; and one that all of them have, but
 * that could not be deleted, is only deleted.
 *
 * A message is identified by the queue's MessageId. That stays the same however often the message
 * is received, and no other message ever has it: a dead letter that is put back, or another message
 * with the same deduplication id, is sent to every destination. So nothing has to be forgotten
 * after a deletion. Only what a destination has confirmed is here, and only messages that leave
 * this run without being deleted; what drops out of the ring is sent again.
 */
#include "taken.h"

#include "mem.h"

void taken_init(struct taken *t)
{
    (void)pthread_mutex_init(&t->lock, NULL);
    t->acked = acked_new();
}

void taken_done(struct taken *t)
{
    acked_free(t->acked);
    (void)pthread_mutex_destroy(&t->lock);
}

static char *key_of(const struct message *m, size_t destination)
{
    return xasprintf("%s %zu", m->message_id, destination);
}

void taken_remember(struct taken *t, const struct message *m)
{
    if (!*m->message_id)
        return;
    (void)pthread_mutex_lock(&t->lock);
    for (size_t i = 0; i < m->taken; i++) {
        auto_free char *key = key_of(m, i);

        acked_add(t->acked, key);
    }
    (void)pthread_mutex_unlock(&t->lock);
}

static bool has(const struct taken *t, const struct message *m, size_t destination)
{
    auto_free char *key = key_of(m, destination);

    return acked_has(t->acked, key);
}

void taken_recall(struct taken *t, struct message *m, size_t n_destinations)
{
    if (!*m->message_id)
        return;
    (void)pthread_mutex_lock(&t->lock);
    while (m->taken < n_destinations && has(t, m, m->taken))
        m->recalled = ++m->taken;
    (void)pthread_mutex_unlock(&t->lock);
}

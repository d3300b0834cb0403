/*
 * taken.c: which destinations have accepted a message already, for as long as the process lives. So
 * a message that comes again is not sent to them again; and one that all of them have, but that
 * could not be deleted, is only deleted.
 *
 * A message is what the queue's MessageId says. It stays the same however often the message is
 * received, and no other message ever has it: a dead letter that is put back, or another message
 * with the same deduplication id, is sent to every destination. That is also why nothing has to be
 * forgotten after a deletion. Only what a destination has confirmed is here, and only messages that
 * leave this run without being deleted; what falls out of the ring is sent again.
 */
#include "taken.h"

#include "mem.h"

static char *key_of(const struct message *m, size_t destination)
{
    return xasprintf("%s %zu", m->message_id, destination);
}

void taken_remember(struct drain *d, const struct message *m)
{
    if (!*m->message_id)
        return;
    (void)pthread_mutex_lock(&d->lock);
    for (size_t i = 0; i < m->taken; i++) {
        auto_free char *key = key_of(m, i);

        acked_add(d->taken, key);
    }
    (void)pthread_mutex_unlock(&d->lock);
}

static bool has(const struct drain *d, const struct message *m, size_t destination)
{
    auto_free char *key = key_of(m, destination);

    return acked_has(d->taken, key);
}

void taken_recall(struct drain *d, struct message *m)
{
    if (!*m->message_id)
        return;
    (void)pthread_mutex_lock(&d->lock);
    while (m->taken < d->settings->drain.n_destinations && has(d, m, m->taken))
        m->recalled = ++m->taken;
    (void)pthread_mutex_unlock(&d->lock);
}

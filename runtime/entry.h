/* entry.h: one stream record, prepared for the queue before anything is sent. */
#ifndef FIFOQ_ENTRY_H
#define FIFOQ_ENTRY_H

#include "queue.h"
#include "settings.h"
#include "stream_record.h"

enum entry_state {
    ENTRY_SKIP,    /* nothing to send: an unwanted event, sent before, or dropped */
    ENTRY_SEND,    /* to the queue */
    ENTRY_DEAD,    /* to the dead letters */
    ENTRY_BLOCKED, /* cannot be sent, and nothing after it may be */
};

struct entry {
    struct stream_record record;
    enum entry_state state;
    bool rejected;
    char group[QUEUE_ID_MAX + 1]; /* "" until it is known */
    char *body;
    json_t *attributes; /* dead letters */
};

/* Renders message and group; a record that cannot become a message is rejected as entry_reject
 * says. record is in e->record. */
void entry_make(struct entry *e, const struct settings *s);
/* By on_reject: blocked, a dead letter, or dropped. Logs which and why. A dead letter that is
 * refused becomes blocked. */
void entry_reject(struct entry *e, const struct settings *s, const char *reason);
void entry_done(struct entry *e);

/* What goes over the wire; borrowed. */
struct queue_message entry_message(const struct entry *e);

#endif

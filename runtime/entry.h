/* entry.h: one stream record, prepared for the queue before anything is sent. */
#ifndef FIFOQ_ENTRY_H
#define FIFOQ_ENTRY_H

#include "queue.h"
#include "record_values.h"
#include "settings.h"

enum entry_state {
    ENTRY_SKIP,    /* nothing to send: an unwanted event, sent before, or dropped */
    ENTRY_SEND,    /* to the queue */
    ENTRY_DEAD,    /* to the dead letters */
    ENTRY_BLOCKED, /* cannot be sent, and nothing after it may be */
};

struct entry {
    struct stream_record record; /* the entry's own */
    enum entry_state state;
    bool rejected;
    char group[QUEUE_ID_MAX + 1]; /* "" until it is known */
    char *body;
    size_t body_len;
    json_t *attributes; /* dead letters */
};

/* The settings, and what their templates use of a record. */
struct entry_plan {
    const struct settings *settings; /* borrowed */
    struct record_uses group, message, all;
};

void entry_plan_init(struct entry_plan *p, const struct settings *s);
void entry_plan_done(struct entry_plan *p);

/* Renders message and group; a record that cannot become a message is rejected as entry_reject
 * says. record is in e->record. */
void entry_make(struct entry *e, const struct entry_plan *p);
/* By on_reject: blocked, a dead letter, or dropped. Logs which and why. A dead letter that is
 * refused becomes blocked. */
void entry_reject(struct entry *e, const struct settings *s, const char *reason);
void entry_done(struct entry *e);

/* What goes over the wire; borrowed. */
struct queue_message entry_message(const struct entry *e);

#endif

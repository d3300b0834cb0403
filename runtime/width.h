/*
 * width.h: how many batches a run may have in hand at a time. A batch is what one receive brings:
 * while a group has a backlog, ten messages of that group, and groups delivered in parallel then
 * need several batches. Every receive is billed, also one that brings nothing. So there is one
 * batch until a receive comes back full; each full one allows one more, and one that brings nothing
 * takes it back.
 */
#ifndef FIFOQ_WIDTH_H
#define FIFOQ_WIDTH_H

#include <stddef.h>

struct width {
    size_t most;     /* never more batches than this */
    size_t known;    /* as many at a time have been received */
    size_t allowed;  /* known, or one more */
    size_t fulls;    /* full receives since the last attempt to have one more */
    size_t patience; /* full receives before the next attempt */
};

enum width_brought { WIDTH_NOTHING, WIDTH_SOME, WIDTH_FULL };

void width_init(struct width *w, size_t most);
/* What a receive brought while `others` batches were in hand: those at its end, or, if it brought
 * nothing, those at its beginning. */
void width_note(struct width *w, size_t others, enum width_brought brought);

#endif

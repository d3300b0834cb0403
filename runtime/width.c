/* width.c: see width.h. */
#include "width.h"

enum { PATIENCE_MAX = 64 };

void width_init(struct width *w, size_t most)
{
    *w = (struct width){ .most = most, .known = 1, .allowed = 1, .patience = 1 };
}

/* An attempt that failed is repeated later and later: a backlog of few groups has no more batches.
 * Otherwise the queue has less than before, and one batch at a time finds the rest. */
static void note_nothing(struct width *w, size_t others)
{
    if (others >= w->known)
        w->patience = w->patience < PATIENCE_MAX ? 2 * w->patience : PATIENCE_MAX;
    else
        w->known = 1;
    w->allowed = w->known;
    w->fulls = 0;
}

void width_note(struct width *w, size_t others, enum width_brought brought)
{
    if (brought == WIDTH_NOTHING) {
        note_nothing(w, others);
        return;
    }
    if (others >= w->known)
        w->known = others + 1;
    w->allowed = w->known;
    if (brought == WIDTH_FULL && ++w->fulls >= w->patience) {
        w->fulls = 0;
        w->allowed += w->known < w->most;
    }
}

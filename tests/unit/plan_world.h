/* plan_world.h: kinds that are a JSON object, and the world in which they are made, for tests of
 * the engine. */
#ifndef FIFOQ_PLAN_WORLD_H
#define FIFOQ_PLAN_WORLD_H

#include "unit.h"

#include "engine/plan.h"

#include <pthread.h>

/* What there is, what is wanted, and what was done. */
struct plan_world {
    pthread_mutex_t lock;
    pthread_cond_t moved;
    json_t *things;                  /* name -> have */
    json_t *wishes;                  /* name -> want */
    json_t *journal;                 /* "create a" ... in the order of completion */
    json_t *begun;                   /* the same when it began */
    json_t *fails;                   /* "create a" -> message */
    json_t *gates;                   /* "create a" -> what must have ended before it may end */
    json_t *appears;                 /* name -> have: comes into being just before its create */
    int reads_expected, reads_begun; /* a read waits until that many have begun */
    bool timed_out, stopped;
};
extern struct plan_world w;
extern struct ctx c;
extern const struct kind tagged, part, others, data;

bool in(const json_t *list, const char *text);
/* When it was done, in the journal; fails when it was not. */
size_t place(const char *text);
int fake_create(const struct ctx *ctx, const struct row *r, struct state *s, struct err *e);
bool asked_to_stop(void);
json_t *ours(const char *size);
int setup(void **state);
int teardown(void **state);
void plan_up(struct plan *p, const struct row *rows, size_t n);
void up(const struct row *rows, size_t n);
const struct step *step(const struct plan *p, const char *id);

#define ROW(n, k)                                                                                  \
    {                                                                                              \
        .id = (n), .kind = &(k), .name = (n)                                                       \
    }
#define NEEDS(i, ...)                                                                              \
    const struct row *needs_of_##i[] = { __VA_ARGS__ };                                            \
    rows[i].needs = needs_of_##i;                                                                  \
    rows[i].n_needs = COUNTOF(needs_of_##i)

#endif

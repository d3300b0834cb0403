/* plan_world.h: kinds that are a JSON object, and the world in which they are created, for tests of
 * the engine. */
#ifndef FIFOQ_PLAN_WORLD_H
#define FIFOQ_PLAN_WORLD_H

#include "unit.h"

#include "engine/plan.h"

#include <pthread.h>

/* What exists, what is wanted, and what was done. */
struct plan_world {
    pthread_mutex_t lock;
    pthread_cond_t moved;
    json_t *things;  /* name -> have */
    json_t *wishes;  /* name -> want */
    json_t *journal; /* "create a" ... in the order of completion */
    json_t *begun;   /* the same at its start */
    json_t *fails;   /* "create a" -> message */
    json_t *gates;   /* "create a" -> what must have finished before it may finish */
    json_t *appears; /* name -> have: is created just before its create */
    int reads_expected, reads_begun; /* a read waits until this many have started */
    bool timed_out, stopped;
};
extern struct plan_world w;
extern struct ctx c;
extern const struct kind tagged, part, others, data;

bool in(const json_t *list, const char *text);
/* Its position in the journal; fails if it was not done. */
size_t place(const char *text);
int fake_create(const struct ctx *ctx, const struct row *r, struct state *s, struct err *e);
bool asked_to_stop(void *arg);
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

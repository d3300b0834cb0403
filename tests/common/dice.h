/* dice.h: random numbers, the same for the same seed (xorshift64*). */
#ifndef FIFOQ_DICE_H
#define FIFOQ_DICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct dice {
    uint64_t state;
};

void dice_init(struct dice *d, uint64_t seed);
/* 0 .. below - 1 */
int64_t dice_roll(struct dice *d, int64_t below);
/* from .. to */
int64_t dice_between(struct dice *d, int64_t from, int64_t to);
bool dice_chance(struct dice *d, unsigned per_thousand);
/* One of the n weights, in proportion. */
size_t dice_pick(struct dice *d, const unsigned *weights, size_t n);

#endif

/* dice.c: see dice.h. */
#include "dice.h"

/* splitmix64, so that neighbouring seeds give different numbers */
void dice_init(struct dice *d, uint64_t seed)
{
    uint64_t z = seed + UINT64_C(0x9E3779B97F4A7C15);

    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    d->state = (z ^ (z >> 31)) | 1;
}

int64_t dice_roll(struct dice *d, int64_t below)
{
    d->state ^= d->state >> 12;
    d->state ^= d->state << 25;
    d->state ^= d->state >> 27;
    return (int64_t)(((d->state * UINT64_C(2685821657736338717)) >> 2) % (uint64_t)below);
}

int64_t dice_between(struct dice *d, int64_t from, int64_t to)
{
    return from + dice_roll(d, to - from + 1);
}

bool dice_chance(struct dice *d, unsigned per_thousand)
{
    return dice_roll(d, 1000) < (int64_t)per_thousand;
}

size_t dice_pick(struct dice *d, const unsigned *weights, size_t n)
{
    int64_t sum = 0, left;
    size_t i = 0;

    for (size_t k = 0; k < n; k++)
        sum += weights[k];
    for (left = dice_roll(d, sum); left >= weights[i]; i++)
        left -= weights[i];
    return i;
}

/* test_wave.c: which records may be sent, with answers at random. */
#include "unit.h"

#include "dice.h"
#include "mem.h"
#include "wave.h"

#include <stdio.h>
#include <string.h>

enum { ITEMS = 300, GROUPS = 7, ROUNDS = 400 };

static struct {
    struct wave *wave;
    struct dice dice;
    bool acked[ITEMS], on_the_way[ITEMS];
    int group[ITEMS];
    int64_t now_ms;
} w;

static void start(uint64_t seed, bool in_batches)
{
    memset(&w, 0, sizeof(w));
    dice_init(&w.dice, seed + 1);
    w.wave = wave_new(ITEMS, in_batches);
    for (size_t i = 0; i < ITEMS; i++) {
        char name[8];

        w.group[i] = (int)dice_roll(&w.dice, GROUPS);
        (void)snprintf(name, sizeof(name), "g%d", w.group[i]);
        wave_add(w.wave, i, name, (size_t)dice_between(&w.dice, 1, (int64_t)WAVE_BYTES / 4), 0);
    }
}

static bool in_batch(const struct wave_batch *b, size_t i)
{
    for (size_t k = 0; k < b->n; k++)
        if (b->items[k] == i)
            return true;
    return false;
}

/* Everything before each item in its group is acked, or (in_batches) in the same batch. */
static void check(const struct wave_batch *b, bool in_batches)
{
    assert_in_range(b->n, 1, WAVE_BATCH);
    for (size_t k = 0; k < b->n; k++) {
        assert_false(w.acked[b->items[k]] || w.on_the_way[b->items[k]]);
        assert_true(k == 0 || b->items[k] > b->items[k - 1]);
        for (size_t i = 0; i < b->items[k]; i++)
            if (w.group[i] == w.group[b->items[k]] && !w.acked[i])
                assert_true(in_batches && in_batch(b, i));
    }
}

/* Mostly accepted; the rest is sent again, now and then alone. */
static void answer(const struct wave_batch *b)
{
    for (size_t k = 0; k < b->n; k++) {
        size_t i = b->items[k];

        w.on_the_way[i] = false;
        if (dice_roll(&w.dice, 10) > 0) {
            w.acked[i] = true;
            wave_acked(w.wave, i);
        } else {
            wave_again(w.wave, i, w.now_ms + dice_roll(&w.dice, 50), dice_roll(&w.dice, 3) == 0);
        }
    }
}

/* Up to three batches are in flight, and answered in any order. Their number. */
static size_t play(bool in_batches)
{
    struct wave_batch flying[3];
    size_t n = 0, sent = 0;
    int64_t wait_ms;

    for (;;) {
        enum wave_next next = n < 3 ? wave_next(w.wave, w.now_ms, &flying[n], &wait_ms) : WAVE_WAIT;

        if (next == WAVE_END)
            return sent;
        if (next == WAVE_SEND) {
            check(&flying[n], in_batches);
            for (size_t k = 0; k < flying[n].n; k++)
                w.on_the_way[flying[n].items[k]] = true;
            n++;
            sent++;
            continue;
        }
        w.now_ms += n == 0 ? wait_ms : 1;
        if (n > 0) {
            size_t which = (size_t)dice_roll(&w.dice, (int64_t)n);
            answer(&flying[which]);
            flying[which] = flying[--n];
        }
    }
}

static void all_is_sent_in_order(bool in_batches)
{
    for (uint64_t seed = 0; seed < ROUNDS; seed++) {
        start(seed, in_batches);
        (void)play(in_batches);
        for (size_t i = 0; i < ITEMS; i++)
            assert_true(w.acked[i]);
        wave_free(w.wave);
    }
}

static void one_of_a_group_at_a_time(void **state)
{
    (void)state;
    all_is_sent_in_order(false);
}

static void ten_of_a_group_in_a_batch(void **state)
{
    (void)state;
    all_is_sent_in_order(true);
}

static struct wave *three_of_a_group(struct wave_batch *b)
{
    struct wave *wave = wave_new(4, true);
    int64_t wait_ms;

    for (size_t i = 0; i < 3; i++)
        wave_add(wave, i, "g", 100, 0);
    wave_add(wave, 3, "h", 100, 0);
    assert_int_equal(wave_next(wave, 0, b, &wait_ms), WAVE_SEND);
    assert_int_equal(b->n, 4);
    return wave;
}

static void what_was_overtaken_is_known(void **state)
{
    struct wave_batch b;
    struct wave *wave = three_of_a_group(&b);
    int64_t wait_ms;

    (void)state;
    wave_acked(wave, 0);
    wave_again(wave, 1, 0, false);
    wave_acked(wave, 2);
    wave_again(wave, 3, 0, false);
    assert_false(wave_overtook(wave, 0) || wave_overtook(wave, 1) || wave_overtook(wave, 3));
    assert_true(wave_overtook(wave, 2));
    wave_stop_group(wave, 2);
    assert_int_equal(wave_next(wave, 0, &b, &wait_ms), WAVE_SEND);
    assert_int_equal(b.n, 1);
    assert_int_equal(b.items[0], 3); /* the other group goes on */
    wave_acked(wave, 3);
    assert_int_equal(wave_next(wave, 0, &b, &wait_ms), WAVE_END);
    assert_false(wave_is_acked(wave, 1));
    wave_free(wave);
}

static void a_tail_that_failed_is_no_hole(void **state)
{
    struct wave_batch b;
    struct wave *wave = three_of_a_group(&b);
    int64_t wait_ms;

    (void)state;
    wave_acked(wave, 0);
    wave_again(wave, 1, 0, false);
    wave_again(wave, 2, 0, false);
    wave_acked(wave, 3);
    for (size_t i = 0; i < 4; i++)
        assert_false(wave_overtook(wave, i));
    assert_int_equal(wave_next(wave, 0, &b, &wait_ms), WAVE_SEND);
    assert_int_equal(b.n, 2);
    wave_free(wave);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_of_a_group_at_a_time),
        cmocka_unit_test(ten_of_a_group_in_a_batch),
        cmocka_unit_test(what_was_overtaken_is_known),
        cmocka_unit_test(a_tail_that_failed_is_no_hole),
    };

    mem_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}

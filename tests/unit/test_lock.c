/* test_lock.c: the lock, in a store that is a JSON object; and whether a process still runs. */
#include "unit.h"

#include "clock.h"
#include "encode.h"
#include "engine/lock.h"
#include "engine/process_id.h"
#include "json.h"
#include "mem.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define NOON 1767268800000 /* 2026-01-01T12:00:00Z */
enum {
    PATIENCE_MS = 20000, /* no test should wait that long */
    AT_ONCE = 8,
    MAX_RESTS = 20,
    ROUNDS = 50,
};

/* The shared store, and its recorded requests. */
static struct {
    pthread_mutex_t mutex;
    pthread_cond_t moved;
    json_t *kept;
    int64_t now_ms;
    int creates, reads, writes, removes;
    int refused_reads;       /* the next ones, because of missing credentials */
    int resting;             /* creates for which the name is unavailable: refused, although nothing
                              * exists */
    int rests;               /* requested pauses */
    bool answer_lost;        /* of the next create: it was made, and looks as if it had existed */
    bool remove_fails;       /* the next one, although it does the work */
    const char *remove_then; /* whose lock exists after the failed remove; NULL: none */
} w = { .mutex = PTHREAD_MUTEX_INITIALIZER, .moved = PTHREAD_COND_INITIALIZER };

static void put(const char *key, const char *text)
{
    json_object_set_new(w.kept, key, json_string(text));
    (void)pthread_cond_broadcast(&w.moved);
}

static int store_create(void *arg, const char *key, const char *text, bool *there, struct err *e)
{
    (void)arg;
    (void)e;
    (void)pthread_mutex_lock(&w.mutex);
    w.creates++;
    *there = json_object_get(w.kept, key) != NULL;
    if (w.resting > 0) {
        w.resting--;
        *there = true;
    } else if (!*there) {
        put(key, text);
    }
    *there = *there || w.answer_lost;
    w.answer_lost = false;
    (void)pthread_mutex_unlock(&w.mutex);
    return 0;
}

static int store_read(void *arg, const char *key, char **text, struct err *e)
{
    const char *kept;

    bool refused;

    (void)arg;
    (void)pthread_mutex_lock(&w.mutex);
    w.reads++;
    refused = w.refused_reads > 0;
    w.refused_reads -= refused;
    kept = jget_str(w.kept, key);
    *text = kept && !refused ? xstrdup(kept) : NULL;
    (void)pthread_mutex_unlock(&w.mutex);
    return refused ? err_set(e, ERR_CREDENTIALS, "no way to new ones") : 0;
}

static int store_write(void *arg, const char *key, const char *text, struct err *e)
{
    (void)arg;
    (void)e;
    (void)pthread_mutex_lock(&w.mutex);
    w.writes++;
    put(key, text);
    (void)pthread_mutex_unlock(&w.mutex);
    return 0;
}

static int store_remove(void *arg, const char *key, struct err *e)
{
    bool fails;

    (void)arg;
    (void)pthread_mutex_lock(&w.mutex);
    w.removes++;
    json_object_del(w.kept, key);
    fails = w.remove_fails;
    w.remove_fails = false;
    if (fails && w.remove_then)
        put(key, w.remove_then);
    (void)pthread_mutex_unlock(&w.mutex);
    return fails ? err_set(e, ERR_NET, "the answer was lost") : 0;
}

static int64_t store_now(void *arg)
{
    int64_t now_ms;

    (void)arg;
    (void)pthread_mutex_lock(&w.mutex);
    now_ms = w.now_ms;
    (void)pthread_mutex_unlock(&w.mutex);
    return now_ms;
}

static bool store_rest(void *arg, int look)
{
    (void)arg;
    (void)pthread_mutex_lock(&w.mutex);
    w.rests++;
    (void)pthread_mutex_unlock(&w.mutex);
    return look < MAX_RESTS;
}

static const struct lock_store store = {
    .rest = store_rest,
    .create = store_create,
    .read = store_read,
    .write = store_write,
    .remove = store_remove,
    .now_ms = store_now,
};

static bool is_dead(const char *process)
{
    return strcmp(process, "dead") == 0;
}

static const struct lock_owner jane = {
    .who = "jane@here", .process = "alive", .pid = 7, .command = "up", .ended = is_dead
};
static const struct lock_owner joe = {
    .who = "joe@there", .process = "dead", .pid = 8, .command = "down", .ended = is_dead
};

static int setup(void **state)
{
    (void)state;
    w.kept = json_object();
    w.now_ms = NOON;
    w.creates = w.reads = w.writes = w.removes = 0;
    w.resting = w.rests = 0;
    w.answer_lost = w.remove_fails = false;
    w.remove_then = NULL;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    json_decref(w.kept);
    return 0;
}

static struct lock *take(const struct lock_owner *o, bool force)
{
    struct lock *l = NULL;
    struct err e = { 0 };

    if (lock_take(&l, &store, o, force, 0, &e) < 0)
        fail_msg("%s", e.msg);
    return l;
}

static void release(struct lock *l)
{
    struct err e = { 0 };

    if (lock_release(l, &e) < 0)
        fail_msg("%s", e.msg);
}

static void a_name_that_rests_is_waited_for(void **state)
{
    struct lock *l;
    struct err e = { 0 };

    (void)state;
    w.resting = 12;
    release(take(&jane, false));
    assert_int_equal(w.rests, 12);
    w.resting = 30;
    w.rests = 0;
    assert_int_equal(lock_take(&l, &store, &jane, false, 0, &e), -1);
    assert_int_equal(e.code, ERR_REFUSED);
    assert_int_equal(w.rests, MAX_RESTS + 1);
    assert_int_equal(json_object_size(w.kept), 0);
}

/* The lock of a run that was killed. */
static char *left_behind(const struct lock_owner *o)
{
    struct lock *l = take(o, false);
    char *text = xstrdup(jget_str(w.kept, "lock"));

    release(l);
    put("lock", text);
    return text;
}

static void refused(const struct lock_owner *o, bool force, struct err *e)
{
    struct lock *l = NULL;

    *e = (struct err){ 0 };
    assert_int_equal(lock_take(&l, &store, o, force, 0, e), -1);
    assert_null(l);
    assert_int_equal(e->code, ERR_REFUSED);
}

static void is_taken_and_given_back(void **state)
{
    struct lock *l = take(&jane, false);

    (void)state;
    assert_int_equal(json_object_size(w.kept), 1);
    assert_null(lock_broke(l));
    assert_false(lock_lost(l));
    assert_true(lock_until_ms(l) == NOON + 15 * 60000);
    release(l);
    assert_int_equal(json_object_size(w.kept), 0);
    release(take(&joe, false)); /* and the next may */
    release(NULL);
}

static void the_second_is_told_who_has_it(void **state)
{
    struct lock *l;
    struct err e;
    bool over = true;

    (void)state;
    assert_int_equal(lock_look(&store, &joe, &over, &e), 0);
    assert_false(over);
    l = take(&jane, false);
    assert_int_equal(lock_look(&store, &joe, &over, &e), -1);
    assert_int_equal(e.code, ERR_REFUSED);
    refused(&joe, false, &e);
    assert_non_null(strstr(e.msg, "'fifoq up' is running"));
    assert_non_null(strstr(e.msg, "jane@here, process 7, since 2026-01-01T12:00:00Z"));
    assert_non_null(strstr(e.msg, "2026-01-01T12:15:00Z"));
    assert_non_null(strstr(e.msg, "'fifoq down --break-lock'"));
    release(l);
    assert_int_equal(json_object_size(w.kept), 0);
}

static void one_whose_time_is_up_is_broken(void **state)
{
    auto_free char *text = left_behind(&jane);
    struct err e;
    bool over = false;

    (void)state;
    w.now_ms += 15 * 60000 - 1000;
    refused(&joe, false, &e);
    w.now_ms += 1000;
    assert_int_equal(lock_look(&store, &joe, &over, &e), 0);
    assert_true(over);
    struct lock *l = take(&joe, false);
    assert_non_null(strstr(lock_broke(l), "'fifoq up' by jane@here, process 7"));
    assert_non_null(strstr(lock_broke(l), "had expired"));
    assert_int_equal(json_object_size(w.kept), 1); /* the right to break it is released as well */
    release(l);
    assert_int_equal(json_object_size(w.kept), 0);
}

static void one_of_a_dead_process_is_broken(void **state)
{
    auto_free char *text = left_behind(&joe);

    (void)state;
    struct lock *l = take(&jane, false);
    assert_non_null(strstr(lock_broke(l), "has exited"));
    release(l);
}

static void anything_is_broken_by_force(void **state)
{
    struct lock *l = take(&jane, false), *forced;
    struct err e;

    (void)state;
    forced = take(&joe, true);
    assert_non_null(lock_broke(forced));
    w.now_ms += 60000;
    release(l); /* releases only its own lock */
    assert_int_equal(json_object_size(w.kept), 1);
    release(forced);
    put("lock", "what is this");
    refused(&jane, false, &e);
    assert_non_null(strstr(e.msg, "--break-lock"));
    release(take(&jane, true));
    assert_int_equal(json_object_size(w.kept), 0);
}

/* The winners of one round, among those that all find a stale lock. */
static struct {
    pthread_barrier_t start;
    atomic_int won;
    bool force;
    struct lock *locks[AT_ONCE];
} race;

static void *racer(void *arg)
{
    struct lock **l = arg;
    struct err e = { 0 };

    (void)pthread_barrier_wait(&race.start);
    if (lock_take(l, &store, &jane, race.force, 0, &e) == 0)
        race.won++;
    return NULL;
}

static void of_several_one_wins(void **state)
{
    (void)state;
    for (int round = 0; round < ROUNDS; round++) {
        auto_free char *text = left_behind(&joe);
        pthread_t threads[AT_ONCE];

        race.won = 0;
        memset(race.locks, 0, sizeof(race.locks));
        (void)pthread_barrier_init(&race.start, NULL, AT_ONCE);
        for (int i = 0; i < AT_ONCE; i++)
            assert_int_equal(pthread_create(&threads[i], NULL, racer, &race.locks[i]), 0);
        for (int i = 0; i < AT_ONCE; i++)
            (void)pthread_join(threads[i], NULL);
        (void)pthread_barrier_destroy(&race.start);
        assert_true(race.won <= 1);
        for (int i = 0; i < AT_ONCE; i++)
            release(race.locks[i]);
        /* all may have been refused by one another; then the next one gets it */
        release(take(&jane, false));
        assert_int_equal(json_object_size(w.kept), 0);
    }
}

static void a_breaker_that_died_is_no_obstacle(void **state)
{
    auto_free char *breaker = left_behind(&joe);
    char hash[65];
    auto_free char *right = NULL, *text = NULL;

    (void)state;
    json_object_clear(w.kept);
    text = left_behind(&joe);
    sha256_hex(text, strlen(text), hash);
    right = xasprintf("break-%.16s", hash);
    put(right, breaker);
    release(take(&jane, false));
    assert_int_equal(json_object_size(w.kept), 0);
}

static void an_answer_that_was_lost_is_no_other_run(void **state)
{
    (void)state;
    w.answer_lost = true;
    struct lock *l = take(&jane, false);
    assert_null(lock_broke(l));
    w.remove_fails = true;
    release(l);
    assert_int_equal(w.removes, 1); /* it had worked */
    assert_int_equal(json_object_size(w.kept), 0);

    auto_free char *other = left_behind(&joe);
    json_object_clear(w.kept);
    l = take(&jane, false);
    w.remove_fails = true;
    w.remove_then = other; /* another run was quick */
    release(l);
    assert_string_equal(jget_str(w.kept, "lock"), other);
}

static int64_t slept_ms;

static void sleep_at_once(int64_t ms)
{
    slept_ms += ms;
}

static int64_t still_ms(void)
{
    return NOON;
}

/* A renewal that fails is not retried for 5 s (aws_creds.c): the release takes longer than that. */
static void giving_back_outlasts_a_renewal_that_failed(void **state)
{
    static const struct clock quick = { still_ms, still_ms, sleep_at_once };
    struct lock *l;

    (void)state;
    slept_ms = 0;
    clock_use(&quick);
    l = take(&jane, false);
    w.now_ms += 60000; /* not fresh: it is read first */
    w.refused_reads = 6;
    release(l);
    clock_use(NULL);
    assert_true(slept_ms > 5000);
    assert_int_equal(json_object_size(w.kept), 0);
}

static void wait_moved(void)
{
    struct timespec until;

    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += PATIENCE_MS / 1000;
    if (pthread_cond_timedwait(&w.moved, &w.mutex, &until) != 0)
        fail_msg("nothing happened");
}

static void is_prolonged_while_it_is_held(void **state)
{
    struct lock *l = NULL;
    struct err e = { 0 };

    (void)state;
    assert_int_equal(lock_take(&l, &store, &jane, false, 60, &e), 0);
    (void)pthread_mutex_lock(&w.mutex);
    w.now_ms += 30;
    while (w.writes < 2)
        wait_moved();
    (void)pthread_mutex_unlock(&w.mutex);
    assert_true(lock_until_ms(l) == NOON + 90);
    assert_false(lock_lost(l));
    release(l);
    assert_int_equal(json_object_size(w.kept), 0);
}

static void wait_lost(struct lock *l)
{
    int64_t until = clock_mono_ms() + PATIENCE_MS;

    while (!lock_lost(l) && clock_mono_ms() < until)
        clock_sleep_ms(1);
    assert_true(lock_lost(l));
}

static void one_that_was_broken_is_lost(void **state)
{
    auto_free char *other = left_behind(&joe);
    struct lock *l = NULL;
    struct err e = { 0 };

    (void)state;
    json_object_clear(w.kept);
    assert_int_equal(lock_take(&l, &store, &jane, false, 60, &e), 0);
    (void)pthread_mutex_lock(&w.mutex);
    put("lock", other);
    (void)pthread_mutex_unlock(&w.mutex);
    wait_lost(l);
    w.now_ms += 60000;
    release(l);
    assert_string_equal(jget_str(w.kept, "lock"), other);
}

static void a_process_is_known_by_its_id(void **state)
{
    auto_free char *mine = process_id();
    char theirs[256] = "";
    int ends[2];
    pid_t pid;

    (void)state;
    assert_true(*mine);
    assert_false(process_ended(mine));
    assert_false(process_ended(""));
    assert_false(process_ended("another-machine-1-2"));
    assert_int_equal(pipe(ends), 0);
    pid = fork();
    if (pid == 0) {
        char *id = process_id();
        _exit(write(ends[1], id, strlen(id)) < 0);
    }
    assert_true(read(ends[0], theirs, sizeof(theirs) - 1) > 0);
    (void)close(ends[0]);
    (void)close(ends[1]);
    (void)waitpid(pid, NULL, 0);
    assert_true(process_ended(theirs));
    /* a reused number is another process */
    auto_free char *reused = xasprintf("%s1", mine);
    assert_true(process_ended(reused));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(is_taken_and_given_back),
        TEST(a_name_that_rests_is_waited_for),
        TEST(the_second_is_told_who_has_it),
        TEST(one_whose_time_is_up_is_broken),
        TEST(one_of_a_dead_process_is_broken),
        TEST(anything_is_broken_by_force),
        TEST(of_several_one_wins),
        TEST(a_breaker_that_died_is_no_obstacle),
        TEST(an_answer_that_was_lost_is_no_other_run),
        TEST(giving_back_outlasts_a_renewal_that_failed),
        TEST(is_prolonged_while_it_is_held),
        TEST(one_that_was_broken_is_lost),
        TEST(a_process_is_known_by_its_id),
    };

    mem_init();
    return cmocka_run_group_tests_name("lock", tests, NULL, NULL);
}

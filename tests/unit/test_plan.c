/* test_plan.c: the engine with kinds that are a JSON object: readiness, refusals, removal,
 * stopping. */
#include "unit.h"

#include "clock.h"
#include "engine/plan.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define PATIENCE_MS 20000 /* no test is meant to wait that long */

/* The world of the fake kinds, and what was done in it. */
static struct {
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
} w = { .lock = PTHREAD_MUTEX_INITIALIZER, .moved = PTHREAD_COND_INITIALIZER };

static bool in(const json_t *list, const char *text)
{
    json_t *v;
    size_t i;

    json_array_foreach(list, i, v) {
        if (strcmp(json_string_value(v), text) == 0)
            return true;
    }
    return false;
}

static size_t place(const char *text)
{
    json_t *v;
    size_t i;

    json_array_foreach(w.journal, i, v) {
        if (strcmp(json_string_value(v), text) == 0)
            return i;
    }
    fail_msg("'%s' was not done", text);
    return 0;
}

static void add(json_t *list, const char *text)
{
    json_array_append_new(list, json_string(text));
    pthread_cond_broadcast(&w.moved);
}

/* Under the lock; false once patience is gone. */
static bool wait_moved(void)
{
    struct timespec until;

    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += PATIENCE_MS / 1000;
    w.timed_out = w.timed_out || pthread_cond_timedwait(&w.moved, &w.lock, &until) != 0;
    return !w.timed_out;
}

/* Begins, waits for its gate, fails if it shall, and ends by changing the world. */
static int act(const char *verb, const struct row *r, json_t *now, struct err *e)
{
    auto_free char *what = xasprintf("%s %s", verb, r->name);
    const char *gate, *why;
    int rc = 0;

    pthread_mutex_lock(&w.lock);
    add(w.begun, what);
    gate = jget_str(w.gates, what);
    while (gate && !in(w.journal, gate) && wait_moved())
        continue;
    why = jget_str(w.fails, what);
    if (why) {
        rc = err_set(e, ERR_AWS, "%s", why);
    } else {
        if (now)
            json_object_set(w.things, r->name, now);
        else
            json_object_del(w.things, r->name);
        add(w.journal, what);
    }
    pthread_mutex_unlock(&w.lock);
    return rc;
}

static int fake_read(const struct ctx *c, const struct row *r, struct state *s, struct err *e)
{
    auto_free char *what = xasprintf("read %s", r->name);
    int rc = 0;

    (void)c;
    pthread_mutex_lock(&w.lock);
    add(w.begun, what);
    w.reads_begun++;
    while (w.reads_begun < w.reads_expected && wait_moved())
        continue;
    s->have = json_deep_copy(json_object_get(w.things, r->name));
    if (jget_str(w.fails, what))
        rc = err_set(e, ERR_NET, "%s", jget_str(w.fails, what));
    pthread_mutex_unlock(&w.lock);
    return rc;
}

static int fake_want(const struct ctx *c, const struct row *r, struct state *s, struct err *e)
{
    (void)c;
    (void)e;
    pthread_mutex_lock(&w.lock);
    s->want = json_deep_copy(json_object_get(w.wishes, r->name));
    pthread_mutex_unlock(&w.lock);
    return 0;
}

static int fake_create(const struct ctx *c, const struct row *r, struct state *s, struct err *e)
{
    json_t *other;

    (void)c;
    pthread_mutex_lock(&w.lock);
    other = json_object_get(w.appears, r->name);
    if (other) {
        json_object_set(w.things, r->name, other);
        (void)err_set(e, ERR_AWS, "there is one");
        (void)snprintf(e->aws_code, sizeof(e->aws_code), "ThereIsOne");
    }
    pthread_mutex_unlock(&w.lock);
    return other ? -1 : act("create", r, s->want, e);
}

static int fake_update(const struct ctx *c, const struct row *r, struct state *s,
                       const json_t *delta, struct err *e)
{
    auto_json json_t *now = json_copy(s->have);

    (void)c;
    json_object_update(now, (json_t *)delta);
    return act("update", r, now, e);
}

static int fake_drop(const struct ctx *c, const struct row *r, struct state *s, struct err *e)
{
    (void)c;
    (void)s;
    return act("drop", r, NULL, e);
}

static int fake_list(const struct ctx *c, const struct row *r, json_t **names, struct err *e)
{
    const char *name;
    json_t *v;

    (void)c;
    (void)e;
    *names = json_array();
    pthread_mutex_lock(&w.lock);
    json_object_foreach(w.things, name, v) {
        if (str_starts(name, r->name))
            json_array_append_new(*names, json_string(name));
    }
    pthread_mutex_unlock(&w.lock);
    return 0;
}

static int keeps_data(const struct ctx *c, const struct state *s, bool removal, bool *stays,
                      struct err *e)
{
    (void)c;
    (void)s;
    (void)e;
    *stays = !removal;
    return 0;
}

static const struct prop fake_props[] = {
    { "Size", 0, NULL },
    { "Names", PROP_SET, NULL },
    { "Shape", PROP_FIXED, "break it and make another" },
    { "Tags", PROP_TAGS, NULL },
    { 0 },
};

#define FUNCTIONS                                                                                  \
    .props = fake_props, .exists = "NotThat ThereIsOne", .read = fake_read, .want = fake_want,     \
    .create = fake_create, .update = fake_update, .drop = fake_drop, .list = fake_list
static const struct kind tagged = { .name = "box", .flags = KIND_TAGGED, FUNCTIONS };
static const struct kind part = { .name = "lid", .flags = KIND_PART, FUNCTIONS };
static const struct kind others = { .name = "box-existing", .flags = KIND_OTHERS, FUNCTIONS };
static const struct kind data = {
    .name = "chest", .flags = KIND_TAGGED, FUNCTIONS, .leave = keeps_data
};

static bool asked_to_stop(void)
{
    bool stop;

    pthread_mutex_lock(&w.lock);
    stop = w.stopped;
    pthread_mutex_unlock(&w.lock);
    return stop;
}

static struct ctx c = { .pipeline = "p", .stop = asked_to_stop };

static json_t *ours(const char *size)
{
    return json_pack("{s:s, s:s, s:{s:s}}", "Size", size, "Shape", "square", "Tags",
                     "fifoq:pipeline", "p");
}

static int setup(void **state)
{
    (void)state;
    w.things = json_object();
    w.wishes = json_object();
    w.journal = json_array();
    w.begun = json_array();
    w.fails = json_object();
    w.gates = json_object();
    w.appears = json_object();
    w.reads_expected = w.reads_begun = 0;
    w.timed_out = w.stopped = false;
    for (const char *name = "a\0b\0c\0d\0e\0"; *name; name += 2)
        json_object_set_new(w.wishes, name, ours("1"));
    return 0;
}

static int teardown(void **state)
{
    bool timed_out = w.timed_out;

    (void)state;
    json_decref(w.things);
    json_decref(w.wishes);
    json_decref(w.journal);
    json_decref(w.begun);
    json_decref(w.fails);
    json_decref(w.gates);
    json_decref(w.appears);
    return timed_out ? -1 : 0;
}

#define ROW(n, k)                                                                                  \
    {                                                                                              \
        .id = (n), .kind = &(k), .name = (n)                                                       \
    }
#define NEEDS(i, ...)                                                                              \
    const struct row *needs_of_##i[] = { __VA_ARGS__ };                                            \
    rows[i].needs = needs_of_##i;                                                                  \
    rows[i].n_needs = COUNTOF(needs_of_##i)

static void plan_up(struct plan *p, const struct row *rows, size_t n)
{
    struct err e = { 0 };

    if (plan_make(p, rows, n, false, &c, &e) < 0)
        fail_msg("%s", e.msg);
}

static void up(const struct row *rows, size_t n)
{
    struct plan p;
    struct err e = { 0 };

    plan_up(&p, rows, n);
    if (plan_apply(&p, &c, NULL, NULL, &e) < 0)
        fail_msg("%s", e.msg);
    plan_done(&p);
}

static const struct step *step(const struct plan *p, const char *id)
{
    for (size_t i = 0; i < p->n; i++) {
        if (strcmp(p->steps[i].row->id, id) == 0)
            return &p->steps[i];
    }
    return NULL;
}

static void reads_run_side_by_side(void **state)
{
    struct row rows[] = { ROW("a", tagged), ROW("b", tagged), ROW("c", tagged) };
    struct plan p;

    (void)state;
    w.reads_expected = 3;
    plan_up(&p, rows, 3);
    assert_int_equal(plan_count(&p, CREATE), 3);
    assert_int_equal(json_array_size(w.journal), 0);
    plan_done(&p);
}

static void rows_begin_once_their_needs_are_done(void **state)
{
    struct row rows[] = { ROW("a", tagged), ROW("b", tagged), ROW("c", tagged), ROW("d", tagged) };
    NEEDS(2, &rows[0]);
    NEEDS(3, &rows[1], &rows[2]);

    (void)state;
    /* b is under way until c is done: c, which needs only a, must not wait for it */
    json_object_set_new(w.gates, "create b", json_string("create c"));
    up(rows, 4);
    assert_true(place("create a") < place("create c"));
    assert_true(place("create c") < place("create b"));
    assert_true(place("create b") < place("create d"));
}

static void second_plan_has_nothing_to_do(void **state)
{
    struct row rows[] = { ROW("a", tagged), ROW("b", tagged) };
    struct plan p;

    (void)state;
    up(rows, 2);
    plan_up(&p, rows, 2);
    assert_int_equal(plan_count(&p, KEEP), 2);
    plan_done(&p);
}

static void one_property_outside_is_one_change(void **state)
{
    struct row rows[] = { ROW("a", tagged) };
    struct plan p;

    (void)state;
    json_object_set_new(w.things, "a", ours("2"));
    plan_up(&p, rows, 1);
    assert_int_equal(p.steps[0].action, UPDATE);
    assert_int_equal(p.steps[0].n_changes, 1);
    assert_string_equal(p.steps[0].changes[0].prop->name, "Size");
    assert_string_equal(json_string_value(p.steps[0].changes[0].from), "2");
    assert_string_equal(json_string_value(p.steps[0].changes[0].to), "1");
    assert_int_equal(json_object_size(p.steps[0].delta), 1);
    plan_done(&p);
}

static void null_means_not_set_and_sets_have_no_order(void **state)
{
    struct row rows[] = { ROW("a", tagged), ROW("b", tagged) };
    struct plan p;

    (void)state;
    json_object_set_new(w.things, "a", ours("1"));
    json_object_set_new(json_object_get(w.things, "a"), "Names", json_pack("[s,s]", "x", "y"));
    json_object_set_new(json_object_get(w.wishes, "a"), "Names", json_pack("[s,s]", "y", "x"));
    json_object_set_new(w.things, "b", ours("1"));
    json_object_set_new(json_object_get(w.wishes, "b"), "Size", json_null());
    plan_up(&p, rows, 2);
    assert_int_equal(p.steps[0].action, KEEP);
    assert_int_equal(p.steps[1].action, UPDATE);
    assert_null(p.steps[1].changes[0].to);
    plan_done(&p);
}

static void set_tag(const char *world_name, json_t *world, const char *tag, const char *value)
{
    json_object_set_new(json_object_get(json_object_get(world, world_name), "Tags"), tag,
                        json_string(value));
}

static void version_tag_travels_along_only(void **state)
{
    struct row rows[] = { ROW("a", tagged), ROW("b", tagged) };
    struct plan p;

    (void)state;
    json_object_set_new(w.things, "a", ours("1"));
    json_object_set_new(w.things, "b", ours("2"));
    for (const char *name = "a\0b\0"; *name; name += 2) {
        set_tag(name, w.things, "fifoq:version", "0");
        set_tag(name, w.wishes, "fifoq:version", "1");
    }
    plan_up(&p, rows, 2);
    assert_int_equal(p.steps[0].action, KEEP);
    assert_int_equal(p.steps[1].n_changes, 1);
    assert_non_null(json_object_get(p.steps[1].delta, "Tags"));
    plan_done(&p);
}

struct seen {
    int start, done, failed, skipped;
    bool inside;
};

static void see(void *arg, const struct step *s, enum apply_event ev, int64_t elapsed_ms)
{
    struct seen *seen = arg;

    assert_false(seen->inside); /* one at a time */
    seen->inside = true;
    assert_int_not_equal(s->action, KEEP);
    assert_true(elapsed_ms >= 0);
    seen->start += ev == APPLY_START;
    seen->done += ev == APPLY_DONE;
    seen->failed += ev == APPLY_FAILED;
    seen->skipped += ev == APPLY_SKIPPED;
    seen->inside = false;
}

static void failure_skips_what_needs_it_and_nothing_else(void **state)
{
    struct row rows[] = { ROW("a", tagged), ROW("b", tagged), ROW("c", tagged), ROW("d", tagged) };
    NEEDS(1, &rows[0]);
    NEEDS(2, &rows[1]);
    struct seen seen = { 0 };
    struct plan p;
    struct err e = { 0 };

    (void)state;
    json_object_set_new(w.fails, "create a", json_string("no"));
    plan_up(&p, rows, 4);
    assert_int_equal(plan_apply(&p, &c, see, &seen, &e), -1);
    assert_int_equal(e.code, ERR_AWS);
    assert_string_equal(e.msg, "cannot create box 'a': no");
    assert_true(step(&p, "b")->skipped && step(&p, "c")->skipped && step(&p, "d")->done);
    assert_non_null(strstr(step(&p, "c")->err.msg, "'b'"));
    assert_int_equal(seen.start, 2);
    assert_int_equal(seen.done, 1);
    assert_int_equal(seen.failed, 1);
    assert_int_equal(seen.skipped, 2);
    plan_done(&p);
    json_object_clear(w.fails);
    up(rows, 4); /* goes on where it stopped */
    assert_int_equal(json_object_size(w.things), 4);
}

static void removal_goes_upwards(void **state)
{
    struct row rows[] = { ROW("a", tagged), ROW("b", tagged), ROW("c", tagged), ROW("d", tagged) };
    NEEDS(1, &rows[0]);
    NEEDS(2, &rows[1]);
    NEEDS(3, &rows[0]);
    struct plan p;
    struct err e = { 0 };

    (void)state;
    up(rows, 4);
    json_array_clear(w.journal);
    assert_int_equal(plan_make(&p, rows, 4, true, &c, &e), 0);
    assert_int_equal(plan_count(&p, DROP), 4);
    assert_int_equal(plan_apply(&p, &c, NULL, NULL, &e), 0);
    assert_true(place("drop c") < place("drop b"));
    assert_true(place("drop b") < place("drop a"));
    assert_true(place("drop d") < place("drop a"));
    plan_done(&p);
    assert_int_equal(plan_make(&p, rows, 4, true, &c, &e), 0);
    assert_int_equal(p.n, 0); /* nothing to remove is success */
    assert_int_equal(plan_apply(&p, &c, NULL, NULL, &e), 0);
    plan_done(&p);
}

static void removal_keeps_what_is_needed_by_what_could_not_go(void **state)
{
    struct row rows[] = { ROW("a", tagged), ROW("b", tagged) };
    NEEDS(1, &rows[0]);
    struct plan p;
    struct err e = { 0 };

    (void)state;
    up(rows, 2);
    json_object_set_new(w.fails, "drop b", json_string("in use"));
    assert_int_equal(plan_make(&p, rows, 2, true, &c, &e), 0);
    assert_int_equal(plan_apply(&p, &c, NULL, NULL, &e), -1);
    assert_non_null(json_object_get(w.things, "a"));
    assert_true(step(&p, "a")->skipped);
    plan_done(&p);
}

static void what_outlives_another_waits_only_on_removal(void **state)
{
    struct row rows[] = { ROW("a", tagged), ROW("b", tagged) };
    const struct row *other[] = { &rows[1] };
    struct plan p;
    struct err e = { 0 };

    (void)state;
    rows[0].outlives = other;
    rows[0].n_outlives = 1;
    json_object_set_new(w.gates, "create b", json_string("create a"));
    up(rows, 2);
    json_object_set_new(w.fails, "drop b", json_string("in use"));
    assert_int_equal(plan_make(&p, rows, 2, true, &c, &e), 0);
    assert_int_equal(plan_apply(&p, &c, NULL, NULL, &e), -1);
    assert_true(step(&p, "a")->skipped);
    assert_false(plan_did(&p, &rows[0]));
    plan_done(&p);
    json_object_clear(w.fails);
    assert_int_equal(plan_make(&p, rows, 2, true, &c, &e), 0);
    assert_int_equal(plan_apply(&p, &c, NULL, NULL, &e), 0);
    assert_true(place("drop b") < place("drop a"));
    assert_true(plan_did(&p, &rows[0]));
    plan_done(&p);
}

static void what_is_not_ours_is_refused(void **state)
{
    struct row rows[] = { ROW("a", tagged), ROW("b", tagged), ROW("c", tagged) };
    struct plan p;
    struct err e = { 0 };

    (void)state;
    json_object_set_new(w.things, "a", json_pack("{s:s}", "Size", "1"));
    json_object_set_new(w.things, "c", ours("1"));
    set_tag("c", w.things, "fifoq:pipeline", "p-staging");
    for (int removal = 0; removal < 2; removal++) {
        assert_int_equal(plan_make(&p, rows, 3, removal, &c, &e), -1);
        assert_int_equal(e.code, ERR_REFUSED);
        assert_non_null(strstr(e.msg, "box 'a', box 'c'"));
        assert_non_null(strstr(e.msg, "fifoq:pipeline=p "));
        assert_int_equal(p.steps[0].err.code, ERR_REFUSED);
        plan_done(&p);
    }
    assert_int_equal(json_array_size(w.journal), 0);
}

static void adopting_takes_over_what_is_asked_for(void **state)
{
    struct row rows[] = { ROW("a", tagged), ROW("b", tagged) };
    struct plan p;
    struct err e = { 0 };

    (void)state;
    rows[1].presence = ABSENT;
    json_object_set_new(w.things, "a", json_pack("{s:s, s:s}", "Size", "1", "Shape", "square"));
    json_object_set_new(w.things, "b", json_object());
    c.adopt = true;
    plan_up(&p, rows, 2);
    assert_int_equal(p.n, 1);
    assert_int_equal(p.steps[0].n_changes, 1);
    assert_string_equal(p.steps[0].changes[0].prop->name, "Tags");
    assert_int_equal(plan_apply(&p, &c, NULL, NULL, &e), 0);
    plan_done(&p);
    c.adopt = false;
    plan_up(&p, rows, 1);
    assert_int_equal(plan_count(&p, KEEP), 1);
    plan_done(&p);
    json_object_set_new(w.things, "a", json_object());
    c.adopt = true; /* and never to delete it */
    assert_int_equal(plan_make(&p, rows, 2, true, &c, &e), -1);
    assert_int_equal(e.code, ERR_REFUSED);
    plan_done(&p);
    c.adopt = false;
}

static void fixed_property_is_refused_with_the_way_out(void **state)
{
    struct row rows[] = { ROW("a", tagged), ROW("b", tagged) };
    struct plan p;
    struct err e = { 0 };

    (void)state;
    json_object_set_new(w.things, "a", ours("1"));
    json_object_set_new(json_object_get(w.things, "a"), "Shape", json_string("round"));
    assert_int_equal(plan_make(&p, rows, 2, false, &c, &e), -1);
    assert_int_equal(e.code, ERR_REFUSED);
    assert_string_equal(e.msg, "box 'a': Shape is \"round\" and cannot be changed to \"square\" "
                               "(break it and make another)");
    plan_done(&p);
    /* what cannot be read is said first */
    json_object_set_new(w.fails, "read b", json_string("no network"));
    assert_int_equal(plan_make(&p, rows, 2, false, &c, &e), -1);
    assert_int_equal(e.code, ERR_NET);
    assert_string_equal(e.msg, "cannot read box 'b': no network");
    plan_done(&p);
}

static void a_part_is_as_much_ours_as_the_whole(void **state)
{
    struct row rows[] = { ROW("a", tagged), ROW("b", part) };
    NEEDS(1, &rows[0]);
    struct plan p;
    struct err e = { 0 };

    (void)state;
    rows[0].presence = rows[1].presence = ABSENT;
    json_object_set_new(w.things, "a", json_object());
    json_object_set_new(w.things, "b", json_object());
    assert_int_equal(plan_make(&p, rows, 2, false, &c, &e), 0);
    assert_int_equal(p.n, 0); /* not ours: nobody's business */
    plan_done(&p);
    json_object_set_new(w.things, "a", ours("1"));
    plan_up(&p, rows, 2);
    assert_int_equal(plan_count(&p, DROP), 2);
    plan_done(&p);
}

static void others_are_checked_but_never_removed(void **state)
{
    struct row rows[] = { ROW("a", others), ROW("b", tagged) };
    NEEDS(1, &rows[0]);
    struct plan p;
    struct err e = { 0 };

    (void)state;
    json_object_set_new(w.things, "a", json_pack("{s:s, s:s}", "Size", "1", "Shape", "square"));
    json_object_del(json_object_get(w.wishes, "a"), "Tags");
    up(rows, 2);
    json_array_clear(w.begun);
    assert_int_equal(plan_make(&p, rows, 2, true, &c, &e), 0);
    assert_int_equal(p.n, 1);
    assert_int_equal(plan_apply(&p, &c, NULL, NULL, &e), 0);
    assert_false(in(w.begun, "read a"));
    assert_non_null(json_object_get(w.things, "a"));
    plan_done(&p);
}

static void data_outlives_its_place_in_the_configuration(void **state)
{
    struct row rows[] = { ROW("a", data) };
    struct plan p;
    struct err e = { 0 };

    (void)state;
    json_object_set_new(w.things, "a", ours("1"));
    rows[0].presence = ABSENT;
    plan_up(&p, rows, 1);
    assert_true(p.n == 1 && p.steps[0].stays && p.steps[0].action == KEEP);
    plan_done(&p);
    assert_int_equal(plan_make(&p, rows, 1, true, &c, &e), 0);
    assert_int_equal(plan_count(&p, DROP), 1);
    plan_done(&p);
}

static void leftovers_of_ours_go(void **state)
{
    struct row rows[] = { ROW("x-", tagged), ROW("x-1", tagged), ROW("c", tagged) };
    NEEDS(2, &rows[0]);
    struct plan p;
    struct err e = { 0 };

    (void)state;
    rows[0].id = "box/*!";
    rows[0].presence = LEFTOVERS;
    json_object_set_new(w.things, "x-1", ours("1"));
    json_object_set_new(w.wishes, "x-1", ours("1"));
    json_object_set_new(w.things, "x-old", ours("1"));
    json_object_set_new(w.things, "x-y-1", ours("1"));
    set_tag("x-y-1", w.things, "fifoq:pipeline", "x-y");
    json_object_set_new(w.things, "c", ours("2"));
    plan_up(&p, rows, 3);
    assert_int_equal(p.n, 3);
    assert_int_equal(step(&p, "x-1")->action, KEEP);
    assert_int_equal(step(&p, "box/old!")->action, DROP);
    assert_int_equal(plan_apply(&p, &c, NULL, NULL, &e), 0);
    /* c used it until it was changed */
    assert_true(place("update c") < place("drop x-old"));
    plan_done(&p);
    assert_non_null(json_object_get(w.things, "x-y-1"));
    assert_non_null(json_object_get(w.things, "x-1"));
}

static void what_became_theirs_is_no_leftover(void **state)
{
    struct row rows[] = { ROW("x-", tagged), ROW("x-1", others) };
    struct plan p;

    (void)state;
    rows[0].presence = LEFTOVERS;
    json_object_set_new(w.things, "x-1", ours("1"));
    json_object_set_new(w.wishes, "x-1", json_object());
    plan_up(&p, rows, 2);
    assert_int_equal(plan_count(&p, DROP), 0);
    plan_done(&p);
}

static void what_came_into_being_meanwhile_is_taken_over(void **state)
{
    struct row rows[] = { ROW("a", tagged), ROW("b", tagged) };
    struct plan p;
    struct err e = { 0 };

    (void)state;
    json_object_set_new(w.appears, "a", ours("2"));
    json_object_set_new(w.appears, "b", json_pack("{s:s}", "Size", "2"));
    plan_up(&p, rows, 2);
    assert_int_equal(plan_apply(&p, &c, NULL, NULL, &e), -1);
    assert_int_equal(e.code, ERR_REFUSED); /* b is not ours */
    assert_true(step(&p, "a")->done);
    assert_string_equal(jget_str(json_object_get(w.things, "a"), "Size"), "1");
    assert_string_equal(jget_str(json_object_get(w.things, "b"), "Size"), "2");
    plan_done(&p);
}

static void stop_after_first(void *arg, const struct step *s, enum apply_event ev, int64_t ms)
{
    (void)arg;
    (void)s;
    (void)ms;
    pthread_mutex_lock(&w.lock);
    w.stopped = w.stopped || ev == APPLY_DONE;
    pthread_mutex_unlock(&w.lock);
}

static void stopping_begins_nothing_new(void **state)
{
    struct row rows[] = { ROW("a", tagged), ROW("b", tagged), ROW("c", tagged) };
    NEEDS(1, &rows[0]);
    NEEDS(2, &rows[1]);
    struct plan p;
    struct err e = { 0 };

    (void)state;
    plan_up(&p, rows, 3);
    assert_int_equal(plan_apply(&p, &c, stop_after_first, NULL, &e), -1);
    assert_int_equal(e.code, ERR_INTERRUPTED);
    assert_non_null(strstr(e.msg, "1 done, 2 left"));
    assert_int_equal(json_array_size(w.journal), 1);
    assert_true(step(&p, "b")->skipped && step(&p, "c")->skipped);
    plan_done(&p);
    assert_int_equal(plan_make(&p, rows, 3, false, &c, &e), -1);
    assert_int_equal(e.code, ERR_INTERRUPTED);
    plan_done(&p);
}

static bool stop_once_b_began(void)
{
    pthread_mutex_lock(&w.lock);
    bool stop = in(w.begun, "create b");
    pthread_mutex_unlock(&w.lock);
    return stop;
}

static int create_half(const struct ctx *ctx, const struct row *r, struct state *s, struct err *e)
{
    if (fake_create(ctx, r, s, e) < 0)
        return -1;
    return ctx->stop() ? err_set(e, ERR_INTERRUPTED, "not sent, as you asked to stop") : 0;
}

static void a_row_that_is_stopped_halfway_is_left_and_did_not_fail(void **state)
{
    struct kind halves = tagged;
    struct row rows[] = { ROW("a", tagged), ROW("b", halves) };
    NEEDS(1, &rows[0]);
    struct plan p;
    struct err e = { 0 };

    (void)state;
    halves.create = create_half;
    plan_up(&p, rows, 2);
    c.stop = stop_once_b_began;
    assert_int_equal(plan_apply(&p, &c, NULL, NULL, &e), -1);
    assert_int_equal(e.code, ERR_INTERRUPTED);
    assert_non_null(strstr(e.msg, "1 done, 1 left"));
    assert_true(step(&p, "b")->skipped && !step(&p, "b")->done);
    plan_done(&p);
    c.stop = asked_to_stop;
    plan_up(&p, rows, 2); /* what was half done is gone on with */
    assert_int_equal(plan_count(&p, CREATE), 0);
    plan_done(&p);
}

static void plans_are_the_same_when_they_do_the_same(void **state)
{
    struct row rows[] = { ROW("a", tagged), ROW("b", tagged) };
    struct plan before, p;

    (void)state;
    json_object_set_new(w.things, "a", ours("2"));
    plan_up(&before, rows, 2);
    plan_up(&p, rows, 2);
    assert_true(plan_same(&before, &p));
    plan_done(&p);
    json_object_set_new(w.things, "a", ours("3"));
    plan_up(&p, rows, 2);
    assert_false(plan_same(&before, &p));
    plan_done(&p);
    json_object_set_new(w.things, "a", ours("2"));
    json_object_set_new(w.things, "b", ours("1"));
    plan_up(&p, rows, 2);
    assert_false(plan_same(&before, &p));
    plan_done(&p);
    plan_done(&before);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(reads_run_side_by_side),
        TEST(rows_begin_once_their_needs_are_done),
        TEST(second_plan_has_nothing_to_do),
        TEST(one_property_outside_is_one_change),
        TEST(null_means_not_set_and_sets_have_no_order),
        TEST(version_tag_travels_along_only),
        TEST(failure_skips_what_needs_it_and_nothing_else),
        TEST(removal_goes_upwards),
        TEST(removal_keeps_what_is_needed_by_what_could_not_go),
        TEST(what_outlives_another_waits_only_on_removal),
        TEST(what_is_not_ours_is_refused),
        TEST(adopting_takes_over_what_is_asked_for),
        TEST(fixed_property_is_refused_with_the_way_out),
        TEST(a_part_is_as_much_ours_as_the_whole),
        TEST(others_are_checked_but_never_removed),
        TEST(data_outlives_its_place_in_the_configuration),
        TEST(leftovers_of_ours_go),
        TEST(what_became_theirs_is_no_leftover),
        TEST(what_came_into_being_meanwhile_is_taken_over),
        TEST(stopping_begins_nothing_new),
        TEST(a_row_that_is_stopped_halfway_is_left_and_did_not_fail),
        TEST(plans_are_the_same_when_they_do_the_same),
    };

    base_init();
    return cmocka_run_group_tests_name("plan", tests, NULL, NULL);
}

/* plan_world.c: see plan_world.h. */
#include "plan_world.h"

#include "clock.h"
#include "kinds/tools.h"
#include "mem.h"
#include "text.h"

#include <stdlib.h>
#include <string.h>

enum { PATIENCE_MS = 20000 }; /* no test should wait that long */

struct plan_world w = { .lock = PTHREAD_MUTEX_INITIALIZER, .moved = PTHREAD_COND_INITIALIZER };

bool in(const json_t *list, const char *text)
{
    json_t *v;
    size_t i;

    json_array_foreach(list, i, v) {
        if (strcmp(json_string_value(v), text) == 0)
            return true;
    }
    return false;
}

size_t place(const char *text)
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
    (void)pthread_cond_broadcast(&w.moved);
}

/* Under the lock; false after the time limit. */
static bool wait_moved(void)
{
    struct timespec until;

    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += PATIENCE_MS / 1000;
    w.timed_out = w.timed_out || pthread_cond_timedwait(&w.moved, &w.lock, &until) != 0;
    return !w.timed_out;
}

/* Starts, waits for its gate, fails if the test says so, and ends by changing the world. */
static int act(const char *verb, const struct row *r, json_t *now, struct err *e)
{
    auto_free char *what = xasprintf("%s %s", verb, r->name);
    const char *gate, *why;
    int rc = 0;

    (void)pthread_mutex_lock(&w.lock);
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
    (void)pthread_mutex_unlock(&w.lock);
    return rc;
}

static int fake_read(const struct ctx *ctx, const struct row *r, struct state *s, struct err *e)
{
    auto_free char *what = xasprintf("read %s", r->name);
    int rc = 0;

    (void)ctx;
    (void)pthread_mutex_lock(&w.lock);
    add(w.begun, what);
    w.reads_begun++;
    while (w.reads_begun < w.reads_expected && wait_moved())
        continue;
    s->have = json_deep_copy(json_object_get(w.things, r->name));
    if (jget_str(w.fails, what))
        rc = err_set(e, ERR_NET, "%s", jget_str(w.fails, what));
    (void)pthread_mutex_unlock(&w.lock);
    return rc;
}

static int fake_want(const struct ctx *ctx, const struct row *r, struct state *s, struct err *e)
{
    (void)ctx;
    (void)e;
    (void)pthread_mutex_lock(&w.lock);
    s->want = json_deep_copy(json_object_get(w.wishes, r->name));
    (void)pthread_mutex_unlock(&w.lock);
    return 0;
}

int fake_create(const struct ctx *ctx, const struct row *r, struct state *s, struct err *e)
{
    json_t *other;

    (void)ctx;
    (void)pthread_mutex_lock(&w.lock);
    other = json_object_get(w.appears, r->name);
    if (other) {
        json_object_set(w.things, r->name, other);
        (void)err_set(e, ERR_AWS, "there is one");
        (void)snprintf(e->aws_code, sizeof(e->aws_code), "ThereIsOne");
    }
    (void)pthread_mutex_unlock(&w.lock);
    return other ? -1 : act("create", r, s->want, e);
}

static int fake_update(const struct ctx *ctx, const struct row *r, struct state *s,
                       const json_t *delta, struct err *e)
{
    auto_json json_t *now = json_copy(s->have);

    (void)ctx;
    json_object_update(now, (json_t *)delta);
    return act("update", r, now, e);
}

static int fake_drop(const struct ctx *ctx, const struct row *r, struct state *s, struct err *e)
{
    (void)ctx;
    (void)s;
    return act("drop", r, NULL, e);
}

static int fake_list(const struct ctx *ctx, const struct row *r, json_t **names, struct err *e)
{
    const char *name;
    json_t *v;

    (void)ctx;
    (void)e;
    *names = json_array();
    (void)pthread_mutex_lock(&w.lock);
    json_object_foreach(w.things, name, v) {
        if (str_starts(name, r->name))
            json_array_append_new(*names, json_string(name));
    }
    (void)pthread_mutex_unlock(&w.lock);
    return 0;
}

static int keeps_data(const struct ctx *ctx, const struct row *r, const struct state *s,
                      bool removal, bool *stays, struct err *e)
{
    (void)ctx;
    (void)r;
    (void)s;
    (void)e;
    *stays = !removal;
    return 0;
}

static const struct prop fake_props[] = {
    { .name = "Size" },
    { .name = "Names", .form = &form_set },
    { .name = "Shape", .flags = PROP_FIXED, .advice = "break it and make another" },
    { .name = "Tags", .flags = PROP_TAGS },
    { 0 },
};

#define FUNCTIONS                                                                                  \
    .props = fake_props, .exists = "NotThat ThereIsOne", .read = fake_read, .want = fake_want,     \
    .create = fake_create, .update = fake_update, .drop = fake_drop, .list = fake_list
const struct kind tagged = { .name = "box", .flags = KIND_TAGGED, FUNCTIONS };
const struct kind part = { .name = "lid", .flags = KIND_PART, FUNCTIONS };
const struct kind others = { .name = "box-existing", .flags = KIND_OTHERS, FUNCTIONS };
const struct kind data = { .name = "chest", .flags = KIND_TAGGED, FUNCTIONS, .leave = keeps_data };

bool asked_to_stop(void *arg)
{
    (void)arg;
    bool stop;

    (void)pthread_mutex_lock(&w.lock);
    stop = w.stopped;
    (void)pthread_mutex_unlock(&w.lock);
    return stop;
}

struct ctx c = { .pipeline = "p", .stop = asked_to_stop };

json_t *ours(const char *size)
{
    return json_pack("{s:s, s:s, s:{s:s}}", "Size", size, "Shape", "square", "Tags",
                     "fifoq:pipeline", "p");
}

int setup(void **state)
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

int teardown(void **state)
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

void plan_up(struct plan *p, const struct row *rows, size_t n)
{
    struct err e = { 0 };

    if (plan_make(p, rows, n, false, &c, &e) < 0)
        fail_msg("%s", e.msg);
}

void up(const struct row *rows, size_t n)
{
    struct plan p;
    struct err e = { 0 };

    plan_up(&p, rows, n);
    if (plan_apply(&p, &c, NULL, NULL, &e) < 0)
        fail_msg("%s", e.msg);
    plan_done(&p);
}

const struct step *step(const struct plan *p, const char *id)
{
    for (size_t i = 0; i < p->n; i++) {
        if (strcmp(p->steps[i].row->id, id) == 0)
            return &p->steps[i];
    }
    return NULL;
}

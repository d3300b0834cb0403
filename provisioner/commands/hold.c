/* hold.c: the pipeline's lock, held by this process while it changes something. */
#include "commands/hold.h"

#include "clock.h"
#include "engine/process_id.h"
#include "env.h"
#include "mem.h"
#include "pipeline/lock_parameter.h"
#include "ui/interrupt.h"
#include "ui/terminal.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct hold {
    struct lock_parameters parameters;
    char *who, *process;
    struct lock *lock;
};

struct hold *hold_new(void)
{
    return xcalloc(1, sizeof(struct hold));
}

void hold_free(struct hold *h)
{
    if (h) {
        free(h->who);
        free(h->process);
    }
    free(h);
}

/* Replaces invalid UTF-8: the lock is JSON, but a user's name may be anything. */
static void replace_invalid_utf8(char *words)
{
    auto_json json_t *text = json_string(words);

    for (; !text && *words; words++)
        if ((unsigned char)*words >= 0x80)
            *words = '?';
}

/* "jane@build-7 (arn:aws:iam::123456789012:user/jane)"; for the caller to free. */
static char *holder_name(const struct session *s)
{
    const char *user = env_get("USER");
    char host[256] = "";

    if (gethostname(host, sizeof(host) - 1) != 0)
        host[0] = '\0';
    return xasprintf("%s@%s (%s)", user ? user : "somebody", *host ? host : "somewhere",
                     s->client->caller ? s->client->caller : "no ARN");
}

static void hold_clear(struct hold *h)
{
    free(h->who);
    free(h->process);
    *h = (struct hold){ 0 };
}

static void report_resting(void)
{
    (void)fprintf(
        stderr,
        "waiting for the lock: its name may be unavailable for 30 s after an earlier run\n");
}

/* Fills the hold with what the lock needs, until hold_clear. */
static struct lock_owner owner_of(const struct session *s, const char *verb,
                                  struct lock_store *store)
{
    s->hold->who = holder_name(s);
    replace_invalid_utf8(s->hold->who);
    s->hold->process = process_id();
    lock_parameters(&s->hold->parameters, s->ctx.aws, s->config.pipeline, s->config.tags, store);
    s->hold->parameters.resting = report_resting;
    return (struct lock_owner){ .who = s->hold->who,
                                .process = s->hold->process,
                                .pid = (long)getpid(),
                                .command = verb,
                                .ended = process_ended };
}

int hold_check(const struct session *s, const char *verb, struct err *e)
{
    struct lock_store store;
    struct lock_owner owner = owner_of(s, verb, &store);
    bool over;
    int rc = s->options->break_lock ? 0 : lock_look(&store, &owner, &over, e);

    hold_clear(s->hold);
    return rc;
}

void hold_release(const struct session *s)
{
    struct err e = { 0 };
    char until[CLOCK_TEXT];

    clock_rfc3339(lock_until_ms(s->hold->lock), until);
    if (lock_release(s->hold->lock, &e) < 0)
        (void)fprintf(stderr, "cannot release the lock; it expires at %s: %s\n", until, e.msg);
    interrupt_last_words("fifoq: stopped immediately\n");
    hold_clear(s->hold);
}

void hold_remove_stale(const struct session *s, const char *verb)
{
    struct lock_store store;
    struct lock_owner owner = owner_of(s, verb, &store);
    struct err e = { 0 };
    bool over = false;

    if (lock_look(&store, &owner, &over, &e) == 0 && over &&
        lock_take(&s->hold->lock, &store, &owner, false, 0, &e) == 0)
        hold_release(s);
    else
        hold_clear(s->hold); /* a lock that cannot be removed expires */
}

int hold_acquire(const struct session *s, const char *verb, struct err *e)
{
    struct lock_store store;
    struct lock_owner owner = owner_of(s, verb, &store);

    if (lock_take(&s->hold->lock, &store, &owner, s->options->break_lock, 0, e) < 0) {
        hold_clear(s->hold);
        return -1;
    }
    if (lock_broke(s->hold->lock)) {
        auto_free char *words = xasprintf("took over the lock of %s", lock_broke(s->hold->lock));

        terminal_say(stderr, words);
    }
    interrupt_last_words("fifoq: stopped immediately; running requests may or may not have been "
                         "carried out. Run it again, on another machine with --break-lock\n");
    return 0;
}

bool hold_lost(const struct session *s)
{
    return s->hold->lock && lock_lost(s->hold->lock);
}

bool hold_stop(void *arg)
{
    return interrupted() || hold_lost(arg);
}

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

/* Global, because a signal handler and several threads use it. */
static struct {
    struct lock_parameters parameters;
    char *who, *process;
    struct lock *lock;
} held;

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

static void clear_held(void)
{
    free(held.who);
    free(held.process);
    held.who = held.process = NULL;
    held.lock = NULL;
}

static void report_resting(void)
{
    (void)fprintf(
        stderr,
        "waiting for the lock: its name may be unavailable for 30 s after an earlier run\n");
}

/* Fills held with what the lock needs, until clear_held. */
static struct lock_owner owner_of(const struct session *s, const char *verb,
                                  struct lock_store *store)
{
    held.who = holder_name(s);
    replace_invalid_utf8(held.who);
    held.process = process_id();
    lock_parameters(&held.parameters, s->ctx.aws, s->config.pipeline, s->config.tags, store);
    held.parameters.resting = report_resting;
    return (struct lock_owner){ .who = held.who,
                                .process = held.process,
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

    clear_held();
    return rc;
}

void hold_release(void)
{
    struct err e = { 0 };
    char until[CLOCK_TEXT];

    clock_rfc3339(lock_until_ms(held.lock), until);
    if (lock_release(held.lock, &e) < 0)
        (void)fprintf(stderr, "cannot release the lock; it expires at %s: %s\n", until, e.msg);
    interrupt_last_words("fifoq: stopped immediately\n");
    clear_held();
}

void hold_remove_stale(const struct session *s, const char *verb)
{
    struct lock_store store;
    struct lock_owner owner = owner_of(s, verb, &store);
    struct err e = { 0 };
    bool over = false;

    if (lock_look(&store, &owner, &over, &e) == 0 && over &&
        lock_take(&held.lock, &store, &owner, false, 0, &e) == 0)
        hold_release();
    else
        clear_held(); /* a lock that cannot be removed expires */
}

int hold_acquire(const struct session *s, const char *verb, struct err *e)
{
    struct lock_store store;
    struct lock_owner owner = owner_of(s, verb, &store);

    if (lock_take(&held.lock, &store, &owner, s->options->break_lock, 0, e) < 0) {
        clear_held();
        return -1;
    }
    if (lock_broke(held.lock)) {
        auto_free char *words = xasprintf("took over the lock of %s", lock_broke(held.lock));

        terminal_say(stderr, words);
    }
    interrupt_last_words("fifoq: stopped immediately; running requests may or may not have been "
                         "carried out. Run it again, on another machine with --break-lock\n");
    return 0;
}

bool hold_lost(void)
{
    return held.lock && lock_lost(held.lock);
}

bool hold_stop(void)
{
    return interrupted() || hold_lost();
}

/* function_creds.c: passes the client's renewed credentials to a process, which cannot renew them.
 */
#include "dev/function_creds.h"

#include "aws_creds.h"
#include "dev/environment.h"

#include <string.h>

void function_creds_init(struct function_creds *c, struct aws *aws, struct say *say,
                         const char *who)
{
    *c = (struct function_creds){ .aws = aws, .say = say, .who = who };
    (void)pthread_mutex_init(&c->lock, NULL);
}

void function_creds_done(struct function_creds *c)
{
    creds_done(&c->held);
    say_repeat_done(&c->failures);
    (void)pthread_mutex_destroy(&c->lock);
}

static bool find(struct function_creds *c, struct creds *now)
{
    struct err e = { 0 };

    if (!c->aws)
        return false;
    if (aws_creds_now(c->aws, now, &e) == 0)
        return true;
    (void)pthread_mutex_lock(&c->lock);
    if (say_is_news(&c->failures, e.msg, strlen(e.msg)))
        say(c->say, SAY_WARNING, c->who, -1, "no valid credentials: %s", e.msg);
    (void)pthread_mutex_unlock(&c->lock);
    return false;
}

void function_creds_take(struct function_creds *c, char ***env)
{
    struct creds now = { 0 }, old;

    if (!find(c, &now))
        return;
    environment_credentials(env, &now);
    (void)pthread_mutex_lock(&c->lock);
    old = c->held;
    c->held = now;
    (void)pthread_mutex_unlock(&c->lock);
    creds_done(&old);
}

bool function_creds_changed(struct function_creds *c)
{
    struct creds now = { 0 };
    bool changed;

    if (!find(c, &now))
        return false;
    (void)pthread_mutex_lock(&c->lock);
    changed = !creds_same(&now, &c->held);
    (void)pthread_mutex_unlock(&c->lock);
    creds_done(&now);
    return changed;
}

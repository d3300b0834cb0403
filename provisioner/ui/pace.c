/* pace.c: see pace.h. */
#include "ui/pace.h"

#include "clock.h"

#include <stdio.h>
#include <string.h>

enum { REMIND_MS = 10000 };

void pace_init(struct pace *p, bool quiet)
{
    *p = (struct pace){ .quiet = quiet };
    (void)pthread_mutex_init(&p->lock, NULL);
}

/* Remembers action; true if it was known. */
static bool is_told(struct pace *p, const char *action)
{
    for (size_t i = 0; i < p->n; i++) {
        if (strcmp(p->told[i], action) == 0)
            return true;
    }
    if (p->n < PACE_MAX)
        p->told[p->n++] = action;
    return p->n == PACE_MAX;
}

static void say(const struct pace *p, const char *service, const char *action, double per_s,
                bool again)
{
    if (again)
        (void)fprintf(stderr, "still waiting for AWS's rate limits (%s:%s), %lld s so far\n",
                      service, action, (long long)(p->told_ms - p->since_ms) / 1000);
    else if (per_s > 0)
        (void)fprintf(stderr, "AWS allows %.3g %s:%s a second; continuing at that rate\n", per_s,
                      service, action);
    else
        (void)fprintf(stderr, "AWS throttles %s:%s; retrying\n", service, action);
}

void pace_note(void *arg, const char *service, const char *action, double per_s)
{
    struct pace *p = arg;
    int64_t now_ms = clock_mono_ms();
    bool again;

    (void)pthread_mutex_lock(&p->lock);
    again = is_told(p, action);
    if (!p->quiet && (!again || now_ms - p->told_ms >= REMIND_MS)) {
        p->told_ms = now_ms;
        if (!p->since_ms)
            p->since_ms = now_ms;
        if (p->before)
            p->before(p->arg);
        say(p, service, action, per_s, again);
        if (p->after)
            p->after(p->arg);
    }
    (void)pthread_mutex_unlock(&p->lock);
}

/* pause.c: see pause.h. */
#include "pause.h"

#include "aws_call.h"
#include "clock.h"
#include "mem.h"

#include <stdlib.h>
#include <string.h>

void pauses_init(struct pauses *p, struct aws *aws, const struct settings_drain *s)
{
    *p = (struct pauses){ .aws = aws, .settings = s };
    (void)pthread_mutex_init(&p->lock, NULL);
    p->until_ms = xcalloc(s->n_destinations, sizeof(*p->until_ms));
    p->shared_ms = xcalloc(s->n_destinations, sizeof(*p->shared_ms));
}

void pauses_done(struct pauses *p)
{
    if (!p->settings)
        return;
    (void)pthread_mutex_destroy(&p->lock);
    free(p->until_ms);
    free(p->shared_ms);
    *p = (struct pauses){ 0 };
}

void pauses_ask(struct pauses *p, size_t destination, int64_t ms)
{
    int64_t until_ms = clock_wall_ms() + ms;

    (void)pthread_mutex_lock(&p->lock);
    if (p->until_ms[destination] < until_ms)
        p->until_ms[destination] = until_ms;
    (void)pthread_mutex_unlock(&p->lock);
}

int64_t pauses_until_ms(struct pauses *p, size_t destination)
{
    int64_t until_ms;

    (void)pthread_mutex_lock(&p->lock);
    until_ms = p->until_ms[destination];
    (void)pthread_mutex_unlock(&p->lock);
    return until_ms;
}

bool pauses_any(struct pauses *p, int64_t ms)
{
    int64_t after_ms = clock_wall_ms() + ms;
    bool any = false;

    for (size_t i = 0; i < p->settings->n_destinations; i++)
        any = any || pauses_until_ms(p, i) > after_ms;
    return any;
}

/* A call that gives up soon: messages are waiting. */
static struct aws_how hasty(const struct pauses *p)
{
    int64_t deadline_ms = clock_mono_ms() + PAUSES_CALL_MS, given_ms = p->aws->deadline_ms;

    return (struct aws_how){ .deadline_ms =
                                 given_ms && given_ms < deadline_ms ? given_ms : deadline_ms };
}

/* Another machine's clock may be wrong: no pause is longer than one answer can ask for. */
static void adopt(struct pauses *p, const json_t *all)
{
    int64_t most_ms = clock_wall_ms() + p->settings->retry_after_max_ms;

    (void)pthread_mutex_lock(&p->lock);
    for (size_t i = 0; i < p->settings->n_destinations; i++) {
        int64_t until_ms = jget_int(all, p->settings->destinations[i].name, 0);

        until_ms = until_ms < most_ms ? until_ms : most_ms;
        p->shared_ms[i] = until_ms;
        if (p->until_ms[i] < until_ms)
            p->until_ms[i] = until_ms;
    }
    (void)pthread_mutex_unlock(&p->lock);
}

static void failed(const char *what, const struct err *e)
{
    log_event(LOG_WARN, what, "reason", e->msg, NULL);
}

/* https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParameters.html: an
 * unknown name is not an error: then no destination asked for a pause yet. */
void pauses_read(struct pauses *p)
{
    static const char what[] = "pauses that other runs were asked for could not be read";
    struct aws_how how = hasty(p);
    auto_json json_t *ask = NULL, *reply = NULL, *all = NULL;
    const char *text;
    struct err e;

    if (!p->settings->pause)
        return;
    ask = json_pack("{s:[s]}", "Names", p->settings->pause);
    if (aws_call_how(p->aws, &aws_ssm, "GetParameters", ask, &how, &reply, &e) < 0) {
        failed(what, &e);
        return;
    }
    text = jget_str(json_array_get(jget_array(reply, "Parameters"), 0), "Value");
    if (text && json_parse(text, strlen(text), &all, &e) == 0 && !json_is_object(all))
        (void)err_set(&e, ERR_PARSE, "'%s' is not a JSON object", p->settings->pause);
    if (text && !json_is_object(all))
        failed(what, &e);
    adopt(p, all);
}

/* What is to be written, including pauses of others that still last; NULL: nothing new. The
 * caller's. */
static json_t *unwritten(struct pauses *p, int64_t after_ms)
{
    auto_json json_t *all = json_object();
    bool any = false;

    (void)pthread_mutex_lock(&p->lock);
    for (size_t i = 0; i < p->settings->n_destinations; i++) {
        if (p->until_ms[i] <= after_ms)
            continue;
        any = any || p->until_ms[i] > p->shared_ms[i];
        json_object_set_new(all, p->settings->destinations[i].name, json_integer(p->until_ms[i]));
    }
    (void)pthread_mutex_unlock(&p->lock);
    return any ? steal(all) : NULL;
}

/*
 * https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutParameter.html
 * The last writer wins: two runs that end at the same time with pauses of different destinations
 * may lose one of them; the next run then asks that destination once more.
 */
void pauses_write(struct pauses *p, int64_t ms)
{
    auto_json json_t *all = p->settings->pause ? unwritten(p, clock_wall_ms() + ms) : NULL;
    auto_free char *text = all ? json_canonical(all) : NULL;
    auto_json json_t *ask = NULL;
    struct aws_how how = hasty(p);
    struct err e;

    if (!all)
        return;
    ask = json_pack("{s:s, s:s, s:s, s:s, s:b}", "Name", p->settings->pause, "Value", text, "Type",
                    "String", "Description", "fifoq: pauses that destinations asked for",
                    "Overwrite", 1);
    if (aws_call_how(p->aws, &aws_ssm, "PutParameter", ask, &how, NULL, &e) < 0)
        failed("other runs could not be told of a pause", &e);
    else
        adopt(p, all);
}

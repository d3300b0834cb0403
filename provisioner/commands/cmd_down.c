/* cmd_down.c: `fifoq down`. */
#include "commands/apply.h"
#include "commands/verb.h"
#include "json.h"
#include "ui/plan_print.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What SQS says of a queue; each message is in exactly one of them. */
static const char *const counters[] = {
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed",
};

static long long waiting(const struct step *s)
{
    long long n = 0;

    for (size_t i = 0; i < COUNTOF(counters); i++) {
        const json_t *v = json_object_get(s->state.have, counters[i]);
        n += json_is_integer(v) ? json_integer_value(v)
             : v                ? strtoll(json_string_value(v), NULL, 10)
                                : 0;
    }
    return n;
}

/* Deleting a queue deletes what is in it. */
static int guard_messages(const struct session *s, const struct plan *p, struct err *e)
{
    auto_buf found = BUF(BUF_SMALL);

    if (s->options->drop_messages)
        return 0;
    for (size_t i = 0; i < p->n; i++) {
        const struct step *step = &p->steps[i];
        long long n = step->action == DROP ? waiting(step) : 0;
        if (n > 0)
            buf_printf(&found, "%s%lld in '%s'", found.len ? ", " : "", n, step->row->name);
    }
    if (found.len == 0)
        return 0;
    return err_set(
        e, ERR_REFUSED,
        "messages wait: %s: nothing was removed; let drain deliver them, or lose them with "
        "'fifoq down --drop-messages'",
        buf_str(&found));
}

/* What holds data and is not ours to take. */
static void tell_what_stays(const struct session *s, const struct plan *p)
{
    if (s->options->quiet || s->options->format != FORMAT_TEXT)
        return;
    for (size_t i = 0; i < p->n; i++)
        if (p->steps[i].stays)
            (void)printf("stays: %s '%s': 'fifoq down --delete-table' takes it too\n",
                         p->steps[i].row->kind->name, p->steps[i].row->name);
    if (s->config.has_ingest && !s->config.table.create)
        (void)printf("stays: table '%s' with its items and its stream\n", s->config.table.name);
    if (s->config.queue.existing)
        (void)printf("stays: queue '%s' with its messages\n", s->config.queue.existing);
}

static int remove_all(struct session *s, struct plan *p, struct err *e)
{
    static const struct apply_work work = { .verb = "down",
                                            .question = "remove all of this?",
                                            .guard = guard_messages };
    const struct options *o = s->options;

    if (guard_messages(s, p, e) < 0)
        return -1;
    if (o->format == FORMAT_TEXT || !o->yes)
        plan_print_text(p, o->format == FORMAT_TEXT ? stdout : stderr);
    (void)fflush(stdout);
    if (plan_count(p, DROP) > 0 && apply_ask(s, work.question, e) < 0)
        return -1;
    return apply_plan(s, p, &work, e);
}

static int down_run(const struct options *o, struct err *e)
{
    auto_session s = { 0 };
    auto_plan p = { 0 };

    if (session_open(&s, o, false, e) < 0)
        return -1;
    s.ctx.delete_table = o->delete_table;
    if (apply_first_plan(&s, true, "down", &p, e) < 0 || remove_all(&s, &p, e) < 0)
        return -1;
    if (plan_count(&p, DROP) > 0)
        tell_what_stays(&s, &p);
    return EXIT_DONE;
}

static const struct option_row down_options[] = {
    { "drop-messages", 0, OPTION_FLAG, offsetof(struct options, drop_messages), NULL, NULL,
      "remove the queues although messages wait in them" },
    { "delete-table", 0, OPTION_FLAG, offsetof(struct options, delete_table), NULL, NULL,
      "remove the table too, if fifoq created it" },
    OPTION_BREAK_LOCK,
    OPTIONS_END,
};

const struct verb verb_down = {
    .name = "down",
    .summary = "take it away, in order; refuses while messages wait",
    .details = "Shows what goes, asks, and removes it: what uses a thing before the thing itself. "
               "A table stays, with its items "
               "and its stream, and so does everything that is not this pipeline's. Nothing to "
               "remove is success.",
    .options = down_options,
    .run = down_run,
};

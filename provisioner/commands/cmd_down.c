/* cmd_down.c: `fifoq down`. */
#include "commands/apply.h"
#include "commands/queued.h"
#include "commands/verb.h"
#include "kinds/consents.h"
#include "kinds/messages.h"
#include "pipeline/run_parameters.h"
#include "ui/plan_print.h"

#include <stdio.h>

/* Refuses because deleting a queue deletes its messages. */
static int guard_messages(const struct session *s, const struct plan *p, struct err *e)
{
    if (s->options->consents & CONSENT_DROP_MESSAGES || s->options->export_to)
        return 0; /* dropping was requested, or the messages are saved first */
    return queued_guard(p, e);
}

/* Names the resources that hold data and are not deleted. */
static void report_kept(const struct session *s, const struct plan *p)
{
    if (s->options->quiet || s->options->format != FORMAT_TEXT)
        return;
    for (size_t i = 0; i < p->n; i++)
        if (p->steps[i].stays)
            (void)printf("kept: %s '%s'; 'fifoq down --delete-table' deletes it, too\n",
                         p->steps[i].row->kind->name, p->steps[i].row->name);
    if (s->config.has_ingest && !s->config.table.create)
        (void)printf("kept: table '%s' with its items and its stream\n", s->config.table.name);
    if (s->config.queue.existing)
        (void)printf("kept: queue '%s' with its messages\n", s->config.queue.existing);
}

static int remove_all(struct session *s, struct plan *p, struct err *e)
{
    static const struct apply_work work = { .verb = "down",
                                            .question = "remove all of this?",
                                            .guard = guard_messages };
    const struct options *o = s->options;
    FILE *to = o->format == FORMAT_TEXT ? stdout : stderr;

    if (guard_messages(s, p, e) < 0)
        return -1;
    if (o->format == FORMAT_TEXT || !o->yes)
        plan_print_text(p, to);
    queued_tell(p, o->export_to ? "saved first" : "lost", to);
    (void)fflush(stdout);
    if (o->export_to && queued_any(p) && queued_save(p, o->export_to, &s->ctx.save, e) < 0)
        return -1;
    if (plan_count(p, DROP) > 0 && apply_ask(s, work.question, e) < 0)
        return -1;
    return apply_plan(s, p, &work, e);
}

/* Reads everything again. AWS may still show deleted resources for a while. */
static int scan_leftovers(const struct session *s, const struct plan *done, bool *left,
                          struct err *e)
{
    auto_plan now = { 0 };

    /* ERR_REFUSED is fine: a resource that is shown without its tags looks like somebody else's */
    if (session_plan(s, true, &now, e) < 0 && e->code != ERR_REFUSED)
        return err_wrap(e, "everything was deleted, but the final check failed");
    for (size_t i = 0; i < now.n; i++) {
        const struct step *n = &now.steps[i];
        bool fading = false;

        if (n->action != DROP && n->err.code != ERR_REFUSED)
            continue;
        fading = plan_did(done, n->row);
        *left = *left || !fading;
        (void)fprintf(stderr, "%s: %s '%s'\n",
                      fading ? "deleted, but AWS still shows it for a while" : "left",
                      n->row->kind->name, n->row->name);
    }
    return 0;
}

/* The last lines of a successful removal. */
static int report_end(const struct session *s, const struct plan *p, struct err *e)
{
    bool left = false, text = !s->options->quiet && s->options->format == FORMAT_TEXT;

    if (text && s->ctx.save)
        (void)printf("saved: %zu messages in '%s'\n", save_count(s->ctx.save),
                     s->options->export_to);
    report_kept(s, p);
    if (scan_leftovers(s, p, &left, e) < 0)
        return -1;
    if (left)
        return err_set(e, ERR_AWS,
                       "some resources of this pipeline are left; run 'fifoq down' again");
    if (text)
        (void)printf("nothing of this pipeline is left%s\n",
                     queued_any(p) ? "; the queue names can be used again in 60 s" : "");
    return EXIT_DONE;
}

static int down_run(const struct options *o, struct err *e)
{
    auto_session s = { 0 };
    auto_plan p = { 0 };
    int result = 0;

    if (o->consents & CONSENT_DROP_MESSAGES && o->export_to)
        return err_set(e, ERR_USAGE,
                       "--export saves messages and --drop-messages deletes them; use one of them");
    if (session_open(&s, o, false, e) < 0)
        return -1;
    s.ctx.known = true;
    if (apply_first_plan(&s, true, "down", &p, e) < 0)
        return -1;

    result = remove_all(&s, &p, e);
    if (result < 0 && e->code == ERR_INTERRUPTED && s.ctx.save && !save_complete(s.ctx.save) &&
        save_count(s.ctx.save) > 0)
        (void)fprintf(stderr,
                      "%zu messages are in '%s.part', all others still in their queues. Keep that "
                      "file, and save the rest with 'fifoq down --export ANOTHER'\n",
                      save_count(s.ctx.save), o->export_to);
    s.ctx.known = false; /* report_end expects nothing */
    if (result == 0 && run_parameters_remove(s.aws, &s.config, e) < 0)
        result = -1;
    if (result == 0 && plan_count(&p, DROP) > 0)
        result = report_end(&s, &p, e);
    save_free(s.ctx.save);
    return result;
}

static const struct option_row down_options[] = {
    { "drop-messages", 0, OPTION_CONSENT, CONSENT_DROP_MESSAGES, NULL, NULL,
      "delete the queues although they hold messages" },
    { "delete-table", 0, OPTION_CONSENT, CONSENT_DELETE_TABLE, NULL, NULL,
      "also delete the table, if fifoq created it" },
    { "export", 0, OPTION_TEXT, offsetof(struct options, export_to), "FILE", NULL,
      "first save the messages of all queues in a new FILE" },
    OPTION_BREAK_LOCK,
    OPTIONS_END,
};

const struct verb verb_down = {
    .name = "down",
    .summary = "delete the pipeline; refuses while messages wait",
    .details =
        "Shows what will be deleted, asks, and deletes it in order: first the inputs, then the "
        "outputs, the functions, the queues, the roles, the logs. While a queue holds messages, "
        "also in flight or delayed, nothing is deleted and the exit code is 4. --export FILE stops "
        "the functions, then saves each message as a line of JSON, in order within each message "
        "group, and deletes the queues only when FILE is complete; until then it is called "
        "FILE.part, and every message is in it or in its queue. A table is kept, with its items "
        "and its stream, and so is everything that does not belong to this pipeline. At the end "
        "everything is checked again. Nothing to delete is success.",
    .options = down_options,
    .run = down_run,
};

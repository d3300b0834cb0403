/* queued.c: the messages in the queues that a removal deletes. */
#include "commands/queued.h"

#include "kinds/kinds.h"
#include "kinds/messages.h"

/* True if the step deletes a queue that may hold messages of the pipeline. */
static bool deletes_queue(const struct step *s)
{
    return s->action == DROP && s->row->kind == &kind_sqs_queue && !queue_is_turn(s->row);
}

static struct depth depth_of_step(const struct step *s)
{
    return deletes_queue(s) ? depth_of(s->state.have) : (struct depth){ 0 };
}

int queued_guard(const struct plan *p, struct err *e)
{
    auto_buf found = BUF(BUF_SMALL);

    for (size_t i = 0; i < p->n; i++) {
        const struct step *s = &p->steps[i];
        struct depth d = depth_of_step(s);
        if (depth_total(&d) == 0)
            continue;
        buf_printf(&found, "%s'%s' holds ", found.len ? "; " : "", s->row->name);
        depth_text(&d, &found);
    }
    if (found.len == 0)
        return 0;
    return err_set(
        e, ERR_REFUSED,
        "messages are waiting: %s; nothing was deleted. Let drain deliver them, save them with "
        "'fifoq down --export FILE', or delete them with 'fifoq down --drop-messages'",
        buf_str(&found));
}

void queued_tell(const struct plan *p, const char *fate, FILE *to)
{
    for (size_t i = 0; i < p->n; i++) {
        struct depth d = depth_of_step(&p->steps[i]);
        long long n = depth_total(&d);
        if (n > 0)
            (void)fprintf(to, "%lld message%s in '%s' will be %s\n", n, n == 1 ? "" : "s",
                          p->steps[i].row->name, fate);
    }
}

bool queued_any(const struct plan *p)
{
    for (size_t i = 0; i < p->n; i++)
        if (deletes_queue(&p->steps[i]))
            return true;
    return false;
}

int queued_save(const struct plan *p, const char *file, struct save **out, struct err *e)
{
    if (save_new(file, out, e) < 0)
        return -1;
    for (size_t i = 0; i < p->n; i++)
        if (deletes_queue(&p->steps[i]))
            save_add(*out, p->steps[i].row->name, p->steps[i].state.have);
    return 0;
}

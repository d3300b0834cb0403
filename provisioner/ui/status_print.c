/* status_print.c: prints a pipeline's status. */
#include "ui/status_print.h"

#include "clock.h"
#include "kinds/messages.h"
#include "ui/check_print.h"

/* Recognised by its message count. */
static bool is_queue(const struct step *s)
{
    return s->row->presence == PRESENT && !queue_is_turn(s->row) &&
           json_object_get(s->state.have, "ApproximateNumberOfMessages");
}

void status_print_text(const struct plan *p, const struct config *c, int64_t now_ms, FILE *to)
{
    size_t kept = plan_count(p, KEEP);

    (void)fprintf(to, "%s\n", c->pipeline);
    if (kept == p->n)
        (void)fprintf(to, "  rows: %zu, all as configured\n", kept);
    else
        (void)fprintf(to, "  rows: %zu of %zu as configured; 'fifoq plan' shows the differences\n",
                      kept, p->n);
    for (size_t i = 0; i < p->n; i++) {
        struct depth d = depth_of(p->steps[i].state.have);
        if (is_queue(&p->steps[i]))
            (void)fprintf(to, "  %s: %lld waiting, %lld in flight\n", p->steps[i].row->name,
                          d.waiting + d.delayed, d.in_flight);
    }
    for (size_t i = 0; c->has_drain && i < c->drain.n_schedules; i++)
        check_print_next(&c->drain.schedules[i], now_ms, to);
}

json_t *status_json(const struct plan *p, const struct config *c, int64_t now_ms)
{
    json_t *queues = json_array(), *schedules = json_array();

    for (size_t i = 0; i < p->n; i++) {
        struct depth d = depth_of(p->steps[i].state.have);
        if (is_queue(&p->steps[i]))
            json_array_append_new(queues,
                                  json_pack("{s:s, s:I, s:I}", "name", p->steps[i].row->name,
                                            "waiting", (json_int_t)(d.waiting + d.delayed),
                                            "in_flight", (json_int_t)d.in_flight));
    }
    for (size_t i = 0; c->has_drain && i < c->drain.n_schedules; i++) {
        const struct config_schedule *s = &c->drain.schedules[i];
        int64_t next = schedule_next(&s->when, now_ms);
        char text[CLOCK_TEXT];

        if (next >= 0)
            clock_rfc3339(next, text);
        json_array_append_new(schedules,
                              json_pack("{s:s, s:s, s:s?}", "name", s->name, "expression",
                                        s->expression, "next", next >= 0 ? text : NULL));
    }
    return json_pack("{s:i, s:s, s:i, s:i, s:o, s:o}", "version", 1, "pipeline", c->pipeline,
                     "rows", (int)p->n, "different", (int)(p->n - plan_count(p, KEEP)), "queues",
                     queues, "schedules", schedules);
}

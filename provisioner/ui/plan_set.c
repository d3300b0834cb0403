/* plan_set.c: see plan_set.h. */
#include "ui/plan_set.h"

#include "mem.h"
#include "ui/terminal.h"

#include <stdlib.h>
#include <string.h>

struct planned_set planned_set_new(size_t n)
{
    return (struct planned_set){ xcalloc(n + 1, sizeof(struct planned)), n };
}

void planned_set_done(struct planned_set *s)
{
    for (size_t i = 0; i < s->n; i++) {
        struct planned *one = &s->list[i];

        free(one->name);
        free(one->account);
        free(one->region);
        free(one->why);
        free(one->text);
        json_decref(one->json);
    }
    free(s->list);
    *s = (struct planned_set){ 0 };
}

void planned_name(struct planned *one, const char *file, const char *environment)
{
    one->name = environment ? xasprintf("%s (%s)", file, environment) : xstrdup(file);
}

char *planned_text(const struct plan *p)
{
    char *text = NULL;
    size_t n = 0;
    FILE *f = open_memstream(&text, &n);

    if (f)
        plan_print_text(p, f);
    if (!f || fclose(f) != 0)
        abort(); /* out of memory */
    return text;
}

void planned_fill(struct planned *one, const struct plan *p, const struct config *c,
                  const struct aws *a)
{
    bool differs = plan_count(p, KEEP) != p->n;

    free(one->name);
    one->name = xstrdup(c->pipeline);
    one->account = xstrdup(a->account);
    one->region = xstrdup(a->region);
    one->result = differs ? "changes" : "none";
    one->why = plan_totals(p);
    one->text = differs ? planned_text(p) : NULL;
    one->json = plan_json(p, c, a);
}

void planned_fail(struct planned *one, const char *why)
{
    one->result = "failed";
    one->why = xstrdup(why);
}

static const char *or_dash(const char *text)
{
    return text ? text : "-";
}

static bool is_any(const struct planned_set *s, const char *result)
{
    for (size_t i = 0; i < s->n; i++) {
        if (strcmp(s->list[i].result, result) == 0)
            return true;
    }
    return false;
}

void planned_print_text(const struct planned_set *s, FILE *to)
{
    size_t width = strlen("pipeline");

    for (size_t i = 0; i < s->n; i++)
        width = strlen(s->list[i].name) > width ? strlen(s->list[i].name) : width;
    (void)fprintf(to, "%s%-*s  %-12s  %-14s  %s%s\n", color_on(to, COLOR_BOLD), (int)width,
                  "pipeline", "account", "region", "result", color_off(to));
    for (size_t i = 0; i < s->n; i++) {
        const struct planned *one = &s->list[i];
        bool failed = strcmp(one->result, "failed") == 0;

        (void)fprintf(to, "%-*s  %-12s  %-14s  %s%s\n", (int)width, one->name,
                      or_dash(one->account), or_dash(one->region), failed ? "failed: " : "",
                      one->why);
    }
    for (size_t i = 0; i < s->n; i++) {
        const struct planned *one = &s->list[i];

        if (one->text)
            (void)fprintf(to, "\n%s%s  %s  %s%s\n%s", color_on(to, COLOR_BOLD), one->name,
                          or_dash(one->account), or_dash(one->region), color_off(to), one->text);
    }
}

static json_t *planned_json(const struct planned *one)
{
    json_t *o = one->json ? json_incref(one->json)
                          : json_pack("{s:s, s:s}", "pipeline", one->name, "result", one->result);

    (void)json_object_set_new(o, "result", json_string(one->result));
    if (strcmp(one->result, "failed") == 0)
        (void)json_object_set_new(o, "error", json_string(one->why));
    return o;
}

void planned_print_json(const struct planned_set *s, FILE *to)
{
    json_t *list = json_array();
    auto_json json_t *o = json_pack("{s:i, s:s, s:o}", "version", 1, "result",
                                    is_any(s, "failed")    ? "failed"
                                    : is_any(s, "changes") ? "changes"
                                    : is_any(s, "done")    ? "done"
                                                           : "none",
                                    "pipelines", list);

    for (size_t i = 0; i < s->n; i++)
        (void)json_array_append_new(list, planned_json(&s->list[i]));
    json_print(o, to);
}

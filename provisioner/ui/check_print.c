/* check_print.c: the names, parameters and schedules of a configuration. */
#include "ui/check_print.h"

#include "clock.h"
#include "kinds/secret.h"
#include "mem.h"
#include "pipeline/pipeline.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { NEXT_TIMES = 5 };

/* The source of a parameter's value, and whether it is available here. */
static char *source_text(const struct config *c, const struct config_parameter *p)
{
    switch (p->from) {
    case FROM_ENV:
        return xasprintf("env:%s, %s", p->source, getenv(p->source) ? "set" : "not set here");
    case FROM_FILE: {
        auto_free char *folder = config_folder(c), *path = secret_file(p, folder);
        return xasprintf("file:%s, %s", path,
                         access(path, R_OK) == 0 ? "readable" : "not readable here");
    }
    case FROM_PROMPT: return xstrdup("prompted for when it is missing");
    case FROM_EXISTING: return xstrdup("an existing parameter");
    }
    return NULL;
}

/* False for rows that only check for resources that are no longer wanted. */
static bool is_made(const struct row *r)
{
    return r->presence == PRESENT;
}

static void print_rows(const struct config *c, FILE *to)
{
    struct pipeline p = { 0 };
    int width = 16;

    pipeline_build(&p, c, NULL);
    for (size_t i = 0; i < p.n; i++)
        if (is_made(&p.rows[i]) && (int)strlen(p.rows[i].id) > width)
            width = (int)strlen(p.rows[i].id);
    for (size_t i = 0; i < p.n; i++)
        if (is_made(&p.rows[i]))
            (void)fprintf(to, "  %-*s  %s\n", width, p.rows[i].id, p.rows[i].name);
    pipeline_done(&p);
}

static void print_parameters(const struct config *c, FILE *to)
{
    int width = 16;

    if (c->n_parameters)
        (void)fputs("\nparameters\n", to);
    for (size_t i = 0; i < c->n_parameters; i++)
        if ((int)strlen(c->parameters[i].name) > width)
            width = (int)strlen(c->parameters[i].name);
    for (size_t i = 0; i < c->n_parameters; i++) {
        auto_free char *source = source_text(c, &c->parameters[i]);
        (void)fprintf(to, "  %-*s  %s\n", width, c->parameters[i].name, source);
    }
}

/* Also prints the local time if it differs. */
static void print_time(const char *before, int64_t at_ms, FILE *to)
{
    static const char format[] = "%a %Y-%m-%d %H:%M:%S";
    time_t at = (time_t)(at_ms / 1000);
    char utc_text[40], local_text[40], zone[16];
    struct tm utc, local;

    if (!gmtime_r(&at, &utc) || !localtime_r(&at, &local))
        return;
    (void)strftime(utc_text, sizeof(utc_text), format, &utc);
    (void)strftime(local_text, sizeof(local_text), format, &local);
    (void)strftime(zone, sizeof(zone), "%Z", &local);
    if (strcmp(utc_text, local_text) == 0)
        (void)fprintf(to, "%s%s UTC\n", before, utc_text);
    else
        (void)fprintf(to, "%s%s UTC   %s %s\n", before, utc_text, local_text, zone);
}

static void print_schedule(const struct config_schedule *s, int64_t now_ms, FILE *to)
{
    int64_t at = now_ms;

    (void)fprintf(to, "  %s: %s%s\n", s->name, s->expression,
                  s->when.rate_ms ? ", if it started now" : "");
    for (int i = 0; i < NEXT_TIMES; i++) {
        at = schedule_next(&s->when, at);
        if (at < 0) {
            (void)fprintf(to, "    never%s\n", i ? " again" : "");
            return;
        }
        print_time("    ", at, to);
    }
}

void check_print_next(const struct config_schedule *s, int64_t now_ms, FILE *to)
{
    int64_t at = schedule_next(&s->when, now_ms);
    auto_free char *before =
        xasprintf("  %s: next %s", s->name, s->when.rate_ms ? "within one period, by " : "");

    if (at < 0)
        (void)fprintf(to, "  %s: never again\n", s->name);
    else
        print_time(before, at, to);
}

void check_print_text(const struct config *c, int64_t now_ms, FILE *to)
{
    (void)fprintf(to, "%s\n", c->pipeline);
    print_rows(c, to);
    print_parameters(c, to);
    if (c->drain.n_schedules)
        (void)fputs("\nschedules, with their next runs\n", to);
    for (size_t i = 0; i < c->drain.n_schedules; i++)
        print_schedule(&c->drain.schedules[i], now_ms, to);
    (void)fputc('\n', to);
}

static json_t *schedule_json(const struct config_schedule *s, int64_t now_ms)
{
    json_t *o = json_pack("{s:s, s:s}", "name", s->name, "expression", s->expression);
    json_t *next = json_array();
    int64_t at = now_ms;

    for (int i = 0; i < NEXT_TIMES && (at = schedule_next(&s->when, at)) >= 0; i++) {
        char text[CLOCK_TEXT];
        clock_rfc3339(at, text);
        (void)json_array_append_new(next, json_string(text));
    }
    (void)json_object_set_new(o, "next", next);
    return o;
}

json_t *check_json(const struct config *c, int64_t now_ms)
{
    json_t *rows = json_array(), *parameters = json_array(), *schedules = json_array();
    struct pipeline p = { 0 };

    pipeline_build(&p, c, NULL);
    for (size_t i = 0; i < p.n; i++)
        if (is_made(&p.rows[i]))
            (void)json_array_append_new(rows,
                                        json_pack("{s:s, s:s, s:s}", "row", p.rows[i].id, "kind",
                                                  p.rows[i].kind->name, "name", p.rows[i].name));
    pipeline_done(&p);
    for (size_t i = 0; i < c->n_parameters; i++) {
        auto_free char *source = source_text(c, &c->parameters[i]);
        (void)json_array_append_new(parameters,
                                    json_pack("{s:s, s:s, s:s}", "name", c->parameters[i].name,
                                              "path", c->parameters[i].path, "source", source));
    }
    for (size_t i = 0; i < c->drain.n_schedules; i++)
        (void)json_array_append_new(schedules, schedule_json(&c->drain.schedules[i], now_ms));
    return json_pack("{s:i, s:s, s:o, s:o, s:o}", "version", 1, "pipeline", c->pipeline, "rows",
                     rows, "parameters", parameters, "schedules", schedules);
}

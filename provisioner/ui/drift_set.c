/* drift_set.c: see drift_set.h. */
#include "ui/drift_set.h"

#include "mem.h"
#include "ui/plan_print.h"
#include "ui/terminal.h"

#include <stdlib.h>
#include <string.h>

typedef void print_fn(const struct drift_report *r, FILE *to);

/* What is printed, for the caller to free. */
static char *printed(print_fn *print, const struct drift_report *r)
{
    char *text = NULL;
    size_t n = 0;
    FILE *f = open_memstream(&text, &n);

    if (f)
        print(r, f);
    if (!f || fclose(f) != 0)
        abort(); /* out of memory */
    return text;
}

void drift_entry_fill(struct drift_entry *e, const struct drift_report *r, unsigned formats)
{
    bool quiet = r->drift->n + r->drift->n_unreadable == 0;

    free(e->file);
    e->file = drift_file(r);
    e->pipeline = xstrdup(r->config->pipeline);
    e->account = xstrdup(r->aws->account);
    e->region = xstrdup(r->aws->region);
    e->result = drift_result(r);
    e->why = drift_totals(r);
    e->counts = drift_junit_counts(r);
    if (formats & 1u << FORMAT_JSON)
        e->json = drift_json(r);
    if (formats & 1u << FORMAT_JUNIT)
        e->junit = printed(drift_junit_suite, r);
    if (formats & 1u << FORMAT_GITHUB)
        e->annotations = printed(drift_github_annotations, r);
    if (formats & 1u << FORMAT_TEXT && !quiet)
        e->text = printed(drift_print_text, r);
    if (formats & (1u << FORMAT_MARKDOWN | 1u << FORMAT_GITHUB) && !quiet)
        e->markdown = printed(drift_print_markdown, r);
    if (formats & 1u << FORMAT_SARIF) {
        e->results = json_array();
        e->notifications = json_array();
        drift_sarif_add(r, e->results, e->notifications);
    }
}

void drift_entry_fail(struct drift_entry *e, const char *why)
{
    e->result = "failed";
    e->why = xstrdup(why);
    e->counts = (struct junit_counts){ 1, 0, 1 };
}

void drift_entry_done(struct drift_entry *e)
{
    char *const texts[] = { e->file, e->environment, e->pipeline, e->account,  e->region,
                            e->why,  e->junit,       e->text,     e->markdown, e->annotations };

    for (size_t i = 0; i < COUNTOF(texts); i++)
        free(texts[i]);
    json_decref(e->json);
    json_decref(e->results);
    json_decref(e->notifications);
    *e = (struct drift_entry){ 0 };
}

static const char *const results[] = { "none", "drift", "unreadable", "failed" };

static size_t count_of(const struct drift_set *s, const char *result)
{
    size_t n = 0;

    for (size_t i = 0; i < s->n; i++)
        n += s->list[i].result && strcmp(s->list[i].result, result) == 0;
    return n;
}

/* "3 pipelines: 1 drift, 2 none"; for the caller to free. */
static char *totals(const struct drift_set *s)
{
    auto_buf out = BUF(BUF_SMALL);
    const char *before = ":";

    buf_printf(&out, "%zu pipeline%s", s->n, s->n == 1 ? "" : "s");
    for (size_t i = COUNTOF(results); i-- > 0;) {
        size_t n = count_of(s, results[i]);

        if (n == 0)
            continue;
        buf_printf(&out, "%s %zu %s", before, n, i ? results[i] : "without drift");
        before = ",";
    }
    return buf_steal(&out);
}

/* "orders", or the file and environment of one that failed early; for the caller to free. */
static char *name_of(const struct drift_entry *e)
{
    if (e->pipeline)
        return xstrdup(e->pipeline);
    return e->environment ? xasprintf("%s (%s)", e->file, e->environment) : xstrdup(e->file);
}

static const char *or_dash(const char *text)
{
    return text ? text : "-";
}

static void text_table(const struct drift_set *s, FILE *to)
{
    int width = 8;

    for (size_t i = 0; i < s->n; i++) {
        auto_free char *name = name_of(&s->list[i]);

        width = (int)strlen(name) > width ? (int)strlen(name) : width;
    }
    (void)fprintf(to, "%s%-*s  %-12s  %-14s  %-10s  %s%s\n", color_on(to, COLOR_BOLD), width,
                  "pipeline", "account", "region", "result", "", color_off(to));
    for (size_t i = 0; i < s->n; i++) {
        const struct drift_entry *e = &s->list[i];
        auto_free char *name = name_of(e);
        bool good = strcmp(e->result, "none") == 0;

        (void)fprintf(to, "%-*s  %-12s  %-14s  %s%-10s%s  %s\n", width, name, or_dash(e->account),
                      or_dash(e->region), color_on(to, good ? COLOR_GREEN : COLOR_RED),
                      good ? "no drift" : e->result, color_off(to), e->why);
    }
}

void drift_set_text(const struct drift_set *s, FILE *to)
{
    auto_free char *sum = totals(s);

    text_table(s, to);
    for (size_t i = 0; i < s->n; i++) {
        const struct drift_entry *e = &s->list[i];

        if (e->text)
            (void)fprintf(to, "\n%s%s  %s  %s%s\n%s", color_on(to, COLOR_BOLD), e->pipeline,
                          e->account, e->region, color_off(to), e->text);
    }
    (void)fprintf(to, "\n%s\n", sum);
}

static json_t *entry_json(const struct drift_entry *e)
{
    json_t *o = e->json ? json_incref(e->json)
                        : json_pack("{s:s, s:s?, s:s}", "result", e->result, "pipeline",
                                    e->pipeline, "error", e->why);

    (void)json_object_set_new(o, "file", json_string(e->file));
    (void)json_object_set_new(o, "environment",
                              e->environment ? json_string(e->environment) : json_null());
    return o;
}

/* The worst of all, in the order of exit codes. */
static const char *worst(const struct drift_set *s)
{
    static const char *const order[] = { "failed", "drift", "unreadable" };

    for (size_t i = 0; i < COUNTOF(order); i++) {
        if (count_of(s, order[i]))
            return order[i];
    }
    return "none";
}

void drift_set_json(const struct drift_set *s, FILE *to)
{
    json_t *list = json_array();
    auto_json json_t *o =
        json_pack("{s:i, s:s, s:o}", "version", 1, "result", worst(s), "pipelines", list);

    for (size_t i = 0; i < s->n; i++)
        (void)json_array_append_new(list, entry_json(&s->list[i]));
    json_print(o, to);
}

void drift_set_junit(const struct drift_set *s, FILE *to)
{
    struct junit_counts all = { 0 };

    for (size_t i = 0; i < s->n; i++) {
        all.tests += s->list[i].counts.tests;
        all.failures += s->list[i].counts.failures;
        all.errors += s->list[i].counts.errors;
    }
    drift_junit_begin(all, to);
    for (size_t i = 0; i < s->n; i++) {
        const struct drift_entry *e = &s->list[i];
        auto_free char *name = name_of(e);

        if (e->junit)
            (void)fputs(e->junit, to);
        else
            drift_junit_failure(name, e->file, e->why, to);
    }
    drift_junit_end(to);
}

void drift_set_sarif(const struct drift_set *s, FILE *to)
{
    json_t *all = json_array(), *notifications = json_array();
    auto_json json_t *document = NULL;

    for (size_t i = 0; i < s->n; i++) {
        const struct drift_entry *e = &s->list[i];

        (void)json_array_extend(all, e->results);
        (void)json_array_extend(notifications, e->notifications);
        if (!e->results)
            (void)json_array_append_new(notifications, drift_sarif_failure(e->file, e->why));
    }
    document = drift_sarif(all, notifications, "fifoq-drift/");
    json_print(document, to);
}

void drift_set_github(const struct drift_set *s, FILE *to)
{
    auto_free char *sum = totals(s);

    for (size_t i = 0; i < s->n; i++) {
        const struct drift_entry *e = &s->list[i];

        if (e->annotations)
            (void)fputs(e->annotations, to);
        else
            drift_github_failure(e->file, e->why, to);
    }
    (void)fprintf(to, "%s\n", sum);
}

void drift_set_markdown(const struct drift_set *s, FILE *to)
{
    auto_free char *sum = totals(s);

    (void)fprintf(to,
                  "## Drift\n\n**%s**\n\n| pipeline | account | region | result | |\n"
                  "|---|---|---|---|---|\n",
                  sum);
    for (size_t i = 0; i < s->n; i++) {
        const struct drift_entry *e = &s->list[i];
        auto_free char *name = name_of(e);

        (void)fputs("| ", to);
        drift_markdown_cell(name, to);
        (void)fprintf(to, " | %s | %s | %s | ", or_dash(e->account), or_dash(e->region),
                      strcmp(e->result, "none") == 0 ? "no drift" : e->result);
        drift_markdown_cell(e->why, to);
        (void)fputs(" |\n", to);
    }
    for (size_t i = 0; i < s->n; i++)
        if (s->list[i].markdown)
            (void)fprintf(to, "\n%s", s->list[i].markdown);
}

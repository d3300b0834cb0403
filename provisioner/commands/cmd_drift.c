/* cmd_drift.c: `fifoq drift`. */
#include "clock.h"
#include "commands/many.h"
#include "commands/outputs.h"
#include "commands/verb.h"
#include "env.h"
#include "mem.h"
#include "ui/drift_set.h"
#include "ui/terminal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define ALL_WHATS ((1u << (DRIFT_UNHEALTHY + 1)) - 1)

struct drifted {
    struct drift drift;
    struct ignores ignores;
};

static void drifted_done(struct drifted *d)
{
    drift_done(&d->drift);
    ignores_done(&d->ignores);
}

static int fail_on_word(const char *word, size_t n, unsigned *set, struct err *e)
{
    for (unsigned what = 0; drift_words[what]; what++) {
        if (strlen(drift_words[what]) == n && memcmp(drift_words[what], word, n) == 0) {
            *set |= 1u << what;
            return 0;
        }
    }
    return err_set(
        e, ERR_USAGE,
        "--fail-on: unknown value '%.*s'; expected changed,missing,extra,code,build,unhealthy",
        (int)n, word);
}

/* Parses "changed,missing" to a set of 1 << what; NULL: all. */
static int fail_on_parse(const char *text, unsigned *set, struct err *e)
{
    *set = text ? 0 : ALL_WHATS;
    for (const char *word = text; word; word = *word ? word + 1 : NULL) {
        size_t n = strcspn(word, ",");

        if (fail_on_word(word, n, set, e) < 0)
            return -1;
        word += n;
    }
    return 0;
}

/* The file given, otherwise the one beside the configuration; for the caller to free. */
static char *ignore_file(const struct session *s)
{
    const char *file = s->config.file, *slash = strrchr(file, '/');
    int folder = slash ? (int)(slash - file) + 1 : 0;

    if (s->options->ignore)
        return xstrdup(s->options->ignore);
    return xasprintf("%.*sfifoq.ignore.yaml", folder, file);
}

static int read_ignores(const struct session *s, struct ignores *out, struct err *e)
{
    auto_free char *file = ignore_file(s);
    struct problems p = { 0 };
    int rc = ignores_load(file, s->options->ignore != NULL, out, &p, e);

    for (size_t i = 0; i < p.n; i++)
        terminal_say(stderr, p.list[i].text);
    problems_done(&p);
    return rc;
}

static void print_report(const void *report, int format, FILE *to)
{
    static void (*const formats[])(const struct drift_report *, FILE *) = {
        [FORMAT_TEXT] = drift_print_text,     [FORMAT_JSON] = drift_print_json,
        [FORMAT_JUNIT] = drift_print_junit,   [FORMAT_SARIF] = drift_print_sarif,
        [FORMAT_GITHUB] = drift_print_github, [FORMAT_MARKDOWN] = drift_print_markdown,
    };

    formats[format](report, to);
}

static void print_set(const void *set, int format, FILE *to)
{
    static void (*const formats[])(const struct drift_set *, FILE *) = {
        [FORMAT_TEXT] = drift_set_text,     [FORMAT_JSON] = drift_set_json,
        [FORMAT_JUNIT] = drift_set_junit,   [FORMAT_SARIF] = drift_set_sarif,
        [FORMAT_GITHUB] = drift_set_github, [FORMAT_MARKDOWN] = drift_set_markdown,
    };

    formats[format](set, to);
}

/* Appends to the step summary of a GitHub workflow, for the format github. */
static int add_summary(output_fn *print, const void *report, struct err *e)
{
    const char *file = env_get("GITHUB_STEP_SUMMARY");
    FILE *f = file ? fopen(file, "ae") : NULL;

    if (!file)
        return 0;
    if (f)
        print(report, FORMAT_MARKDOWN, f);
    if (!f || fclose(f) != 0)
        return err_set(e, ERR_IO, "GITHUB_STEP_SUMMARY: cannot write '%s': %s", file,
                       strerror(errno));
    return 0;
}

static int print_all(const struct options *o, output_fn *print, const void *report, struct err *e)
{
    unsigned formats;

    if (outputs_formats(o, &formats, e) < 0 || outputs_print(o, print, report, e) < 0)
        return -1;
    return formats & 1u << FORMAT_GITHUB ? add_summary(print, report, e) : 0;
}

static int exit_code(const struct drift_report *r)
{
    if (r->counting)
        return EXIT_DIFFERS;
    return r->drift->n_unreadable ? EXIT_UNREADABLE : EXIT_DONE;
}

struct wanted {
    unsigned fail_on, formats;
    char *root;            /* of many; else NULL */
    struct drift_set *set; /* of many; else NULL */
};

/* One of many is rendered, a single one printed. */
static int report_drift(struct session *s, struct drifted *d, const struct wanted *w,
                        struct drift_entry *entry, struct err *e)
{
    struct drift_report report = {
        .drift = &d->drift,
        .config = &s->config,
        .aws = s->aws,
        .ignores = &d->ignores,
        .quiet = s->options->quiet || entry,
        .many = entry,
        .root = w->root,
    };
    char today[CLOCK_TEXT];

    clock_rfc3339(clock_wall_ms(), today);
    today[strlen("2026-01-31")] = '\0';
    drift_ignore(&d->drift, &d->ignores, today);
    report.counting = drift_count(&d->drift, w->fail_on);
    if (entry)
        drift_entry_fill(entry, &report, w->formats);
    else if (print_all(s->options, print_report, &report, e) < 0)
        return -1;
    return exit_code(&report);
}

static int compare(struct session *s, const struct wanted *w, struct drift_entry *entry,
                   struct err *e)
{
    auto_plan p = { 0 };
    __attribute__((cleanup(drifted_done))) struct drifted d = { 0 };

    if (session_open_read_only(s, s->options, e) < 0 || read_ignores(s, &d.ignores, e) < 0)
        return -1;
    s->ctx.memo = s->memo;
    s->ctx.consents |= CONSENT_ADOPT; /* a resource that lost its tag is compared like the others */
    /* unreadable rows and refusals are part of the report, not failures */
    if (plan_make(&p, s->pipeline.rows, s->pipeline.n, false, &s->ctx, e) < 0 &&
        e->code == ERR_INTERRUPTED)
        return -1;
    drift_make(&d.drift, &p, s->config.pipeline);
    return report_drift(s, &d, w, entry, e);
}

static int compare_one(void *arg, struct session *s, size_t i, struct err *e)
{
    const struct wanted *w = arg;
    struct drift_entry *entry = &w->set->list[i];
    int code = compare(s, w, entry, e);

    if (code < 0)
        drift_entry_fail(entry, e->msg);
    return code;
}

static void set_done(struct drift_set *set)
{
    for (size_t i = 0; i < set->n; i++)
        drift_entry_done(&set->list[i]);
    free(set->list);
}

static int compare_many(const struct options *o, const struct targets *t, struct wanted *w,
                        struct err *e)
{
    auto_free char *root = many_root();
    __attribute__((cleanup(set_done))) struct drift_set set = { .n = t->n };
    struct many m = { .options = o, .targets = t, .doing = "compared", .run = compare_one };
    int code;

    set.list = xcalloc(t->n + 1, sizeof(*set.list));
    for (size_t i = 0; i < t->n; i++) {
        set.list[i].file = xstrdup(t->list[i].file);
        set.list[i].environment = t->list[i].environment ? xstrdup(t->list[i].environment) : NULL;
    }
    w->root = root;
    w->set = &set;
    m.arg = w;
    code = many_run(&m);
    if (code == EXIT_INTERRUPTED)
        return err_set(e, ERR_INTERRUPTED, "interrupted: no report was made");
    return print_all(o, print_set, &set, e) < 0 ? -1 : code;
}

static int drift_run(const struct options *o, struct err *e)
{
    auto_targets t = { 0 };
    auto_session s = { .options = o };
    struct wanted w = { 0 };

    if (fail_on_parse(o->fail_on, &w.fail_on, e) < 0 || outputs_formats(o, &w.formats, e) < 0 ||
        targets_find(&t, o, e) < 0)
        return -1;
    if (t.many)
        return compare_many(o, &t, &w, e);
    s.file = t.list[0].file;
    s.environment = t.list[0].environment;
    return compare(&s, &w, NULL, e);
}

static const struct option_row drift_options[] = {
    { "format", 0, OPTION_CHOICE, offsetof(struct options, format),
      "text|json|junit|sarif|github|markdown", format_names, "output format (text)" },
    OPTION_OUTPUT,
    OPTION_ALL_ENVS,
    { "ignore", 0, OPTION_TEXT, offsetof(struct options, ignore), "FILE", NULL,
      "known differences, each with a reason and an end date (fifoq.ignore.yaml)" },
    { "fail-on", 0, OPTION_TEXT, offsetof(struct options, fail_on), "LIST", NULL,
      "the kinds of changed,missing,extra,code,build,unhealthy that cause exit code 2 (all)" },
    OPTIONS_END,
};

const struct verb verb_drift = {
    .name = "drift",
    .summary = "report what differs from the configuration; read-only",
    .arguments = TARGETS_ARGUMENTS,
    .details =
        "Compares everything that fifoq created with the configuration, and looks for additions by "
        "others: targets, policies, statements, mappings, settings. Only reads: the client refuses "
        "every other action, and no secret is decrypted. The exit code is 2 when something "
        "differs, 3 when something could not be read. See docs/guides/drift.md. " TARGETS_DETAILS,
    .options = drift_options,
    .max_args = TARGETS_MAX,
    .run = drift_run,
};

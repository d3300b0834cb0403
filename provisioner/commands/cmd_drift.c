/* cmd_drift.c: `fifoq drift`. */
#include "clock.h"
#include "commands/session.h"
#include "commands/verb.h"
#include "env.h"
#include "mem.h"
#include "ui/drift_print.h"
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

static void print(const struct drift_report *r, int format)
{
    static void (*const formats[])(const struct drift_report *, FILE *) = {
        [FORMAT_TEXT] = drift_print_text,     [FORMAT_JSON] = drift_print_json,
        [FORMAT_JUNIT] = drift_print_junit,   [FORMAT_SARIF] = drift_print_sarif,
        [FORMAT_GITHUB] = drift_print_github, [FORMAT_MARKDOWN] = drift_print_markdown,
    };

    formats[format](r, stdout);
}

/* Appends to the step summary of a GitHub workflow, for --format github. */
static int add_summary(const struct drift_report *r, struct err *e)
{
    const char *file = env_get("GITHUB_STEP_SUMMARY");
    FILE *f = file ? fopen(file, "ae") : NULL;

    if (!file)
        return 0;
    if (f)
        drift_print_markdown(r, f);
    if (!f || fclose(f) != 0)
        return err_set(e, ERR_IO, "GITHUB_STEP_SUMMARY: cannot write '%s': %s", file,
                       strerror(errno));
    return 0;
}

static int report_drift(struct session *s, struct drifted *d, unsigned fail_on, struct err *e)
{
    struct drift_report report = {
        .drift = &d->drift,
        .config = &s->config,
        .aws = &s->aws,
        .ignores = &d->ignores,
        .quiet = s->options->quiet,
    };
    char today[CLOCK_TEXT];

    clock_rfc3339(clock_wall_ms(), today);
    today[strlen("2026-01-31")] = '\0';
    drift_ignore(&d->drift, &d->ignores, today);
    report.counting = drift_count(&d->drift, fail_on);
    print(&report, s->options->format);
    if (s->options->format == FORMAT_GITHUB && add_summary(&report, e) < 0)
        return -1;
    if (report.counting)
        return EXIT_DIFFERS;
    return d->drift.n_unreadable ? EXIT_UNREADABLE : EXIT_DONE;
}

static int drift_run(const struct options *o, struct err *e)
{
    auto_session s = { 0 };
    auto_plan p = { 0 };
    __attribute__((cleanup(drifted_done))) struct drifted d = { 0 };
    unsigned fail_on;

    if (fail_on_parse(o->fail_on, &fail_on, e) < 0 || session_open_read_only(&s, o, e) < 0 ||
        read_ignores(&s, &d.ignores, e) < 0)
        return -1;
    s.ctx.memo = s.memo;
    s.ctx.consents |= CONSENT_ADOPT; /* a resource that lost its tag is compared like the others */
    /* unreadable rows and refusals are part of the report, not failures */
    if (plan_make(&p, s.pipeline.rows, s.pipeline.n, false, &s.ctx, e) < 0 &&
        e->code == ERR_INTERRUPTED)
        return -1;
    drift_make(&d.drift, &p, s.config.pipeline);
    return report_drift(&s, &d, fail_on, e);
}

static const char *const formats[] = {
    "text", "json", "junit", "sarif", "github", "markdown", NULL
};

static const struct option_row drift_options[] = {
    { "format", 0, OPTION_CHOICE, offsetof(struct options, format),
      "text|json|junit|sarif|github|markdown", formats, "output format (text)" },
    { "ignore", 0, OPTION_TEXT, offsetof(struct options, ignore), "FILE", NULL,
      "known differences, each with a reason and an end date (fifoq.ignore.yaml)" },
    { "fail-on", 0, OPTION_TEXT, offsetof(struct options, fail_on), "LIST", NULL,
      "the kinds of changed,missing,extra,code,build,unhealthy that cause exit code 2 (all)" },
    OPTIONS_END,
};

const struct verb verb_drift = {
    .name = "drift",
    .summary = "report what differs from the configuration; read-only",
    .details =
        "Compares everything that fifoq created with the configuration, and looks for additions by "
        "others: targets, policies, statements, mappings, settings. Only reads: the client refuses "
        "every other action, and no secret is decrypted. The exit code is 2 when something "
        "differs, 3 when something could not be read. See docs/guides/drift.md.",
    .options = drift_options,
    .run = drift_run,
};

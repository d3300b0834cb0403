/* drift_junit.c: `fifoq drift --format junit`: each row is a test case. JUnit's XML has no
 * standard; this is the subset that common CI systems read. */
#include "mem.h"
#include "ui/drift_print.h"

#include <string.h>

/* Escapes text for content and attributes; characters that XML 1.0 forbids become '?'. */
static void put(const char *text, FILE *to)
{
    static const char special[] = "&<>\"\n\t\r";
    static const char *const written[] = { "&amp;", "&lt;", "&gt;", "&quot;",
                                           "&#10;", "&#9;", "&#13;" };

    for (; *text; text++) {
        const char *at = strchr(special, *text);

        if (at)
            (void)fputs(written[at - special], to);
        else
            (void)fputc((unsigned char)*text < ' ' ? '?' : *text, to);
    }
}

static void attribute(const char *name, const char *value, FILE *to)
{
    (void)fprintf(to, " %s=\"", name);
    put(value, to);
    (void)fputc('"', to);
}

static size_t count_of(const struct drift *d, const struct row *row, bool counts)
{
    size_t n = 0;

    for (size_t i = 0; i < d->n; i++)
        n += d->findings[i].row == row && d->findings[i].counts == counts;
    return n;
}

static const struct finding *first_of(const struct drift *d, const struct row *row)
{
    for (size_t i = 0; i < d->n; i++)
        if (d->findings[i].row == row && d->findings[i].counts)
            return &d->findings[i];
    return NULL;
}

/* Prints the row's findings that count, or those that do not, one per line. */
static void put_findings(const struct drift_report *r, const struct row *row, bool counts, FILE *to)
{
    const struct drift *d = r->drift;

    for (size_t i = 0; i < d->n; i++) {
        const struct finding *f = &d->findings[i];
        auto_free char *sentence = drift_sentence(f), *id = drift_id(r, f);

        if (f->row != row || f->counts != counts)
            continue;
        (void)fprintf(to, "%s: ", drift_words[f->what]);
        put(sentence, to);
        if (f->ignored) {
            (void)fprintf(to, " (ignored until %s: ", f->ignored->until);
            put(f->ignored->reason, to);
            (void)fputc(')', to);
        }
        (void)fprintf(to, " [%s]\n", id);
    }
}

static void put_failure(const struct drift_report *r, const struct row *row, FILE *to)
{
    const struct finding *first = first_of(r->drift, row);
    size_t n = count_of(r->drift, row, true);
    auto_free char *sentence = NULL;
    auto_free char *all = NULL;

    if (!first)
        return;
    sentence = drift_sentence(first);
    all = n > 1 ? xasprintf("%s (and %zu more)", sentence, n - 1) : steal(sentence);

    (void)fputs("      <failure", to);
    attribute("type", drift_words[first->what], to);
    attribute("message", all, to);
    (void)fputc('>', to);
    put_findings(r, row, true, to);
    (void)fputs("</failure>\n", to);
}

static void begin_case(const struct drift_report *r, const struct row *row, FILE *to)
{
    auto_free char *file = drift_file(r);

    (void)fputs("    <testcase", to);
    attribute("classname", row->kind->name, to);
    attribute("name", row->id, to);
    attribute("file", file, to);
    (void)fprintf(to, " line=\"%d\" time=\"0\"", drift_line(r, row, NULL));
}

static void checked_case(const struct drift_report *r, const struct row *row, FILE *to)
{
    bool fails = first_of(r->drift, row), says = count_of(r->drift, row, false);

    begin_case(r, row, to);
    (void)fputs(fails || says ? ">\n" : "/>\n", to);
    put_failure(r, row, to);
    if (says) {
        (void)fputs("      <system-out>", to);
        put_findings(r, row, false, to);
        (void)fputs("</system-out>\n", to);
    }
    if (fails || says)
        (void)fputs("    </testcase>\n", to);
}

static void unreadable_case(const struct drift_report *r, const struct unreadable *u, FILE *to)
{
    begin_case(r, u->row, to);
    (void)fputs(">\n      <error type=\"unreadable\"", to);
    attribute("message", u->why, to);
    (void)fputs("/>\n    </testcase>\n", to);
}

struct junit_counts drift_junit_counts(const struct drift_report *r)
{
    const struct drift *d = r->drift;
    struct junit_counts c = { d->n_checked + d->n_unreadable, 0, d->n_unreadable };

    for (size_t i = 0; i < d->n_checked; i++)
        c.failures += first_of(d, d->checked[i]) != NULL;
    return c;
}

static void put_counts(struct junit_counts c, FILE *to)
{
    (void)fprintf(to, " tests=\"%zu\" failures=\"%zu\" errors=\"%zu\" skipped=\"0\" time=\"0\">\n",
                  c.tests, c.failures, c.errors);
}

void drift_junit_begin(struct junit_counts all, FILE *to)
{
    (void)fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"fifoq drift\"", to);
    put_counts(all, to);
}

void drift_junit_suite(const struct drift_report *r, FILE *to)
{
    const struct drift *d = r->drift;
    auto_free char *name =
        r->many ? xasprintf("%s %s %s", r->config->pipeline, r->aws->account, r->aws->region)
                : xstrdup(r->config->pipeline);

    (void)fputs("  <testsuite", to);
    attribute("name", name, to);
    put_counts(drift_junit_counts(r), to);
    for (size_t i = 0; i < d->n_checked; i++)
        checked_case(r, d->checked[i], to);
    for (size_t i = 0; i < d->n_unreadable; i++)
        unreadable_case(r, &d->unreadable[i], to);
    (void)fputs("  </testsuite>\n", to);
}

void drift_junit_failure(const char *name, const char *file, const char *why, FILE *to)
{
    (void)fputs("  <testsuite", to);
    attribute("name", name, to);
    put_counts((struct junit_counts){ 1, 0, 1 }, to);
    (void)fputs("    <testcase", to);
    attribute("classname", "pipeline", to);
    attribute("name", name, to);
    attribute("file", file, to);
    (void)fputs(" line=\"1\" time=\"0\">\n      <error type=\"failed\"", to);
    attribute("message", why, to);
    (void)fputs("/>\n    </testcase>\n  </testsuite>\n", to);
}

void drift_junit_end(FILE *to)
{
    (void)fputs("</testsuites>\n", to);
}

void drift_print_junit(const struct drift_report *r, FILE *to)
{
    drift_junit_begin(drift_junit_counts(r), to);
    drift_junit_suite(r, to);
    drift_junit_end(to);
}

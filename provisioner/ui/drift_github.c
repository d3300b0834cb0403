/* drift_github.c: `fifoq drift --format github`: an annotation for each finding. The command
 * appends the Markdown to the step summary, $GITHUB_STEP_SUMMARY. */
#include "mem.h"
#include "ui/drift_print.h"

/* https://github.com/actions/toolkit/blob/main/packages/core/src/command.ts: a message needs its
 * percent signs and line breaks escaped, a property its colons and commas too. */
static void put(const char *text, bool property, FILE *to)
{
    for (; *text; text++) {
        bool escape = *text == '%' || *text == '\r' || *text == '\n' ||
                      (property && (*text == ':' || *text == ','));

        if (escape)
            (void)fprintf(to, "%%%02X", (unsigned)(unsigned char)*text);
        else
            (void)fputc(*text, to);
    }
}

static void annotate(const struct drift_report *r, const char *level, int line, const char *title,
                     const char *text, FILE *to)
{
    auto_free char *file = drift_file(r);

    (void)fprintf(to, "::%s file=", level);
    put(file, true, to);
    (void)fprintf(to, ",line=%d,title=", line);
    put(title, true, to);
    (void)fputs("::", to);
    put(text, false, to);
    (void)fputc('\n', to);
}

static void annotate_finding(const struct drift_report *r, const struct finding *f, FILE *to)
{
    auto_free char *title = r->many ? xasprintf("drift: %s %s %s", r->config->pipeline, f->row->id,
                                                drift_words[f->what])
                                    : xasprintf("drift: %s %s", f->row->id, drift_words[f->what]);
    auto_free char *sentence = drift_sentence(f);
    auto_free char *text = f->ignored ? xasprintf("%s (ignored until %s: %s)", sentence,
                                                  f->ignored->until, f->ignored->reason)
                                      : xstrdup(sentence);

    annotate(r, f->counts ? "error" : "notice", drift_line(r, f->row, f->property), title, text,
             to);
}

static void annotate_ignore(const struct drift_report *r, const struct ignore *entry, FILE *to)
{
    const char *state = drift_ignore_state(r, entry);
    auto_free char *subject = drift_ignore_subject(entry);

    if (!state)
        return;
    (void)fputs("::notice file=", to);
    put(r->ignores->file, true, to);
    (void)fprintf(to, ",line=%d,title=drift%%3A ignored::", entry->line);
    put(state, false, to);
    (void)fputs(": ", to);
    put(subject, false, to);
    (void)fputc('\n', to);
}

void drift_github_failure(const char *file, const char *why, FILE *to)
{
    (void)fputs("::error file=", to);
    put(file, true, to);
    (void)fputs(",line=1,title=drift%3A failed::", to);
    put(why, false, to);
    (void)fputc('\n', to);
}

void drift_github_annotations(const struct drift_report *r, FILE *to)
{
    const struct drift *d = r->drift;

    for (size_t i = 0; i < d->n; i++)
        annotate_finding(r, &d->findings[i], to);
    for (size_t i = 0; i < d->n_unreadable; i++) {
        auto_free char *title = xasprintf("drift: %s is not readable", d->unreadable[i].row->id);

        annotate(r, "warning", drift_line(r, d->unreadable[i].row, NULL), title,
                 d->unreadable[i].why, to);
    }
    for (size_t i = 0; i < r->ignores->n; i++)
        annotate_ignore(r, &r->ignores->list[i], to);
}

void drift_print_github(const struct drift_report *r, FILE *to)
{
    auto_free char *totals = drift_totals(r);

    drift_github_annotations(r, to);
    (void)fprintf(to, "%s\n", totals);
}

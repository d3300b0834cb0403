/* drift_markdown.c: `fifoq drift --format markdown`: for pull requests and step summaries. */
#include "mem.h"
#include "ui/drift_print.h"

#include <string.h>

/* Escapes text for a table's cell. */
void drift_markdown_cell(const char *text, FILE *to)
{
    for (; *text; text++) {
        if (*text == '<')
            (void)fputs("&lt;", to);
        else if (*text == '\n' || *text == '\r')
            (void)fputc(' ', to);
        else
            (void)fprintf(to, "%s%c", strchr("\\`*_[]|~#", *text) ? "\\" : "", *text);
    }
}

static void put_row(const struct drift_report *r, const struct row *row, const char *property,
                    FILE *to)
{
    auto_free char *file = drift_file(r);

    drift_markdown_cell(row->id, to);
    (void)fputs(" | ", to);
    drift_markdown_cell(row->name, to);
    (void)fputs(" | ", to);
    drift_markdown_cell(file, to);
    (void)fprintf(to, ":%d | ", drift_line(r, row, property));
}

static void finding(const struct drift_report *r, const struct finding *f, FILE *to)
{
    auto_free char *sentence = drift_sentence(f), *id = drift_id(r, f);

    (void)fprintf(to, "| %s | ", f->ignored ? "ignored" : drift_words[f->what]);
    put_row(r, f->row, f->property, to);
    drift_markdown_cell(sentence, to);
    if (f->ignored) {
        (void)fprintf(to, " (until %s: ", f->ignored->until);
        drift_markdown_cell(f->ignored->reason, to);
        (void)fputc(')', to);
    }
    (void)fprintf(to, " | `%s` |\n", id);
}

static void ignores(const struct drift_report *r, FILE *to)
{
    const char *before = "\n";

    for (size_t i = 0; i < r->ignores->n; i++) {
        const struct ignore *entry = &r->ignores->list[i];
        const char *state = drift_ignore_state(r, entry);
        auto_free char *subject = drift_ignore_subject(entry);

        if (!state)
            continue;
        (void)fprintf(to, "%s- ", before);
        before = "";
        drift_markdown_cell(r->ignores->file, to);
        (void)fprintf(to, ":%d is %s: ", entry->line, state);
        drift_markdown_cell(subject, to);
        (void)fputc('\n', to);
    }
}

void drift_print_markdown(const struct drift_report *r, FILE *to)
{
    const struct drift *d = r->drift;
    auto_free char *totals = drift_totals(r);

    (void)fprintf(to, "## Drift of %s\n\n**%s**, account %s, %s\n", r->config->pipeline, totals,
                  r->aws->account, r->aws->region);
    if (d->n + d->n_unreadable)
        (void)fputs("\n| | row | name | place | what | id |\n|---|---|---|---|---|---|\n", to);
    for (size_t i = 0; i < d->n; i++)
        finding(r, &d->findings[i], to);
    for (size_t i = 0; i < d->n_unreadable; i++) {
        (void)fputs("| unreadable | ", to);
        put_row(r, d->unreadable[i].row, NULL, to);
        drift_markdown_cell(d->unreadable[i].why, to);
        (void)fputs(" | |\n", to);
    }
    ignores(r, to);
    if (r->counting)
        (void)fputs("\nNext: `fifoq plan` shows what `fifoq up` would change.\n", to);
}

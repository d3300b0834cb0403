/* drift_text.c: `fifoq drift` as text: the differences, grouped by row, then the totals. */
#include "ui/drift_print.h"

#include "mem.h"
#include "plain.h"
#include "ui/terminal.h"
#include "ui/wrap.h"

#include <string.h>

enum { TEXT_BEGIN = 14 }; /* the column of sentences: 2 spaces, the longest word, 2 spaces */

static void print_line(const char *word, enum color color, const char *text, FILE *to)
{
    (void)fprintf(to, "  %s%s%s%*s", color_on(to, color), word, color_off(to),
                  (int)(TEXT_BEGIN - 2 - strlen(word)), "");
    print_folded(text, TEXT_BEGIN, to);
}

static void print_finding(const struct finding *f, FILE *to)
{
    static const enum color colors[] = {
        [DRIFT_CHANGED] = COLOR_YELLOW, [DRIFT_MISSING] = COLOR_YELLOW,
        [DRIFT_EXTRA] = COLOR_RED,      [DRIFT_CODE] = COLOR_RED,
        [DRIFT_BUILD] = COLOR_YELLOW,   [DRIFT_UNHEALTHY] = COLOR_RED,
    };
    auto_free char *sentence = drift_sentence(f);
    auto_free char *text = f->ignored
                               ? xasprintf("%s (ignored until %s: %s)", sentence, f->ignored->until,
                                           f->ignored->reason)
                               : xasprintf("%s%s", sentence, f->counts ? "" : " (does not count)");

    print_line(drift_words[f->what], f->counts ? colors[f->what] : COLOR_DIM, text, to);
}

static void print_row(const struct drift_report *r, const struct row *row, FILE *to)
{
    auto_free char *file = drift_file(r);

    (void)fprintf(to, "%s%s%s  %s  %s%s:%d%s\n", color_on(to, COLOR_BOLD), row->id, color_off(to),
                  row->name, color_on(to, COLOR_DIM), file, drift_line(r, row, NULL),
                  color_off(to));
}

static void print_findings(const struct drift_report *r, FILE *to)
{
    const struct row *row = NULL;

    for (size_t i = 0; i < r->drift->n; i++) {
        const struct finding *f = &r->drift->findings[i];

        if (row && row != f->row)
            (void)fputc('\n', to);
        if (row != f->row)
            print_row(r, f->row, to);
        row = f->row;
        print_finding(f, to);
    }
    if (row)
        (void)fputc('\n', to);
}

static void print_unreadable(const struct drift_report *r, FILE *to)
{
    for (size_t i = 0; i < r->drift->n_unreadable; i++) {
        print_row(r, r->drift->unreadable[i].row, to);
        print_line("unreadable", COLOR_RED, r->drift->unreadable[i].why, to);
        (void)fputc('\n', to);
    }
}

static void print_ignores(const struct drift_report *r, FILE *to)
{
    bool any = false;

    for (size_t i = 0; i < r->ignores->n; i++) {
        const struct ignore *entry = &r->ignores->list[i];
        const char *state = drift_ignore_state(r, entry);
        auto_free char *subject = drift_ignore_subject(entry);

        if (!state)
            continue;
        any = true;
        (void)fprintf(to, "%s:%d: %s: %s\n", r->ignores->file, entry->line, state, subject);
    }
    if (any)
        (void)fputc('\n', to);
}

void drift_print_text(const struct drift_report *r, FILE *to)
{
    auto_free char *totals = drift_totals(r);

    print_findings(r, to);
    print_unreadable(r, to);
    print_ignores(r, to);
    (void)fprintf(to, "%s\n", totals);
    if (r->quiet)
        return;
    if (r->counting)
        (void)fputs("next: 'fifoq plan' shows what 'fifoq up' would change\n", to);
    if (r->drift->n_unreadable)
        (void)fputs("next: fix what could not be read; until then drift may be hidden\n", to);
}

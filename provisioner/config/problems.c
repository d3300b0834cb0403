/* problems.c: the list of problems. */
#include "config/problems.h"

#include "mem.h"
#include "utf8.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PROBLEM_TEXT_MAX = 4096 };

static bool report_has(const struct report *r, const char *text)
{
    for (size_t i = 0; i < r->found.n; i++)
        if (strcmp(r->found.list[i].text, text) == 0)
            return true;
    return false;
}

/* Replaces what a screen would hide or obey by its number. Takes over line. */
static char *made_visible(char *line)
{
    auto_buf out = BUF(8 * PROBLEM_TEXT_MAX);

    for (const char *s = line, *next; *s; s = next) {
        uint32_t c;
        next = utf8_next(s, &c);
        if (utf8_invisible(c))
            buf_printf(&out, "<U+%04X>", (unsigned)c);
        else
            buf_add(&out, s, (size_t)(next - s));
    }
    free(line);
    return buf_steal(&out);
}

static void report_put(struct report *r, struct place at, bool warning, const char *path,
                       const char *text)
{
    auto_free char *line = xasprintf("%s:%d:%d: %s%s%s%s", r->file, at.line, at.column,
                                     warning ? "warning: " : "", path, *path ? ": " : "", text);

    line = made_visible(line);
    if (report_has(r, line))
        return;
    r->found.list = xrealloc(r->found.list, (r->found.n + 1) * sizeof(*r->found.list));
    r->found.list[r->found.n++] = (struct problem){ at.line, at.column, warning, steal(line) };
}

/* Removes the last .name or [index]; false when nothing is left. */
static bool path_parent(char *path)
{
    char *dot = strrchr(path, '.'), *bracket = strrchr(path, '[');
    char *cut = dot > bracket ? dot : bracket;

    if (!cut)
        return false;
    *cut = '\0';
    return true;
}

struct place place_find(const json_t *positions, const char *path, bool key)
{
    auto_free char *at = xstrdup(path);

    do {
        const json_t *p = json_object_get(positions, at);
        size_t i = key ? 0 : 2;
        if (p)
            return (struct place){ (int)json_integer_value(json_array_get(p, i)),
                                   (int)json_integer_value(json_array_get(p, i + 1)) };
    } while (path_parent(at));
    return (struct place){ 0, 0 };
}

void report_field(struct report *r, const json_t *positions, bool warning, const char *path,
                  const char *fmt, va_list ap)
{
    struct place at = place_find(positions, path, false);
    char text[PROBLEM_TEXT_MAX];

    (void)vsnprintf(text, sizeof(text), fmt, ap); /* a message that is too long is cut */
    report_put(r, at.line ? at : (struct place){ 1, 1 }, warning, path, text);
}

void report_add(struct report *r, struct place at, const char *path, const char *fmt, ...)
{
    char text[PROBLEM_TEXT_MAX];
    va_list ap;

    va_start(ap, fmt);
    (void)vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    report_put(r, at, false, path, text);
}

static bool problem_after(const struct problem *a, const struct problem *b)
{
    return a->line != b->line ? a->line > b->line : a->column > b->column;
}

void report_sort(struct report *r)
{
    struct problem *list = r->found.list;

    for (size_t i = 1; i < r->found.n; i++) {
        struct problem p = list[i];
        size_t at = i;
        for (; at && problem_after(&list[at - 1], &p); at--)
            list[at] = list[at - 1];
        list[at] = p;
    }
}

size_t problems_errors(const struct problems *p)
{
    size_t n = 0;

    for (size_t i = 0; i < p->n; i++)
        n += !p->list[i].warning;
    return n;
}

void problems_done(struct problems *p)
{
    for (size_t i = 0; i < p->n; i++)
        free(p->list[i].text);
    free(p->list);
    *p = (struct problems){ 0 };
}

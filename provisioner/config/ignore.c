/* ignore.c: reads and checks fifoq.ignore.yaml, a list of small maps. */
#include "config/ignore.h"

#include "config/ynode.h"
#include "mem.h"
#include "suggest.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILE_MAX ((size_t)2 << 20) /* larger than yaml_read's limit, whose message is better */

static const struct member {
    const char *name;
    size_t offset;
} members[] = {
    { "id", offsetof(struct ignore, id) },
    { "row", offsetof(struct ignore, row) },
    { "property", offsetof(struct ignore, property) },
    { "reason", offsetof(struct ignore, reason) },
    { "until", offsetof(struct ignore, until) },
};

static char **place_of(struct ignore *entry, const char *name)
{
    for (size_t i = 0; i < COUNTOF(members); i++)
        if (strcmp(members[i].name, name) == 0)
            return (char **)((char *)entry + members[i].offset);
    return NULL;
}

static void unknown(struct report *r, const struct ymember *m, const char *path)
{
    const char *names[COUNTOF(members)];
    auto_free char *hint = NULL;

    for (size_t i = 0; i < COUNTOF(members); i++)
        names[i] = members[i].name;
    hint = suggest_hint(suggest_word(m->key, names, COUNTOF(members)), "allowed",
                        "id, row, property, reason, until");
    report_add(r, m->at, path, "unknown key '%.60s'%s", m->key, hint);
}

static void take_member(struct report *r, struct ignore *entry, const struct ymember *m,
                        const char *path)
{
    char **to = place_of(entry, m->key);
    bool text = m->value->kind == YNODE_SCALAR && ynode_scalar(m->value) != YSCALAR_NULL &&
                m->value->text[strspn(m->value->text, " ")];

    if (!to)
        unknown(r, m, path);
    else if (!text)
        report_add(r, m->value->at, path, "%s: expected a text", m->key);
    else
        *to = xstrdup(m->value->text);
}

static bool is_date(const char *text)
{
    static const unsigned char days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    unsigned year, month, day;
    bool leap;

    if (strlen(text) != 10 || strspn(text, "0123456789-") != 10 || text[4] != '-' || text[7] != '-')
        return false;
    /* the form is checked above */
    year = (unsigned)strtoul(text, NULL, 10);
    month = (unsigned)strtoul(text + 5, NULL, 10);
    day = (unsigned)strtoul(text + 8, NULL, 10);
    leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return year > 0 && month >= 1 && month <= 12 && day >= 1 &&
           day <= days[month - 1] + (unsigned)(leap && month == 2);
}

static bool is_id(const char *text)
{
    return strlen(text) == 16 && strspn(text, "0123456789abcdef") == 16;
}

static void check_subject(struct report *r, const struct ignore *entry, struct place at,
                          const char *path)
{
    if (entry->id && (entry->row || entry->property))
        report_add(r, at, path, "use either id, or row and property, not both");
    else if (!entry->id && !entry->row)
        report_add(r, at, path, "missing id, or row and property; use what 'fifoq drift' shows");
    else if (!entry->id && !entry->property)
        report_add(r, at, path,
                   "missing property of row '%.60s'; for a row that is missing or extra as a "
                   "whole, use its id",
                   entry->row);
    if (entry->id && !is_id(entry->id))
        report_add(r, at, path,
                   "invalid id '%.60s'; expected 16 hexadecimal digits, as 'fifoq drift' shows "
                   "them",
                   entry->id);
}

static void check_entry(struct report *r, const struct ignore *entry, struct place at,
                        const char *path)
{
    check_subject(r, entry, at, path);
    if (!entry->reason)
        report_add(r, at, path, "missing reason: say why this may differ");
    if (!entry->until)
        report_add(r, at, path, "missing until: the last day, as in 'until: 2026-12-31'");
    else if (!is_date(entry->until))
        report_add(r, at, path, "until: invalid date '%.60s'; expected YYYY-MM-DD", entry->until);
}

static void take_entry(struct report *r, struct ignores *out, const struct ynode *node, size_t i)
{
    auto_free char *path = xasprintf("[%zu]", i);
    struct ignore *entry = &out->list[out->n++];

    *entry = (struct ignore){ .line = node->at.line };
    if (node->kind != YNODE_MAP) {
        report_add(r, node->at, path, "expected a map: {row, property, reason, until}");
        return;
    }
    for (size_t m = 0; m < node->n; m++)
        take_member(r, entry, &node->members[m], path);
    check_entry(r, entry, node->at, path);
}

static void take_list(struct report *r, struct ignores *out, const struct ynode *root)
{
    if (root->kind == YNODE_SCALAR && ynode_scalar(root) == YSCALAR_NULL)
        return;
    if (root->kind != YNODE_LIST) {
        report_add(r, root->at, "", "expected a list: '- {row, property, reason, until}'");
        return;
    }
    out->list = xcalloc(root->n + 1, sizeof(*out->list));
    for (size_t i = 0; i < root->n; i++)
        take_entry(r, out, root->members[i].value, i);
}

/* True for only comments and blank lines. */
static bool is_blank(const char *text, size_t n)
{
    bool comment = false;

    for (size_t i = 0; i < n; i++) {
        comment = text[i] != '\n' && (comment || text[i] == '#');
        if (!comment && !strchr(" \t\r\n", text[i]))
            return false;
    }
    return true;
}

int ignores_parse(const char *text, size_t n, const char *file, struct ignores *out,
                  struct problems *p, struct err *e)
{
    struct report r = { .file = file };
    struct ynode *root;

    *out = (struct ignores){ .file = xstrdup(file) };
    *p = (struct problems){ 0 };
    if (is_blank(text, n))
        return 0;
    root = yaml_read(text, n, &r);
    if (root)
        take_list(&r, out, root);
    ynode_free(root);
    report_sort(&r);
    *p = r.found;
    if (p->n)
        return err_set(e, ERR_CONFIG, "%zu problem%s in '%s'", p->n, p->n == 1 ? "" : "s", file);
    return 0;
}

static void close_file(FILE **f)
{
    if (*f)
        (void)fclose(*f); /* it was only read */
}

int ignores_load(const char *file, bool needed, struct ignores *out, struct problems *p,
                 struct err *e)
{
    __attribute__((cleanup(close_file))) FILE *f = fopen(file, "re");
    auto_buf text = BUF(FILE_MAX);
    char chunk[8192];
    size_t n;

    *out = (struct ignores){ 0 };
    *p = (struct problems){ 0 };
    if (!f && errno == ENOENT && !needed)
        return 0;
    if (!f)
        return err_set(e, ERR_CONFIG, "cannot open '%s': %s", file, strerror(errno));
    while (!buf_failed(&text) && (n = fread(chunk, 1, sizeof(chunk), f)) > 0)
        buf_add(&text, chunk, n);
    if (ferror(f))
        return err_set(e, ERR_CONFIG, "cannot read '%s': %s", file, strerror(errno));
    if (buf_failed(&text))
        return err_set(e, ERR_CONFIG, "'%s' is too large: at most 1 MiB", file);
    return ignores_parse(buf_str(&text), text.len, file, out, p, e);
}

void ignores_done(struct ignores *list)
{
    for (size_t i = 0; i < list->n; i++)
        for (size_t m = 0; m < COUNTOF(members); m++)
            free(*place_of(&list->list[i], members[m].name));
    free(list->list);
    free(list->file);
    *list = (struct ignores){ 0 };
}

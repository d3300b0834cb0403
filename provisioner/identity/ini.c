/* ini.c: parses sections, keys and values in the same steps as RawConfigParser._read. */
#include "identity/ini.h"

#include "buf.h"
#include "identity/words.h"
#include "mem.h"
#include "text.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define DEFAULT_SECTION "DEFAULT"
#define VALUE_MAX       ((size_t)1 << 20)

struct span {
    const char *s;
    size_t n;
};

struct reading {
    struct ini_section *sections, *last, *current;
    struct ini_section *defaults; /* owned, not in the list */
    struct ini_value *value;      /* the last key; lines indented deeper continue it */
    struct buf lines;             /* its text so far */
    size_t indent;                /* of the last key or section, in characters */
    size_t line;                  /* number, from 1 */
};

static struct span trimmed(struct span a)
{
    size_t n;

    while (a.n && (n = space_length(a.s, a.n)) > 0)
        a = (struct span){ a.s + n, a.n - n };
    while (a.n && (n = space_length_before(a.s, a.n)) > 0)
        a.n -= n;
    return a;
}

/* The number of leading white space characters. */
static size_t indent_of(struct span line)
{
    size_t count = 0, n;

    while (line.n && (n = space_length(line.s, line.n)) > 0) {
        line = (struct span){ line.s + n, line.n - n };
        count++;
    }
    return count;
}

const struct ini_value *ini_find(const struct ini_value *list, const char *key)
{
    while (list && strcmp(list->key, key) != 0)
        list = list->next;
    return list;
}

static void values_free(struct ini_value *v)
{
    while (v) {
        struct ini_value *next = v->next;

        values_free(v->nested);
        free(v->key);
        free_cleansed(v->text);
        free(v);
        v = next;
    }
}

void ini_free(struct ini_section *s)
{
    while (s) {
        struct ini_section *next = s->next;

        values_free(s->values);
        free(s->name);
        free(s);
        s = next;
    }
}

static struct ini_value *value_append(struct ini_value **list, char *key, char *text)
{
    struct ini_value *v = xcalloc(1, sizeof(*v));

    v->key = key;
    v->text = text;
    while (*list)
        list = &(*list)->next;
    *list = v;
    return v;
}

/* Parses one line of a nested value. The last value of a repeated key wins. */
static int parse_nested_line(struct reading *r, struct ini_value *v, struct span line,
                             struct err *e)
{
    const char *equals = memchr(line.s, '=', line.n);
    size_t at = equals ? (size_t)(equals - line.s) : 0;
    struct span key = trimmed((struct span){ line.s, at }), text;
    auto_free char *name = xstrndup(key.s, key.n);
    struct ini_value *old;

    if (!equals)
        return err_set(e, ERR_CREDENTIALS, "line %zu: expected KEY = VALUE below '%s'", r->line,
                       v->key);
    text = trimmed((struct span){ equals + 1, line.n - at - 1 });
    old = (struct ini_value *)ini_find(v->nested, name);
    if (!old) {
        (void)value_append(&v->nested, steal(name), xstrndup(text.s, text.n));
        return 0;
    }
    free_cleansed(old->text);
    old->text = xstrndup(text.s, text.n);
    return 0;
}

static int parse_nested(struct reading *r, struct ini_value *v, struct span all, struct err *e)
{
    while (all.n) {
        size_t n = 0, end = 0;
        struct span line;

        while (n < all.n && !(end = line_end_length(all.s + n, all.n - n)))
            n++;
        line = trimmed((struct span){ all.s, n });
        if (line.n && parse_nested_line(r, v, line, e) < 0)
            return -1;
        n += n < all.n ? end : 0;
        all = (struct span){ all.s + n, all.n - n };
    }
    return 0;
}

/* Joins the lines of the last key into its value. */
static int finish_value(struct reading *r, struct err *e)
{
    struct span all = { buf_str(&r->lines), r->lines.len };
    struct ini_value *v = r->value;
    size_t n;
    int rc = 0;

    r->value = NULL;
    if (!v)
        return 0;
    if (buf_failed(&r->lines))
        return err_set(e, ERR_CREDENTIALS, "line %zu: the value of '%s' is too long", r->line,
                       v->key);
    while (all.n && (n = space_length_before(all.s, all.n)) > 0)
        all.n -= n;
    if (all.n && all.s[0] == '\n')
        rc = parse_nested(r, v, all, e);
    v->text = all.n && all.s[0] != '\n' ? xstrndup(all.s, all.n) : xstrdup("");
    buf_done(&r->lines);
    r->lines = BUF(VALUE_MAX);
    return rc;
}

static struct ini_section *section_new(struct span name)
{
    struct ini_section *s = xcalloc(1, sizeof(*s));

    s->name = xstrndup(name.s, name.n);
    return s;
}

static int begin_section(struct reading *r, struct span name, struct err *e)
{
    struct ini_section *new = section_new(name);

    if (strcmp(new->name, DEFAULT_SECTION) == 0) {
        if (r->defaults)
            ini_free(new);
        else
            r->defaults = new;
        r->current = r->defaults;
        return 0;
    }
    for (struct ini_section *s = r->sections; s; s = s->next)
        if (strcmp(s->name, new->name) == 0) {
            ini_free(new);
            return err_set(e, ERR_CREDENTIALS, "line %zu: section [%s] is defined twice", r->line,
                           s->name);
        }
    if (r->last)
        r->last->next = new;
    else
        r->sections = new;
    r->last = r->current = new;
    return 0;
}

/* "[NAME]" up to the last bracket of the line; the rest of the line is ignored. */
static bool is_head(struct span line, struct span *name)
{
    size_t n = line.n;

    while (n && line.s[n - 1] != ']')
        n--;
    if (line.s[0] != '[' || n < 3)
        return false;
    *name = (struct span){ line.s + 1, n - 2 };
    return true;
}

static int begin_key(struct reading *r, struct span line, struct err *e)
{
    size_t at = 0;
    struct span key, value;
    auto_free char *name = NULL;

    while (at < line.n && line.s[at] != '=' && line.s[at] != ':')
        at++;
    key = trimmed((struct span){ line.s, at });
    if (at == line.n || !key.n)
        return err_set(e, ERR_CREDENTIALS, "line %zu: expected [SECTION] or KEY = VALUE", r->line);
    name = xstrndup(key.s, key.n);
    for (char *c = name; *c; c++)
        *c = (char)tolower((unsigned char)*c);
    if (ini_find(r->current->values, name))
        return err_set(e, ERR_CREDENTIALS, "line %zu: '%s' is set twice in [%s]", r->line, name,
                       r->current->name);
    r->value = value_append(&r->current->values, steal(name), NULL);
    value = trimmed((struct span){ line.s + at + 1, line.n - at - 1 });
    buf_add(&r->lines, value.s, value.n);
    return 0;
}

static int parse_line(struct reading *r, struct span line, struct err *e)
{
    struct span content = trimmed(line), name;
    size_t indent = indent_of(line);

    if (content.n && (content.s[0] == '#' || content.s[0] == ';'))
        return 0;
    if (!content.n || (r->value && indent > r->indent)) {
        if (r->value) {
            buf_putc(&r->lines, '\n');
            buf_add(&r->lines, content.s, content.n);
        }
        return 0;
    }
    r->indent = indent;
    if (finish_value(r, e) < 0)
        return -1;
    if (is_head(content, &name))
        return begin_section(r, name, e);
    if (!r->current)
        return err_set(e, ERR_CREDENTIALS, "line %zu: expected a [SECTION] before the first key",
                       r->line);
    return begin_key(r, content, e);
}

/* Copies the values of [DEFAULT] to every section that lacks them. */
static void copy_defaults(struct reading *r)
{
    for (struct ini_section *s = r->sections; s && r->defaults; s = s->next)
        for (const struct ini_value *v = r->defaults->values; v; v = v->next) {
            struct ini_value *copy;

            if (ini_find(s->values, v->key))
                continue;
            copy = value_append(&s->values, xstrdup(v->key), xstrdup(v->text));
            for (const struct ini_value *n = v->nested; n; n = n->next)
                (void)value_append(&copy->nested, xstrdup(n->key), xstrdup(n->text));
        }
}

static int parse_lines(struct reading *r, const char *text, struct err *e)
{
    while (*text) {
        size_t n = strcspn(text, "\r\n");

        r->line++;
        if (parse_line(r, (struct span){ text, n }, e) < 0)
            return -1;
        text += n + (text[n] == '\r' && text[n + 1] == '\n') + (text[n] != '\0');
    }
    return finish_value(r, e);
}

int ini_parse(const char *text, struct ini_section **out, struct err *e)
{
    struct reading r = { .lines = BUF(VALUE_MAX) };
    int rc = utf8_valid(text) ? 0 : err_set(e, ERR_CREDENTIALS, "not valid UTF-8");

    if (str_starts(text, "\xef\xbb\xbf")) /* the byte order mark of some editors */
        text += 3;
    if (rc == 0)
        rc = parse_lines(&r, text, e);
    if (rc == 0)
        copy_defaults(&r);
    buf_done(&r.lines);
    ini_free(r.defaults);
    if (rc == 0)
        *out = r.sections;
    else
        ini_free(r.sections);
    return rc;
}

/* profile.c: one profile out of ~/.aws/credentials or ~/.aws/config.
 * https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html */
#include "creds_profile.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct property {
    char *key, *value;
    struct property *next;
};

struct profile {
    struct property *properties; /* the last one of a name stands first, and counts */
};

struct span {
    const char *s;
    size_t n;
};

static bool blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static struct span trim(struct span a)
{
    for (; a.n && blank(a.s[0]); a.n--)
        a.s++;
    while (a.n && blank(a.s[a.n - 1]))
        a.n--;
    return a;
}

static bool span_is(struct span a, const char *text)
{
    return a.n == strlen(text) && !memcmp(a.s, text, a.n);
}

/* Without quotes around it. */
static struct span unquoted(struct span a)
{
    bool quoted = a.n >= 2 && (a.s[0] == '"' || a.s[0] == '\'') && a.s[a.n - 1] == a.s[0];

    return quoted ? (struct span){ a.s + 1, a.n - 2 } : a;
}

/* Is this line, "[...]", the head of that profile? The configuration file says "profile NAME", but
 * "default" alone. */
static bool is_head_of(struct span line, enum profile_file kind, const char *name)
{
    static const char word[] = "profile";
    const char *end = memchr(line.s, ']', line.n);
    struct span head;
    bool worded;

    if (!end)
        return false;
    head = trim((struct span){ line.s + 1, (size_t)(end - line.s) - 1 });
    worded =
        head.n > strlen(word) && !memcmp(head.s, word, strlen(word)) && blank(head.s[strlen(word)]);
    if (kind == PROFILE_CREDENTIALS)
        return span_is(head, name);
    if (worded)
        head = trim((struct span){ head.s + strlen(word), head.n - strlen(word) });
    return span_is(unquoted(head), name) && (worded || !strcmp(name, "default"));
}

/* A comment begins with '#' or ';' after a blank. */
static struct span without_comment(struct span a)
{
    for (size_t i = 1; i < a.n; i++)
        if ((a.s[i] == '#' || a.s[i] == ';') && blank(a.s[i - 1]))
            return trim((struct span){ a.s, i });
    return a;
}

static void property_add(struct profile *p, struct span line)
{
    const char *equals = memchr(line.s, '=', line.n);
    size_t at = equals ? (size_t)(equals - line.s) : 0;
    struct span key = trim((struct span){ line.s, at });
    struct span value = without_comment((struct span){ line.s + at, line.n - at });
    struct property *new;

    if (!key.n)
        return;
    value = trim((struct span){ value.s + 1, value.n - 1 });
    new = xcalloc(1, sizeof(*new));
    new->key = xstrndup(key.s, key.n);
    new->value = xstrndup(value.s, value.n);
    new->next = p->properties;
    p->properties = new;
}

static size_t indent(struct span line)
{
    size_t n = 0;

    while (n < line.n && blank(line.s[n]))
        n++;
    return n;
}

static struct span next_line(const char **text)
{
    size_t n = strcspn(*text, "\n");
    struct span line = { *text, n };

    *text += n + ((*text)[n] == '\n');
    return line;
}

struct profile *profile_parse(const char *text, enum profile_file kind, const char *name)
{
    struct profile *found = NULL;
    bool inside = false, first = true;
    size_t column =
        0; /* of the section's properties: what stands further right belongs to one of them */

    if (str_starts(text, "\xef\xbb\xbf"))
        text += 3;
    while (*text) {
        struct span line = next_line(&text), content = trim(line);

        if (!content.n || content.s[0] == '#' || content.s[0] == ';')
            continue;
        if (content.s[0] == '[') {
            inside = is_head_of(content, kind, name);
            first = true;
            if (inside && !found)
                found = xcalloc(1, sizeof(*found));
        } else if (inside) {
            column = first ? indent(line) : column;
            first = false;
            if (indent(line) <= column)
                property_add(found, content);
        }
    }
    return found;
}

const char *profile_get(const struct profile *p, const char *key)
{
    for (const struct property *x = p ? p->properties : NULL; x; x = x->next)
        if (!strcasecmp(x->key, key))
            return *x->value ? x->value : NULL;
    return NULL;
}

void profile_free(struct profile *p)
{
    while (p && p->properties) {
        struct property *x = p->properties;

        p->properties = x->next;
        free(x->key);
        free_cleansed(x->value);
        free(x);
    }
    free(p);
}

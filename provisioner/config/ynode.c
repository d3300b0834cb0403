/* ynode.c: copies, merges and frees trees of YAML; says what an unquoted scalar means. */
#include "config/ynode.h"

#include "json.h"
#include "mem.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static bool one_of(const char *text, const char *const *words)
{
    for (size_t i = 0; words[i]; i++)
        if (strcasecmp(text, words[i]) == 0)
            return true;
    return false;
}

/* Not a JSON number, but a number to some reader: only characters of numbers. */
static bool odd_number(const char *s)
{
    static const char *const words[] = { ".inf", "-.inf", "+.inf", ".nan", NULL };
    const char *digits = s + (*s == '-' || *s == '+');
    size_t n = strlen(digits);

    if (one_of(s, words))
        return true;
    if (digits[0] == '0' && (digits[1] == 'x' || digits[1] == 'o' || digits[1] == 'b') && n > 2)
        return strspn(digits + 2, "0123456789abcdefABCDEF_") == n - 2;
    if (!strpbrk(digits, "0123456789") || strspn(digits, "0123456789._eE+-") != n)
        return false;
    /* dates and versions are text: at most one point, and signs only after an e */
    for (const char *c = digits; *c; c++)
        if ((*c == '-' || *c == '+') && (c == digits || (c[-1] != 'e' && c[-1] != 'E')))
            return false;
    return (*digits == '.' || (*digits >= '0' && *digits <= '9')) &&
           strchr(digits, '.') == strrchr(digits, '.');
}

enum yscalar ynode_scalar(const struct ynode *node)
{
    static const char *const nulls[] = { "", "~", "null", NULL };
    static const char *const ambiguous[] = { "yes", "no", "on", "off", NULL };
    auto_json json_t *number = NULL;

    if (!node->plain)
        return YSCALAR_TEXT;
    if (one_of(node->text, nulls))
        return YSCALAR_NULL;
    if (strcasecmp(node->text, "true") == 0)
        return YSCALAR_TRUE;
    if (strcasecmp(node->text, "false") == 0)
        return YSCALAR_FALSE;
    if (one_of(node->text, ambiguous))
        return YSCALAR_AMBIGUOUS;
    number = exact_number(node->text);
    if (exact_is_number(number))
        return YSCALAR_NUMBER;
    return odd_number(node->text) ? YSCALAR_ODD : YSCALAR_TEXT;
}

void ynode_free(struct ynode *node)
{
    if (!node)
        return;
    for (size_t i = 0; i < node->n; i++) {
        free(node->members[i].key);
        ynode_free(node->members[i].value);
    }
    free(node->members);
    free_cleansed(node->text);
    free(node);
}

void ynode_add(struct ynode *node, const char *key, struct place at, struct ynode *value)
{
    /* doubles at powers of two */
    if (!(node->n & (node->n + 1)))
        node->members = xrealloc(node->members, (2 * node->n + 2) * sizeof(*node->members));
    node->members[node->n++] = (struct ymember){ key ? xstrdup(key) : NULL, at, value };
}

struct ynode *ynode_copy(const struct ynode *node)
{
    struct ynode *copy = xcalloc(1, sizeof(*copy));

    copy->kind = node->kind;
    copy->at = node->at;
    copy->plain = node->plain;
    copy->text = node->text ? xstrdup(node->text) : NULL;
    for (size_t i = 0; i < node->n; i++)
        ynode_add(copy, node->members[i].key, node->members[i].at,
                  ynode_copy(node->members[i].value));
    return copy;
}

struct ymember *ynode_member(const struct ynode *node, const char *key)
{
    for (size_t i = 0; node && node->kind == YNODE_MAP && i < node->n; i++)
        if (node->members[i].key && strcmp(node->members[i].key, key) == 0)
            return &node->members[i];
    return NULL;
}

void ynode_merge(struct ynode *base, const struct ynode *over)
{
    for (size_t i = 0; i < over->n; i++) {
        const struct ymember *m = &over->members[i];
        struct ymember *mine = ynode_member(base, m->key);
        if (!mine) {
            ynode_add(base, m->key, m->at, ynode_copy(m->value));
        } else if (mine->value->kind == YNODE_MAP && m->value->kind == YNODE_MAP) {
            ynode_merge(mine->value, m->value);
        } else {
            ynode_free(mine->value);
            mine->value = ynode_copy(m->value);
            mine->at = m->at;
        }
    }
}

/* filter.c: matches event filter patterns; pure. The operators are one table. */
#include "dev/filter.h"

#include <string.h>
#include <strings.h>

/* One operator: is its argument well-formed, and does a leaf (NULL: absent) match it? */
struct filter_operator {
    const char *name;
    bool (*check)(const json_t *arg);
    bool (*match)(const json_t *arg, const json_t *leaf);
    const char *allowed;
};

static bool is_scalar(const json_t *v)
{
    return v && !json_is_object(v) && !json_is_array(v);
}

static bool scalar_equal(const json_t *want, const json_t *leaf)
{
    if (json_is_number(want) && json_is_number(leaf))
        return json_number_value(want) == json_number_value(leaf);
    return json_equal(want, leaf) != 0;
}

/* A list counts as any of its elements; one value stands for itself. */
static bool any_of(const json_t *arg, const json_t *leaf,
                   bool (*match)(const json_t *arg, const json_t *leaf))
{
    if (!json_is_array(arg))
        return match(arg, leaf);
    for (size_t i = 0; i < json_array_size(arg); i++)
        if (match(json_array_get(arg, i), leaf))
            return true;
    return false;
}

static bool check_text(const json_t *arg)
{
    return json_is_string(arg);
}

static bool check_texts(const json_t *arg)
{
    for (size_t i = 0; i < json_array_size(arg); i++)
        if (!json_is_string(json_array_get(arg, i)))
            return false;
    return json_is_string(arg) || json_array_size(arg) > 0;
}

/* The text of prefix and suffix: a string, or {"equals-ignore-case": string}. */
static const char *affix_text(const json_t *arg, bool *fold)
{
    const json_t *folded = json_object_get(arg, "equals-ignore-case");
    *fold = folded != NULL;
    return json_string_value(folded ? folded : arg);
}

static bool check_affix(const json_t *arg)
{
    bool fold = false;
    return affix_text(arg, &fold) && (!fold || json_object_size(arg) == 1);
}

static bool affix_match(const json_t *arg, const json_t *leaf, bool at_end)
{
    bool fold = false;
    const char *want = affix_text(arg, &fold);
    if (!want || !json_is_string(leaf))
        return false;
    size_t n = strlen(want);
    size_t len = json_string_length(leaf);
    if (len < n)
        return false;
    const char *have = json_string_value(leaf) + (at_end ? len - n : 0);
    return fold ? strncasecmp(have, want, n) == 0 : memcmp(have, want, n) == 0;
}

static bool match_prefix(const json_t *arg, const json_t *leaf)
{
    return affix_match(arg, leaf, false);
}

static bool match_suffix(const json_t *arg, const json_t *leaf)
{
    return affix_match(arg, leaf, true);
}

static bool match_fold(const json_t *arg, const json_t *leaf)
{
    return json_is_string(leaf) && strcasecmp(json_string_value(arg), json_string_value(leaf)) == 0;
}

static bool check_exists(const json_t *arg)
{
    return json_is_boolean(arg);
}

static bool match_exists(const json_t *arg, const json_t *leaf)
{
    return json_is_true(arg) == (leaf != NULL);
}

/* Comparison as "less, equal, greater" bits: one row an operator. */
static const struct {
    const char *sign;
    bool less, equal, greater;
} comparisons[] = {
    { "<", true, false, false }, { "<=", true, true, false }, { "=", false, true, false },
    { ">", false, false, true }, { ">=", false, true, true },
};

static int comparison_find(const json_t *sign)
{
    const char *s = json_string_value(sign);
    for (size_t i = 0; s && i < COUNTOF(comparisons); i++)
        if (strcmp(comparisons[i].sign, s) == 0)
            return (int)i;
    return -1;
}

static bool check_numeric(const json_t *arg)
{
    size_t n = json_array_size(arg);
    for (size_t i = 0; i + 1 < n; i += 2)
        if (comparison_find(json_array_get(arg, i)) < 0 ||
            !json_is_number(json_array_get(arg, i + 1)))
            return false;
    return n == 2 || n == 4;
}

static bool match_numeric(const json_t *arg, const json_t *leaf)
{
    if (!json_is_number(leaf))
        return false;
    double have = json_number_value(leaf);
    for (size_t i = 0; i + 1 < json_array_size(arg); i += 2) {
        int row = comparison_find(json_array_get(arg, i));
        double want = json_number_value(json_array_get(arg, i + 1));
        bool holds = have < want   ? comparisons[row].less
                     : have > want ? comparisons[row].greater
                                   : comparisons[row].equal;
        if (!holds)
            return false;
    }
    return true;
}

/* What anything-but may hold beside plain values. */
static const struct filter_operator negatable[] = {
    { "prefix", check_texts, match_prefix, NULL },
    { "suffix", check_texts, match_suffix, NULL },
    { "equals-ignore-case", check_texts, match_fold, NULL },
};

static const struct filter_operator *operator_find(const struct filter_operator *table, size_t n,
                                                   const json_t *object)
{
    if (json_object_size(object) != 1)
        return NULL;
    for (size_t i = 0; i < n; i++)
        if (json_object_get(object, table[i].name))
            return &table[i];
    return NULL;
}

static bool check_but(const json_t *arg)
{
    if (json_is_object(arg)) {
        const struct filter_operator *o = operator_find(negatable, COUNTOF(negatable), arg);
        return o && o->check(json_object_get(arg, o->name));
    }
    for (size_t i = 0; i < json_array_size(arg); i++) {
        const json_t *v = json_array_get(arg, i);
        if (!json_is_string(v) && !json_is_number(v))
            return false;
    }
    return json_is_string(arg) || json_is_number(arg) || json_array_size(arg) > 0;
}

static bool match_but(const json_t *arg, const json_t *leaf)
{
    if (!leaf)
        return false;
    if (!json_is_object(arg))
        return !any_of(arg, leaf, scalar_equal);
    const struct filter_operator *o = operator_find(negatable, COUNTOF(negatable), arg);
    return o && !any_of(json_object_get(arg, o->name), leaf, o->match);
}

static const struct filter_operator operators[] = {
    { "prefix", check_affix, match_prefix, "a string or {\"equals-ignore-case\": string}" },
    { "suffix", check_affix, match_suffix, "a string or {\"equals-ignore-case\": string}" },
    { "equals-ignore-case", check_text, match_fold, "a string" },
    { "numeric", check_numeric, match_numeric, "[sign, number] once or twice; signs < <= = >= >" },
    { "exists", check_exists, match_exists, "true or false" },
    { "anything-but", check_but, match_but,
      "strings, numbers, or an object with prefix, suffix or equals-ignore-case" },
};

static const struct filter_operator *find(const json_t *object)
{
    return operator_find(operators, COUNTOF(operators), object);
}

static int check_leaf(const json_t *list, const char *path, struct err *e)
{
    if (json_array_size(list) == 0)
        return err_set(e, ERR_CONFIG, "'%s': an empty list matches nothing", path);
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *v = json_array_get(list, i);
        if (is_scalar(v))
            continue;
        const struct filter_operator *o = find(v);
        if (!o)
            return err_set(
                e, ERR_CONFIG,
                "'%s': element %zu is no value and no known operator; operators: prefix, "
                "suffix, equals-ignore-case, numeric, exists, anything-but",
                path, i);
        if (!o->check(json_object_get(v, o->name)))
            return err_set(e, ERR_CONFIG, "'%s': '%s' takes %s", path, o->name, o->allowed);
    }
    return 0;
}

static int check_object(const json_t *pattern, const char *path, struct err *e);

static int check_or(const json_t *list, const char *path, struct err *e)
{
    if (json_array_size(list) < 2)
        return err_set(e, ERR_CONFIG, "'%s': takes a list of two or more patterns", path);
    for (size_t i = 0; i < json_array_size(list); i++)
        if (check_object(json_array_get(list, i), path, e) != 0)
            return -1;
    return 0;
}

static int check_object(const json_t *pattern, const char *path, struct err *e)
{
    if (json_object_size(pattern) == 0)
        return err_set(e, ERR_CONFIG, "'%s': takes an object with at least one key", path);
    const char *key = NULL;
    json_t *value = NULL;
    json_object_foreach((json_t *)pattern, key, value) {
        auto_free char *at = xasprintf("%s%s%s", path, *path ? "." : "", key);
        int rc = 0;
        if (strcmp(key, "$or") == 0)
            rc = check_or(value, at, e);
        else if (json_is_object(value))
            rc = check_object(value, at, e);
        else if (json_is_array(value))
            rc = check_leaf(value, at, e);
        else
            rc = err_set(e, ERR_CONFIG, "'%s': values stand in a list: [%s]", at, "\"value\"");
        if (rc != 0)
            return -1;
    }
    return 0;
}

int filter_check(const json_t *pattern, struct err *e)
{
    return check_object(pattern, "", e);
}

static bool match_one(const json_t *matcher, const json_t *leaf)
{
    if (is_scalar(matcher))
        return leaf && scalar_equal(matcher, leaf);
    const struct filter_operator *o = find(matcher);
    return o && o->match(json_object_get(matcher, o->name), leaf);
}

/* leaf: a scalar, or NULL when there is none at this place. */
static bool match_leaf(const json_t *list, const json_t *leaf)
{
    for (size_t i = 0; i < json_array_size(list); i++)
        if (match_one(json_array_get(list, i), leaf))
            return true;
    return false;
}

static bool match_value(const json_t *list, const json_t *value)
{
    if (!json_is_array(value))
        return match_leaf(list, is_scalar(value) ? value : NULL);
    bool leaves = false;
    for (size_t i = 0; i < json_array_size(value); i++) {
        const json_t *v = json_array_get(value, i);
        if (is_scalar(v) && match_leaf(list, v))
            return true;
        leaves = leaves || is_scalar(v);
    }
    return !leaves && match_leaf(list, NULL);
}

static bool match_object(const json_t *pattern, const json_t *event);

/* A nested pattern: of an array of objects, one element has to match all of it. */
static bool match_nested(const json_t *pattern, const json_t *value)
{
    size_t n = json_array_size(value);
    for (size_t i = 0; i < n; i++)
        if (match_object(pattern, json_array_get(value, i)))
            return true;
    return n == 0 && match_object(pattern, value);
}

static bool match_object(const json_t *pattern, const json_t *event)
{
    const char *key = NULL;
    json_t *want = NULL;
    json_object_foreach((json_t *)pattern, key, want) {
        bool holds = false;
        if (strcmp(key, "$or") == 0)
            for (size_t i = 0; !holds && i < json_array_size(want); i++)
                holds = match_object(json_array_get(want, i), event);
        else if (json_is_object(want))
            holds = match_nested(want, json_object_get(event, key));
        else
            holds = match_value(want, json_object_get(event, key));
        if (!holds)
            return false;
    }
    return true;
}

bool filter_match(const json_t *pattern, const json_t *event)
{
    return match_object(pattern, event);
}

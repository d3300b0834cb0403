/*
 * filter.c: which patterns are valid. The rules are those of event-ruler, which AWS's services use:
 * https://github.com/aws/event-ruler (JsonRuleCompiler.check, 1.8.1).
 */
#include "config/filter_parts.h"

#include "buf.h"
#include "mem.h"

#include <string.h>

static bool check_text(const json_t *arg)
{
    return json_is_string(arg);
}

/* anything-but also accepts lists. */
static bool check_texts(const json_t *arg)
{
    for (size_t i = 0; i < json_array_size(arg); i++)
        if (!json_is_string(json_array_get(arg, i)))
            return false;
    return json_is_string(arg) || json_array_size(arg) > 0;
}

static bool check_long_texts(const json_t *arg)
{
    for (size_t i = 0; i < json_array_size(arg); i++)
        if (json_string_length(json_array_get(arg, i)) == 0)
            return false;
    return check_texts(arg) && (json_is_array(arg) || json_string_length(arg) > 0);
}

const char *filter_affix(const json_t *arg, bool *fold)
{
    const json_t *folded = json_object_get(arg, "equals-ignore-case");

    *fold = folded != NULL;
    return json_string_value(folded ? folded : arg);
}

static bool check_affix(const json_t *arg)
{
    bool fold = false;

    return filter_affix(arg, &fold) && (!fold || json_object_size(arg) == 1);
}

static bool check_exists(const json_t *arg)
{
    return json_is_boolean(arg);
}

int filter_sign(const json_t *sign)
{
    static const char *const signs[] = { "<", "<=", "=", ">", ">=" };
    const char *s = json_string_value(sign);

    for (size_t i = 0; s && i < COUNTOF(signs); i++)
        if (strcmp(signs[i], s) == 0)
            return (int)i;
    return -1;
}

/* One comparison, or a lower bound and then a higher one. */
static bool check_numeric(const json_t *arg)
{
    size_t n = json_array_size(arg);
    int first = filter_sign(json_array_get(arg, 0)), second = filter_sign(json_array_get(arg, 2));
    const json_t *low = json_array_get(arg, 1), *high = json_array_get(arg, 3);

    if (n == 2)
        return first >= 0 && filter_is_comparable(low);
    return n == 4 && first >= 3 && (second == 0 || second == 1) && filter_is_comparable(low) &&
           filter_is_comparable(high) && json_number_value(low) < json_number_value(high);
}

static bool check_but(const json_t *arg)
{
    const struct filter_operator *o = filter_find_negatable(arg);
    size_t texts = 0, numbers = 0, n = json_array_size(arg);

    if (json_is_object(arg))
        return o && o->check(json_object_get(arg, o->name));
    for (size_t i = 0; i < n; i++) {
        texts += json_is_string(json_array_get(arg, i));
        numbers += filter_is_comparable(json_array_get(arg, i));
    }
    return json_is_string(arg) || filter_is_comparable(arg) || (n && (texts == n || numbers == n));
}

#define AFFIX   "a string or {\"equals-ignore-case\": string}"
#define NUMERIC "[sign, number], or [> or >=, LOW, < or <=, HIGH]; signs < <= = >= >"
#define BUT                                                                                        \
    "a string, a number, a list of either, or an object with prefix, suffix or "                   \
    "equals-ignore-case"

static const struct filter_operator operators[] = {
    { "prefix", check_affix, match_prefix, AFFIX },
    { "suffix", check_affix, match_suffix, AFFIX },
    { "equals-ignore-case", check_text, match_fold, "a string" },
    { "numeric", check_numeric, match_numeric, NUMERIC },
    { "exists", check_exists, match_exists, "true or false" },
    { "anything-but", check_but, match_but, BUT },
};

static const struct filter_operator negatable[] = {
    { "prefix", check_long_texts, match_prefix, NULL },
    { "suffix", check_long_texts, match_suffix, NULL },
    { "equals-ignore-case", check_texts, match_fold, NULL },
};

static const struct filter_operator *find(const struct filter_operator *table, size_t n,
                                          const json_t *object)
{
    for (size_t i = 0; i < n && json_object_size(object) == 1; i++)
        if (json_object_get(object, table[i].name))
            return &table[i];
    return NULL;
}

const struct filter_operator *filter_find(const json_t *object)
{
    return find(operators, COUNTOF(operators), object);
}

const struct filter_operator *filter_find_negatable(const json_t *object)
{
    return find(negatable, COUNTOF(negatable), object);
}

const char *filter_operator(const json_t *element)
{
    const struct filter_operator *o = filter_find(element);

    return o ? o->name : NULL;
}

struct checking {
    filter_report_fn *report;
    void *arg;
    bool below_or, sound;
};

static void wrong(struct checking *c, const char *path, const char *text)
{
    c->sound = false;
    c->report(c->arg, path, text);
}

static void operator_unknown(struct checking *c, const char *path, const json_t *v)
{
    const char *name = json_object_iter_key(json_object_iter((json_t *)v));
    auto_buf text = BUF(BUF_SMALL);

    if (json_object_size(v) == 1)
        buf_printf(&text, "unknown operator '%.60s'", name);
    else if (json_is_object(v))
        buf_puts(&text, "expected one operator");
    else
        buf_puts(&text, "expected a value or an operator, not a list");
    buf_puts(&text, "; allowed:");
    for (size_t i = 0; i < COUNTOF(operators); i++)
        buf_printf(&text, "%s %s", i ? "," : "", operators[i].name);
    wrong(c, path, buf_str(&text));
}

static bool numbers_comparable(const json_t *arg)
{
    bool comparable = !json_is_number(arg) || filter_is_comparable(arg);

    for (size_t i = 0; i < json_array_size(arg); i++)
        comparable = comparable && numbers_comparable(json_array_get(arg, i));
    return comparable;
}

static void argument_wrong(struct checking *c, const char *path, const struct filter_operator *o,
                           const json_t *arg)
{
    auto_free char *text = xasprintf("%s expects %s", o->name, o->allowed);

    if (numbers_comparable(arg))
        wrong(c, path, text);
    else
        wrong(c, path, "too many digits: AWS compares numbers of up to 15");
}

static void check_list(struct checking *c, const json_t *list, const char *path)
{
    if (json_array_size(list) == 0)
        wrong(c, path, "an empty list matches nothing, and AWS refuses it; add a value");
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *v = json_array_get(list, i);
        const struct filter_operator *o = filter_find(v);
        auto_free char *at = xasprintf("%s[%zu]", path, i);
        if (filter_is_scalar(v))
            continue;
        if (!o)
            operator_unknown(c, at, v);
        else if (!o->check(json_object_get(v, o->name)))
            argument_wrong(c, at, o, json_object_get(v, o->name));
    }
}

static void check_object(struct checking *c, const json_t *pattern, const char *path);

static void check_or(struct checking *c, const json_t *list, const char *path)
{
    bool below_or = c->below_or;

    if (json_array_size(list) < 2)
        wrong(c, path, "$or expects a list of two or more patterns");
    c->below_or = true;
    for (size_t i = 0; i < json_array_size(list); i++) {
        auto_free char *at = xasprintf("%s[%zu]", path, i);
        check_object(c, json_array_get(list, i), at);
    }
    c->below_or = below_or;
}

/* Constants.RESERVED_FIELD_NAMES_IN_OR_RELATIONSHIP */
static bool key_reserved(const char *key)
{
    static const char *const names[] = { "exactly",
                                         "equals-ignore-case",
                                         "prefix",
                                         "suffix",
                                         "anything-but",
                                         "exists",
                                         "wildcard",
                                         "numeric",
                                         "cidr",
                                         "=",
                                         "<",
                                         "<=",
                                         ">",
                                         ">=",
                                         "regex",
                                         "not-wildcard",
                                         "not-equals-ignore-case",
                                         "date-after",
                                         "date-on-or-after",
                                         "date-before",
                                         "date-on-or-before",
                                         "in-date-range",
                                         "ip-address-in-range",
                                         "ip-address-not-in-range" };

    for (size_t i = 0; i < COUNTOF(names); i++)
        if (strcmp(names[i], key) == 0)
            return true;
    return false;
}

static void check_member(struct checking *c, const char *key, const json_t *value, const char *path)
{
    if (strcmp(key, "$or") == 0)
        check_or(c, value, path);
    else if (c->below_or && key_reserved(key))
        wrong(c, path, "AWS reserves this name below $or; write the pattern without $or");
    else if (json_is_object(value))
        check_object(c, value, path);
    else if (json_is_array(value))
        check_list(c, value, path);
    else
        wrong(c, path, "a pattern's values must be a list: [value, ...]");
}

static void check_object(struct checking *c, const json_t *pattern, const char *path)
{
    const char *key = NULL;
    json_t *value = NULL;

    if (json_object_size(pattern) == 0)
        wrong(c, path, "expected a map with at least one key");
    json_object_foreach((json_t *)pattern, key, value) {
        auto_free char *at = xasprintf("%s%s%s", path, *path ? "." : "", key);
        check_member(c, key, value, at);
    }
}

/* Reports what is wrong with a pattern as a whole. */
static void check_rules(struct checking *c, const json_t *pattern, const char *path)
{
    auto_free char *twice = NULL, *text = NULL;

    if (filter_count_rules(pattern) > FILTER_RULES_MAX) {
        text = xasprintf("$or makes more than %d combinations; use several patterns",
                         FILTER_RULES_MAX);
        wrong(c, path, text);
        return;
    }
    json_decref(filter_rules(pattern, &twice));
    if (!twice)
        return;
    text = xasprintf("duplicate '%.200s', and AWS uses only one of them; merge them into one list",
                     twice);
    wrong(c, path, text);
}

void filter_check(const json_t *pattern, const char *path, filter_report_fn *report, void *arg)
{
    struct checking c = { .report = report, .arg = arg, .sound = true };

    check_object(&c, pattern, path);
    if (c.sound)
        check_rules(&c, pattern, path);
}

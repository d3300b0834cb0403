/* filter_match.c: matches checked patterns; pure. */
#include "config/filter_parts.h"

#include "text.h"
#include "utf8.h"

#include <string.h>

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

/*
 * Where text goes on behind want when case is ignored; NULL: it does not begin so. As event-ruler
 * has it: each character of want stands for its lower and its upper case, and that of U+00DF is SS.
 */
static const char *fold_prefix(const char *text, const char *want)
{
    while (*want) {
        uint32_t w, t;

        want = utf8_next(want, &w);
        if (w == 0xdf && strncmp(text, "SS", 2) == 0) {
            text += 2;
            continue;
        }
        if (!*text)
            return NULL;
        text = utf8_next(text, &t);
        if (t != utf8_lower(w) && t != utf8_upper(w))
            return NULL;
    }
    return text;
}

static bool fold_suffix(const char *text, const char *want)
{
    for (uint32_t unused; *text; text = utf8_next(text, &unused)) {
        const char *rest = fold_prefix(text, want);
        if (rest && !*rest)
            return true;
    }
    return !*want;
}

static bool affix_match(const json_t *arg, const json_t *leaf, bool at_end)
{
    bool fold = false;
    const char *want = filter_affix(arg, &fold), *have = json_string_value(leaf);

    if (!want || !have)
        return false;
    if (fold)
        return at_end ? fold_suffix(have, want) : fold_prefix(have, want) != NULL;
    return at_end ? str_ends(have, want) : str_starts(have, want);
}

bool match_prefix(const json_t *arg, const json_t *leaf)
{
    return affix_match(arg, leaf, false);
}

bool match_suffix(const json_t *arg, const json_t *leaf)
{
    return affix_match(arg, leaf, true);
}

bool match_fold(const json_t *arg, const json_t *leaf)
{
    const char *have = json_string_value(leaf);
    const char *rest = have ? fold_prefix(have, json_string_value(arg)) : NULL;

    return rest && !*rest;
}

bool match_exists(const json_t *arg, const json_t *leaf)
{
    return json_is_true(arg) == (leaf != NULL);
}

/* The sign's row: does it hold for less, equal, greater? */
static bool compare(int sign, double have, double want)
{
    static const bool holds[][3] = { { true, false, false },
                                     { true, true, false },
                                     { false, true, false },
                                     { false, false, true },
                                     { false, true, true } };

    return holds[sign][have < want ? 0 : have > want ? 2 : 1];
}

bool match_numeric(const json_t *arg, const json_t *leaf)
{
    if (!json_is_number(leaf))
        return false;
    for (size_t i = 0; i + 1 < json_array_size(arg); i += 2)
        if (!compare(filter_sign(json_array_get(arg, i)), json_number_value(leaf),
                     json_number_value(json_array_get(arg, i + 1))))
            return false;
    return true;
}

bool match_but(const json_t *arg, const json_t *leaf)
{
    const struct filter_operator *o = filter_find_negatable(arg);

    if (!leaf)
        return false;
    if (!json_is_object(arg))
        return !any_of(arg, leaf, scalar_equal);
    return o && !any_of(json_object_get(arg, o->name), leaf, o->match);
}

static bool match_one(const json_t *matcher, const json_t *leaf)
{
    const struct filter_operator *o = filter_find(matcher);

    if (filter_is_scalar(matcher))
        return leaf && scalar_equal(matcher, leaf);
    return o && o->match(json_object_get(matcher, o->name), leaf);
}

bool filter_leaf_match(const json_t *list, const json_t *leaf)
{
    for (size_t i = 0; i < json_array_size(list); i++)
        if (match_one(json_array_get(list, i), leaf))
            return true;
    return false;
}

static bool match_value(const json_t *list, const json_t *value)
{
    bool leaves = false;

    if (!json_is_array(value))
        return filter_leaf_match(list, filter_is_scalar(value) ? value : NULL);
    for (size_t i = 0; i < json_array_size(value); i++) {
        const json_t *v = json_array_get(value, i);
        if (filter_is_scalar(v) && filter_leaf_match(list, v))
            return true;
        leaves = leaves || filter_is_scalar(v);
    }
    return !leaves && filter_leaf_match(list, NULL);
}

/* A nested pattern: of an array of objects, one element has to match all of it. */
static bool match_nested(const json_t *pattern, const json_t *value)
{
    size_t n = json_array_size(value);

    for (size_t i = 0; i < n; i++)
        if (filter_match(pattern, json_array_get(value, i)))
            return true;
    return n == 0 && filter_match(pattern, value);
}

static bool match_member(const char *key, const json_t *want, const json_t *event)
{
    if (strcmp(key, "$or") == 0) {
        for (size_t i = 0; i < json_array_size(want); i++)
            if (filter_match(json_array_get(want, i), event))
                return true;
        return false;
    }
    return json_is_object(want) ? match_nested(want, json_object_get(event, key))
                                : match_value(want, json_object_get(event, key));
}

bool filter_match(const json_t *pattern, const json_t *event)
{
    const char *key = NULL;
    json_t *want = NULL;

    json_object_foreach((json_t *)pattern, key, want)
        if (!match_member(key, want, event))
            return false;
    return true;
}

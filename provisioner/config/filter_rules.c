/*
 * filter_rules.c: a pattern as event-ruler compiles it: $or is multiplied out, and nested keys
 * become one path with dots (JsonRuleCompiler.parseObject, 1.8.1).
 */
#include "config/filter_parts.h"

#include "buf.h"
#include "json.h"
#include "mem.h"
#include "text.h"

#include <string.h>

size_t filter_count_rules(const json_t *pattern)
{
    size_t n = 1, sum = 0, i;
    const char *key = NULL;
    json_t *value = NULL, *one = NULL;

    json_object_foreach((json_t *)pattern, key, value) {
        sum = 0;
        json_array_foreach(value, i, one)
            sum += strcmp(key, "$or") == 0 && sum <= FILTER_RULES_MAX ? filter_count_rules(one) : 0;
        n *= json_is_object(value) ? filter_count_rules(value) : sum ? sum : 1;
        if (n > FILTER_RULES_MAX)
            return n;
    }
    return n;
}

/* The alternatives so far. */
struct rules {
    json_t *all;
    char *twice;
};

static void expand(struct rules *r, const char *path, const json_t *object);

static void put_list(struct rules *r, const char *path, json_t *list)
{
    json_t *rule = NULL;
    size_t i;

    json_array_foreach(r->all, i, rule) {
        if (!r->twice && json_object_get(rule, path))
            r->twice = xstrdup(path);
        (void)json_object_set(rule, path, list);
    }
}

static json_t *copy_rules(const json_t *rules)
{
    json_t *out = json_array(), *rule = NULL;
    size_t i;

    json_array_foreach(rules, i, rule)
        (void)json_array_append_new(out, json_copy(rule));
    return out;
}

static void expand_or(struct rules *r, const char *path, const json_t *list)
{
    auto_json json_t *before = r->all;
    json_t *all = json_array(), *one = NULL;
    size_t i;

    json_array_foreach(list, i, one) {
        r->all = copy_rules(before);
        expand(r, path, one);
        (void)json_array_extend(all, r->all);
        json_decref(r->all);
    }
    r->all = all;
}

static void expand(struct rules *r, const char *path, const json_t *object)
{
    const char *key = NULL;
    json_t *value = NULL;

    json_object_foreach((json_t *)object, key, value) {
        auto_free char *at = xasprintf("%s%s%s", path, *path ? "." : "", key);
        if (strcmp(key, "$or") == 0)
            expand_or(r, path, value);
        else if (json_is_object(value))
            expand(r, at, value);
        else
            put_list(r, at, value);
    }
}

json_t *filter_rules(const json_t *pattern, char **twice)
{
    struct rules r = { .all = json_pack("[{}]") };

    expand(&r, "", pattern);
    if (twice)
        *twice = r.twice;
    else
        free(r.twice);
    return r.all;
}

static bool path_in_image(const char *path, const char *image)
{
    static const char record[] = "dynamodb.";
    size_t n = strlen(image);

    if (!str_starts(path, record) || !str_starts(path += strlen(record), image))
        return false;
    return path[n] == '.' || path[n] == '\0';
}

bool filter_needs_image(const json_t *patterns, const char *image)
{
    const json_t *pattern, *rule;
    const char *path = NULL;
    json_t *list = NULL;
    bool needs = false;
    size_t i, k;

    json_array_foreach(patterns, i, pattern) {
        auto_json json_t *rules = filter_rules(pattern, NULL);
        json_array_foreach(rules, k, rule)
            json_object_foreach((json_t *)rule, path, list)
                needs = needs || path_in_image(path, image);
    }
    return needs;
}

static bool names_events(const json_t *pattern)
{
    const json_t *alternatives = json_object_get(pattern, "$or"), *one;
    bool names = json_object_get(pattern, "eventName") != NULL;
    size_t i;

    json_array_foreach(alternatives, i, one)
        names = names || names_events(one);
    return names;
}

/* One path has one list: event-ruler drops the first of two. So an eventName below $or gets none
 * above it. */
static void add_events(json_t *pattern, json_t *events)
{
    const json_t *alternatives = json_object_get(pattern, "$or");
    json_t *one = NULL;
    size_t i;

    if (!names_events(pattern)) {
        (void)json_object_set(pattern, "eventName", events);
        return;
    }
    if (json_object_get(pattern, "eventName"))
        return;
    json_array_foreach(alternatives, i, one)
        add_events(one, events);
}

json_t *filter_for_events(const json_t *pattern, json_t *events)
{
    json_t *out = json_deep_copy(pattern);

    add_events(out, events);
    return out;
}

char *filter_text(const json_t *pattern)
{
    return json_dumps(pattern, JSON_COMPACT | JSON_REAL_PRECISION(15));
}

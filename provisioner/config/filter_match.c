/*
 * filter_match.c: whether an event matches a pattern, decided like event-ruler (ACFinder, 1.8.1).
 * An alternative matches when each of its paths leads to a matching value. Paths through the same
 * list use the same element of it; only leaves are values.
 */
#include "config/filter_parts.h"

#include "json.h"
#include "mem.h"

#include <stdlib.h>
#include <string.h>

/* The element of a list that earlier paths used. */
struct seat {
    const struct seat *up;
    const json_t *array;
    size_t index;
};

/* An alternative with its paths in order: whether an absent value matches depends only on the paths
 * before it. */
struct search {
    const json_t *rule, *event;
    const char **paths;
    size_t n;
};

/* The end of a path. list NULL: any value counts, and later paths are not evaluated. */
struct visit {
    const struct search *s;
    size_t k;
    const json_t *list;
};

static bool match_from(const struct search *s, size_t k, const struct seat *seats);
static bool visit(const struct visit *v, const json_t *node, const char *path,
                  const struct seat *seats);

static bool visit_leaf(const struct visit *v, const json_t *leaf, const struct seat *seats)
{
    return !v->list || (filter_leaf_match(v->list, leaf) && match_from(v->s, v->k + 1, seats));
}

static const struct seat *seat_find(const struct seat *seats, const json_t *array)
{
    while (seats && seats->array != array)
        seats = seats->up;
    return seats;
}

static bool visit_array(const struct visit *v, const json_t *array, const char *path,
                        const struct seat *seats)
{
    const struct seat *taken = seat_find(seats, array);
    const json_t *element = NULL;
    size_t i;

    json_array_foreach(array, i, element) {
        struct seat own = { seats, array, i };
        bool other = taken && taken->index != i;
        if (filter_is_scalar(element) && !path && visit_leaf(v, element, seats))
            return true;
        if (!filter_is_scalar(element) && !other && visit(v, element, path, taken ? seats : &own))
            return true;
    }
    return false;
}

/* path: the rest of it; a key may hold dots. */
static bool visit_members(const struct visit *v, const json_t *object, const char *path,
                          const struct seat *seats)
{
    const char *key = NULL;
    json_t *value = NULL;

    json_object_foreach((json_t *)object, key, value) {
        size_t n = strlen(key);
        if (strncmp(path, key, n) != 0 || (path[n] && path[n] != '.'))
            continue;
        if (visit(v, value, path[n] ? path + n + 1 : NULL, seats))
            return true;
    }
    return false;
}

static bool visit(const struct visit *v, const json_t *node, const char *path,
                  const struct seat *seats)
{
    if (json_is_array(node))
        return visit_array(v, node, path, seats);
    if (json_is_object(node))
        return path && visit_members(v, node, path, seats);
    return !path && visit_leaf(v, node, seats);
}

static bool match_from(const struct search *s, size_t k, const struct seat *seats)
{
    const json_t *list = k < s->n ? json_object_get(s->rule, s->paths[k]) : NULL;
    const struct visit matching = { s, k, list }, any = { s, k, NULL };

    if (k == s->n || visit(&matching, s->event, s->paths[k], seats))
        return true;
    return filter_leaf_match(list, NULL) && !visit(&any, s->event, s->paths[k], seats) &&
           match_from(s, k + 1, seats);
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool match_rule(const json_t *rule, const json_t *event)
{
    auto_free const char **paths = xcalloc(json_object_size(rule) + 1, sizeof(*paths));
    struct search s = { rule, event, paths, 0 };
    const char *path = NULL;
    json_t *list = NULL;

    json_object_foreach((json_t *)rule, path, list)
        paths[s.n++] = path;
    qsort(paths, s.n, sizeof(*paths), by_text);
    return match_from(&s, 0, NULL);
}

bool filter_match(const json_t *pattern, const json_t *event)
{
    auto_json json_t *rules = filter_rules(pattern, NULL);
    const json_t *rule = NULL;
    size_t i;

    json_array_foreach(rules, i, rule)
        if (match_rule(rule, event))
            return true;
    return false;
}

bool filter_pass(const json_t *patterns, const json_t *event)
{
    const json_t *pattern = NULL;
    size_t i;

    json_array_foreach(patterns, i, pattern)
        if (filter_match(pattern, event))
            return true;
    return json_array_size(patterns) == 0;
}

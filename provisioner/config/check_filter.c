/*
 * check_filter.c: Lambda event filter patterns over DynamoDB stream records. AWS takes many
 * patterns that can never match; those are the ones to find.
 * https://docs.aws.amazon.com/lambda/latest/dg/with-ddb-filtering.html
 */
#include "config/check.h"
#include "suggest.h"

#include <stdlib.h>
#include <string.h>

#define PATTERN_MAX 4096

static const char *const record_keys[] = { "eventID",        "eventName", "eventVersion",
                                           "eventSource",    "awsRegion", "userIdentity",
                                           "eventSourceARN", "dynamodb" };
static const char *const change_keys[] = { "Keys",
                                           "NewImage",
                                           "OldImage",
                                           "SequenceNumber",
                                           "SizeBytes",
                                           "StreamViewType",
                                           "ApproximateCreationDateTime" };
static const char *const types[] = { "S", "N", "B", "SS", "NS", "BS", "BOOL", "NULL", "M", "L" };
static const char *const operators[] = { "prefix",  "suffix", "anything-but",
                                         "numeric", "exists", "equals-ignore-case" };

static bool word_in(const char *word, const char *const *words, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!strcmp(word, words[i]))
            return true;
    return false;
}

static bool key_known(const struct check *c, const char *path, const char *key,
                      const char *const *words, size_t n)
{
    const char *near = suggest_word(key, words, n);

    if (!strcmp(key, "$or") || word_in(key, words, n))
        return true;
    check_wrong(c, path, "a stream record has no '%.60s' here, so this pattern never matches%s%s%s",
                key, near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
    return false;
}

/* The values below an attribute's type. S and N are both strings in a record. */
static void check_leaf(const struct check *c, const char *path, const char *type,
                       const json_t *leaf)
{
    const json_t *v;
    size_t i;

    json_array_foreach(leaf, i, v) {
        auto_free char *at = xasprintf("%s[%zu]", path, i);
        const char *op = json_object_iter_key(json_object_iter((json_t *)v));
        if (json_is_object(v) && op && !word_in(op, operators, COUNTOF(operators)))
            check_wrong(c, at,
                        "there is no operator '%.60s'; allowed: prefix, suffix, anything-but, "
                        "numeric, exists, equals-ignore-case",
                        op);
        if (op && !strcmp(op, "numeric") && !strcmp(type, "N"))
            check_wrong(
                c, at,
                "numeric never matches an attribute of type N, whose value is text in a record");
        if (json_is_number(v) && (!strcmp(type, "N") || !strcmp(type, "S")))
            check_wrong(c, at,
                        "values of type %s are text in a record, so this number never matches; put "
                        "it in quotes",
                        type);
    }
}

static void check_attribute_value(const struct check *c, const char *path, const json_t *value);

static void check_typed(const struct check *c, const char *path, const char *type,
                        const json_t *value)
{
    const char *name;
    json_t *below;

    if (json_is_array(value)) {
        check_leaf(c, path, type, value);
    } else if (!strcmp(type, "M") && json_is_object(value)) {
        json_object_foreach((json_t *)value, name, below) {
            auto_free char *at = xasprintf("%s.%s", path, name);
            check_attribute_value(c, at, below);
        }
    } else if (!json_is_object(value)) {
        check_wrong(c, path, "the values of a pattern stand in a list: [value, ...]");
    }
}

/* {S: [...]}, or a list of operators such as [{exists: false}]. */
static void check_attribute_value(const struct check *c, const char *path, const json_t *value)
{
    const char *type;
    json_t *below;

    if (json_is_array(value)) {
        const json_t *first = json_array_get(value, 0);
        if (!json_is_object(first) || !json_object_get(first, "exists"))
            check_wrong(c, path,
                        "an attribute's values stand below its type: {S: [...]}, {N: [\"...\"]}");
        return;
    }
    if (!json_is_object(value)) {
        check_wrong(c, path, "an attribute's values stand below its type, in a list: {S: [...]}");
        return;
    }
    json_object_foreach((json_t *)value, type, below) {
        auto_free char *at = xasprintf("%s.%s", path, type);
        if (word_in(type, types, COUNTOF(types)))
            check_typed(c, at, type, below);
        else
            check_wrong(c, at,
                        "'%.60s' is no DynamoDB type (S, N, B, SS, NS, BS, BOOL, NULL, M, L); an "
                        "attribute's values stand below its type: {S: [...]}",
                        type);
    }
}

static void check_image(const struct check *c, const char *path, const json_t *image)
{
    const char *name;
    json_t *value;

    if (!json_is_object(image)) {
        check_wrong(c, path, "a map of attributes was expected");
        return;
    }
    json_object_foreach((json_t *)image, name, value) {
        auto_free char *at = xasprintf("%s.%s", path, name);
        if (strcmp(name, "$or") != 0)
            check_attribute_value(c, at, value);
    }
}

static void check_change(const struct check *c, const char *path, const json_t *change)
{
    const char *name;
    json_t *value;

    if (!json_is_object(change)) {
        check_wrong(c, path, "a map was expected, such as {NewImage: {status: {S: [paid]}}}");
        return;
    }
    json_object_foreach((json_t *)change, name, value) {
        auto_free char *at = xasprintf("%s.%s", path, name);
        bool image =
            !strcmp(name, "NewImage") || !strcmp(name, "OldImage") || !strcmp(name, "Keys");
        if (!key_known(c, at, name, change_keys, COUNTOF(change_keys)))
            continue;
        if (image)
            check_image(c, at, value);
        else if (!json_is_array(value))
            check_wrong(c, at, "the values of a pattern stand in a list: [value, ...]");
    }
}

static void check_pattern(const struct check *c, const char *path, const json_t *pattern)
{
    auto_free char *text = json_text(pattern);
    const char *name;
    json_t *value;

    if (!json_is_object(pattern) || !json_object_size(pattern)) {
        check_wrong(c, path,
                    "a pattern is a map, such as {dynamodb: {NewImage: {status: {S: [paid]}}}}");
        return;
    }
    if (strlen(text) > PATTERN_MAX)
        check_wrong(c, path, "this pattern has %zu characters as JSON, and Lambda allows %d",
                    strlen(text), PATTERN_MAX);
    json_object_foreach((json_t *)pattern, name, value) {
        auto_free char *at = xasprintf("%s.%s", path, name);
        if (!key_known(c, at, name, record_keys, COUNTOF(record_keys)))
            continue;
        if (!strcmp(name, "dynamodb"))
            check_change(c, at, value);
        else if (!json_is_array(value) && strcmp(name, "userIdentity") != 0)
            check_wrong(c, at, "the values of a pattern stand in a list: [value, ...]");
    }
}

void check_filters(const struct check *c)
{
    const json_t *list = jget_path(c->tree, "ingest.filter"), *pattern;
    size_t i;

    json_array_foreach(list, i, pattern) {
        auto_free char *path = xasprintf("ingest.filter[%zu]", i);
        if (!json_is_null(pattern))
            check_pattern(c, path, pattern);
    }
}

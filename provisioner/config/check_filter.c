/*
 * check_filter.c: event filter patterns over DynamoDB stream records. filter.c reports what AWS
 * refuses; this file reports patterns that AWS accepts but that never match, or always do.
 * https://docs.aws.amazon.com/lambda/latest/dg/with-ddb-filtering.html
 */
#include "config/check.h"
#include "config/filter.h"
#include "mem.h"
#include "suggest.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { PATTERN_MAX = 4096 };
/* https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html: five, and up to ten
 * on request */
enum { USUAL_PATTERNS = 5 };

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

/* The level of a pattern's object; its members are at the next. */
enum level { RECORD, CHANGE, IMAGE, VALUE };

struct walk {
    const struct check *c;
    json_t *said;      /* paths with a report */
    const char *image; /* OldImage, NewImage or Keys; NULL: outside of them */
    unsigned taken;    /* by ingest.events: EVENT_* */
    bool sound;        /* AWS would accept the pattern, so it can be matched */
};

static void walk_object(struct walk *w, enum level level, const char *path, const json_t *object);

static bool word_in(const char *word, const char *const *words, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(word, words[i]) == 0)
            return true;
    return false;
}

static void wrong(struct walk *w, const char *path, const char *fmt, ...) PRINTF(3, 4);
static void wrong(struct walk *w, const char *path, const char *fmt, ...)
{
    char text[1024];
    va_list ap;

    va_start(ap, fmt);
    (void)vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    json_object_set_new(w->said, path, json_true());
    check_wrong(w->c, path, "%s", text);
}

static void note_unsound(void *arg, const char *path, const char *text)
{
    struct walk *w = arg;

    (void)path;
    (void)text;
    w->sound = false;
}

/* Reports what is invalid by itself, unless this file reported it better. */
static void grammar_wrong(void *arg, const char *path, const char *text)
{
    struct walk *w = arg;

    if (!json_object_get(w->said, path))
        wrong(w, path, "%s", text);
}

static bool key_known(struct walk *w, const char *path, const char *key, const char *const *words,
                      size_t n)
{
    auto_free char *hint = suggest_hint(suggest_word(key, words, n), NULL, NULL);

    if (word_in(key, words, n))
        return true;
    wrong(w, path, "a stream record has no '%.60s' here, so this pattern never matches%s", key,
          hint);
    return false;
}

/* The type of a record's leaf. */
enum leaf { LEAF_TEXT, LEAF_NUMBER, LEAF_BOOL, LEAF_TRUE };

static enum leaf leaf_of_type(const char *type)
{
    return strcmp(type, "BOOL") == 0   ? LEAF_BOOL
           : strcmp(type, "NULL") == 0 ? LEAF_TRUE
                                       : LEAF_TEXT;
}

static bool value_possible(enum leaf leaf, const json_t *v)
{
    switch (leaf) {
    case LEAF_TEXT: return json_is_string(v);
    case LEAF_NUMBER: return json_is_number(v);
    case LEAF_BOOL: return json_is_boolean(v);
    case LEAF_TRUE: return json_is_true(v);
    }
    return false;
}

static void value_impossible(struct walk *w, const char *path, enum leaf leaf, const char *type,
                             const json_t *v)
{
    const char *holds = leaf == LEAF_TRUE ? "true" : "true or false";

    if (leaf == LEAF_TEXT && json_is_number(v))
        wrong(w, path, "%s is text in a record, so this number never matches; put it in quotes",
              type);
    else if (leaf == LEAF_TEXT)
        wrong(w, path, "%s is text in a record, so this never matches; %s", type,
              json_is_null(v) ? "for a null attribute use {NULL: [true]}"
                              : "for true or false use {BOOL: [true]}");
    else if (leaf == LEAF_NUMBER)
        wrong(w, path,
              "%s is a number in a record, so this never matches; use a number without "
              "quotes",
              type);
    else
        wrong(w, path, "%s is %s in a record, so this never matches; use %s without quotes", type,
              holds, holds);
}

/* Operators over a type that the leaf never has. */
static void check_operator(struct walk *w, const char *path, enum leaf leaf, const char *type,
                           const json_t *v)
{
    const char *op = filter_operator(v);
    const json_t *arg = op ? json_object_get(v, op) : NULL, *first = json_array_get(arg, 0);
    bool number = json_is_number(first ? first : arg);

    if (!op || strcmp(op, "exists") == 0)
        return;
    if (strcmp(op, "anything-but") == 0 && number == (leaf == LEAF_NUMBER) && leaf <= LEAF_NUMBER)
        return;
    if (strcmp(op, "anything-but") == 0)
        wrong(w, path, "%s is %s in a record, so this matches every value; %s", type,
              leaf == LEAF_TEXT     ? "text"
              : leaf == LEAF_NUMBER ? "a number"
                                    : "true or false",
              leaf == LEAF_TEXT     ? "put the number in quotes"
              : leaf == LEAF_NUMBER ? "remove the quotes"
                                    : "use the intended value");
    else if (leaf != (strcmp(op, "numeric") != 0 ? LEAF_TEXT : LEAF_NUMBER))
        wrong(w, path, "%s is %s in a record, so %s never matches", type,
              leaf == LEAF_TEXT     ? "text"
              : leaf == LEAF_NUMBER ? "a number"
                                    : "true or false",
              op);
}

/* An image that the chosen events never have: only its absence matches. */
static void check_image_there(struct walk *w, const char *path, const json_t *list)
{
    bool old = w->image && strcmp(w->image, "OldImage") == 0;
    bool new = w->image &&strcmp(w->image, "NewImage") == 0;

    if (!w->sound || filter_leaf_match(list, NULL))
        return;
    if (old && !(w->taken & (EVENT_MODIFY | EVENT_REMOVE)))
        wrong(w, path,
              "an INSERT has no old image, so this never matches; add MODIFY or REMOVE to "
              "ingest.events");
    if (new && !(w->taken & (EVENT_INSERT | EVENT_MODIFY)))
        wrong(w, path,
              "a REMOVE has no new image, so this never matches; use OldImage, or add INSERT or "
              "MODIFY to ingest.events");
}

static void check_leaf(struct walk *w, const char *path, enum leaf leaf, const char *type,
                       const json_t *list)
{
    const json_t *v;
    size_t i;

    json_array_foreach(list, i, v) {
        auto_free char *at = xasprintf("%s[%zu]", path, i);
        if (json_is_object(v))
            check_operator(w, at, leaf, type, v);
        else if (!json_is_array(v) && !value_possible(leaf, v))
            value_impossible(w, at, leaf, type, v);
    }
    check_image_there(w, path, list);
}

static bool event_known(struct walk *w, const char *path, const json_t *v)
{
    const char *name = json_is_string(v) ? json_string_value(v) : "";
    auto_free char *upper = xstrdup(name), *hint = NULL;

    if (json_is_object(v) || event_bit(name))
        return true;
    for (char *s = upper; *s; s++)
        *s = (char)toupper((unsigned char)*s);
    hint = suggest_hint(suggest_word(upper, event_words, 3), "allowed", "INSERT, MODIFY, REMOVE");
    wrong(w, path, "unknown event, so this never matches%s", hint);
    return false;
}

/* Each value by itself, then the events that all of it selects. */
static void check_event_names(struct walk *w, const char *path, const json_t *list)
{
    bool any = false, known = true;
    const json_t *v;
    size_t i;

    json_array_foreach(list, i, v) {
        auto_free char *at = xasprintf("%s[%zu]", path, i);
        known = event_known(w, at, v) && known;
    }
    for (size_t k = 0; w->sound && event_words[k]; k++) {
        auto_json json_t *name = json_string(event_words[k]);
        if (!filter_leaf_match(list, name))
            continue;
        any = true;
        if (!(w->taken & event_bit(event_words[k])))
            wrong(w, path,
                  "this selects %s, which is not in ingest.events, so ingest would drop it; add %s "
                  "to ingest.events, or remove it here",
                  event_words[k], event_words[k]);
    }
    if (!any && known && w->sound)
        wrong(w, path, "this matches no event; allowed: INSERT, MODIFY, REMOVE");
}

static void member_of_record(struct walk *w, const char *path, const char *key, const json_t *value)
{
    if (!key_known(w, path, key, record_keys, COUNTOF(record_keys)))
        return;
    if (strcmp(key, "eventName") == 0)
        check_event_names(w, path, value);
    else if (strcmp(key, "dynamodb") != 0)
        return;
    else if (!json_is_object(value))
        wrong(w, path, "expected a map, such as {NewImage: {status: {S: [paid]}}}");
    else
        walk_object(w, CHANGE, path, value);
}

static void member_of_change(struct walk *w, const char *path, const char *key, const json_t *value)
{
    static const char *const images[] = { "NewImage", "OldImage", "Keys" };
    bool number = strcmp(key, "SizeBytes") == 0 || strcmp(key, "ApproximateCreationDateTime") == 0;

    if (!key_known(w, path, key, change_keys, COUNTOF(change_keys)))
        return;
    if (!word_in(key, images, COUNTOF(images))) {
        check_leaf(w, path, number ? LEAF_NUMBER : LEAF_TEXT, key, value);
        return;
    }
    if (!json_is_object(value)) {
        wrong(w, path, "expected a map of attributes");
        return;
    }
    w->image = key;
    walk_object(w, IMAGE, path, value);
    w->image = NULL;
}

/* {S: [...]}. exists looks at leaves only, so it has no effect beside a type. */
static void member_of_image(struct walk *w, const char *path, const json_t *value)
{
    const json_t *exists = json_object_get(json_array_get(value, 0), "exists");

    if (exists)
        wrong(w, path,
              "exists looks at values only, so this %s matches; put it below the type: {S: "
              "[{exists: %s}]}",
              json_is_true(exists) ? "never" : "always", json_is_true(exists) ? "true" : "false");
    else if (json_is_array(value))
        wrong(w, path, "expected the attribute's type with its values: {S: [...]}, {N: [\"...\"]}");
    else if (!json_is_object(value))
        wrong(w, path, "expected the attribute's type with a list of values: {S: [...]}");
    else
        walk_object(w, VALUE, path, value);
}

static void member_of_value(struct walk *w, const char *path, const char *type, const json_t *value)
{
    bool list = strcmp(type, "L") == 0, map = strcmp(type, "M") == 0;

    if (!word_in(type, types, COUNTOF(types)))
        wrong(w, path,
              "unknown DynamoDB type '%.60s'; allowed: S, N, B, SS, NS, BS, BOOL, NULL, M, L, with "
              "values below: {S: [...]}",
              type);
    else if ((list || map) && json_is_object(value))
        walk_object(w, list ? VALUE : IMAGE, path, value);
    else if (list || map)
        wrong(w, path, "%s holds attributes; expected a map: %s", type,
              list ? "{L: {S: [...]}}" : "{M: {name: {S: [...]}}}");
    else
        check_leaf(w, path, leaf_of_type(type), type, value);
}

/* $or is allowed at any level: each of its patterns is of the same level. */
static void walk_object(struct walk *w, enum level level, const char *path, const json_t *object)
{
    const char *key;
    json_t *value;

    json_object_foreach((json_t *)object, key, value) {
        auto_free char *at = xasprintf("%s.%s", path, key);
        for (size_t i = 0; strcmp(key, "$or") == 0 && i < json_array_size(value); i++) {
            auto_free char *below = xasprintf("%s[%zu]", at, i);
            walk_object(w, level, below, json_array_get(value, i));
        }
        if (strcmp(key, "$or") == 0)
            continue;
        switch (level) {
        case RECORD: member_of_record(w, at, key, value); break;
        case CHANGE: member_of_change(w, at, key, value); break;
        case IMAGE: member_of_image(w, at, value); break;
        case VALUE: member_of_value(w, at, key, value); break;
        }
    }
}

/* Measured as sent: with the events in it. */
static void check_length(struct walk *w, const char *path, const json_t *pattern)
{
    auto_json json_t *sent = filter_for_events(pattern, jget_path(w->c->tree, "ingest.events"));
    auto_free char *text = filter_text(sent);

    if (strlen(text) > PATTERN_MAX)
        wrong(w, path, "too long: this pattern has %zu characters as JSON; Lambda allows %d",
              strlen(text), PATTERN_MAX);
}

static void check_pattern(struct walk *w, const char *path, const json_t *pattern)
{
    if (!json_is_object(pattern) || !json_object_size(pattern)) {
        wrong(w, path, "expected a map, such as {dynamodb: {NewImage: {status: {S: [paid]}}}}");
        return;
    }
    check_length(w, path, pattern);
    w->sound = true;
    filter_check(pattern, path, note_unsound, w);
    walk_object(w, RECORD, path, pattern);
    filter_check(pattern, path, grammar_wrong, w);
}

static void fill_taken(struct walk *w)
{
    const json_t *list = jget_path(w->c->tree, "ingest.events"), *one;
    size_t i;

    json_array_foreach(list, i, one)
        w->taken |= event_bit(json_string_value(one));
}

void check_filters(const struct check *c)
{
    const json_t *list = jget_path(c->tree, "ingest.filter"), *pattern;
    auto_json json_t *said = json_object();
    struct walk w = { .c = c, .said = said };
    size_t i;

    fill_taken(&w);
    json_array_foreach(list, i, pattern) {
        auto_free char *path = xasprintf("ingest.filter[%zu]", i);
        if (!json_is_null(pattern))
            check_pattern(&w, path, pattern);
    }
    if (json_array_size(list) > USUAL_PATTERNS)
        check_warn(c, "ingest.filter",
                   "an event source mapping accepts %d patterns; for %zu, ask AWS Support to raise "
                   "that quota (10 at most), or 'up' fails",
                   USUAL_PATTERNS, json_array_size(list));
}

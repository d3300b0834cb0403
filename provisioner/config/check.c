/* check.c: checks across fields: the two halves, the queue, schedules, parameters. */
#include "config/check.h"

#include "clock.h"
#include "config/fields.h"
#include "config/schedule.h"
#include "contract.h"
#include "mem.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { TAG_KEY_MAX = 128, TAG_VALUE_MAX = 256 };

static bool is_written(const struct check *c, const char *path)
{
    return json_object_get(c->positions, path) != NULL;
}

static void check_halves(const struct check *c)
{
    bool ingest = is_written(c, "ingest");

    if (!ingest && !is_written(c, "drain"))
        check_wrong(
            c, "",
            "missing ingest or drain; add 'ingest: {}' to fill the queue, or drain to empty it");
    if (ingest && !is_written(c, "table"))
        check_wrong(c, "table", "missing; ingest reads a table: add 'table: {name: NAME}'");
}

static void check_table(const struct check *c)
{
    const char *key = jget_path_str(c->tree, "table.create.key.name");
    const char *sort_key = jget_path_str(c->tree, "table.create.sort_key.name");

    if (key && sort_key && strcmp(key, sort_key) == 0)
        check_wrong(c, "table.create.sort_key", "'%.80s' is already the key; use another attribute",
                    key);
}

/* -1: missing. */
static json_int_t number_at(const struct check *c, const char *path)
{
    const json_t *v = jget_path(c->tree, path);

    return json_is_integer(v) ? json_integer_value(v) : -1;
}

static void check_queue(const struct check *c)
{
    json_int_t timeout = number_at(c, "drain.timeout"), visible = number_at(c, "queue.visibility");
    const char *existing = jget_path_str(c->tree, "queue.existing");
    static const char *const own[] = { "queue.retention", "queue.visibility" };
    auto_buf least = BUF(64), given = BUF(64), run = BUF(64);

    for (size_t i = 0; existing && i < COUNTOF(own); i++)
        if (is_written(c, own[i]))
            check_wrong(c, own[i],
                        "fifoq does not change the existing queue '%s'; remove this setting",
                        existing);
    if (existing || timeout < 0 || visible < 0 || visible >= timeout + LEASE_MARGIN_S)
        return;
    field_duration(timeout + LEASE_MARGIN_S, &least);
    field_duration(timeout, &run);
    field_duration(visible, &given);
    check_wrong(c, "queue.visibility",
                "%s is too short: with drain.timeout %s, messages must stay hidden for at least "
                "%s. Remove this setting to use that minimum",
                buf_str(&given), buf_str(&run), buf_str(&least));
}

/* Elements of a list must differ in one text: names[] of what, by paths. */
struct twin {
    const char *list; /* "drain.schedules" */
    const char *member;
    const char *what;
};

static void check_twins(const struct check *c, const struct twin *t)
{
    const json_t *list = jget_path(c->tree, t->list);

    for (size_t i = 1; i < json_array_size(list); i++)
        for (size_t j = 0; j < i; j++) {
            const char *mine = jget_str(json_array_get(list, i), t->member);
            const char *other = jget_str(json_array_get(list, j), t->member);
            auto_free char *exact = xasprintf("%s[%zu].%s", t->list, i, t->member);
            if (!mine || !other || strcmp(mine, other) != 0)
                continue;
            check_wrong(c, exact, "'%.80s' is already the %s of %s[%zu]; use a unique one", mine,
                        t->what, t->list, j);
            break;
        }
}

/* An explicit name may equal the generated name of another schedule. */
static void check_schedule_names(const struct check *c)
{
    const json_t *list = jget_path(c->tree, "drain.schedules");

    for (size_t i = 0; i < json_array_size(list); i++)
        for (size_t j = 0; j < json_array_size(list); j++) {
            const char *name = jget_str(json_array_get(list, i), "name");
            const char *at = jget_str(json_array_get(list, j), "at");
            auto_free char *made = at ? schedule_name(at) : NULL;
            auto_free char *path = xasprintf("drain.schedules[%zu].name", i);
            if (i != j && name && made && !jget_str(json_array_get(list, j), "name") &&
                strcmp(name, made) == 0)
                check_wrong(c, path,
                            "'%s' is already the name of drain.schedules[%zu]; use another name",
                            name, j);
        }
}

static void check_events(const struct check *c)
{
    const json_t *list = jget_path(c->tree, "ingest.events");

    for (size_t i = 1; i < json_array_size(list); i++)
        for (size_t j = 0; j < i; j++) {
            const char *event = json_string_value(json_array_get(list, i));
            auto_free char *path = xasprintf("ingest.events[%zu]", i);
            if (event && json_equal(json_array_get(list, i), json_array_get(list, j)))
                check_wrong(c, path, "duplicate event %s", event);
        }
}

/* 2026-02-30 has the form of a date. */
static void check_start(const struct check *c)
{
    const char *text = jget_path_str(c->tree, "ingest.start");
    int64_t at_ms = text && *text >= '0' && *text <= '9' ? clock_parse_date(text) : 0;
    char again[CLOCK_TEXT];

    if (at_ms == 0)
        return;
    clock_rfc3339(at_ms, again);
    if (at_ms < 0 || strncmp(again, text, strlen("2026-01-02T03:04:05")) != 0)
        check_wrong(c, "ingest.start", "'%s' is not a valid date and time", text);
}

/* Neither letter, digit nor space of any language: controls, punctuation, symbols, emoji. Ranges of
 * blocks, not Unicode's own tables: AWS decides in the end. */
static bool is_symbol(unsigned c)
{
    static const unsigned ranges[][2] = {
        { 0x00, 0x1f },     { 0x7f, 0x9f },       { 0xa1, 0xa9 },        { 0xab, 0xb1 },
        { 0xb4, 0xb4 },     { 0xb6, 0xb8 },       { 0xbb, 0xbb },        { 0xbf, 0xbf },
        { 0xd7, 0xd7 },     { 0xf7, 0xf7 },       { 0x200b, 0x2027 },    { 0x202a, 0x202e },
        { 0x2030, 0x205e }, { 0x2060, 0x206f },   { 0x20a0, 0x20cf },    { 0x2190, 0x245f },
        { 0x249c, 0x24e9 }, { 0x2500, 0x2775 },   { 0x2794, 0x2bff },    { 0x3001, 0x3004 },
        { 0x3008, 0x3020 }, { 0xe000, 0xf8ff },   { 0xfe00, 0xfe0f },    { 0xfeff, 0xfeff },
        { 0xfff0, 0xffff }, { 0x1f000, 0x1faff }, { 0xe0000, 0x10ffff },
    };

    for (size_t i = 0; i < COUNTOF(ranges); i++) {
        if (c >= ranges[i][0] && c <= ranges[i][1])
            return true;
    }
    return false;
}

/* The next character of UTF-8 that was validated before. */
static unsigned next_character(const char **at)
{
    const unsigned char *p = (const unsigned char *)*at;
    int more = *p >= 0xf0 ? 3 : *p >= 0xe0 ? 2 : *p >= 0xc0 ? 1 : 0;
    unsigned c = more == 3 ? *p & 7u : more == 2 ? *p & 15u : more == 1 ? *p & 31u : *p;

    for (p++; more > 0 && *p; more--, p++)
        c = c << 6 | (*p & 63u);
    *at = (const char *)p;
    return c;
}

static void check_tag_text(const struct check *c, const char *path, const char *text, size_t most)
{
    size_t n = 0;

    for (const char *at = text; *at; n++) {
        const char *from = at;

        if (is_symbol(next_character(&at))) {
            check_wrong(c, path,
                        "'%.*s' is not allowed in a tag; allowed: letters, digits and spaces of "
                        "any language, and + - = . _ : / @",
                        (int)(at - from), from);
            return;
        }
    }
    if (n > most)
        check_wrong(c, path, "too long: %zu characters; a tag's %s has at most %zu", n,
                    most == TAG_KEY_MAX ? "key" : "value", most);
}

/* IAM compares keys without case. */
static void check_tag_twins(const struct check *c, const char *path, const char *key)
{
    const char *other;
    json_t *value;

    json_object_foreach(json_object_get(c->tree, "tags"), other, value) {
        if (strcmp(other, key) == 0)
            return; /* reported once, at the later one */
        if (strcasecmp(other, key) == 0)
            check_wrong(
                c, path,
                "'%s' and '%s' differ only in case, so IAM takes them for one key; remove one", key,
                other);
    }
}

static void check_ignored_tags(const struct check *c)
{
    json_t *v;
    size_t i;

    json_array_foreach(json_object_get(c->tree, "ignore_tags"), i, v) {
        auto_free char *path = xasprintf("ignore_tags[%zu]", i);
        const char *prefix = json_string_value(v);

        if (prefix && (strncasecmp(prefix, "fifoq:", strlen(prefix)) == 0 ||
                       strncasecmp(prefix, "fifoq:", 6) == 0))
            check_wrong(
                c, path,
                "'%s' would ignore fifoq's own tags, which mark its resources; use a longer prefix",
                prefix);
    }
}

static void check_tags(const struct check *c)
{
    const char *key;
    json_t *value;

    json_object_foreach(json_object_get(c->tree, "tags"), key, value) {
        auto_free char *path = xasprintf("tags.%s", key);
        const char *text = json_string_value(value);

        check_tag_text(c, path, key, TAG_KEY_MAX);
        check_tag_text(c, path, text ? text : "", TAG_VALUE_MAX);
        check_tag_twins(c, path, key);
        if (strncasecmp(key, "aws:", 4) == 0)
            check_wrong(c, path, "keys that begin with aws: are reserved for AWS");
        if (strncasecmp(key, "fifoq:", 6) == 0)
            check_wrong(c, path,
                        "keys that begin with fifoq: are reserved for fifoq, which marks its "
                        "resources with them");
    }
}

void check_config(const struct check *c)
{
    static const struct twin twins[] = {
        { "drain.schedules", "name", "name" },
        { "drain.schedules", "at", "expression" },
        { "drain.destinations", "name", "name" },
    };

    check_halves(c);
    check_table(c);
    check_events(c);
    check_start(c);
    check_filters(c);
    check_templates(c);
    check_queue(c);
    for (size_t i = 0; i < COUNTOF(twins); i++)
        check_twins(c, &twins[i]);
    check_schedule_names(c);
    check_destinations(c);
    check_tags(c);
    check_ignored_tags(c);
    check_names(c);
}

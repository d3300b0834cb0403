/* check.c: what the fields say together: the two halves, the queue, schedules, parameters. */
#include "config/check.h"

#include "config/fields.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Cuts the last .name or [index] off; false when nothing is left. */
static bool path_parent(char *path)
{
    char *dot = strrchr(path, '.'), *bracket = strrchr(path, '[');
    char *cut = dot > bracket ? dot : bracket;

    if (!cut)
        return false;
    *cut = '\0';
    return true;
}

struct place check_place(const json_t *positions, const char *path, bool key)
{
    auto_free char *at = xstrdup(path);

    do {
        const json_t *p = json_object_get(positions, at);
        size_t i = key ? 0 : 2;
        if (p)
            return (struct place){ (int)json_integer_value(json_array_get(p, i)),
                                   (int)json_integer_value(json_array_get(p, i + 1)) };
    } while (path_parent(at));
    return (struct place){ 0, 0 };
}

void check_wrong(const struct check *c, const char *path, const char *fmt, ...)
{
    struct place at = check_place(c->positions, path, false);
    char text[2048];
    va_list ap;

    va_start(ap, fmt);
    (void)vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    report_add(c->report, at.line ? at : (struct place){ 1, 1 }, path, "%s", text);
}

void check_warn(const struct check *c, const char *path, const char *fmt, ...)
{
    struct place at = check_place(c->positions, path, false);
    char text[2048];
    va_list ap;

    va_start(ap, fmt);
    (void)vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    report_warn(c->report, at.line ? at : (struct place){ 1, 1 }, path, "%s", text);
}

char *schedule_name(const char *expression)
{
    char hex[65];

    sha256_hex(expression, strlen(expression), hex);
    return xasprintf("%.4s-%.8s", expression, hex);
}

static bool is_written(const struct check *c, const char *path)
{
    return json_object_get(c->positions, path) != NULL;
}

static void check_halves(const struct check *c)
{
    bool ingest = is_written(c, "ingest");

    if (!ingest && !is_written(c, "drain"))
        check_wrong(c, "",
                    "neither ingest nor drain is here: a pipeline has at least one of them; write "
                    "'ingest: {}' to fill the queue, and drain to empty it");
    if (ingest && !is_written(c, "table"))
        check_wrong(c, "table", "missing; ingest reads a table: write 'table: {name: NAME}'");
}

static void check_table(const struct check *c)
{
    const char *key = jget_path_str(c->tree, "table.create.key.name");
    const char *sort_key = jget_path_str(c->tree, "table.create.sort_key.name");

    if (key && sort_key && !strcmp(key, sort_key))
        check_wrong(c, "table.create.sort_key", "'%.80s' is the key already; the two must differ",
                    key);
}

/* -1: not there. */
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
                        "the queue '%s' has its own, which fifoq does not change; leave this out",
                        existing);
    if (existing || timeout < 0 || visible < 0 || visible >= timeout + VISIBILITY_MARGIN_S)
        return;
    field_duration(timeout + VISIBILITY_MARGIN_S, &least);
    field_duration(timeout, &run);
    field_duration(visible, &given);
    check_wrong(
        c, "queue.visibility",
        "%s is too short: while a run may take %s (drain.timeout), its messages must stay hidden "
        "for at least %s; leave it out for exactly that",
        buf_str(&given), buf_str(&run), buf_str(&least));
}

/* Elements of a list must not have the same text: names[] of what, by paths. */
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
            check_wrong(c, exact, "'%.80s' is the %s of %s[%zu] already; each has its own", mine,
                        t->what, t->list, j);
            break;
        }
}

/* A name that was given may be the one that another schedule gets by itself. */
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
                !strcmp(name, made))
                check_wrong(c, path, "'%s' is what drain.schedules[%zu] is called; choose another",
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
                check_wrong(c, path, "%s is given twice", event);
        }
}

static void check_parameters(const struct check *c)
{
    const char *name;
    json_t *p;

    /* https://docs.aws.amazon.com/systems-manager/latest/userguide/sysman-paramstore-su-create.html
     */
    json_object_foreach(json_object_get(c->tree, "parameters"), name, p) {
        auto_free char *path = xasprintf("parameters.%s.from", name);
        const char *from = jget_path_str(p, "from.from");
        bool own = from && strcmp(from, "existing") != 0;
        if (own && c->pipeline &&
            (!strncasecmp(c->pipeline, "aws", 3) || !strncasecmp(c->pipeline, "ssm", 3)))
            check_wrong(
                c, path,
                "the parameter would be /%s/%s, and the Parameter Store allows no name that begins "
                "with aws or ssm; choose another 'name', or use existing:/path",
                c->pipeline, name);
    }
}

static void check_tags(const struct check *c)
{
    const char *key;
    json_t *value;

    json_object_foreach(json_object_get(c->tree, "tags"), key, value) {
        auto_free char *path = xasprintf("tags.%s", key);
        if (!strncasecmp(key, "aws:", 4))
            check_wrong(c, path, "keys that begin with aws: belong to AWS");
        if (!strncasecmp(key, "fifoq:", 6))
            check_wrong(
                c, path,
                "keys that begin with fifoq: are fifoq's own, by which it knows what it made");
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
    check_filters(c);
    check_templates(c);
    check_queue(c);
    for (size_t i = 0; i < COUNTOF(twins); i++)
        check_twins(c, &twins[i]);
    check_schedule_names(c);
    check_destinations(c);
    check_parameters(c);
    check_tags(c);
    check_names(c);
}

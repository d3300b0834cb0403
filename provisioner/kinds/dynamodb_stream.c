/*
 * dynamodb_stream.c: a table's stream.
 * https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_StreamSpecification.html
 * Disabling and enabling creates a new stream, and unread records of the old one may be lost. So
 * the stream is only enabled, unless the user asked for another one.
 */
#include "kinds/dynamodb_stream.h"

#include "aws_memo.h"
#include "kinds/kinds.h"
#include "kinds/tools.h"
#include "mem.h"
#include "text.h"

#include <string.h>

enum {
    SETTLE_MS = 300000,
    SEEN_MS = 30000, /* until a read shows a new table or stream */
};

const char stream_view[] = "NEW_AND_OLD_IMAGES";

int table_describe(const struct ctx *c, const char *table, json_t **out, struct err *e)
{
    auto_json json_t *reply = NULL;

    *out = NULL;
    if (kind_call(c, &aws_dynamodb, "DescribeTable", json_pack("{s:s}", "TableName", table), &reply,
                  e) < 0)
        return e->code == ERR_NOT_FOUND ? 0 : -1;
    *out = json_incref(jget_obj(reply, "Table"));
    return 0;
}

/* Only states in which nobody can use the table; the others pass by themselves. */
static void put_status(json_t *have, const char *status)
{
    if (status && str_has_word("INACCESSIBLE_ENCRYPTION_CREDENTIALS ARCHIVING ARCHIVED", status))
        put_str(have, "TableStatus", status);
}

void stream_have(json_t *have, const json_t *table)
{
    const json_t *stream = jget_obj(table, "StreamSpecification");

    json_object_set_new(have, "StreamEnabled",
                        json_boolean(jget_bool(stream, "StreamEnabled", false)));
    put_from(have, "StreamViewType", stream);
    put_status(have, jget_str(table, "TableStatus"));
}

static bool serves(const char *view, bool old_images)
{
    return strcmp(view, stream_view) == 0 || (strcmp(view, "NEW_IMAGE") == 0 && !old_images);
}

void stream_want(const struct row *r, const json_t *have, json_t *want)
{
    const struct dynamodb_table *t = r->spec;
    const char *view = jget_str(have, "StreamViewType");

    json_object_set_new(want, "StreamEnabled", json_true());
    /* a disabled stream gets the best view when it is enabled */
    if (jget_bool(have, "StreamEnabled", false) && !(view && serves(view, t->old_images)))
        put_str(want, "StreamViewType", stream_view);
}

static void add_reader(json_t *readers, const char *ours, const json_t *mapping)
{
    const char *arn = jget_str(mapping, "FunctionArn"), *state = jget_str(mapping, "State");
    const char *name = arn ? strstr(arn, ":function:") : NULL;

    if (!name || (state && strcmp(state, "Deleting") == 0))
        return;
    name += strlen(":function:");
    if (strcmp(name, ours) != 0)
        json_array_append_new(readers, json_string(name));
}

void stream_readers(const struct ctx *c, const struct row *r, const json_t *table, json_t *facts)
{
    const struct dynamodb_table *t = r->spec;
    const char *arn = jget_str(table, "LatestStreamArn");
    auto_json json_t *reply = NULL;
    json_t *readers, *mapping;
    struct err unused; /* for information only: the mapping's row reports a denial */
    size_t i;

    if (!c->package || c->bare || !t || !t->reader || !arn ||
        !json_is_true(jget_path(table, "StreamSpecification.StreamEnabled")) ||
        kind_call(c, &aws_lambda, "ListEventSourceMappings",
                  json_pack("{s:s}", "EventSourceArn", arn), &reply, &unused) < 0)
        return;
    readers = json_array();
    json_array_foreach(jget_array(reply, "EventSourceMappings"), i, mapping)
        add_reader(readers, t->reader, mapping);
    json_object_set_new(facts, "readers", readers);
}

/* Spares the mapping's row a DescribeTable. */
static void tell_stream(const struct ctx *c, const struct row *r, const json_t *table)
{
    auto_json json_t *ask = json_pack("{s:s}", "TableName", r->name);
    auto_json json_t *reply = json_pack("{s:O}", "Table", table);

    if (jget_str(table, "LatestStreamArn"))
        aws_memo_tell(c->made, &aws_dynamodb, "DescribeTable", ask, reply);
}

int table_settle(const struct ctx *c, const struct row *r, json_t *table, struct err *e)
{
    auto_json json_t *now = table;

    for (int look = 0;; look++) {
        const char *status = now ? jget_str(now, "TableStatus") : "not visible";

        if (!status || strcmp(status, "ACTIVE") == 0) {
            tell_stream(c, r, now);
            return 0;
        }
        if (kind_pause(c, look, now ? SETTLE_MS : SEEN_MS, r->name, status, e) < 0)
            return -1;
        json_decref(now);
        now = NULL;
        if (table_describe(c, r->name, &now, e) < 0)
            return -1;
    }
}

bool stream_serves(const json_t *table, bool old_images)
{
    const char *view = jget_path_str(table, "StreamSpecification.StreamViewType");

    return view && serves(view, old_images);
}

/* Whether the stream is enabled as wanted, no matter by whom. *table: the caller releases it. */
static bool is_enabled(const struct ctx *c, const struct row *r, json_t **table)
{
    auto_json json_t *have = json_object();
    const char *view;
    struct err unused;

    if (table_describe(c, r->name, table, &unused) < 0 || !*table)
        return false;
    stream_have(have, *table);
    view = jget_str(have, "StreamViewType");
    return jget_bool(have, "StreamEnabled", false) && view && strcmp(view, stream_view) == 0;
}

int stream_enable(const struct ctx *c, const struct row *r, struct err *e)
{
    auto_json json_t *reply = NULL, *table = NULL;
    json_t *ask = json_pack("{s:s, s:{s:b, s:s}}", "TableName", r->name, "StreamSpecification",
                            "StreamEnabled", 1, "StreamViewType", stream_view);
    struct err original;

    if (kind_call(c, &aws_dynamodb, "UpdateTable", ask, &reply, e) == 0)
        return table_settle(c, r, json_incref(jget_obj(reply, "TableDescription")), e);
    /* it also fails when the stream is enabled already: the response to an earlier attempt may be
     * lost */
    if (e->code != ERR_AWS)
        return -1;
    original = *e;
    for (int look = 0; !is_enabled(c, r, &table); look++) {
        json_decref(table);
        table = NULL;
        if (!strstr(original.msg, "already") ||
            kind_pause(c, look, SEEN_MS, r->name, "without a stream", e) < 0) {
            *e = original;
            return -1;
        }
    }
    return table_settle(c, r, steal(table), e);
}

static int stream_disable(const struct ctx *c, const struct row *r, struct err *e)
{
    auto_json json_t *reply = NULL;
    json_t *ask = json_pack("{s:s, s:{s:b}}", "TableName", r->name, "StreamSpecification",
                            "StreamEnabled", 0);

    if (kind_call(c, &aws_dynamodb, "UpdateTable", ask, &reply, e) < 0)
        return -1;
    return table_settle(c, r, json_incref(jget_obj(reply, "TableDescription")), e);
}

int stream_update(const struct ctx *c, const struct row *r, const json_t *delta, struct err *e)
{
    bool on = !json_object_get(delta, "StreamEnabled"); /* before and after */

    if (on && !json_object_get(delta, "StreamViewType"))
        return 0;
    if (on && stream_disable(c, r, e) < 0)
        return -1;
    return stream_enable(c, r, e);
}

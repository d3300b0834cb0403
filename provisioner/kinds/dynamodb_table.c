/*
 * dynamodb_table.c: a table that fifoq creates and owns: on demand, with a stream.
 * https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_CreateTable.html
 * Removal keeps it and its items, unless the user consents to the deletion.
 */
#include "aws_names.h"
#include "aws_pages.h"
#include "kinds/consents.h"
#include "kinds/dynamodb_stream.h"
#include "kinds/kinds.h"
#include "kinds/tools.h"
#include "mem.h"

#include <string.h>

enum { GONE_MS = 300000 };

static const struct prop table_props[] = {
    { .name = "KeySchema",
      .flags = PROP_FIXED,
      .advice =
          "keys are permanent: choose another table.name, or save the items and delete the table" },
    { .name = "BillingMode" },
    { .name = "StreamEnabled" },
    { .name = "StreamViewType", .consent = CONSENT_SWITCH_STREAM, .advice = STREAM_VIEW_ADVICE },
    { .name = "TableStatus", .flags = PROP_HEALTH | PROP_STATUS },
    { .name = "Tags", .flags = PROP_TAGS },
    { 0 },
};

static char *table_arn(const struct ctx *c, const struct row *r)
{
    auto_free char *resource = xasprintf("table/%s", r->name);

    return aws_arn(c->aws, "dynamodb", resource);
}

static const char *type_of(const json_t *table, const char *attribute)
{
    json_t *definition;
    size_t i;

    json_array_foreach(jget_array(table, "AttributeDefinitions"), i, definition) {
        const char *name = jget_str(definition, "AttributeName");

        if (name && strcmp(name, attribute) == 0)
            return jget_str(definition, "AttributeType");
    }
    return NULL;
}

/* As in the configuration: "id:S". */
static json_t *key_text(const char *name, const char *type)
{
    auto_free char *text = xasprintf("%s:%s", name, type ? type : "?");

    return json_string(text);
}

static json_t *keys_have(const json_t *table)
{
    json_t *out = json_object(), *key;
    size_t i;

    json_array_foreach(jget_array(table, "KeySchema"), i, key) {
        const char *name = jget_str(key, "AttributeName"), *role = jget_str(key, "KeyType");

        if (name && role)
            json_object_set_new(out, role, key_text(name, type_of(table, name)));
    }
    return out;
}

static json_t *keys_want(const struct config_table_keys *k)
{
    const char hash[] = { k->key_type, '\0' }, range[] = { k->sort_key_type, '\0' };
    json_t *out = json_object();

    json_object_set_new(out, "HASH", key_text(k->key, hash));
    if (k->sort_key)
        json_object_set_new(out, "RANGE", key_text(k->sort_key, range));
    return out;
}

static json_t *table_value(const json_t *table, const json_t *tags)
{
    json_t *have = json_object();

    json_object_set_new(have, "KeySchema", keys_have(table));
    put_or(have, "BillingMode", jget_path(table, "BillingModeSummary.BillingMode"),
           json_string("PROVISIONED"));
    stream_have(have, table);
    json_object_set_new(have, "Tags", tags_of_list(jget_array(tags, "Tags")));
    return have;
}

static int table_read(const struct ctx *c, const struct row *r, struct state *s, struct err *e)
{
    auto_free char *arn = table_arn(c, r);
    struct aws_ask asks[] = {
        { .service = &aws_dynamodb,
          .action = "DescribeTable",
          .params = json_pack("{s:s}", "TableName", r->name) },
        { .service = &aws_dynamodb,
          .action = "ListTagsOfResource",
          .params = json_pack("{s:s}", "ResourceArn", arn) },
    };
    bool there = false;
    int rc;

    kind_ask(c, asks, COUNTOF(asks));
    rc = kind_asked(asks, COUNTOF(asks), &there, e);
    if (rc == 0 && there)
        rc = kind_ask_again(c, r->name, &asks[1], e);
    if (rc == 0 && there) {
        s->facts = json_incref(jget_obj(asks[0].reply, "Table"));
        s->have = table_value(s->facts, asks[1].reply);
        stream_readers(c, r, s->facts, s->facts);
    }
    aws_asks_done(asks, COUNTOF(asks));
    return rc;
}

static int table_want(const struct ctx *c, const struct row *r, struct state *s, struct err *e)
{
    const struct dynamodb_table *t = r->spec;

    (void)e;
    s->want = json_pack("{s:o, s:s, s:o}", "KeySchema", keys_want(t->keys), "BillingMode",
                        "PAY_PER_REQUEST", "Tags", tags_wanted(c));
    stream_want(r, s->have, s->want);
    return 0;
}

static void put_key(json_t *ask, const char *name, char type, const char *role)
{
    const char text[] = { type, '\0' };

    json_array_append_new(jget_array(ask, "KeySchema"),
                          json_pack("{s:s, s:s}", "AttributeName", name, "KeyType", role));
    json_array_append_new(jget_array(ask, "AttributeDefinitions"),
                          json_pack("{s:s, s:s}", "AttributeName", name, "AttributeType", text));
}

static int table_create(const struct ctx *c, const struct row *r, struct state *s, struct err *e)
{
    const struct config_table_keys *k = ((const struct dynamodb_table *)r->spec)->keys;
    auto_json json_t *reply = NULL;
    json_t *ask = json_pack("{s:s, s:s, s:[], s:[]}", "TableName", r->name, "BillingMode",
                            "PAY_PER_REQUEST", "KeySchema", "AttributeDefinitions");

    put_key(ask, k->key, k->key_type, "HASH");
    if (k->sort_key)
        put_key(ask, k->sort_key, k->sort_key_type, "RANGE");
    json_object_set_new(ask, "StreamSpecification",
                        json_pack("{s:b, s:s}", "StreamEnabled", 1, "StreamViewType", stream_view));
    json_object_set_new(ask, "Tags", tags_to_list(json_object_get(s->want, "Tags")));
    if (kind_call(c, &aws_dynamodb, "CreateTable", ask, &reply, e) < 0)
        return -1;
    return table_settle(c, r, json_incref(jget_obj(reply, "TableDescription")), e);
}

static const struct tag_calls tag_calls = {
    .service = &aws_dynamodb,
    .tag = "TagResource",
    .untag = "UntagResource",
    .tags = "Tags",
    .keys = "TagKeys",
    .list = true,
};

static int update_tags(const struct ctx *c, const struct row *r, const struct state *s,
                       struct err *e)
{
    auto_free char *arn = table_arn(c, r);

    return tags_sync(c, s, &tag_calls, json_pack("{s:s}", "ResourceArn", arn), e);
}

static int update_billing(const struct ctx *c, const struct row *r, struct err *e)
{
    auto_json json_t *reply = NULL;

    if (kind_call(c, &aws_dynamodb, "UpdateTable",
                  json_pack("{s:s, s:s}", "TableName", r->name, "BillingMode", "PAY_PER_REQUEST"),
                  &reply, e) < 0)
        return -1;
    return table_settle(c, r, json_incref(jget_obj(reply, "TableDescription")), e);
}

static int table_update(const struct ctx *c, const struct row *r, struct state *s,
                        const json_t *delta, struct err *e)
{
    if (table_settle(c, r, json_copy(s->facts), e) < 0)
        return -1;
    if (json_object_get(delta, "BillingMode") && update_billing(c, r, e) < 0)
        return -1;
    if (stream_update(c, r, delta, e) < 0)
        return -1;
    return json_object_get(delta, "Tags") ? update_tags(c, r, s, e) : 0;
}

static int table_drop(const struct ctx *c, const struct row *r, struct state *s, struct err *e)
{
    (void)s;
    if (kind_remove(c, &aws_dynamodb, "DeleteTable", json_pack("{s:s}", "TableName", r->name), e) <
        0)
        return -1;
    for (int look = 0;; look++) {
        auto_json json_t *now = NULL;

        if (table_describe(c, r->name, &now, e) < 0)
            return -1;
        if (!now)
            return 0;
        if (kind_pause(c, look, GONE_MS, r->name, "being deleted", e) < 0)
            return -1;
    }
}

static int table_leave(const struct ctx *c, const struct row *r, const struct state *s,
                       bool removal, bool *stays, struct err *e)
{
    (void)r;
    *stays = !removal || !(c->consents & CONSENT_DELETE_TABLE);
    if (!*stays && jget_bool(s->facts, "DeletionProtectionEnabled", false))
        return err_set(e, ERR_REFUSED,
                       "table '%s' has deletion protection; disable it first (aws dynamodb "
                       "update-table --table-name %s --no-deletion-protection-enabled)",
                       jget_str(s->facts, "TableName"), jget_str(s->facts, "TableName"));
    return 0;
}

const struct kind kind_dynamodb_table = {
    .name = "dynamodb-table",
    .flags = KIND_TAGGED,
    .props = table_props,
    .exists = "ResourceInUseException",
    .read = table_read,
    .want = table_want,
    .create = table_create,
    .update = table_update,
    .drop = table_drop,
    .leave = table_leave,
};

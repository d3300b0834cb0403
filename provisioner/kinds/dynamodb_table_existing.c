/*
 * dynamodb_table_existing.c: a table of somebody else, which must exist. Its stream is enabled, and
 * replaced only if the user asks for it. Nothing else is changed or tagged, and removal keeps it.
 */
#include "kinds/consents.h"
#include "kinds/dynamodb_stream.h"
#include "kinds/kinds.h"
#include "kinds/tools.h"

static const struct prop existing_props[] = {
    { .name = "StreamEnabled" },
    { .name = "StreamViewType", .consent = CONSENT_SWITCH_STREAM, .advice = STREAM_VIEW_ADVICE },
    { .name = "TableStatus", .flags = PROP_HEALTH | PROP_STATUS },
    { 0 },
};

static int existing_read(const struct ctx *c, const struct row *r, struct state *s, struct err *e)
{
    auto_json json_t *table = NULL;

    if (table_describe(c, r->name, &table, e) < 0)
        return -1;
    if (table) {
        s->have = json_object();
        stream_have(s->have, table);
        s->facts = json_object();
        stream_readers(c, r, table, s->facts);
        json_object_set_new(s->facts, TABLE_WRITE_UNITS,
                            json_integer(jget_int(json_object_get(table, "ProvisionedThroughput"),
                                                  "WriteCapacityUnits", 0)));
    }
    return 0;
}

static int existing_want(const struct ctx *c, const struct row *r, struct state *s, struct err *e)
{
    if (!s->have)
        return err_set(e, ERR_NOT_FOUND,
                       "table '%s' does not exist in %s; create it, or set table.create to let "
                       "fifoq create it",
                       r->name, c->aws->region);
    s->want = json_object();
    stream_want(r, s->have, s->want);
    return 0;
}

static int existing_update(const struct ctx *c, const struct row *r, struct state *s,
                           const json_t *delta, struct err *e)
{
    (void)s;
    return stream_update(c, r, delta, e);
}

static int existing_untouched(const struct ctx *c, const struct row *r, struct state *s,
                              struct err *e)
{
    (void)c;
    (void)s;
    return err_set(e, ERR_REFUSED,
                   "table '%s' is not managed by fifoq: it is not created or deleted", r->name);
}

const struct kind kind_dynamodb_table_existing = {
    .name = "dynamodb-table-existing",
    .flags = KIND_OTHERS,
    .props = existing_props,
    .read = existing_read,
    .want = existing_want,
    .create = existing_untouched,
    .update = existing_update,
    .drop = existing_untouched,
};

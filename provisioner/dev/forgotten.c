/* forgotten.c: see forgotten.h. */
#include "dev/forgotten.h"

#include "aws_call.h"
#include "clock.h"
#include "json.h"

enum { LOOK_MS = 5000 };

static bool count_items(const struct stream_options *o, long long *items)
{
    auto_json json_t *params = json_pack("{s:s}", "TableName", o->table);
    auto_json json_t *reply = NULL;
    struct err e = { 0 };
    const json_t *count;

    if (aws_call(o->aws, &aws_dynamodb, "DescribeTable", params, &reply, &e) < 0)
        return false;
    count = json_object_get(json_object_get(reply, "Table"), "ItemCount");
    *items = json_integer_value(count);
    return json_is_integer(count);
}

void forgotten_look(struct forgotten *f, const struct stream_options *o, bool read)
{
    long long items;

    f->quiet = f->quiet || read || !o->aws->endpoints.url[AWS_ID_DYNAMODB];
    if (f->quiet || clock_mono_ms() < f->due_ms)
        return;
    f->due_ms = clock_mono_ms() + LOOK_MS;
    if (!count_items(o, &items))
        return;
    if (!f->looked) {
        f->items_first = o->start == SHARD_OLDEST ? 0 : items;
        f->looked = true;
        return; /* records of new items may follow soon */
    }
    if (items <= f->items_first)
        return;
    say(o->say, SAY_WARNING, "stream", -1,
        "table '%s' has %lld items, but its stream has no records; the emulator may pass them only "
        "to the mapped function, like moto",
        o->table, items);
    f->quiet = true;
}

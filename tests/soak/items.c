/* items.c: items of every DynamoDB type, as stream records, each with the message that it must
 * become, written here independently of the runtime. */
#include "world.h"

#include "encode.h"
#include "json.h"
#include "mem.h"

#include <stdlib.h>
#include <string.h>

enum { DEEPEST = 3 };

/* A value in DynamoDB's form, and as the text of plain JSON. */
struct value {
    json_t *typed;
    char *text;
};

static const char *const odd_texts[] = {
    "",
    "PAYL0AD plain",
    "quote \" backslash \\ slash /",
    "line\nbreak\ttab\r",
    "\x01\x02\x1f",
    "\xC3\xBC\xC3\x9F \xE6\x97\xA5\xE6\x9C\xAC \xF0\x9F\x9A\x80",
    "${item.id} $${x} %s %n",
    "\xEF\xBF\xBE\xEF\xBF\xBF",
    "1e5",
    "{\"not\":\"json\"}",
};

static char *quoted(const char *s)
{
    auto_json json_t *text = json_string(s);

    return json_dumps(text, JSON_ENCODE_ANY);
}

static char *number_text(struct dice *d)
{
    static const char *const some[] = {
        "0",    "-1",  "0.1",     "12345678901234567890123456789012345678",
        "1e30", "1.0", "-0.0005", "99999999999999999999.999999999999999999",
    };

    if (dice_chance(d, 500))
        return xstrdup(some[dice_roll(d, (int64_t)COUNTOF(some))]);
    return xasprintf("%lld", (long long)dice_between(d, -1000000, 1000000));
}

static struct value make_text(struct dice *d)
{
    const char *s = odd_texts[dice_roll(d, (int64_t)COUNTOF(odd_texts))];

    return (struct value){ json_pack("{s:s}", "S", s), quoted(s) };
}

static struct value make_number(struct dice *d)
{
    char *n = number_text(d);

    return (struct value){ json_pack("{s:s}", "N", n), n };
}

static struct value make_flag(struct dice *d)
{
    bool yes = dice_chance(d, 500);

    if (dice_chance(d, 300))
        return (struct value){ json_pack("{s:b}", "NULL", 1), xstrdup("null") };
    return (struct value){ json_pack("{s:b}", "BOOL", yes), xstrdup(yes ? "true" : "false") };
}

static struct value make_binary(struct dice *d)
{
    unsigned char bytes[24];
    size_t n = (size_t)dice_roll(d, sizeof(bytes));

    for (size_t i = 0; i < n; i++)
        bytes[i] = (unsigned char)dice_roll(d, 256);
    auto_free char *code = base64_encode(bytes, n);
    return (struct value){ json_pack("{s:s}", "B", code), xasprintf("\"%s\"", code) };
}

static struct value make_set(struct dice *d)
{
    static const char *const names[] = { "SS", "NS", "BS" };
    static const char *const members[][2] = { { "a", "\xC3\xA9" },
                                              { "1", "2.50" },
                                              { "AQI=", "Aw==" } };
    size_t kind = (size_t)dice_roll(d, 3);
    const char *const *m = members[kind];

    return (struct value){ json_pack("{s:[s, s]}", names[kind], m[0], m[1]),
                           kind == 1 ? xasprintf("[%s,%s]", m[0], m[1])
                                     : xasprintf("[\"%s\",\"%s\"]", m[0], m[1]) };
}

static struct value make_value(struct dice *d, int depth);

static struct value make_list(struct dice *d, int depth)
{
    json_t *list = json_array();
    auto_buf text = BUF(BUF_LARGE);
    int64_t n = dice_roll(d, 4);

    buf_putc(&text, '[');
    for (int64_t i = 0; i < n; i++) {
        struct value v = make_value(d, depth + 1);
        json_array_append_new(list, v.typed);
        buf_printf(&text, "%s%s", i ? "," : "", v.text);
        free(v.text);
    }
    buf_putc(&text, ']');
    return (struct value){ json_pack("{s:o}", "L", list), buf_steal(&text) };
}

static struct value make_map(struct dice *d, int depth)
{
    json_t *map = json_object();
    auto_buf text = BUF(BUF_LARGE);
    int64_t n = dice_between(d, 1, 5);

    buf_putc(&text, '{');
    for (int64_t i = 0; i < n; i++) {
        auto_free char *name = xasprintf("k%lld \"%lld", (long long)i, (long long)depth);
        auto_free char *name_text = quoted(name);
        struct value v = make_value(d, depth + 1);
        json_object_set_new(map, name, v.typed);
        buf_printf(&text, "%s%s:%s", i ? "," : "", name_text, v.text);
        free(v.text);
    }
    buf_putc(&text, '}');
    return (struct value){ json_pack("{s:o}", "M", map), buf_steal(&text) };
}

static struct value make_value(struct dice *d, int depth)
{
    switch (dice_roll(d, depth < DEEPEST ? 7 : 5)) {
    case 0: return make_text(d);
    case 1: return make_number(d);
    case 2: return make_flag(d);
    case 3: return make_binary(d);
    case 4: return make_set(d);
    case 5: return make_list(d, depth);
    default: return make_map(d, depth);
    }
}

/* Up to SQS's limit: control characters take six bytes each in JSON. */
static struct value make_large(struct dice *d)
{
    static const size_t sizes[] = { 1000, 40000, 120000, 174700 };
    size_t n = sizes[dice_roll(d, (int64_t)COUNTOF(sizes))];
    auto_free char *s = xmalloc(n + 1);

    memset(s, '\x02', n);
    s[n] = '\0';
    return (struct value){ json_pack("{s:s}", "S", s), quoted(s) };
}

static const char *const group_names[GROUPS_MAX] = {
    "plain", "with space", "\xC3\xBCml\xC3\xA4ut", "a/b?c=d", "x", "y", "z", "0", "-", "%25",
    "\"q\"", "tab\there",
};

static json_t *make_record(const struct item *it, json_t *image, int64_t n)
{
    return json_pack(
        "{s:s, s:s, s:s, s:s, s:s, s:s, s:{s:f, s:{s:{s:s}}, s:o, s:s, s:I, s:s}}", "eventID",
        it->event_id, "eventName", "INSERT", "eventVersion", "1.1", "eventSource", "aws:dynamodb",
        "awsRegion", "eu-west-1", "eventSourceARN",
        "arn:aws:dynamodb:eu-west-1:123456789012:table/things/stream/2026-01-01T00:00:00.000",
        "dynamodb", "ApproximateCreationDateTime", (double)it->arrives_ms / 1000, "Keys", "id", "S",
        it->id, "NewImage", image, "SequenceNumber", it->sequence, "SizeBytes", (json_int_t)n,
        "StreamViewType", "NEW_AND_OLD_IMAGES");
}

static void item_make(struct world *w, size_t i, size_t *last)
{
    struct item *it = &w->items[i];
    struct dice *d = &w->dice;
    bool odd = dice_chance(d, w->plan.odd);
    /* a dead letter has to contain the record as well */
    struct value data = w->plan.large && !odd ? make_large(d) : make_map(d, 0);
    auto_free char *n = number_text(d);
    json_t *image;

    it->held_by = NOBODY;
    it->group = (int)dice_roll(d, w->plan.groups);
    it->shard = it->group % w->plan.shards;
    it->before = last[it->group];
    last[it->group] = i;
    (void)snprintf(it->id, sizeof(it->id), "i-%05zu", i);
    (void)snprintf(it->event_id, sizeof(it->event_id), "%08x%08zx%08llx",
                   (unsigned)dice_roll(d, 1 << 30), i, (unsigned long long)w->seed & 0xffffffff);
    (void)snprintf(it->sequence, sizeof(it->sequence), "%zu%020zu", i + 1, i);
    if (odd)
        it->reject = dice_chance(d, 500) ? REJECT_AT_INGEST : REJECT_AT_DRAIN;
    if (it->reject == REJECT_AT_INGEST && w->plan.ingest_policy == POLICY_BLOCK)
        it->reject = REJECT_NEVER; /* it would stay permanently: tests/unit/test_ingest.c */
    image = json_pack("{s:{s:s}, s:{s:s}, s:o}", "id", "S", it->id, "group", "S",
                      group_names[it->group], "data", data.typed);
    if (it->reject != REJECT_AT_INGEST)
        json_object_set_new(image, "n", json_pack("{s:s}", "N", n));
    it->record = make_record(it, image, (int64_t)strlen(data.text));
    it->expected = xasprintf("{\"id\":\"%s\",\"n\":%s,\"data\":%s}", it->id, n, data.text);
    free(data.text);
    json_object_set_new(w->by_event_id, it->event_id, json_integer((json_int_t)i));
}

/* In bursts, over the time of the storm. */
void items_make(struct world *w)
{
    size_t last[GROUPS_MAX];
    int64_t at_ms = w->now_ms;

    for (size_t i = 0; i < GROUPS_MAX; i++)
        last[i] = NO_ITEM;
    w->n_items = w->plan.items;
    w->messages = (long)w->n_items;
    w->items = xcalloc(w->n_items, sizeof(*w->items));
    w->by_event_id = json_object();
    for (size_t i = 0; i < w->n_items; i++) {
        if (dice_chance(&w->dice, 100))
            at_ms += dice_roll(&w->dice, w->plan.storm_ms / 8);
        w->items[i].arrives_ms = at_ms;
        item_make(w, i, last);
    }
}

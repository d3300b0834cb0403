/* canary.c: sends a test item through the whole pipeline. */
#include "pipeline/canary.h"

#include "aws_call.h"
#include "aws_pages.h"
#include "clock.h"
#include "config/filter.h"
#include "files.h"
#include "kinds/messages.h"
#include "kinds/tools.h"
#include "mem.h"

#include <stdlib.h>
#include <string.h>

#define SECOND_MS ((int64_t)1000)

enum {
    LOOK_MS = 1000,
    LOOK_HERE_MS = 50, /* with a custom endpoint */
    LOOK_LOG_MS = 2000,
    WAIT_HERE_MS = 60 * 1000, /* with a custom endpoint, which has no schedules */
    WAIT_LEAST_MS = 2 * 60 * 1000,
    WAIT_MAX_MS = 15 * 60 * 1000,
    WAIT_MORE_MS = 60 * 1000, /* added to the time until the next run */
};

void canary_done(struct canary *k)
{
    json_decref(k->item);
    free(k->key);
    *k = (struct canary){ 0 };
}

/* A value of an exact tree as a DynamoDB attribute. */
static json_t *attribute(const json_t *value)
{
    json_t *out, *v;
    const char *key;
    size_t i, n;
    const char *text = NULL;

    if (json_is_object(value)) {
        out = json_object();
        json_object_foreach((json_t *)value, key, v)
            json_object_set_new(out, key, attribute(v));
        return json_pack("{s:o}", "M", out);
    }
    if (json_is_array(value)) {
        out = json_array();
        json_array_foreach(value, i, v)
            json_array_append_new(out, attribute(v));
        return json_pack("{s:o}", "L", out);
    }
    if (json_is_null(value))
        return json_pack("{s:b}", "NULL", 1);
    if (json_is_boolean(value))
        return json_pack("{s:b}", "BOOL", json_is_true(value));
    text = exact_scalar(value, &n);
    return json_pack("{s:s%}", exact_is_number(value) ? "N" : "S", text, n);
}

/* The keys of the table as {name: "S", "N" or "B"}, the partition key first. */
static int table_keys(const struct config *c, struct aws *a, json_t **keys, struct err *e)
{
    const struct config_table_keys *own = &c->table.keys;
    auto_json json_t *reply = NULL, *found = json_object();
    auto_json json_t *ask = json_pack("{s:s}", "TableName", c->table.name);
    json_t *key, *attribute;
    size_t i, j;

    if (c->table.create) {
        *keys = json_pack("{s:s%}", own->key, &own->key_type, (size_t)1);
        if (own->sort_key)
            json_object_set_new(*keys, own->sort_key, json_stringn(&own->sort_key_type, 1));
        return 0;
    }
    if (aws_call(a, &aws_dynamodb, "DescribeTable", ask, &reply, e) < 0)
        return -1;
    json_array_foreach(jget_path(reply, "Table.KeySchema"), i, key) {
        json_array_foreach(jget_path(reply, "Table.AttributeDefinitions"), j, attribute) {
            const char *name = jget_str(attribute, "AttributeName");
            if (name && strcmp(name, jget_str(key, "AttributeName")) == 0)
                json_object_set(found, name, json_object_get(attribute, "AttributeType"));
        }
    }
    *keys = json_incref(found);
    return 0;
}

/* "fifoq-canary-1764100000000"; for N only the number, for B its digits as base64. */
static json_t *key_value(const char *type)
{
    long long now = (long long)clock_wall_ms();

    if (strcmp(type, "N") == 0) {
        auto_free char *digits = xasprintf("%lld", now);
        return exact_number(digits);
    }
    if (strcmp(type, "B") == 0) /* sixteen characters of base64 are twelve bytes */
        return json_sprintf("%016lld", now);
    return json_sprintf("fifoq-canary-%lld", now);
}

/* *item: an exact tree. */
static int plain_item(const char *file, const json_t *keys, json_t **item, struct err *e)
{
    auto_free char *text = NULL;
    const char *name;
    json_t *type;

    if (!file) {
        *item = json_object();
        json_object_foreach((json_t *)keys, name, type)
            json_object_set_new(*item, name, key_value(json_string_value(type)));
        return 0;
    }
    if (file_read(file, &text, e) < 0)
        return -1;
    if (!text)
        return err_set(e, ERR_CONFIG, "file '%s' not found", file);
    if (exact_parse(text, strlen(text), item, e) < 0) {
        e->code = ERR_CONFIG;
        return err_wrap(e, "%s", file);
    }
    if (json_is_object(*item))
        return 0;
    return err_set(e, ERR_CONFIG, "'%s' is not an item: expected a JSON object", file);
}

/* Converts the item to DynamoDB's form. Its keys must exist and have the table's types. */
static int typed_item(struct canary *k, const json_t *plain, const json_t *keys, struct err *e)
{
    auto_json json_t *wrapped = attribute(plain);
    const char *name;
    json_t *type;

    k->item = json_incref(json_object_get(wrapped, "M"));
    json_object_foreach((json_t *)keys, name, type) {
        const char *want = json_string_value(type);
        json_t *value = json_object_get(k->item, name);
        const char *text = jget_str(value, "S");

        if (!k->key)
            k->key = xstrdup(name);
        if (text && strcmp(want, "B") == 0)
            json_object_set_new(k->item, name, json_pack("{s:s}", "B", text));
        else if (!json_object_get(value, want))
            return err_set(e, ERR_CONFIG,
                           "the table's key '%s' is missing or has the wrong type; expected a %s",
                           name, strcmp(want, "N") == 0 ? "number" : "string");
    }
    return 0;
}

/* Whether the mapping's filter would accept the item. */
static bool passes_filter(const json_t *filters, const json_t *item)
{
    auto_json json_t *record = json_pack("{s:s, s:s, s:{s:O}}", "eventSource", "aws:dynamodb",
                                         "eventName", event_words[0], "dynamodb", "NewImage", item);

    return filter_pass(filters, record);
}

static int renders(const json_t *document, const json_t *values, json_t **out, struct err *e)
{
    struct template *t = NULL;
    int rc = -1;

    if (template_compile(document, &t, e) == 0)
        rc = template_render(t, values, out, e);
    template_free(t);
    return rc;
}

/* For a template that is a single string. */
static int text_renders(const json_t *text, const json_t *values, enum template_use use,
                        struct err *e)
{
    auto_buf out = BUF(BUF_LARGE);
    struct template *t = NULL;
    int rc = -1;

    if (template_compile_text(json_string_value(text), &t, e) == 0)
        rc = template_render_text(t, values, use, &out, e);
    template_free(t);
    return rc;
}

static int message_of(const struct config *c, json_t *plain, json_t **message, struct err *e)
{
    auto_json json_t *values = roots_sample(ingest_roots);

    json_object_set(values, "item", plain);
    json_object_set_new(json_object_get(values, "event"), "name", json_string(event_words[0]));
    json_object_set_new(values, "table", json_string(c->table.name));

    if (c->ingest.group && text_renders(c->ingest.group, values, TEMPLATE_PLAIN, e) < 0)
        return err_wrap(e, "ingest.group");
    if (!c->ingest.message)
        *message = json_incref(plain);
    else if (renders(c->ingest.message, values, message, e) < 0)
        return err_wrap(e, "ingest.message");
    return 0;
}

static int request_renders(const struct config_destination *d, const json_t *values, struct err *e)
{
    auto_json json_t *body = NULL;
    const json_t *template = json_object_get(d->settings, "body");
    const char *name;
    json_t *header;

    if (text_renders(json_object_get(d->settings, "url"), values, TEMPLATE_URL, e) < 0)
        return err_wrap(e, "url");
    json_object_foreach(jget_obj(d->settings, "headers"), name, header) {
        if (text_renders(header, values, TEMPLATE_HEADER, e) < 0)
            return err_wrap(e, "headers.%s", name);
    }
    if (template && renders(template, values, &body, e) < 0)
        return err_wrap(e, "body");
    return 0;
}

/* Checks that each request can be rendered from the message. Secrets are replaced by a dummy text.
 */
static int requests_render(const struct config *c, json_t *message, struct err *e)
{
    json_t *parameters = json_object();
    auto_json json_t *values = roots_sample(destination_roots);

    json_object_set(values, "message", message);
    json_object_set_new(values, "attempt", exact_number("1"));
    json_object_set_new(values, "param", parameters);

    for (size_t i = 0; i < c->n_parameters; i++)
        json_object_set_new(parameters, c->parameters[i].name, json_string("x"));
    for (size_t i = 0; c->has_drain && i < c->drain.n_destinations; i++)
        if (request_renders(&c->drain.destinations[i], values, e) < 0)
            return err_wrap(e, "destination '%s'", c->drain.destinations[i].name);
    return 0;
}

/* Refuses an item that ingest cannot process: it would block the stream. */
static int check_item(const struct canary *k, const struct config *c, json_t *plain, struct err *e)
{
    auto_json json_t *message = NULL;

    if (!(c->ingest.events & EVENT_INSERT))
        return err_set(e, ERR_CONFIG, "ingest.events has no INSERT, so a new item is not sent");
    if (!passes_filter(c->ingest.filter, k->item))
        return err_set(e, ERR_CONFIG, "ingest.filter drops it");
    if (message_of(c, plain, &message, e) < 0 || requests_render(c, message, e) < 0) {
        e->code = ERR_CONFIG;
        return -1;
    }
    return 0;
}

int canary_make(struct canary *k, const struct config *c, struct aws *a, const char *file,
                struct err *e)
{
    auto_json json_t *keys = NULL, *plain = NULL;

    *k = (struct canary){ 0 };
    if (!c->has_ingest)
        return err_set(e, ERR_CONFIG, "canary: 'ingest' is missing, so nothing reads the table");
    if (table_keys(c, a, &keys, e) < 0 || plain_item(file, keys, &plain, e) < 0 ||
        typed_item(k, plain, keys, e) < 0)
        return err_wrap(e, "canary");
    if (check_item(k, c, plain, e) < 0)
        return err_wrap(
            e, "canary: %s",
            file ? file : "an item with only the keys is not enough; pass one with --canary FILE");
    return 0;
}

/* The state of watching the three queues. */
struct watch {
    const struct config *config;
    const struct pipeline *pipeline;
    const struct ctx *ctx;
    void (*say)(const char *text);
    long long before[3], now[3]; /* queue, dead letters, ingest failures */
    const char *names[3];
    int64_t put_ms, log_due_ms; /* wall clock, monotonic clock */
    bool seen;                  /* in the queue */
    bool delivered;             /* according to drain's log */
};

static int count(struct watch *w, long long *to, struct err *e)
{
    static const enum row_line queues[] = { ROW_QUEUE, ROW_DEAD_LETTERS, ROW_INGEST_FAILURES };

    for (size_t i = 0; i < COUNTOF(queues); i++) {
        const struct row *r = pipeline_row(w->pipeline, queues[i]);
        struct state state = { 0 };
        struct depth d;

        int rc = r->kind->read(w->ctx, r, &state, e);
        d = depth_of(state.have);
        json_decref(state.have);
        json_decref(state.want);
        json_decref(state.facts);
        if (rc < 0)
            return -1;
        w->names[i] = r->name;
        to[i] = depth_total(&d);
    }
    return 0;
}

static int put_item(struct canary *k, const struct config *c, struct aws *a, struct err *e)
{
    auto_json json_t *ask =
        json_pack("{s:s, s:O, s:s, s:{s:s}}", "TableName", c->table.name, "Item", k->item,
                  "ConditionExpression", "attribute_not_exists(#k)", "ExpressionAttributeNames",
                  "#k", k->key);

    if (aws_call(a, &aws_dynamodb, "PutItem", ask, NULL, e) == 0)
        return 0;
    k->found = strcmp(e->aws_code, "ConditionalCheckFailedException") == 0;
    return k->found ? 0 : -1;
}

static int64_t patience_ms(const struct config *c, const struct aws *a)
{
    int64_t now = clock_wall_ms(), first = -1, ms;

    if (a->endpoints.rest)
        return WAIT_HERE_MS;
    for (size_t i = 0; c->has_drain && i < c->drain.n_schedules; i++) {
        int64_t next = schedule_next(&c->drain.schedules[i].when, now);
        if (next >= 0 && (first < 0 || next < first))
            first = next;
    }
    ms = (first < 0 ? 0 : first - now) + c->drain.timeout_s * SECOND_MS + WAIT_MORE_MS;
    return ms < WAIT_LEAST_MS ? WAIT_LEAST_MS : ms > WAIT_MAX_MS ? WAIT_MAX_MS : ms;
}

static void tell(const struct watch *w, const char *before, const char *name, const char *after)
{
    auto_free char *text = xasprintf("canary: %s '%s'%s", before, name, after);

    if (w->say)
        w->say(text);
}

/* The error for a timeout or an interruption: where the item was last seen. */
static int fail_unfinished(const struct watch *w, enum err_code code, int64_t waited_ms,
                           struct err *e)
{
    const char *what = code == ERR_INTERRUPTED ? "interrupted" : "timed out";
    long long seconds = (long long)(waited_ms / SECOND_MS);

    if (w->seen)
        return err_set(e, code,
                       "canary: %s after %lld s: it is waiting in '%s' for the next scheduled run; "
                       "use a longer --wait",
                       what, seconds, w->names[0]);
    if (w->ctx->aws->endpoints.rest)
        return err_set(e, code,
                       "canary: %s after %lld s: it was not seen in '%s'; run 'fifoq dev' if "
                       "nothing runs the functions at this endpoint",
                       what, seconds, w->names[0]);
    return err_set(e, code,
                   "canary: %s after %lld s: the item is in the table, but was not seen in '%s'; "
                   "see the log of '%s-ingest'",
                   what, seconds, w->names[0], w->config->pipeline);
}

/* A message may be sent and delivered between two reads of the queue, but drain logs what it
 * delivered. A failed request changes nothing: there may be no log yet. */
static void read_log(struct watch *w)
{
    auto_free char *group = xasprintf("/aws/lambda/%s-drain", w->config->pipeline);
    auto_json json_t *ask =
        json_pack("{s:s, s:I, s:s}", "logGroupName", group, "startTime", (json_int_t)w->put_ms,
                  "filterPattern", "{ $.Delivered > 0 }");
    auto_json json_t *events = NULL;
    struct err unused;
    json_t *event;
    size_t i;

    if (!w->config->has_drain || w->delivered || clock_mono_ms() < w->log_due_ms)
        return;
    w->log_due_ms = clock_mono_ms() + LOOK_LOG_MS;
    if (aws_call_pages(w->ctx->aws, &aws_logs, "FilterLogEvents", ask, "events", &events, &unused) <
        0)
        return;
    json_array_foreach(events, i, event) {
        const char *text = jget_str(event, "message");
        auto_json json_t *line = text ? json_loads(text, 0, NULL) : NULL;

        w->delivered = w->delivered || json_number_value(json_object_get(line, "Delivered")) > 0;
    }
}

/* Returns 1 when the item was delivered, 0 when not yet. */
static int look(struct watch *w, struct err *e)
{
    if (count(w, w->now, e) < 0)
        return -1;
    for (size_t i = 1; i < COUNTOF(w->now); i++)
        if (w->now[i] > w->before[i])
            return err_set(e, ERR_AWS, "canary: given up: '%s' has one more message", w->names[i]);
    if (!w->seen && w->now[0] > w->before[0]) {
        w->seen = true;
        tell(w, "in", w->names[0], "");
    }
    if (!w->seen)
        read_log(w);
    return (w->seen && !w->config->has_drain) || ((w->seen || w->delivered) && w->now[0] == 0);
}

// NOLINTNEXTLINE(readability-function-size): one more than the rule
int canary_run(struct canary *k, const struct config *c, const struct pipeline *p,
               const struct ctx *ctx, int64_t wait_ms, void (*say)(const char *text), struct err *e)
{
    struct watch w = { .config = c, .pipeline = p, .ctx = ctx, .say = say };
    int64_t began = clock_mono_ms(), most = wait_ms ? wait_ms : patience_ms(c, ctx->aws);
    int through = 0;

    if (count(&w, w.before, e) < 0)
        return err_wrap(e, "canary");
    w.put_ms = clock_wall_ms();
    if (put_item(k, c, ctx->aws, e) < 0)
        return err_wrap(e, "canary");
    if (k->found) {
        tell(&w, "not put: an item with this", k->key, " already exists in the table");
        return 0;
    }
    tell(&w, "put into table", c->table.name, "");
    while ((through = look(&w, e)) == 0) {
        int64_t waited = clock_mono_ms() - began;

        if (ctx->stop && ctx->stop(ctx->stop_arg))
            return fail_unfinished(&w, ERR_INTERRUPTED, waited, e);
        if (waited >= most)
            return fail_unfinished(&w, ERR_TIMEOUT, waited, e);
        clock_sleep_ms(ctx->aws->endpoints.rest ? LOOK_HERE_MS : LOOK_MS);
    }
    if (through < 0 && e->code == ERR_INTERRUPTED)
        return fail_unfinished(&w, ERR_INTERRUPTED, clock_mono_ms() - began, e);
    if (through > 0)
        tell(&w, "done:", w.names[0],
             c->has_drain ? " is empty again" : " has it for its consumer");
    return through < 0 ? -1 : 0;
}

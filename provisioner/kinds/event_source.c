/*
 * event_source.c: the event source mapping from a table's stream to a function.
 * https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html
 * AWS gives it a UUID as its name, so it is found by function and stream. Every other mapping of a
 * stream to our function is a difference (OtherMappings); other sources are differences of the
 * function. It is a part of its function, so it is changed without a tag of its own.
 *
 * Batches are processed in order, without a retry or age limit, from the oldest record, one at a
 * time for each shard. So no record overtakes another, and none is given up before the stream
 * drops it.
 */
#include "aws_memo.h"
#include "aws_names.h"
#include "aws_pages.h"
#include "config/filter.h"
#include "kinds/consents.h"
#include "kinds/dynamodb_stream.h"
#include "kinds/foreign_mappings.h"
#include "kinds/kinds.h"
#include "kinds/mapping_wait.h"
#include "kinds/stream_start.h"
#include "kinds/tools.h"
#include "mem.h"
#include "text.h"

#include <string.h>

/* The default. The API's reference requires at least 1 together with a BatchSize over 10, so a new
 * mapping omits it. */
enum { BATCH_WINDOW_S = 0 };

static const char starting_position[] = "TRIM_HORIZON"; /* the oldest record */

static const struct prop source_props[] = {
    { .name = "EventSourceArn",
      .consent = CONSENT_SWITCH_STREAM,
      .advice = "the table has a new stream: once ingest has read the old one, run 'fifoq up "
                "--switch-stream'. It reads the new one from its oldest record (TRIM_HORIZON)" },
    { .name = "StartingPosition" },
    { .name = "Enabled", .flags = PROP_HEALTH },
    { .name = "BatchSize" },
    { .name = "MaximumBatchingWindowInSeconds" },
    { .name = "ParallelizationFactor" },
    { .name = "TumblingWindowInSeconds" },
    { .name = "FunctionResponseTypes", .form = &form_set },
    { .name = "BisectBatchOnFunctionError" },
    { .name = "MaximumRetryAttempts" },
    { .name = "MaximumRecordAgeInSeconds" },
    { .name = "OnFailure" },
    { .name = "FilterCriteria", .form = &form_set },
    { .name = "OtherMappings", .flags = PROP_EXTRA, .form = &form_set },
    { .name = "LastProcessingResult", .flags = PROP_HEALTH | PROP_STATUS },
    { .name = "Tags", .flags = PROP_TAGS },
    { 0 },
};

static const char *const settings[] = { "Enabled",
                                        "BatchSize",
                                        "MaximumBatchingWindowInSeconds",
                                        "ParallelizationFactor",
                                        "TumblingWindowInSeconds",
                                        "FunctionResponseTypes",
                                        "BisectBatchOnFunctionError",
                                        "MaximumRetryAttempts",
                                        "MaximumRecordAgeInSeconds",
                                        NULL };

static bool is_of_table(const struct ctx *c, const struct row *r, const json_t *mapping)
{
    const struct event_source *spec = r->spec;
    auto_free char *resource = xasprintf("table/%s/stream/", spec->table ? spec->table : "");
    auto_free char *prefix = aws_arn(c->aws, "dynamodb", resource);
    const char *arn = jget_str(mapping, "EventSourceArn");

    return arn && str_starts(arn, prefix);
}

/* 3: the table's current stream, 2: an earlier one, 1: another table's, 0: being deleted, or not
 * the stream of a table. */
static int fitness(const struct ctx *c, const struct row *r, const json_t *mapping,
                   const char *stream)
{
    const char *source = jget_str(mapping, "EventSourceArn");

    if (mapping_has(mapping, "State", "Deleting") || !source || !strstr(source, ":dynamodb:"))
        return 0;
    if (stream && mapping_has(mapping, "EventSourceArn", stream))
        return 3;
    return is_of_table(c, r, mapping) ? 2 : 1;
}

/* Returns this row's mapping, borrowed. others: the UUIDs of unwanted ones; deleting: the mappings
 * that are being deleted. */
static json_t *choose(const struct ctx *c, const struct row *r, const json_t *mappings,
                      const char *stream, json_t *others, json_t *deleting)
{
    json_t *best = NULL, *mapping;
    int most = 0;
    size_t i;

    json_array_foreach(mappings, i, mapping) {
        int fit = fitness(c, r, mapping, stream);

        if (fit > most) {
            most = fit;
            best = mapping;
        }
    }
    json_array_foreach(mappings, i, mapping) {
        if (mapping_has(mapping, "State", "Deleting"))
            json_array_append(deleting, mapping);
        else if (mapping != best && fitness(c, r, mapping, stream) > 0)
            json_array_append(others, json_object_get(mapping, "UUID"));
    }
    return best;
}

static json_t *patterns(const json_t *mapping)
{
    json_t *out = json_array(), *filter;
    size_t i;

    json_array_foreach(jget_path(mapping, "FilterCriteria.Filters"), i, filter) {
        const char *text = jget_str(filter, "Pattern");
        json_t *pattern = text ? json_loads(text, 0, NULL) : NULL;

        json_array_append_new(out, pattern ? pattern : json_string(text ? text : ""));
    }
    return out;
}

static json_t *source_value(const json_t *mapping, json_t *others)
{
    static const struct {
        const char *name;
        int fallback;
    } numbers[] = {
        { "BatchSize", 100 },           { "MaximumBatchingWindowInSeconds", 0 },
        { "ParallelizationFactor", 1 }, { "TumblingWindowInSeconds", 0 },
        { "MaximumRetryAttempts", -1 }, { "MaximumRecordAgeInSeconds", -1 },
    };
    json_t *have = json_object();

    put_from(have, "EventSourceArn", mapping);
    json_object_set_new(have, "Enabled", json_boolean(!mapping_is_disabled(mapping)));
    for (size_t i = 0; i < COUNTOF(numbers); i++)
        put_or(have, numbers[i].name, json_object_get(mapping, numbers[i].name),
               json_integer(numbers[i].fallback));
    put_or(have, "FunctionResponseTypes", json_object_get(mapping, "FunctionResponseTypes"),
           json_array());
    put_or(have, "BisectBatchOnFunctionError",
           json_object_get(mapping, "BisectBatchOnFunctionError"), json_false());
    put_or(have, "OnFailure", jget_path(mapping, "DestinationConfig.OnFailure.Destination"),
           json_null());
    json_object_set_new(have, "FilterCriteria", patterns(mapping));
    put_str(have, "LastProcessingResult", mapping_problem(mapping));
    json_object_set(have, "OtherMappings", others);
    return have;
}

static char *mapping_arn(const struct ctx *c, const json_t *mapping)
{
    const char *uuid = jget_str(mapping, "UUID");
    auto_free char *resource = xasprintf("event-source-mapping:%s", uuid ? uuid : "");

    return aws_arn(c->aws, "lambda", resource);
}

int mapping_tags(const struct ctx *c, const char *name, const json_t *mapping, json_t **out,
                 struct err *e)
{
    auto_free char *arn = mapping_arn(c, mapping);
    struct aws_ask ask = { .service = &aws_lambda,
                           .action = "ListTags",
                           .params = json_pack("{s:s}", "Resource", arn) };
    int rc;

    kind_ask(c, &ask, 1);
    rc = kind_ask_again(c, name, &ask, e);
    if (rc == 0)
        *out = tags_of_object(jget_obj(ask.reply, "Tags"));
    aws_asks_done(&ask, 1);
    return rc;
}

/* A disabled stream is still reported, but enabling creates another one. */
static const char *latest_stream(const json_t *reply)
{
    const json_t *on = jget_path(reply, "Table.StreamSpecification.StreamEnabled");

    return json_is_true(on) ? jget_path_str(reply, "Table.LatestStreamArn") : NULL;
}

/* The requests of a read. */
enum { MAPPINGS, FUNCTION, TABLE_ASKED, ASKED };

static bool serves(const struct row *r, const struct aws_ask *asks)
{
    const struct event_source *spec = r->spec;

    return stream_serves(jget_obj(asks[TABLE_ASKED].reply, "Table"), spec->old_images);
}

static int take_mapping(const struct ctx *c, const struct row *r, json_t *mapping, json_t *others,
                        struct state *s, struct err *e)
{
    json_t *tags = NULL;

    json_object_set(s->facts, "mapping", mapping);
    s->have = source_value(mapping, others);
    if (mapping_tags(c, r->name, mapping, &tags, e) < 0)
        return -1;
    json_object_set_new(s->have, "Tags", tags);
    return 0;
}

static void keep_start(const json_t *function, struct state *s)
{
    auto_json json_t *tags = json_array();

    if (s->have)
        json_array_append(tags, json_object_get(s->have, "Tags"));
    json_object_set_new(s->facts, "kept", json_integer(start_kept(function, tags)));
    json_object_set_new(s->facts, "function", json_boolean(function != NULL));
}

static int take(const struct ctx *c, const struct row *r, const struct aws_ask *asks,
                struct state *s, struct err *e)
{
    const char *stream = latest_stream(asks[TABLE_ASKED].reply);
    json_t *others = json_array(), *deleting = json_array();
    json_t *mapping = choose(c, r, jget_array(asks[MAPPINGS].reply, "EventSourceMappings"), stream,
                             others, deleting);

    s->facts = json_pack("{s:o, s:o}", "others", others, "deleting", deleting);
    put_str(s->facts, "stream", stream);
    if (c->consents & CONSENT_SWITCH_STREAM && !(stream && serves(r, asks)))
        put_str(s->facts, "gone", jget_path_str(asks[TABLE_ASKED].reply, "Table.LatestStreamArn"));
    if (mapping && take_mapping(c, r, mapping, others, s, e) < 0)
        return -1;
    keep_start(asks[FUNCTION].reply, s);
    return 0;
}

static int source_read(const struct ctx *c, const struct row *r, struct state *s, struct err *e)
{
    const struct event_source *spec = r->spec;
    struct aws_ask asks[ASKED] = {
        [MAPPINGS] = { .service = &aws_lambda,
                       .action = "ListEventSourceMappings",
                       .params = json_pack("{s:s}", "FunctionName", r->name) },
        [FUNCTION] = { .service = &aws_lambda,
                       .action = "GetFunction",
                       .params = json_pack("{s:s}", "FunctionName", r->name) },
        [TABLE_ASKED] = { .service = &aws_dynamodb,
                          .action = "DescribeTable",
                          .params = json_pack("{s:s*}", "TableName", spec->table) },
    };
    size_t n = spec->table ? ASKED : TABLE_ASKED;
    int rc = 0;

    kind_ask(c, asks, n);
    for (size_t i = 0; i < n && rc == 0; i++) {
        if (i != FUNCTION || start_is_kept(spec->start)) /* otherwise its own row reports it */
            rc = aws_ask_check(&asks[i], e);
    }
    if (rc == 0)
        rc = take(c, r, asks, s, e);
    aws_asks_done(asks, COUNTOF(asks));
    return rc;
}

/* Refuses the stream of another table, which would look like another stream of the same table. */
static int check_table(const struct ctx *c, const struct row *r, const struct state *s,
                       struct err *e)
{
    const struct event_source *spec = r->spec;
    const char *arn = jget_str(s->have, "EventSourceArn");
    const char *name = arn ? strstr(arn, ":table/") : NULL;
    size_t n;

    if (!name || !spec->table || c->consents & CONSENT_SWITCH_STREAM)
        return 0;
    name += strlen(":table/");
    n = strcspn(name, "/");
    if (strlen(spec->table) == n && strncmp(name, spec->table, n) == 0)
        return 0;
    return err_set(e, ERR_REFUSED,
                   "table.name is '%s', but the mapping reads table '%.*s'; once ingest has read "
                   "its stream, run 'fifoq up --switch-stream'",
                   spec->table, (int)n, name);
}

static int source_want(const struct ctx *c, const struct row *r, struct state *s, struct err *e)
{
    const struct event_source *spec = r->spec;
    auto_free char *failures = aws_arn(c->aws, "sqs", spec->failures);
    json_t *stream = json_object_get(s->facts, "stream"), *tags;

    if (check_table(c, r, s, e) < 0)
        return -1;
    tags = tags_wanted(c);
    start_put(tags, START_TAG,
              start_wanted(c, spec->start, jget_int(s->facts, "kept", START_NOT_KNOWN)));
    s->want =
        json_pack("{s:b, s:I, s:i, s:i, s:i, s:[s], s:b, s:i, s:i, s:s, s:O, s:[], s:o}", "Enabled",
                  1, "BatchSize", (json_int_t)spec->batch_size, "MaximumBatchingWindowInSeconds",
                  BATCH_WINDOW_S, "ParallelizationFactor", 1, "TumblingWindowInSeconds", 0,
                  "FunctionResponseTypes", "ReportBatchItemFailures", "BisectBatchOnFunctionError",
                  1, "MaximumRetryAttempts", -1, "MaximumRecordAgeInSeconds", -1, "OnFailure",
                  failures, "FilterCriteria", spec->filters, "OtherMappings", "Tags", tags);
    if (json_object_get(s->facts, "gone"))
        put_text(s->want, "EventSourceArn", "the new stream of '%s'", spec->table);
    else if (stream)
        json_object_set(s->want, "EventSourceArn", stream);
    if (s->have && json_object_get(s->want, "EventSourceArn") &&
        !json_equal(json_object_get(s->want, "EventSourceArn"),
                    json_object_get(s->have, "EventSourceArn")))
        put_str(s->want, "StartingPosition", starting_position);
    return 0;
}

static json_t *filter_criteria(const json_t *list)
{
    json_t *filters = json_array(), *pattern;
    size_t i;

    json_array_foreach(list, i, pattern) {
        auto_free char *text = filter_text(pattern);

        json_array_append_new(filters, json_pack("{s:s}", "Pattern", text));
    }
    return json_pack("{s:o}", "Filters", filters);
}

static json_t *settings_request(const struct row *r, const struct state *s)
{
    json_t *ask = pick(s->want, settings);

    put_str(ask, "FunctionName", r->name);
    json_object_set_new(ask, "FilterCriteria",
                        filter_criteria(json_object_get(s->want, "FilterCriteria")));
    json_object_set_new(
        ask, "DestinationConfig",
        json_pack("{s:{s:O}}", "OnFailure", "Destination", json_object_get(s->want, "OnFailure")));
    return ask;
}

static int delete_others(const struct ctx *c, const struct row *r, const struct state *s,
                         struct err *e)
{
    json_t *uuid;
    size_t i;

    json_array_foreach(json_object_get(s->facts, "others"), i, uuid) {
        if (mapping_delete(c, r->name, json_string_value(uuid), e) < 0)
            return -1;
    }
    return 0;
}

/* *out: the stream's ARN; the caller frees it. The stream may be newer than read(), may have
 * replaced another one, and may show late. */
static int stream_arn(const struct ctx *c, const struct row *r, const struct state *s, char **out,
                      struct err *e)
{
    const struct event_source *spec = r->spec;
    const char *gone = jget_str(s->facts, "gone");
    const char *known = gone ? NULL : jget_str(s->facts, "stream");

    for (int look = 0; !known; look++) {
        auto_json json_t *ask = json_pack("{s:s}", "TableName", spec->table);
        auto_json json_t *reply =
            look == 0 ? aws_memo_recall(c->made, &aws_dynamodb, "DescribeTable", ask) : NULL;

        if (look > 1 &&
            kind_pause(c, look - 2, MAPPING_SEEN_MS, spec->table, "without a stream", e) < 0)
            return -1;
        if (!reply && kind_call(c, &aws_dynamodb, "DescribeTable", steal(ask), &reply, e) < 0)
            return -1;
        put_str(s->facts, "stream", latest_stream(reply));
        known = jget_str(s->facts, "stream");
        known = known && gone && strcmp(known, gone) == 0 ? NULL : known;
    }
    *out = xstrdup(known);
    return 0;
}

/* AWS refuses a new mapping while one of the same pair is being deleted. */
static int wait_for_old(const struct ctx *c, const struct row *r, const struct state *s,
                        struct err *e)
{
    json_t *mapping;
    size_t i;

    json_array_foreach(json_object_get(s->facts, "deleting"), i, mapping) {
        if (mapping_settle(c, r->name, json_copy(mapping), NULL, e) < 0)
            return -1;
    }
    return 0;
}

static int source_create(const struct ctx *c, const struct row *r, struct state *s, struct err *e)
{
    auto_free char *stream = NULL;
    auto_json json_t *made = NULL;
    json_t *ask, *reply = NULL;

    if (wait_for_old(c, r, s, e) < 0 || stream_arn(c, r, s, &stream, e) < 0)
        return -1;
    ask = settings_request(r, s);
    json_object_del(ask, "MaximumBatchingWindowInSeconds");
    put_str(ask, "EventSourceArn", stream);
    put_str(ask, "StartingPosition", starting_position);
    put_from(ask, "Tags", s->want);
    if (kind_call(c, &aws_lambda, "CreateEventSourceMapping", ask, &reply, e) < 0 ||
        mapping_settle_enabled(c, r, reply, &made, e) < 0)
        return -1;
    return mapping_check_works(r, made, e);
}

static int update_tags(const struct ctx *c, const struct state *s, const json_t *mapping,
                       struct err *e)
{
    auto_free char *arn = mapping_arn(c, mapping);

    return tags_sync(c, s, &lambda_tag_calls, json_pack("{s:s}", "Resource", arn), e);
}

static int update_settings(const struct ctx *c, const struct row *r, const struct state *s,
                           const json_t *mapping, struct err *e)
{
    json_t *ask, *reply = NULL;

    if (mapping_settle(c, r->name, json_copy((json_t *)mapping), NULL, e) < 0)
        return -1;
    ask = settings_request(r, s);
    json_object_set(ask, "UUID", json_object_get(mapping, "UUID"));
    if (kind_call(c, &aws_lambda, "UpdateEventSourceMapping", ask, &reply, e) < 0)
        return -1;
    return mapping_settle_enabled(c, r, reply, NULL, e);
}

/* A mapping cannot change its stream, so the old one is deleted, and its unread records are lost.
 */
static int switch_stream(const struct ctx *c, const struct row *r, struct state *s, struct err *e)
{
    const char *uuid = jget_path_str(s->facts, "mapping.UUID");

    return mapping_delete(c, r->name, uuid, e) < 0 ? -1 : source_create(c, r, s, e);
}

static int source_update(const struct ctx *c, const struct row *r, struct state *s,
                         const json_t *delta, struct err *e)
{
    const json_t *mapping = json_object_get(s->facts, "mapping");
    bool tags = json_object_get(delta, "Tags") != NULL;
    bool others = json_object_get(delta, "OtherMappings") != NULL;

    if (others && delete_others(c, r, s, e) < 0)
        return -1;
    if (json_object_get(delta, "EventSourceArn"))
        return switch_stream(c, r, s, e);
    if (json_object_size(delta) > (size_t)tags + (size_t)others &&
        update_settings(c, r, s, mapping, e) < 0)
        return -1;
    return tags ? update_tags(c, s, mapping, e) : 0;
}

static int source_drop(const struct ctx *c, const struct row *r, struct state *s, struct err *e)
{
    const char *uuid = jget_path_str(s->facts, "mapping.UUID");

    if (uuid && mapping_delete(c, r->name, uuid, e) < 0)
        return -1;
    return delete_others(c, r, s, e);
}

const struct kind kind_event_source = {
    .name = "event-source-mapping",
    .flags = KIND_PART,
    .props = source_props,
    .exists = "ResourceConflictException",
    .read = source_read,
    .want = source_want,
    .create = source_create,
    .update = source_update,
    .drop = source_drop,
};

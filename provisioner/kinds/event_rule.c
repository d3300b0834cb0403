/*
 * event_rule.c: an EventBridge rule with a schedule, and its one target.
 * https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutRule.html
 * PutRule applies tags only to a new rule. EventBridge refuses concurrent writes to a rule, so they
 * are sent one after the other.
 */
#include "aws_names.h"
#include "aws_pages.h"
#include "kinds/kinds.h"
#include "kinds/tools.h"
#include "mem.h"
#include "retry.h"

#include <stdio.h>
#include <string.h>

enum { ENTRIES_MS = 60000 }; /* how long a refused target is retried */

enum { RULES, TARGETS, TAGS }; /* the requests of a read */

static const char target_id[] = "drain";

static const struct prop rule_props[] = {
    { .name = "ScheduleExpression" },
    { .name = "State" },
    { .name = "Description" },
    { .name = "EventPattern" },
    { .name = "RoleArn" },
    { .name = "Target" },
    { .name = "OtherTargets", .flags = PROP_EXTRA },
    { .name = "Tags", .flags = PROP_TAGS },
    { 0 },
};

static char *rule_arn(const struct ctx *c, const struct row *r)
{
    auto_free char *resource = xasprintf("rule/%s", r->name);

    return aws_arn(c->aws, "events", resource);
}

/* id -> the rest of the target, with Input as a JSON value. */
static json_t *targets_by_id(const json_t *list)
{
    json_t *out = json_object(), *target;
    size_t i;

    json_array_foreach(list, i, target) {
        json_t *rest = json_copy(target);
        const char *input = jget_str(rest, "Input");
        json_t *value = input ? json_loads(input, JSON_DECODE_ANY, NULL) : NULL;

        if (value)
            json_object_set_new(rest, "Input", value);
        json_object_del(rest, "Id");
        json_object_set_new(out, jget_str(target, "Id"), rest);
    }
    return out;
}

/* id -> ARN only: the Input of other targets may hold secrets. */
static json_t *others_shown(const json_t *targets)
{
    json_t *out = json_object(), *target;
    const char *id;

    json_object_foreach((json_t *)targets, id, target)
        put_or(out, id, json_object_get(target, "Arn"), json_string("(no ARN)"));
    return out;
}

/* Of the answers to TARGETS and TAGS. */
static json_t *rule_value(const json_t *rule, const struct aws_ask *asks)
{
    json_t *have = json_object(),
           *targets = targets_by_id(jget_array(asks[TARGETS].reply, "Targets"));

    put_from(have, "ScheduleExpression", rule);
    put_from(have, "State", rule);
    put_or(have, "Description", json_object_get(rule, "Description"), json_string(""));
    put_from(have, "EventPattern", rule);
    put_from(have, "RoleArn", rule);
    put_or(have, "Target", json_object_get(targets, target_id), json_null());
    json_object_del(targets, target_id);
    json_object_set_new(have, "OtherTargets", others_shown(targets));
    json_decref(targets);
    json_object_set_new(have, "Tags", tags_of_list(jget_array(asks[TAGS].reply, "Tags")));
    return have;
}

/* While rows are read in parallel, one list through the memo serves all rules and leftovers. It has
 * the members of DescribeRule. */
static json_t *which(const struct ctx *c, const struct row *r)
{
    size_t n = strlen(c->pipeline);
    bool ours = c->memo && strncmp(r->name, c->pipeline, n) == 0 && r->name[n] == '-';

    return json_pack("{s:s%}", "NamePrefix", r->name, ours ? n + 1 : strlen(r->name));
}

static json_t *find(const json_t *reply, const char *name)
{
    json_t *rule;
    size_t i;

    json_array_foreach(jget_array(reply, "Rules"), i, rule) {
        const char *its = jget_str(rule, "Name");

        if (its && strcmp(its, name) == 0)
            return rule;
    }
    return NULL;
}

static int rule_read(const struct ctx *c, const struct row *r, struct state *s, struct err *e)
{
    auto_free char *arn = rule_arn(c, r);
    struct aws_ask asks[] = {
        [RULES] = { .service = &aws_events, .action = "ListRules", .params = which(c, r) },
        [TARGETS] = { .service = &aws_events,
                      .action = "ListTargetsByRule",
                      .params = json_pack("{s:s}", "Rule", r->name) },
        [TAGS] = { .service = &aws_events,
                   .action = "ListTagsForResource",
                   .params = json_pack("{s:s}", "ResourceARN", arn) },
    };
    const json_t *rule;
    int rc;

    kind_ask(c, asks, c->known ? COUNTOF(asks) : 1);
    rc = aws_ask_check(&asks[RULES], e);
    rule = find(asks[RULES].reply, r->name);
    if (rule && !c->known)
        kind_ask(c, asks + TARGETS, COUNTOF(asks) - TARGETS);
    for (size_t i = TARGETS; i < COUNTOF(asks) && rc == 0 && rule; i++)
        rc = kind_ask_again(c, r->name, &asks[i], e);
    if (rc == 0 && rule)
        s->have = rule_value(rule, asks);
    aws_asks_done(asks, COUNTOF(asks));
    return rc;
}

static int rule_want(const struct ctx *c, const struct row *r, struct state *s, struct err *e)
{
    const struct event_rule *rule = r->spec;
    auto_free char *resource = xasprintf("function:%s", rule->function);
    auto_free char *arn = aws_arn(c->aws, "lambda", resource);
    auto_free char *description =
        xasprintf("fifoq %s: drains the queue (%s)", c->pipeline, rule->schedule->name);

    (void)e;
    s->want = json_pack(
        "{s:s, s:s, s:s, s:n, s:n, s:{s:s, s:{s:s, s:I}}, s:{}, s:o}", "ScheduleExpression",
        rule->schedule->expression, "State", "ENABLED", "Description", description, "EventPattern",
        "RoleArn", "Target", "Arn", arn, "Input", "schedule", rule->schedule->name, "max_messages",
        (json_int_t)rule->schedule->max_messages, "OtherTargets", "Tags", tags_wanted(c));
    return 0;
}

static json_t *rule_request(const struct row *r, const struct state *s)
{
    json_t *ask = json_pack("{s:s}", "Name", r->name);

    put_from(ask, "ScheduleExpression", s->want);
    put_from(ask, "State", s->want);
    put_from(ask, "Description", s->want);
    return ask;
}

/* Both actions return 200 even if a target failed. */
static int check_entries(const struct row *r, const json_t *reply, struct err *e)
{
    const json_t *first = json_array_get(jget_array(reply, "FailedEntries"), 0);
    const char *code = jget_str(first, "ErrorCode"), *why = jget_str(first, "ErrorMessage");

    if (jget_int(reply, "FailedEntryCount", 0) == 0)
        return 0;
    (void)err_set(e,
                  code && strcmp(code, "ResourceNotFoundException") == 0 ? ERR_NOT_FOUND : ERR_AWS,
                  "the target of rule '%s' was refused: %s: %s", r->name,
                  code ? code : "no code given", why ? why : "no reason given");
    (void)snprintf(e->aws_code, sizeof(e->aws_code), "%s", code ? code : "");
    return -1;
}

/* Retries an entry for the same errors as a call: "too many requests at the same time" (PutTargets'
 * reference). Releases ask. */
static int change_targets(const struct ctx *c, const struct row *r, const char *action, json_t *ask,
                          struct err *e)
{
    auto_json json_t *mine = ask;

    for (int look = 0;; look++) {
        auto_json json_t *reply = NULL;
        struct err pause = { 0 };

        if (kind_call(c, &aws_events, action, json_incref(mine), &reply, e) < 0)
            return -1;
        if (check_entries(r, reply, e) == 0)
            return 0;
        if (retry_classify(aws_events.name, action, e) == RETRY_NO)
            return -1;
        if (kind_pause(c, look, ENTRIES_MS, r->name, "being changed", &pause) < 0) {
            e->code = pause.code == ERR_INTERRUPTED ? ERR_INTERRUPTED : e->code;
            return -1;
        }
    }
}

static int put_target(const struct ctx *c, const struct row *r, const struct state *s,
                      struct err *e)
{
    const json_t *target = json_object_get(s->want, "Target");
    auto_free char *input = json_text(json_object_get(target, "Input"));
    json_t *ask = json_pack("{s:s, s:[{s:s, s:O, s:s}]}", "Rule", r->name, "Targets", "Id",
                            target_id, "Arn", json_object_get(target, "Arn"), "Input", input);

    return change_targets(c, r, "PutTargets", ask, e);
}

static int remove_targets(const struct ctx *c, const struct row *r, json_t *ids, struct err *e)
{
    auto_json json_t *mine = ids;

    if (json_array_size(mine) == 0)
        return 0;
    if (change_targets(c, r, "RemoveTargets", json_pack("{s:s, s:O}", "Rule", r->name, "Ids", mine),
                       e) < 0)
        return e->code == ERR_NOT_FOUND ? 0 : -1;
    return 0;
}

/* The ids of the targets that others added. */
static json_t *other_ids(const struct state *s)
{
    json_t *ids = json_array(), *v;
    const char *id;

    json_object_foreach(json_object_get(s->have, "OtherTargets"), id, v)
        json_array_append_new(ids, json_string(id));
    return ids;
}

static int rule_create(const struct ctx *c, const struct row *r, struct state *s, struct err *e)
{
    json_t *ask = rule_request(r, s);

    json_object_set_new(ask, "Tags", tags_to_list(json_object_get(s->want, "Tags")));
    return kind_call(c, &aws_events, "PutRule", ask, NULL, e);
}

/* A tick before the target exists is lost, and the next one finds the same messages. */
static int rule_finish(const struct ctx *c, const struct row *r, struct state *s, struct err *e)
{
    return put_target(c, r, s, e);
}

static const struct tag_calls tag_calls = {
    .service = &aws_events,
    .tag = "TagResource",
    .untag = "UntagResource",
    .tags = "Tags",
    .keys = "TagKeys",
    .list = true,
};

static int update_tags(const struct ctx *c, const struct row *r, const struct state *s,
                       struct err *e)
{
    auto_free char *arn = rule_arn(c, r);

    return tags_sync(c, s, &tag_calls, json_pack("{s:s}", "ResourceARN", arn), e);
}

static int rule_update(const struct ctx *c, const struct row *r, struct state *s,
                       const json_t *delta, struct err *e)
{
    bool target = json_object_get(delta, "Target") != NULL;
    bool others = json_object_get(delta, "OtherTargets") != NULL;
    bool tags = json_object_get(delta, "Tags") != NULL;

    if (json_object_size(delta) > (size_t)target + (size_t)others + (size_t)tags &&
        kind_call(c, &aws_events, "PutRule", rule_request(r, s), NULL, e) < 0)
        return -1;
    if (target && put_target(c, r, s, e) < 0)
        return -1;
    if (others && remove_targets(c, r, other_ids(s), e) < 0)
        return -1;
    return tags ? update_tags(c, r, s, e) : 0;
}

static int rule_drop(const struct ctx *c, const struct row *r, struct state *s, struct err *e)
{
    json_t *ids = other_ids(s);

    if (!json_is_null(json_object_get(s->have, "Target")))
        json_array_append_new(ids, json_string(target_id));
    if (remove_targets(c, r, ids, e) < 0)
        return -1;
    return kind_remove(c, &aws_events, "DeleteRule", json_pack("{s:s}", "Name", r->name), e);
}

static int rule_list(const struct ctx *c, const struct row *r, json_t **names, struct err *e)
{
    auto_json json_t *reply = NULL;
    json_t *rule, *out;
    size_t i;

    if (kind_call(c, &aws_events, "ListRules", json_pack("{s:s}", "NamePrefix", r->name), &reply,
                  e) < 0)
        return -1;
    out = json_array();
    json_array_foreach(jget_array(reply, "Rules"), i, rule)
        json_array_append(out, json_object_get(rule, "Name"));
    *names = out;
    return 0;
}

const struct kind kind_event_rule = {
    .name = "event-rule",
    .flags = KIND_TAGGED,
    .props = rule_props,
    .read = rule_read,
    .want = rule_want,
    .create = rule_create,
    .finish = rule_finish,
    .update = rule_update,
    .drop = rule_drop,
    .list = rule_list,
};

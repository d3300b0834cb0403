/*
 * log_group.c: CloudWatch log groups with a retention.
 * https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogGroup.html
 * Created before the function, whose role may not create one: Lambda's own would keep everything
 * permanently. Metric filters only count lines and are ignored; a subscription sends the lines
 * elsewhere.
 *
 * An account-level retention policy overrides the group's: DescribeLogGroups then returns its days,
 * and its name as retentionPolicyName. The days are not compared in that case.
 * https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_LogGroup.html
 */
#include "aws_names.h"
#include "aws_pages.h"
#include "kinds/kinds.h"
#include "kinds/tools.h"
#include "mem.h"
#include "text.h"

#include <string.h>

static const struct prop log_props[] = {
    { .name = "retentionInDays" },
    { .name = "kmsKeyId" },
    { .name = "SubscriptionFilters", .flags = PROP_EXTRA },
    { .name = "Tags", .flags = PROP_TAGS },
    { 0 },
};

static char *group_arn(const struct ctx *c, const struct row *r)
{
    auto_free char *resource = xasprintf("log-group:%s", r->name);

    return aws_arn(c->aws, "logs", resource);
}

/* name -> destination ARN */
static json_t *subscriptions(const json_t *reply)
{
    json_t *out = json_object(), *filter;
    size_t i;

    json_array_foreach(jget_array(reply, "subscriptionFilters"), i, filter) {
        const char *name = jget_str(filter, "filterName");

        if (name)
            put_or(out, name, json_object_get(filter, "destinationArn"), json_null());
    }
    return out;
}

static json_t *group_value(const json_t *group, const json_t *tags, const json_t *filters)
{
    json_t *have = json_object();

    put_from(have, "retentionInDays", group);
    put_from(have, "kmsKeyId", group);
    json_object_set_new(have, "SubscriptionFilters", subscriptions(filters));
    json_object_set_new(have, "Tags", tags_of_object(jget_obj(tags, "tags")));
    return have;
}

static const json_t *find_group(const json_t *reply, const char *name)
{
    json_t *group;
    size_t i;

    json_array_foreach(jget_array(reply, "logGroups"), i, group) {
        const char *its = jget_str(group, "logGroupName");

        if (its && strcmp(its, name) == 0)
            return group;
    }
    return NULL;
}

/* While rows are read in parallel, one list through the memo serves all groups of the pipeline. */
static json_t *which(const struct ctx *c, const struct row *r)
{
    auto_free char *all = xasprintf("/aws/lambda/%s-", c->pipeline);
    bool ours = c->memo && str_starts(r->name, all);

    return json_pack("{s:s}", "logGroupNamePrefix", ours ? all : r->name);
}

static int group_read(const struct ctx *c, const struct row *r, struct state *s, struct err *e)
{
    auto_free char *arn = group_arn(c, r);
    struct aws_ask asks[] = {
        { .service = &aws_logs, .action = "DescribeLogGroups", .params = which(c, r) },
        { .service = &aws_logs,
          .action = "ListTagsForResource",
          .params = json_pack("{s:s}", "resourceArn", arn) },
        { .service = &aws_logs,
          .action = "DescribeSubscriptionFilters",
          .params = json_pack("{s:s}", "logGroupName", r->name) },
    };
    size_t n = c->bare ? 2 : COUNTOF(asks);
    const json_t *group = NULL;
    int rc;

    kind_ask(c, asks, c->known ? n : 1);
    rc = aws_ask_check(&asks[0], e);
    if (rc == 0)
        group = find_group(asks[0].reply, r->name);
    if (group && !c->known)
        kind_ask(c, asks + 1, n - 1);
    if (group)
        rc = kind_ask_again(c, r->name, &asks[1], e);
    if (group && rc == 0)
        rc = aws_ask_check(&asks[2], e);
    if (group && rc == 0) {
        s->have = group_value(group, asks[1].reply, asks[2].reply);
        s->facts = json_object();
        put_from(s->facts, "retentionPolicyName", group);
    }
    aws_asks_done(asks, COUNTOF(asks));
    return rc;
}

static int group_want(const struct ctx *c, const struct row *r, struct state *s, struct err *e)
{
    const struct log_group *g = r->spec;

    (void)e;
    s->want =
        json_pack("{s:n, s:{}, s:o}", "kmsKeyId", "SubscriptionFilters", "Tags", tags_wanted(c));
    if (!jget_str(s->facts, "retentionPolicyName"))
        json_object_set_new(s->want, "retentionInDays", json_integer(g->retention_days));
    return 0;
}

static int put_retention(const struct ctx *c, const struct row *r, const struct state *s,
                         struct err *e)
{
    json_t *ask = json_pack("{s:s, s:O}", "logGroupName", r->name, "retentionInDays",
                            json_object_get(s->want, "retentionInDays"));

    return kind_call(c, &aws_logs, "PutRetentionPolicy", ask, NULL, e);
}

static int group_create(const struct ctx *c, const struct row *r, struct state *s, struct err *e)
{
    json_t *ask =
        json_pack("{s:s, s:O}", "logGroupName", r->name, "tags", json_object_get(s->want, "Tags"));

    return kind_call(c, &aws_logs, "CreateLogGroup", ask, NULL, e);
}

static int group_finish(const struct ctx *c, const struct row *r, struct state *s, struct err *e)
{
    return put_retention(c, r, s, e);
}

static const struct tag_calls tag_calls = {
    .service = &aws_logs,
    .tag = "TagResource",
    .untag = "UntagResource",
    .tags = "tags",
    .keys = "tagKeys",
};

static int update_tags(const struct ctx *c, const struct row *r, const struct state *s,
                       struct err *e)
{
    auto_free char *arn = group_arn(c, r);

    return tags_sync(c, s, &tag_calls, json_pack("{s:s}", "resourceArn", arn), e);
}

static int unsubscribe(const struct ctx *c, const struct row *r, const struct state *s,
                       struct err *e)
{
    const char *name;
    json_t *v;

    json_object_foreach(json_object_get(s->have, "SubscriptionFilters"), name, v) {
        if (kind_remove(c, &aws_logs, "DeleteSubscriptionFilter",
                        json_pack("{s:s, s:s}", "logGroupName", r->name, "filterName", name),
                        e) < 0)
            return -1;
    }
    return 0;
}

static int group_update(const struct ctx *c, const struct row *r, struct state *s,
                        const json_t *delta, struct err *e)
{
    if (json_object_get(delta, "kmsKeyId") &&
        kind_remove(c, &aws_logs, "DisassociateKmsKey", json_pack("{s:s}", "logGroupName", r->name),
                    e) < 0)
        return -1;
    if (json_object_get(delta, "SubscriptionFilters") && unsubscribe(c, r, s, e) < 0)
        return -1;
    if (json_object_get(delta, "retentionInDays") && put_retention(c, r, s, e) < 0)
        return -1;
    return json_object_get(delta, "Tags") ? update_tags(c, r, s, e) : 0;
}

static int group_drop(const struct ctx *c, const struct row *r, struct state *s, struct err *e)
{
    (void)s;
    return kind_remove(c, &aws_logs, "DeleteLogGroup", json_pack("{s:s}", "logGroupName", r->name),
                       e);
}

const struct kind kind_log_group = {
    .name = "log-group",
    .flags = KIND_TAGGED,
    .props = log_props,
    .exists = "ResourceAlreadyExistsException",
    .read = group_read,
    .want = group_want,
    .create = group_create,
    .finish = group_finish,
    .update = group_update,
    .drop = group_drop,
};

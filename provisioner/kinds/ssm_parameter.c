/*
 * ssm_parameter.c: SecureString parameters.
 * https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutParameter.html
 * The value is written and never read back. Two tags describe it: fifoq:value recognises the value
 * (kinds/secret.h), and fifoq:value-version is the version written with it, so that a rotation by
 * others shows. They are not in have["Tags"]. Without a value at its source an existing parameter
 * keeps its value. AWS accepts no tags with an overwrite, so they follow in a second request; after
 * an interruption in between the value is written once more.
 */
#include "aws_pages.h"
#include "kinds/kinds.h"
#include "kinds/secret.h"
#include "kinds/tools.h"
#include "mem.h"

#include <stdlib.h>
#include <string.h>

static const char mark_tag[] = "fifoq:value", version_tag[] = "fifoq:value-version";
static const char secret[] = "(secret)", ours[] = "written by fifoq";

enum { PAGE = 50 }; /* DescribeParameters' maximum */

static const struct prop parameter_props[] = {
    { .name = "Type", .flags = PROP_FIXED, .advice = "delete the parameter, then run 'fifoq up'" },
    { .name = "Tier", .flags = PROP_FIXED, .advice = "delete the parameter, then run 'fifoq up'" },
    { .name = "KeyId" },
    { .name = "Description" },
    { .name = "Value", .flags = PROP_SECRET },
    { .name = "Version", .flags = PROP_STATUS },
    { .name = "Tags", .flags = PROP_TAGS },
    { 0 },
};

static json_t *by_name(const char *name)
{
    return json_pack("{s:[{s:s, s:s, s:[s]}]}", "ParameterFilters", "Key", "Name", "Option",
                     "Equals", "Values", name);
}

/* All parameters one level below a path, which excludes the lock. */
static json_t *by_path(const char *path, size_t n)
{
    return json_pack("{s:[{s:s, s:s, s:[s%]}], s:i}", "ParameterFilters", "Key", "Path", "Option",
                     "OneLevel", "Values", path, n, "MaxResults", PAGE);
}

/* While rows are read in parallel, one request through the memo serves all parameters and
 * leftovers.
 */
static json_t *which(const struct ctx *c, const struct row *r)
{
    const char *slash = strrchr(r->name, '/');

    return c->memo && slash && slash > r->name ? by_path(r->name, (size_t)(slash - r->name))
                                               : by_name(r->name);
}

static const json_t *find(const json_t *reply, const char *name)
{
    json_t *parameter;
    size_t i;

    json_array_foreach(jget_array(reply, "Parameters"), i, parameter) {
        const char *its = jget_str(parameter, "Name");

        if (its && strcmp(its, name) == 0)
            return parameter;
    }
    return NULL;
}

static json_t *tags_request(const struct row *r)
{
    return json_pack("{s:s, s:s}", "ResourceType", "Parameter", "ResourceId", r->name);
}

/* Moves our two tags from tags to facts, and puts Value and Version into have. */
static void read_marks(json_t *tags, json_int_t version, json_t *have, json_t *facts)
{
    const char *written = jget_str(tags, version_tag);

    put_str(have, "Value", secret);
    if (!written)
        put_text(have, "Version", "%lld (not written by fifoq)", (long long)version);
    else if (strtoll(written, NULL, 10) != version)
        put_text(have, "Version", "%lld (rotated outside)", (long long)version);
    put_from(facts, mark_tag, tags);
    json_object_set_new(facts, "Version", json_integer(version));
    json_object_del(tags, mark_tag);
    json_object_del(tags, version_tag);
}

static void take(const json_t *parameter, const json_t *tag_list, struct state *s)
{
    static const char *const plain[] = { "Type", "KeyId", NULL };
    json_t *tags = tags_of_list(tag_list);

    s->have = pick(parameter, plain);
    s->facts = json_object();
    put_or(s->have, "Tier", json_object_get(parameter, "Tier"), json_string("Standard"));
    if (json_is_null(json_object_get(s->have, "Tier")))
        put_str(s->have, "Tier", "Standard");
    put_or(s->have, "Description", json_object_get(parameter, "Description"), json_string(""));
    read_marks(tags, jget_int(parameter, "Version", 0), s->have, s->facts);
    json_object_set_new(s->have, "Tags", tags);
}

static int parameter_read(const struct ctx *c, const struct row *r, struct state *s, struct err *e)
{
    struct aws_ask asks[] = {
        { .service = &aws_ssm, .action = "DescribeParameters", .params = which(c, r) },
        { .service = &aws_ssm, .action = "ListTagsForResource", .params = tags_request(r) },
    };
    const json_t *found;
    int rc;

    kind_ask(c, asks, c->known ? COUNTOF(asks) : 1);
    rc = aws_ask_check(&asks[0], e);
    found = find(asks[0].reply, r->name);
    if (rc == 0 && found) {
        if (!c->known)
            kind_ask(c, asks + 1, 1);
        rc = kind_ask_again(c, r->name, &asks[1], e);
        if (rc == 0)
            take(found, jget_array(asks[1].reply, "TagList"), s);
    }
    aws_asks_done(asks, COUNTOF(asks));
    return rc;
}

/* Fills in the properties that are only written together with a value. */
static void want_value(const struct row *r, struct state *s, const char *value)
{
    const struct ssm_parameter *p = r->spec;
    const char *mark = jget_str(s->facts, mark_tag);

    put_str(s->want, "Type", "SecureString");
    put_str(s->want, "Tier", "Standard");
    put_str(s->want, "KeyId", p->kms ? p->kms : "alias/aws/ssm");
    put_text(s->want, "Description", "fifoq: ${param.%s}", p->config->name);
    put_str(s->want, "Version", ours);
    if (s->have && !json_object_get(s->have, "Version"))
        put_str(s->have, "Version", ours);
    put_str(s->want, "Value", secret);
    put_str(s->facts, "plain", value);
    if (s->have && mark && secret_fits(value, mark)) {
        put_str(s->facts, "mark", mark);
        return;
    }
    if (s->have)
        put_text(s->want, "Value", "%s changed", secret);
}

static int parameter_want(const struct ctx *c, const struct row *r, struct state *s, struct err *e)
{
    const struct ssm_parameter *p = r->spec;
    bool asks = p->config->from == FROM_PROMPT;
    auto_secret char *value = NULL;
    auto_free char *missing = NULL;

    if (!(s->have && asks) &&
        secret_get(p->config, p->folder, c->ask_secret, &value, &missing, e) < 0)
        return -1;
    if (!s->have && !value)
        return err_set(e, ERR_CONFIG,
                       "parameter '%s' does not exist yet, and its value is missing: %s",
                       p->config->name, missing ? missing : "set one");
    if (!s->facts)
        s->facts = json_object();
    s->want = json_object();
    if (value)
        want_value(r, s, value);
    json_object_set_new(s->want, "Tags", tags_wanted(c));
    return 0;
}

/* A new value's mark is slow to make, so only a write makes it, and before the value is written. */
static void make_mark(const struct state *s)
{
    auto_free char *fresh = NULL;

    if (jget_str(s->facts, "mark"))
        return;
    fresh = secret_mark(jget_str(s->facts, "plain"));
    put_str(s->facts, "mark", fresh);
}

/* Adds the two tags that belong to a value. */
static void add_marks(const struct state *s, json_int_t version, json_t *tags)
{
    json_object_set(tags, mark_tag, json_object_get(s->facts, "mark"));
    put_text(tags, version_tag, "%lld", (long long)version);
}

static json_t *put_request(const struct row *r, const struct state *s)
{
    json_t *ask =
        json_pack("{s:s, s:O}", "Name", r->name, "Value", json_object_get(s->facts, "plain"));

    put_from(ask, "Type", s->want);
    put_from(ask, "Tier", s->want);
    put_from(ask, "KeyId", s->want);
    put_from(ask, "Description", s->want);
    return ask;
}

static int add_tags(const struct ctx *c, const struct row *r, const json_t *tags, struct err *e)
{
    json_t *ask = tags_request(r);

    json_object_set_new(ask, "Tags", tags_to_list(tags));
    return kind_call(c, &aws_ssm, "AddTagsToResource", ask, NULL, e);
}

static int remark(const struct ctx *c, const struct row *r, const struct state *s,
                  json_int_t version, struct err *e)
{
    auto_json json_t *marks = json_object();

    add_marks(s, version, marks);
    return add_tags(c, r, marks, e);
}

static int parameter_create(const struct ctx *c, const struct row *r, struct state *s,
                            struct err *e)
{
    auto_json json_t *reply = NULL, *tags = json_copy(json_object_get(s->want, "Tags"));
    json_t *ask = put_request(r, s);
    json_int_t version;

    make_mark(s);
    add_marks(s, 1, tags);
    json_object_set_new(ask, "Tags", tags_to_list(tags));
    if (kind_call(c, &aws_ssm, "PutParameter", ask, &reply, e) < 0)
        return -1;
    version = jget_int(reply, "Version", 1);
    return version == 1 ? 0 : remark(c, r, s, version, e);
}

static int overwrite(const struct ctx *c, const struct row *r, const struct state *s, struct err *e)
{
    auto_json json_t *reply = NULL;
    json_t *ask = put_request(r, s);

    make_mark(s);
    json_object_set_new(ask, "Overwrite", json_true());
    if (kind_call(c, &aws_ssm, "PutParameter", ask, &reply, e) < 0)
        return -1;
    return remark(c, r, s, jget_int(reply, "Version", 0), e);
}

static const struct tag_calls tag_calls = {
    .service = &aws_ssm,
    .tag = "AddTagsToResource",
    .untag = "RemoveTagsFromResource",
    .tags = "Tags",
    .keys = "TagKeys",
    .list = true,
};

static int update_tags(const struct ctx *c, const struct row *r, const struct state *s,
                       struct err *e)
{
    return tags_sync(c, s, &tag_calls, tags_request(r), e);
}

static int parameter_update(const struct ctx *c, const struct row *r, struct state *s,
                            const json_t *delta, struct err *e)
{
    bool tags = json_object_get(delta, "Tags") != NULL;

    if (json_object_size(delta) > (size_t)tags && overwrite(c, r, s, e) < 0)
        return -1;
    return tags ? update_tags(c, r, s, e) : 0;
}

static int parameter_drop(const struct ctx *c, const struct row *r, struct state *s, struct err *e)
{
    (void)s;
    return kind_remove(c, &aws_ssm, "DeleteParameter", json_pack("{s:s}", "Name", r->name), e);
}

/* r->name is "/P/". */
static int parameter_list(const struct ctx *c, const struct row *r, json_t **names, struct err *e)
{
    auto_json json_t *reply = NULL;
    json_t *parameter, *out;
    size_t i;

    if (kind_call(c, &aws_ssm, "DescribeParameters", by_path(r->name, strlen(r->name) - 1), &reply,
                  e) < 0)
        return -1;
    out = json_array();
    json_array_foreach(jget_array(reply, "Parameters"), i, parameter)
        json_array_append(out, json_object_get(parameter, "Name"));
    *names = out;
    return 0;
}

const struct kind kind_ssm_parameter = {
    .name = "ssm-parameter",
    .flags = KIND_TAGGED,
    .props = parameter_props,
    .exists = "ParameterAlreadyExists",
    .read = parameter_read,
    .want = parameter_want,
    .create = parameter_create,
    .update = parameter_update,
    .drop = parameter_drop,
    .list = parameter_list,
};

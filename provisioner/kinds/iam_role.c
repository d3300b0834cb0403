/*
 * iam_role.c: a function's role with its one inline policy `fifoq`, from templates/.
 * https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetRole.html
 * Other inline policies and attached policies are differences, and an update removes them. A
 * permissions boundary only removes rights, so one that the configuration does not name is the
 * organisation's and stays. IAM refuses concurrent writes to a role, so they are sent one after the
 * other.
 */
#include "aws_pages.h"
#include "kinds/kinds.h"
#include "kinds/kms.h"
#include "kinds/policy.h"
#include "kinds/tools.h"
#include "mem.h"

#include <stdlib.h>
#include <string.h>

static const char policy_name[] = "fifoq";

static const struct prop role_props[] = {
    { .name = "Path",
      .flags = PROP_FIXED,
      .advice = "run 'fifoq down' with the old functions.role_path, then 'fifoq up'" },
    { .name = "Description" },
    { .name = "MaxSessionDuration" },
    { .name = "AssumeRolePolicyDocument", .form = &form_policy },
    { .name = "PolicyDocument", .form = &form_policy },
    { .name = "OtherInlinePolicies", .flags = PROP_EXTRA, .form = &form_set },
    { .name = "AttachedPolicies", .flags = PROP_EXTRA, .form = &form_set },
    { .name = "PermissionsBoundary" },
    { .name = "Tags", .flags = PROP_TAGS },
    { 0 },
};

static json_t *role_named(const struct row *r)
{
    return json_pack("{s:s}", "RoleName", r->name);
}

static json_t *document(const json_t *o, const char *key)
{
    const char *text = jget_str(o, key);

    return text ? policy_parse(text) : json_null();
}

static json_t *other_policies(const json_t *names)
{
    json_t *out = json_array(), *v;
    size_t i;

    json_array_foreach(names, i, v) {
        if (strcmp(json_string_value(v), policy_name) != 0)
            json_array_append(out, v);
    }
    return out;
}

static json_t *policy_arns(const json_t *attached)
{
    json_t *out = json_array(), *v;
    size_t i;

    json_array_foreach(attached, i, v)
        json_array_append(out, json_object_get(v, "PolicyArn"));
    return out;
}

/* The Query protocol has only strings. */
static json_t *number(const json_t *v)
{
    if (json_is_integer(v))
        return json_incref((json_t *)v);
    return json_is_string(v) ? json_integer(strtoll(json_string_value(v), NULL, 10)) : NULL;
}

enum { ROLE, POLICY, INLINE, ATTACHED, OWN_ASKS }; /* the requests of a read */

static json_t *role_value(const struct aws_ask *asks)
{
    const json_t *role = jget_obj(asks[ROLE].reply, "Role");
    json_t *have = json_object();

    put_from(have, "Path", role);
    put_or(have, "Description", json_object_get(role, "Description"), json_string(""));
    json_object_set_new(have, "MaxSessionDuration",
                        number(json_object_get(role, "MaxSessionDuration")));
    json_object_set_new(have, "AssumeRolePolicyDocument",
                        document(role, "AssumeRolePolicyDocument"));
    json_object_set_new(have, "PolicyDocument", document(asks[POLICY].reply, "PolicyDocument"));
    json_object_set_new(have, "OtherInlinePolicies",
                        other_policies(jget_array(asks[INLINE].reply, "PolicyNames")));
    json_object_set_new(have, "AttachedPolicies",
                        policy_arns(jget_array(asks[ATTACHED].reply, "AttachedPolicies")));
    put_or(have, "PermissionsBoundary",
           jget_path(role, "PermissionsBoundary.PermissionsBoundaryArn"), json_null());
    json_object_set_new(have, "Tags", tags_of_list(jget_array(role, "Tags")));
    return have;
}

static void ask_role(const struct row *r, struct aws_ask *asks)
{
    static const char *const actions[OWN_ASKS] = { [ROLE] = "GetRole",
                                                   [POLICY] = "GetRolePolicy",
                                                   [INLINE] = "ListRolePolicies",
                                                   [ATTACHED] = "ListAttachedRolePolicies" };

    for (size_t i = 0; i < OWN_ASKS; i++)
        asks[i] =
            (struct aws_ask){ .service = &aws_iam, .action = actions[i], .params = role_named(r) };
    put_str(asks[POLICY].params, "PolicyName", policy_name);
}

/* Keys are needed to write or compare the policy, but not for a removal. */
static const struct role_keys *wants_keys(const struct ctx *c, const struct row *r)
{
    const struct iam_role *spec = r->spec;

    return r->presence == PRESENT && c->package ? &spec->keys : NULL;
}

static int take_keys(const struct ctx *c, const struct role_keys *keys, const struct aws_ask *asks,
                     struct state *s, struct err *e)
{
    json_t *statements = NULL;

    if (!keys)
        return 0;
    if (role_keys_take(c, keys, asks, &statements, e) < 0)
        return err_wrap(e, "cannot determine which keys the role needs");
    s->facts = json_pack("{s:o}", "KeyStatements", statements);
    return 0;
}

static int role_read(const struct ctx *c, const struct row *r, struct state *s, struct err *e)
{
    const struct iam_role *spec = r->spec;
    const struct role_keys *keys = wants_keys(c, r);
    size_t n = OWN_ASKS + role_keys_count(keys);
    auto_free struct aws_ask *asks = xcalloc(n, sizeof(*asks));
    bool there = false;
    int rc;

    if (spec->undecided) {
        *e = *spec->undecided;
        return -1;
    }
    ask_role(r, asks);
    role_keys_ask(c, keys, asks + OWN_ASKS);
    /* the policy may be missing */
    kind_ask_found(c, asks, c->bare ? INLINE : OWN_ASKS);
    kind_ask(c, asks + OWN_ASKS, n - OWN_ASKS);
    rc = kind_asked(asks, OWN_ASKS, &there, e);
    for (size_t i = INLINE; i < OWN_ASKS && rc == 0 && there; i++)
        rc = kind_ask_again(c, r->name, &asks[i], e);
    if (rc == 0 && there)
        s->have = role_value(asks);
    if (rc == 0)
        rc = take_keys(c, keys, asks + OWN_ASKS, s, e);
    aws_asks_done(asks, n);
    return rc;
}

/* Two regions that start at the same time may both have found the name free. */
static int check_region(const struct ctx *c, const struct row *r, const struct state *s,
                        struct err *e)
{
    const char *region = jget_str(json_object_get(s->have, "Tags"), REGION_TAG);

    if (!region || strcmp(region, c->aws->region) == 0)
        return 0;
    return err_set(e, ERR_REFUSED,
                   "role '%s' serves region '%s' (tag " REGION_TAG
                   "); run it again to create a role for this region",
                   r->name, region);
}

static int role_want(const struct ctx *c, const struct row *r, struct state *s, struct err *e)
{
    const struct iam_role *spec = r->spec;
    json_t *trust = policy_render("trust-policy.json", NULL, c->aws, e);
    json_t *policy = trust ? policy_render(spec->policy, spec->grants, c->aws, e) : NULL;
    json_t *tags = tags_wanted(c);

    put_str(tags, REGION_TAG, c->aws->region);
    if (policy)
        json_array_extend(json_object_get(policy, "Statement"),
                          json_object_get(s->facts, "KeyStatements"));
    if (!policy || check_region(c, r, s, e) < 0) {
        json_decref(trust);
        json_decref(policy);
        json_decref(tags);
        return -1;
    }
    s->want = json_pack("{s:s, s:s, s:i, s:o, s:o, s:[], s:[], s:o}", "Path", spec->path,
                        "Description", spec->description, "MaxSessionDuration", 3600,
                        "AssumeRolePolicyDocument", trust, "PolicyDocument", policy,
                        "OtherInlinePolicies", "AttachedPolicies", "Tags", tags);
    put_str(s->want, "PermissionsBoundary", spec->boundary);
    return 0;
}

static void put_document(json_t *ask, const char *key, const json_t *want, const char *from)
{
    auto_free char *text = json_text(json_object_get(want, from));

    put_str(ask, key, text);
}

static int put_policy(const struct ctx *c, const struct row *r, const struct state *s,
                      struct err *e)
{
    json_t *ask = role_named(r);

    put_str(ask, "PolicyName", policy_name);
    put_document(ask, "PolicyDocument", s->want, "PolicyDocument");
    return kind_call(c, &aws_iam, "PutRolePolicy", ask, NULL, e);
}

static int role_create(const struct ctx *c, const struct row *r, struct state *s, struct err *e)
{
    json_t *ask = role_named(r);

    put_from(ask, "Path", s->want);
    put_from(ask, "Description", s->want);
    put_from(ask, "MaxSessionDuration", s->want);
    put_str(ask, "PermissionsBoundary", jget_str(s->want, "PermissionsBoundary"));
    put_document(ask, "AssumeRolePolicyDocument", s->want, "AssumeRolePolicyDocument");
    json_object_set_new(ask, "Tags", tags_to_list(json_object_get(s->want, "Tags")));
    return kind_call(c, &aws_iam, "CreateRole", ask, NULL, e);
}

/* Lambda creates a function whose role has no rights yet. */
static int role_finish(const struct ctx *c, const struct row *r, struct state *s, struct err *e)
{
    return put_policy(c, r, s, e);
}

/* One call for each element of an array of strings. */
static int for_each(const struct ctx *c, const struct row *r, const json_t *names,
                    const char *action, const char *member, struct err *e)
{
    json_t *v;
    size_t i;

    json_array_foreach(names, i, v) {
        json_t *ask = role_named(r);

        json_object_set(ask, member, v);
        if (kind_remove(c, &aws_iam, action, ask, e) < 0)
            return -1;
    }
    return 0;
}

/* Removes all policies of the role except its own. */
static int strip(const struct ctx *c, const struct row *r, const struct state *s, struct err *e)
{
    if (for_each(c, r, json_object_get(s->have, "OtherInlinePolicies"), "DeleteRolePolicy",
                 "PolicyName", e) < 0)
        return -1;
    return for_each(c, r, json_object_get(s->have, "AttachedPolicies"), "DetachRolePolicy",
                    "PolicyArn", e);
}

static const struct tag_calls tag_calls = {
    .service = &aws_iam,
    .tag = "TagRole",
    .untag = "UntagRole",
    .tags = "Tags",
    .keys = "TagKeys",
    .list = true,
};

static int update_tags(const struct ctx *c, const struct row *r, const struct state *s,
                       struct err *e)
{
    return tags_sync(c, s, &tag_calls, role_named(r), e);
}

static int update_trust(const struct ctx *c, const struct row *r, const struct state *s,
                        struct err *e)
{
    json_t *ask = role_named(r);

    put_document(ask, "PolicyDocument", s->want, "AssumeRolePolicyDocument");
    return kind_call(c, &aws_iam, "UpdateAssumeRolePolicy", ask, NULL, e);
}

static int update_settings(const struct ctx *c, const struct row *r, const struct state *s,
                           struct err *e)
{
    json_t *ask = role_named(r);

    put_from(ask, "Description", s->want);
    put_from(ask, "MaxSessionDuration", s->want);
    return kind_call(c, &aws_iam, "UpdateRole", ask, NULL, e);
}

static int put_boundary(const struct ctx *c, const struct row *r, const struct state *s,
                        struct err *e)
{
    json_t *ask = role_named(r);

    put_from(ask, "PermissionsBoundary", s->want);
    return kind_call(c, &aws_iam, "PutRolePermissionsBoundary", ask, NULL, e);
}

static bool has(const json_t *delta, const char *name)
{
    return json_object_get(delta, name) != NULL;
}

static int role_update(const struct ctx *c, const struct row *r, struct state *s,
                       const json_t *delta, struct err *e)
{
    /* first: an organisation may allow the other changes only with it */
    if (has(delta, "PermissionsBoundary") && put_boundary(c, r, s, e) < 0)
        return -1;
    if (has(delta, "AssumeRolePolicyDocument") && update_trust(c, r, s, e) < 0)
        return -1;
    if ((has(delta, "Description") || has(delta, "MaxSessionDuration")) &&
        update_settings(c, r, s, e) < 0)
        return -1;
    if (has(delta, "PolicyDocument") && put_policy(c, r, s, e) < 0)
        return -1;
    if ((has(delta, "OtherInlinePolicies") || has(delta, "AttachedPolicies")) &&
        strip(c, r, s, e) < 0)
        return -1;
    return has(delta, "Tags") ? update_tags(c, r, s, e) : 0;
}

static int role_drop(const struct ctx *c, const struct row *r, struct state *s, struct err *e)
{
    json_t *own = role_named(r);

    put_str(own, "PolicyName", policy_name);
    if (check_region(c, r, s, e) < 0) {
        json_decref(own);
        return -1;
    }
    if (kind_remove(c, &aws_iam, "DeleteRolePolicy", own, e) < 0 || strip(c, r, s, e) < 0)
        return -1;
    return kind_remove(c, &aws_iam, "DeleteRole", role_named(r), e);
}

const struct kind kind_iam_role = {
    .name = "iam-role",
    .flags = KIND_TAGGED,
    .props = role_props,
    .exists = "EntityAlreadyExists",
    .read = role_read,
    .want = role_want,
    .create = role_create,
    .finish = role_finish,
    .update = role_update,
    .drop = role_drop,
};

/* fake_aws_control.c: IAM and EventBridge. */
#include "fake_aws_parts.h"
#include "text.h"

#include <stdio.h>
#include <string.h>

/* IAM */

static int no_entity(const struct call *c)
{
    return fake_no(c, ERR_NOT_FOUND, "NoSuchEntity", "no such role or policy");
}

static int create_role(struct call *c)
{
    static const char *const members[] = { "Path", "Description", "MaxSessionDuration",
                                           "AssumeRolePolicyDocument", NULL };
    json_t *role = json_pack("{s:{}, s:{}, s:o}", "#inline", "#attached", "#tags",
                             fake_new_tags(json_object_get(c->p, "Tags")));

    fake_copy(role, c->p, members);
    json_object_set_new(fake_all(c, "roles"), jget_str(c->p, "RoleName"), role);
    return 0;
}

static int get_role(struct call *c)
{
    json_t *role = fake_thing(c, "roles", "RoleName"), *shown;

    if (!role)
        return no_entity(c);
    shown = json_copy(role);
    json_object_set_new(shown, "Tags", fake_tag_list(json_object_get(role, "#tags")));
    json_object_set_new(c->reply, "Role", shown);
    return 0;
}

static int list_role_policies(struct call *c)
{
    json_t *role = fake_thing(c, "roles", "RoleName"), *list = json_array(), *v;
    const char *name;

    json_object_foreach(json_object_get(role, "#inline"), name, v)
        json_array_append_new(list, json_string(name));
    json_object_set_new(c->reply, "PolicyNames", list);
    return role ? 0 : no_entity(c);
}

static int list_attached(struct call *c)
{
    json_t *role = fake_thing(c, "roles", "RoleName"), *list = json_array(), *v;
    const char *arn;

    json_object_foreach(json_object_get(role, "#attached"), arn, v)
        json_array_append_new(list, json_pack("{s:s}", "PolicyArn", arn));
    json_object_set_new(c->reply, "AttachedPolicies", list);
    return role ? 0 : no_entity(c);
}

static int get_role_policy(struct call *c)
{
    json_t *document =
        json_object_get(json_object_get(fake_thing(c, "roles", "RoleName"), "#inline"),
                        jget_str(c->p, "PolicyName"));

    if (!document)
        return no_entity(c);
    json_object_set(c->reply, "PolicyDocument", document);
    return 0;
}

static int put_role_policy(struct call *c)
{
    json_object_set(json_object_get(fake_thing(c, "roles", "RoleName"), "#inline"),
                    jget_str(c->p, "PolicyName"), json_object_get(c->p, "PolicyDocument"));
    return 0;
}

static int delete_role_policy(struct call *c)
{
    json_t *inlined = json_object_get(fake_thing(c, "roles", "RoleName"), "#inline");

    return json_object_del(inlined, jget_str(c->p, "PolicyName")) < 0 ? no_entity(c) : 0;
}

static int detach_role_policy(struct call *c)
{
    json_t *attached = json_object_get(fake_thing(c, "roles", "RoleName"), "#attached");

    return json_object_del(attached, jget_str(c->p, "PolicyArn")) < 0 ? no_entity(c) : 0;
}

static int put_boundary(struct call *c)
{
    json_object_set_new(
        fake_thing(c, "roles", "RoleName"), "PermissionsBoundary",
        json_pack("{s:O}", "PermissionsBoundaryArn", json_object_get(c->p, "PermissionsBoundary")));
    return 0;
}

static int update_trust(struct call *c)
{
    json_object_set(fake_thing(c, "roles", "RoleName"), "AssumeRolePolicyDocument",
                    json_object_get(c->p, "PolicyDocument"));
    return 0;
}

static int update_role(struct call *c)
{
    static const char *const members[] = { "Description", "MaxSessionDuration", NULL };

    fake_copy(fake_thing(c, "roles", "RoleName"), c->p, members);
    return 0;
}

static int tag_role(struct call *c)
{
    fake_tag(json_object_get(fake_thing(c, "roles", "RoleName"), "#tags"),
             json_object_get(c->p, "Tags"));
    return 0;
}

static int untag_role(struct call *c)
{
    fake_untag(json_object_get(fake_thing(c, "roles", "RoleName"), "#tags"),
               json_object_get(c->p, "TagKeys"));
    return 0;
}

static int delete_role(struct call *c)
{
    json_t *role = fake_thing(c, "roles", "RoleName");

    if (!role)
        return no_entity(c);
    if (json_object_size(json_object_get(role, "#inline")) +
        json_object_size(json_object_get(role, "#attached")))
        return fake_no(c, ERR_AWS, "DeleteConflict", "detach its policies first");
    json_object_del(fake_all(c, "roles"), jget_str(c->p, "RoleName"));
    return 0;
}

/* EventBridge */

static int put_rule(struct call *c)
{
    static const char *const members[] = { "ScheduleExpression", "State", "Description", NULL };
    json_t *rule = fake_thing(c, "rules", "Name");

    if (!rule) {
        rule = json_pack("{s:s, s:[], s:o}", "Name", jget_str(c->p, "Name"), "#targets", "#tags",
                         fake_new_tags(json_object_get(c->p, "Tags")));
        json_object_set_new(fake_all(c, "rules"), jget_str(c->p, "Name"), rule);
    }
    /* members that are not given are dropped */
    json_object_del(rule, "EventPattern");
    json_object_del(rule, "RoleArn");
    fake_copy(rule, c->p, members);
    return 0;
}

static int describe_rule(struct call *c)
{
    json_t *rule = fake_thing(c, "rules", "Name");

    if (!rule)
        return fake_missing(c);
    json_object_update(c->reply, rule);
    return 0;
}

static int list_targets(struct call *c)
{
    json_t *rule = fake_thing(c, "rules", "Rule");

    if (!rule)
        return fake_missing(c);
    json_object_set_new(c->reply, "Targets", json_deep_copy(json_object_get(rule, "#targets")));
    return 0;
}

static void remove_target(json_t *targets, const char *id)
{
    for (size_t i = json_array_size(targets); i-- > 0;) {
        if (strcmp(jget_str(json_array_get(targets, i), "Id"), id) == 0)
            json_array_remove(targets, i);
    }
}

static int put_targets(struct call *c)
{
    json_t *targets = json_object_get(fake_thing(c, "rules", "Rule"), "#targets"), *v;
    size_t i;

    json_array_foreach(jget_array(c->p, "Targets"), i, v) {
        remove_target(targets, jget_str(v, "Id"));
        json_array_append_new(targets, json_deep_copy(v));
    }
    json_object_set_new(c->reply, "FailedEntryCount", json_integer(0));
    return 0;
}

static int remove_targets(struct call *c)
{
    json_t *targets = json_object_get(fake_thing(c, "rules", "Rule"), "#targets"), *v;
    size_t i;

    json_array_foreach(jget_array(c->p, "Ids"), i, v)
        remove_target(targets, json_string_value(v));
    json_object_set_new(c->reply, "FailedEntryCount", json_integer(0));
    return 0;
}

static int delete_rule(struct call *c)
{
    json_t *rule = fake_thing(c, "rules", "Name");

    if (json_array_size(json_object_get(rule, "#targets")))
        return fake_no(c, ERR_AWS, "ValidationException",
                       "Rule can't be deleted since it has targets");
    json_object_del(fake_all(c, "rules"), jget_str(c->p, "Name"));
    return 0;
}

static int list_rules(struct call *c)
{
    json_t *list = json_array(), *v;
    const char *name;

    json_object_foreach(fake_all(c, "rules"), name, v) {
        if (str_starts(name, jget_str(c->p, "NamePrefix")))
            json_array_append(list, v);
    }
    json_object_set_new(c->reply, "Rules", list);
    return 0;
}

const struct fake_action fake_control[] = {
    { "iam:CreateRole", create_role },
    { "iam:GetRole", get_role },
    { "iam:ListRolePolicies", list_role_policies },
    { "iam:ListAttachedRolePolicies", list_attached },
    { "iam:GetRolePolicy", get_role_policy },
    { "iam:PutRolePolicy", put_role_policy },
    { "iam:DeleteRolePolicy", delete_role_policy },
    { "iam:DetachRolePolicy", detach_role_policy },
    { "iam:PutRolePermissionsBoundary", put_boundary },
    { "iam:UpdateAssumeRolePolicy", update_trust },
    { "iam:UpdateRole", update_role },
    { "iam:TagRole", tag_role },
    { "iam:UntagRole", untag_role },
    { "iam:DeleteRole", delete_role },
    { "events:PutRule", put_rule },
    { "events:DescribeRule", describe_rule },
    { "events:ListTargetsByRule", list_targets },
    { "events:PutTargets", put_targets },
    { "events:RemoveTargets", remove_targets },
    { "events:DeleteRule", delete_rule },
    { "events:ListRules", list_rules },
    { "events:ListTagsForResource", fake_list_tags },
    { "events:TagResource", fake_tag_listed },
    { "events:UntagResource", fake_untag_listed },
    { NULL, NULL },
};

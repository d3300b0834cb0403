/* role_names.c: decides the names of the roles by the tags on P-ingest and P-drain. */
#include "pipeline/role_names.h"

#include "aws_call.h"
#include "aws_memo.h"
#include "aws_pages.h"
#include "json.h"
#include "kinds/kinds.h"
#include "kinds/policy.h"
#include "kinds/tools.h"
#include "mem.h"

#include <stdlib.h>
#include <string.h>

enum { PLAIN, REGIONAL, FORMS };

static const char *const halves[ROLE_HALVES] = { "ingest", "drain" };

/* The answers about one half. */
struct looking {
    struct aws *aws;
    const char *pipeline;
    char *name[FORMS];
    const struct aws_ask *asks[FORMS]; /* REGIONAL: NULL if the name is too long for IAM */
};

static bool is_ours(const struct looking *l, int form)
{
    auto_json json_t *tags =
        tags_of_list(jget_array(jget_obj(l->asks[form]->reply, "Role"), "Tags"));
    const char *owner = jget_str(tags, "fifoq:pipeline");

    return owner && strcmp(owner, l->pipeline) == 0;
}

/* The region in a role's own policy: a function logs where it runs. The caller frees it; or NULL.
 */
static char *region_of_policy(const json_t *document)
{
    const json_t *statements = jget_array(document, "Statement"), *s;
    size_t i;

    json_array_foreach(statements, i, s) {
        const json_t *r = json_object_get(s, "Resource");
        const char *arn = json_string_value(json_is_array(r) ? json_array_get(r, 0) : r);
        const char *at = arn ? strstr(arn, ":logs:") : NULL;

        if (at)
            return xstrndup(at + strlen(":logs:"), strcspn(at + strlen(":logs:"), ":"));
    }
    return NULL;
}

/* For a role of a build that wrote no fifoq:region tag. A role without a policy is not in use yet.
 */
static int old_region(const struct looking *l, char **region, struct err *e)
{
    auto_json json_t *reply = NULL, *document = NULL, *normal = NULL;
    auto_json json_t *ask =
        json_pack("{s:s, s:s}", "RoleName", l->name[PLAIN], "PolicyName", "fifoq");

    *region = NULL;
    if (aws_call(l->aws, &aws_iam, "GetRolePolicy", ask, &reply, e) < 0)
        return e->code == ERR_NOT_FOUND ? 0 : -1;
    document =
        policy_parse(jget_str(reply, "PolicyDocument") ? jget_str(reply, "PolicyDocument") : "");
    normal = json_is_object(document) ? policy_normal(document) : json_object();
    *region = region_of_policy(normal);
    return 0;
}

/* Whether P-HALF belongs to this pipeline in another region. */
static int serves_another(const struct looking *l, bool *another, struct err *e)
{
    auto_json json_t *tags =
        tags_of_list(jget_array(jget_obj(l->asks[PLAIN]->reply, "Role"), "Tags"));
    const char *tag = jget_str(tags, REGION_TAG);
    auto_free char *region = tag ? xstrdup(tag) : NULL;

    *another = false;
    if (!is_ours(l, PLAIN))
        return 0;
    if (!region && old_region(l, &region, e) < 0)
        return -1;
    *another = region && strcmp(region, l->aws->region) != 0;
    return 0;
}

static int decide(const struct looking *l, const char **name, struct err *e)
{
    bool another = false;

    if (aws_ask_check(l->asks[PLAIN], e) < 0)
        return -1;
    if (l->asks[PLAIN]->reply && serves_another(l, &another, e) < 0)
        return -1;
    if (l->asks[PLAIN]->reply && is_ours(l, PLAIN) && !another)
        return 0;
    if (!l->asks[REGIONAL])
        return another ? err_set(e, ERR_CONFIG,
                                 "role '%s' serves another region, and '%s' is longer than IAM's "
                                 "%d characters; use a shorter 'name' in this region",
                                 l->name[PLAIN], l->name[REGIONAL], IAM_ROLE_NAME_MAX)
                       : 0;
    if (aws_ask_check(l->asks[REGIONAL], e) < 0)
        return -1;
    if (another || (l->asks[REGIONAL]->reply && is_ours(l, REGIONAL)))
        *name = l->name[REGIONAL];
    return 0;
}

static void decide_half(struct looking *l, struct role_names *out, enum role_half half)
{
    const char *name = l->name[PLAIN];
    struct err e = { 0 };

    if (decide(l, &name, &e) < 0) {
        (void)err_wrap(&e, "cannot tell which region role '%s' serves", l->name[PLAIN]);
        out->undecided[half] = e;
    }
    out->name[half] = xstrdup(name);
}

void role_names_decide(struct role_names *out, struct aws *a, struct aws_memo *memo,
                       const char *pipeline)
{
    struct looking looking[ROLE_HALVES];
    struct aws_ask asks[ROLE_HALVES * FORMS] = { 0 };
    size_t n = 0;

    *out = (struct role_names){ 0 };
    for (enum role_half half = 0; half < ROLE_HALVES; half++) {
        struct looking *l = &looking[half];

        *l = (struct looking){ .aws = a, .pipeline = pipeline };
        l->name[PLAIN] = xasprintf("%s-%s", pipeline, halves[half]);
        l->name[REGIONAL] = xasprintf("%s-%s-%s", pipeline, halves[half], a->region);
        for (int form = 0; form < FORMS; form++) {
            if (strlen(l->name[form]) > IAM_ROLE_NAME_MAX)
                continue;
            l->asks[form] = &asks[n];
            asks[n++] = (struct aws_ask){ .service = &aws_iam,
                                          .action = "GetRole",
                                          .params = json_pack("{s:s}", "RoleName", l->name[form]) };
        }
    }
    aws_memo_all(memo, a, asks, n);
    for (enum role_half half = 0; half < ROLE_HALVES; half++) {
        decide_half(&looking[half], out, half);
        for (int form = 0; form < FORMS; form++)
            free(looking[half].name[form]);
    }
    aws_asks_done(asks, n);
}

void role_names_done(struct role_names *n)
{
    for (enum role_half half = 0; half < ROLE_HALVES; half++)
        free(n->name[half]);
    *n = (struct role_names){ 0 };
}

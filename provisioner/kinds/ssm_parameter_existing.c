/* ssm_parameter_existing.c: a parameter that somebody else creates and rotates, which must exist.
 * Its value is never read, and it is never changed or deleted. */
#include "kinds/kinds.h"
#include "kinds/tools.h"

static const struct prop existing_props[] = { { 0 } };

static int existing_read(const struct ctx *c, const struct row *r, struct state *s, struct err *e)
{
    json_t *ask = json_pack("{s:[{s:s, s:s, s:[s]}]}", "ParameterFilters", "Key", "Name", "Option",
                            "Equals", "Values", r->name);
    auto_json json_t *reply = NULL;
    const json_t *found;

    if (kind_call(c, &aws_ssm, "DescribeParameters", ask, &reply, e) < 0)
        return e->code == ERR_NOT_FOUND ? 0 : -1;
    found = json_array_get(jget_array(reply, "Parameters"), 0);
    if (found)
        s->have = json_pack("{s:O*}", "Type", json_object_get(found, "Type"));
    return 0;
}

static int existing_want(const struct ctx *c, const struct row *r, struct state *s, struct err *e)
{
    const struct ssm_parameter *p = r->spec;

    if (!s->have)
        return err_set(
            e, ERR_NOT_FOUND,
            "parameter '%s' does not exist in %s; create it, or set %s to env:, file: or prompt",
            r->name, c->aws->region, p->config->name);
    s->want = json_object();
    return 0;
}

static int existing_untouched(const struct ctx *c, const struct row *r, struct state *s,
                              struct err *e)
{
    (void)c;
    (void)s;
    return err_set(e, ERR_REFUSED,
                   "parameter '%s' is not managed by fifoq: it is not created or deleted", r->name);
}

static int existing_unchanged(const struct ctx *c, const struct row *r, struct state *s,
                              const json_t *delta, struct err *e)
{
    (void)delta;
    return existing_untouched(c, r, s, e);
}

const struct kind kind_ssm_parameter_existing = {
    .name = "ssm-parameter-existing",
    .flags = KIND_OTHERS,
    .props = existing_props,
    .read = existing_read,
    .want = existing_want,
    .create = existing_untouched,
    .update = existing_unchanged,
    .drop = existing_untouched,
};

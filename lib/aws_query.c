/* aws_query.c: the Query protocol, a form in and XML out, and the services that speak it. Only the
 * provisioner has it. https://smithy.io/2.0/aws/protocols/aws-query-protocol.html */
#include "aws_call.h"
#include "aws_identify.h"
#include "aws_wire.h"
#include "json.h"
#include "mem.h"
#include "text.h"

#include <string.h>

enum { MAX_DEPTH = 16 };
#define MAX_FORM ((size_t)1 << 20)

/* name: "Tags.member.1.Key"; its value is a scalar, a list or a structure. */
static void form_add(const char *name, const json_t *value, int depth, struct buf *out)
{
    auto_secret char *text = aws_scalar_text(value);
    const char *key;
    json_t *v;
    size_t i;

    if (depth > MAX_DEPTH)
        return;
    json_array_foreach(value, i, v) {
        auto_free char *member = xasprintf("%s.member.%zu", name, i + 1);
        form_add(member, v, depth + 1, out);
    }
    json_object_foreach((json_t *)value, key, v) {
        auto_free char *member = xasprintf("%s.%s", name, key);
        form_add(member, v, depth + 1, out);
    }
    if (text) {
        buf_putc(out, '&');
        buf_uri(out, name, strlen(name), false);
        buf_putc(out, '=');
        buf_uri(out, text, strlen(text), false);
    }
}

static int query_encode(const struct aws_service *s, const char *action, const json_t *params,
                        struct aws_wire *w, struct err *e)
{
    auto_buf form = BUF(MAX_FORM);
    const char *key;
    json_t *v;

    buf_printf(&form, "Action=%s&Version=%s", action, s->version);
    json_object_foreach((json_t *)params, key, v)
        form_add(key, v, 0, &form);
    if (buf_failed(&form))
        return err_set(e, ERR_USAGE, "the parameters are too large to send");
    w->method = "POST";
    w->content_type = "application/x-www-form-urlencoded; charset=utf-8";
    w->target = xstrdup("/");
    w->body_len = form.len;
    w->body = buf_steal(&form);
    return 0;
}

/* The one member of the root element that holds the answer's members; *reply borrowed. */
static int result_of(const json_t *all, const char *action, int status, json_t **reply,
                     struct err *e)
{
    auto_free char *response = xasprintf("%sResponse", action);
    auto_free char *result = xasprintf("%sResult", action);
    const json_t *root = json_object_get(all, response);

    if (!root)
        return err_set(e, ERR_PARSE, "the answer (HTTP %d) is not a <%s>; " AWS_SOMEBODY_ELSE,
                       status, response);
    *reply = json_object_get(root, result);
    return 0;
}

/* <ActionResponse><ActionResult>the members</ActionResult><ResponseMetadata/></ActionResponse>;
 * actions without a result have no ActionResult */
static int query_decode(const struct aws_service *s, const char *action,
                        const struct http_response *r, json_t **reply, struct err *e)
{
    auto_json json_t *all = NULL;
    json_t *found = NULL;

    (void)s;
    if (aws_xml_parse(r->body, r->body_len, &all, e) < 0)
        return err_wrap(e, "the answer (HTTP %d)", r->status);
    if (result_of(all, action, r->status, &found, e) < 0)
        return -1;
    *reply = json_is_object(found) ? json_incref(found) : json_object();
    return 0;
}

static const struct aws_codec codec = { .text = true,
                                        .encode = query_encode,
                                        .decode = query_decode };

const struct aws_service aws_iam = {
    .name = "iam",
    .signing = "iam",
    .codec = &codec,
    .shapes = aws_shapes_iam,
    .version = "2010-05-08",
    .id = AWS_ID_IAM,
};

const struct aws_service aws_sts = {
    .name = "sts",
    .signing = "sts",
    .codec = &codec,
    .shapes = aws_shapes_sts,
    .version = "2011-06-15",
    .id = AWS_ID_STS,
};

void aws_caller_done(struct aws_caller *c)
{
    free(c->arn);
    free(c->user_id);
    *c = (struct aws_caller){ 0 };
}

int aws_caller_read(struct aws *a, struct aws_caller *out, struct err *e)
{
    auto_json json_t *reply = NULL;
    const char *account, *arn, *user_id;
    size_t n;

    if (aws_call(a, &aws_sts, "GetCallerIdentity", NULL, &reply, e) < 0)
        return -1;
    if (jneed_str(reply, "Account", &account, e) < 0 || jneed_str(reply, "Arn", &arn, e) < 0)
        return err_wrap(e, "sts:GetCallerIdentity");
    free_cleansed(a->account);
    a->account = xstrdup(account);
    n = str_starts(arn, "arn:") ? strcspn(arn + strlen("arn:"), ":") : 0;
    if (n) {
        free_cleansed(a->partition);
        a->partition = xstrndup(arn + strlen("arn:"), n);
    }
    user_id = jget_str(reply, "UserId");
    *out = (struct aws_caller){ .arn = xstrdup(arn), .user_id = user_id ? xstrdup(user_id) : NULL };
    return 0;
}

int aws_identify(struct aws *a, char **arn, struct err *e)
{
    struct aws_caller who = { 0 };

    if (aws_caller_read(a, &who, e) < 0)
        return -1;
    if (arn)
        *arn = steal(who.arn);
    aws_caller_done(&who);
    return 0;
}

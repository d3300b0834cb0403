/* aws_rest.c: REST-JSON, where the action is a method and a path, and our one service that uses it.
 * https://smithy.io/2.0/aws/protocols/aws-restjson1-protocol.html */
#include "aws_wire.h"
#include "json.h"
#include "mem.h"

#include <string.h>

/* The parameters of a call while they are mapped; those without a binding stay in rest, for the
 * body. */
struct spread {
    const struct aws_rest_action *row;
    const json_t *params;
    json_t *rest;
    struct aws_wire *w;
};

static int path_member(struct spread *x, const char *name, struct buf *out, struct err *e)
{
    const char *value = jget_str(x->params, name);

    if (!value || !*value)
        return err_set(e, ERR_USAGE, "'%s' is missing", name);
    (void)json_object_del(x->rest, name);
    buf_uri(out, value, strlen(value), false);
    return 0;
}

static int path_fill(struct spread *x, struct buf *out, struct err *e)
{
    for (const char *p = x->row->path; *p;) {
        size_t n = strcspn(p, "{");

        buf_add(out, p, n);
        p += n;
        if (*p) {
            size_t len = strcspn(p, "}") - 1;
            auto_free char *name = xstrndup(p + 1, len);

            if (path_member(x, name, out, e) < 0)
                return -1;
            p += len + 2;
        }
    }
    return 0;
}

static void query_add(const char *wire, const json_t *value, struct buf *out)
{
    auto_free char *text = aws_scalar_text(value);

    if (!text)
        return;
    buf_putc(out, strchr(buf_str(out), '?') ? '&' : '?');
    buf_uri(out, wire, strlen(wire), false);
    buf_putc(out, '=');
    buf_uri(out, text, strlen(text), false);
}

static void query_fill(struct spread *x, struct buf *out)
{
    for (const struct aws_binding *b = x->row->query; b && b->wire; b++) {
        const json_t *v = json_object_get(x->params, b->member), *item;
        size_t i;

        json_array_foreach(v, i, item)
            query_add(b->wire, item, out);
        query_add(b->wire, v, out);
        (void)json_object_del(x->rest, b->member);
    }
}

static void headers_fill(struct spread *x)
{
    for (const struct aws_binding *b = x->row->headers; b && b->wire; b++) {
        const char *value = jget_str(x->params, b->member);

        if (value && x->w->n_more < COUNTOF(x->w->more))
            x->w->more[x->w->n_more++] = (struct http_header){ b->wire, value };
        (void)json_object_del(x->rest, b->member);
    }
}

static int body_fill(struct spread *x, struct err *e)
{
    const json_t *body = x->row->payload ? json_object_get(x->params, x->row->payload) : x->rest;
    bool bodyless = strcmp(x->row->method, "GET") == 0 || strcmp(x->row->method, "DELETE") == 0;

    if (bodyless && json_object_size(x->rest))
        return err_set(e, ERR_USAGE, "unknown parameter '%s'",
                       json_object_iter_key(json_object_iter(x->rest)));
    if (bodyless || !body)
        return 0;
    x->w->content_type = "application/json";
    x->w->body = aws_json_body(body, &x->w->body_len);
    return 0;
}

static int rest_encode(const struct aws_service *s, const char *action, const json_t *params,
                       struct aws_wire *w, struct err *e)
{
    auto_json json_t *rest = params ? json_copy((json_t *)params) : json_object(); /* shallow */
    struct spread x = { aws_rest_action_find(action), params, rest, w };
    auto_buf target = BUF(BUF_SMALL);

    if (!x.row)
        return err_set(e, ERR_USAGE, "unknown action of '%s'", s->name);
    if (path_fill(&x, &target, e) < 0)
        return -1;
    query_fill(&x, &target);
    headers_fill(&x);
    if (buf_failed(&target))
        return err_set(e, ERR_USAGE, "path and query are too long");
    w->method = x.row->method;
    w->target = buf_steal(&target);
    return body_fill(&x, e);
}

static void reply_header(const struct http_response *r, const char *name, const char *member,
                         json_t *reply)
{
    const char *value = http_header_get(r, name);

    if (value)
        (void)json_object_set_new(reply, member, json_string(value));
}

/* An answer whose body is one member, unchanged; a function may answer anything. */
static json_t *payload_reply(const struct http_response *r, const char *member)
{
    json_t *reply = json_object(), *body = NULL;
    struct err unused;

    if (r->body_len && json_parse(r->body, r->body_len, &body, &unused) < 0)
        body = json_stringn(r->body, r->body_len);
    (void)json_object_set_new(reply, "StatusCode", json_integer(r->status));
    reply_header(r, "x-amz-function-error", "FunctionError", reply);
    reply_header(r, "x-amz-log-result", "LogResult", reply);
    (void)json_object_set_new(reply, member, body ? body : json_null());
    return reply;
}

static int rest_decode(const struct aws_service *s, const char *action,
                       const struct http_response *r, json_t **reply, struct err *e)
{
    const struct aws_rest_action *row = aws_rest_action_find(action);

    (void)s;
    if (!row || !row->payload)
        return aws_json_object(r, reply, e);
    *reply = payload_reply(r, row->payload);
    return 0;
}

const struct aws_codec aws_rest_codec = { .encode = rest_encode, .decode = rest_decode };

const struct aws_service aws_lambda = {
    .name = "lambda",
    .signing = "lambda",
    .codec = &aws_rest_codec,
    .shapes = aws_shapes_lambda,
    .id = AWS_ID_LAMBDA,
};

/* destination_settings.c: one destination of settings.json. */
#include "destination.h"
#include "mem.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static int read_one(const json_t *document, const struct template_root *roots,
                    struct template **out, struct err *e)
{
    if (template_compile(document, out, e))
        return -1;
    return template_check(*out, roots, e);
}

static int read_string(const json_t *o, const char *key, const struct template_root *roots,
                       struct template **out, struct err *e)
{
    const json_t *v = json_object_get(o, key);

    if (!json_is_string(v))
        return err_set(e, ERR_CONFIG, "%s: a string was expected", key);
    return read_one(v, roots, out, e) ? err_wrap(e, "%s", key) : 0;
}

static void add_literal(void *arg, const char *literal, const char *path)
{
    (void)path;
    buf_puts(arg, literal ? literal : "x");
}

/* What the url alone makes wrong is no message's fault. */
static int check_url(const struct destination *d, struct err *e)
{
    auto_buf text = BUF(BUF_LARGE);
    auto_free char *url = NULL;

    template_each_part(d->url, add_literal, &text);
    url = xstrdup(buf_str(&text));
    url[strcspn(url, "#")] = '\0';
    if (!url_take_scheme(url))
        return err_set(e, ERR_CONFIG, "url: it must begin with https:// or http://");
    if (url_climbs(url))
        return err_set(e, ERR_CONFIG,
                       "url: the path has a segment '.' or '..'; write the path that it leads to");
    return 0;
}

bool is_token(const char *s)
{
    return s && *s &&
           s[strspn(
               s,
               "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")] ==
               '\0';
}

static int read_headers(const json_t *o, const struct template_root *roots, struct destination *d,
                        struct err *e)
{
    const json_t *all = json_object_get(o, "headers");
    const char *name;
    json_t *value;

    d->headers = xcalloc(json_object_size(all), sizeof(*d->headers));
    json_object_foreach((json_t *)all, name, value) {
        struct destination_header *h = &d->headers[d->n_headers++];
        h->name = xstrdup(name);
        if (!is_token(name) || !json_is_string(value))
            return err_set(e, ERR_CONFIG, "headers: '%.80s' is no header with a string", name);
        if (read_one(value, roots, &h->value, e))
            return err_wrap(e, "headers.%s", name);
    }
    return 0;
}

static int read_success(const json_t *o, struct destination *d, struct err *e)
{
    const json_t *list = jget_array(o, "success");
    const json_t *range;
    size_t i;

    if (json_array_size(list) == 0)
        return err_set(e, ERR_CONFIG, "success: ranges of statuses were expected");
    d->success = xcalloc(json_array_size(list), sizeof(*d->success));
    json_array_foreach(list, i, range) {
        json_int_t from = json_integer_value(json_array_get(range, 0));
        json_int_t to = json_integer_value(json_array_get(range, 1));
        if (json_array_size(range) != 2 || from < 100 || to > 599 || from > to)
            return err_set(e, ERR_CONFIG,
                           "success[%zu]: two statuses from 100 to 599 were expected", i);
        d->success[d->n_success][0] = (int)from;
        d->success[d->n_success++][1] = (int)to;
    }
    return 0;
}

static int read_plain(const json_t *o, struct destination *d, struct err *e)
{
    const char *name, *method = jget_str(o, "method"), *key = jget_str(o, "idempotency_header");
    json_int_t timeout_ms = jget_int(o, "timeout_ms", 0);

    if (jneed_str(o, "name", &name, e))
        return -1;
    d->name = xstrdup(name);
    d->method = xstrdup(method ? method : "POST");
    d->idempotency_header = key ? xstrdup(key) : NULL;
    if (!is_token(d->method) || (key && !is_token(key)))
        return err_set(e, ERR_CONFIG, "method and idempotency_header must be plain names");
    if (timeout_ms < 1 || timeout_ms > 900000)
        return err_set(e, ERR_CONFIG, "timeout_ms: 1 to 900000 was expected");
    d->timeout_ms = (long)timeout_ms;
    return 0;
}

/* null: the message as it is, which is JSON. */
static int read_body(const json_t *o, const struct template_root *roots, struct destination *d,
                     struct err *e)
{
    const json_t *body = json_object_get(o, "body");
    bool one_text;

    if (body_type_parse(jget_str(o, "body_type"), &d->body_type, e))
        return -1;
    one_text = d->body_type == BODY_TEXT || d->body_type == BODY_XML;
    if (!body || json_is_null(body))
        return d->body_type == BODY_JSON
                   ? 0
                   : err_set(e, ERR_CONFIG, "body: this body_type expects one");
    if (one_text && !json_is_string(body))
        return err_set(e, ERR_CONFIG, "body: one text was expected");
    if (read_one(body, roots, &d->body, e))
        return err_wrap(e, "body");
    return 0;
}

/* mtls may stand beside another kind, and is read like one. */
static int read_auth(const json_t *o, const struct template_root *roots, struct destination *d,
                     struct err *e)
{
    const json_t *all = json_object_get(o, "auth"), *mtls = json_object_get(all, "mtls");
    auto_json json_t *rest = json_copy((json_t *)all);
    auto_json json_t *beside = mtls ? json_pack("{s:O}", "mtls", mtls) : NULL;

    (void)json_object_del(rest, "mtls");
    if (mtls && json_object_size(rest) == 0)
        json_decref(steal(rest));
    if (auth_parse(rest, roots, &d->auth, e))
        return -1;
    return auth_parse(beside, roots, &d->mtls, e);
}

static int read_ca(const json_t *o, const struct template_root *param, struct destination *d,
                   struct err *e)
{
    const json_t *ca = json_object_get(o, "ca");

    return !ca || json_is_null(ca) ? 0 : read_string(o, "ca", param, &d->ca, e);
}

int destination_parse(const json_t *o, const char *const *parameters, struct destination *out,
                      struct err *e)
{
    struct template_root roots[DESTINATION_ROOTS];

    destination_roots_fill(roots, parameters);
    *out = (struct destination){ 0 };
    if (!json_is_object(o))
        return err_set(e, ERR_CONFIG, "an object was expected");
    if (read_plain(o, out, e) || read_string(o, "url", roots, &out->url, e) || check_url(out, e) ||
        read_headers(o, roots, out, e) || read_body(o, roots, out, e) ||
        read_auth(o, roots, out, e) || read_ca(o, param_roots(roots), out, e) ||
        read_success(o, out, e))
        return -1;
    return 0;
}

void destination_done(struct destination *d)
{
    for (size_t i = 0; i < d->n_headers; i++) {
        free(d->headers[i].name);
        template_free(d->headers[i].value);
    }
    free(d->headers);
    free(d->name);
    free(d->method);
    free(d->idempotency_header);
    free(d->success);
    auth_done(&d->auth);
    auth_done(&d->mtls);
    template_free(d->ca);
    template_free(d->url);
    template_free(d->body);
    *d = (struct destination){ 0 };
}

void destination_each_template(const struct destination *d,
                               void (*fn)(void *arg, const struct template *t), void *arg)
{
    fn(arg, d->url);
    if (d->body)
        fn(arg, d->body);
    if (d->ca)
        fn(arg, d->ca);
    auth_each_template(&d->auth, fn, arg);
    auth_each_template(&d->mtls, fn, arg);
    for (size_t i = 0; i < d->n_headers; i++)
        fn(arg, d->headers[i].value);
}

static void note_parameter(void *arg, const char *root, const char *path)
{
    size_t n = strlen("param.");

    if (strcmp(root, "param") == 0 && strncmp(path, "param.", n) == 0) {
        auto_free char *name = xstrndup(path + n, strcspn(path + n, ".[:"));
        json_object_set_new(arg, name, json_true());
    }
}

static void note_parameters(void *arg, const struct template *t)
{
    template_each_path(t, note_parameter, arg);
}

void destination_parameters(const struct destination *d, json_t *set)
{
    destination_each_template(d, note_parameters, set);
}

bool destination_accepts(const struct destination *d, int status)
{
    for (size_t i = 0; i < d->n_success; i++)
        if (status >= d->success[i][0] && status <= d->success[i][1])
            return true;
    return false;
}

int64_t destination_needs_ms(const struct destination *d)
{
    return auth_wants_token(&d->auth) ? 2 * (int64_t)d->timeout_ms : d->timeout_ms;
}

/* destination_settings.c: one destination of settings.json. */
#include "destination.h"
#include "mem.h"
#include "read_rows.h"

#include <stdlib.h>
#include <string.h>

static int read_one(const json_t *document, const struct template_root *roots,
                    struct template **out, struct err *e)
{
    if (template_compile(document, out, e) < 0)
        return -1;
    return template_check(*out, roots, e);
}

static void add_literal(void *arg, const char *literal, const char *path)
{
    (void)path;
    buf_puts(arg, literal ? literal : "x");
}

/* A URL that is invalid for every message is an error of the settings. */
static int check_url(const struct destination *d, struct err *e)
{
    auto_buf text = BUF(BUF_LARGE);
    auto_free char *url = NULL;

    template_each_part(d->url, add_literal, &text);
    url = xstrdup(buf_str(&text));
    url[strcspn(url, "#")] = '\0';
    if (!url_take_scheme(url))
        return err_set(e, ERR_CONFIG, "url: expected https:// or http://");
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
            return err_set(e, ERR_CONFIG, "headers: '%.80s' is not a header with a string", name);
        if (read_one(value, roots, &h->value, e) < 0)
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
        return err_set(e, ERR_CONFIG, "success: expected ranges of statuses");
    d->success = xcalloc(json_array_size(list), sizeof(*d->success));
    json_array_foreach(list, i, range) {
        json_int_t from = json_integer_value(json_array_get(range, 0));
        json_int_t to = json_integer_value(json_array_get(range, 1));
        if (json_array_size(range) != 2 || from < 100 || to > 599 || from > to)
            return err_set(e, ERR_CONFIG, "success[%zu]: expected two statuses from 100 to 599", i);
        d->success[d->n_success][0] = (int)from;
        d->success[d->n_success++][1] = (int)to;
    }
    return 0;
}

/* Without a body the message is sent as it is, which is JSON. */
static int check_body(const json_t *o, const struct destination *d, struct err *e)
{
    bool one_text = d->body_type == BODY_TEXT || d->body_type == BODY_XML;

    if (!d->body && d->body_type != BODY_JSON)
        return err_set(e, ERR_CONFIG, "body: this body_type expects one");
    if (one_text && !json_is_string(json_object_get(o, "body")))
        return err_set(e, ERR_CONFIG, "body: expected one text");
    return 0;
}

/* mtls can be combined with another kind and is read like one. */
static int read_auth(const json_t *o, const struct template_root *roots, struct destination *d,
                     struct err *e)
{
    const json_t *all = json_object_get(o, "auth"), *mtls = json_object_get(all, "mtls");
    auto_json json_t *rest = json_copy((json_t *)all);
    auto_json json_t *beside = mtls ? json_pack("{s:O}", "mtls", mtls) : NULL;

    (void)json_object_del(rest, "mtls");
    if (mtls && json_object_size(rest) == 0)
        json_decref(steal(rest));
    if (auth_parse(rest, roots, &d->auth, e) < 0)
        return -1;
    return auth_parse(beside, roots, &d->mtls, e);
}

int destination_parse(const json_t *o, const char *const *parameters, struct destination *out,
                      struct err *e)
{
    struct template_root roots[DESTINATION_ROOTS];

    destination_roots_fill(roots, parameters);
    *out = (struct destination){ 0 };
    if (!json_is_object(o))
        return err_set(e, ERR_CONFIG, "expected an object");
    if (rows_read(destination_rows, o, roots, out, e) < 0 || check_url(out, e) < 0 ||
        check_body(o, out, e) < 0 || read_headers(o, roots, out, e) < 0 ||
        read_auth(o, roots, out, e) < 0 || read_success(o, out, e) < 0)
        return -1;
    if (!out->method)
        out->method = xstrdup("POST");
    return 0;
}

void destination_done(struct destination *d)
{
    for (size_t i = 0; i < d->n_headers; i++) {
        free(d->headers[i].name);
        template_free(d->headers[i].value);
    }
    free(d->headers);
    rows_done(destination_rows, d);
    free(d->success);
    auth_done(&d->auth);
    auth_done(&d->mtls);
    *d = (struct destination){ 0 };
}

void destination_each_template(const struct destination *d,
                               void (*fn)(void *arg, const struct template *t), void *arg)
{
    rows_each_template(destination_rows, d, fn, arg);
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

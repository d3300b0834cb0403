/* destination.c: the request that carries one message to one destination. */
#include "destination.h"

#include "auth_kinds.h"
#include "mem.h"
#include "url.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define MAX_URL    ((size_t)16 << 10)
#define MAX_HEADER ((size_t)16 << 10)
#define MAX_ANSWER                                                                                 \
    ((size_t)64 << 10) /* read so that the connection can be reused; the content is ignored */

enum { OWN_HEADERS = 5 };

struct builder {
    const struct destination *d;
    const struct outgoing *m;
    json_t *values;
    struct destination_request *out;
};

static void set_text(json_t *values, const char *name, const char *text)
{
    json_object_set_new(values, name, exact_string(text, strlen(text)));
}

static json_t *template_values(const struct outgoing *m)
{
    json_t *values = json_object();
    char attempt[24];

    (void)snprintf(attempt, sizeof(attempt), "%ld", m->attempt);
    json_object_set(values, "message", (json_t *)m->message);
    set_text(values, "id", m->id);
    set_text(values, "group", m->group);
    set_text(values, "sequence", m->sequence);
    json_object_set_new(values, "attempt", exact_number(attempt));
    if (m->parameters)
        json_object_set(values, "param", (json_t *)m->parameters);
    return values;
}

void request_header(struct destination_request *out, const char *name, char *value)
{
    out->headers[out->http.n_headers++] = (struct http_header){ .name = name, .value = value };
}

static bool configured(const struct destination *d, const char *name)
{
    for (size_t i = 0; i < d->n_headers; i++)
        if (strcasecmp(d->headers[i].name, name) == 0)
            return true;
    return false;
}

char *header_safe(const char *value)
{
    auto_buf safe = BUF(MAX_HEADER);

    for (const char *s = value; *s; s++) {
        if (*s > ' ' && *s <= '~')
            buf_putc(&safe, *s);
        else
            buf_uri(&safe, s, 1, false);
    }
    return buf_steal(&safe);
}

bool url_take_scheme(char *url)
{
    if (!url_has_scheme(url, "https") && !url_has_scheme(url, "http"))
        return false;
    for (size_t i = 0; url[i] != ':'; i++)
        url[i] = (char)tolower((unsigned char)url[i]);
    return true;
}

/* A configured header replaces ours of the same name. */
static void header_default(struct builder *b, const char *name, const char *value)
{
    if (!configured(b->d, name))
        request_header(b->out, name, header_safe(value));
}

bool destination_has_body(const struct destination *d)
{
    return strcmp(d->method, "GET") != 0 && strcmp(d->method, "DELETE") != 0 &&
           strcmp(d->method, "HEAD") != 0;
}

static void content_type(struct builder *b)
{
    if (!configured(b->d, "Content-Type"))
        request_header(b->out, "Content-Type", xstrdup(body_content_type(b->d->body_type)));
}

static int put_headers(struct builder *b, struct err *e)
{
    char attempt[24];

    (void)snprintf(attempt, sizeof(attempt), "%ld", b->m->attempt);
    if (destination_has_body(b->d))
        content_type(b);
    if (b->d->idempotency_header)
        header_default(b, b->d->idempotency_header, b->m->id);
    header_default(b, "X-Fifoq-Group", b->m->group);
    header_default(b, "X-Fifoq-Sequence", b->m->sequence);
    header_default(b, "X-Fifoq-Attempt", attempt);
    for (size_t i = 0; i < b->d->n_headers; i++) {
        auto_buf value = BUF(MAX_HEADER);
        if (template_render_text(b->d->headers[i].value, b->values, TEMPLATE_HEADER, &value, e) < 0)
            return err_wrap(e, "headers.%s", b->d->headers[i].name);
        if (buf_failed(&value))
            return err_set(e, ERR_PARSE, "headers.%s: the value is too long",
                           b->d->headers[i].name);
        request_header(b->out, b->d->headers[i].name, buf_steal(&value));
    }
    return 0;
}

bool url_climbs(const char *url)
{
    struct url_part authority = url_authority(url);

    for (const char *path = authority.s + authority.n; *path == '/';) {
        size_t n = strcspn(++path, "/?#");
        if ((n == 1 && path[0] == '.') || (n == 2 && path[0] == '.' && path[1] == '.'))
            return true;
        path += n;
    }
    return false;
}

static int put_url(struct builder *b, struct err *e)
{
    auto_buf url = BUF(MAX_URL);
    size_t n;

    if (template_render_text(b->d->url, b->values, TEMPLATE_URL, &url, e) < 0)
        return err_wrap(e, "url");
    n = strcspn(buf_str(&url), "#"); /* a fragment is never sent */
    if (n < url.len) {
        url.s[n] = '\0';
        url.len = n;
    }
    if (buf_failed(&url))
        return err_set(e, ERR_PARSE, "url: longer than %zu bytes", MAX_URL);
    if (url_climbs(buf_str(&url)))
        return err_set(e, ERR_PARSE, "url: a value is '.' or '..', which would change the path");
    b->out->url = buf_steal(&url);
    (void)url_take_scheme(b->out->url);
    b->out->http.url = b->out->url;
    return 0;
}

static int put_body(struct builder *b, struct err *e)
{
    auto_buf text = BUF(BUF_LARGE);

    if (!destination_has_body(b->d))
        return 0;
    b->out->http.body = b->m->text;
    b->out->http.body_len = b->m->text_len;
    if (!b->d->body)
        return 0;
    if (body_render(b->d, b->values, &text, e) < 0)
        return err_wrap(e, "body");
    if (buf_failed(&text))
        return err_set(e, ERR_PARSE, "body: too large");
    b->out->http.body_len = text.len;
    b->out->body = buf_steal(&text);
    b->out->http.body = b->out->body;
    return 0;
}

/* https://curl.se/libcurl/c/CURLOPT_CAINFO_BLOB.html: replaces all others. */
static int put_ca(struct builder *b, struct err *e)
{
    b->out->http.trust_hint =
        b->d->ca ? "the authority of the server's certificate is expected in its 'ca', and the "
                   "server sends the intermediate ones"
                 : "put the certificate of its authority into 'ca' of this destination, unless the "
                   "server just does not send an intermediate one";
    if (b->d->ca && ca_bundle(b->d->ca, b->values, &b->out->ca, e) < 0)
        return -1;
    b->out->http.ca = b->out->ca;
    return 0;
}

int destination_request(const struct destination *d, const struct outgoing *m,
                        struct destination_request *out, struct err *e)
{
    auto_json json_t *values = template_values(m);
    struct builder b = { .d = d, .m = m, .values = values, .out = out };

    *out = (struct destination_request){ 0 };
    out->headers = xcalloc(d->n_headers + OWN_HEADERS + AUTH_HEADERS, sizeof(*out->headers));
    out->http.method = d->method;
    out->http.headers = out->headers;
    out->http.timeout_ms = d->timeout_ms;
    out->http.max_body = MAX_ANSWER;
    out->http.drop_rest = true;
    if (put_headers(&b, e) == 0 && put_url(&b, e) == 0 && put_body(&b, e) == 0 &&
        auth_apply(&d->auth, m, values, out, e) == 0 &&
        auth_apply(&d->mtls, m, values, out, e) == 0 && put_ca(&b, e) == 0)
        return 0;
    destination_request_done(out);
    return err_wrap(e, "destination '%s'", d->name);
}

void destination_request_done(struct destination_request *q)
{
    for (size_t i = 0; i < q->http.n_headers; i++)
        free_cleansed((char *)q->headers[i].value);
    free(q->headers);
    free_cleansed(q->url);
    free_cleansed(q->body);
    free_cleansed(q->certificate);
    free_cleansed(q->key);
    free_cleansed(q->ca);
    *q = (struct destination_request){ 0 };
}

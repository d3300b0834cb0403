/* oauth2.c: https://datatracker.ietf.org/doc/html/rfc6749: sections 2.3.1, 4.4 and 5. */
#include "oauth2.h"

#include "auth_kinds.h"
#include "clock.h"
#include "encode.h"
#include "lax_json.h"
#include "mem.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { USUAL_LASTS_S = 300, MAX_LASTS_S = 24 * 60 * 60 };
#define MAX_FORM   ((size_t)32 << 10)
#define MAX_TOKEN  ((size_t)12 << 10)
#define MAX_ANSWER ((size_t)64 << 10)

/* One member in the form's encoding (percent-encoding is valid in a form). */
static int form_value(const struct auth *a, const json_t *values, size_t member, struct buf *out,
                      struct err *e)
{
    auto_buf text = BUF(MAX_FORM);

    if (auth_render(&(struct auth_part){ a, member, 0, TEMPLATE_PLAIN }, values, &text, e) < 0)
        return -1;
    buf_uri(out, buf_str(&text), text.len, false);
    return buf_failed(&text) ? err_set(e, ERR_CREDENTIALS, "a value is too long") : 0;
}

static int form_add(const struct auth *a, const json_t *values, size_t member, const char *name,
                    struct buf *form, struct err *e)
{
    if (!a->values[member].n_templates)
        return 0;
    buf_printf(form, "&%s=", name);
    return form_value(a, values, member, form, e);
}

/* Section 2.3.1: the form's encoding first, then that of Basic. */
static int put_basic(const struct auth *a, const json_t *values, struct oauth2_request *out,
                     struct err *e)
{
    auto_buf pair = BUF(MAX_FORM);
    auto_secret char *code = NULL;

    if (form_value(a, values, OAUTH2_ID, &pair, e) < 0)
        return -1;
    buf_putc(&pair, ':');
    if (form_value(a, values, OAUTH2_SECRET, &pair, e) < 0)
        return -1;
    code = base64_encode(buf_str(&pair), pair.len);
    out->authorization = xasprintf("Basic %s", code);
    return 0;
}

static enum oauth2_style style(const struct auth *a)
{
    const char *chosen = a->values[OAUTH2_STYLE].text;

    return chosen ? (enum oauth2_style)word_number(oauth2_styles, chosen) : STYLE_BASIC;
}

/* Names that the settings add; grant_type is one of ours that they may replace. */
static int put_more(const struct auth *a, const json_t *values, struct buf *form, struct err *e)
{
    const struct auth_value *more = &a->values[OAUTH2_FORM];
    bool grant = false;

    for (size_t i = 0; i < more->n_templates; i++) {
        auto_buf text = BUF(MAX_FORM);
        if (auth_render(&(struct auth_part){ a, OAUTH2_FORM, i, TEMPLATE_PLAIN }, values, &text,
                        e) < 0)
            return -1;
        buf_putc(form, '&');
        buf_uri(form, more->names[i], strlen(more->names[i]), false);
        buf_putc(form, '=');
        buf_uri(form, buf_str(&text), text.len, false);
        grant = grant || strcmp(more->names[i], "grant_type") == 0;
    }
    if (!grant)
        buf_puts(form, "&grant_type=client_credentials");
    return 0;
}

static int put_form(const struct auth *a, const json_t *values, struct oauth2_request *out,
                    struct err *e)
{
    auto_buf form = BUF(MAX_FORM);

    if (put_more(a, values, &form, e) < 0 ||
        form_add(a, values, OAUTH2_SCOPE, "scope", &form, e) < 0 ||
        form_add(a, values, OAUTH2_AUDIENCE, "audience", &form, e) < 0)
        return -1;
    if (style(a) != STYLE_BASIC && form_add(a, values, OAUTH2_ID, "client_id", &form, e) < 0)
        return -1;
    if (style(a) == STYLE_BODY && form_add(a, values, OAUTH2_SECRET, "client_secret", &form, e) < 0)
        return -1;
    if (buf_failed(&form))
        return err_set(e, ERR_CREDENTIALS,
                       "client_id, client_secret, scope, audience and form are too long");
    out->body = xstrdup(buf_str(&form) + 1); /* without the first '&' */
    out->http.body_len = form.len - 1;
    out->http.body = out->body;
    return style(a) == STYLE_BASIC ? put_basic(a, values, out, e) : 0;
}

static void add_header(struct oauth2_request *out, const char *name, const char *value)
{
    out->headers[out->http.n_headers++] = (struct http_header){ name, value };
}

static int put_headers(const struct auth *a, const json_t *values, struct oauth2_request *out,
                       struct err *e)
{
    const struct auth_value *more = &a->values[OAUTH2_HEADERS];

    add_header(out, "Content-Type", "application/x-www-form-urlencoded");
    add_header(out, "Accept", "application/json");
    add_header(out, "Accept-Encoding", "identity"); /* RFC 9110 section 12.5.3: no compression */
    if (out->authorization)
        add_header(out, "Authorization", out->authorization);
    for (size_t i = 0; i < more->n_templates; i++) {
        auto_buf value = BUF(MAX_TOKEN);
        if (auth_render(&(struct auth_part){ a, OAUTH2_HEADERS, i, TEMPLATE_HEADER }, values,
                        &value, e) < 0)
            return -1;
        add_header(out, more->names[i], buf_steal(&value));
        out->n_own++;
    }
    out->http.headers = out->headers;
    return 0;
}

static int put_trust(const struct destination *d, const json_t *values, struct oauth2_request *out,
                     struct err *e)
{
    const struct auth_value *ca = &d->auth.values[OAUTH2_CA];

    if (client_pair(&d->mtls, values, &out->certificate, &out->key, e) < 0)
        return err_wrap(e, "mtls");
    if (ca->n_templates && ca_bundle(ca->templates[0], values, &out->ca, e) < 0)
        return -1;
    out->http.client_certificate = out->certificate;
    out->http.client_key = out->key;
    out->http.ca = out->ca;
    out->http.trust_hint = "put the certificate of its authority into oauth2.ca, unless the server "
                           "just does not send an intermediate one";
    return 0;
}

int oauth2_request(const struct destination *d, const json_t *values, struct oauth2_request *out,
                   struct err *e)
{
    *out = (struct oauth2_request){ 0 };
    out->http.method = "POST";
    out->http.url = d->auth.values[OAUTH2_TOKEN_URL].text;
    out->http.timeout_ms = d->timeout_ms;
    out->http.max_body = MAX_ANSWER;
    if (put_form(&d->auth, values, out, e) == 0 && put_headers(&d->auth, values, out, e) == 0 &&
        put_trust(d, values, out, e) == 0)
        return 0;
    oauth2_request_done(out);
    e->code = ERR_CREDENTIALS;
    return -1;
}

void oauth2_request_done(struct oauth2_request *q)
{
    for (size_t i = 0; i < q->n_own; i++)
        free_cleansed((char *)q->headers[q->http.n_headers - 1 - i].value);
    free_cleansed(q->body);
    free_cleansed(q->authorization);
    free_cleansed(q->certificate);
    free_cleansed(q->key);
    free_cleansed(q->ca);
    *q = (struct oauth2_request){ 0 };
}

/* Only what the standard lists: an answer may repeat our secrets. */
static const char *known_error(const json_t *o)
{
    static const char *const known[] = { "invalid_request",        "invalid_client",
                                         "invalid_grant",          "unauthorized_client",
                                         "invalid_scope",          "unsupported_grant_type",
                                         "temporarily_unavailable" };
    const char *error = jget_str(o, "error");

    for (size_t i = 0; error && i < COUNTOF(known); i++)
        if (strcmp(known[i], error) == 0)
            return known[i];
    return NULL;
}

static int refused(const struct http_response *r, const json_t *o, struct err *e)
{
    bool asked = http_retry_after_ms(r, clock_wall_ms()) > 0;
    bool later =
        r->status >= 500 || r->status == 429 || r->status == 408 || (r->status == 403 && asked);
    const char *error = known_error(o);

    if (r->status >= 300 && r->status < 400)
        (void)err_set(e, ERR_CREDENTIALS,
                      "the token endpoint answered %d; redirects are not followed: put its address "
                      "into token_url",
                      r->status);
    else
        (void)err_set(e, later ? ERR_NET : ERR_CREDENTIALS, "the token endpoint answered %d%s%s",
                      r->status, error ? ", " : "", error ? error : "");
    e->status = r->status;
    return -1;
}

/* RFC 6750 section 2.1, and whatever else is safe in a header. */
static bool is_access_token(const char *s)
{
    size_t n = 0;

    while (s && s[n] > ' ' && s[n] <= '~')
        n++;
    return n > 0 && !s[n] && n <= MAX_TOKEN;
}

/* Seconds, as a number or as text. Zero and negative mean unknown: some servers
 * send 0 or -1 for a token without expiry. */
static int64_t lasts_ms(const json_t *v)
{
    size_t n;
    const char *text = json_is_string(v) ? exact_scalar(v, &n) : NULL;
    double s = text && *text >= '0' && *text <= '9' ? strtod(text, NULL) : 0;

    s = s > MAX_LASTS_S ? MAX_LASTS_S : s > 0 ? s : USUAL_LASTS_S;
    return (int64_t)(s * 1000);
}

/* Those that ask for more than the token in a header. Whatever else it is called (BearerToken), it
 * is sent as Bearer. https://www.iana.org/assignments/oauth-parameters/oauth-parameters.xhtml */
static bool needs_proof(const char *type)
{
    static const char *const types[] = { "mac", "DPoP", "PoP", "N_A" };

    for (size_t i = 0; type && i < COUNTOF(types); i++)
        if (strcasecmp(type, types[i]) == 0)
            return true;
    return false;
}

static int unusable(int status, const char *what, struct err *e)
{
    (void)err_set(e, ERR_CREDENTIALS, "the token endpoint answered %d, but %s", status, what);
    e->status = status;
    return -1;
}

static const char *not_json(const struct http_response *r)
{
    const char *packed = http_header_get(r, "content-encoding");

    return packed && strcasecmp(packed, "identity") != 0
               ? "compressed it (Content-Encoding), which was not requested"
               : "not with a JSON object";
}

int oauth2_answer(const struct http_response *r, struct oauth2_token *out, struct err *e)
{
    auto_json json_t *o = lax_json(r->body, r->body_len);
    const json_t *value;
    const char *token;
    size_t n = 0;

    if (r->status < 200 || r->status > 299)
        return refused(r, o, e);
    value = json_object_get(o, "access_token");
    token = json_is_string(value) && !exact_is_number(value) ? exact_scalar(value, &n) : NULL;
    if (!json_is_object(o))
        return unusable(r->status, not_json(r), e);
    if (!token)
        return unusable(r->status, "without an access_token", e);
    if (!is_access_token(token) || strlen(token) != n)
        return unusable(r->status, "its access_token is not valid in a header", e);
    if (needs_proof(jget_str(o, "token_type")))
        return unusable(r->status, "its token_type is not Bearer", e);
    *out = (struct oauth2_token){ .value = xstrdup(token),
                                  .lasts_ms = lasts_ms(json_object_get(o, "expires_in")) };
    return 0;
}

int auth_oauth2(const struct auth_job *j, struct err *e)
{
    if (!j->m->token)
        return err_set(e, ERR_CREDENTIALS, "missing token");
    request_header(j->out, "Authorization", xasprintf("Bearer %s", j->m->token));
    return 0;
}

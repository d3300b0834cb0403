/* oauth2.c: https://datatracker.ietf.org/doc/html/rfc6749: sections 2.3.1, 4.4 and 5. */
#include "oauth2.h"

#include "auth_kinds.h"
#include "clock.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { USUAL_LASTS_S = 300, MOST_LASTS_S = 24 * 60 * 60 };
#define MAX_FORM   ((size_t)32 << 10)
#define MAX_TOKEN  ((size_t)12 << 10)
#define MAX_ANSWER ((size_t)64 << 10)

/* One member as the form has it (percent-encoding is a form's encoding too). */
static int form_value(const struct auth *a, const json_t *values, size_t member, struct buf *out,
                      struct err *e)
{
    auto_buf text = BUF(MAX_FORM);

    if (auth_render(a, values, member, 0, TEMPLATE_PLAIN, &text, e))
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

    if (form_value(a, values, OAUTH2_ID, &pair, e))
        return -1;
    buf_putc(&pair, ':');
    if (form_value(a, values, OAUTH2_SECRET, &pair, e))
        return -1;
    code = base64_encode(buf_str(&pair), pair.len);
    out->authorization = xasprintf("Basic %s", code);
    return 0;
}

static bool in_body(const struct auth *a)
{
    const char *style = a->values[OAUTH2_STYLE].text;

    return style && strcmp(style, "body") == 0;
}

static int put_form(const struct auth *a, const json_t *values, struct oauth2_request *out,
                    struct err *e)
{
    auto_buf form = BUF(MAX_FORM);

    buf_puts(&form, "grant_type=client_credentials");
    if (form_add(a, values, OAUTH2_SCOPE, "scope", &form, e) ||
        form_add(a, values, OAUTH2_AUDIENCE, "audience", &form, e))
        return -1;
    if (in_body(a) && (form_add(a, values, OAUTH2_ID, "client_id", &form, e) ||
                       form_add(a, values, OAUTH2_SECRET, "client_secret", &form, e)))
        return -1;
    if (buf_failed(&form))
        return err_set(e, ERR_CREDENTIALS,
                       "client_id, client_secret, scope and audience are too long");
    out->http.body_len = form.len;
    out->body = buf_steal(&form);
    out->http.body = out->body;
    return in_body(a) ? 0 : put_basic(a, values, out, e);
}

int oauth2_request(const struct auth *a, const json_t *values, long timeout_ms,
                   struct oauth2_request *out, struct err *e)
{
    size_t n = 0;

    *out = (struct oauth2_request){ 0 };
    if (put_form(a, values, out, e)) {
        oauth2_request_done(out);
        e->code = ERR_CREDENTIALS;
        return -1;
    }
    out->headers[n++] = (struct http_header){ "Content-Type", "application/x-www-form-urlencoded" };
    out->headers[n++] = (struct http_header){ "Accept", "application/json" };
    if (out->authorization)
        out->headers[n++] = (struct http_header){ "Authorization", out->authorization };
    out->http.method = "POST";
    out->http.url = a->values[OAUTH2_TOKEN_URL].text;
    out->http.headers = out->headers;
    out->http.n_headers = n;
    out->http.timeout_ms = timeout_ms;
    out->http.max_body = MAX_ANSWER;
    return 0;
}

void oauth2_request_done(struct oauth2_request *q)
{
    free_cleansed(q->body);
    free_cleansed(q->authorization);
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

/* RFC 6750 section 2.1, and whatever else can stand in a header without doubt. */
static bool is_access_token(const char *s)
{
    size_t n = 0;

    while (s && s[n] > ' ' && s[n] <= '~')
        n++;
    return n > 0 && !s[n] && n <= MAX_TOKEN;
}

/* Seconds; some servers write them as text. */
static int64_t lasts_ms(const json_t *v)
{
    const char *text = json_string_value(v);
    double s = text ? strtod(text, NULL) : json_number_value(v);

    if (!json_is_number(v) && !(text && *text >= '0' && *text <= '9'))
        s = USUAL_LASTS_S;
    s = s > MOST_LASTS_S ? MOST_LASTS_S : s > 0 ? s : 0;
    return (int64_t)(s * 1000);
}

static int unusable(int status, const char *what, struct err *e)
{
    (void)err_set(e, ERR_CREDENTIALS, "the token endpoint answered %d, but %s", status, what);
    e->status = status;
    return -1;
}

int oauth2_answer(const struct http_response *r, struct oauth2_token *out, struct err *e)
{
    auto_json json_t *o = NULL;
    const char *token, *type;
    struct err unused;

    if (json_parse(r->body, r->body_len, &o, &unused))
        o = NULL;
    if (r->status < 200 || r->status > 299)
        return refused(r, o, e);
    token = jget_str(o, "access_token");
    type = jget_str(o, "token_type");
    if (!json_is_object(o))
        return unusable(r->status, "not with a JSON object", e);
    if (!token)
        return unusable(r->status, "without an access_token", e);
    if (!is_access_token(token))
        return unusable(r->status, "its access_token cannot stand in a header", e);
    if (type ? strcasecmp(type, "Bearer") != 0 : json_object_get(o, "token_type") != NULL)
        return unusable(r->status, "its token_type is not Bearer", e);
    *out = (struct oauth2_token){ .value = xstrdup(token),
                                  .lasts_ms = lasts_ms(json_object_get(o, "expires_in")) };
    return 0;
}

int auth_oauth2(const struct auth_job *j, struct err *e)
{
    if (!j->m->token)
        return err_set(e, ERR_CREDENTIALS, "there is no token");
    request_header(j->out, "Authorization", xasprintf("Bearer %s", j->m->token));
    return 0;
}

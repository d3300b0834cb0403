/*
 * auth_hmac.c: requests that are signed with a shared key: as Standard Webhooks has it, where each
 * key makes a signature over id, time and body and the receiver takes any of them, so that keys can
 * be rotated; or in a format that the settings describe (docs/guides/authentication.md has those of
 * GitHub, Shopify, Slack and Stripe).
 * https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
#include "auth_kinds.h"
#include "encode.h"
#include "mem.h"
#include "text.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdlib.h>
#include <string.h>

#define PREFIX     "whsec_" /* what follows is base64 */
#define MAX_SECRET ((size_t)8 << 10)

/* A secret's bytes; the caller's (free_cleansed). */
static unsigned char *key_of(const char *secret, size_t *n)
{
    size_t len = strlen(PREFIX), digits;
    auto_secret char *padded = NULL;

    if (!str_starts(secret, PREFIX)) {
        *n = strlen(secret);
        return (unsigned char *)xstrdup(secret);
    }
    digits = strcspn(secret + len, "=");
    padded = xasprintf("%.*s%s", (int)digits, secret + len, &"==="[3 - (4 - digits % 4) % 4]);
    return base64_decode(padded, n);
}

static int render_secret(const struct auth_job *j, size_t i, struct buf *out, struct err *e)
{
    if (auth_render(&(struct auth_part){ j->auth, HMAC_SECRETS, i, TEMPLATE_PLAIN }, j->values, out,
                    e) < 0)
        return -1;
    if (buf_failed(out) || !out->len)
        return err_set(e, ERR_CREDENTIALS, "secrets[%zu]: empty or too long", i);
    return 0;
}

static char *mac_text(const EVP_MD *digest, const void *key, size_t n, const struct buf *content,
                      bool hex)
{
    unsigned char mac[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    char *text;

    if (!HMAC(digest, key, (int)n, (const unsigned char *)buf_str(content), content->len, mac,
              &len))
        abort();
    if (!hex)
        return base64_encode(mac, len);
    text = xmalloc(2 * (size_t)len + 1);
    hex_encode(mac, len, text);
    return text;
}

static int sign(const struct auth_job *j, size_t i, const struct buf *content,
                struct buf *signatures, struct err *e)
{
    auto_buf secret = BUF(MAX_SECRET);
    auto_secret unsigned char *key = NULL;
    auto_free char *code = NULL;
    size_t n = 0;

    if (render_secret(j, i, &secret, e) < 0)
        return -1;
    key = key_of(buf_str(&secret), &n);
    if (!key || n == 0)
        return err_set(e, ERR_CREDENTIALS, "secrets[%zu]: expected base64 after " PREFIX, i);
    code = mac_text(EVP_sha256(), key, n, content, false);
    buf_printf(signatures, "%sv1,%s", i ? " " : "", code);
    return 0;
}

static int standard_webhook(const struct auth_job *j, char *id, char *time, struct err *e)
{
    const struct http_request *q = &j->out->http;
    auto_buf content = BUF(BUF_LARGE), signatures = BUF(BUF_SMALL);

    buf_printf(&content, "%s.%s.", id, time);
    buf_add(&content, q->body ? q->body : "", q->body_len);
    for (size_t i = 0; i < j->auth->values[HMAC_SECRETS].n_templates; i++)
        if (sign(j, i, &content, &signatures, e) < 0)
            return -1;
    request_header(j->out, "webhook-id", xstrdup(id));
    request_header(j->out, "webhook-timestamp", xstrdup(time));
    request_header(j->out, "webhook-signature", buf_steal(&signatures));
    return 0;
}

/* A format that the settings describe. */

static const EVP_MD *algorithm(const char *name)
{
    switch (name ? word_number(hmac_algorithms, name) : HMAC_SHA256) {
    case HMAC_SHA1: return EVP_sha1();
    case HMAC_SHA512: return EVP_sha512();
    default: return EVP_sha256();
    }
}

/* The member's template over these values, or one of them alone where there is none. */
static int render_own(const struct auth_part *p, const json_t *values, const char *alone,
                      struct buf *out, struct err *e)
{
    size_t n;
    const char *text;

    if (p->auth->values[p->member].n_templates)
        return auth_render(p, values, out, e);
    text = exact_scalar(json_object_get(values, alone), &n);
    buf_add(out, text, n);
    return 0;
}

static json_t *own_values(const struct http_request *q, const char *id, const char *time)
{
    return json_pack("{s:o, s:o, s:o}", "body", exact_string(q->body ? q->body : "", q->body_len),
                     "id", exact_string(id, strlen(id)), "timestamp",
                     exact_string(time, strlen(time)));
}

static int own_form(const struct auth_job *j, const char *id, char *time, struct err *e)
{
    const struct auth_part text = { j->auth, HMAC_SIGNED, 0, TEMPLATE_PLAIN };
    const struct auth_part header = { j->auth, HMAC_VALUE, 0, TEMPLATE_HEADER };
    const struct auth_value *m = j->auth->values;
    const char *encoding = m[HMAC_ENCODING].text, *stamp = m[HMAC_TIMESTAMP].text;
    auto_json json_t *values = own_values(&j->out->http, id, time);
    auto_buf secret = BUF(MAX_SECRET), content = BUF(BUF_LARGE), value = BUF(BUF_SMALL);
    auto_free char *code = NULL;

    if (render_secret(j, 0, &secret, e) < 0 || render_own(&text, values, "body", &content, e) < 0)
        return -1;
    code = mac_text(algorithm(m[HMAC_ALGORITHM].text), buf_str(&secret), secret.len, &content,
                    !encoding || word_number(hmac_encodings, encoding) == HMAC_HEX);
    json_object_set_new(values, "signature", exact_string(code, strlen(code)));
    if (render_own(&header, values, "signature", &value, e) < 0)
        return -1;
    request_header(j->out, m[HMAC_HEADER].text, buf_steal(&value));
    if (stamp)
        request_header(j->out, stamp, xstrdup(time));
    return 0;
}

int auth_hmac(const struct auth_job *j, struct err *e)
{
    auto_free char *id = header_safe(j->m->id);
    auto_free char *time = xasprintf("%lld", (long long)(j->m->now_ms / 1000));

    return j->auth->values[HMAC_HEADER].text ? own_form(j, id, time, e)
                                             : standard_webhook(j, id, time, e);
}

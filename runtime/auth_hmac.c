/*
 * auth_hmac.c: requests signed as Standard Webhooks has it: each key makes a signature over id,
 * time and body; the receiver takes any of them, so that keys can be rotated.
 * https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
#include "auth_kinds.h"

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

static int sign(const struct auth_job *j, size_t i, const struct buf *content,
                struct buf *signatures, struct err *e)
{
    auto_buf secret = BUF(MAX_SECRET);
    auto_secret unsigned char *key = NULL;
    auto_free char *code = NULL;
    unsigned char mac[EVP_MAX_MD_SIZE];
    unsigned mac_len = 0;
    size_t n = 0;

    if (auth_render(j->auth, j->values, HMAC_SECRETS, i, TEMPLATE_PLAIN, &secret, e))
        return -1;
    key = key_of(buf_str(&secret), &n);
    if (buf_failed(&secret) || !key || n == 0)
        return err_set(e, ERR_CREDENTIALS,
                       "secrets[%zu]: it is empty or too long, or begins with " PREFIX
                       " and does not go on in base64",
                       i);
    if (!HMAC(EVP_sha256(), key, (int)n, (const unsigned char *)buf_str(content), content->len, mac,
              &mac_len))
        abort();
    code = base64_encode(mac, mac_len);
    buf_printf(signatures, "%sv1,%s", i ? " " : "", code);
    return 0;
}

int auth_hmac(const struct auth_job *j, struct err *e)
{
    const struct http_request *q = &j->out->http;
    auto_free char *id = header_safe(j->m->id);
    auto_free char *time = xasprintf("%lld", (long long)(j->m->now_ms / 1000));
    auto_buf content = BUF(BUF_LARGE), signatures = BUF(BUF_SMALL);

    buf_printf(&content, "%s.%s.", id, time);
    buf_add(&content, q->body ? q->body : "", q->body_len);
    for (size_t i = 0; i < j->auth->values[HMAC_SECRETS].n_templates; i++)
        if (sign(j, i, &content, &signatures, e))
            return -1;
    request_header(j->out, "webhook-id", steal(id));
    request_header(j->out, "webhook-timestamp", steal(time));
    request_header(j->out, "webhook-signature", buf_steal(&signatures));
    return 0;
}

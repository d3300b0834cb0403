/* trace.c: prints each request for -v. */
#include "ui/trace.h"

#include "aws_wire.h"
#include "files.h"
#include "mem.h"
#include "plain.h"
#include "text.h"
#include "url.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#define HIDDEN    "(hidden)"
#define SIGNATURE "AWS4-HMAC-SHA256 "

static int trace_level;

/* A header whose name contains one of these is hidden: Authorization, Proxy-Authorization, Cookie,
 * Set-Cookie, X-Amz-Security-Token, x-amz-sso_bearer_token, X-aws-ec2-metadata-token, DPoP. */
static const char *const secret[] = {
    "auth", "cookie", "credential", "dpop", "key", "password", "secret", "signature", "token",
};

static bool is_secret(const char *name)
{
    for (size_t i = 0; i < COUNTOF(secret); i++)
        if (strcasestr(name, secret[i]))
            return true;
    return false;
}

/* Shows the signature's scope, which helps to find a wrong region, but not the key and the
 * signature. */
static void put_signature(const char *value, struct buf *out)
{
    const char *scope = strchr(value, '/'), *signature = strstr(value, "Signature=");

    if (!scope || !signature || signature < scope)
        buf_puts(out, HIDDEN);
    else
        buf_printf(out, SIGNATURE "Credential=" HIDDEN "%.*sSignature=" HIDDEN,
                   (int)(signature - scope), scope);
}

static void put_header(char sign, const struct http_header *h, struct buf *out)
{
    buf_printf(out, "  %c %s: ", sign, h->name);
    if (!is_secret(h->name))
        buf_puts(out, h->value);
    else if (strcasecmp(h->name, "Authorization") == 0 && str_starts(h->value, SIGNATURE))
        put_signature(h->value, out);
    else
        buf_puts(out, HIDDEN);
    buf_putc(out, '\n');
}

/* Hides the query and the part before the host, which may contain secrets. */
static void put_url(const struct http_request *q, struct buf *out)
{
    struct url u = url_split(q->url);
    auto_free char *host = http_host(q->url);

    buf_add(out, q->url, (size_t)(u.authority.s - q->url));
    buf_puts(out, host);
    if (q->secret_path)
        buf_puts(out, "/...");
    else
        buf_add(out, u.path.s, u.path.n);
    if (u.path.s[u.path.n])
        buf_puts(out, "?...");
}

static void put_headers(const struct http_request *q, const struct http_response *r,
                        struct buf *out)
{
    buf_printf(out, "  > %s ", q->method);
    put_url(q, out);
    buf_printf(out, " (%zu bytes)\n", q->body_len);
    for (size_t i = 0; i < q->n_headers; i++)
        put_header('>', &q->headers[i], out);
    if (!r)
        return;
    buf_printf(out, "  < %d (%zu bytes)\n", r->status, r->body_len);
    for (size_t i = 0; i < r->n_headers; i++)
        put_header('<', &r->headers[i], out);
}

/* "sqs:GetQueueAttributes", or method and URL of a request outside AWS's services. */
static void put_name(const struct http_request *q, struct buf *out)
{
    auto_buf name = BUF(BUF_SMALL);

    if (q->service)
        buf_printf(&name, "%s:%s", q->service, q->action);
    else {
        buf_printf(&name, "%s ", q->method);
        put_url(q, &name);
    }
    buf_printf(out, "%-36s", buf_str(&name));
}

void trace_write(int level, const struct http_request *q, const struct http_response *r,
                 const struct err *e, int64_t took_ms, struct buf *out)
{
    char status[12] = "---", id[64] = "";

    if (r) {
        (void)snprintf(status, sizeof(status), "%d", r->status);
        aws_request_id(r, id, sizeof(id));
    }
    put_name(q, out);
    buf_printf(out, " %s %6lld ms", status, (long long)took_ms);
    if (q->attempt)
        buf_printf(out, "  #%d", q->attempt);
    if (*id)
        buf_printf(out, "  %s", id);
    if (e)
        buf_printf(out, "  %s", e->msg);
    buf_putc(out, '\n');
    if (level > 1)
        put_headers(q, r, out);
    if (out->s) {
        text_plain(out->s, true);
        out->len = strlen(out->s);
    }
}

/* One write per request, so that the output of threads does not mix. */
static void trace_request(const struct http_request *q, const struct http_response *r,
                          const struct err *e, int64_t took_ms)
{
    auto_buf text = BUF(BUF_LARGE);

    trace_write(trace_level, q, r, e, took_ms, &text);
    if (buf_failed(&text) || write_all(STDERR_FILENO, text.s, text.len) < 0)
        return; /* stderr failed: it cannot be reported */
}

void trace_setup(int level)
{
    trace_level = level;
    http_watch(level ? trace_request : NULL);
}

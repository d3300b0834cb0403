/*
 * auth_sigv4.c: requests to AWS services behind a custom URL (API Gateway, Lambda URLs),
 * signed with the function's own credentials.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
#include "auth_kinds.h"

#include "clock.h"
#include "encode.h"
#include "mem.h"
#include "sigv4.h"
#include "url.h"

#include <string.h>
#include <strings.h>

enum { SIGNED_MAX = 5 };

static const char *content_type(const struct http_request *q)
{
    for (size_t i = 0; i < q->n_headers; i++)
        if (strcasecmp(q->headers[i].name, "Content-Type") == 0)
            return q->headers[i].value;
    return NULL;
}

static size_t put(struct http_header *headers, size_t n, const char *name, const char *value)
{
    if (!value)
        return n;
    headers[n] = (struct http_header){ name, value };
    return n + 1;
}

static char *authorization(const struct auth_job *j, const struct url *url, const char *time,
                           const struct http_header *headers, size_t n)
{
    auto_secret char *path = url_part_text(url->path), *query = url_part_text(url->query);
    const char *region = j->auth->values[SIGV4_REGION].text;
    struct sigv4_request q = { .method = j->out->http.method,
                               .path = path,
                               .query = query,
                               .headers = headers,
                               .n_headers = n,
                               .body = j->out->http.body,
                               .body_len = j->out->http.body_len };
    struct sigv4_scope scope = { .key_id = j->m->creds->key_id,
                                 .secret = j->m->creds->secret,
                                 .region = region ? region : j->m->region,
                                 .service = j->auth->values[SIGV4_SERVICE].text,
                                 .time = time,
                                 .keys = j->m->keys };

    return sigv4_authorization(&q, &scope);
}

int auth_sigv4(const struct auth_job *j, struct err *e)
{
    struct url url = url_split(j->out->url); /* as it is sent: the transport changes nothing */
    auto_free char *host = url_part_text(url.authority);
    struct http_header headers[SIGNED_MAX];
    const char *type = content_type(&j->out->http);
    char time[CLOCK_TEXT], hash[65];
    auto_secret char *value = NULL;
    size_t n = 0;

    if (!j->m->creds || !j->m->creds->key_id || !j->m->creds->secret || !j->m->region)
        return err_set(e, ERR_CREDENTIALS, "no AWS credentials to sign with");
    clock_iso_basic(j->m->now_ms, time);
    sha256_hex(j->out->http.body ? j->out->http.body : "", j->out->http.body_len, hash);
    n = put(headers, n, "Host", host);
    n = put(headers, n, "X-Amz-Date", time);
    n = put(headers, n, "X-Amz-Content-Sha256", hash);
    n = put(headers, n, "X-Amz-Security-Token", j->m->creds->token);
    value = authorization(j, &url, time, headers, put(headers, n, "Content-Type", type));
    for (size_t i = 0; i < n; i++)
        request_header(j->out, headers[i].name, xstrdup(headers[i].value));
    request_header(j->out, "Authorization", steal(value));
    return 0;
}

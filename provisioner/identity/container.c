/* container.c: credentials from the endpoint that ECS and EKS offer to containers.
 * https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html */
#include "identity/container.h"

#include "clock.h"
#include "files.h"
#include "identity/providers.h"
#include "json.h"
#include "mem.h"
#include "url.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define RELATIVE   "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"
#define FULL       "AWS_CONTAINER_CREDENTIALS_FULL_URI"
#define TOKEN      "AWS_CONTAINER_AUTHORIZATION_TOKEN"
#define TOKEN_FILE "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"

enum { TIMEOUT_MS = 2000, ATTEMPTS = 3, PAUSE_MS = 1000, MAX_BYTES = 1 << 16 };

static const char *const hosts[] = { "169.254.170.2", "169.254.170.23", "fd00:ec2::23",
                                     "localhost" };

static bool is_loopback(const char *host)
{
    struct in_addr four;
    struct in6_addr six;

    if (inet_pton(AF_INET, host, &four) == 1)
        return ntohl(four.s_addr) >> 24 == 127;
    return inet_pton(AF_INET6, host, &six) == 1 && IN6_IS_ADDR_LOOPBACK(&six);
}

/* The host of a URL without its brackets, for the caller to free. NULL: a character in it may hide
 * the real host. */
static char *host_of(const struct url *u)
{
    for (size_t i = 0; i < u->authority.n; i++)
        if (strchr("@\\%", u->authority.s[i]) || (unsigned char)u->authority.s[i] <= ' ')
            return NULL;
    if (*u->host.s == '[')
        return xstrndup(u->host.s + 1, strcspn(u->host.s + 1, "]"));
    return url_part_text(u->host);
}

bool container_url_allowed(const char *url)
{
    struct url u = url_split(url);
    bool secure = url_has_scheme(url, "https");
    auto_free char *host = secure || url_has_scheme(url, "http") ? host_of(&u) : NULL;
    bool allowed = host && *host && (secure || is_loopback(host));

    for (size_t i = 0; host && i < COUNTOF(hosts); i++)
        allowed = allowed || strcasecmp(host, hosts[i]) == 0;
    return allowed;
}

/* *token: the header's value, for the caller to free; NULL: the header is not needed. */
static int token_read(char **token, struct err *e)
{
    const char *file = getenv(TOKEN_FILE), *value = getenv(TOKEN);

    if (file) {
        if (file_read(file, token, e) < 0 || !*token)
            return err_set(e, ERR_CREDENTIALS, "%s: cannot read '%s'", TOKEN_FILE, file);
    } else if (value) {
        *token = xstrdup(value);
    }
    if (*token && strpbrk(*token, "\r\n"))
        return err_set(e, ERR_CREDENTIALS, "%s contains a line break, which is invalid in a header",
                       file ? TOKEN_FILE : TOKEN);
    return 0;
}

static int request_once(const struct identity *id, const char *url, const char *token,
                        struct creds *out, bool *final, struct err *e)
{
    const struct http_header headers[] = { { "Accept", "application/json" },
                                           { "Authorization", token } };
    struct http_request q = {
        .method = "GET",
        .url = url,
        .headers = headers,
        .n_headers = token ? 2 : 1,
        .timeout_ms = TIMEOUT_MS,
        .connect_timeout_ms = TIMEOUT_MS,
        .max_body = MAX_BYTES,
        .no_proxy = true,
        .secret_path = true,
        .stop = identity_stop(id),
    };
    auto_response r = { 0 };
    auto_json json_t *body = NULL;
    struct err unused;

    if (http_send(id->o.http, &q, &r, e) < 0)
        return -1;
    if (r.status != 200)
        return err_set(e, ERR_CREDENTIALS, "the endpoint returned HTTP %d", r.status);
    if (json_parse(r.body, r.body_len, &body, &unused) < 0)
        return err_set(e, ERR_CREDENTIALS, "the endpoint returned invalid JSON");
    *final = true;
    return creds_from_json(body, &creds_members_host, out, e);
}

static int request_creds(const struct asking *a, const char *url, const char *token,
                         struct creds *out, struct err *e)
{
    bool (*stop)(void) = identity_stop(a->id);
    bool final = false;

    for (int i = 0;; i++) {
        int rc = request_once(a->id, url, token, out, &final, e);

        if (rc == 0 || final || i + 1 == ATTEMPTS || (stop && stop()))
            return rc;
        clock_sleep_ms(PAUSE_MS);
    }
}

int provide_container(void *arg, struct creds *out, struct err *e)
{
    const struct asking *a = arg;
    const char *relative = getenv(RELATIVE), *full = getenv(FULL);
    auto_free char *url = relative ? xasprintf("http://%s%s", hosts[0], relative) : NULL;
    auto_secret char *token = NULL;

    if (!relative && !full) {
        (void)err_set(e, ERR_CREDENTIALS, FULL " is not set");
        return 0;
    }
    if (!url)
        url = xstrdup(full);
    if (!container_url_allowed(url)) {
        int before_host = (int)(url_authority(url).s - url);
        auto_free char *host = http_host(url);

        return err_set(e, ERR_CREDENTIALS,
                       "%s: '%.*s%s' is not allowed; use https, or http to a loopback address, "
                       "169.254.170.2, 169.254.170.23 or [fd00:ec2::23]",
                       relative ? RELATIVE : FULL, before_host, url, host);
    }
    if (token_read(&token, e) < 0)
        return -1;
    if (request_creds(a, url, token, out, e) < 0)
        return err_wrap(e, "%s", relative ? RELATIVE : FULL);
    out->provider = "container-role";
    return 1;
}

/* metadata.c: the role of the EC2 instance that fifoq runs on.
 * https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instance-metadata-security-credentials.html
 */
#include "identity/providers.h"

#include "clock.h"
#include "env.h"
#include "json.h"
#include "mem.h"
#include "random.h"
#include "text.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* The response with the token passes one network hop by default; a container needs two. */
#define HOPS                                                                                       \
    "in a container, set the instance's hop limit to 2: aws ec2 "                                  \
    "modify-instance-metadata-options --http-put-response-hop-limit 2"

#define ROLES "latest/meta-data/iam/security-credentials/"

enum { MAX_BYTES = 1 << 16, EXTEND_MS = 15 * 60000, JITTER_LEAST_S = 120, JITTER_S = 480 };

struct metadata {
    const struct asking *a;
    char *url;   /* with a slash at the end */
    char *token; /* NULL: version 1 */
    long timeout_ms;
    long attempts;
    bool v1_disabled;
    bool token_lost; /* the request for it timed out */
};

static const char *setting(const struct asking *a, const char *variable, const char *key)
{
    const char *value = env_get(variable);

    return value ? value : shared_config_get(a->id->o.files, a->id->profile, key);
}

static bool is_true(const char *value)
{
    return value && strcasecmp(value, "true") == 0;
}

static int read_number(const struct asking *a, const char *variable, const char *key, long *out,
                       struct err *e)
{
    const char *text = setting(a, variable, key);
    char *end = NULL;
    long long n = text ? strtoll(text, &end, 10) : 1;

    if (text && (*end || n < 1 || n > 60))
        return err_set(e, ERR_CREDENTIALS, "invalid %s (or %s) '%s'; expected 1 to 60", variable,
                       key, text);
    *out = (long)n;
    return 0;
}

static int read_endpoint(struct metadata *m, struct err *e)
{
    const char *url =
        setting(m->a, "AWS_EC2_METADATA_SERVICE_ENDPOINT", "ec2_metadata_service_endpoint");
    const char *mode = setting(m->a, "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE",
                               "ec2_metadata_service_endpoint_mode");
    bool six = mode ? strcasecmp(mode, "ipv6") == 0
                    : is_true(setting(m->a, "AWS_IMDS_USE_IPV6", "imds_use_ipv6"));

    if (mode && !six && strcasecmp(mode, "ipv4") != 0)
        return err_set(e, ERR_CREDENTIALS,
                       "invalid AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE (or "
                       "ec2_metadata_service_endpoint_mode) '%s'; expected ipv4 or ipv6",
                       mode);
    if (url && strchr(url, '@'))
        return err_set(e, ERR_CREDENTIALS,
                       "AWS_EC2_METADATA_SERVICE_ENDPOINT (or ec2_metadata_service_endpoint) "
                       "contains a user or password; remove it");
    if (url && !str_starts(url, "http://") && !str_starts(url, "https://"))
        return err_set(e, ERR_CREDENTIALS,
                       "invalid AWS_EC2_METADATA_SERVICE_ENDPOINT (or "
                       "ec2_metadata_service_endpoint) '%s'; expected an http:// or https:// URL",
                       url);
    url = url ? url : six ? "http://[fd00:ec2::254]/" : "http://169.254.169.254/";
    m->url = xasprintf("%s%s", url, str_ends(url, "/") ? "" : "/");
    return 0;
}

static int read_settings(struct metadata *m, struct err *e)
{
    long timeout_s = 1;

    if (read_number(m->a, "AWS_METADATA_SERVICE_TIMEOUT", "metadata_service_timeout", &timeout_s,
                    e) < 0 ||
        read_number(m->a, "AWS_METADATA_SERVICE_NUM_ATTEMPTS", "metadata_service_num_attempts",
                    &m->attempts, e) < 0)
        return -1;
    m->timeout_ms = timeout_s * 1000;
    m->v1_disabled =
        is_true(setting(m->a, "AWS_EC2_METADATA_V1_DISABLED", "ec2_metadata_v1_disabled"));
    return read_endpoint(m, e);
}

static int metadata_send(const struct metadata *m, const char *method, const char *path,
                         struct http_header header, struct http_response *r, struct err *e)
{
    auto_free char *url = xasprintf("%s%s", m->url, path);
    struct http_request q = {
        .method = method,
        .url = url,
        .headers = &header,
        .n_headers = header.value ? 1 : 0,
        .timeout_ms = m->timeout_ms,
        .connect_timeout_ms = m->timeout_ms,
        .max_body = MAX_BYTES,
        .no_proxy = true,
        .stop = identity_stop(m->a->id),
    };

    return http_send(m->a->id->o.http, &q, r, e);
}

/* Asks for the token of version 2. 1: got it, or version 1 may work (an old service has no tokens);
 * 0: no service is here. */
static int request_token(struct metadata *m, struct err *e)
{
    static const struct http_header ttl = { "x-aws-ec2-metadata-token-ttl-seconds", "21600" };

    for (long i = 0; i < m->attempts; i++) {
        auto_response r = { 0 };

        if (metadata_send(m, "PUT", "latest/api/token", ttl, &r, e) < 0) {
            if (e->code == ERR_TIMEOUT && e->unknown) {
                m->token_lost = true;
                return 1;
            }
        } else if (r.status == 200) {
            m->token = xstrdup(r.body);
            return 1;
        } else if (r.status >= 400 && r.status < 500) {
            (void)err_set(e, ERR_CREDENTIALS, "the token request returned HTTP %d", r.status);
            return r.status == 403 || r.status == 404 || r.status == 405;
        } else {
            (void)err_set(e, ERR_CREDENTIALS, "the token request returned HTTP %d", r.status);
        }
    }
    return e->code == ERR_CREDENTIALS; /* something responded */
}

/* 1: r has the body; 0: e has the reason. */
static int metadata_get(const struct metadata *m, const char *path, struct http_response *r,
                        struct err *e)
{
    struct http_header header = { "x-aws-ec2-metadata-token", m->token };

    for (long i = 0; i < m->attempts; i++) {
        http_response_done(r);
        *r = (struct http_response){ 0 };
        if (metadata_send(m, "GET", path, header, r, e) < 0)
            continue;
        if (r->status == 200 && r->body_len)
            return 1;
        (void)err_set(e, ERR_CREDENTIALS, "the request for the instance's role returned HTTP %d%s",
                      r->status, m->token_lost ? ", and the token request timed out; " HOPS : "");
    }
    return 0;
}

/* The service may renew the credentials late. AWS recommends using the old ones a while longer. */
static void extend_expiry(struct creds *c)
{
    int64_t now_ms = clock_wall_ms();
    uint32_t random;

    random_bytes(&random, sizeof(random));
    if (c->expires_ms - now_ms < EXTEND_MS)
        c->expires_ms = now_ms + EXTEND_MS + (JITTER_LEAST_S + random % JITTER_S) * 1000LL;
}

static int request_role(const struct metadata *m, struct creds *out, struct err *e)
{
    auto_response role = { 0 };
    auto_response answer = { 0 };
    auto_json json_t *body = NULL;
    auto_free char *path = NULL;

    if (metadata_get(m, ROLES, &role, e) == 0)
        return 0;
    path = xasprintf("%s%s", ROLES, role.body);
    if (strpbrk(role.body, "\r\n \t"))
        path[strcspn(path, "\r\n \t")] = '\0';
    if (metadata_get(m, path, &answer, e) == 0)
        return 0;
    if (json_parse(answer.body, answer.body_len, &body, e) < 0 ||
        creds_from_json(body, &creds_members_host, out, e) < 0)
        return 0;
    extend_expiry(out);
    return 1;
}

static void metadata_done(struct metadata *m)
{
    free(m->url);
    free_cleansed(m->token);
}

static int metadata_ask(struct metadata *m, struct creds *out, struct err *e)
{
    if (read_settings(m, e) < 0)
        return -1;
    if (request_token(m, e) == 0)
        return 0;
    if (!m->token && m->v1_disabled)
        return err_set(e, ERR_CREDENTIALS,
                       "the instance returned no IMDSv2 token, and IMDSv1 is disabled "
                       "(AWS_EC2_METADATA_V1_DISABLED)%s",
                       m->token_lost ? "; " HOPS : "");
    return request_role(m, out, e);
}

int provide_metadata(void *arg, struct creds *out, struct err *e)
{
    struct metadata m = { .a = arg };
    int rc;

    if (is_true(env_get("AWS_EC2_METADATA_DISABLED"))) {
        (void)err_set(e, ERR_CREDENTIALS, "AWS_EC2_METADATA_DISABLED is true");
        return 0;
    }
    rc = metadata_ask(&m, out, e);
    if (rc == 0 && (e->code == ERR_NET || e->code == ERR_TIMEOUT))
        (void)err_set(e, ERR_CREDENTIALS, "not an EC2 instance");
    if (rc == 0 && e->code == ERR_INTERRUPTED)
        rc = -1;
    metadata_done(&m);
    if (rc > 0)
        out->provider = "iam-role";
    return rc;
}

/* http_why.c: why there is no usable answer, in messages that name the cause. */
#include "http_parts.h"
#include "mem.h"
#include "url.h"

#include <string.h>

/* In "user:pass/word@host" the text after the first ':' is not a port. */
char *http_host(const char *url)
{
    struct url u = url_split(url);
    bool port = u.port.s && strspn(u.port.s, "0123456789") >= u.port.n;

    return xasprintf("%.*s%s%.*s", (int)u.host.n, u.host.s, port ? ":" : "",
                     port ? (int)u.port.n : 0, port ? u.port.s : "");
}

long http_proxy_said(const struct http_job *j)
{
    if (j->proxy_status >= 300)
        return j->proxy_status;
    return j->proxy.url && !j->proxy_status && j->r->status == 407 ? 407 : 0;
}

/* curl takes an invalid URL for an unknown host name. */
static bool is_url(const char *text)
{
    CURLU *u = curl_url();
    bool is = u && curl_url_set(u, CURLUPART_URL, text,
                                CURLU_GUESS_SCHEME | CURLU_NON_SUPPORT_SCHEME) == CURLUE_OK;

    curl_url_cleanup(u);
    return is;
}

static bool is_secure(const char *url)
{
    return url && url_has_scheme(url, "https");
}

/* TLS to the proxy itself, before any request. */
static bool proxy_tls_why(const struct http_job *j, const char *proxy, struct err *e)
{
    if (j->proxy_status || !is_secure(j->proxy.url))
        return false;
    if (j->result == CURLE_PEER_FAILED_VERIFICATION)
        (void)err_set(
            e, ERR_NET,
            "the certificate of %s is not trusted: %s; set AWS_CA_BUNDLE to the CA's certificate",
            proxy, *j->detail ? j->detail : curl_easy_strerror(j->result));
    else if (j->result == CURLE_SSL_CONNECT_ERROR)
        (void)err_set(e, ERR_NET,
                      "%s does not accept TLS although its URL says https://; most proxies use "
                      "http://, even for https:// hosts",
                      proxy);
    else
        return false;
    return true;
}

static const char *login_why(const char *url)
{
    if (strchr(url, '@'))
        return "does not accept the user and password in its URL";
    return is_secure(url) ? "requires a user and password: use https://USER:PASSWORD@HOST:PORT"
                          : "requires a user and password: use http://USER:PASSWORD@HOST:PORT";
}

/* True when the proxy is the cause; *e says how. curl's own message may hold its password. */
static bool proxy_why(const struct http_job *j, const char *host, struct err *e)
{
    auto_free char *name = j->proxy.url ? http_proxy_name(&j->proxy) : NULL;
    auto_free char *proxy = name ? xasprintf("the proxy '%s' (%s)", name, j->proxy.variable) : NULL;
    long said = http_proxy_said(j);

    if (!proxy || (j->sent && !said))
        return false;
    if (said == 407)
        (void)err_set(e, ERR_NET, "%s %s: HTTP 407", proxy, login_why(j->proxy.url));
    else if (said)
        (void)err_set(e, ERR_NET, "%s refused the connection to '%s': HTTP %ld", proxy, host, said);
    else if (j->result == CURLE_COULDNT_RESOLVE_PROXY && !is_url(j->proxy.url))
        (void)err_set(e, ERR_NET,
                      "%s is not a URL: use http://[USER:PASSWORD@]HOST:PORT, with %%40, %%23, "
                      "%%2F for @, #, / in a password",
                      proxy);
    else if (j->result == CURLE_COULDNT_RESOLVE_PROXY)
        (void)err_set(e, ERR_NET, "cannot resolve the host name of %s", proxy);
    else if (j->result == CURLE_COULDNT_CONNECT)
        (void)err_set(e, ERR_NET, "cannot connect to %s", proxy);
    else if (j->result == CURLE_OPERATION_TIMEDOUT)
        (void)err_set(e, ERR_NET, "%s: timed out connecting to '%s'", proxy, host);
    else if (!proxy_tls_why(j, proxy, e))
        return false;
    e->status = (int)said;
    e->explained = true;
    return true;
}

/* The host's certificate is not trusted. */
static bool trust_why(const struct http_job *j, const char *host, struct err *e)
{
    const char *why = *j->detail ? j->detail : curl_easy_strerror(j->result);

    if (j->result == CURLE_PEER_FAILED_VERIFICATION)
        (void)err_set(e, ERR_NET, "the certificate of '%s' is not trusted: %s; %s", host, why,
                      j->q->trust_hint
                          ? j->q->trust_hint
                          : "if a proxy intercepts TLS, set AWS_CA_BUNDLE to its CA's certificate");
    else if (j->result == CURLE_SSL_CONNECT_ERROR && strstr(why, "no application protocol"))
        (void)err_set(e, ERR_NET,
                      "'%s' does not accept HTTP/1.1, the only version that fifoq supports (%s); "
                      "put an HTTP/1.1 proxy in front of it",
                      host, why);
    else if (j->result == CURLE_SSL_CONNECT_ERROR && is_secure(j->proxy.url))
        (void)err_set(e, ERR_NET, /* curl 7.88 loses the reason of TLS within TLS */
                      "TLS with '%s' failed behind the proxy: %s; if a proxy intercepts TLS, set "
                      "AWS_CA_BUNDLE to its CA's certificate",
                      host, why);
    else
        return false;
    e->explained = true;
    return true;
}

const char *http_job_wrong(const struct http_job *j)
{
    if (j->head.wrong || !j->sent)
        return j->head.wrong;
    switch (j->result) {
    case CURLE_OK:
        return http_head_wrong(&j->head, strcmp(j->q->method, "HEAD") == 0, j->body_bytes);
    case CURLE_PARTIAL_FILE: return "its body is cut off";
    case CURLE_BAD_FUNCTION_ARGUMENT: /* of curl's own list of headers */
    case CURLE_WEIRD_SERVER_REPLY: return "its head is malformed";
    case CURLE_UNSUPPORTED_PROTOCOL: return "it does not begin with HTTP/1.1 or HTTP/1.0";
    default: return NULL;
    }
}

static int job_why(const struct http_job *j, struct err *e)
{
    auto_free char *host = http_host(j->q->url);
    const char *why = curl_easy_strerror(j->result), *wrong = http_job_wrong(j);

    if (j->given_up && j->result == CURLE_ABORTED_BY_CALLBACK)
        return err_set(e, ERR_INTERRUPTED, "interrupted");
    if (j->no_files && !j->sent)
        return err_set(e, ERR_NET, "too many open files (ulimit -n) to connect to '%s'", host);
    if (wrong)
        return err_set(e, ERR_NET, "invalid answer from '%s': %s", host, wrong);
    if (proxy_why(j, host, e) || trust_why(j, host, e))
        return -1;
    if (j->hung_up || j->result == CURLE_GOT_NOTHING)
        return err_set(e, ERR_NET, "'%s' closed the connection without an answer", host);
    switch (j->result) {
    case CURLE_COULDNT_RESOLVE_HOST:
        return err_set(e, ERR_NET, "cannot resolve host name '%s'", host);
    case CURLE_COULDNT_CONNECT: return err_set(e, ERR_NET, "cannot connect to '%s'", host);
    case CURLE_OPERATION_TIMEDOUT:
        return j->sent ? err_set(e, ERR_TIMEOUT, "'%s' did not answer within %ld ms", host,
                                 j->q->timeout_ms)
                       : err_set(e, ERR_NET, "timed out connecting to '%s'", host);
    case CURLE_WRITE_ERROR: return err_set(e, ERR_PARSE, "the answer of '%s' is too large", host);
    case CURLE_SSL_CERTPROBLEM:
        return err_set(e, ERR_CREDENTIALS, "the client certificate for '%s' cannot be used: %s",
                       host, why);
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
        if (*j->detail)
            why = j->detail;
        __attribute__((fallthrough));
    default: return err_set(e, ERR_NET, "no usable answer from '%s': %s", host, why);
    }
}

void http_job_error(const struct http_job *j, struct err *e)
{
    bool wrong = http_job_wrong(j) != NULL;

    (void)job_why(j, e);
    e->explained = e->explained || wrong || j->no_files;
    e->unknown = j->sent && (wrong || !http_proxy_said(j));
}

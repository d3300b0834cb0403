/* aws_script.c: the scripted answers. For one thread only. */
#include "unit.h"

#include "aws_script.h"

#include "clock.h"
#include "mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { MOST = 64 };

struct recorded {
    char *url, *method, *body;
    struct http_header headers[16];
    size_t n_headers;
    long timeout_ms;
    bool fresh;
};

static const struct script_answer *answers;
static size_t n_answers;
static struct recorded seen[MOST];
static size_t n_seen;
static int64_t slept_ms;

static int64_t now_ms(void)
{
    return SCRIPT_NOW_MS + slept_ms;
}

static void sleep_ms(int64_t ms)
{
    slept_ms += ms;
}

static void forget(void)
{
    for (size_t i = 0; i < n_seen; i++) {
        free(seen[i].url);
        free(seen[i].method);
        free(seen[i].body);
        for (size_t k = 0; k < seen[i].n_headers; k++) {
            free((char *)seen[i].headers[k].name);
            free((char *)seen[i].headers[k].value);
        }
    }
    n_seen = 0;
}

void script_play(const struct script_answer *list, size_t n)
{
    static const struct clock still = { now_ms, now_ms, sleep_ms };

    clock_use(&still);
    forget();
    answers = list;
    n_answers = n;
    slept_ms = 0;
}

static void record(const struct http_request *q)
{
    struct recorded *r = &seen[n_seen++];

    *r = (struct recorded){
        .url = xstrdup(q->url),
        .method = xstrdup(q->method),
        .body = xstrndup(q->body ? q->body : "", q->body_len),
        .timeout_ms = q->timeout_ms,
        .fresh = q->fresh,
    };
    assert_in_range(q->n_headers, 1, COUNTOF(r->headers));
    for (; r->n_headers < q->n_headers; r->n_headers++)
        r->headers[r->n_headers] = (struct http_header){ xstrdup(q->headers[r->n_headers].name),
                                                         xstrdup(q->headers[r->n_headers].value) };
}

static void answer(const struct script_answer *a, struct http_response *r)
{
    *r = (struct http_response){ .status = a->status,
                                 .headers = xcalloc(COUNTOF(a->headers), sizeof(*r->headers)),
                                 .body = xstrdup(a->body ? a->body : "") };
    r->body_len = strlen(r->body);
    for (size_t i = 0; i < COUNTOF(a->headers) && a->headers[i]; i++) {
        const char *colon = strchr(a->headers[i], ':');

        r->headers[r->n_headers++] =
            (struct http_header){ xstrndup(a->headers[i], (size_t)(colon - a->headers[i])),
                                  xstrdup(colon + 2) };
    }
}

int __wrap_http_send(struct http *h, const struct http_request *q, struct http_response *r,
                     struct err *e);

int __wrap_http_send(struct http *h, const struct http_request *q, struct http_response *r,
                     struct err *e)
{
    const struct script_answer *a = &answers[n_seen];

    (void)h;
    if (n_seen >= n_answers || n_seen >= MOST)
        fail_msg("request %zu is not in the script: %s", n_seen, q->url);
    record(q);
    if (a->fail)
        return err_set(e, a->fail, "no answer from 'host'");
    answer(a, r);
    return 0;
}

size_t script_requests(void)
{
    return n_seen;
}

static const struct recorded *request(size_t i)
{
    assert_true(i < n_seen);
    return &seen[i];
}

const char *script_url(size_t i)
{
    return request(i)->url;
}

const char *script_method(size_t i)
{
    return request(i)->method;
}

const char *script_body(size_t i)
{
    return request(i)->body;
}

const char *script_header(size_t i, const char *name)
{
    const struct recorded *r = request(i);

    for (size_t k = 0; k < r->n_headers; k++)
        if (strcasecmp(r->headers[k].name, name) == 0)
            return r->headers[k].value;
    return NULL;
}

long script_timeout_ms(size_t i)
{
    return request(i)->timeout_ms;
}

bool script_fresh(size_t i)
{
    return request(i)->fresh;
}

int64_t script_slept_ms(void)
{
    return slept_ms;
}

void script_client(struct aws *a, const char *endpoint_url)
{
    struct creds c = { .key_id = xstrdup("AKIDEXAMPLE"),
                       .secret = xstrdup("SECRETEXAMPLE"),
                       .token = xstrdup("TOKENEXAMPLE"),
                       .provider = "environment" };
    struct aws_options o = { .region = "eu-west-1", .endpoint_url = endpoint_url };
    struct err e = { 0 };

    if (aws_init(a, &o, NULL, &c, &e) < 0)
        fail_msg("%s", e.msg);
}

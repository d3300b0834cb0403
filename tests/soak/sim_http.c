/* sim_http.c: lib/http.h without a network: every request is sent to the world and waits for its
 * answer; and random bytes. */
#include "http_head.h"
#include "mem.h"
#include "sim_parts.h"

#include <stdlib.h>
#include <string.h>

/* One of lib/http.h's; only its address matters. */
int __wrap_http_new(struct http **out, const struct http_options *o, struct err *e)
{
    if (!sim_on())
        return __real_http_new(out, o, e);
    *out = xcalloc(1, 1);
    return 0;
}

void __wrap_http_free(struct http *h)
{
    if (sim_on())
        free(h);
    else
        __real_http_free(h);
}

int __wrap_http_renew(struct http *h, struct err *e)
{
    return sim_on() ? 0 : __real_http_renew(h, e);
}

void __wrap_random_bytes(void *out, size_t n)
{
    unsigned char *at = out;

    if (!sim_on()) {
        __real_random_bytes(out, n);
        return;
    }
    for (size_t i = 0; i < n; i++)
        at[i] = (unsigned char)dice_roll(sim_dice(), 256);
}

static int64_t request_put(const struct http_request *q)
{
    struct buf *out;
    int64_t number = sim_request(&out);

    wire_put_int(out, SAID_REQUEST);
    wire_put_int(out, number);
    wire_put_int(out, q->timeout_ms);
    wire_put_text(out, q->method, strlen(q->method));
    wire_put_text(out, q->url, strlen(q->url));
    wire_put_text(out, q->body, q->body_len);
    wire_put_int(out, (int64_t)q->n_headers);
    for (size_t i = 0; i < q->n_headers; i++) {
        wire_put_text(out, q->headers[i].name, strlen(q->headers[i].name));
        wire_put_text(out, q->headers[i].value, strlen(q->headers[i].value));
    }
    return number;
}

static char *copy(struct wire_in *in, size_t *n)
{
    const char *text = wire_text(in, n);
    char *own = xmalloc(*n + 1);

    if (text)
        memcpy(own, text, *n);
    own[*n] = '\0';
    return own;
}

void sim_answer_take(struct wire_in *in, struct sim_answer *a)
{
    a->code = (enum err_code)wire_int(in);
    a->unreachable = wire_int(in) != 0;
    a->bytes = copy(in, &a->len);
}

/* The head, line by line, as the transport passes it on; returns where the body begins. */
static const char *read_head(const struct sim_answer *a, struct http_head *h,
                             struct http_response *r)
{
    const char *s = a->bytes, *end = a->bytes + a->len, *next;

    while (!h->whole && !h->wrong && (next = memchr(s, '\n', (size_t)(end - s)))) {
        http_head_line(h, r, s, (size_t)(next + 1 - s));
        s = next + 1;
    }
    return s;
}

static int read_body(const struct http_request *q, const char *body, size_t n,
                     struct http_response *r, struct err *e)
{
    if (q->max_body && n > q->max_body) {
        if (!q->drop_rest)
            return err_set(e, ERR_PARSE, "the world's answer is too large");
        n = q->max_body;
    }
    r->body = xstrndup(body, n);
    r->body_len = n;
    return 0;
}

/* The product checks the bytes; curl only finds the end of the body. */
static int read_answer(const struct http_request *q, const struct sim_answer *a,
                       struct http_response *r, struct err *e)
{
    struct http_head head = { 0 };
    auto_response answer = { 0 };
    const char *body = read_head(a, &head, &answer), *wrong;
    size_t n = a->len - (size_t)(body - a->bytes);

    wrong = http_head_wrong(&head, false, n);
    if (a->code != ERR_OK || wrong) {
        (void)err_set(e, a->code != ERR_OK ? a->code : ERR_NET, "the world gave no answer: %s",
                      wrong ? wrong : "");
        e->unknown = !a->unreachable;
        return -1;
    }
    if (read_body(q, body, head.sized && n > head.length ? (size_t)head.length : n, &answer, e) < 0)
        return -1;
    answer.status = head.status;
    *r = answer;
    answer = (struct http_response){ 0 };
    return 0;
}

int __wrap_http_send(struct http *h, const struct http_request *q, struct http_response *r,
                     struct err *e)
{
    struct sim_answer a = { 0 };
    int64_t number;
    int rc;

    if (!sim_on())
        return __real_http_send(h, q, r, e);
    number = request_put(q);
    sim_request_send();
    sim_wait_for_world(number, &a);
    rc = read_answer(q, &a, r, e);
    free(a.bytes);
    return rc;
}

/* No caller waits for its answer. */
void __wrap_http_send_off(struct http *h, const struct http_request *q)
{
    if (!sim_on()) {
        __real_http_send_off(h, q);
        return;
    }
    (void)request_put(q);
    sim_request_send();
}

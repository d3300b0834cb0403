/* try.c: destinations built as drain builds them, for a sample message. */
#include "try.h"

#include "clock.h"
#include "destination.h"
#include "mem.h"
#include "oauth2.h"
#include "roots.h"
#include "text.h"
#include "tokens.h"
#include "version.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* Fields whose text is parsed, so that a placeholder for a parameter's value proves nothing. */
static const char *const formed[] = { "auth.mtls", "auth.oauth2.ca", "ca" };

struct attempt {
    struct destination d;
    const json_t *parameters;
    json_t *values; /* what templates see: an exact tree */
    bool agree;     /* they fit all templates */
    bool guessed;   /* one of its parameters has a placeholder value */
    try_report_fn *report;
    void *arg;
};

/* The steps before each ": " of a message, as one path; *text is what follows. */
static char *path_of(const char *message, const char **text)
{
    auto_buf path = BUF(BUF_SMALL);

    for (size_t n; isalpha((unsigned char)*message) && (n = strcspn(message, " :'")) > 0 &&
                   str_starts(message + n, ": ");) {
        buf_printf(&path, "%s%.*s", path.len ? "." : "", (int)n, message);
        message += n + 2;
    }
    *text = message;
    return buf_steal(&path);
}

static bool is_guess(const struct attempt *a, const char *path)
{
    for (size_t i = 0; a->guessed && i < COUNTOF(formed); i++)
        if (str_starts(path, formed[i]))
            return true;
    return false;
}

/* message: "url: ...", "auth.bearer: ..." */
static void tell(const struct attempt *a, const char *message)
{
    const char *text;
    auto_free char *path = path_of(message, &text);

    if (!is_guess(a, path ? path : ""))
        a->report(a->arg, path ? path : "", text);
}

static void sample(void *arg, const struct template *t)
{
    struct attempt *a = arg;

    a->agree = template_sample(t, a->values) && a->agree;
}

static void fill_values(struct attempt *a)
{
    auto_json json_t *used = json_object();
    json_t *parameters = json_object(), *unused;
    const char *name;

    destination_parameters(&a->d, used);
    json_object_foreach(used, name, unused) {
        const char *value = jget_str(a->parameters, name);
        a->guessed = a->guessed || !value;
        if (value)
            json_object_set_new(parameters, name, exact_string(value, strlen(value)));
    }
    a->values = json_pack("{s:{}, s:o}", "message", "param", parameters);
    a->agree = true;
    destination_each_template(&a->d, sample, a);
    /* one ${...} may be the whole form, for which a text is not a sample */
    a->agree = a->agree && a->d.body_type != BODY_FORM;
}

/* What all messages have. text holds the message while *out is used. */
static void fill_outgoing(const struct attempt *a, struct buf *text, struct outgoing *out)
{
    static const struct creds creds = { .key_id = (char *)"x", .secret = (char *)"x" };
    const json_t *message = json_object_get(a->values, "message");

    exact_text(message, text);
    *out = (struct outgoing){ .id = "x",
                              .group = "x",
                              .sequence = "1",
                              .attempt = 1,
                              .text = buf_str(text),
                              .text_len = text->len,
                              .message = message,
                              .parameters = json_object_get(a->values, "param"),
                              .now_ms = clock_wall_ms(),
                              .token = "x",
                              .creds = &creds,
                              .region = "us-east-1" };
}

static void try_request(const struct attempt *a)
{
    __attribute__((cleanup(destination_request_done))) struct destination_request q = { 0 };
    auto_free char *name = xasprintf("destination '%s': ", a->d.name);
    auto_buf text = BUF(BUF_LARGE);
    struct outgoing m;
    struct err e;

    fill_outgoing(a, &text, &m);
    if (destination_request(&a->d, &m, &q, &e) == 0 || (!a->agree && e.code != ERR_CREDENTIALS))
        return;
    tell(a, str_starts(e.msg, name) ? e.msg + strlen(name) : e.msg);
}

static void try_token(const struct attempt *a)
{
    __attribute__((cleanup(oauth2_request_done))) struct oauth2_request q = { 0 };
    struct err e;

    if (!auth_wants_token(&a->d.auth) || oauth2_request(&a->d, a->values, &q, &e) == 0 ||
        str_starts(e.msg, "mtls: ")) /* which the request reports itself */
        return;
    (void)err_wrap(&e, "auth.oauth2");
    tell(a, e.msg);
}

static void try_all(struct attempt *a)
{
    fill_values(a);
    try_request(a);
    try_token(a);
    if (a->d.body && !destination_has_body(&a->d)) {
        auto_free char *text =
            xasprintf("body: a %s request sends no body; remove it, or use POST, "
                      "PUT or PATCH",
                      a->d.method);
        tell(a, text);
    }
}

/* As the runtime reads it. attempt_done in either case. */
static int attempt_parse(struct attempt *a, const json_t *destination, struct err *e)
{
    auto_free const char **names = xcalloc(json_object_size(a->parameters) + 1, sizeof(*names));
    const char *name;
    json_t *unused;
    size_t n = 0;

    json_object_foreach((json_t *)a->parameters, name, unused)
        names[n++] = name;
    return destination_parse(destination, names, &a->d, e);
}

static void attempt_done(struct attempt *a)
{
    destination_done(&a->d);
    json_decref(a->values);
}

void try_destination(const json_t *destination, const json_t *parameters, try_report_fn *report,
                     void *arg)
{
    struct attempt a = { .parameters = parameters, .report = report, .arg = arg };
    struct err e;

    if (attempt_parse(&a, destination, &e) < 0)
        tell(&a, e.msg);
    else
        try_all(&a);
    attempt_done(&a);
}

int try_open(struct http **out, struct err *e)
{
    const struct http_options o = { .user_agent = "fifoq/" FIFOQ_VERSION,
                                    .tls_hook = roots_install };

    return http_new(out, &o, e);
}

static int send_one(void *arg, const struct http_request *q, struct http_response *r, struct err *e)
{
    const struct try_wire *w = arg;
    struct http_request copy = *q;

    copy.stop = w->stop;
    return http_send(w->http, &copy, r, e);
}

/* What is requested, and where results go. */
struct asking {
    struct attempt *a;
    const struct try_wire *w;
    try_said_fn *said;
    void *arg;
};

/* -1: interrupted; otherwise the failure was reported. */
static int say_failed(const struct asking *q, const char *what, struct err *e)
{
    if (e->code == ERR_INTERRUPTED)
        return -1;
    q->said(q->arg, what, false, e->msg);
    return 0;
}

static void say_status(const struct asking *q, const char *method, int status)
{
    const char *more = status == 401 || status == 403 || status == 407
                           ? ": it refuses the key; check its value and what it may do"
                       : status >= 300 && status < 400
                           ? ": redirects are not followed; use the address that it leads to"
                           : ", which is not among the statuses in success";
    bool works = destination_accepts(&q->a->d, status);
    auto_free char *text = xasprintf("%s: answered %d%s", method, status, works ? "" : more);

    q->said(q->arg, "request", works, text);
}

/* *token is the caller's (token_done); without one *go is false. */
static int ask_token(const struct asking *q, struct token_copy *token, bool *go, struct err *e)
{
    struct tokens tokens;
    struct token_ask ask = { .d = &q->a->d,
                             .parameters = json_object_get(q->a->values, "param"),
                             .send = send_one,
                             .arg = (void *)q->w };
    int64_t retry_after_ms;
    int rc;

    tokens_init(&tokens, 1);
    rc = tokens_get(&tokens, &ask, token, &retry_after_ms, e);
    tokens_done(&tokens);
    *go = rc == 0;
    if (rc)
        return say_failed(q, "token", e);
    q->said(q->arg, "token", true, "received one from the token endpoint");
    return 0;
}

static int ask_api(const struct asking *q, const char *token, bool send, struct err *e)
{
    __attribute__((cleanup(destination_request_done))) struct destination_request r = { 0 };
    const char *what = send ? "request" : "connection";
    auto_buf text = BUF(BUF_LARGE);
    auto_response answer = { 0 };
    struct outgoing m;

    fill_outgoing(q->a, &text, &m);
    m.token = token;
    if (destination_request(&q->a->d, &m, &r, e) < 0)
        return say_failed(q, what, e);
    r.http.connect_only = !send;
    if (send_one((void *)q->w, &r.http, &answer, e) < 0)
        return say_failed(q, what, e);
    if (send)
        say_status(q, r.http.method, answer.status);
    else
        q->said(q->arg, what, true, "connected; to test the key, set 'check: URL'");
    return 0;
}

// NOLINTNEXTLINE(readability-function-size): one more than the rule
int try_live(const json_t *destination, const json_t *parameters, bool send,
             const struct try_wire *w, try_said_fn *said, void *arg, struct err *e)
{
    struct attempt a = { .parameters = parameters };
    const struct asking q = { &a, w, said, arg };
    __attribute__((cleanup(token_done))) struct token_copy token = { 0 };
    bool go = true;
    int rc = attempt_parse(&a, destination, e);

    if (rc) {
        rc = say_failed(&q, "request", e);
        go = false;
    } else {
        fill_values(&a);
    }
    if (go && auth_wants_token(&a.d.auth))
        rc = ask_token(&q, &token, &go, e);
    if (rc == 0 && go)
        rc = ask_api(&q, token.value ? token.value : "x", send, e);
    attempt_done(&a);
    return rc;
}

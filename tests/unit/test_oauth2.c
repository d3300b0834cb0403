/* test_oauth2.c: the request for a token, its answer, and the cached tokens. */
#include "unit.h"

#include "clock.h"
#include "mem.h"
#include "oauth2.h"
#include "parallel.h"
#include "tokens.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char *const parameters[] = { "id", "secret", NULL };

static void parse(const char *more, struct destination *d)
{
    auto_free char *text = xasprintf(
        "{\"name\": \"crm\", \"url\": \"https://h.example/\", \"timeout_ms\": 1000, \"success\": "
        "[[200, 299]], \"auth\": {\"oauth2\": {\"token_url\": \"https://t.example/token\", "
        "\"client_id\": \"${param.id}\"%s%s}}}",
        strstr(more, "tls") ? "" : ", \"client_secret\": \"${param.secret}\"", more);
    auto_json json_t *o = NULL;
    struct err e;

    if (json_parse(text, strlen(text), &o, &e) < 0 || destination_parse(o, parameters, d, &e) < 0)
        fail_msg("%s: %s", e.msg, text);
}

static json_t *values(void)
{
    return json_pack("{s:o, s:o}", "id", exact_string("fi foq", 6), "secret",
                     exact_string("s:3/cr\xC3\xA9t", 9));
}

static void test_requests(void **state)
{
    static const struct {
        const char *more, *body, *authorization;
    } rows[] = {
        { "", "grant_type=client_credentials", "Basic ZmklMjBmb3E6cyUzQTMlMkZjciVDMyVBOXQ=" },
        { ", \"style\": \"basic\", \"scope\": \"a b/c\", \"audience\": null",
          "grant_type=client_credentials&scope=a%20b%2Fc",
          "Basic ZmklMjBmb3E6cyUzQTMlMkZjciVDMyVBOXQ=" },
        { ", \"style\": \"body\", \"scope\": null, \"audience\": \"https://api\"",
          "grant_type=client_credentials&audience=https%3A%2F%2Fapi&client_id=fi%20foq&"
          "client_secret=s%3A3%2Fcr%C3%A9t",
          NULL },
        { ", \"style\": \"tls\", \"client_secret\": null, \"scope\": \"a\"",
          "grant_type=client_credentials&scope=a&client_id=fi%20foq", NULL },
        { ", \"form\": {\"resource\": \"https://r\", \"x y\": \"${param.id}&\"}, \"headers\": "
          "{\"X-Tenant\": \"t ${param.id}\"}",
          "resource=https%3A%2F%2Fr&x%20y=fi%20foq%26&grant_type=client_credentials",
          "Basic ZmklMjBmb3E6cyUzQTMlMkZjciVDMyVBOXQ=" },
        { ", \"form\": {\"grant_type\": \"account_credentials\", \"account_id\": \"1\"}",
          "grant_type=account_credentials&account_id=1",
          "Basic ZmklMjBmb3E6cyUzQTMlMkZjciVDMyVBOXQ=" },
    };
    (void)state;

    for (size_t i = 0; i < COUNTOF(rows); i++) {
        __attribute__((cleanup(destination_done))) struct destination d = { 0 };
        __attribute__((cleanup(oauth2_request_done))) struct oauth2_request q = { 0 };
        auto_json json_t *root = json_pack("{s:o}", "param", values());
        const char *authorization = NULL, *tenant = NULL;
        struct err e;
        parse(rows[i].more, &d);
        assert_int_equal(oauth2_request(&d, root, &q, &e), 0);
        assert_string_equal(q.http.method, "POST");
        assert_string_equal(q.http.url, "https://t.example/token");
        assert_string_equal(q.http.body, rows[i].body);
        assert_int_equal(q.http.body_len, strlen(rows[i].body));
        for (size_t k = 0; k < q.http.n_headers; k++) {
            if (strcmp(q.http.headers[k].name, "Authorization") == 0)
                authorization = q.http.headers[k].value;
            if (strcmp(q.http.headers[k].name, "X-Tenant") == 0)
                tenant = q.http.headers[k].value;
        }
        assert_true(!tenant == !strstr(rows[i].more, "X-Tenant"));
        if (tenant)
            assert_string_equal(tenant, "t fi foq");
        assert_true(!authorization == !rows[i].authorization);
        if (authorization)
            assert_string_equal(authorization, rows[i].authorization);
    }
}

#define TOKEN "{\"access_token\": \"t0k3n\", \"token_type\": \"Bearer\""

static const struct {
    int status;
    const char *body;
    int64_t lasts_ms; /* -1: refused; -2: not now */
    const char *says;
} answers[] = {
    { 200, TOKEN ", \"expires_in\": 3600}", 3600000, NULL },
    { 200, TOKEN ", \"expires_in\": \"3600\"}", 3600000, NULL },
    { 200, TOKEN ", \"expires_in\": 1.5}", 1500, NULL },
    { 200, TOKEN "}", 300000, NULL },
    { 200, TOKEN ", \"expires_in\": null}", 300000, NULL },
    { 200, TOKEN ", \"expires_in\": \"soon\"}", 300000, NULL },
    { 200, TOKEN ", \"expires_in\": 0}", 300000, NULL }, /* it does not end */
    { 200, TOKEN ", \"expires_in\": -5}", 300000, NULL },
    { 200, TOKEN ", \"expires_in\": \"-1\"}", 300000, NULL },
    { 200, TOKEN ", \"expires_in\": 1e300}", 86400000, NULL },
    { 200, TOKEN ", \"expires_in\": 1e999}", 86400000, NULL },
    { 200, TOKEN ", \"expires_in\": 18446744073709551615}", 86400000, NULL },
    { 200, "\xEF\xBB\xBF" TOKEN "}", 300000, NULL },
    { 200, TOKEN ", \"msg\": \"caf\xE9\"}", 300000, NULL },
    { 200, TOKEN ", \"msg\": \"\\ud800\"}", 300000, NULL },
    { 200, TOKEN ", \"msg\": \"\\udc00\\ud83d\\ude00 \\\\ud800\"}", 300000, NULL },
    { 200, TOKEN ", \"msg\": \"\xF0\x9F\x98\"}", 300000, NULL },
    { 200, TOKEN ", \"a\\u0000b\": 1, \"n\": \"\\u0000\"}", 300000, NULL },
    { 200, "{\"access_token\": \"t\", \"token_type\": \"BearerToken\"}", 300000, NULL },
    { 200, "{\"access_token\": \"t\", \"token_type\": 1}", 300000, NULL },
    { 200, "{\"access_token\": \"t\", \"token_type\": null}", 300000, NULL },
    { 200, "{\"access_token\": \"t\", \"token_type\": \"dpop\"}", -1, "token_type" },
    { 200, "{\"access_token\": \"s3cret\\u0000\"}", -1, "access_token" },
    { 200, "{\"access_token\": \"s3cret\xE9\"", -1, "JSON" },
    { 200, "\x1F\x8B\x08s3cret", -1, "JSON" },
    { 200, "{\"access_token\": \"t\", \"token_type\": \"bearer\"}", 300000, NULL },
    { 200, "{\"access_token\": \"t\"}", 300000, NULL },
    { 201, TOKEN "}", 300000, NULL },
    { 200, "", -1, "JSON" },
    { 200, "<html>s3cret</html>", -1, "JSON" },
    { 200, "[\"access_token\"]", -1, "JSON" },
    { 200, "{}", -1, "access_token" },
    { 200, "{\"access_token\": 5}", -1, "access_token" },
    { 200, "{\"access_token\": \"\"}", -1, "access_token" },
    { 200, "{\"access_token\": \"s3cret\\r\\nX: 1\"}", -1, "access_token" },
    { 200, "{\"access_token\": \"s3cret\xC3\xA9\"}", -1, "access_token" },
    { 200, "{\"access_token\": \"t\", \"token_type\": \"mac\"}", -1, "token_type" },
    { 204, "", -1, "204" },
    { 302, "", -1, "redirects" },
    { 400, "{\"error\": \"invalid_client\", \"error_description\": \"s3cret\"}", -1,
      "invalid_client" },
    { 400, "{\"error\": \"s3cret\"}", -1, "400" },
    { 401, "s3cret", -1, "401" },
    { 403, "{\"error\": [\"s3cret\"]}", -1, "403" },
    { 404, "", -1, "404" },
    { 408, "", -2, "408" },
    { 429, "{\"error\": \"temporarily_unavailable\"}", -2, "temporarily_unavailable" },
    { 500, "s3cret", -2, "500" },
    { 503, "", -2, "503" },
};

static void test_answers(void **state)
{
    (void)state;

    for (size_t i = 0; i < COUNTOF(answers); i++) {
        struct http_response r = { .status = answers[i].status,
                                   .body = (char *)answers[i].body,
                                   .body_len = strlen(answers[i].body) };
        struct oauth2_token t = { 0 };
        struct err e = { 0 };
        if (oauth2_answer(&r, &t, &e) == 0) {
            assert_int_equal(t.lasts_ms, answers[i].lasts_ms);
            assert_non_null(t.value);
        } else {
            assert_int_equal(e.code, answers[i].lasts_ms == -1 ? ERR_CREDENTIALS : ERR_NET);
            assert_int_equal(e.status, answers[i].status);
            if (!answers[i].says || !strstr(e.msg, answers[i].says) || strstr(e.msg, "s3cret"))
                fail_msg("row %zu says '%s'", i, e.msg);
        }
        free_cleansed(t.value);
    }
}

/* A token endpoint: each answer is the next number as a token. */
struct endpoint {
    atomic_int asked;
    int status;
    long lasts_s;
    const char *retry_after;
    bool gone; /* no answer */
    int slow_ms;
};

static int64_t now_ms = 1000000;

static int64_t clock_now(void)
{
    return now_ms;
}

static void clock_sleep(int64_t ms)
{
    (void)ms;
}

static const struct clock held = { clock_now, clock_now, clock_sleep };

static int answer(void *arg, const struct http_request *q, struct http_response *r, struct err *e)
{
    struct endpoint *p = arg;
    int n = ++p->asked;

    assert_string_equal(q->url, "https://t.example/token");
    if (p->slow_ms)
        (void)usleep((useconds_t)p->slow_ms * 1000);
    if (p->gone)
        return err_set(e, ERR_TIMEOUT, "'t.example' did not answer");
    *r = (struct http_response){ .status = p->status };
    r->body =
        xasprintf("{\"access_token\": \"t%d\", \"token_type\": \"Bearer\", \"expires_in\": %ld}", n,
                  p->lasts_s);
    r->body_len = strlen(r->body);
    if (p->retry_after) {
        auto_free char *line = xasprintf("Retry-After: %s\r\n", p->retry_after);
        http_header_line(r, line, strlen(line));
    }
    return 0;
}

struct kept {
    struct destination d;
    json_t *parameters;
    struct endpoint endpoint;
    struct tokens tokens;
    struct token_ask ask;
};

static void kept_init(struct kept *k)
{
    clock_use(&held);
    *k = (struct kept){ .parameters = values(), .endpoint = { .status = 200, .lasts_s = 3600 } };
    parse("", &k->d);
    tokens_init(&k->tokens, 2);
    k->ask = (struct token_ask){ .destination = 1,
                                 .d = &k->d,
                                 .parameters = k->parameters,
                                 .send = answer,
                                 .arg = &k->endpoint };
}

static void kept_done(struct kept *k)
{
    tokens_done(&k->tokens);
    destination_done(&k->d);
    json_decref(k->parameters);
    clock_use(NULL);
}

/* The token, or the error; and its generation. */
static const char *get(struct kept *k, unsigned *generation)
{
    static char text[64];
    __attribute__((cleanup(token_done))) struct token_copy copy = { 0 };
    int64_t retry_after_ms = -2;
    struct err e = { 0 };

    if (tokens_get(&k->tokens, &k->ask, &copy, &retry_after_ms, &e) < 0) {
        (void)snprintf(text, sizeof(text), "%s %d %lld",
                       e.code == ERR_CREDENTIALS ? "refused" : "again", e.status,
                       (long long)retry_after_ms);
        return text;
    }
    if (generation)
        *generation = copy.generation;
    (void)snprintf(text, sizeof(text), "%s", copy.value);
    return text;
}

static void test_kept_until_it_expires(void **state)
{
    __attribute__((cleanup(kept_done))) struct kept k;
    (void)state;

    kept_init(&k);
    assert_string_equal(get(&k, NULL), "t1");
    now_ms += 3539999; /* an hour less a minute, less a moment */
    assert_string_equal(get(&k, NULL), "t1");
    now_ms += 1;
    assert_string_equal(get(&k, NULL), "t2");
    now_ms -= 10000; /* a clock that was set back says nothing about the expiry */
    assert_string_equal(get(&k, NULL), "t3");
    k.endpoint.lasts_s = 10;
    now_ms += 3600000;
    assert_string_equal(get(&k, NULL), "t4");
    now_ms += 8999;
    assert_string_equal(get(&k, NULL), "t4");
    now_ms += 1;
    k.endpoint.lasts_s = 0; /* no lifetime: five minutes, less 30 s */
    assert_string_equal(get(&k, NULL), "t5");
    now_ms += 269999;
    assert_string_equal(get(&k, NULL), "t5");
    now_ms += 1;
    assert_string_equal(get(&k, NULL), "t6");
}

static void test_failures_are_not_kept(void **state)
{
    __attribute__((cleanup(kept_done))) struct kept k;
    (void)state;

    kept_init(&k);
    k.endpoint.status = 503;
    k.endpoint.retry_after = "7";
    assert_string_equal(get(&k, NULL), "again 503 7000");
    k.endpoint.status = 401;
    k.endpoint.retry_after = NULL;
    assert_string_equal(get(&k, NULL), "refused 401 -1");
    k.endpoint.gone = true;
    assert_string_equal(get(&k, NULL), "again 0 -1");
    k.endpoint.gone = false;
    k.endpoint.status = 200;
    assert_string_equal(get(&k, NULL), "t4");
}

/* One new token for each refusal; after the second refusal in a row another is useless. */
static void test_refused_tokens(void **state)
{
    __attribute__((cleanup(kept_done))) struct kept k;
    unsigned first, second, third;
    (void)state;

    kept_init(&k);
    assert_string_equal(get(&k, &first), "t1");
    tokens_accepted(&k.tokens, 1, first);
    assert_true(tokens_refused(&k.tokens, 1, first));
    assert_true(tokens_refused(&k.tokens, 1, first)); /* another group reports the same */
    assert_string_equal(get(&k, &second), "t2");
    assert_true(tokens_refused(&k.tokens, 1, first)); /* late, about the old one */
    assert_string_equal(get(&k, NULL), "t2");
    assert_false(tokens_refused(&k.tokens, 1, second));
    assert_string_equal(get(&k, &third), "t3");
    tokens_accepted(&k.tokens, 1, second); /* late, too */
    assert_false(tokens_refused(&k.tokens, 1, third));
    assert_string_equal(get(&k, &third), "t4");
    tokens_accepted(&k.tokens, 1, third);
    assert_true(tokens_refused(&k.tokens, 1, third));
}

static void get_one(void *arg, size_t i)
{
    struct kept *k = arg;
    __attribute__((cleanup(token_done))) struct token_copy copy = { 0 };
    int64_t retry_after_ms;
    struct err e;

    (void)i;
    if (tokens_get(&k->tokens, &k->ask, &copy, &retry_after_ms, &e) == 0)
        assert_string_equal(copy.value, "t1");
    else
        assert_int_equal(e.status, 500);
}

/* Of parallel groups one requests it, whatever the result. */
static void test_one_request_at_a_time(void **state)
{
    __attribute__((cleanup(kept_done))) struct kept k;
    (void)state;

    kept_init(&k);
    k.endpoint.slow_ms = 300;
    parallel_each(8, 8, get_one, &k);
    assert_int_equal(k.endpoint.asked, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_requests),
        cmocka_unit_test(test_answers),
        cmocka_unit_test(test_kept_until_it_expires),
        cmocka_unit_test(test_failures_are_not_kept),
        cmocka_unit_test(test_refused_tokens),
        cmocka_unit_test(test_one_request_at_a_time),
    };

    mem_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}

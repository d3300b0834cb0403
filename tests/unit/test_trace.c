/* test_trace.c: what -v and -vv print for a request. */
#include "unit.h"

#include "mem.h"
#include "text.h"
#include "ui/trace.h"

#include <string.h>

#define CANARY "canary-5b1d"

static char *written(int level, const struct http_request *q, const struct http_response *r,
                     const struct err *e)
{
    auto_buf out = BUF(BUF_LARGE);

    trace_write(level, q, r, e, 34, &out);
    return buf_steal(&out);
}

/* Every header that may hold a secret, in some spelling. */
static const char *const secret[] = {
    "Authorization",
    "authorization",
    "Proxy-Authorization",
    "Cookie",
    "set-cookie",
    "X-Amz-Security-Token",
    "DPoP",
    "x-amz-sso_bearer_token",
    "X-aws-ec2-metadata-token",
    "X-Api-Key",
    "webhook-signature",
    "X-Amz-Client-Secret",
};

static void headers_with_secrets_are_hidden(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNTOF(secret); i++) {
        static const char *const values[] = {
            CANARY,
            "Bearer " CANARY,
            "AWS4-HMAC-SHA256 " CANARY,
            "AWS4-HMAC-SHA256 Signature=" CANARY ", Credential=" CANARY "/2026",
            "AWS4-HMAC-SHA256 Credential=" CANARY
            "/20260102/r/sqs/aws4_request, SignedHeaders=host, "
            "Signature=" CANARY,
        };

        for (size_t k = 0; k < COUNTOF(values); k++) {
            struct http_header h = { secret[i], values[k] };
            struct http_request q = {
                .method = "GET", .url = "https://x/", .headers = &h, .n_headers = 1
            };
            struct http_response r = { .status = 200, .headers = &h, .n_headers = 1 };
            auto_free char *text = written(2, &q, &r, NULL);

            assert_null(strstr(text, CANARY));
            assert_non_null(strstr(text, "(hidden)"));
        }
    }
}

static void bodies_and_queries_are_not_shown(void **state)
{
    struct http_header shown = { "X-Amz-Target", "AmazonSSM.PutParameter" };
    struct http_request q = {
        .method = "POST",
        .url = "https://portal/federation?token=" CANARY "#" CANARY,
        .headers = &shown,
        .n_headers = 1,
        .body = CANARY,
        .body_len = strlen(CANARY),
    };
    struct http_response r = { .status = 200, .body = (char *)CANARY, .body_len = 11 };
    auto_free char *text = written(3, &q, &r, NULL);

    (void)state;
    assert_null(strstr(text, CANARY));
    assert_non_null(strstr(text, "  > POST https://portal/federation?... (11 bytes)\n"));
    assert_non_null(strstr(text, "  > X-Amz-Target: AmazonSSM.PutParameter\n"));
    assert_non_null(strstr(text, "  < 200 (11 bytes)\n"));
}

static void what_comes_from_elsewhere_does_not_get_at_the_terminal(void **state)
{
    struct http_header h = { "X-Kind", "a\rb\033[2Jc\302\233d\177\007" };
    struct http_request q = { .method = "GET", .url = "https://x/\033]0;t\007", .n_headers = 0 };
    struct http_response r = { .status = 200, .headers = &h, .n_headers = 1 };
    struct err e = { .msg = "it said\033[31m" };

    (void)state;
    auto_free char *text = written(2, &q, &r, &e);
    for (const char *c = text; *c; c++)
        assert_true(*c == '\n' || (*c >= ' ' && *c <= '~'));
    assert_non_null(strstr(text, "  < X-Kind: a b?[2Jc?d??\n"));
    assert_non_null(strstr(text, "it said?[31m\n"));
}

static void who_knows_the_path_knows_too_much(void **state)
{
    struct http_request q = { .method = "GET",
                              .url = "http://user:" CANARY "@169.254.170.2/v2/" CANARY "?a",
                              .secret_path = true };
    struct http_response r = { .status = 200 };

    (void)state;
    auto_free char *text = written(2, &q, &r, NULL);
    assert_null(strstr(text, CANARY));
    assert_true(str_starts(text, "GET http://169.254.170.2/...?... "));
}

static void one_line_each(void **state)
{
    struct http_request call = { .method = "POST",
                                 .url = "https://x/",
                                 .service = "sqs",
                                 .action = "GetQueueAttributes",
                                 .attempt = 2 };
    struct http_request other = { .method = "PUT",
                                  .url = "http://169.254.169.254/latest/api/token" };
    struct http_header id = { "x-amzn-requestid", "r-1" };
    struct http_response r = { .status = 200, .headers = &id, .n_headers = 1 };
    struct err e = { .msg = "cannot connect to 'x'" };

    (void)state;
    auto_free char *good = written(1, &call, &r, NULL);
    assert_string_equal(good, "sqs:GetQueueAttributes               200     34 ms  #2  r-1\n");
    auto_free char *bad = written(1, &call, NULL, &e);
    assert_string_equal(
        bad, "sqs:GetQueueAttributes               ---     34 ms  #2  cannot connect to 'x'\n");
    auto_free char *plain = written(1, &other, &r, NULL);
    assert_string_equal(plain, "PUT http://169.254.169.254/latest/api/token 200     34 ms  r-1\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(headers_with_secrets_are_hidden),
        cmocka_unit_test(bodies_and_queries_are_not_shown),
        cmocka_unit_test(what_comes_from_elsewhere_does_not_get_at_the_terminal),
        cmocka_unit_test(who_knows_the_path_knows_too_much),
        cmocka_unit_test(one_line_each),
    };

    mem_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}

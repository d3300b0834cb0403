/* test_endpoints.c: what the library reads from the environment and the command line;
 * tests/endpoints compares the hosts with botocore. */
#include "unit.h"

#include "aws.h"
#include "aws_names.h"
#include "mem.h"

#include <stdlib.h>
#include <string.h>

static int no_settings(void **state)
{
    static const char *const variables[] = {
        "AWS_ENDPOINT_URL",           "AWS_ENDPOINT_URL_SQS",
        "AWS_USE_FIPS_ENDPOINT",      "AWS_USE_DUALSTACK_ENDPOINT",
        "AWS_STS_REGIONAL_ENDPOINTS", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
        "AWS_MAX_ATTEMPTS",           "AWS_RETRY_MODE",
    };

    (void)state;
    for (size_t i = 0; i < COUNTOF(variables); i++)
        (void)unsetenv(variables[i]);
    return 0;
}

static void client(struct aws *a, const char *region, const char *endpoint_url)
{
    struct aws_options o = { .region = region, .endpoint_url = endpoint_url };
    struct creds none = { 0 };
    struct err e = { 0 };

    if (aws_init(a, &o, NULL, &none, &e) < 0)
        fail_msg("%s", e.msg);
    a->account = xstrdup("123456789012");
}

static void expect(const char *region, const char *endpoint_url, const char *want,
                   const char *want_queue)
{
    struct aws a;

    client(&a, region, endpoint_url);
    auto_free char *url = aws_endpoint(&a, AWS_ID_SQS), *queue = aws_queue_url(&a, "q.fifo");
    assert_string_equal(url, want);
    assert_string_equal(queue, want_queue);
    aws_done(&a);
}

#define QUEUE "https://sqs.eu-west-1.amazonaws.com/123456789012/q.fifo"

static void a_queue_keeps_its_name_whatever_the_endpoint_of_aws(void **state)
{
    (void)state;
    expect("eu-west-1", NULL, "https://sqs.eu-west-1.amazonaws.com", QUEUE);
    expect("eu-west-1-fips", NULL, "https://sqs-fips.eu-west-1.amazonaws.com", QUEUE);
    (void)setenv("AWS_USE_DUALSTACK_ENDPOINT", "true", 1);
    expect("eu-west-1", NULL, "https://sqs.eu-west-1.api.aws", QUEUE);
    (void)setenv("AWS_USE_FIPS_ENDPOINT", "True", 1);
    expect("eu-west-1", NULL, "https://sqs-fips.eu-west-1.api.aws", QUEUE);
    expect("cn-north-1", NULL, "https://sqs-fips.cn-north-1.api.amazonwebservices.com.cn",
           "https://sqs.cn-north-1.amazonaws.com.cn/123456789012/q.fifo");
}

static void what_is_given_wins_over_all_that_is_set(void **state)
{
    (void)state;
    (void)setenv("AWS_USE_FIPS_ENDPOINT", "true", 1);
    (void)setenv("AWS_ENDPOINT_URL", "http://all:1", 1);
    expect("eu-west-1", NULL, "http://all:1", "http://all:1/123456789012/q.fifo");
    (void)setenv("AWS_ENDPOINT_URL_SQS", "http://queues:2/", 1);
    expect("eu-west-1", NULL, "http://queues:2", "http://queues:2/123456789012/q.fifo");
    expect("eu-west-1", "http://given:3/", "http://given:3", "http://given:3/123456789012/q.fifo");
}

/* Settings that were read elsewhere override the environment completely. */
static void settings_that_are_handed_over_are_all_there_is(void **state)
{
    struct aws_endpoints s = { .dual_stack = true };
    struct aws_options o = {
        .region = "eu-west-1",
        .endpoints = &s,
        .max_attempts = 4,
        .retry_mode = AWS_RETRY_LEGACY,
    };
    struct creds none = { 0 };
    struct err e = { 0 };
    struct aws a;

    (void)state;
    (void)setenv("AWS_ENDPOINT_URL", "http://all:1", 1);
    (void)setenv("AWS_MAX_ATTEMPTS", "9", 1);
    (void)setenv("AWS_RETRY_MODE", "adaptive", 1);
    assert_int_equal(aws_endpoints_set(&s, AWS_ID_SSM, "http://ssm:2", "a test", &e), 0);
    assert_int_equal(aws_init(&a, &o, NULL, &none, &e), 0);
    aws_endpoints_done(&s); /* the client has a copy */
    auto_free char *sqs = aws_endpoint(&a, AWS_ID_SQS), *ssm = aws_endpoint(&a, AWS_ID_SSM);
    assert_string_equal(sqs, "https://sqs.eu-west-1.api.aws");
    assert_string_equal(ssm, "http://ssm:2");
    assert_int_equal(a.max_attempts, 4);
    assert_int_equal(a.retry_mode, AWS_RETRY_LEGACY);
    aws_done(&a);
}

static void attempts_beyond_the_most_are_the_most(void **state)
{
    struct aws a;

    (void)state;
    (void)setenv("AWS_MAX_ATTEMPTS", "100000", 1);
    (void)setenv("AWS_RETRY_MODE", "adaptive", 1);
    client(&a, "eu-west-1", NULL);
    assert_int_equal(a.max_attempts, 100);
    assert_int_equal(a.retry_mode, AWS_RETRY_ADAPTIVE);
    aws_done(&a);
}

static void what_cannot_be_meant_is_refused(void **state)
{
    static const struct {
        const char *region, *variable, *value, *says;
    } rows[] = {
        { "eu-west-1", "AWS_USE_FIPS_ENDPOINT", "1",
          "AWS_USE_FIPS_ENDPOINT: invalid value '1'; expected true or false" },
        { "eu-west-1", "AWS_USE_DUALSTACK_ENDPOINT", "on",
          "AWS_USE_DUALSTACK_ENDPOINT: invalid value 'on'" },
        { "eu-west-1", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "y", "URLS: invalid value 'y'" },
        { "eu-west-1", "AWS_STS_REGIONAL_ENDPOINTS", "global", "expected regional or legacy" },
        { "eu-west-1", "AWS_RETRY_MODE", "never", "AWS_RETRY_MODE: invalid value 'never'" },
        { "eu-west-1", "AWS_MAX_ATTEMPTS", "-1", "AWS_MAX_ATTEMPTS: invalid value '-1'" },
        { "eu-west-1", "AWS_ENDPOINT_URL_SQS", "sqs:1",
          "AWS_ENDPOINT_URL_SQS: invalid endpoint 'sqs:1'" },
        { "us-isof-east-1", "AWS_USE_DUALSTACK_ENDPOINT", "true", "partition 'aws-iso-f'" },
        { "aws-cn-global", "AWS_RETRY_MODE", "", "means a whole partition" },
        { "-eu-west-1", "AWS_RETRY_MODE", "", "invalid AWS region" },
        { "eu-west-1-", "AWS_RETRY_MODE", "", "invalid AWS region" },
        { "12", "AWS_RETRY_MODE", "", "invalid AWS region" },
        { "fips-", "AWS_RETRY_MODE", "", "invalid AWS region" },
    };

    (void)state;
    for (size_t i = 0; i < COUNTOF(rows); i++) {
        struct aws_options o = { .region = rows[i].region };
        struct creds none = { 0 };
        struct err e = { 0 };
        struct aws a;

        (void)setenv(rows[i].variable, rows[i].value, 1);
        assert_int_equal(aws_init(&a, &o, NULL, &none, &e), -1);
        (void)unsetenv(rows[i].variable);
        assert_int_equal(e.code, ERR_USAGE);
        if (!strstr(e.msg, rows[i].says))
            fail_msg("row %zu: %s", i, e.msg);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, no_settings)
    static const struct CMUnitTest tests[] = {
        TEST(a_queue_keeps_its_name_whatever_the_endpoint_of_aws),
        TEST(what_is_given_wins_over_all_that_is_set),
        TEST(settings_that_are_handed_over_are_all_there_is),
        TEST(attempts_beyond_the_most_are_the_most),
        TEST(what_cannot_be_meant_is_refused),
    };

    mem_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}

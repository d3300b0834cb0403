/* test_dev_environment.c: the functions of `fifoq dev` reach AWS as fifoq itself does. */
#include "unit.h"

#include "dev/environment.h"
#include "mem.h"

#include <stdlib.h>
#include <string.h>

/* The value in env, borrowed; NULL if it is not set. */
static const char *value(char **env, const char *name)
{
    size_t n = strlen(name);

    for (; *env; env++)
        if (strncmp(*env, name, n) == 0 && (*env)[n] == '=')
            return *env + n + 1;
    return NULL;
}

static void functions_have_the_endpoints_that_were_settled(void **state)
{
    struct aws a = { .endpoints = { .fips = true, .rest = (char *)"http://all:1" },
                     .ca_file = (char *)"/ca.pem" };

    (void)state;
    a.endpoints.url[AWS_ID_SQS] = (char *)"http://queues:2";
    (void)setenv("AWS_ENDPOINT_URL", "http://not-this:3", 1); /* reported; to be ignored */
    (void)setenv("AWS_ENDPOINT_URL_SSM", "http://nor-this:4", 1);
    char **env = environment_make(&a);
    assert_string_equal(value(env, "AWS_ENDPOINT_URL"), "http://all:1");
    assert_string_equal(value(env, "AWS_ENDPOINT_URL_SQS"), "http://queues:2");
    assert_null(value(env, "AWS_ENDPOINT_URL_SSM"));
    assert_string_equal(value(env, "AWS_USE_FIPS_ENDPOINT"), "true");
    assert_null(value(env, "AWS_USE_DUALSTACK_ENDPOINT"));
    assert_string_equal(value(env, "AWS_CA_BUNDLE"), "/ca.pem");
    environment_free(env);
}

/* The functions run in their own folder. */
static void paths_do_not_depend_on_the_folder(void **state)
{
    struct aws a = { .ca_file = (char *)"tests/data/credentials.py" };
    auto_free char *here = realpath(".", NULL);
    auto_free char *file = xasprintf("%s/tests/data/credentials.py", here);
    auto_free char *folder = xasprintf("%s/tests/data", here);

    (void)state;
    (void)setenv("SSL_CERT_FILE", "tests/unit/../data/credentials.py", 1);
    (void)setenv("SSL_CERT_DIR", "tests/data", 1);
    (void)setenv("REQUESTS_CA_BUNDLE", "nowhere.pem", 1);
    (void)setenv("HOME", "/home/jane", 1);
    char **env = environment_make(&a);
    assert_string_equal(value(env, "AWS_CA_BUNDLE"), file);
    assert_string_equal(value(env, "SSL_CERT_FILE"), file);
    assert_string_equal(value(env, "SSL_CERT_DIR"), folder);
    assert_string_equal(value(env, "REQUESTS_CA_BUNDLE"), "nowhere.pem");
    environment_free(env);
    (void)setenv("REQUESTS_CA_BUNDLE", "~/c.pem", 1);
    env = environment_make(&a);
    assert_string_equal(value(env, "REQUESTS_CA_BUNDLE"), "/home/jane/c.pem");
    environment_free(env);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(functions_have_the_endpoints_that_were_settled),
        cmocka_unit_test(paths_do_not_depend_on_the_folder),
    };

    mem_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}

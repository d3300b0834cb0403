/* test_creds.c: the search for credentials, and the error if there are none. */
#include "unit.h"

#include "creds.h"
#include "mem.h"

#include <stdlib.h>
#include <string.h>

static const char *const variables[] = {
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
};

static int start_clean(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNTOF(variables); i++)
        (void)unsetenv(variables[i]);
    return 0;
}

static void the_environment_is_read(void **state)
{
    struct creds c = { 0 };
    struct err e = { 0 };

    (void)state;
    assert_int_equal(creds_from_environment(NULL, &c, &e), 0);
    (void)setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE", 1);
    (void)setenv("AWS_SECRET_ACCESS_KEY", "secret", 1);
    (void)setenv("AWS_SESSION_TOKEN", "", 1);
    assert_int_equal(creds_from_environment(NULL, &c, &e), 1);
    assert_string_equal(c.key_id, "AKIDEXAMPLE");
    assert_string_equal(c.secret, "secret");
    assert_null(c.token);
    assert_string_equal(c.provider, "env");
    creds_done(&c);
    assert_null(c.key_id);
    (void)setenv("AWS_SESSION_TOKEN", "token", 1);
    assert_int_equal(creds_from_environment(NULL, &c, &e), 1);
    assert_string_equal(c.token, "token");
    creds_done(&c);
}

/* Without the key's id it does not apply at all, as with AWS's own tools. */
static void half_a_key(void **state)
{
    struct creds c = { 0 };
    struct err e = { 0 };

    (void)state;
    (void)setenv("AWS_SECRET_ACCESS_KEY", "hidden", 1);
    assert_int_equal(creds_from_environment(NULL, &c, &e), 0);
    assert_non_null(strstr(e.msg, "AWS_ACCESS_KEY_ID is not set, though AWS_SECRET_ACCESS_KEY is"));
    (void)unsetenv("AWS_SECRET_ACCESS_KEY");
    (void)setenv("AWS_ACCESS_KEY_ID", "hidden", 1);
    assert_int_equal(creds_from_environment(NULL, &c, &e), -1);
    assert_int_equal(e.code, ERR_CREDENTIALS);
    assert_null(strstr(e.msg, "hidden"));
}

static int not_here(void *arg, struct creds *out, struct err *e)
{
    (void)out;
    (void)err_set(e, ERR_CREDENTIALS, "no %s today", (const char *)arg);
    return 0;
}

static int broken(void *arg, struct creds *out, struct err *e)
{
    (void)arg;
    (void)out;
    return err_set(e, ERR_CREDENTIALS, "bent");
}

static int here(void *arg, struct creds *out, struct err *e)
{
    (void)arg;
    (void)e;
    *out = (struct creds){ .key_id = xstrdup("K"), .secret = xstrdup("S"), .provider = "here" };
    return 1;
}

static void providers_are_asked_in_order(void **state)
{
    static const struct creds_provider found[] = {
        { "first", not_here }, { "second", here }, { "third", broken }, { 0 }
    };
    static const struct creds_provider bent[] = { { "first", broken }, { "second", here }, { 0 } };
    static char word[] = "luck";
    struct creds c = { 0 };
    struct err e = { 0 };

    (void)state;
    assert_int_equal(creds_find(found, word, &c, &e), 0);
    assert_string_equal(c.key_id, "K");
    creds_done(&c);
    assert_int_equal(creds_find(bent, word, &c, &e), -1);
    assert_int_equal(e.code, ERR_CREDENTIALS);
    assert_string_equal(e.msg, "AWS credentials (first): bent");
}

static int bent_part;

/* From a file or a program whose output contains more than it should. */
static int with_a_line_break(void *arg, struct creds *out, struct err *e)
{
    const char *parts[] = { "K", "S", "T" };

    (void)arg;
    (void)e;
    parts[bent_part] = "hidden\r\nX-Other: 1";
    *out = (struct creds){ .key_id = xstrdup(parts[0]),
                           .secret = xstrdup(parts[1]),
                           .token = xstrdup(parts[2]),
                           .provider = "bent" };
    return 1;
}

static int stopped(void *arg, struct creds *out, struct err *e)
{
    (void)arg;
    (void)out;
    return err_set(e, ERR_INTERRUPTED, "as you asked");
}

static int no_way(void *arg, struct creds *out, struct err *e)
{
    (void)arg;
    (void)out;
    return err_set(e, ERR_NET, "no way there");
}

static void nothing_gets_into_a_header_that_does_not_fit(void **state)
{
    static const struct creds_provider bent[] = { { "bent", with_a_line_break }, { 0 } };
    static const char *const said[] = { "access key id", "secret access key", "session token" };

    (void)state;
    for (bent_part = 0; bent_part < 3; bent_part++) {
        struct creds c = { 0 };
        struct err e = { 0 };

        assert_int_equal(creds_find(bent, NULL, &c, &e), -1);
        assert_int_equal(e.code, ERR_CREDENTIALS);
        assert_null(c.key_id);
        assert_non_null(strstr(e.msg, said[bent_part]));
        assert_null(strstr(e.msg, "hidden"));
    }
}

static void whatever_failed_it_is_the_credentials(void **state)
{
    static const struct creds_provider away[] = { { "far", no_way }, { 0 } };
    static const struct creds_provider ending[] = { { "slow", stopped }, { 0 } };
    struct creds c = { 0 };
    struct err e = { 0 };

    (void)state;
    assert_int_equal(creds_find(away, NULL, &c, &e), -1);
    assert_int_equal(e.code, ERR_CREDENTIALS);
    assert_int_equal(creds_find(ending, NULL, &c, &e), -1);
    assert_int_equal(e.code, ERR_INTERRUPTED);
}

static void reasons_stand_below_each_other(void **state)
{
    static const struct creds_provider none[] = { { "first", not_here },
                                                  { "second-of-them", not_here },
                                                  { 0 } };
    static char word[] = "luck that would be long enough to reach beyond the eighty columns of it";
    struct creds c = { 0 };
    struct err e = { 0 };

    (void)state;
    assert_int_equal(creds_find(none, word, &c, &e), -1);
    assert_int_equal(e.code, ERR_CREDENTIALS);
    assert_non_null(strstr(
        e.msg, "\n  first           no luck that would be long enough to reach beyond the eighty"
               "\n                  columns of it today"
               "\n  second-of-them  no luck"));
    for (const char *line = e.msg; line; line = strchr(line + 1, '\n'))
        assert_true(strcspn(line + 1, "\n") <= 80);
    assert_non_null(strstr(e.msg, "\nnext: run 'aws configure'"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(the_environment_is_read, start_clean),
        cmocka_unit_test_setup(half_a_key, start_clean),
        cmocka_unit_test_setup(providers_are_asked_in_order, start_clean),
        cmocka_unit_test_setup(nothing_gets_into_a_header_that_does_not_fit, start_clean),
        cmocka_unit_test_setup(whatever_failed_it_is_the_credentials, start_clean),
        cmocka_unit_test_setup(reasons_stand_below_each_other, start_clean),
    };

    mem_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}

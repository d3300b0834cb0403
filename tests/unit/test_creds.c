/* test_creds.c: where credentials come from, and what is said when there are none. */
#include "unit.h"

#include "creds_profile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const variables[] = {
    "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY",       "AWS_SESSION_TOKEN",
    "AWS_CONFIG_FILE",   "AWS_SHARED_CREDENTIALS_FILE", "HOME",
};

static char folder[] = "/tmp/fifoq-creds-XXXXXX";

static int start_clean(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNTOF(variables); i++)
        (void)unsetenv(variables[i]);
    return 0;
}

static int folder_make(void **state)
{
    (void)state;
    return mkdtemp(folder) ? 0 : -1;
}

static int folder_remove(void **state)
{
    static const char *const files[] = { "credentials", "config" };

    (void)state;
    for (size_t i = 0; i < COUNTOF(files); i++) {
        auto_free char *path = xasprintf("%s/%s", folder, files[i]);
        (void)unlink(path);
    }
    return rmdir(folder);
}

/* Writes the file and points its variable at it. */
static void give_file(const char *variable, const char *name, const char *text)
{
    auto_free char *path = xasprintf("%s/%s", folder, name);
    FILE *f = fopen(path, "w");

    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    assert_int_equal(fclose(f), 0);
    assert_int_equal(setenv(variable, path, 1), 0);
}

static void give_files(const char *credentials, const char *config)
{
    give_file("AWS_SHARED_CREDENTIALS_FILE", "credentials", credentials);
    give_file("AWS_CONFIG_FILE", "config", config);
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
    assert_string_equal(c.provider, "environment");
    creds_done(&c);
    assert_null(c.key_id);
    (void)setenv("AWS_SESSION_TOKEN", "token", 1);
    assert_int_equal(creds_from_environment(NULL, &c, &e), 1);
    assert_string_equal(c.token, "token");
    creds_done(&c);
}

static void half_a_key_is_broken(void **state)
{
    struct creds c = { 0 };
    struct err e = { 0 };

    (void)state;
    (void)setenv("AWS_SECRET_ACCESS_KEY", "hidden", 1);
    assert_int_equal(creds_from_environment(NULL, &c, &e), -1);
    assert_int_equal(e.code, ERR_CREDENTIALS);
    assert_non_null(strstr(e.msg, "AWS_ACCESS_KEY_ID is not"));
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
    static const struct creds_provider none[] = { { "first", not_here },
                                                  { "second", not_here },
                                                  { 0 } };
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
    assert_int_equal(creds_find(none, word, &c, &e), -1);
    assert_int_equal(e.code, ERR_CREDENTIALS);
    assert_non_null(strstr(e.msg, "first: no luck today; second: no luck today"));
    assert_non_null(strstr(e.msg, "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"));
}

static const char two_profiles[] = "\xef\xbb\xbf# mine\r\n"
                                   "[ default ]\r\n"
                                   "AWS_Access_Key_ID = AKDEFAULT \r\n"
                                   "aws_secret_access_key=s3cr=t# no comment\r\n"
                                   "\r\n"
                                   "[work]\n"
                                   "  aws_access_key_id = AKWORK ; a comment\n"
                                   "  aws_secret_access_key = old\n"
                                   "  s3 =\n"
                                   "    aws_session_token = nested, not ours\n"
                                   "  aws_secret_access_key = new\n"
                                   "[profile work]\n"
                                   "aws_session_token = other syntax\n";

static void profiles_are_read_like_awss_tools_do(void **state)
{
    struct creds c = { 0 };
    struct err e = { 0 };

    (void)state;
    give_files(two_profiles, "");
    assert_int_equal(creds_from_profile(NULL, &c, &e), 1);
    assert_string_equal(c.key_id, "AKDEFAULT");
    assert_string_equal(c.secret, "s3cr=t# no comment");
    assert_string_equal(c.provider, "profile");
    creds_done(&c);
    assert_int_equal(creds_from_profile("work", &c, &e), 1);
    assert_string_equal(c.key_id, "AKWORK");
    assert_string_equal(c.secret, "new");
    assert_null(c.token);
    creds_done(&c);
}

static void the_configuration_file_has_profiles_too(void **state)
{
    struct creds c = { 0 };
    struct err e = { 0 };

    (void)state;
    give_files("[a]\naws_access_key_id = A\naws_secret_access_key = S\n",
               "[default]\nregion = eu-west-1\n[profile a]\nregion=us-east-2\n"
               "aws_session_token = T\n[profile \"b c\"]\naws_access_key_id = B\n"
               "aws_secret_access_key = S\n[d]\nregion = nowhere\n");
    assert_int_equal(creds_from_profile("a", &c, &e), 1);
    assert_string_equal(c.token, "T");
    creds_done(&c);
    assert_int_equal(creds_from_profile("b c", &c, &e), 1);
    assert_string_equal(c.key_id, "B");
    creds_done(&c);
    assert_int_equal(creds_from_profile("d", &c, &e),
                     -1); /* without the word "profile" it is none */
}

static void regions_come_from_profiles(void **state)
{
    auto_free char *of_default = NULL, *of_a = NULL;

    (void)state;
    give_files("[b]\naws_access_key_id = B\n", "[default]\nregion = eu-west-1\n"
                                               "[profile a]\nregion = us-east-2 # Ohio\n");
    of_default = creds_profile_region(NULL);
    of_a = creds_profile_region("a");
    assert_string_equal(of_default, "eu-west-1");
    assert_string_equal(of_a, "us-east-2");
    assert_null(creds_profile_region("b"));
    assert_null(creds_profile_region("missing"));
}

static void a_missing_profile_matters_only_when_asked_for(void **state)
{
    struct creds c = { 0 };
    struct err e = { 0 };

    (void)state;
    assert_int_equal(creds_from_profile(NULL, &c, &e), 0); /* no home, no files */
    (void)setenv("HOME", folder, 1);
    assert_int_equal(creds_from_profile(NULL, &c, &e), 0);
    assert_non_null(strstr(e.msg, "/.aws/credentials"));
    assert_int_equal(creds_from_profile("work", &c, &e), -1);
    assert_int_equal(e.code, ERR_CREDENTIALS);
    assert_non_null(strstr(e.msg, "no profile 'work'"));
    assert_non_null(strstr(e.msg, "aws configure list-profiles"));
}

static const struct {
    const char *credentials, *config;
    int want;
    const char *says;
} forms[] = {
    { "[p]\naws_access_key_id = K\n", "", -1,
      "has aws_access_key_id but no aws_secret_access_key" },
    { "[p]\naws_secret_access_key = hidden\n", "", -1,
      "has aws_secret_access_key but no aws_access_key_id" },
    { "", "[profile p]\nregion = eu-west-1\n", 0, "has no aws_access_key_id" },
    { "", "[profile p]\nrole_arn = arn:aws:iam::1:role/r\n", -1,
      "'role_arn', which fifoq does not support" },
    { "[p]\naws_access_key_id = K\naws_secret_access_key = hidden\n", "[profile p]\nrole_arn = x\n",
      -1, "'role_arn'" },
    { "", "[profile p]\nsso_session = s\n", -1, "'sso_session'" },
    { "", "[profile p]\ncredential_process = /bin/x\n", -1, "export-credentials --profile p" },
    { "[p]\naws_access_key_id = K\naws_secret_access_key = hidden\n",
      "[profile p]\nsso_session = s\n", 1, NULL },
};

static void other_forms_are_refused_by_name(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNTOF(forms); i++) {
        struct creds c = { 0 };
        struct err e = { 0 };

        give_files(forms[i].credentials, forms[i].config);
        assert_int_equal(creds_from_profile("p", &c, &e), forms[i].want);
        if (forms[i].says && !strstr(e.msg, forms[i].says))
            fail_msg("row %zu: %s", i, e.msg);
        assert_null(strstr(e.msg, "hidden"));
        creds_done(&c);
    }
}

static void a_file_that_cannot_be_read_is_broken(void **state)
{
    struct creds c = { 0 };
    struct err e = { 0 };

    (void)state;
    (void)setenv("AWS_SHARED_CREDENTIALS_FILE", folder, 1); /* a folder is no file */
    assert_int_equal(creds_from_profile(NULL, &c, &e), -1);
    assert_non_null(strstr(e.msg, folder));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(the_environment_is_read, start_clean),
        cmocka_unit_test_setup(half_a_key_is_broken, start_clean),
        cmocka_unit_test_setup(providers_are_asked_in_order, start_clean),
        cmocka_unit_test_setup(profiles_are_read_like_awss_tools_do, start_clean),
        cmocka_unit_test_setup(the_configuration_file_has_profiles_too, start_clean),
        cmocka_unit_test_setup(regions_come_from_profiles, start_clean),
        cmocka_unit_test_setup(a_missing_profile_matters_only_when_asked_for, start_clean),
        cmocka_unit_test_setup(other_forms_are_refused_by_name, start_clean),
        cmocka_unit_test_setup(a_file_that_cannot_be_read_is_broken, start_clean),
    };

    return cmocka_run_group_tests(tests, folder_make, folder_remove);
}

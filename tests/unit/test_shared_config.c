/* test_shared_config.c: AWS's shared files, read as botocore reads them. tests/identity compares
 * many more texts with botocore itself. */
#include "unit.h"

#include "identity/shared_config.h"
#include "identity/words.h"
#include "mem.h"

#include <stdlib.h>
#include <string.h>

static void values_of_profiles(void **state)
{
    static const char config[] = "\xef\xbb\xbf[default]\r\nRegion = eu-west-1 ; kept\r\n"
                                 "[profile \"b c\"]\nregion: a\n  b\n\n  # no\n  d\n"
                                 "aws_access_key_id =\n[other]\nregion = x\n";
    static const char credentials[] = "[b c]\naws_access_key_id = K\nregion =\n";
    struct shared_config *c = NULL;
    struct err e = { 0 };

    (void)state;
    assert_int_equal(shared_config_parse(&c, config, credentials, &e), 0);
    assert_string_equal(shared_config_get(c, "default", "region"), "eu-west-1 ; kept");
    assert_string_equal(shared_config_get_config(c, "b c", "region"), "a\nb\n\nd");
    assert_null(shared_config_get(c, "b c", "region")); /* the other file says "" */
    assert_true(shared_config_says(c, "b c", "region"));
    assert_string_equal(shared_config_get(c, "b c", "aws_access_key_id"), "K");
    assert_null(shared_config_get_config(c, "b c", "aws_access_key_id"));
    assert_false(shared_config_has(c, "other"));
    shared_config_free(c);
}

static void sections_and_nested_values(void **state)
{
    static const char config[] = "[sso-session corp]\nsso_region = eu-north-1\n"
                                 "[services local]\ndynamodb =\n  endpoint_url = http://a\n"
                                 "sqs = \n\n  endpoint_url=http://b\n  endpoint_url=http://c\n";
    struct shared_config *c = NULL;
    struct err e = { 0 };

    (void)state;
    assert_int_equal(shared_config_parse(&c, config, NULL, &e), 0);
    assert_string_equal(shared_config_section(c, "sso-session", "corp", "sso_region"),
                        "eu-north-1");
    assert_true(shared_config_has_section(c, "services", "local"));
    assert_false(shared_config_has_section(c, "services", "corp"));
    assert_string_equal(shared_config_service(c, "local", "dynamodb", "endpoint_url"), "http://a");
    assert_string_equal(shared_config_service(c, "local", "sqs", "endpoint_url"), "http://c");
    assert_null(shared_config_service(c, "local", "sqs", "other"));
    shared_config_free(c);
}

static void what_is_no_such_file_is_told(void **state)
{
    static const struct {
        const char *config, *says;
    } rows[] = {
        { "region = x\n", "'config': line 1: expected a [SECTION] before" },
        { "[a]\nregion\n", "line 2: expected [SECTION] or" },
        { "[a]\n\n= secret\n", "line 3: expected [SECTION] or" },
        { "[a]\nx = 1\nX = secret\n", "line 3: 'x' is set twice in [a]" },
        { "[a]\n[b]\n[a]\n", "line 3: section [a]" },
        { "[a]\ns3 =\n  secret\n", "below 's3'" },
        { "[a]\nx = \xff secret\n", "UTF-8" },
    };

    (void)state;
    for (size_t i = 0; i < COUNTOF(rows); i++) {
        struct shared_config *c = NULL;
        struct err e = { 0 };

        assert_int_equal(shared_config_parse(&c, rows[i].config, NULL, &e), -1);
        assert_int_equal(e.code, ERR_CREDENTIALS);
        assert_non_null(strstr(e.msg, rows[i].says));
        assert_null(strstr(e.msg, "secret"));
    }
}

static void words_of_a_line(void **state)
{
    static const struct {
        const char *line, *want; /* joined with '|'; NULL: refused */
    } rows[] = {
        { "a 'b c'  d\\ e", "a|b c|d e" },
        { "\"a \\\"b\\\" \\n\" ''", "a \"b\" \\n|" },
        { "x'y'\"z\"", "xyz" },
        { "'open", NULL },
        { "end\\", NULL },
    };

    (void)state;
    for (size_t i = 0; i < COUNTOF(rows); i++) {
        char **words = NULL, joined[100] = "";
        size_t n = 0;

        assert_int_equal(words_split(rows[i].line, &words, &n), rows[i].want != NULL);
        for (size_t k = 0; k < n; k++) {
            (void)strncat(joined, k ? "|" : "", sizeof(joined) - strlen(joined) - 1);
            (void)strncat(joined, words[k], sizeof(joined) - strlen(joined) - 1);
        }
        if (rows[i].want)
            assert_string_equal(joined, rows[i].want);
        words_free(words);
    }
}

static void paths_are_expanded(void **state)
{
    static const char *const rows[][2] = {
        { "~/x", "/home/a/x" },     { "~", "/home/a" },           { "x/~", "x/~" },
        { "$HOME/y", "/home/a/y" }, { "${HOME}/y", "/home/a/y" }, { "$NO_SUCH/$", "$NO_SUCH/$" },
        { "${HOME", "${HOME" },
    };

    (void)state;
    (void)setenv("HOME", "/home/a", 1);
    for (size_t i = 0; i < COUNTOF(rows); i++) {
        auto_free char *path = path_expand(rows[i][0]);

        assert_string_equal(path, rows[i][1]);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_of_profiles),
        cmocka_unit_test(sections_and_nested_values),
        cmocka_unit_test(what_is_no_such_file_is_told),
        cmocka_unit_test(words_of_a_line),
        cmocka_unit_test(paths_are_expanded),
    };

    mem_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}

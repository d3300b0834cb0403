/* test_options.c: the command line: what is accepted, and the errors. */
#include "unit.h"

#include "commands/options.h"
#include "mem.h"

#include <stdlib.h>

static const struct option_row some[] = {
    { "every", 0, OPTION_DURATION, offsetof(struct options, every_ms), "DURATION", NULL, "" },
    { "output", 'o', OPTION_TEXT, offsetof(struct options, output), "FILE", NULL, "" },
    { "port", 0, OPTION_NUMBER, offsetof(struct options, port), "N", NULL, "" },
    { "offline", 0, OPTION_FLAG, offsetof(struct options, offline), NULL, NULL, "" },
    OPTIONS_END,
};

/* getopt_long moves arguments, so each case works on a copy; the strings stay. */
struct parsed {
    char *argv[24];
    struct options o;
    struct err e;
    int result;
};

static struct parsed parse(bool stop_at_word, const char *const *words)
{
    struct parsed p = { .argv = { (char *)"fifoq" } };
    int argc = 1;

    for (; words[argc - 1]; argc++)
        p.argv[argc] = (char *)words[argc - 1];
    p.result = options_parse(argc, p.argv, options_common, some, stop_at_word, &p.o, &p.e);
    return p;
}

#define PARSE(...)      parse(false, (const char *const[]){ __VA_ARGS__, NULL })
#define PARSE_HEAD(...) parse(true, (const char *const[]){ __VA_ARGS__, NULL })

static void options_reach_their_members(void **state)
{
    (void)state;
    struct parsed p = PARSE("-f", "a.yaml", "--env=staging", "--region", "eu-west-1", "-y",
                            "--format", "json", "--every", "2s", "--port", "8080", "-oout.zip",
                            "--offline", "-qv", "--endpoint-url", "http://x");

    assert_int_equal(p.result, 0);
    assert_string_equal(p.o.file, "a.yaml");
    assert_string_equal(p.o.environment, "staging");
    assert_string_equal(p.o.region, "eu-west-1");
    assert_string_equal(p.o.output, "out.zip");
    assert_string_equal(p.o.endpoint_url, "http://x");
    assert_int_equal(p.o.format, FORMAT_JSON);
    assert_int_equal(p.o.every_ms, 2000);
    assert_int_equal(p.o.port, 8080);
    assert_true(p.o.yes && p.o.offline && p.o.quiet);
    assert_int_equal(p.o.verbose, 1);
    assert_false(p.o.no_color || p.o.help);
    assert_null(p.o.profile);
    assert_int_equal(p.o.n_args, 0);
}

static void verbose_is_counted(void **state)
{
    (void)state;
    struct parsed twice = PARSE("-vv"), apart = PARSE("--verbose", "-v", "--verbose");
    struct parsed valued = PARSE("--verbose=2");

    assert_int_equal(twice.o.verbose, 2);
    assert_int_equal(apart.o.verbose, 3);
    assert_int_equal(valued.result, -1);
}

static void words_may_stand_anywhere_after_the_verb(void **state)
{
    (void)state;
    struct parsed p = PARSE("one", "--offline", "two", "--", "--yes");

    assert_int_equal(p.result, 0);
    assert_int_equal(p.o.n_args, 3);
    assert_true(p.o.offline);
    assert_false(p.o.yes);
    assert_string_equal(p.argv[5], "--yes");
}

static void before_the_verb_the_first_word_ends_it(void **state)
{
    (void)state;
    struct parsed p = PARSE_HEAD("--yes", "plan", "--offline");

    assert_int_equal(p.result, 0);
    assert_true(p.o.yes);
    assert_false(p.o.offline);
    assert_int_equal(p.o.n_args, 2);
    assert_string_equal(p.argv[2], "plan");
}

static void what_is_wrong_is_named(void **state)
{
    static const struct {
        const char *words[3];
        const char *said;
    } cases[] = {
        { { "--regoin", "x" }, "unknown option '--regoin'; did you mean '--region'?" },
        { { "--wholly-different" }, "unknown option '--wholly-different'" },
        { { "-x" }, "unknown option '-x'" },
        { { "-qx" }, "unknown option '-x'" },
        { { "--region" }, "option '--region' needs a value" },
        { { "-f" }, "option '-f' needs a value" },
        { { "--yes=no" }, "option '--yes' accepts no value" },
        { { "--format", "yaml" }, "--format: unknown value 'yaml'; expected text|json" },
        { { "--every", "2" },
          "--every: invalid duration '2'; expected a number with a unit, like 500ms, 2s, 5m or "
          "1h" },
        { { "--port", "http" }, "--port: invalid number 'http'; expected 0 or more" },
        { { "--port=-1" }, "--port: invalid number '-1'; expected 0 or more" },
        { { "--port", "99999999999999999999" },
          "--port: invalid number '99999999999999999999'; expected 0 or more" },
        { { "--env", "" }, "--env is empty; give it a value" },
    };

    (void)state;
    for (size_t i = 0; i < COUNTOF(cases); i++) {
        struct parsed p = parse(false, cases[i].words);
        assert_int_equal(p.result, -1);
        assert_int_equal(p.e.code, ERR_USAGE);
        assert_string_equal(p.e.msg, cases[i].said);
    }
}

static void durations(void **state)
{
    static const struct {
        const char *text;
        int64_t ms; /* 0: refused */
    } cases[] = {
        { "500ms", 500 },
        { "2s", 2000 },
        { "5m", 300000 },
        { "1h", 3600000 },
        { "0s", 0 },
        { "-1s", 0 },
        { "s", 0 },
        { "", 0 },
        { "1", 0 },
        { "1d", 0 },
        { "1 s", 0 },
        { "1s ", 0 },
        { "1.5s", 0 },
        { "9223372036854775807h", 0 },
        { "9223372036854775808ms", 0 },
    };

    (void)state;
    for (size_t i = 0; i < COUNTOF(cases); i++) {
        struct err e = { 0 };
        int64_t ms = -7;
        assert_int_equal(duration_parse(cases[i].text, &ms, &e), cases[i].ms ? 0 : -1);
        assert_int_equal(ms, cases[i].ms ? cases[i].ms : -7);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_reach_their_members),
        cmocka_unit_test(verbose_is_counted),
        cmocka_unit_test(words_may_stand_anywhere_after_the_verb),
        cmocka_unit_test(before_the_verb_the_first_word_ends_it),
        cmocka_unit_test(what_is_wrong_is_named),
        cmocka_unit_test(durations),
    };

    mem_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_base.c: strings, JSON, time and threads of lib/. */
#include "unit.h"

#include "clock.h"
#include "encode.h"
#include "http.h"
#include "json.h"
#include "log.h"
#include "mem.h"
#include "parallel.h"
#include "plain.h"
#include "random.h"
#include "text.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void errors_are_wrapped_and_cut(void **state)
{
    struct err e = { 0 };
    char longest[3 * sizeof(e.msg)];

    (void)state;
    memset(longest, 'x', sizeof(longest) - 1);
    longest[sizeof(longest) - 1] = '\0';
    assert_int_equal(err_set(&e, ERR_NET, "cannot reach '%s'", "host"), -1);
    assert_int_equal(err_wrap(&e, "queue '%s'", "q"), -1);
    assert_string_equal(e.msg, "queue 'q': cannot reach 'host'");
    assert_int_equal(e.code, ERR_NET);
    (void)err_set(&e, ERR_IO, "%s", longest);
    (void)err_wrap(&e, "%s", longest);
    assert_int_equal(strlen(e.msg), sizeof(e.msg) - 1);
    (void)err_set(&e, ERR_IO, "again: %s", e.msg); /* its own message as an argument */
    assert_memory_equal(e.msg, "again: xxx", 10);
}

static void buffers_stop_at_their_cap(void **state)
{
    auto_buf b = BUF(8);

    (void)state;
    buf_puts(&b, "1234");
    buf_printf(&b, "%d", 5678);
    assert_string_equal(buf_str(&b), "12345678");
    assert_false(buf_failed(&b));
    buf_putc(&b, '9');
    assert_true(buf_failed(&b));
    buf_puts(&b, "");
    assert_true(buf_failed(&b));
    buf_clear(&b);
    buf_uri(&b, "a/ \xff", 4, true);
    assert_string_equal(buf_str(&b), "a/%20%FF");
    assert_false(buf_failed(&b));
}

static void base64_round_trips(void **state)
{
    static const char *const bad[] = {
        "a", "ab", "abc", "ab=c", "a===", "====", "ab\ncd===", "?bcd"
    };
    size_t n;

    (void)state;
    for (size_t len = 0; len < 70; len++) {
        unsigned char bytes[70];
        auto_free char *text = NULL;
        auto_free unsigned char *back = NULL;

        random_bytes(bytes, sizeof(bytes));
        text = base64_encode(bytes, len);
        back = base64_decode(text, &n);
        assert_non_null(back);
        assert_int_equal(n, len);
        assert_memory_equal(back, bytes, len);
    }
    for (size_t i = 0; i < COUNTOF(bad); i++)
        assert_null(base64_decode(bad[i], &n));
}

static void paths_walk_objects(void **state)
{
    struct err e = { 0 };
    const char *s = "untouched";
    auto_json json_t *o = json_pack("{s:{s:{s:s}}, s:i}", "a", "b", "c", "deep", "n", 7);

    (void)state;
    assert_string_equal(jget_path_str(o, "a.b.c"), "deep");
    assert_null(jget_path_str(o, "a.b.x"));
    assert_null(jget_path_str(o, "n.x"));
    assert_int_equal(jget_int(o, "n", 1), 7);
    assert_int_equal(jget_int(NULL, "n", 1), 1);
    assert_int_equal(jneed_str(o, "n", &s, &e), -1);
    assert_string_equal(e.msg, "'n' is not a string");
    assert_string_equal(s, "untouched");
    assert_int_equal(jneed_str(o, "z", &s, &e), -1);
    assert_non_null(strstr(e.msg, "'z' is missing"));
}

static void names_without_nul(void **state)
{
    static const char *const rows[][2] = {
        { "{\"a\\u0000b\" : \"x\\u0000\", \"\\u0000\": [\"\\u0000:\"]}",
          "{\"a\xEF\xBF\xBD"
          "b\":\"x\\u0000\",\"\xEF\xBF\xBD\":[\"\\u0000:\"]}" },
        { "{\"\\\\u0000\": 1, \"\\\"\\u0000\": 2}", "{\"\\\\u0000\":1,\"\\\"\xEF\xBF\xBD\":2}" },
    };

    (void)state;
    for (size_t i = 0; i < COUNTOF(rows); i++) {
        auto_json json_t *v = NULL;
        auto_free char *text = NULL;
        struct err e;
        assert_int_equal(json_parse(rows[i][0], strlen(rows[i][0]), &v, &e), 0);
        text = json_text(v);
        assert_string_equal(text, rows[i][1]);
    }
}

static void parse_errors_show_no_content(void **state)
{
    static const char text[] = "{\"token\": \"s3cret\" \"x\"}";
    struct err e = { 0 };
    json_t *v = NULL;

    (void)state;
    assert_int_equal(json_parse(text, strlen(text), &v, &e), -1);
    assert_int_equal(e.code, ERR_PARSE);
    assert_null(strstr(e.msg, "s3cret"));
    assert_non_null(strstr(e.msg, "line 1"));
}

static void numbers_keep_their_digits(void **state)
{
    static const char *const same[] = {
        "12345678901234567890123456789012345678",
        "0.10",
        "-1.50E+30",
        "1e-7",
        "[1,2.0,{\"a\":-0,\"b\":[]},\"1\",true,null,{}]",
        "\"\\u0001N7\"",
        "\"\\u0001S\"",
        "\"\\u0001\"",
        "{\"\\u0001N7\":1}",
        "\"a\\u0000b\\\"\\\\\"",
    };
    struct err e = { 0 };

    (void)state;
    for (size_t i = 0; i < COUNTOF(same); i++) {
        auto_json json_t *v = NULL;
        auto_buf out = BUF(BUF_SMALL);

        assert_int_equal(exact_parse(same[i], strlen(same[i]), &v, &e), 0);
        exact_text(v, &out);
        assert_string_equal(buf_str(&out), same[i]);
    }
}

static void bad_numbers_are_refused(void **state)
{
    static const char *const bad[] = { "01",   "1.",    "-",      ".5",  "1e",
                                       "+1",   "{1:2}", "{1 :2}", "--1", "[1 2]",
                                       "0x10", "1,",    "\"open", "",    "-\"x\"" };
    struct err e = { 0 };

    (void)state;
    for (size_t i = 0; i < COUNTOF(bad); i++) {
        json_t *v = NULL;

        if (exact_parse(bad[i], strlen(bad[i]), &v, &e) == 0)
            fail_msg("accepted: %s", bad[i]);
    }
}

static void exact_values_from_outside(void **state)
{
    auto_json json_t *number = exact_number("42.0"), *word = exact_number("NaN");
    auto_json json_t *hostile = exact_string("\001N9", 3);
    auto_buf out = BUF(BUF_SMALL);
    size_t n = 0;

    (void)state;
    assert_true(exact_is_number(number));
    assert_false(exact_is_number(word));
    assert_false(exact_is_number(hostile));
    assert_memory_equal(exact_scalar(number, &n), "42.0", 4);
    assert_int_equal(n, 4);
    assert_memory_equal(exact_scalar(hostile, &n), "\001N9", 3);
    assert_int_equal(n, 3);
    exact_text(hostile, &out);
    assert_string_equal(buf_str(&out), "\"\\u0001N9\"");
}

static void dates_of_all_forms(void **state)
{
    static const int64_t ms = 784111777000;

    (void)state;
    assert_int_equal(clock_parse_date("Sun, 06 Nov 1994 08:49:37 GMT"), ms);
    assert_int_equal(clock_parse_date("Sunday, 06-Nov-94 08:49:37 GMT"), ms);
    assert_int_equal(clock_parse_date("Sun Nov  6 08:49:37 1994"), ms);
    assert_int_equal(clock_parse_date("1994-11-06T08:49:37Z"), ms);
    assert_int_equal(clock_parse_date("yesterday"), -1);
    assert_int_equal(clock_parse_date(""), -1);
}

static void times_as_text(void **state)
{
    char text[CLOCK_TEXT];

    (void)state;
    clock_rfc3339(784111777005, text);
    assert_string_equal(text, "1994-11-06T08:49:37.005Z");
    clock_iso_basic(784111777005, text);
    assert_string_equal(text, "19941106T084937Z");
}

static int64_t retry_after(const char *line)
{
    struct http_response r = { 0 };
    int64_t ms;

    http_header_line(&r, line, strlen(line));
    ms = http_retry_after_ms(&r, 784111777000);
    http_response_done(&r);
    return ms;
}

static void retry_after_in_every_form(void **state)
{
    (void)state;
    assert_int_equal(retry_after("Retry-After: 120\r\n"), 120000);
    assert_int_equal(retry_after("retry-AFTER:0"), 0);
    assert_int_equal(retry_after("Retry-After: -5\r\n"), 0);
    assert_int_equal(retry_after("Retry-After: 3.0\r\n"), 3000);
    assert_int_equal(retry_after("Retry-After: 2.5\r\n"), 2500);
    assert_int_equal(retry_after("Retry-After: 0.0001\r\n"), 1);
    assert_int_equal(retry_after("Retry-After: -0.5\r\n"), 0);
    assert_int_equal(retry_after("Retry-After: 1e400\r\n"), -1);
    assert_int_equal(retry_after("Retry-After: 5.\r\n"), -1);
    assert_int_equal(retry_after("Retry-After: 5 s\r\n"), -1);
    assert_int_equal(retry_after("Retry-After: 0x10\r\n"), -1);
    assert_int_equal(retry_after("Retry-After: Sun, 06 Nov 1994 08:49:47 GMT\r\n"), 10000);
    assert_int_equal(retry_after("Retry-After: Sun, 06 Nov 1994 08:00:00 GMT\r\n"), 0);
    assert_int_equal(retry_after("Retry-After: soon\r\n"), -1);
    assert_int_equal(retry_after("Retry-After: \r\n"), -1);
    assert_int_equal(retry_after("Other: 1\r\n"), -1);
    assert_true(retry_after("Retry-After: 99999999999999999999\r\n") > 0);
}

static void add_one(void *arg, size_t i)
{
    atomic_fetch_add((atomic_size_t *)arg, i);
}

static void loops_take_every_turn_once(void **state)
{
    atomic_size_t sum = 0;

    (void)state;
    parallel_each(0, 4, add_one, &sum);
    assert_int_equal(sum, 0);
    parallel_each(1001, 7, add_one, &sum);
    assert_int_equal(sum, 500500);
}

static void a_record_is_one_json_line(void **state)
{
    int pipe_fds[2];
    char text[1024] = "";
    struct err e = { 0 };
    auto_json json_t *record = NULL, *context = json_pack("{s:s}", "requestId", "r-1");
    ssize_t n;

    (void)state;
    assert_int_equal(pipe(pipe_fds), 0);
    log_setup(LOG_JSON, LOG_INFO, pipe_fds[1]);
    log_context(context);
    log_event(LOG_DEBUG, "not shown", NULL);
    log_event(LOG_WARN, "two\nlines", "group", "g\"1", "none", NULL, NULL);
    log_context(NULL);
    log_setup(LOG_TEXT, LOG_INFO, STDERR_FILENO);
    n = read(pipe_fds[0], text, sizeof(text) - 1);
    (void)close(pipe_fds[0]);
    (void)close(pipe_fds[1]);
    assert_true(n > 0);
    assert_ptr_equal(strchr(text, '\n'), text + n - 1);
    assert_int_equal(json_parse(text, (size_t)n, &record, &e), 0);
    assert_string_equal(jget_str(record, "level"), "WARN");
    assert_string_equal(jget_str(record, "message"), "two\nlines");
    assert_string_equal(jget_str(record, "group"), "g\"1");
    assert_string_equal(jget_str(record, "requestId"), "r-1");
    assert_int_equal(strlen(jget_str(record, "timestamp")), 24);
}

static void text_from_elsewhere_is_plain(void **state)
{
    static const char *const rows[][3] = {
        { "plain, \xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80",
          "plain, \xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80",
          "plain, \xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80" },
        { "a\nb\tc\r", "a b c ", "a\nb c " },
        { "\033]0;t\007\033[2J\177", "?]0;t??[2J?", "?]0;t??[2J?" },
        { "\xc2\x9b"
          "2J\xc2\x80\xc2\x9f\xc2\xa0",
          "?2J???", "?2J???" },
        { "\xe2\x80\xae\xe2\x81\xa6\xe2\x80\xa8\xe2\x80\xa9\xef\xbb\xbf", "?????", "?????" },
        { "\x9b\xff\xc3", "???", "???" }, /* not a character, cut off */
        { "\xc0\x9b\xe0\x82\x9b\xed\xa0\x80", "????????", "????????" }, /* too long, half a pair */
        { "\xf4\x90\x80\x80", "????", "????" },
        { "", "", "" },
    };

    (void)state;
    for (size_t i = 0; i < COUNTOF(rows); i++) {
        auto_free char *line = xstrdup(rows[i][0]);
        auto_free char *lines = xstrdup(rows[i][0]);

        text_plain(line, false);
        text_plain(lines, true);
        assert_string_equal(line, rows[i][1]);
        assert_string_equal(lines, rows[i][2]);
    }
}

static void errors_are_plain(void **state)
{
    struct err e = { 0 };

    (void)state;
    assert_int_equal(err_set(&e, ERR_AWS, "said %s", "\033[2J"), -1);
    assert_int_equal(err_wrap(&e, "outer %s", "\xe2\x80\xae"), -1);
    assert_string_equal(e.msg, "outer ?: said ?[2J");
}

static void lines_end_at_blanks(void **state)
{
    static const struct {
        const char *text;
        size_t room, whole, folded;
    } rows[] = {
        { "", 5, 0, 0 },
        { "abc de", 6, 6, 6 },
        { "abc de", 5, 3, 3 },
        { "abc de", 3, 3, 3 },
        { "a b cde", 4, 3, 3 },
        { "abcdef g", 4, 6, 4 },
        { "ab\u00e9\u00e9 g", 5, 6, 4 }, /* characters are never split */
        { " abcdef", 4, 0, 4 },
    };

    (void)state;
    for (size_t i = 0; i < COUNTOF(rows); i++) {
        assert_int_equal(text_line(rows[i].text, rows[i].room, false), rows[i].whole);
        assert_int_equal(text_line(rows[i].text, rows[i].room, true), rows[i].folded);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(errors_are_wrapped_and_cut),
        cmocka_unit_test(buffers_stop_at_their_cap),
        cmocka_unit_test(base64_round_trips),
        cmocka_unit_test(paths_walk_objects),
        cmocka_unit_test(names_without_nul),
        cmocka_unit_test(parse_errors_show_no_content),
        cmocka_unit_test(numbers_keep_their_digits),
        cmocka_unit_test(bad_numbers_are_refused),
        cmocka_unit_test(exact_values_from_outside),
        cmocka_unit_test(dates_of_all_forms),
        cmocka_unit_test(times_as_text),
        cmocka_unit_test(retry_after_in_every_form),
        cmocka_unit_test(loops_take_every_turn_once),
        cmocka_unit_test(a_record_is_one_json_line),
        cmocka_unit_test(text_from_elsewhere_is_plain),
        cmocka_unit_test(lines_end_at_blanks),
        cmocka_unit_test(errors_are_plain),
    };

    mem_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}

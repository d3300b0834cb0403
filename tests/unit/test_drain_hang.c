/* test_drain_hang.c: an SQS that does not answer, or answers with something else: drain keeps its
 * deadline, and receives nothing when it must end. The calls are real down to http_send. */
#include "unit.h"

#include "clock.h"
#include "drain.h"
#include "json.h"
#include "mem.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

int __wrap_http_send(struct http *h, const struct http_request *q, struct http_response *r,
                     struct err *e);

enum { RUN_MS = 60000, MESSAGES = 20 };

static struct world {
    struct settings settings;
    struct aws aws;
    struct drain drain;
    int64_t now_ms, hangs_ms; /* from then on SQS does not answer */
    int64_t answer_ms;        /* the destination's processing time */
    int delivered, deleted;
    int received, hidden, given_back; /* calls; messages in the last one that returns them */
    int returned;                     /* messages, in all of them */
    char attempts[8][40];             /* ReceiveRequestAttemptIds */
    const char *page;                 /* the answers to the first `pages` ReceiveMessages */
    int pages, page_status;
    bool stops;     /* the signal comes with the first ReceiveMessage */
    bool times_out; /* the signal comes with the first delivery */
    volatile sig_atomic_t stop;
} w;

static int64_t now_ms(void)
{
    return w.now_ms;
}

static void sleep_ms(int64_t ms)
{
    w.now_ms += ms > 0 ? ms : 0;
}

static json_t *ten_messages(void)
{
    json_t *list = json_array();

    for (int i = 0; i < 10; i++) {
        int n = 10 * (w.received - w.pages - 1) + i;
        json_array_append_new(
            list, json_pack("{s:o, s:o, s:s, s:{s:o, s:o, s:o, s:s, s:s}}", "MessageId",
                            json_sprintf("id-%d", n), "ReceiptHandle", json_sprintf("h-%d", n),
                            "Body", "{}", "Attributes", "MessageGroupId",
                            json_sprintf("g-%d", n / 2), "MessageDeduplicationId",
                            json_sprintf("m-%d", n), "SequenceNumber", json_sprintf("%d", n),
                            "SentTimestamp", "1767323045000", "ApproximateReceiveCount", "1"));
    }
    return json_pack("{s:o}", "Messages", list);
}

static json_t *receive(const json_t *params)
{
    (void)snprintf(w.attempts[w.received++ % 8], sizeof(w.attempts[0]), "%s",
                   jget_str(params, "ReceiveRequestAttemptId"));
    w.stop = w.stop || w.stops;
    return w.received <= w.pages                    ? NULL
           : 10 * (w.received - w.pages) > MESSAGES ? json_object()
                                                    : ten_messages();
}

static json_t *hide(const json_t *params)
{
    const json_t *entries = jget_array(params, "Entries"), *entry;
    json_t *done = json_array();
    size_t i;

    w.hidden++;
    w.given_back = 0;
    json_array_foreach(entries, i, entry) {
        w.given_back += jget_int(entry, "VisibilityTimeout", -1) == 0;
        json_array_append_new(done, json_pack("{s:O}", "Id", json_object_get(entry, "Id")));
    }
    w.returned += w.given_back;
    return json_pack("{s:o}", "Successful", done);
}

static json_t *act(const char *action, const json_t *params)
{
    if (strcmp(action, "ReceiveMessage") == 0)
        return receive(params);
    if (strcmp(action, "ChangeMessageVisibilityBatch") == 0)
        return hide(params);
    w.deleted += strcmp(action, "DeleteMessage") == 0;
    return json_object();
}

int __wrap_http_send(struct http *h, const struct http_request *q, struct http_response *r,
                     struct err *e)
{
    auto_json json_t *params = json_loadb(q->body, q->body_len, 0, NULL);
    auto_json json_t *reply = act(q->action, params);

    (void)h;
    if (w.hangs_ms && w.now_ms >= w.hangs_ms) {
        w.now_ms += q->timeout_ms;
        return err_set(e, ERR_TIMEOUT, "no answer");
    }
    w.now_ms += 5;
    *r = (struct http_response){ .status = reply ? 200 : w.page_status };
    r->body = reply ? json_text(reply) : xstrdup(w.page);
    r->body_len = strlen(r->body);
    return 0;
}

static int deliver_one(void *arg, const struct http_request *q, struct http_response *r,
                       struct err *e)
{
    (void)arg;
    (void)q;
    (void)e;
    w.now_ms += w.answer_ms;
    w.stop = w.stop || w.times_out;
    w.delivered++;
    *r = (struct http_response){ .status = 200, .body = xstrdup("") };
    return 0;
}

static int start(void **state)
{
    static const struct clock clock = { now_ms, now_ms, sleep_ms };
    static const char text[] =
        "{\"version\": 1, \"pipeline\": \"orders\", \"log_level\": \"fatal\", \"table\": \"t\", "
        "\"queue\": \"orders.fifo\", \"dead_letters\": null, \"parameters\": {}, \"ingest\": null, "
        "\"drain\": {\"max_messages\": 100, \"parallel_groups\": 1, \"timeout_ms\": 60000, "
        "\"rate_per_s\": 0, \"visibility_ms\": 90000, \"on_reject\": \"block\", \"destinations\": "
        "[{\"name\": \"d\", \"url\": \"https://d.example/\", \"method\": \"POST\", \"headers\": "
        "{}, \"body\": null, \"auth\": null, \"timeout_ms\": 5000, \"success\": [[200, 299]], "
        "\"idempotency_header\": \"Idempotency-Key\"}]}}";
    struct creds c = { .key_id = xstrdup("A"), .secret = xstrdup("S"), .provider = "environment" };
    const struct aws_options o = { .region = "eu-west-1" };
    struct err e = { 0 };

    (void)state;
    w = (struct world){ .now_ms = 1767323045000, .answer_ms = 20, .page_status = 200 };
    clock_use(&clock);
    if (aws_init(&w.aws, &o, NULL, &c, &e) < 0 ||
        settings_parse(text, strlen(text), &w.settings, &e) < 0)
        fail_msg("%s", e.msg);
    w.aws.account = xstrdup("123456789012");
    w.aws.timeout_ms = 10000;
    assert_int_equal(drain_init(&w.drain, &w.settings, &w.aws, deliver_one, NULL, &e), 0);
    w.drain.stop = &w.stop;
    return 0;
}

static int end(void **state)
{
    (void)state;
    drain_done(&w.drain);
    settings_done(&w.settings);
    aws_done(&w.aws);
    clock_use(NULL);
    return 0;
}

/* The run's answer; NULL: it failed with *e. */
static json_t *run(struct err *e)
{
    json_t *answer = NULL;
    int64_t deadline_ms = w.now_ms + RUN_MS;
    int rc = drain_run(&w.drain, NULL, deadline_ms, &answer, e);

    assert_true(w.now_ms < deadline_ms); /* there is time left to answer Lambda */
    return rc ? NULL : answer;
}

static void a_deletion_that_hangs_ends_in_time(void **state)
{
    struct err e = { 0 };
    (void)state;

    w.hangs_ms = w.now_ms + 10;
    auto_json json_t *answer = run(&e);
    assert_non_null(answer);
    assert_int_equal(w.delivered, 1); /* those behind it wait */
    assert_true(w.deleted > 1);
    assert_string_equal(jget_str(answer, "stopped"), "time");
}

/* One call for all groups, with a little time reserved for it. */
static void what_is_left_goes_back_in_one_call(void **state)
{
    struct err e = { 0 };
    (void)state;

    w.answer_ms = 4500;
    auto_json json_t *answer = run(&e);
    assert_string_equal(jget_str(answer, "stopped"), "time");
    assert_int_equal(jget_int(answer, "delivered", 0), 12);
    assert_int_equal(w.hidden, 1);
    assert_int_equal(w.given_back, 8);
}

static void a_queue_that_hangs_at_the_end_holds_nothing_up(void **state)
{
    struct err e = { 0 };
    (void)state;

    w.answer_ms = 4500;
    w.hangs_ms = w.now_ms + 50000;
    auto_json json_t *answer = run(&e);
    assert_string_equal(jget_str(answer, "stopped"), "time");
    assert_in_range(w.hidden, 1, 4); /* attempts */
}

static void a_receive_that_hangs_ends_in_time(void **state)
{
    struct err e = { 0 };
    (void)state;

    w.hangs_ms = w.now_ms;
    assert_null(run(&e));
    assert_int_equal(e.code, ERR_TIMEOUT);
}

/* A proxy's page, for example. */
static void a_page_instead_of_messages_is_asked_again(void **state)
{
    struct err e = { 0 };
    (void)state;

    w.page = "<html>Please log in</html>";
    w.pages = 2;
    auto_json json_t *answer = run(&e);
    assert_int_equal(jget_int(answer, "delivered", 0), MESSAGES);
    assert_int_equal(w.deleted, MESSAGES);
    assert_string_equal(w.attempts[0], w.attempts[2]);
    assert_string_not_equal(w.attempts[2], w.attempts[3]);
}

static void nothing_but_pages_is_an_error(void **state)
{
    struct err e = { 0 };
    (void)state;

    w.page = "<html>Please log in</html>";
    w.pages = 100;
    assert_null(run(&e));
    assert_int_equal(e.code, ERR_PARSE);
    assert_int_equal(w.received, 3);
}

static void nothing_is_received_after_the_signal(void **state)
{
    static const int statuses[] = { 200, 503, 400 };
    struct err e = { 0 };
    (void)state;

    for (size_t i = 0; i < COUNTOF(statuses); i++) {
        w.page = statuses[i] == 400 ? "{\"__type\": \"com.amazonaws.sqs#RequestThrottled\"}" : "<";
        w.page_status = statuses[i];
        w.pages = w.received + 1;
        w.stop = 0;
        w.stops = true;
        int before = w.received;
        auto_json json_t *answer = run(&e);
        assert_string_equal(jget_str(answer, "stopped"), "signal");
        assert_int_equal(w.received, before + 1);
    }
}

/* Lambda's timeout: the signal comes when the deadline has passed, for example if the process was
 * held still. */
static void what_was_not_begun_goes_back_after_the_deadline_too(void **state)
{
    struct err e = { 0 };
    json_t *answer = NULL;
    (void)state;

    w.answer_ms = RUN_MS + 10;
    w.times_out = true;
    assert_int_equal(drain_run(&w.drain, NULL, w.now_ms + RUN_MS, &answer, &e), 0);
    assert_string_equal(jget_str(answer, "stopped"), "signal");
    assert_int_equal(w.delivered, 1);
    assert_int_equal(w.returned, 9); /* all but the one that was delivered */
    json_decref(answer);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_deletion_that_hangs_ends_in_time, start, end),
        cmocka_unit_test_setup_teardown(what_is_left_goes_back_in_one_call, start, end),
        cmocka_unit_test_setup_teardown(a_queue_that_hangs_at_the_end_holds_nothing_up, start, end),
        cmocka_unit_test_setup_teardown(a_receive_that_hangs_ends_in_time, start, end),
        cmocka_unit_test_setup_teardown(a_page_instead_of_messages_is_asked_again, start, end),
        cmocka_unit_test_setup_teardown(nothing_but_pages_is_an_error, start, end),
        cmocka_unit_test_setup_teardown(nothing_is_received_after_the_signal, start, end),
        cmocka_unit_test_setup_teardown(what_was_not_begun_goes_back_after_the_deadline_too, start,
                                        end),
    };

    mem_init();
    log_setup(LOG_JSON, LOG_FATAL, STDERR_FILENO);
    return cmocka_run_group_tests(tests, NULL, NULL);
}

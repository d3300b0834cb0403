/* test_drain_token.c: drain with a destination that needs a token: no request is sent unless the
 * lease covers token and answer, and a token's failure is never a message's fault. */
#include "unit.h"

#include "clock.h"
#include "drain.h"
#include "fake_sqs.h"
#include "mem.h"
#include "text.h"

#include <string.h>

enum { TIMEOUT_MS = 10000 };

/* An API at h.example and a token endpoint at t.example, in one. */
struct world {
    struct fake fake;
    struct settings settings;
    struct drain drain;
    int64_t token_ms, answer_ms; /* their processing times */
    int token_status, api_status;
    const char *retry_after; /* of the token endpoint */
    int tokens, requests;
    bool uncovered; /* a message was visible to others before its answer could arrive */
};

/* A request sent now may be answered, or not, as late as this. */
static void check_leases(struct world *w, int64_t most_ms)
{
    if (fake_first_visible_ms(&w->fake.queue) < clock_mono_ms() + most_ms)
        w->uncovered = true;
}

static int send_request(void *arg, const struct http_request *q, struct http_response *r,
                        struct err *e)
{
    struct world *w = arg;
    bool token = str_starts(q->url, "https://t.example");

    (void)e;
    check_leases(w, token ? 2 * TIMEOUT_MS : TIMEOUT_MS);
    fake_clock_advance(token ? w->token_ms : w->answer_ms);
    *r = (struct http_response){ .status = token ? w->token_status : w->api_status };
    r->body = xasprintf("{\"access_token\": \"t%d\", \"expires_in\": 1}",
                        token ? ++w->tokens : ++w->requests);
    r->body_len = strlen(r->body);
    if (token && w->retry_after) {
        auto_free char *line = xasprintf("Retry-After: %s\r\n", w->retry_after);
        http_header_line(r, line, strlen(line));
    }
    return 0;
}

static void world_start(struct world *w, long visibility_ms)
{
    auto_free char *text = xasprintf(
        "{\"version\": 1, \"pipeline\": \"orders\", \"log_level\": \"fatal\", \"table\": \"t\", "
        "\"queue\": \"orders.fifo\", \"dead_letters\": null, \"parameters\": {\"key\": \"/k\"}, "
        "\"ingest\": null, \"drain\": {\"max_messages\": 10, \"parallel_groups\": 1, "
        "\"timeout_ms\": 120000, \"visibility_ms\": %ld, \"on_reject\": \"drop\", "
        "\"destinations\": [{\"name\": \"a\", \"url\": \"https://h.example/\", \"timeout_ms\": %d, "
        "\"success\": [[200, 299]], \"auth\": {\"oauth2\": {\"token_url\": "
        "\"https://t.example/\", \"client_id\": \"c\", \"client_secret\": \"${param.key}\"}}}]}}",
        visibility_ms, TIMEOUT_MS);
    struct err e = { 0 };

    memset(w, 0, sizeof(*w));
    fake_start(&w->fake, 1);
    json_object_set_new(w->fake.parameters, "/k", json_string("first"));
    w->token_status = w->api_status = 200;
    if (settings_parse(text, strlen(text), &w->settings, &e) < 0)
        fail_msg("%s", e.msg);
    assert_int_equal(drain_init(&w->drain, &w->settings, &w->fake.aws, send_request, w, &e), 0);
}

static void world_end(struct world *w)
{
    drain_done(&w->drain);
    settings_done(&w->settings);
    fake_end(&w->fake);
}

static const char *run(struct world *w, int64_t have_ms, json_t **answer)
{
    static const char said[] = "failed";
    auto_json json_t *event = json_object();
    struct err e = { 0 };
    const char *stopped;

    if (drain_run(&w->drain, event, clock_wall_ms() + have_ms, answer, &e) < 0)
        return said;
    stopped = jget_str(*answer, "stopped");
    return stopped ? stopped : "no";
}

static void put_messages(struct world *w, int n)
{
    for (int i = 0; i < n; i++) {
        auto_free char *id = xasprintf("e%d", i);
        fake_put(&w->fake.queue, "g", id, "{\"n\": 1}");
    }
}

/* Each message needs a new token, and all of them together longer than one lease. */
static void test_the_lease_covers_token_and_answer(void **state)
{
    __attribute__((cleanup(world_end))) struct world w;
    auto_json json_t *answer = NULL;
    (void)state;

    world_start(&w, 30000);
    w.token_ms = w.answer_ms = 4000;
    put_messages(&w, 6);
    assert_string_equal(run(&w, 120000, &answer), "no");
    assert_int_equal(jget_int(answer, "delivered", 0), 6);
    assert_int_equal(w.tokens, 6);
    assert_true(fake_calls(&w.fake, "ChangeMessageVisibilityBatch") +
                    fake_calls(&w.fake, "ChangeMessageVisibility") >=
                2);
    assert_false(w.uncovered);
}

/* A run that has time for a request but not for a token before it receives no message. */
static void test_the_run_has_time_for_both(void **state)
{
    __attribute__((cleanup(world_end))) struct world w;
    auto_json json_t *answer = NULL;
    (void)state;

    world_start(&w, 150000);
    w.token_ms = w.answer_ms = 1000;
    put_messages(&w, 2);
    assert_string_equal(run(&w, 2 * TIMEOUT_MS, &answer), "failed");
    assert_int_equal(fake_calls(&w.fake, "ReceiveMessage"), 0);
    assert_string_equal(run(&w, 2 * TIMEOUT_MS + 3000, &answer), "time");
    assert_int_equal(w.requests, 1);
}

/* on_reject is drop: a failure that is not the message's fault must not reach it. */
static void test_nothing_is_dropped_for_want_of_a_token(void **state)
{
    static const struct {
        int token_status, api_status, tokens, requests;
        const char *stopped;
    } rows[] = {
        { 400, 200, 2, 0, "refused" }, { 401, 200, 2, 0, "refused" }, { 404, 200, 2, 0, "refused" },
        { 302, 200, 2, 0, "refused" }, { 200, 401, 3, 3, "refused" }, { 200, 403, 3, 3, "refused" },
    };
    (void)state;

    for (size_t i = 0; i < COUNTOF(rows); i++) {
        __attribute__((cleanup(world_end))) struct world w;
        auto_json json_t *answer = NULL;
        world_start(&w, 150000);
        w.token_status = rows[i].token_status;
        w.api_status = rows[i].api_status;
        put_messages(&w, 2);
        assert_string_equal(run(&w, 120000, &answer), rows[i].stopped);
        assert_int_equal(w.tokens, rows[i].tokens);
        assert_int_equal(w.requests, rows[i].requests);
        assert_int_equal(fake_waiting(&w.fake.queue), 2);
        assert_int_equal(fake_invisible(&w.fake.queue), 0);
    }
}

/* Without drain.retry_after_max the longest pause is one of an hour. */
static void test_a_token_endpoint_that_pauses(void **state)
{
    static const char *const waits[] = { "99999999999", "7200" };
    (void)state;

    for (size_t i = 0; i < COUNTOF(waits); i++) {
        __attribute__((cleanup(world_end))) struct world w;
        auto_json json_t *first = NULL, *second = NULL, *third = NULL;
        world_start(&w, 150000);
        w.token_status = 503;
        w.retry_after = waits[i];
        put_messages(&w, 1);
        assert_string_equal(run(&w, 120000, &first), "no");
        assert_int_equal(jget_int(first, "left", 0), 1);
        assert_string_equal(run(&w, 120000, &second), "paused");
        assert_int_equal(w.tokens, 1);
        fake_clock_advance(3600000);
        w.token_status = 200;
        assert_string_equal(run(&w, 120000, &third), "no");
        assert_int_equal(jget_int(third, "delivered", 0), 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_lease_covers_token_and_answer),
        cmocka_unit_test(test_the_run_has_time_for_both),
        cmocka_unit_test(test_a_token_endpoint_that_pauses),
        cmocka_unit_test(test_nothing_is_dropped_for_want_of_a_token),
    };

    mem_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_turn.c: one run of drain at a time sends, and not sooner than the rate allows after the
 * previous one. The queue is that of `fifoq sqs`. */
#include "unit.h"

#include "clock.h"
#include "json.h"
#include "mem.h"
#include "sqs_calls.h"
#include "turn.h"

#include <stdlib.h>
#include <string.h>

#define DAY_MS   INT64_C(86400000)
#define START_MS INT64_C(1790000000000)
#define QUEUE    SQS_CALLS_URL "orders-turn.fifo"

static int64_t now_ms;
static struct sqs *service;
static struct aws client;
static const char *fails; /* the action that is refused; NULL: none */
static long receives;
static struct pace paces[2]; /* of two processes */
static struct turns turns[2];

static int64_t wall(void)
{
    return START_MS + now_ms;
}

static int64_t mono(void)
{
    return now_ms;
}

static void go_on(int64_t ms)
{
    now_ms += ms > 0 ? ms : 0;
}

static json_t *ask(const char *action, const json_t *params, int *status)
{
    auto_sqs_reply r = { 0 };

    sqs_call(service, wall(), action, params, &r);
    if (r.waits) { /* nothing arrives while it waits */
        now_ms = r.wait_until_ms - START_MS;
        sqs_reply_done(&r);
        sqs_call(service, wall(), action, params, &r);
    }
    *status = r.status;
    return steal(r.body);
}

static int call(void *arg, const struct aws_service *s, const char *action, const json_t *params,
                json_t **reply, struct err *e)
{
    int status;

    (void)arg;
    assert_string_equal(s->name, "sqs");
    receives += strcmp(action, "ReceiveMessage") == 0;
    if (fails && strcmp(action, fails) == 0) {
        (void)err_set(e, ERR_AWS, "sqs:%s: AccessDenied", action);
        (void)snprintf(e->aws_code, sizeof(e->aws_code), "AccessDenied");
        e->status = 403;
        return -1;
    }
    *reply = ask(action, params, &status);
    assert_int_equal(status, 200);
    return 0;
}

static void start(double per_s)
{
    for (size_t i = 0; i < COUNTOF(turns); i++) {
        pace_init(&paces[i], per_s);
        turns_init(&turns[i], &client, "orders-turn.fifo", &paces[i]);
    }
}

static int setup(void **state)
{
    static const struct clock clock = { wall, mono, go_on };
    (void)state;
    now_ms = 1000;
    receives = 0;
    fails = NULL;
    clock_use(&clock);
    service = sqs_calls_new();
    sqs_make_fifo(service, wall(), "orders-turn.fifo");
    client = (struct aws){ .fake = call,
                           .region = (char *)"eu-west-1",
                           .account = (char *)"123456789012" };
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNTOF(turns); i++) {
        turns_done(&turns[i]);
        pace_done(&paces[i]);
    }
    sqs_free(service);
    clock_use(NULL);
    return 0;
}

/* A run of a minute, with messages of ten seconds. */
static bool take(size_t process)
{
    struct err e = { 0 };
    bool mine = true;

    if (turns_take(&turns[process], now_ms + 60000, 10000, NULL, &mine, &e) < 0)
        fail_msg("%s", e.msg);
    return mine;
}

static void give(size_t process)
{
    turns_give(&turns[process], now_ms + 1000);
}

static long messages(void)
{
    static const char *const counts[] = { "ApproximateNumberOfMessages",
                                          "ApproximateNumberOfMessagesNotVisible" };
    auto_json json_t *params =
        json_pack("{s:s, s:[s]}", "QueueUrl", QUEUE, "AttributeNames", "All");
    int status;
    auto_json json_t *reply = ask("GetQueueAttributes", params, &status);
    long n = 0;

    for (size_t i = 0; i < COUNTOF(counts); i++)
        n += (long)strtoll(jget_str(jget_obj(reply, "Attributes"), counts[i]), NULL, 10);
    return n;
}

static void the_first_run_makes_the_turn(void **state)
{
    (void)state;
    start(2);
    assert_true(take(0));
    assert_int_equal(messages(), 1);
    give(0);
    assert_int_equal(messages(), 1);
    assert_true(take(1));
    assert_int_equal(messages(), 1);
}

static void one_run_at_a_time(void **state)
{
    int64_t began_ms;

    (void)state;
    start(2);
    assert_true(take(0));
    began_ms = now_ms;
    assert_false(take(1));
    assert_in_range(now_ms - began_ms, 50000, 52000); /* until no message would fit */
    give(0);
    assert_true(take(1));
    assert_false(take(0));
}

static void several_messages_are_one_turn(void **state)
{
    auto_json json_t *params =
        json_pack("{s:s, s:s, s:s, s:s}", "QueueUrl", QUEUE, "MessageBody", "turn",
                  "MessageGroupId", "turn", "MessageDeduplicationId", "another");
    int status;

    (void)state;
    start(2);
    assert_true(take(0));
    json_decref(ask("SendMessage", params, &status));
    assert_int_equal(messages(), 2);
    assert_false(take(1));
}

static void a_short_interval_is_waited_for(void **state)
{
    (void)state;
    start(2);
    assert_true(take(0));
    assert_true(pace_take(&paces[0], now_ms + 500));
    now_ms += 500;
    give(0);
    assert_true(take(1));
    assert_false(pace_take(&paces[1], now_ms + 499));
    assert_true(pace_take(&paces[1], now_ms + 500));
}

static void a_long_interval_hides_the_turn(void **state)
{
    int64_t sent_ms;

    (void)state;
    start(0.05);
    assert_true(take(0));
    assert_true(pace_take(&paces[0], now_ms));
    sent_ms = now_ms;
    now_ms += 300;
    give(0);
    assert_true(take(1));
    assert_true(now_ms - sent_ms >= 20000);
    assert_true(pace_take(&paces[1], now_ms)); /* at once: it has waited long enough */
}

static void who_dies_keeps_it_for_its_lease(void **state)
{
    static const struct {
        double per_s;
        int64_t least_ms;
    } rates[] = { { 2, 90000 }, { 0.05, 110000 } };

    for (size_t i = 0; i < COUNTOF(rates); i++) {
        int64_t began_ms = now_ms;

        if (i > 0) {
            assert_int_equal(teardown(state), 0);
            assert_int_equal(setup(state), 0);
            began_ms = now_ms;
        }
        start(rates[i].per_s);
        assert_true(take(0));
        while (!take(1))
            continue;
        assert_in_range(now_ms - began_ms, rates[i].least_ms, rates[i].least_ms + 5000);
    }
}

static void an_old_turn_is_renewed(void **state)
{
    (void)state;
    start(2);
    for (int days = 0; days < 60; days += 2) {
        assert_true(take(0));
        assert_false(take(1));
        give(0);
        assert_int_equal(messages(), 1);
        now_ms += 2 * DAY_MS;
    }
}

static void a_turn_that_cannot_be_renewed_is_used(void **state)
{
    (void)state;
    start(2);
    assert_true(take(0));
    give(0);
    now_ms += 8 * DAY_MS;
    fails = "SendMessageBatch";
    assert_true(take(0));
    fails = NULL;
    assert_false(take(1));
}

/* The old message may be deleted although no answer says so. */
static void an_old_turn_that_may_be_deleted_is_not_used(void **state)
{
    (void)state;
    start(2);
    assert_true(take(0));
    give(0);
    now_ms += 8 * DAY_MS;
    fails = "DeleteMessage";
    assert_false(take(0));
    fails = NULL;
    while (!take(1))
        continue;
    assert_int_equal(messages(), 1);
}

static void without_a_queue_every_run_has_it(void **state)
{
    struct turns alone;
    struct err e = { 0 };
    bool mine = false;

    (void)state;
    start(2);
    turns_init(&alone, &client, NULL, &paces[0]);
    assert_int_equal(turns_take(&alone, now_ms, 10000, NULL, &mine, &e), 0);
    assert_true(mine);
    turns_give(&alone, now_ms);
    turns_done(&alone);
    assert_int_equal(receives, 0);
}

static void nothing_is_received_after_sigterm(void **state)
{
    static const volatile sig_atomic_t stop = 1;
    struct err e = { 0 };
    bool mine = true;

    (void)state;
    start(2);
    assert_int_equal(turns_take(&turns[0], now_ms + 60000, 10000, &stop, &mine, &e), 0);
    assert_false(mine);
    assert_int_equal(receives, 0);
}

static void a_turn_that_cannot_be_made_is_an_error(void **state)
{
    static const char *const actions[] = { "ReceiveMessage", "GetQueueAttributes",
                                           "SendMessageBatch" };

    (void)state;
    start(2);
    for (size_t i = 0; i < COUNTOF(actions); i++) {
        struct err e = { 0 };
        bool mine;

        fails = actions[i];
        assert_int_equal(turns_take(&turns[0], now_ms + 60000, 10000, NULL, &mine, &e), -1);
        assert_non_null(strstr(e.msg, "AccessDenied"));
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_first_run_makes_the_turn),
        TEST(one_run_at_a_time),
        TEST(several_messages_are_one_turn),
        TEST(a_short_interval_is_waited_for),
        TEST(a_long_interval_hides_the_turn),
        TEST(who_dies_keeps_it_for_its_lease),
        TEST(an_old_turn_is_renewed),
        TEST(a_turn_that_cannot_be_renewed_is_used),
        TEST(an_old_turn_that_may_be_deleted_is_not_used),
        TEST(without_a_queue_every_run_has_it),
        TEST(nothing_is_received_after_sigterm),
        TEST(a_turn_that_cannot_be_made_is_an_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

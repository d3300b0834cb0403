/* test_sqs.c: the guarantees of a FIFO queue: order, locks, visibility, deduplication, attempts. */
#include "sqs_scene.h"

#include "mem.h"
#include "sqs/sqs_fifo.h"

#include <stdio.h>

#define SCENE struct sqs_scene *s = *state

/* As many as possible of one group, in order, then other groups. */
static void test_receive_order(void **state)
{
    SCENE;
    sqs_make(s, "q.fifo", "");
    sqs_send_all(s, "1:g1-m1 2:g2-m1 1:g1-m2 1:g1-m3");
    sqs_assert_receive(s, 10, "g1-m1 g1-m2 g1-m3 g2-m1");
}

static void test_a_group_is_locked_until_all_are_deleted(void **state)
{
    SCENE;
    sqs_make(s, "q.fifo", "");
    sqs_send_all(s, "1:g1-m1 2:g2-m1 1:g1-m2 2:g2-m2 1:g1-m3 1:g1-m4 3:g3-m1");
    sqs_assert_receive(s, 2, "g1-m1 g1-m2");
    sqs_assert_receive(s, 1, "g2-m1"); /* the lock is for this group only */
    sqs_delete(s, "g2-m1");
    sqs_delete(s, "g1-m1");
    sqs_send(s, "1", "g1-m5"); /* does not unlock */
    sqs_assert_receive(s, 10, "g2-m2 g3-m1");
    sqs_delete(s, "g1-m2");
    sqs_assert_receive(s, 10, "g1-m3 g1-m4 g1-m5");
}

static void test_expiry_redelivers_in_order(void **state)
{
    SCENE;
    sqs_make(s, "q.fifo", "'VisibilityTimeout':'30'");
    sqs_send_all(s, "1:a 1:b 1:c");
    sqs_assert_receive(s, 2, "a b");
    s->now += 29999;
    sqs_assert_receive(s, 10, "");
    s->now += 1;
    sqs_assert_receive(s, 10, "a b c");
    assert_string_equal(sqs_said(s, "Messages.0.Attributes.ApproximateReceiveCount"), "2");
    assert_string_equal(sqs_said(s, "Messages.2.Attributes.ApproximateReceiveCount"), "1");
}

/* An invisible message hides itself and the later messages of its group, not the earlier ones. */
static void test_extension_hides_what_follows(void **state)
{
    SCENE;
    sqs_make(s, "q.fifo", "");
    sqs_send_all(s, "1:m1 1:m2 1:m3");
    sqs_assert_receive(s, 3, "m1 m2 m3");
    sqs_change(s, "m2", 300);
    s->now += 31000;
    sqs_assert_receive(s, 10, "m1");

    sqs_change(s, "m1", 1000);
    s->now += 400000; /* m2 and m3 would be visible again */
    sqs_assert_receive(s, 10, "");
}

static void test_release_of_the_first_returns_it_alone(void **state)
{
    SCENE;
    sqs_make(s, "q.fifo", "");
    sqs_send_all(s, "1:m1 1:m2 1:m3");
    sqs_assert_receive(s, 2, "m1 m2");
    sqs_change(s, "m1", 0);
    sqs_assert_ok(s);
    sqs_assert_receive(s, 10, "m1");
    assert_string_equal(sqs_said(s, "Messages.0.Attributes.ApproximateReceiveCount"), "2");
}

static void test_an_expired_handle(void **state)
{
    SCENE;
    sqs_make(s, "q.fifo", "");
    sqs_send(s, "1", "a");
    sqs_assert_receive(s, 1, "a");
    s->now += 30000;
    auto_free char *text =
        xasprintf("Value %s for parameter ReceiptHandle is invalid. Reason: The receipt handle has "
                  "expired.",
                  sqs_handle_of(s, "a"));
    sqs_delete(s, "a");
    sqs_assert_refused(s, "InvalidParameterValue", text);
    assert_string_equal(sqs_said(s, "__type"),
                        "com.amazon.coral.service#InvalidParameterValueException");
    sqs_do(s, "DeleteMessageBatch", "{'Entries':[{'Id':'x','ReceiptHandle':'%s'}]}",
           sqs_handle_of(s, "a"));
    sqs_assert_ok(s);
    assert_string_equal(sqs_said(s, "Failed.0.Id"), "x");
    assert_string_equal(sqs_said(s, "Failed.0.Code"), "ReceiptHandleIsInvalid");
    assert_string_equal(sqs_said(s, "Failed.0.Message"), "The receipt handle has expired");
    assert_true(json_is_true(sqs_said_json(s, "Failed.0.SenderFault")));
    sqs_change(s, "a", 10);
    sqs_assert_refused(s, "AWS.SimpleQueueService.MessageNotInflight", NULL);

    auto_free char *old = xstrdup(sqs_handle_of(s, "a"));
    sqs_assert_receive(s, 1, "a"); /* by another consumer, so the old handle stays invalid */
    sqs_do(s, "DeleteMessage", "{'ReceiptHandle':'%s'}", old);
    sqs_assert_refused(s, "InvalidParameterValue", "has expired");
    sqs_do(s, "ChangeMessageVisibility", "{'ReceiptHandle':'%s','VisibilityTimeout':9}", old);
    sqs_assert_refused(s, "InvalidParameterValue", "not available for visibility timeout change");
    sqs_delete(s, "a");
    sqs_assert_ok(s);
    sqs_delete(s, "a"); /* deleted already: no error */
    sqs_assert_ok(s);
    sqs_change(s, "a", 10);
    sqs_assert_refused(s, "InvalidParameterValue", "Message does not exist");
}

static void test_delete_after_extension(void **state)
{
    SCENE;
    sqs_make(s, "q.fifo", "");
    sqs_send(s, "1", "a");
    sqs_assert_receive(s, 1, "a");
    s->now += 20000;
    sqs_change(s, "a", 60);
    s->now += 59999;
    sqs_delete(s, "a");
    sqs_assert_ok(s);
    sqs_assert_receive(s, 1, "");
    s->now += 3600000;
    sqs_assert_receive(s, 1, "");
}

static void test_twelve_hours_in_all(void **state)
{
    SCENE;
    sqs_make(s, "q.fifo", "");
    sqs_send(s, "1", "a");
    sqs_assert_receive(s, 1, "a");
    sqs_change(s, "a", 43201);
    sqs_assert_refused(s, "InvalidParameterValue", "Must be between 0 and 43200");
    s->now += 1000;
    sqs_change(s, "a", 43200);
    sqs_assert_refused(s, "InvalidParameterValue", "beyond the limit [43200 seconds]");
    sqs_change(s, "a", 43199);
    sqs_assert_ok(s);
    s->now += 43199000; /* the next receive counts from the start, and the value is not kept */
    sqs_assert_receive(s, 1, "a");
    s->now += 30000;
    sqs_assert_receive(s, 1, "a");
}

static void test_visibility_of_a_receive(void **state)
{
    SCENE;
    sqs_make(s, "q.fifo", "");
    sqs_send(s, "1", "a");
    sqs_do(s, "ReceiveMessage", "{'VisibilityTimeout':5}");
    s->now += 4999;
    sqs_assert_receive(s, 1, "");
    s->now += 1;
    sqs_do(s, "ReceiveMessage", "{'VisibilityTimeout':0}");
    assert_string_equal(sqs_said(s, "Messages.0.Body"), "a");
    sqs_assert_receive(s, 1, "a");
}

/* ---- deduplication ---- */

static void send_dedup(struct sqs_scene *s, const char *group, const char *body, const char *dedup)
{
    sqs_do(s, "SendMessage",
           "{'MessageBody':'%s','MessageGroupId':'%s','MessageDeduplicationId':'%s'}", body, group,
           dedup);
    sqs_assert_ok(s);
}

static void test_duplicates_outlive_deletion(void **state)
{
    SCENE;
    sqs_make(s, "q.fifo", "");
    send_dedup(s, "1", "a", "d");
    auto_free char *id = xstrdup(sqs_said(s, "MessageId"));
    auto_free char *sequence = xstrdup(sqs_said(s, "SequenceNumber"));
    sqs_assert_receive(s, 1, "a");
    sqs_delete(s, "a");
    s->now += 5 * MINUTE - 1; /* of the first send: duplicates do not extend it */
    send_dedup(s, "2", "other", "d");
    assert_string_equal(sqs_said(s, "MessageId"), id);
    assert_string_equal(sqs_said(s, "SequenceNumber"), sequence);
    sqs_assert_receive(s, 1, "");
    s->now += 1;
    send_dedup(s, "1", "b", "d");
    assert_string_not_equal(sqs_said(s, "MessageId"), id);
    sqs_assert_receive(s, 1, "b");
}

static void test_duplicates_of_a_batch(void **state)
{
    SCENE;
    sqs_make(s, "q.fifo", "");
    sqs_do(s, "SendMessageBatch",
           "{'Entries':[{'Id':'1','MessageBody':'a','MessageGroupId':'g',"
           "'MessageDeduplicationId':'d'},{'Id':'2','MessageBody':'b','MessageGroupId':'g',"
           "'MessageDeduplicationId':'d'}]}");
    assert_string_equal(sqs_said(s, "Successful.0.MessageId"),
                        sqs_said(s, "Successful.1.MessageId"));
    sqs_assert_receive(s, 10, "a");
}

static void test_scope_of_duplicates(void **state)
{
    SCENE;
    sqs_make(s, "q.fifo", "'DeduplicationScope':'messageGroup'");
    send_dedup(s, "1", "a", "d");
    send_dedup(s, "2", "b", "d");
    send_dedup(s, "1", "c", "d");
    sqs_assert_receive(s, 10, "a b");
    /* a change of the scope has no effect */
    sqs_do(s, "SetQueueAttributes", "{'Attributes':{'DeduplicationScope':'queue'}}");
    sqs_assert_ok(s);
    send_dedup(s, "3", "d", "d");
    sqs_assert_receive(s, 10, "d");

    sqs_make(s, "r.fifo", "");
    sqs_do(s, "SetQueueAttributes", "{'Attributes':{'DeduplicationScope':'messageGroup'}}");
    sqs_assert_ok(s);
    send_dedup(s, "1", "a", "d");
    send_dedup(s, "2", "b", "d");
    sqs_assert_receive(s, 10, "a");
}

static void test_duplicates_by_content(void **state)
{
    SCENE;
    sqs_make(s, "q.fifo", "'ContentBasedDeduplication':'true'");
    sqs_do(s, "SendMessage", "{'MessageBody':'abc','MessageGroupId':'1'}");
    sqs_do(s, "SendMessage",
           "{'MessageBody':'abc','MessageGroupId':'1','MessageAttributes':"
           "{'n':{'DataType':'String','StringValue':'not looked at'}}}");
    send_dedup(s, "1", "abc", "explicit"); /* an explicit id has precedence over the content */
    sqs_assert_receive(s, 10, "abc abc");
    assert_string_equal(sqs_said(s, "Messages.0.Attributes.MessageDeduplicationId"),
                        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_string_equal(sqs_said(s, "Messages.1.Attributes.MessageDeduplicationId"), "explicit");
}

static void test_purge_clears_duplicates(void **state)
{
    SCENE;
    sqs_make(s, "q.fifo", "");
    send_dedup(s, "1", "a", "d");
    sqs_do(s, "PurgeQueue", "{}");
    sqs_assert_ok(s);
    sqs_assert_receive(s, 1, "");
    send_dedup(s, "1", "a", "d");
    sqs_assert_receive(s, 1, "a");
    s->now += MINUTE - 1;
    sqs_do(s, "PurgeQueue", "{}");
    sqs_assert_refused(s, "AWS.SimpleQueueService.PurgeQueueInProgress",
                       "Only one PurgeQueue operation on q.fifo is allowed every 60 seconds.");
    s->now += 1;
    sqs_do(s, "PurgeQueue", "{}");
    sqs_assert_ok(s);
}

/* ---- receive attempts ---- */

static void attempt(struct sqs_scene *s, const char *id, int max)
{
    sqs_do(s, "ReceiveMessage", "{'MaxNumberOfMessages':%d,'ReceiveRequestAttemptId':'%s'}", max,
           id);
    sqs_assert_ok(s);
}

static void test_an_attempt_again(void **state)
{
    SCENE;
    sqs_make(s, "q.fifo", "");
    sqs_send_all(s, "1:a 1:b 2:c");
    attempt(s, "t1", 2);
    json_t *first = json_deep_copy(sqs_said_json(s, "Messages"));
    assert_int_equal(json_array_size(first), 2);
    s->now += 20000;
    attempt(s, "t1", 2);
    assert_true(json_equal(first, (json_t *)sqs_said_json(s, "Messages")));
    s->now += 20000; /* past the first time, not past the second */
    sqs_assert_receive(s, 10, "c");
    s->now += 10000; /* not received in the meantime, so it is not counted */
    sqs_assert_receive(s, 2, "a b");
    assert_string_equal(sqs_said(s, "Messages.0.Attributes.ApproximateReceiveCount"), "2");
    json_decref(first);
}

static void test_an_attempt_that_was_changed(void **state)
{
    SCENE;
    sqs_make(s, "q.fifo", "");
    sqs_send_all(s, "1:a 1:b 2:c 3:d");
    attempt(s, "t1", 2);
    sqs_do(s, "DeleteMessage", "{'ReceiptHandle':'%s'}", sqs_said(s, "Messages.0.ReceiptHandle"));
    attempt(s, "t1", 1); /* nothing of that attempt is left to repeat */
    assert_string_equal(sqs_said(s, "Messages.0.Body"), "c");
    sqs_do(s, "ChangeMessageVisibility", "{'ReceiptHandle':'%s','VisibilityTimeout':20}",
           sqs_said(s, "Messages.0.ReceiptHandle"));
    attempt(s, "t1", 1);
    assert_string_equal(sqs_said(s, "Messages.0.Body"), "d");
}

static void test_an_attempt_is_forgotten(void **state)
{
    SCENE;
    sqs_make(s, "q.fifo", "'VisibilityTimeout':'1000'");
    sqs_send_all(s, "1:a 2:b");
    attempt(s, "t1", 1);
    s->now += 5 * MINUTE;
    attempt(s, "t1", 1);
    assert_string_equal(sqs_said(s, "Messages.0.Body"), "b");
}

/* ---- attributes of a message ---- */

static void test_sequence_and_system_attributes(void **state)
{
    SCENE;
    sqs_make(s, "q.fifo", "");
    sqs_do(s, "SendMessage",
           "{'MessageBody':'a','MessageGroupId':'g','MessageDeduplicationId':'d',"
           "'MessageSystemAttributes':{'AWSTraceHeader':{'DataType':'String','StringValue':"
           "'Root=1-5759e988-bd862e3fe1be46a994272793'}}}");
    auto_free char *first = xstrdup(sqs_said(s, "SequenceNumber"));
    assert_int_equal(strlen(first), 20);
    assert_int_equal(strspn(first, "0123456789"), 20);
    sqs_send(s, "h", "b");
    assert_true(strcmp(sqs_said(s, "SequenceNumber"), first) > 0);
    s->now += 1234;
    sqs_assert_receive(s, 1, "a");
    static const char *const want[][2] = {
        { "SequenceNumber", NULL },
        { "MessageGroupId", "g" },
        { "MessageDeduplicationId", "d" },
        { "SentTimestamp", "1700000000000" },
        { "ApproximateFirstReceiveTimestamp", "1700000001234" },
        { "ApproximateReceiveCount", "1" },
        { "SenderId", "123456789012" },
        { "AWSTraceHeader", "Root=1-5759e988-bd862e3fe1be46a994272793" },
    };
    for (size_t i = 0; i < COUNTOF(want); i++) {
        auto_free char *path = xasprintf("Messages.0.Attributes.%s", want[i][0]);
        assert_string_equal(sqs_said(s, path), want[i][1] ? want[i][1] : first);
    }
}

static void test_only_what_is_asked_for(void **state)
{
    SCENE;
    sqs_make(s, "q.fifo", "");
    sqs_send(s, "1", "a");
    sqs_do(s, "ReceiveMessage", "{'VisibilityTimeout':0}");
    assert_null(sqs_said_json(s, "Messages.0.Attributes"));
    sqs_do(s, "ReceiveMessage", "{'VisibilityTimeout':0,'AttributeNames':['SequenceNumber']}");
    assert_int_equal(json_object_size(sqs_said_json(s, "Messages.0.Attributes")), 1);
    sqs_do(s, "ReceiveMessage", "{'MessageSystemAttributeNames':['Sequence']}");
    sqs_assert_refused(s, "InvalidAttributeName", "Unknown Attribute Sequence.");
}

/* ---- time ---- */

static void test_retention(void **state)
{
    SCENE;
    sqs_make(s, "q.fifo", "'MessageRetentionPeriod':'60'");
    sqs_send(s, "1", "a");
    s->now += 59999;
    sqs_send(s, "1", "b");
    sqs_assert_receive(s, 1, "a");
    s->now += 1; /* the message that blocks its group is deleted too */
    sqs_assert_receive(s, 1, "b");
}

static void test_delay(void **state)
{
    SCENE;
    sqs_make(s, "q.fifo", "'DelaySeconds':'10'");
    sqs_send(s, "1", "a");
    sqs_assert_receive(s, 1, "");
    assert_int_equal(sqs_due_ms(s->sqs, s->now), s->now + 10000);
    sqs_do(s, "GetQueueAttributes", "{'AttributeNames':['All']}");
    assert_string_equal(sqs_said(s, "Attributes.ApproximateNumberOfMessagesDelayed"), "1");
    assert_string_equal(sqs_said(s, "Attributes.ApproximateNumberOfMessages"), "0");
    /* applies to existing messages */
    sqs_do(s, "SetQueueAttributes", "{'Attributes':{'DelaySeconds':'2'}}");
    s->now += 2000;
    sqs_assert_receive(s, 1, "a");
}

static void test_long_poll(void **state)
{
    SCENE;
    sqs_make(s, "q.fifo", "");
    sqs_do(s, "ReceiveMessage", "{'WaitTimeSeconds':20}");
    assert_true(s->raw.waits);
    assert_int_equal(s->raw.wait_until_ms, s->now + 20000);
    uint64_t changes = sqs_changes(s->sqs);
    assert_int_equal(sqs_due_ms(s->sqs, s->now), INT64_MAX);
    sqs_send(s, "1", "a");
    assert_true(sqs_changes(s->sqs) > changes);
    sqs_do(s, "ReceiveMessage", "{'WaitTimeSeconds':20,'VisibilityTimeout':7}");
    assert_false(s->raw.waits);
    assert_string_equal(sqs_said(s, "Messages.0.Body"), "a");
    assert_int_equal(sqs_due_ms(s->sqs, s->now), s->now + 7000);
    changes = sqs_changes(s->sqs);
    sqs_do(s, "DeleteMessage", "{'ReceiptHandle':'%s'}", sqs_said(s, "Messages.0.ReceiptHandle"));
    assert_true(sqs_changes(s->sqs) > changes); /* a deletion ends waiting polls, too */
    sqs_do(s, "SetQueueAttributes", "{'Attributes':{'ReceiveMessageWaitTimeSeconds':'3'}}");
    sqs_do(s, "ReceiveMessage", "{}");
    assert_int_equal(s->raw.wait_until_ms, s->now + 3000);
    sqs_do(s, "ReceiveMessage", "{'WaitTimeSeconds':0}");
    assert_false(s->raw.waits);
}

/* ---- large queues ---- */

static struct fifo_message *add_message(struct fifo *f, const char *group, uint64_t number)
{
    struct fifo_message *m = xcalloc(1, sizeof(*m));
    m->group = xstrdup(group);
    m->dedup = xstrdup("");
    m->number = number;
    fifo_add(f, m, 0);
    return m;
}

/* Only the first 120,000 messages are searched for an unlocked group. */
static void test_a_blocked_group_with_many_messages(void **state)
{
    (void)state;
    struct fifo f = { 0 };
    struct fifo_message *out[SQS_BATCH_MAX], *head = add_message(&f, "blocked", 1), *next = NULL;
    for (uint64_t i = 2; i <= 120000; i++)
        next = add_message(&f, "blocked", i);
    struct fifo_message *other = add_message(&f, "other", 120001);
    fifo_hide(&f, head, 1000, 0);
    assert_int_equal(fifo_ready(&f, 1, SQS_BATCH_MAX, out), 0);
    fifo_remove(&f, next);
    fifo_message_free(next);
    assert_int_equal(fifo_ready(&f, 1, SQS_BATCH_MAX, out), 1);
    assert_ptr_equal(out[0], other);
    assert_int_equal(fifo_due_ms(&f, 1), 1000);
    fifo_tick(&f, INT64_MAX / 2, 1000);
    assert_int_equal(f.n_hidden, 0);
    assert_int_equal(fifo_ready(&f, 1000, 1, out), 1);
    assert_ptr_equal(out[0], head);
    fifo_clear(&f);
    assert_int_equal(f.n, 0);
}

/* ---- standard queues ---- */

static void test_a_standard_queue(void **state)
{
    SCENE;
    sqs_make(s, "q", "'VisibilityTimeout':'5'");
    for (int i = 0; i < 2; i++)
        sqs_do(s, "SendMessage", "{'MessageBody':'same'}");
    assert_null(sqs_said_json(s, "SequenceNumber"));
    sqs_assert_receive(s, 1, "same");
    assert_null(sqs_said_json(s, "Messages.0.Attributes.SequenceNumber"));
    auto_free char *first = xstrdup(sqs_handle_of(s, "same"));
    sqs_assert_receive(s, 10, "same"); /* no lock */
    s->now += 5000;
    sqs_do(s, "DeleteMessage", "{'ReceiptHandle':'%s'}", first); /* after expiry, too */
    sqs_assert_ok(s);
    sqs_assert_receive(s, 10, "same");
    sqs_do(s, "SendMessage", "{'MessageBody':'later','DelaySeconds':2}");
    sqs_assert_receive(s, 10, "");
    s->now += 2000;
    sqs_assert_receive(s, 10, "later");
    sqs_do(s, "SendMessage", "{'MessageBody':'a','MessageDeduplicationId':'d'}");
    sqs_assert_refused(s, "InvalidParameterValue", "not valid for this queue type");
    sqs_do(s, "ReceiveMessage", "{'ReceiveRequestAttemptId':'d'}");
    sqs_assert_refused(s, "InvalidParameterValue", "not valid for this queue type");
}

#define T(name) cmocka_unit_test_setup_teardown(name, sqs_scene_start, sqs_scene_end)

int main(void)
{
    mem_init();
    const struct CMUnitTest tests[] = {
        T(test_receive_order),
        T(test_a_group_is_locked_until_all_are_deleted),
        T(test_expiry_redelivers_in_order),
        T(test_extension_hides_what_follows),
        T(test_release_of_the_first_returns_it_alone),
        T(test_an_expired_handle),
        T(test_delete_after_extension),
        T(test_twelve_hours_in_all),
        T(test_visibility_of_a_receive),
        T(test_duplicates_outlive_deletion),
        T(test_duplicates_of_a_batch),
        T(test_scope_of_duplicates),
        T(test_duplicates_by_content),
        T(test_purge_clears_duplicates),
        T(test_an_attempt_again),
        T(test_an_attempt_that_was_changed),
        T(test_an_attempt_is_forgotten),
        T(test_sequence_and_system_attributes),
        T(test_only_what_is_asked_for),
        T(test_retention),
        T(test_delay),
        T(test_long_poll),
        cmocka_unit_test(test_a_blocked_group_with_many_messages),
        T(test_a_standard_queue),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

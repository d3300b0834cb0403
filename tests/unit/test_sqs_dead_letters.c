/* test_sqs_dead_letters.c: a FIFO queue's dead letters: redrive, and the tasks that move them back.
 */
#include "mem.h"
#include "sqs_scene.h"
#include "text.h"

#include <stdio.h>

#define SCENE struct sqs_scene *s = *state

#define REDRIVE(arn, n)                                                                            \
    "'RedrivePolicy':'{\\'deadLetterTargetArn\\':\\'" arn "\\',\\'maxReceiveCount\\':" #n "}'"
#define ARN "arn:aws:sqs:eu-west-1:123456789012:"

static void test_dead_letters(void **state)
{
    SCENE;
    sqs_make(s, "dead.fifo", "");
    sqs_make(s, "q.fifo", "'VisibilityTimeout':'1'," REDRIVE(ARN "dead.fifo", 2));
    sqs_send_all(s, "1:a 1:b");
    sqs_assert_receive(s, 1, "a");
    auto_free char *id = xstrdup(sqs_said(s, "Messages.0.MessageId"));
    auto_free char *sequence = xstrdup(sqs_said(s, "Messages.0.Attributes.SequenceNumber"));
    s->now += 1000;
    sqs_assert_receive(s, 1, "a");
    s->now += 1000;
    sqs_assert_receive(s, 1, "b"); /* the dead letter is not before it any more */
    sqs_turn(s, "dead.fifo");
    sqs_assert_receive(s, 10, "a");
    assert_string_equal(sqs_said(s, "Messages.0.MessageId"), id);
    assert_string_equal(sqs_said(s, "Messages.0.Attributes.MessageDeduplicationId"), id);
    assert_string_equal(sqs_said(s, "Messages.0.Attributes.MessageGroupId"), "1");
    assert_string_equal(sqs_said(s, "Messages.0.Attributes.DeadLetterQueueSourceArn"),
                        ARN "q.fifo");
    assert_string_equal(sqs_said(s, "Messages.0.Attributes.ApproximateReceiveCount"), "3");
    assert_true(strcmp(sqs_said(s, "Messages.0.Attributes.SequenceNumber"), sequence) > 0);
    sqs_do(s, "ListDeadLetterSourceQueues", "{}");
    assert_true(str_ends(sqs_said(s, "queueUrls.0"), "/q.fifo"));
}

/* A dead-letter queue with its own dead-letter queue counts separately. */
static void test_dead_letters_of_dead_letters(void **state)
{
    SCENE;
    sqs_make(s, "deader.fifo", "");
    sqs_make(s, "dead.fifo", "'VisibilityTimeout':'0'," REDRIVE(ARN "deader.fifo", 1));
    sqs_make(s, "q.fifo", "'VisibilityTimeout':'0'," REDRIVE(ARN "dead.fifo", 1));
    sqs_send(s, "1", "a");
    sqs_assert_receive(s, 1, "a");
    sqs_assert_receive(s, 1, "");
    sqs_turn(s, "dead.fifo");
    sqs_assert_receive(s, 1, "a");
    sqs_assert_receive(s, 1, "");
    sqs_turn(s, "deader.fifo");
    sqs_assert_receive(s, 1, "a");
    assert_string_equal(sqs_said(s, "Messages.0.Attributes.DeadLetterQueueSourceArn"),
                        ARN "dead.fifo");
}

static void test_redrive_policy_is_checked(void **state)
{
    SCENE;
    sqs_make(s, "dead", "");
    sqs_make(s, "q.fifo", "");
    static const struct {
        const char *policy, *reason;
    } rows[] = {
        { REDRIVE(ARN "dead", 2), "must be same type of queue" },
        { REDRIVE(ARN "none.fifo", 2), "does not exist" },
        { REDRIVE("dummy", 2), "Invalid value for deadLetterTargetArn" },
        { REDRIVE(ARN "q.fifo", 2), "its own dead-letter queue" },
        { REDRIVE(ARN "q.fifo", 1001), "maxReceiveCount" },
        { REDRIVE(ARN "q.fifo", 0), "maxReceiveCount" },
    };
    for (size_t i = 0; i < COUNTOF(rows); i++) {
        sqs_do(s, "SetQueueAttributes", "{'Attributes':{%s}}", rows[i].policy);
        sqs_assert_refused(s, "InvalidParameterValue", rows[i].reason);
    }
}

static const char *task_said(struct sqs_scene *s, const char *member)
{
    auto_free char *path = xasprintf("Results.0.%s", member);
    sqs_do(s, "ListMessageMoveTasks", "{'SourceArn':'" ARN "dead.fifo'}");
    return sqs_said(s, path);
}

static void bury_three(struct sqs_scene *s)
{
    sqs_make(s, "dead.fifo", "");
    sqs_make(s, "q.fifo", "'VisibilityTimeout':'0'," REDRIVE(ARN "dead.fifo", 1));
    sqs_send_all(s, "1:a 1:b 2:c");
    sqs_assert_receive(s, 10, "a b c");
    sqs_assert_receive(s, 10, "");
    sqs_turn(s, "dead.fifo");
}

static void test_move_back(void **state)
{
    SCENE;
    bury_three(s);
    sqs_do(s, "StartMessageMoveTask",
           "{'SourceArn':'" ARN "dead.fifo','MaxNumberOfMessagesPerSecond':1}");
    sqs_assert_ok(s);
    assert_string_equal(task_said(s, "Status"), "RUNNING");
    assert_int_equal(sqs_due_ms(s->sqs, s->now), s->now + 1000);
    sqs_do(s, "StartMessageMoveTask", "{'SourceArn':'" ARN "dead.fifo'}");
    sqs_assert_refused(s, "InvalidParameterValue", "already a task running");
    uint64_t changes = sqs_changes(s->sqs);
    s->now += 1000;
    assert_string_equal(task_said(s, "Status"), "RUNNING");
    assert_true(sqs_changes(s->sqs) > changes);
    sqs_turn(s, "q.fifo");
    sqs_assert_receive(s, 10, "a"); /* the oldest first, as if sent again */
    assert_string_equal(sqs_said(s, "Messages.0.Attributes.ApproximateReceiveCount"), "1");
    assert_null(sqs_said_json(s, "Messages.0.Attributes.DeadLetterQueueSourceArn"));
    assert_string_not_equal(sqs_said(s, "Messages.0.MessageId"),
                            sqs_said(s, "Messages.0.Attributes.MessageDeduplicationId"));
    s->now += 2000;
    assert_string_equal(task_said(s, "Status"), "COMPLETED");
    assert_int_equal(
        json_integer_value(sqs_said_json(s, "Results.0.ApproximateNumberOfMessagesMoved")), 3);
}

static void test_move_elsewhere_and_cancel(void **state)
{
    SCENE;
    bury_three(s);
    sqs_make(s, "other.fifo", "");
    sqs_do(s, "StartMessageMoveTask",
           "{'SourceArn':'" ARN "dead.fifo','DestinationArn':'" ARN
           "other.fifo','MaxNumberOfMessagesPerSecond':1}");
    auto_free char *handle = xstrdup(sqs_said(s, "TaskHandle"));
    s->now += 1000;
    sqs_do(s, "CancelMessageMoveTask", "{'TaskHandle':'%s'}", handle);
    sqs_assert_ok(s);
    assert_int_equal(json_integer_value(sqs_said_json(s, "ApproximateNumberOfMessagesMoved")), 1);
    sqs_do(s, "CancelMessageMoveTask", "{'TaskHandle':'%s'}", handle);
    sqs_assert_refused(s, "InvalidParameterValue", "Only active tasks");
    s->now += 10000;
    sqs_assert_receive(s, 10, "a");
    assert_string_equal(task_said(s, "Status"), "CANCELLED");
    sqs_do(s, "CancelMessageMoveTask", "{'TaskHandle':'none'}");
    sqs_assert_refused(s, "ResourceNotFoundException", NULL);
    assert_int_equal(s->raw.status, 404);
}

static void test_move_of_what_came_from_nowhere(void **state)
{
    SCENE;
    bury_three(s);
    sqs_do(s, "PurgeQueue", "{}");
    sqs_send(s, "1", "sent-directly");
    sqs_do(s, "StartMessageMoveTask", "{'SourceArn':'" ARN "dead.fifo'}");
    s->now += 1000;
    assert_string_equal(task_said(s, "Status"), "FAILED");
    assert_string_equal(task_said(s, "FailureReason"), "CouldNotDetermineMessageSource");
    sqs_assert_receive(s, 10, "sent-directly"); /* it stays */
}

static void test_move_is_for_dead_letter_queues(void **state)
{
    SCENE;
    sqs_make(s, "q.fifo", "");
    sqs_do(s, "StartMessageMoveTask", "{'SourceArn':'" ARN "q.fifo'}");
    sqs_assert_refused(s, "InvalidParameterValue", "must be configured as a Dead Letter Queue");
    sqs_do(s, "StartMessageMoveTask", "{'SourceArn':'" ARN "none.fifo'}");
    sqs_assert_refused(s, "ResourceNotFoundException", NULL);
}

#define T(name) cmocka_unit_test_setup_teardown(name, sqs_scene_start, sqs_scene_end)

int main(void)
{
    mem_init();
    const struct CMUnitTest tests[] = {
        T(test_dead_letters),
        T(test_dead_letters_of_dead_letters),
        T(test_redrive_policy_is_checked),
        T(test_move_back),
        T(test_move_elsewhere_and_cancel),
        T(test_move_of_what_came_from_nowhere),
        T(test_move_is_for_dead_letter_queues),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_sqs_wire.c: limits, errors, batches, attributes, queues and faults of the SQS in memory. */
#include "mem.h"
#include "sqs_scene.h"
#include "text.h"

#include <stdio.h>
#include <stdlib.h>

#define SCENE struct sqs_scene *s = *state
#define OLD   "AWS.SimpleQueueService."
enum { MIB = 1048576 };

struct refused {
    const char *action, *params, *code, *message;
};

static void assert_all_refused(struct sqs_scene *s, const struct refused *rows, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        sqs_do(s, rows[i].action, "%s", rows[i].params);
        if (s->raw.status == 200)
            fail_msg("%s %s was accepted", rows[i].action, rows[i].params);
        sqs_assert_refused(s, rows[i].code, rows[i].message);
    }
}

#define SEND(body, group, dedup)                                                                   \
    "{'MessageBody':'" body "','MessageGroupId':'" group "','MessageDeduplicationId':'" dedup "'}"
#define CHARACTERS "Invalid characters found. Valid unicode characters are #x9 | #xA | #xD | #x20"
#define ID_128                                                                                     \
    "0123456789012345678901234567890123456789012345678901234567890123"                             \
    "0123456789012345678901234567890123456789012345678901234567890123"
#define ATTRIBUTES(list)                                                                           \
    "{'MessageBody':'a','MessageGroupId':'g','MessageDeduplicationId':'d','MessageAttributes':"    \
    "{" list "}}"

/* clang-format off */
static const struct refused sends[] = {
    { "SendMessage", "{'MessageBody':'a'}", "MissingParameter", "The request must contain the parameter MessageGroupId." },
    { "SendMessage", "{'MessageBody':'a','MessageGroupId':'g'}", "InvalidParameterValue", "should either have ContentBasedDeduplication enabled or MessageDeduplicationId" },
    { "SendMessage", "{'MessageGroupId':'g','MessageDeduplicationId':'d'}", "MissingParameter", "MessageBody" },
    { "SendMessage", SEND("", "g", "d"), "MissingParameter", "MessageBody" },
    { "SendMessage", "{'MessageBody':5,'MessageGroupId':'g','MessageDeduplicationId':'d'}", "SerializationException", NULL },
    { "SendMessage", SEND("\\u0001", "g", "d"), "InvalidMessageContents", CHARACTERS },
    { "SendMessage", SEND("a\\u001f", "g", "d"), "InvalidMessageContents", CHARACTERS },
    { "SendMessage", SEND("\\uffff", "g", "d"), "InvalidMessageContents", CHARACTERS },
    { "SendMessage", SEND("a", "two words", "d"), "InvalidParameterValue", "MessageGroupId can only include alphanumeric and punctuation" },
    { "SendMessage", SEND("a", "g", "\\u00e9"), "InvalidParameterValue", "MessageDeduplicationId can only include alphanumeric" },
    { "SendMessage", SEND("a", ID_128 "x", "d"), "InvalidParameterValue", "1 to 128 in length" },
    { "SendMessage", SEND("a", "g", ID_128 "x"), "InvalidParameterValue", "1 to 128 in length" },
    { "SendMessage", "{'MessageBody':'a','MessageGroupId':'g','MessageDeduplicationId':'d','DelaySeconds':2}", "InvalidParameterValue", "Value 2 for parameter DelaySeconds is invalid. Reason: The request include parameter that is not valid for this queue type." },
    { "SendMessage", ATTRIBUTES("'AWS.x':{'DataType':'String','StringValue':'v'}"), "InvalidParameterValue", NULL },
    { "SendMessage", ATTRIBUTES("'x':{'DataType':'Text','StringValue':'v'}"), "InvalidParameterValue", "Binary, Number, String" },
    { "SendMessage", ATTRIBUTES("'x':{'DataType':'String','StringValue':''}"), "InvalidParameterValue", "non-empty" },
    { "SendMessage", ATTRIBUTES("'x':{'DataType':'Number','StringValue':'1x'}"), "InvalidParameterValue", "to a number" },
    { "SendMessage", ATTRIBUTES("'x':{'StringValue':'v'}"), "InvalidParameterValue", "non-empty message attribute type" },
    { "SendMessage", ATTRIBUTES("'a':1,'b':1,'c':1,'d':1,'e':1,'f':1,'g':1,'h':1,'i':1,'j':1,'k':1"), "InvalidParameterValue", "Number of message attributes [11] exceeds the allowed maximum [10]." },
    { "SendMessage", "{'MessageBody':'a','MessageGroupId':'g','MessageDeduplicationId':'d','MessageSystemAttributes':{'Other':{'DataType':'String','StringValue':'v'}}}", "InvalidParameterValue", "Other" },
};

static const struct refused receives[] = {
    { "ReceiveMessage", "{'MaxNumberOfMessages':11}", "InvalidParameterValue", "Value 11 for parameter MaxNumberOfMessages is invalid. Reason: Must be between 1 and 10, if provided." },
    { "ReceiveMessage", "{'MaxNumberOfMessages':0}", "InvalidParameterValue", "between 1 and 10" },
    { "ReceiveMessage", "{'MaxNumberOfMessages':'1'}", "SerializationException", NULL },
    { "ReceiveMessage", "{'WaitTimeSeconds':21}", "InvalidParameterValue", "WaitTimeSeconds" },
    { "ReceiveMessage", "{'VisibilityTimeout':43201}", "InvalidParameterValue", "VisibilityTimeout" },
    { "ReceiveMessage", "{'VisibilityTimeout':-1}", "InvalidParameterValue", "VisibilityTimeout" },
    { "ReceiveMessage", "{'ReceiveRequestAttemptId':'two words'}", "InvalidParameterValue", "ReceiveRequestAttemptId" },
    { "DeleteMessage", "{}", "MissingParameter", "ReceiptHandle" },
    { "DeleteMessage", "{'ReceiptHandle':'garbage'}", "ReceiptHandleIsInvalid", "The input receipt handle \"garbage\" is not a valid receipt handle." },
    { "ChangeMessageVisibility", "{'ReceiptHandle':'garbage','VisibilityTimeout':1}", "ReceiptHandleIsInvalid", NULL },
    { "ChangeMessageVisibility", "{'ReceiptHandle':'garbage'}", "MissingParameter", "VisibilityTimeout" },
    { "Fly", "{}", "UnknownOperationException", NULL },
    { "GetQueueAttributes", "{'QueueUrl':'http://127.0.0.1:9324/123456789012/none'}", OLD "NonExistentQueue", "The specified queue does not exist." },
    { "GetQueueAttributes", "{'QueueUrl':'http://127.0.0.1:9324/000000000000/q.fifo'}", OLD "NonExistentQueue", NULL },
    { "GetQueueAttributes", "{'QueueUrl':'q.fifo'}", "InvalidAddress", NULL },
    { "GetQueueAttributes", "{'QueueUrl':''}", "MissingParameter", "QueueUrl" },
    { "GetQueueAttributes", "{'AttributeNames':['Size']}", "InvalidAttributeName", "Unknown Attribute Size." },
    { "GetQueueUrl", "{'QueueName':'none'}", OLD "NonExistentQueue", NULL },
    { "TagQueue", "{}", "MissingParameter", "Tags" },
};

#define ENTRY(id) "{'Id':'" id "','MessageBody':'a','MessageGroupId':'g','MessageDeduplicationId':'d'}"
#define FIVE "," ENTRY("b") "," ENTRY("c") "," ENTRY("d") "," ENTRY("e") "," ENTRY("f")
#define ID_MESSAGE "A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at most 80 letters long."
static const struct refused batches[] = {
    { "SendMessageBatch", "{'Entries':[]}", OLD "EmptyBatchRequest", NULL },
    { "SendMessageBatch", "{}", OLD "EmptyBatchRequest", NULL },
    { "SendMessageBatch", "{'Entries':[" ENTRY("a") FIVE FIVE "]}", OLD "TooManyEntriesInBatchRequest", "Maximum number of entries per request are 10. You have sent 11." },
    { "SendMessageBatch", "{'Entries':[" ENTRY("a") "," ENTRY("a") "]}", OLD "BatchEntryIdsNotDistinct", "Id a repeated." },
    { "SendMessageBatch", "{'Entries':[" ENTRY("a.b") "]}", OLD "InvalidBatchEntryId", ID_MESSAGE },
    { "SendMessageBatch", "{'Entries':[" ENTRY("") "]}", OLD "InvalidBatchEntryId", ID_MESSAGE },
    { "SendMessageBatch", "{'Entries':[" ENTRY(ID_128) "]}", OLD "InvalidBatchEntryId", ID_MESSAGE },
    { "SendMessageBatch", "{'Entries':[" ENTRY("a") ",{'Id':'b','MessageBody':'x','MessageDeduplicationId':'y'}]}", "InvalidParameterValue", "The request must contain the parameter MessageGroupId." },
    { "SendMessageBatch", "{'Entries':[" ENTRY("a") ",{'Id':'b','MessageBody':'x','MessageGroupId':'y'}]}", "InvalidParameterValue", "should either have ContentBasedDeduplication" },
    { "DeleteMessageBatch", "{'Entries':[]}", OLD "EmptyBatchRequest", NULL },
    { "ChangeMessageVisibilityBatch", "{'Entries':[{'Id':'?'}]}", OLD "InvalidBatchEntryId", NULL },
};
/* clang-format on */

static void test_refusals(void **state)
{
    SCENE;
    sqs_make(s, "q.fifo", "");
    assert_all_refused(s, sends, COUNTOF(sends));
    assert_all_refused(s, receives, COUNTOF(receives));
    assert_all_refused(s, batches, COUNTOF(batches));
    sqs_assert_receive(s, 10, ""); /* a refused batch leaves nothing behind */
}

static void test_what_is_not_json(void **state)
{
    SCENE;
    static const char *const bodies[] = { "", "{", "[]", "5", "{\"a\":\"\\ud800\"}" };
    for (size_t i = 0; i < COUNTOF(bodies); i++) {
        struct sqs_response r;
        sqs_http(s->sqs, s->now,
                 &(struct sqs_request){ .target = "AmazonSQS.ListQueues",
                                        .body = bodies[i],
                                        .body_len = strlen(bodies[i]) },
                 &r);
        assert_int_equal(r.status, 400);
        assert_string_equal(r.error, "SerializationException;Sender");
        sqs_response_done(&r);
    }
    struct sqs_response r;
    sqs_http(s->sqs, s->now, &(struct sqs_request){ .body = "{}", .body_len = 2 }, &r);
    assert_string_equal(r.error, "UnknownOperationException;Sender");
    sqs_response_done(&r);
}

static void send_of_size(struct sqs_scene *s, const char *id, size_t n, json_t *entries)
{
    char *body = xmalloc(n + 1);
    memset(body, 'x', n);
    body[n] = '\0';
    json_t *in = json_pack("{s:s, s:s, s:s}", "MessageBody", body, "MessageGroupId", "g",
                           "MessageDeduplicationId", id);
    free(body);
    if (entries) {
        json_object_set_new(in, "Id", json_string(id));
        json_array_append_new(entries, in);
    } else {
        sqs_do_json(s, "SendMessage", in);
    }
}

static void test_sizes(void **state)
{
    SCENE;
    sqs_make(s, "q.fifo", "");
    send_of_size(s, "a", MIB, NULL);
    sqs_assert_ok(s);
    send_of_size(s, "b", MIB + 1, NULL);
    sqs_assert_refused(s, "InvalidParameterValue",
                       "One or more parameters are invalid. Reason: Message must be shorter than "
                       "1048576 bytes.");
    json_t *entries = json_array();
    send_of_size(s, "c", MIB, entries);
    send_of_size(s, "d", 1, entries);
    sqs_do_json(s, "SendMessageBatch", json_pack("{s:o}", "Entries", entries));
    sqs_assert_refused(s, OLD "BatchRequestTooLong",
                       "Batch requests cannot be longer than 1048576 bytes. You have sent 1048577 "
                       "bytes.");
}

/* Name, type and value of attributes count; the trace header does not. */
static void test_size_of_attributes(void **state)
{
    SCENE;
    sqs_make(s, "q.fifo", "'MaximumMessageSize':'1024'");
    auto_free char *body = xmalloc(1024);
    memset(body, 'x', 1024);
    for (int over = 0; over < 2; over++) {
        int n = 1024 - (int)strlen("nameStringvalue") + over;
        sqs_do(s, "SendMessage",
               "{'MessageBody':'%.*s','MessageGroupId':'g','MessageDeduplicationId':'d%d',"
               "'MessageAttributes':{'name':{'DataType':'String','StringValue':'value'}},"
               "'MessageSystemAttributes':{'AWSTraceHeader':{'DataType':'String','StringValue':"
               "'Root=1'}}}",
               n, body, over);
        if (over)
            sqs_assert_refused(s, "InvalidParameterValue", "shorter than 1024 bytes");
        else
            sqs_assert_ok(s);
    }
}

/* An invalid entry fails alone. */
static void test_entries_fail_alone(void **state)
{
    SCENE;
    sqs_make(s, "q.fifo", "'MaximumMessageSize':'1024'");
    json_t *entries = json_array();
    send_of_size(s, "long", 1025, entries);
    send_of_size(s, "empty", 0, entries);
    send_of_size(s, "good", 1024, entries);
    sqs_do_json(s, "SendMessageBatch", json_pack("{s:o}", "Entries", entries));
    sqs_assert_ok(s);
    assert_string_equal(sqs_said(s, "Successful.0.Id"), "good");
    assert_string_equal(sqs_said(s, "Failed.0.Id"), "long");
    assert_true(json_is_true(sqs_said_json(s, "Failed.0.SenderFault")));
    assert_string_equal(sqs_said(s, "Failed.0.Code"), "InvalidParameterValue");
    assert_string_equal(sqs_said(s, "Failed.0.Message"),
                        "One or more parameters cannot be validated. Reason: Message must be "
                        "shorter than 1024 bytes.");
    assert_string_equal(sqs_said(s, "Failed.1.Id"), "empty");
    assert_string_equal(sqs_said(s, "Failed.1.Code"), "MissingParameter");
}

static void test_batches(void **state)
{
    SCENE;
    sqs_make(s, "q.fifo", "");
    sqs_do(s, "SendMessageBatch",
           "{'Entries':[{'Id':'1','MessageBody':'a','MessageGroupId':'g',"
           "'MessageDeduplicationId':'1'},{'Id':'2','MessageBody':'b','MessageGroupId':'g',"
           "'MessageDeduplicationId':'2'}]}");
    sqs_assert_ok(s);
    assert_null(sqs_said_json(s, "Failed"));
    sqs_assert_receive(s, 10, "a b"); /* in the order in which they were sent */
    sqs_do(s, "ChangeMessageVisibilityBatch",
           "{'Entries':[{'Id':'1','ReceiptHandle':'%s','VisibilityTimeout':0},"
           "{'Id':'2','ReceiptHandle':'%s','VisibilityTimeout':0},"
           "{'Id':'3','ReceiptHandle':'garbage','VisibilityTimeout':0}]}",
           sqs_handle_of(s, "b"), sqs_handle_of(s, "a"));
    assert_int_equal(json_array_size(sqs_said_json(s, "Successful")), 2);
    assert_string_equal(sqs_said(s, "Failed.0.Code"), "ReceiptHandleIsInvalid");
    sqs_assert_receive(s, 10, "a b");
    sqs_do(s, "DeleteMessageBatch",
           "{'Entries':[{'Id':'1','ReceiptHandle':'%s'},{'Id':'2','ReceiptHandle':'%s'}]}",
           sqs_handle_of(s, "a"), sqs_handle_of(s, "b"));
    assert_int_equal(json_array_size(sqs_said_json(s, "Successful")), 2);
    s->now += 3600000;
    sqs_assert_receive(s, 10, "");
}

/* Digests that AWS returned for these. */
static void test_digests(void **state)
{
    SCENE;
    sqs_make(s, "q", "");
    sqs_do(s, "SendMessage",
           "{'MessageBody':'msg','MessageAttributes':{'Help.Me':{'DataType':'String',"
           "'StringValue':'Me'},'Hello':{'DataType':'String','StringValue':'There'},"
           "'General':{'DataType':'String','StringValue':'Kenobi'}}}");
    assert_string_equal(sqs_said(s, "MD5OfMessageBody"), "6e2baaf3b97dbeef01c0043275f9a0e7");
    assert_string_equal(sqs_said(s, "MD5OfMessageAttributes"), "4c360f3fdafd970e05fae2f149d997f5");
    static const char *const rows[][2] = {
        { "['All']", "4c360f3fdafd970e05fae2f149d997f5" },
        { "['.*']", "4c360f3fdafd970e05fae2f149d997f5" },
        { "['Hello','General']", "fca026605781cb4126a1e9044df24232" },
        { "['Hello','None']", "a311262e065454b75da111d535b8dacd" },
        { "['Hel.*']", "83fee93c1bcd8b9a5a923ffacdc636c7" },
    };
    for (size_t i = 0; i < COUNTOF(rows); i++) {
        sqs_do(s, "ReceiveMessage", "{'VisibilityTimeout':0,'MessageAttributeNames':%s}",
               rows[i][0]);
        assert_string_equal(sqs_said(s, "Messages.0.MD5OfMessageAttributes"), rows[i][1]);
    }
}

static void test_binary_attribute(void **state)
{
    SCENE;
    /* "traceparent\x1e00-774062d6c37081a5a0b9b5b88e30627c-2d2482211f6489da-01" */
    static const char value[] = "dHJhY2VwYXJlbnQeMDAtNzc0MDYyZDZjMzcwODFhNWEwYjliNWI4OGUzMDYyN2MtM"
                                "mQyNDgyMjExZjY0ODlkYS0wMQ==";
    sqs_make(s, "q", "");
    sqs_do(s, "SendMessage",
           "{'MessageBody':'test','MessageAttributes':{'attr1':{'DataType':'Binary',"
           "'BinaryValue':'%s'}}}",
           value);
    assert_string_equal(sqs_said(s, "MD5OfMessageAttributes"), "8cbe4db156db8a94db8b801b7addb984");
    sqs_assert_receive(s, 1, "test");
    assert_string_equal(sqs_said(s, "Messages.0.MessageAttributes.attr1.BinaryValue"), value);
}

static void test_default_attributes(void **state)
{
    SCENE;
    static const char *const want[][2] = {
        { "ApproximateNumberOfMessages", "1" },
        { "ApproximateNumberOfMessagesDelayed", "0" },
        { "ApproximateNumberOfMessagesNotVisible", "1" },
        { "ContentBasedDeduplication", "false" },
        { "CreatedTimestamp", "1700000000" },
        { "DeduplicationScope", "queue" },
        { "DelaySeconds", "0" },
        { "FifoQueue", "true" },
        { "FifoThroughputLimit", "perQueue" },
        { "LastModifiedTimestamp", "1700000000" },
        { "MaximumMessageSize", "1048576" },
        { "MessageRetentionPeriod", "345600" },
        { "QueueArn", "arn:aws:sqs:eu-west-1:123456789012:q.fifo" },
        { "ReceiveMessageWaitTimeSeconds", "0" },
        { "SqsManagedSseEnabled", "true" },
        { "VisibilityTimeout", "30" },
    };
    sqs_make(s, "q.fifo", "");
    sqs_send_all(s, "1:a 1:b");
    sqs_assert_receive(s, 1, "a");
    sqs_do(s, "GetQueueAttributes", "{'AttributeNames':['All']}");
    assert_int_equal(json_object_size(sqs_said_json(s, "Attributes")), COUNTOF(want));
    for (size_t i = 0; i < COUNTOF(want); i++) {
        auto_free char *path = xasprintf("Attributes.%s", want[i][0]);
        assert_string_equal(sqs_said(s, path), want[i][1]);
    }
    sqs_do(s, "GetQueueAttributes", "{}");
    assert_null(sqs_said_json(s, "Attributes"));
    sqs_make(s, "q", "");
    sqs_do(s, "GetQueueAttributes", "{'AttributeNames':['All']}");
    assert_null(sqs_said_json(s, "Attributes.FifoQueue"));
}

#define SET(list) "{'Attributes':{" list "}}"
/* clang-format off */
static const struct refused settings[] = {
    { "SetQueueAttributes", SET("'VisibilityTimeout':'43201'"), "InvalidAttributeValue", "Invalid value for the parameter VisibilityTimeout." },
    { "SetQueueAttributes", SET("'VisibilityTimeout':'-1'"), "InvalidAttributeValue", NULL },
    { "SetQueueAttributes", SET("'VisibilityTimeout':'1s'"), "InvalidAttributeValue", NULL },
    { "SetQueueAttributes", SET("'DelaySeconds':'901'"), "InvalidAttributeValue", NULL },
    { "SetQueueAttributes", SET("'MaximumMessageSize':'1048577'"), "InvalidAttributeValue", NULL },
    { "SetQueueAttributes", SET("'MaximumMessageSize':'1023'"), "InvalidAttributeValue", NULL },
    { "SetQueueAttributes", SET("'MessageRetentionPeriod':'59'"), "InvalidAttributeValue", NULL },
    { "SetQueueAttributes", SET("'MessageRetentionPeriod':'1209601'"), "InvalidAttributeValue", NULL },
    { "SetQueueAttributes", SET("'ReceiveMessageWaitTimeSeconds':'21'"), "InvalidAttributeValue", NULL },
    { "SetQueueAttributes", SET("'DeduplicationScope':'group'"), "InvalidAttributeValue", NULL },
    { "SetQueueAttributes", SET("'FifoThroughputLimit':'perMessageGroupId'"), "InvalidAttributeValue", NULL },
    { "SetQueueAttributes", SET("'Policy':'{'"), "InvalidAttributeValue", NULL },
    { "SetQueueAttributes", SET("'FifoQueue':'false'"), "InvalidAttributeName", "Unknown Attribute FifoQueue." },
    { "SetQueueAttributes", SET("'Colour':'red'"), "InvalidAttributeName", "Unknown Attribute Colour." },
    { "SetQueueAttributes", SET("'VisibilityTimeout':7"), "SerializationException", NULL },
    { "SetQueueAttributes", SET("'KmsMasterKeyId':'k','SqsManagedSseEnabled':'true'"), "InvalidAttributeName", "one type of server-side encryption" },
    { "SetQueueAttributes", "{}", "MissingParameter", "Attributes" },
};
/* clang-format on */

static void test_attributes_are_checked(void **state)
{
    SCENE;
    sqs_make(s, "q.fifo", "");
    assert_all_refused(s, settings, COUNTOF(settings));
    sqs_do(s, "SetQueueAttributes", SET("'DelaySeconds':'7','VisibilityTimeout':'x'"));
    sqs_do(s, "GetQueueAttributes", "{'AttributeNames':['DelaySeconds']}");
    assert_string_equal(sqs_said(s, "Attributes.DelaySeconds"), "0"); /* all or nothing */
    s->now += 5000;
    sqs_do(s, "SetQueueAttributes", SET("'KmsMasterKeyId':'k','DelaySeconds':'7'"));
    sqs_do(s, "GetQueueAttributes", "{'AttributeNames':['All']}");
    assert_string_equal(sqs_said(s, "Attributes.SqsManagedSseEnabled"), "false");
    assert_string_equal(sqs_said(s, "Attributes.DelaySeconds"), "7");
    assert_string_equal(sqs_said(s, "Attributes.LastModifiedTimestamp"), "1700000005");
    sqs_do(s, "SetQueueAttributes", SET("'KmsMasterKeyId':''"));
    sqs_do(s, "GetQueueAttributes", "{'AttributeNames':['KmsMasterKeyId']}");
    assert_null(sqs_said_json(s, "Attributes.KmsMasterKeyId"));
    sqs_make(s, "q", "");
    sqs_do(s, "SetQueueAttributes", SET("'ContentBasedDeduplication':'true'"));
    sqs_assert_refused(s, "InvalidAttributeName", NULL);
}

static void test_queues_come_and_go(void **state)
{
    SCENE;
    sqs_make(s, "q.fifo", "'VisibilityTimeout':'20'");
    sqs_make(s, "q.fifo", "");                         /* the same again */
    sqs_make(s, "q.fifo", "'VisibilityTimeout':'20'"); /* the same again */
    sqs_do(s, "CreateQueue",
           "{'QueueName':'q.fifo','Attributes':{'FifoQueue':'true','VisibilityTimeout':'21'}}");
    sqs_assert_refused(s, "QueueAlreadyExists",
                       "A queue already exists with the same name and a different value for "
                       "attribute VisibilityTimeout");
    assert_string_equal(sqs_said(s, "__type"), "com.amazonaws.sqs#QueueNameExists");
    sqs_do(s, "GetQueueUrl", "{'QueueName':'q.fifo'}");
    assert_string_equal(sqs_said(s, "QueueUrl"), s->url);
    sqs_send(s, "1", "a");
    sqs_do(s, "DeleteQueue", "{}");
    sqs_assert_ok(s);
    sqs_do(s, "ReceiveMessage", "{}");
    sqs_assert_refused(s, OLD "NonExistentQueue", NULL);
    s->now += 59999;
    sqs_do(s, "CreateQueue", "{'QueueName':'q.fifo','Attributes':{'FifoQueue':'true'}}");
    sqs_assert_refused(s, OLD "QueueDeletedRecently", "You must wait 60 seconds");
    s->now += 1;
    sqs_make(s, "q.fifo", "");
    sqs_assert_receive(s, 1, "");
}

static void test_names(void **state)
{
    SCENE;
    static const char *const bad[] = {
        "{'QueueName':'q.fifo'}",
        "{'QueueName':'q','Attributes':{'FifoQueue':'true'}}",
        "{'QueueName':'.fifo','Attributes':{'FifoQueue':'true'}}",
        "{'QueueName':'a b'}",
    };
    for (size_t i = 0; i < COUNTOF(bad); i++) {
        sqs_do(s, "CreateQueue", "%s", bad[i]);
        sqs_assert_refused(s, "InvalidParameterValue", "alphanumeric characters, hyphens");
    }
    sqs_do(s, "CreateQueue", "{'QueueName':'%s'}", ID_128);
    sqs_assert_refused(s, "InvalidParameterValue", "1 to 80 in length");
}

static void test_list(void **state)
{
    SCENE;
    sqs_do(s, "ListQueues", "{}");
    assert_null(sqs_said_json(s, "QueueUrls"));
    sqs_make(s, "b1", "");
    sqs_make(s, "a1", "");
    sqs_make(s, "b2", "");
    sqs_do(s, "ListQueues", "{'MaxResults':2}");
    assert_int_equal(json_array_size(sqs_said_json(s, "QueueUrls")), 2);
    assert_true(str_ends(sqs_said(s, "QueueUrls.0"), "/a1"));
    auto_free char *token = xstrdup(sqs_said(s, "NextToken"));
    sqs_do(s, "ListQueues", "{'MaxResults':2,'NextToken':'%s'}", token);
    assert_true(str_ends(sqs_said(s, "QueueUrls.0"), "/b2"));
    assert_null(sqs_said_json(s, "NextToken"));
    sqs_do(s, "ListQueues", "{'QueueNamePrefix':'b'}");
    assert_int_equal(json_array_size(sqs_said_json(s, "QueueUrls")), 2);
}

static void test_tags(void **state)
{
    SCENE;
    sqs_do(s, "CreateQueue", "{'QueueName':'q','tags':{'a':'1'}}");
    sqs_turn(s, "q");
    sqs_do(s, "TagQueue", "{'Tags':{'b':'2','a':'3'}}");
    sqs_do(s, "UntagQueue", "{'TagKeys':['b','c']}");
    sqs_assert_ok(s);
    sqs_do(s, "ListQueueTags", "{}");
    assert_string_equal(s->raw.body, "{\"Tags\":{\"a\":\"3\"}}");
}

/* ---- faults ---- */

static void fault(struct sqs_scene *s, enum sqs_fault_kind kind, uint32_t entries)
{
    s->fault = (struct sqs_fault){ .kind = kind, .entries = entries };
}

static void test_faults(void **state)
{
    SCENE;
    static const struct {
        enum sqs_fault_kind kind;
        int status;
        const char *error;
        bool broken, done;
    } rows[] = {
        { SQS_THROTTLED, 400, "RequestThrottled;Sender", false, false },
        { SQS_UNAVAILABLE, 503, "ServiceUnavailable;Receiver", false, false },
        { SQS_EMPTY_500, 500, "", false, false },
        { SQS_RESET_BEFORE, 0, NULL, true, false },
        { SQS_RESET_AFTER, 0, NULL, true, true },
        { SQS_SLOW, 200, "", false, true },
        { SQS_GARBAGE, 200, "", false, true },
        { SQS_CUT, 0, NULL, true, true },
    };
    sqs_make(s, "q.fifo", "");
    for (size_t i = 0; i < COUNTOF(rows); i++) {
        auto_free char *body = xasprintf("m%zu", i);
        fault(s, rows[i].kind, 0);
        s->fault.delay_ms = 7;
        sqs_do(s, "SendMessage",
               "{'MessageBody':'%s','MessageGroupId':'g','MessageDeduplicationId':'%s'}", body,
               body);
        assert_int_equal(s->raw.broken, rows[i].broken);
        assert_int_equal(s->raw.delay_ms, 7);
        assert_int_equal(s->raw.cut > 0, rows[i].kind == SQS_CUT);
        if (!rows[i].broken) {
            assert_int_equal(s->raw.status, rows[i].status);
            assert_string_equal(s->raw.error, rows[i].error);
        }
        if (rows[i].kind == SQS_GARBAGE)
            assert_null(s->reply);
        sqs_assert_receive(s, 10, rows[i].done ? body : "");
        if (rows[i].done)
            sqs_delete(s, body);
    }
}

static void test_partial_faults(void **state)
{
    SCENE;
    static const char three[] = "{'Entries':[{'Id':'0','MessageBody':'a','MessageGroupId':'1',"
                                "'MessageDeduplicationId':'a'},{'Id':'1','MessageBody':'b',"
                                "'MessageGroupId':'2','MessageDeduplicationId':'b'},{'Id':'2',"
                                "'MessageBody':'c','MessageGroupId':'3','MessageDeduplicationId':"
                                "'c'}]}";
    static const char *const want[] = { "b", "a b c" };
    for (int done = 0; done < 2; done++) {
        sqs_make(s, done ? "r.fifo" : "q.fifo", "");
        fault(s, done ? SQS_PARTIAL_DONE : SQS_PARTIAL, 5);
        sqs_do(s, "SendMessageBatch", "%s", three);
        sqs_assert_ok(s);
        assert_int_equal(json_array_size(sqs_said_json(s, "Successful")), 1);
        assert_string_equal(sqs_said(s, "Failed.0.Id"), "0");
        assert_string_equal(sqs_said(s, "Failed.1.Id"), "2");
        assert_true(json_is_false(sqs_said_json(s, "Failed.0.SenderFault")));
        assert_string_equal(sqs_said(s, "Failed.0.Code"), "InternalError");
        sqs_assert_receive(s, 10, want[done]);
    }
}

#define T(name) cmocka_unit_test_setup_teardown(name, sqs_scene_start, sqs_scene_end)

int main(void)
{
    mem_init();
    const struct CMUnitTest tests[] = {
        T(test_refusals),
        T(test_what_is_not_json),
        T(test_sizes),
        T(test_size_of_attributes),
        T(test_entries_fail_alone),
        T(test_batches),
        T(test_digests),
        T(test_binary_attribute),
        T(test_default_attributes),
        T(test_attributes_are_checked),
        T(test_queues_come_and_go),
        T(test_names),
        T(test_list),
        T(test_tags),
        T(test_faults),
        T(test_partial_faults),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

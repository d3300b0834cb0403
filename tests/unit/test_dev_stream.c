/* test_dev_stream.c: the stream poller with a scripted stream: order, lineage, batches, failures.
 */
#include "unit.h"

#include "clock.h"
#include "dev/stream.h"
#include "json.h"
#include "mem.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#define ARN "arn:aws:dynamodb:eu-west-1:123456789012:table/orders/stream/x"
enum {
    PAGE = 2, /* shards in a page, records in an answer */
    LONG_MS = 30000,
};

/* Records have the sequence numbers first .. last; eventName INSERT, MODIFY for multiples of 5. */
struct fake_shard {
    const char *id, *parent;
    int first, last;
    bool open;
};

struct fake {
    const struct fake_shard *shards;
    size_t n;
    int oldest;    /* sequence numbers below it are trimmed */
    int expire_at; /* the iterator at this position is expired, once */
    int fail_at;   /* GetRecords here fails with 500, twice */
    int failures;
    bool stream_gone, credentials_gone;

    const char *answers[8]; /* of the function, in order; then success */
    size_t n_answers, invocations;
    size_t sizes[64]; /* records in each invocation */
    char got[1024];   /* first sequence numbers of the completed records, "1 2 3 " */
    int wanted;       /* records; then the run ends */
    int done;
    pthread_mutex_t lock;
    atomic_bool ending;
};

static struct fake *fake; /* function_invoke has no other access to the test */

static const struct fake_shard *shard_of(const struct fake *f, const char *id)
{
    for (size_t i = 0; i < f->n; i++)
        if (strcmp(f->shards[i].id, id) == 0)
            return &f->shards[i];
    fail_msg("no shard '%s'", id);
    return NULL;
}

static int describe(const struct fake *f, const json_t *params, json_t **reply, struct err *e)
{
    if (f->stream_gone)
        return err_set(e, ERR_NOT_FOUND, "streams:DescribeStream: gone");
    const char *after = jget_str(params, "ExclusiveStartShardId");
    size_t i = 0;
    while (after && strcmp(f->shards[i++].id, after) != 0) {
    }
    json_t *page = json_array();
    size_t end = i + PAGE < f->n ? i + PAGE : f->n;
    for (; i < end; i++) {
        const struct fake_shard *s = &f->shards[i];
        (void)json_array_append_new(
            page, json_pack("{s:s, s:s*, s:{s:s*}}", "ShardId", s->id, "ParentShardId", s->parent,
                            "SequenceNumberRange", "EndingSequenceNumber", s->open ? NULL : "999"));
    }
    *reply = json_pack("{s:{s:o, s:s*}}", "StreamDescription", "Shards", page,
                       "LastEvaluatedShardId", end < f->n ? f->shards[end - 1].id : NULL);
    return 0;
}

static int iterator(const struct fake *f, const json_t *params, json_t **reply, struct err *e)
{
    const struct fake_shard *s = shard_of(f, jget_str(params, "ShardId"));
    const char *type = jget_str(params, "ShardIteratorType");
    int at = s->first > f->oldest ? s->first : f->oldest;
    if (strcmp(type, "LATEST") == 0)
        at = s->last + 1;
    if (strcmp(type, "AFTER_SEQUENCE_NUMBER") == 0)
        at = (int)strtoll(jget_str(params, "SequenceNumber"), NULL, 10) + 1;
    if (at < f->oldest) {
        (void)err_set(e, ERR_AWS, "trimmed");
        (void)snprintf(e->aws_code, sizeof(e->aws_code), "TrimmedDataAccessException");
        return -1;
    }
    auto_free char *text = xasprintf("%s %d", s->id, at);
    *reply = json_pack("{s:s}", "ShardIterator", text);
    return 0;
}

static json_t *record(int sequence)
{
    auto_free char *number = xasprintf("%d", sequence);
    return json_pack("{s:s, s:s, s:{s:s, s:f}}", "eventID", number, "eventName",
                     sequence % 5 == 0 ? "MODIFY" : "INSERT", "dynamodb", "SequenceNumber", number,
                     "ApproximateCreationDateTime", 1.7e9);
}

static int fail_once(struct fake *f, int at, struct err *e)
{
    if (f->credentials_gone)
        return err_set(e, ERR_CREDENTIALS, "streams:GetRecords: expired");
    if (at != 0 && at == f->expire_at) {
        f->expire_at = 0;
        (void)err_set(e, ERR_AWS, "expired");
        (void)snprintf(e->aws_code, sizeof(e->aws_code), "ExpiredIteratorException");
        return -1;
    }
    if (at != 0 && at == f->fail_at && f->failures++ < 2)
        return err_set(e, ERR_AWS, "streams:GetRecords: out of order");
    return 0;
}

static int records(struct fake *f, const json_t *params, json_t **reply, struct err *e)
{
    char id[32];
    const char *text = jget_str(params, "ShardIterator");
    const char *space = strchr(text, ' ');
    (void)snprintf(id, sizeof(id), "%.*s", (int)(space - text), text);
    int at = (int)strtoll(space + 1, NULL, 10);
    const struct fake_shard *s = shard_of(f, id);
    if (fail_once(f, at, e) < 0)
        return -1;
    json_t *list = json_array();
    for (int i = 0; i < PAGE && at <= s->last; i++, at++)
        (void)json_array_append_new(list, record(at));
    auto_free char *next = at <= s->last || s->open ? xasprintf("%s %d", id, at) : NULL;
    *reply = json_pack("{s:o, s:s*}", "Records", list, "NextShardIterator", next);
    return 0;
}

static int call(void *arg, const struct aws_service *service, const char *action,
                const json_t *params, json_t **reply, struct err *e)
{
    struct fake *f = arg;
    (void)service;
    (void)pthread_mutex_lock(&f->lock);
    int rc = strcmp(action, "DescribeStream") == 0     ? describe(f, params, reply, e)
             : strcmp(action, "GetShardIterator") == 0 ? iterator(f, params, reply, e)
                                                       : records(f, params, reply, e);
    (void)pthread_mutex_unlock(&f->lock);
    return rc;
}

/* The sequence number that an answer withholds, or a number above all. */
static int held_back(const char *answer)
{
    const char *digits = answer ? strpbrk(answer, "0123456789") : NULL;
    return digits ? (int)strtoll(digits, NULL, 10) : 1000000;
}

static void invoke(struct function *unused, const char *event, struct invoke_result *r)
{
    struct fake *f = fake;
    struct err e = { 0 };
    (void)unused;
    (void)pthread_mutex_lock(&f->lock);
    const char *answer = f->invocations < f->n_answers ? f->answers[f->invocations] : NULL;
    auto_json json_t *tree = NULL;
    assert_int_equal(json_parse(event, strlen(event), &tree, &e), 0);
    json_t *list = json_object_get(tree, "Records");
    size_t i = 0;
    json_t *each = NULL;
    json_array_foreach(list, i, each) {
        const char *sequence = jget_path_str(each, "dynamodb.SequenceNumber");
        int number = (int)strtoll(sequence, NULL, 10);
        bool fails = answer && (strcmp(answer, "error") == 0 || number >= held_back(answer));
        if (fails)
            continue;
        size_t len = strlen(f->got);
        (void)snprintf(f->got + len, sizeof(f->got) - len, "%s ", sequence);
        f->done++;
    }
    f->sizes[f->invocations++] = json_array_size(list);
    if (f->done >= f->wanted)
        atomic_store(&f->ending, true);
    bool error = answer && strcmp(answer, "error") == 0;
    r->outcome = error ? INVOKE_ERROR : INVOKE_OK;
    r->body = xstrdup(error ? "as told" : answer ? answer : "{\"batchItemFailures\":[]}");
    r->len = strlen(r->body);
    (void)pthread_mutex_unlock(&f->lock);
}

static char *said; /* what the last run printed */

static int run(struct fake *f, const struct config_ingest *ingest, enum shard_start start,
               struct err *e)
{
    char region[] = "eu-west-1";
    struct aws aws = { .region = region, .fake = call, .arg = f };
    struct say say;
    size_t len = 0;
    free(steal(said));
    FILE *out = open_memstream(&said, &len);
    say_init(&say, out, false, false, false);
    (void)pthread_mutex_init(&f->lock, NULL);
    fake = f;
    struct stream_options o = { .aws = &aws,
                                .arn = ARN,
                                .ingest = ingest,
                                .start = start,
                                .invoke = invoke,
                                .say = &say,
                                .ending = &f->ending };
    int rc = stream_run(&o, e);
    say_done(&say);
    (void)fclose(out);
    return rc;
}

static void assert_run(struct fake *f, const struct config_ingest *ingest, const char *got)
{
    struct err e = { 0 };
    if (run(f, ingest, SHARD_OLDEST, &e) < 0)
        fail_msg("%s", e.msg);
    assert_string_equal(f->got, got);
}

static const struct config_ingest all = { .events = EVENT_INSERT | EVENT_MODIFY | EVENT_REMOVE,
                                          .batch_size = 100 };

static void test_parents_before_children(void **state)
{
    (void)state;
    static const struct fake_shard shards[] = { { "c", "b", 5, 6, true },
                                                { "b", "a", 3, 4, false },
                                                { "a", "gone", 1, 2, false } };
    struct fake f = { .shards = shards, .n = 3, .wanted = 6 };
    assert_run(&f, &all, "1 2 3 4 5 6 ");
}

static void test_two_shards(void **state)
{
    (void)state;
    static const struct fake_shard shards[] = { { "a", NULL, 1, 4, true },
                                                { "b", NULL, 101, 104, true } };
    struct fake f = { .shards = shards, .n = 2, .wanted = 8 };
    struct err e = { 0 };
    assert_int_equal(run(&f, &all, SHARD_OLDEST, &e), 0);
    const char *last = f.got;
    for (const char *const *s = (const char *const[]){ "1 2 ", "3 4 ", NULL }; *s; s++) {
        last = strstr(last, *s);
        assert_non_null(last);
    }
    assert_non_null(strstr(f.got, "103 104 "));
    assert_int_equal(f.done, 8);
}

static void test_batch_size(void **state)
{
    (void)state;
    static const struct fake_shard shards[] = { { "a", NULL, 1, 4, true } };
    struct config_ingest one = all;
    one.batch_size = 1;
    struct fake f = { .shards = shards, .n = 1, .wanted = 4 };
    assert_run(&f, &one, "1 2 3 4 ");
    assert_int_equal(f.invocations, 4);
}

static void test_filters(void **state)
{
    (void)state;
    static const struct fake_shard shards[] = { { "a", NULL, 1, 12, true } };
    struct err e = { 0 };
    struct config_ingest some = { .events = EVENT_INSERT, .batch_size = 100 };
    static const char text[] =
        "[{\"dynamodb\":{\"SequenceNumber\":[\"1\",\"5\"]}},{\"eventID\":[\"9\",\"10\",\"11\"]}]";
    assert_int_equal(json_parse(text, strlen(text), &some.filter, &e), 0);
    struct fake f = { .shards = shards, .n = 1, .wanted = 3 };
    assert_run(&f, &some, "1 9 11 ");
    json_decref(some.filter);
}

static void test_latest(void **state)
{
    (void)state;
    static const struct fake_shard shards[] = { { "a", NULL, 1, 4, false },
                                                { "b", "a", 5, 8, true } };
    struct fake f = { .shards = shards, .n = 2, .wanted = 1, .credentials_gone = false };
    struct err e = { 0 };
    /* nothing new arrives; the run ends with the credentials, after a read of the open shard */
    f.credentials_gone = true;
    assert_int_equal(run(&f, &all, SHARD_LATEST, &e), -1);
    assert_int_equal(e.code, ERR_CREDENTIALS);
    assert_string_equal(f.got, "");
}

static void test_item_failures(void **state)
{
    (void)state;
    static const struct fake_shard shards[] = { { "a", NULL, 1, 4, true } };
    struct fake f = { .shards = shards,
                      .n = 1,
                      .wanted = 4,
                      .answers = { "{\"batchItemFailures\":[{\"itemIdentifier\":\"2\"}]}",
                                   "{\"batchItemFailures\":[{\"itemIdentifier\":\"2\"}]}" },
                      .n_answers = 2 };
    assert_run(&f, &all, "1 2 3 4 ");
    assert_int_equal(f.sizes[0], 2);
    assert_int_equal(f.sizes[1], 1); /* only from the failure on */
    assert_int_equal(f.sizes[2], 1);
    assert_non_null(strstr(said, "1 of 2 records done, retrying the rest in 0.25 s"));
    assert_non_null(strstr(said, "0 of 1 records done, retrying the rest in 0.5 s"));
}

static void test_function_errors(void **state)
{
    (void)state;
    static const struct fake_shard shards[] = { { "a", NULL, 1, 2, true } };
    struct fake f = { .shards = shards,
                      .n = 1,
                      .wanted = 2,
                      .answers = { "error",
                                   "{\"batchItemFailures\":[{\"itemIdentifier\":\"0\"}]}" },
                      .n_answers = 2 };
    struct err e = { 0 };
    assert_int_equal(run(&f, &all, SHARD_OLDEST, &e), 0);
    assert_int_equal(f.invocations, 3);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(f.sizes[i], 2); /* the whole batch each time */
    assert_non_null(strstr(said, "0 of 2 records done, retrying the rest in 0.25 s: as told"));
}

static void test_expired_iterator(void **state)
{
    (void)state;
    static const struct fake_shard shards[] = { { "a", NULL, 1, 6, true } };
    struct fake f = { .shards = shards, .n = 1, .wanted = 6, .expire_at = 3 };
    assert_run(&f, &all, "1 2 3 4 5 6 ");
    assert_int_equal(f.expire_at, 0);
}

static void test_passing_trouble(void **state)
{
    (void)state;
    static const struct fake_shard shards[] = { { "a", NULL, 1, 6, true } };
    struct fake f = { .shards = shards, .n = 1, .wanted = 6, .fail_at = 3 };
    assert_run(&f, &all, "1 2 3 4 5 6 ");
    const char *told = strstr(said, "out of order; retrying");
    assert_non_null(told);
    assert_null(strstr(told + 1, "out of order")); /* once, not at each attempt */
}

static void test_stream_gone(void **state)
{
    (void)state;
    struct fake f = { .stream_gone = true, .wanted = 1 };
    struct err e = { 0 };
    assert_int_equal(run(&f, &all, SHARD_OLDEST, &e), -1);
    assert_int_equal(e.code, ERR_NOT_FOUND);
}

static int release(void **state)
{
    (void)state;
    free(steal(said));
    return 0;
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parents_before_children),
        cmocka_unit_test(test_two_shards),
        cmocka_unit_test(test_batch_size),
        cmocka_unit_test(test_filters),
        cmocka_unit_test(test_latest),
        cmocka_unit_test(test_item_failures),
        cmocka_unit_test(test_function_errors),
        cmocka_unit_test(test_expired_iterator),
        cmocka_unit_test(test_passing_trouble),
        cmocka_unit_test(test_stream_gone),
    };
    return cmocka_run_group_tests_name("the stream poller", tests, NULL, release);
}

/* test_existing.c: existing tables and queues of others, and the table that fifoq owns. */
#include "unit.h"

#include "kinds/consents.h"
#include "mem.h"
#include "scene.h"

#include <string.h>

static struct scene s;

static int setup(void **state)
{
    (void)state;
    scene_init(&s);
    scene_build(&s);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    scene_done(&s);
    return 0;
}

/* The plan fails with that code and this text; nothing was written. */
static void assert_no_plan(enum err_code code, const char *words)
{
    struct plan p;
    struct err e = { 0 };

    assert_int_equal(plan_make(&p, s.pipeline.rows, s.pipeline.n, false, &s.ctx, &e), -1);
    assert_int_equal(e.code, code);
    if (!strstr(e.msg, words))
        fail_msg("'%s' is not in: %s", words, e.msg);
    assert_int_equal(fake_aws_writes(&s.aws), 0);
    plan_done(&p);
}

static void a_table_must_exist(void **state)
{
    (void)state;
    fake_aws_put(&s.aws, "tables|items", NULL);
    assert_no_plan(ERR_NOT_FOUND, "table 'items' does not exist in eu-west-1");
}

static void a_stream_is_switched_on_and_waited_for(void **state)
{
    (void)state;
    scene_up(&s);
    assert_string_equal(
        json_string_value(fake_aws_at(&s.aws, "tables|items|StreamSpecification|StreamViewType")),
        "NEW_AND_OLD_IMAGES");
    assert_string_equal(json_string_value(fake_aws_at(&s.aws, "tables|items|TableStatus")),
                        "ACTIVE");
    assert_null(fake_aws_at(&s.aws, "tables|items|#tags"));
    assert_int_equal(fake_aws_count(&s.aws, "dynamodb:UpdateTable"), 1);
}

static void set_view(const char *view);

static void a_stream_that_is_on_already_is_fine(void **state)
{
    struct plan p;
    struct err e = { 0 };

    (void)state;
    scene_plan(&s, false, &p);
    set_view("NEW_AND_OLD_IMAGES"); /* the first attempt did it, and its answer was lost */
    json_object_set_new(s.aws.fails, "dynamodb:UpdateTable",
                        json_pack("{s:s, s:s}", "code", "ValidationException", "message",
                                  "Table already has an enabled stream"));
    assert_int_equal(plan_apply(&p, &s.ctx, NULL, NULL, &e), 0);
    plan_done(&p);
    fake_aws_put(&s.aws, "tables|items|StreamSpecification", NULL);
    scene_plan(&s, false, &p);
    assert_int_equal(plan_apply(&p, &s.ctx, NULL, NULL, &e),
                     -1); /* and if it is not enabled, it is not */
    plan_done(&p);
}

static void set_view(const char *view)
{
    fake_aws_put(&s.aws, "tables|items|StreamSpecification",
                 json_pack("{s:b, s:s}", "StreamEnabled", 1, "StreamViewType", view));
    fake_aws_put(&s.aws, "tables|items|LatestStreamArn",
                 json_string("arn:aws:dynamodb:eu-west-1:123456789012:table/items/stream/1"));
}

static void a_view_type_must_serve(void **state)
{
    struct plan p;

    (void)state;
    set_view("KEYS_ONLY");
    assert_no_plan(ERR_REFUSED, "KEYS_ONLY");
    set_view("OLD_IMAGE");
    assert_no_plan(ERR_REFUSED, "--switch-stream");
    set_view("NEW_IMAGE");
    scene_plan(&s, false, &p);
    assert_int_equal(scene_step(&p, "table")->action, KEEP);
    plan_done(&p);
    s.config.ingest.events = EVENT_INSERT | EVENT_REMOVE;
    scene_build(&s);
    assert_no_plan(ERR_REFUSED, "cannot be changed to \"NEW_AND_OLD_IMAGES\"");
    s.config.ingest.events = EVENT_INSERT | EVENT_MODIFY;
    s.config.ingest.message = json_pack("{s:s}", "was", "${old.total}");
    scene_build(&s);
    assert_no_plan(ERR_REFUSED, "cannot be changed to \"NEW_AND_OLD_IMAGES\"");
    json_object_set_new(s.config.ingest.message, "was", json_string("${item.old}"));
    s.config.ingest.filter =
        json_pack("[{s:{s:{s:{s:[s]}}}}]", "dynamodb", "OldImage", "a", "S", "x");
    scene_build(&s);
    assert_no_plan(ERR_REFUSED, "cannot be changed to \"NEW_AND_OLD_IMAGES\"");
    set_view("NEW_AND_OLD_IMAGES");
    scene_plan(&s, false, &p);
    assert_int_equal(scene_step(&p, "table")->action, KEEP);
    plan_done(&p);
}

static void put_queue(const char *fifo, const char *visibility)
{
    fake_aws_put(&s.aws, "queues|theirs.fifo",
                 json_pack("{s:{s:s*, s:s}, s:{}}", "Attributes", "FifoQueue", fifo,
                           "VisibilityTimeout", visibility, "Tags"));
}

static void an_existing_queue_is_checked_and_never_changed(void **state)
{
    struct plan p;
    struct err e = { 0 };
    auto_json json_t *before = NULL;

    (void)state;
    s.config.queue.existing = (char *)"theirs.fifo";
    scene_build(&s);
    assert_no_plan(ERR_NOT_FOUND, "queue 'theirs.fifo' does not exist");
    put_queue(NULL, "600");
    assert_no_plan(ERR_REFUSED, "FIFO");
    put_queue("true", "89");
    assert_no_plan(ERR_REFUSED, "at least 90");
    put_queue("true", "90");
    before = json_deep_copy(fake_aws_at(&s.aws, "queues|theirs.fifo"));
    scene_up(&s);
    scene_up(&s);
    assert_null(fake_aws_at(&s.aws, "queues|orders.fifo"));
    scene_plan(&s, true, &p);
    assert_int_equal(plan_apply(&p, &s.ctx, NULL, NULL, &e), 0);
    plan_done(&p);
    assert_true(json_equal(fake_aws_at(&s.aws, "queues|theirs.fifo"), before));
    assert_int_equal(json_object_size(fake_aws_at(&s.aws, "queues")), 1);
}

static void our_own_queue_outlives_the_change_to_theirs(void **state)
{
    struct plan p;
    struct err e = { 0 };

    (void)state;
    scene_up(&s);
    put_queue("true", "90");
    s.config.queue.existing = (char *)"theirs.fifo";
    scene_build(&s);
    fake_aws_put(&s.aws, "queues|orders.fifo|Attributes|ApproximateNumberOfMessages",
                 json_string("3"));
    fake_aws_forget_calls(&s.aws);
    assert_no_plan(ERR_REFUSED, "queue 'orders.fifo' holds messages (3)");
    fake_aws_put(&s.aws, "queues|orders.fifo|Attributes|ApproximateNumberOfMessages",
                 json_string("0"));
    scene_up(&s);
    assert_non_null(fake_aws_at(&s.aws, "queues|orders.fifo")); /* messages may still arrive */
    scene_plan(&s, true, &p);
    assert_int_equal(plan_apply(&p, &s.ctx, NULL, NULL, &e), 0);
    plan_done(&p);
    assert_null(fake_aws_at(&s.aws, "queues|orders.fifo"));
}

static void own_table(void)
{
    s.config.table = (struct config_table){
        .name = (char *)"made",
        .create = true,
        .keys = { .key = (char *)"id",
                  .key_type = 'S',
                  .sort_key = (char *)"at",
                  .sort_key_type = 'N' },
    };
    scene_build(&s);
}

static void a_table_of_ours_is_made_with_its_stream(void **state)
{
    struct plan p;

    (void)state;
    own_table();
    scene_up(&s);
    fake_aws_forget_calls(&s.aws);
    scene_up(&s);
    assert_int_equal(fake_aws_writes(&s.aws), 0);
    assert_string_equal(
        json_string_value(fake_aws_at(&s.aws, "tables|made|KeySchema|1|AttributeName")), "at");
    assert_string_equal(json_string_value(fake_aws_at(&s.aws, "tables|made|#tags|fifoq:pipeline")),
                        "orders");
    fake_aws_put(&s.aws, "tables|made|BillingModeSummary", NULL);
    fake_aws_put(&s.aws, "tables|made|#tags|team", json_string("x"));
    scene_plan(&s, false, &p);
    assert_int_equal(scene_step(&p, "table")->n_changes, 2);
    plan_done(&p);
    scene_up(&s);
    scene_plan(&s, false, &p);
    assert_int_equal(plan_count(&p, UPDATE), 0);
    plan_done(&p);
    s.config.table.keys.key = (char *)"other";
    fake_aws_forget_calls(&s.aws);
    assert_no_plan(ERR_REFUSED, "KeySchema");
}

static void a_table_of_ours_goes_only_when_told(void **state)
{
    struct plan p;
    struct err e = { 0 };

    (void)state;
    own_table();
    scene_up(&s);
    scene_plan(&s, true, &p);
    assert_true(scene_step(&p, "table")->stays);
    assert_int_equal(plan_apply(&p, &s.ctx, NULL, NULL, &e), 0);
    plan_done(&p);
    assert_non_null(fake_aws_at(&s.aws, "tables|made"));
    s.ctx.consents = CONSENT_DELETE_TABLE;
    fake_aws_put(&s.aws, "tables|made|DeletionProtectionEnabled", json_true());
    assert_int_equal(plan_make(&p, s.pipeline.rows, s.pipeline.n, true, &s.ctx, &e), -1);
    assert_int_equal(e.code, ERR_REFUSED);
    plan_done(&p);
    fake_aws_put(&s.aws, "tables|made|DeletionProtectionEnabled", NULL);
    scene_plan(&s, true, &p);
    assert_int_equal(plan_apply(&p, &s.ctx, NULL, NULL, &e), 0);
    plan_done(&p);
    assert_null(fake_aws_at(&s.aws, "tables|made"));
    assert_non_null(fake_aws_at(&s.aws, "tables|items"));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_table_must_exist),
        TEST(a_stream_is_switched_on_and_waited_for),
        TEST(a_stream_that_is_on_already_is_fine),
        TEST(a_view_type_must_serve),
        TEST(an_existing_queue_is_checked_and_never_changed),
        TEST(our_own_queue_outlives_the_change_to_theirs),
        TEST(a_table_of_ours_is_made_with_its_stream),
        TEST(a_table_of_ours_goes_only_when_told),
    };

    mem_init();
    return cmocka_run_group_tests_name("existing", tests, NULL, NULL);
}

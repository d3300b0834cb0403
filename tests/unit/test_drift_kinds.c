/* test_drift_kinds.c: drift of a whole pipeline in a fake AWS, with a client that may only read. */
#include "unit.h"

#include "engine/drift.h"
#include "mem.h"
#include "scene.h"
#include "text.h"

#include <stdlib.h>
#include <string.h>

static struct scene s;

static int setup(void **state)
{
    (void)state;
    scene_init(&s);
    scene_build(&s);
    scene_up(&s);
    fake_aws_forget_calls(&s.aws);
    s.client.read_only = true;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    scene_done(&s);
    return 0;
}

/* "what row property", one a line; "unreadable row" after them; the caller frees. */
static char *found(void)
{
    struct ctx ctx = s.ctx;
    auto_buf out = BUF(BUF_SMALL);
    struct plan p;
    struct drift d;
    struct err e = { 0 };

    ctx.consents = CONSENT_ADOPT;
    if (plan_make(&p, s.pipeline.rows, s.pipeline.n, false, &ctx, &e) < 0)
        assert_true(e.code != ERR_INTERRUPTED);
    drift_make(&d, &p, ctx.pipeline);
    for (size_t i = 0; i < d.n; i++)
        buf_printf(&out, "%s %s %s\n", drift_words[d.findings[i].what], d.findings[i].row->id,
                   d.findings[i].property ? d.findings[i].property : "-");
    for (size_t i = 0; i < d.n_unreadable; i++)
        buf_printf(&out, "unreadable %s\n", d.unreadable[i].row->id);
    assert_int_equal(fake_aws_writes(&s.aws), 0);
    drift_done(&d);
    plan_done(&p);
    return xstrdup(buf_str(&out));
}

static void one_thing_at_a_time(void **state)
{
    static const struct {
        const char *path, *value, *findings; /* value is JSON; NULL: it is removed */
    } rows[] = {
        { "mappings|uuid-1|State", "\"Disabled\"", "unhealthy mapping Enabled\n" },
        { "mappings|uuid-1|LastProcessingResult", "\"PROBLEM: Function call failed\"",
          "unhealthy mapping LastProcessingResult\n" },
        { "mappings|uuid-1|LastProcessingResult", "\"OK\"", "" },
        { "functions|orders-drain|Configuration|LastUpdateStatus", "\"Failed\"",
          "unhealthy drain State\n" },
        { "functions|orders-drain|Configuration|CodeSha256", "\"theirs\"",
          "code drain CodeSha256\n" },
        { "functions|orders-drain|Configuration|Environment", "{\"Variables\": {\"X\": \"1\"}}",
          "extra drain Environment.X\n" },
        { "queues|orders.fifo|Attributes|DelaySeconds", "\"5\"", "changed queue DelaySeconds\n" },
        { "queues|orders.fifo|Tags|fifoq:pipeline", NULL, "missing queue Tags.fifoq:pipeline\n" },
        { "parameters|/orders/crm-token|Version", "9", "changed parameter/crm-token Version\n" },
        { "parameters|/orders/crm-token|#tags|fifoq:value-version", NULL,
          "changed parameter/crm-token Version\n" },
        { "roles|orders-drain", NULL, "missing drain-role -\n" },
    };

    (void)state;
    for (size_t i = 0; i < COUNTOF(rows); i++) {
        json_t *old = json_deep_copy(fake_aws_at(&s.aws, rows[i].path));
        auto_free char *before = found(), *after = NULL;

        assert_string_equal(before, "");
        fake_aws_put(&s.aws, rows[i].path,
                     rows[i].value ? json_loads(rows[i].value, JSON_DECODE_ANY, NULL) : NULL);
        after = found();
        if (strcmp(after, rows[i].findings) != 0)
            fail_msg("%s: found\n%sand not\n%s", rows[i].path, after, rows[i].findings);
        fake_aws_put(&s.aws, rows[i].path, old);
    }
}

/* Where drift runs, the value may be unavailable. */
static void a_rotation_shows_without_the_value(void **state)
{
    auto_free char *before = NULL, *after = NULL;

    (void)state;
    unsetenv(SECRET_VARIABLE);
    before = found();
    assert_string_equal(before, "");
    fake_aws_put(&s.aws, "parameters|/orders/crm-token|Version", json_integer(2));
    after = found();
    assert_string_equal(after, "changed parameter/crm-token Version\n");
    assert_int_equal(fake_aws_count(&s.aws, "ssm:GetParameter"), 0);
}

static void what_left_the_configuration_is_extra(void **state)
{
    json_t *rule = json_deep_copy(fake_aws_at(&s.aws, "rules|orders-day"));
    auto_free char *ours = NULL, *theirs = NULL;

    (void)state;
    json_object_set_new(rule, "Name", json_string("orders-before"));
    fake_aws_put(&s.aws, "rules|orders-before", rule);
    ours = found();
    assert_string_equal(ours, "extra schedule/before -\n");
    fake_aws_put(&s.aws, "rules|orders-before|#tags|fifoq:pipeline", NULL);
    theirs = found();
    assert_string_equal(theirs, "");
}

static void what_is_denied_is_unreadable(void **state)
{
    auto_free char *text = NULL;

    (void)state;
    json_object_set_new(s.aws.fails, "events:ListRules",
                        json_pack("{s:s, s:s}", "code", "AccessDenied", "message", "no"));
    json_object_set_new(s.aws.fails, "lambda:GetFunction",
                        json_pack("{s:s, s:s}", "code", "AccessDenied", "message", "no"));
    fake_aws_put(&s.aws, "queues|orders.fifo|Attributes|DelaySeconds", json_string("5"));
    text = found();
    assert_true(str_starts(text, "changed queue DelaySeconds\nunreadable ingest\n"));
    assert_non_null(strstr(text, "unreadable schedule/*\n"));
    assert_non_null(strstr(text, "unreadable mapping\n"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(one_thing_at_a_time),
        TEST(a_rotation_shows_without_the_value),
        TEST(what_left_the_configuration_is_extra),
        TEST(what_is_denied_is_unreadable),
    };

    mem_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}

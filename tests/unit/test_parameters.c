/* test_parameters.c: where values are read from, when they are written, and that they are nowhere
 * else. */
#include "unit.h"

#include "kinds/secret.h"
#include "mem.h"
#include "scene.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PARAMETER "parameters|/orders/crm-token|"

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

static const char *written(void)
{
    return json_string_value(fake_aws_at(&s.aws, PARAMETER "Value"));
}

static void new_value(const char *value)
{
    setenv(SECRET_VARIABLE, value, 1);
}

static void a_changed_value_is_written_once(void **state)
{
    struct plan p;

    (void)state;
    scene_up(&s);
    assert_string_equal(written(), SECRET_VALUE);
    new_value("another");
    scene_plan(&s, false, &p);
    assert_int_equal(plan_count(&p, UPDATE), 1);
    assert_string_equal(scene_step(&p, "parameter/crm-token")->changes[0].prop->name, "Value");
    plan_done(&p);
    scene_up(&s);
    assert_string_equal(written(), "another");
    assert_int_equal(json_integer_value(fake_aws_at(&s.aws, PARAMETER "Version")), 2);
    scene_up(&s);
    assert_int_equal(json_integer_value(fake_aws_at(&s.aws, PARAMETER "Version")), 2);
}

static void hashes_are_made_once_and_only_to_decide(void **state)
{
    int before = quick_hashes;
    struct plan p;

    (void)state;
    scene_plan(&s, false, &p); /* nothing to recognise yet */
    plan_done(&p);
    assert_int_equal(quick_hashes, before);
    scene_up(&s); /* the mark */
    assert_int_equal(quick_hashes, before + 1);
    for (int i = 0; i < 2; i++) {
        scene_plan(&s, false, &p);
        plan_done(&p);
    }
    assert_int_equal(quick_hashes, before + 2);
    unsetenv(SECRET_VARIABLE);
    scene_plan(&s, false, &p);
    plan_done(&p);
    assert_int_equal(quick_hashes, before + 2);
}

static void a_rotation_outside_is_named(void **state)
{
    struct plan p;
    const struct step *step;

    (void)state;
    scene_up(&s);
    fake_aws_put(&s.aws, PARAMETER "Value", json_string("theirs"));
    fake_aws_put(&s.aws, PARAMETER "Version", json_integer(4));
    scene_plan(&s, false, &p);
    step = scene_step(&p, "parameter/crm-token");
    assert_int_equal(step->n_changes, 1);
    assert_string_equal(json_string_value(step->changes[0].from), "4 (rotated outside)");
    plan_done(&p);
    scene_up(&s);
    assert_string_equal(written(), SECRET_VALUE);
    assert_string_equal(
        json_string_value(fake_aws_at(&s.aws, PARAMETER "#tags|fifoq:value-version")), "5");
}

static void without_a_value_what_exists_is_left_alone(void **state)
{
    (void)state;
    scene_up(&s);
    unsetenv(SECRET_VARIABLE);
    fake_aws_put(&s.aws, PARAMETER "Version", json_integer(4));
    fake_aws_put(&s.aws, PARAMETER "#tags|more", json_string("x"));
    fake_aws_forget_calls(&s.aws);
    scene_up(&s);
    assert_int_equal(fake_aws_count(&s.aws, "ssm:PutParameter"), 0);
    assert_int_equal(fake_aws_writes(&s.aws), 1); /* the tag */
    assert_non_null(fake_aws_at(&s.aws, PARAMETER "#tags|fifoq:value"));
}

static void without_a_value_nothing_is_begun(void **state)
{
    struct plan p;
    struct err e = { 0 };

    (void)state;
    for (int empty = 0; empty < 2; empty++) {
        if (empty)
            new_value("");
        else
            unsetenv(SECRET_VARIABLE);
        assert_int_equal(plan_make(&p, s.pipeline.rows, s.pipeline.n, false, &s.ctx, &e), -1);
        assert_int_equal(e.code, ERR_CONFIG);
        assert_non_null(strstr(e.msg, "'" SECRET_VARIABLE "'"));
        plan_done(&p);
    }
    assert_int_equal(fake_aws_writes(&s.aws), 0);
}

static int questions;

static char *ask(const char *name)
{
    assert_string_equal(name, "crm-token");
    questions++;
    return xstrdup("typed");
}

static void a_prompt_is_for_what_does_not_exist(void **state)
{
    struct plan p;
    struct err e = { 0 };

    (void)state;
    questions = 0;
    s.parameters[0].from = FROM_PROMPT;
    s.parameters[0].source = NULL;
    assert_int_equal(plan_make(&p, s.pipeline.rows, s.pipeline.n, false, &s.ctx, &e), -1);
    assert_int_equal(e.code, ERR_CONFIG);
    plan_done(&p);
    s.ctx.ask_secret = ask;
    scene_up(&s);
    assert_string_equal(written(), "typed");
    scene_up(&s);
    assert_int_equal(questions, 1);
}

static void a_file_gives_all_but_its_last_line_break(void **state)
{
    char path[] = "/tmp/fifoq-test-XXXXXX";
    int fd = mkstemp(path);

    (void)state;
    assert_true(fd >= 0);
    assert_int_equal(write(fd, "from a\nfile\r\n", 13), 13);
    close(fd);
    s.parameters[0].from = FROM_FILE;
    s.parameters[0].source = path;
    scene_up(&s);
    assert_string_equal(written(), "from a\nfile");
    unlink(path);
    scene_up(&s); /* gone: left alone */
    assert_string_equal(written(), "from a\nfile");
}

static void a_file_is_looked_for_beside_the_configuration(void **state)
{
    struct config_parameter p = { .name = (char *)"n",
                                  .from = FROM_FILE,
                                  .source = (char *)"no-such.secret" };
    char *value = NULL, *missing = NULL;
    struct err e = { 0 };

    (void)state;
    assert_int_equal(secret_get(&p, "/some/where", NULL, &value, &missing, &e), 0);
    assert_null(value);
    assert_non_null(strstr(missing, "'/some/where/no-such.secret'"));
    free(missing);
}

static void what_cannot_be_stored_is_refused_without_saying_it(void **state)
{
    auto_free char *long_value = xcalloc(1, 5000);
    struct plan p;
    struct err e = { 0 };

    (void)state;
    memset(long_value, 'z', 4097);
    for (int i = 0; i < 2; i++) {
        new_value(i ? "zz\xff" : long_value);
        assert_int_equal(plan_make(&p, s.pipeline.rows, s.pipeline.n, false, &s.ctx, &e), -1);
        assert_int_equal(e.code, ERR_CONFIG);
        assert_null(strstr(e.msg, "zz"));
        plan_done(&p);
    }
    assert_int_equal(fake_aws_writes(&s.aws), 0);
}

static bool holds(const json_t *v, const char *text)
{
    auto_free char *all = json_canonical(v);

    return strstr(all, text) != NULL;
}

/* A value is in the one request that writes it: not in a plan, not in a tag, not in another
 * request. */
static void the_value_is_nowhere_else(void **state)
{
    struct plan p;
    struct err e = { 0 };
    json_t *v;
    size_t i;

    (void)state;
    for (int round = 0; round < 2; round++) {
        new_value(round ? SECRET_VALUE : "first-" SECRET_VALUE);
        scene_plan(&s, false, &p);
        for (i = 0; i < p.n; i++) {
            const struct step *step = &p.steps[i];

            assert_false(holds(step->state.have ? step->state.have : json_null(), SECRET_VALUE));
            assert_false(holds(step->state.want ? step->state.want : json_null(), SECRET_VALUE));
            assert_false(holds(step->delta ? step->delta : json_null(), SECRET_VALUE));
        }
        assert_int_equal(plan_apply(&p, &s.ctx, NULL, NULL, &e), 0);
        plan_done(&p);
    }
    json_array_foreach(s.aws.asked, i, v) {
        bool put =
            strcmp(json_string_value(json_array_get(s.aws.calls, i)), "ssm:PutParameter") == 0;

        assert_int_equal(holds(v, SECRET_VALUE), put);
    }
    assert_false(holds(fake_aws_at(&s.aws, PARAMETER "#tags"), SECRET_VALUE));
}

static void an_existing_parameter_must_be_there(void **state)
{
    struct plan p;
    struct err e = { 0 };

    (void)state;
    s.parameters[0].from = FROM_EXISTING;
    s.parameters[0].path = (char *)"/theirs/token";
    scene_build(&s);
    assert_int_equal(plan_make(&p, s.pipeline.rows, s.pipeline.n, false, &s.ctx, &e), -1);
    assert_int_equal(e.code, ERR_NOT_FOUND);
    assert_non_null(strstr(e.msg, "'/theirs/token'"));
    plan_done(&p);
    fake_aws_put(&s.aws, "parameters|/theirs/token",
                 json_pack("{s:s, s:s, s:i, s:{}}", "Name", "/theirs/token", "Type", "SecureString",
                           "Version", 3, "#tags"));
    scene_up(&s);
    assert_int_equal(fake_aws_count(&s.aws, "ssm:Put"), 0);
    scene_plan(&s, true, &p);
    assert_null(scene_step(&p, "parameter/crm-token"));
    assert_int_equal(plan_apply(&p, &s.ctx, NULL, NULL, &e), 0);
    plan_done(&p);
    assert_non_null(fake_aws_at(&s.aws, "parameters|/theirs/token"));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_changed_value_is_written_once),
        TEST(hashes_are_made_once_and_only_to_decide),
        TEST(a_rotation_outside_is_named),
        TEST(without_a_value_what_exists_is_left_alone),
        TEST(without_a_value_nothing_is_begun),
        TEST(a_prompt_is_for_what_does_not_exist),
        TEST(a_file_gives_all_but_its_last_line_break),
        TEST(a_file_is_looked_for_beside_the_configuration),
        TEST(what_cannot_be_stored_is_refused_without_saying_it),
        TEST(the_value_is_nowhere_else),
        TEST(an_existing_parameter_must_be_there),
    };

    mem_init();
    return cmocka_run_group_tests_name("parameters", tests, NULL, NULL);
}

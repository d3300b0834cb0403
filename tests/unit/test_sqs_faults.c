/* test_sqs_faults.c: which calls fail: the n-th, at random with a seed, and invalid rules. */
#include "unit.h"

#include "buf.h"
#include "json.h"
#include "mem.h"
#include "sqs/sqs_faults.h"

#include <string.h>

/* With ' for ". */
static json_t *rules_of(const char *text)
{
    auto_free char *copy = xstrdup(text);
    for (char *at = copy; *at; at++)
        if (*at == '\'')
            *at = '"';
    json_t *rules = json_loads(copy, 0, NULL);
    if (!rules)
        fail_msg("no JSON: %s", text);
    return rules;
}

static struct sqs_faults *make(const char *text, uint64_t seed)
{
    auto_json json_t *rules = rules_of(text);
    struct sqs_faults *f = NULL;
    struct err e = { 0 };
    if (sqs_faults_new(rules, seed, &f, &e) < 0)
        fail_msg("%s: %s", text, e.msg);
    return f;
}

/* The result of so many calls: a letter each, '.' for no fault. */
static void calls(struct sqs_faults *f, const char *action, size_t n, char *out)
{
    for (size_t i = 0; i < n; i++)
        out[i] = ".tue<>spPgc"[sqs_faults_next(f, action).kind];
    out[n] = '\0';
}

static void test_nth(void **state)
{
    (void)state;
    static const struct {
        const char *rules, *want;
    } rows[] = {
        { "[]", "........" },
        { "[{'fault':'throttled','nth':3}]", "..t....." },
        { "[{'fault':'throttled','nth':3,'times':2}]", "..tt...." },
        { "[{'fault':'reset_after','nth':1,'times':0}]", "........" },
        { "[{'action':'SendMessage','fault':'cut','nth':2}]", ".c......" },
        { "[{'action':'ReceiveMessage','fault':'cut','nth':2}]", "........" },
        { "[{'action':null,'fault':'garbage','nth':1}]", "g......." },
        { "[{'fault':'unavailable','probability':1,'times':2}]", "uu......" },
        { "[{'fault':'unavailable','probability':0}]", "........" },
        /* the first that applies is used, and each counts all calls */
        { "[{'fault':'throttled','nth':2},{'fault':'slow','nth':2,'times':2}]", ".tss...." },
    };
    for (size_t i = 0; i < COUNTOF(rows); i++) {
        struct sqs_faults *f = make(rows[i].rules, 0);
        char have[9];
        calls(f, "SendMessage", 8, have);
        assert_string_equal(have, rows[i].want);
        sqs_faults_free(f);
    }
}

#define HALF "[{'fault':'throttled','probability':0.5},{'fault':'slow','probability':0.1}]"

static void test_chance_is_the_seeds(void **state)
{
    (void)state;
    char a[1001], b[1001], other[1001];
    struct sqs_faults *one = make(HALF, 7), *again = make(HALF, 7), *third = make(HALF, 8);
    calls(one, "A", 1000, a);
    calls(again, "A", 1000, b);
    calls(third, "A", 1000, other);
    assert_string_equal(a, b);
    assert_string_not_equal(a, other);
    auto_json json_t *counts = sqs_faults_counts(one);
    json_int_t throttled = jget_int(counts, "throttled", 0), slow = jget_int(counts, "slow", 0);
    assert_in_range(throttled, 400, 600);
    assert_in_range(slow, 20, 90); /* a tenth of what the first leaves */
    sqs_faults_free(one);
    sqs_faults_free(again);
    sqs_faults_free(third);
}

static void test_details(void **state)
{
    (void)state;
    struct sqs_faults *f = make("[{'fault':'partial','nth':1,'entries':[0,2],'delay_ms':70},"
                                "{'fault':'partial_done','nth':2}]",
                                0);
    struct sqs_fault first = sqs_faults_next(f, "A"), second = sqs_faults_next(f, "A");
    assert_int_equal(first.entries, 5);
    assert_int_equal(first.delay_ms, 70);
    assert_int_equal(second.entries & 0x3FF, 0x3FF);
    assert_int_equal(second.delay_ms, 0);
    sqs_faults_free(f);
    assert_int_equal(sqs_faults_next(NULL, "A").kind, SQS_NO_FAULT);
}

static void test_wrong_rules(void **state)
{
    (void)state;
    static const struct {
        const char *rules, *message;
    } rows[] = {
        { "{}", "faults: expected a list of rules" },
        { "[5]", "faults: rule 1: expected an object" },
        { "[{'fault':'slow','nth':1},{'fault':'broken','nth':1}]",
          "faults: rule 2: 'fault': expected one of throttled," },
        { "[{'nth':1}]", "'fault': expected one of" },
        { "[{'fault':'slow'}]", "set either 'probability' or 'nth'" },
        { "[{'fault':'slow','nth':1,'probability':1}]", "set either 'probability' or 'nth'" },
        { "[{'fault':'slow','nth':0}]", "'nth': expected 1 or more" },
        { "[{'fault':'slow','probability':1.5}]", "'probability': expected a number from 0 to 1" },
        { "[{'fault':'slow','probability':'1'}]", "'probability': expected a number from 0 to 1" },
        { "[{'fault':'slow','nth':1,'times':-1}]", "'times': expected 0 or more" },
        { "[{'fault':'slow','nth':1,'delay_ms':-5}]", "'delay_ms': expected 0" },
        { "[{'fault':'slow','nth':1,'delay_ms':'5'}]", "'delay_ms': expected 0" },
        { "[{'fault':'partial','nth':1,'entries':[10]}]", "numbers from 0 to 9" },
        { "[{'fault':'partial','nth':1,'entries':1}]", "a list of numbers" },
        { "[{'fault':'slow','nth':1,'delay':5}]", "unknown member 'delay'" },
        { "[{'fault':'slow','nth':1,'action':5}]", "the name of an action" },
    };
    for (size_t i = 0; i < COUNTOF(rows); i++) {
        auto_json json_t *rules = rules_of(rows[i].rules);
        struct sqs_faults *f = NULL;
        struct err e = { 0 };
        assert_int_equal(sqs_faults_new(rules, 0, &f, &e), -1);
        assert_null(f);
        assert_int_equal(e.code, ERR_CONFIG);
        if (!strstr(e.msg, rows[i].message))
            fail_msg("'%s' was expected in '%s'", rows[i].message, e.msg);
    }
}

int main(void)
{
    mem_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nth),
        cmocka_unit_test(test_chance_is_the_seeds),
        cmocka_unit_test(test_details),
        cmocka_unit_test(test_wrong_rules),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* sqs_faults.c: decides which calls fail, by rules. */
#include "sqs/sqs_faults.h"
#include "json.h"
#include "mem.h"

#include <stdlib.h>
#include <string.h>

enum { DELAY_MAX_MS = 600000 };
#define ALL_ENTRIES   UINT32_MAX
#define WITHOUT_LIMIT INT64_MAX

static const char *const names[SQS_FAULT_KINDS] = {
    [SQS_THROTTLED] = "throttled",     [SQS_UNAVAILABLE] = "unavailable",
    [SQS_EMPTY_500] = "empty_500",     [SQS_RESET_BEFORE] = "reset_before",
    [SQS_RESET_AFTER] = "reset_after", [SQS_SLOW] = "slow",
    [SQS_PARTIAL] = "partial",         [SQS_PARTIAL_DONE] = "partial_done",
    [SQS_GARBAGE] = "garbage",         [SQS_CUT] = "cut",
};

static const char *const members[] = { "action", "fault",    "probability", "nth",
                                       "times",  "delay_ms", "entries" };

struct rule {
    char *action; /* NULL: any */
    struct sqs_fault fault;
    double probability; /* below 0: use nth */
    int64_t nth, left;  /* left: remaining applications */
    int64_t calls;
    uint64_t random; /* its own random state, so that rules do not influence each other */
};

struct sqs_faults {
    struct rule *rules;
    size_t n;
    int64_t counts[SQS_FAULT_KINDS];
};

/* SplitMix64, https://prng.di.unimi.it/splitmix64.c: a number in [0, 1). */
static double next_random(uint64_t *state)
{
    uint64_t z = (*state += UINT64_C(0x9E3779B97F4A7C15));
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    z ^= z >> 31;
    return (double)(z >> 11) / (double)(UINT64_C(1) << 53);
}

static int read_kind(const json_t *in, struct rule *r, struct err *e)
{
    const char *name = jget_str(in, "fault");
    for (int i = SQS_NO_FAULT + 1; name && i < SQS_FAULT_KINDS; i++)
        if (strcmp(names[i], name) == 0) {
            r->fault.kind = (enum sqs_fault_kind)i;
            return 0;
        }
    return err_set(e, ERR_CONFIG,
                   "'fault': expected one of throttled, unavailable, empty_500, reset_before, "
                   "reset_after, slow, partial, partial_done, garbage, cut");
}

static int read_when(const json_t *in, struct rule *r, struct err *e)
{
    const json_t *p = json_object_get(in, "probability"), *nth = json_object_get(in, "nth");
    if (!p == !nth)
        return err_set(e, ERR_CONFIG, "set either 'probability' or 'nth'");
    r->probability = p ? json_number_value(p) : -1;
    if (p && (!json_is_number(p) || r->probability < 0 || r->probability > 1))
        return err_set(e, ERR_CONFIG, "'probability': expected a number from 0 to 1");
    r->nth = jget_int(in, "nth", 0);
    if (nth && r->nth < 1)
        return err_set(e, ERR_CONFIG, "'nth': expected 1 or more");
    r->left = p ? WITHOUT_LIMIT : 1;
    if (json_object_get(in, "times"))
        r->left = jget_int(in, "times", -1);
    return r->left < 0 ? err_set(e, ERR_CONFIG, "'times': expected 0 or more") : 0;
}

static int read_entries(const json_t *in, struct rule *r, struct err *e)
{
    const json_t *list = json_object_get(in, "entries"), *v = NULL;
    size_t i = 0;
    r->fault.entries = list ? 0 : ALL_ENTRIES;
    if (list && !json_is_array(list))
        return err_set(e, ERR_CONFIG, "'entries': expected a list of numbers");
    json_array_foreach(list, i, v) {
        if (!json_is_integer(v) || json_integer_value(v) < 0 || json_integer_value(v) > 9)
            return err_set(e, ERR_CONFIG, "'entries': expected numbers from 0 to 9");
        r->fault.entries |= UINT32_C(1) << json_integer_value(v);
    }
    return 0;
}

static int check_members(const json_t *in, struct err *e)
{
    const char *name = NULL;
    json_t *v = NULL;
    if (!json_is_object(in))
        return err_set(e, ERR_CONFIG, "expected an object");
    json_object_foreach((json_t *)in, name, v) {
        size_t i = 0;
        while (i < COUNTOF(members) && strcmp(members[i], name) != 0)
            i++;
        if (i == COUNTOF(members))
            return err_set(e, ERR_CONFIG, "unknown member '%s'", name);
    }
    v = json_object_get(in, "action");
    if (v && !json_is_string(v) && !json_is_null(v))
        return err_set(e, ERR_CONFIG, "'action': expected the name of an action");
    return 0;
}

static int read_rule(const json_t *in, struct rule *r, struct err *e)
{
    const char *action = NULL;

    if (check_members(in, e) < 0 || read_kind(in, r, e) < 0 || read_when(in, r, e) < 0 ||
        read_entries(in, r, e) < 0)
        return -1;
    r->fault.delay_ms = jget_int(in, "delay_ms", json_object_get(in, "delay_ms") ? -1 : 0);
    if (r->fault.delay_ms < 0 || r->fault.delay_ms > DELAY_MAX_MS)
        return err_set(e, ERR_CONFIG, "'delay_ms': expected 0 to %d", DELAY_MAX_MS);
    action = jget_str(in, "action");
    r->action = action ? xstrdup(action) : NULL;
    return 0;
}

int sqs_faults_new(const json_t *rules, uint64_t seed, struct sqs_faults **out, struct err *e)
{
    struct sqs_faults *f = NULL;
    size_t i = 0;
    const json_t *in = NULL;

    if (rules && !json_is_array(rules))
        return err_set(e, ERR_CONFIG, "faults: expected a list of rules");
    f = xcalloc(1, sizeof(*f));
    f->rules = xcalloc(json_array_size(rules) + 1, sizeof(*f->rules));
    json_array_foreach(rules, i, in) {
        struct rule *r = &f->rules[f->n];
        r->random = seed ^ ((uint64_t)i << 32);
        if (read_rule(in, r, e) < 0) {
            sqs_faults_free(f);
            return err_wrap(e, "faults: rule %zu", i + 1);
        }
        f->n++;
    }
    *out = f;
    return 0;
}

void sqs_faults_free(struct sqs_faults *f)
{
    if (!f)
        return;
    for (size_t i = 0; i < f->n; i++)
        free(f->rules[i].action);
    free(f->rules);
    free(f);
}

/* Each rule counts each call of its action, even if an earlier rule applies. */
static bool applies(struct rule *r, const char *action)
{
    bool hit = false;

    if (r->action && strcmp(r->action, action) != 0)
        return false;
    r->calls++;
    hit = r->probability >= 0 ? next_random(&r->random) < r->probability : r->calls >= r->nth;
    return hit && r->left > 0;
}

struct sqs_fault sqs_faults_next(struct sqs_faults *f, const char *action)
{
    struct rule *first = NULL;
    for (size_t i = 0; f && i < f->n; i++)
        if (applies(&f->rules[i], action) && !first)
            first = &f->rules[i];
    if (!first)
        return (struct sqs_fault){ 0 };
    if (first->left != WITHOUT_LIMIT)
        first->left--;
    f->counts[first->fault.kind]++;
    return first->fault;
}

json_t *sqs_faults_counts(const struct sqs_faults *f)
{
    json_t *out = json_object();
    for (int i = SQS_NO_FAULT + 1; f && i < SQS_FAULT_KINDS; i++)
        if (f->counts[i])
            json_object_set_new(out, names[i], json_integer(f->counts[i]));
    return out;
}

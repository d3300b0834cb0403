/*
 * test_drift.c: a plan's changes as findings, the effect of an ignore file, and the six formats
 * compared with tests/data/drift/expected.*. With UPDATE set in the environment the files are
 * written.
 */
#include "unit.h"

#include "kinds/policy.h"
#include "kinds/tools.h"

#include "engine/diff.h"
#include "engine/drift.h"
#include "json.h"
#include "mem.h"
#include "ui/drift_print.h"
#include "version.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EVERYTHING = (1 << (DRIFT_UNHEALTHY + 1)) - 1 };

#define TODAY "2026-07-01"

/* One of each kind of property. */
static const struct prop props[] = {
    { .name = "VisibilityTimeout" },
    { .name = "FifoQueue", .flags = PROP_FIXED },
    { .name = "State", .flags = PROP_HEALTH },
    { .name = "CodeSha256", .flags = PROP_CODE },
    { .name = "Environment" },
    { .name = "Layers", .form = &form_set },
    { .name = "Value", .flags = PROP_SECRET },
    { .name = "Version", .flags = PROP_STATUS },
    { .name = "LastProcessingResult", .flags = PROP_STATUS | PROP_HEALTH },
    { .name = "PolicyDocument", .form = &form_policy },
    { .name = "Tags", .flags = PROP_TAGS },
    { 0 },
};
static const struct kind thing = { .name = "thing", .flags = KIND_TAGGED, .props = props };
static const struct kind part = { .name = "part", .flags = KIND_PART, .props = props };
static const struct kind others = { .name = "existing", .flags = KIND_OTHERS, .props = props };

static const struct row queue_row = { .id = (char *)"queue",
                                      .kind = &thing,
                                      .name = (char *)"orders.fifo",
                                      .config_path = (char *)"queue.visibility" };
static const struct row drain_row = { .id = (char *)"drain",
                                      .kind = &thing,
                                      .name = (char *)"orders-drain",
                                      .config_path = (char *)"drain" };
static const struct row *part_needs[] = { &drain_row };
static const struct row mapping_row = { .id = (char *)"mapping",
                                        .kind = &part,
                                        .name = (char *)"orders-ingest",
                                        .needs = part_needs,
                                        .n_needs = 1,
                                        .config_path = (char *)"ingest" };
static const struct row existing_row = { .id = (char *)"existing",
                                         .kind = &others,
                                         .name = (char *)"theirs.fifo",
                                         .config_path = (char *)"queue.existing" };
static const struct row before_row = { .id = (char *)"schedule/before",
                                       .kind = &thing,
                                       .name = (char *)"orders-before",
                                       .presence = ABSENT,
                                       .config_path = (char *)"drain.schedules" };

/* A plan with one more step: what exists and what is wanted, as JSON; NULL: nothing. */
static struct step *add_step(struct plan *p, const struct row *row, const char *have,
                             const char *want)
{
    struct step *s;

    p->steps = xrealloc(p->steps, (p->n + 1) * sizeof(*p->steps));
    s = &p->steps[p->n++];
    *s = (struct step){ .row = row, .known = true };
    s->state.have = have ? json_loads(have, 0, NULL) : NULL;
    s->state.want = want ? json_loads(want, 0, NULL) : NULL;
    assert_true(!have == !s->state.have && !want == !s->state.want);
    if (have && want && diff_step(s, &(struct ctx){ 0 }, &s->err) < 0)
        assert_int_equal(s->err.code, ERR_REFUSED);
    s->action = !have ? CREATE : !want ? DROP : s->n_changes ? UPDATE : KEEP;
    return s;
}

/* The findings of one step as "what property want have", one a line; the caller frees. */
static char *found(const char *have, const char *want)
{
    struct plan p = { 0 };
    struct drift d;
    auto_buf out = BUF(BUF_SMALL);

    add_step(&p, &queue_row, have, want);
    drift_make(&d, &p, "orders");
    for (size_t i = 0; i < d.n; i++) {
        const struct finding *f = &d.findings[i];
        auto_free char *h = f->have ? json_canonical(f->have) : xstrdup("-");
        auto_free char *w = f->want ? json_canonical(f->want) : xstrdup("-");

        buf_printf(&out, "%s %s %s %s\n", drift_words[f->what], f->property ? f->property : "-", w,
                   h);
    }
    drift_done(&d);
    plan_done(&p);
    return xstrdup(buf_str(&out));
}

#define ALLOW(sid, action)                                                                         \
    "{\"Sid\": \"" sid "\", \"Effect\": \"Allow\", \"Action\": [\"" action "\"]}"
#define NORMAL(sid, action) "{\"Action\":[\"" action "\"],\"Effect\":\"Allow\",\"Sid\":\"" sid "\"}"
#define POLICY(statements)                                                                         \
    "{\"PolicyDocument\": {\"Version\": \"2012-10-17\", \"Statement\": [" statements "]}}"

static void changes_become_findings(void **state)
{
    static const struct {
        const char *have, *want, *findings;
    } rows[] = {
        { "{\"VisibilityTimeout\": \"30\"}", "{\"VisibilityTimeout\": \"360\"}",
          "changed VisibilityTimeout \"360\" \"30\"\n" },
        { "{\"VisibilityTimeout\": \"30\"}", "{\"VisibilityTimeout\": null}",
          "extra VisibilityTimeout - \"30\"\n" },
        { "{}", "{\"VisibilityTimeout\": \"30\"}", "missing VisibilityTimeout \"30\" -\n" },
        { "{\"VisibilityTimeout\": \"30\"}", "{}", "" },
        { NULL, "{}", "missing - - -\n" },
        /* what cannot be changed is drift all the same */
        { "{\"FifoQueue\": \"false\"}", "{\"FifoQueue\": \"true\"}",
          "changed FifoQueue \"true\" \"false\"\n" },
        { "{\"State\": \"Failed\"}", "{\"State\": \"Active\"}",
          "unhealthy State \"Active\" \"Failed\"\n" },
        { "{\"LastProcessingResult\": \"PROBLEM\"}", "{}",
          "unhealthy LastProcessingResult - \"PROBLEM\"\n" },
        { "{\"Version\": \"4 (rotated outside)\"}", "{}",
          "changed Version - \"4 (rotated outside)\"\n" },
        { "{\"Value\": \"a\"}", "{\"Value\": \"b\"}", "changed Value \"(secret)\" \"(secret)\"\n" },
        /* containers, one element at a time */
        { "{\"Environment\": {\"A\": \"1\", \"B\": \"2\"}}",
          "{\"Environment\": {\"B\": \"3\", \"C\": \"4\"}}",
          "changed Environment.B \"3\" \"2\"\nmissing Environment.C \"4\" -\n"
          "extra Environment.A - \"1\"\n" },
        { "{\"Environment\": {\"A\": {\"x\": 1, \"y\": 1}}}",
          "{\"Environment\": {\"A\": {\"x\": 1, \"y\": 2}}}", "changed Environment.A.y 2 1\n" },
        { "{\"Layers\": [\"a\", \"b\"]}", "{\"Layers\": []}",
          "extra Layers.a - \"a\"\nextra Layers.b - \"b\"\n" },
        { "{\"Layers\": [\"a\", \"b\"]}", "{\"Layers\": [\"b\"]}", "extra Layers.a - \"a\"\n" },
        { "{\"Layers\": []}", "{\"Layers\": [\"b\"]}", "missing Layers.b \"b\" -\n" },
        { "{\"Layers\": [\"a\"]}", "{\"Layers\": [\"b\"]}", "changed Layers [\"b\"] [\"a\"]\n" },
        { "{\"Tags\": {\"fifoq:version\": \"0\", \"x\": \"y\"}}",
          "{\"Tags\": {\"fifoq:version\": \"1\"}}", "extra Tags.x - \"y\"\n" },
        /* policies by statement, named by its Sid */
        { POLICY(ALLOW("A", "a:b") "," ALLOW("B", "c:d")), POLICY(ALLOW("A", "a:b")),
          "extra PolicyDocument.Statement.B - " NORMAL("B", "c:d") "\n" },
        { POLICY(ALLOW("A", "*")), POLICY(ALLOW("A", "a:b") "," ALLOW("B", "c:d")),
          "changed PolicyDocument.Statement.A " NORMAL("A", "a:b") " " NORMAL(
              "A", "*") "\n"
                        "missing PolicyDocument.Statement.B " NORMAL("B", "c:d") " -\n" },
    };

    (void)state;
    for (size_t i = 0; i < COUNTOF(rows); i++) {
        auto_free char *text = found(rows[i].have, rows[i].want);
        assert_string_equal(text, rows[i].findings);
    }
}

static void code_says_whose_it_is(void **state)
{
    static const struct {
        const char *hash, *build, *wrote, *note;
        enum drift_what what;
    } rows[] = {
        { "theirs", "1-b", "ours", "tampered", DRIFT_CODE },
        { "theirs", "1-b", "theirs", "configuration", DRIFT_CODE },
        { "theirs", "0-a", "theirs", "another fifoq build: 0-a is deployed, this is 1-b",
          DRIFT_BUILD },
        { "theirs", "0-a", "older", "tampered", DRIFT_CODE },
    };

    (void)state;
    for (size_t i = 0; i < COUNTOF(rows); i++) {
        struct plan p = { 0 };
        struct drift d;
        auto_free char *have =
            xasprintf("{\"CodeSha256\": \"%s\", \"Tags\": {\"fifoq:code\": \"%s\", "
                      "\"fifoq:code-sha256\": \"%s\"}}",
                      rows[i].hash, rows[i].build, rows[i].wrote);

        add_step(&p, &drain_row, have,
                 "{\"CodeSha256\": \"ours\", \"Tags\": {\"fifoq:code\": \"1-b\", "
                 "\"fifoq:code-sha256\": \"ours\"}}");
        drift_make(&d, &p, "orders");
        assert_int_equal(d.n, 1); /* the tags are written with the code */
        assert_int_equal(d.findings[0].what, rows[i].what);
        assert_non_null(strstr(d.findings[0].note, rows[i].note));
        drift_done(&d);
        plan_done(&p);
    }
}

static void rows_as_a_whole(void **state)
{
    struct plan p = { 0 };
    struct step *s;
    struct drift d;

    (void)state;
    add_step(&p, &before_row, "{}", NULL);
    s = add_step(&p, &before_row, "{}", NULL); /* data that is never deleted */
    s->action = KEEP;
    s->stays = true;
    s = add_step(&p, &existing_row, "{}", NULL);
    (void)err_set(&s->err, ERR_CONFIG, "hides messages for too short a time");
    s = add_step(&p, &existing_row, NULL, NULL);
    (void)err_set(&s->err, ERR_NOT_FOUND, "there is no such queue");
    drift_make(&d, &p, "orders");
    assert_int_equal(d.n, 3);
    assert_int_equal(d.findings[0].what, DRIFT_EXTRA);
    assert_int_equal(d.findings[1].what, DRIFT_UNHEALTHY);
    assert_string_equal(d.findings[1].note, "hides messages for too short a time");
    assert_int_equal(d.findings[2].what, DRIFT_MISSING);
    assert_int_equal(d.n_checked, 4);
    drift_done(&d);
    plan_done(&p);
}

static void what_cannot_be_read_stops_nothing(void **state)
{
    struct plan p = { 0 };
    struct step *s;
    struct drift d;

    (void)state;
    add_step(&p, &queue_row, "{\"VisibilityTimeout\": \"1\"}", "{\"VisibilityTimeout\": \"2\"}");
    s = add_step(&p, &drain_row, NULL, NULL);
    s->known = false;
    (void)err_set(&s->err, ERR_AWS, "no permission");
    add_step(&p, &mapping_row, "{}", "{}"); /* it was not read completely */
    drift_make(&d, &p, "orders");
    assert_int_equal(d.n, 1);
    assert_int_equal(d.n_checked, 1);
    assert_int_equal(d.n_unreadable, 2);
    assert_string_equal(d.unreadable[0].why, "no permission");
    assert_non_null(strstr(d.unreadable[1].why, "'drain'"));
    drift_done(&d);
    plan_done(&p);
}

static void ids_do_not_depend_on_values(void **state)
{
    struct plan p = { 0 };
    struct drift here, there;

    (void)state;
    add_step(&p, &queue_row, "{\"VisibilityTimeout\": \"1\"}", "{\"VisibilityTimeout\": \"2\"}");
    add_step(&p, &queue_row, "{\"VisibilityTimeout\": \"3\"}", "{\"VisibilityTimeout\": \"4\"}");
    add_step(&p, &drain_row, "{\"VisibilityTimeout\": \"1\"}", "{\"VisibilityTimeout\": \"2\"}");
    add_step(&p, &queue_row, "{\"VisibilityTimeout\": \"1\"}", "{\"VisibilityTimeout\": null}");
    drift_make(&here, &p, "orders");
    drift_make(&there, &p, "orders-staging");
    assert_string_equal(here.findings[0].id, here.findings[1].id);
    assert_string_not_equal(here.findings[0].id, here.findings[2].id);
    assert_string_not_equal(here.findings[0].id, here.findings[3].id);
    assert_string_not_equal(here.findings[0].id, there.findings[0].id);
    drift_done(&here);
    drift_done(&there);
    plan_done(&p);
}

/* The ignore file. */

static char *read_file(const char *name, size_t *n)
{
    auto_free char *path = xasprintf("%s/drift/%s", TEST_DATA, name);
    FILE *f = fopen(path, "rb");
    char *text = xcalloc(1, 1 << 16);

    *n = f ? fread(text, 1, (1 << 16) - 1, f) : 0;
    if (f)
        (void)fclose(f);
    return text;
}

static void what_is_wrong_in_an_ignore_file(void **state)
{
    static const struct {
        const char *text, *said;
    } rows[] = {
        { "", NULL },
        { "# only a word\n\n", NULL },
        { "[]", NULL },
        { "- {row: a, property: b, reason: c, until: 2028-02-29}", NULL },
        { "- {row: a, property: b, reason: c, until: 2027-02-29}",
          "f:1:3: [0]: until: invalid date '2027-02-29'; expected YYYY-MM-DD" },
        { "- {row: a, property: b, reason: c, until: 2027-13-01}", "invalid date" },
        { "- {row: a, property: b, reason: c, until: 2027-1-1}", "invalid date" },
        { "- {row: a, property: b, reason: c, until: tomorrow}", "invalid date" },
        { "- {row: a, property: b, reason: c}", "missing until" },
        { "- {row: a, property: b, until: 2028-01-01}", "missing reason" },
        { "- {row: a, property: b, reason: '', until: 2028-01-01}", "reason: expected a text" },
        { "- {row: a, reason: c, until: 2028-01-01}", "missing property" },
        { "- {reason: c, until: 2028-01-01}", "missing id, or row and property" },
        { "- {id: 0123456789abcdef, row: a, reason: c, until: 2028-01-01}", "not both" },
        { "- {id: 0123456789ABCDEF, reason: c, until: 2028-01-01}", "invalid id" },
        { "\n- {rwo: a}", "f:2:4: [0]: unknown key 'rwo'; did you mean 'row'?" },
        { "- a", "expected a map" },
        { "a: b", "expected a list" },
    };

    (void)state;
    for (size_t i = 0; i < COUNTOF(rows); i++) {
        struct ignores list;
        struct problems p;
        struct err e;
        int rc = ignores_parse(rows[i].text, strlen(rows[i].text), "f", &list, &p, &e);
        bool said = false;

        assert_int_equal(rc, rows[i].said ? -1 : 0);
        for (size_t j = 0; j < p.n; j++)
            said = said || strstr(p.list[j].text, rows[i].said);
        if (rows[i].said && !said)
            fail_msg("'%s' does not say '%s' but '%s'", rows[i].text, rows[i].said,
                     p.n ? p.list[0].text : "");
        problems_done(&p);
        ignores_done(&list);
    }
}

/* The formats. */

struct scene {
    struct config config;
    struct plan plan;
    struct drift drift;
    struct ignores ignores;
    struct aws aws;
};

static void scene_plan(struct plan *p)
{
    struct step *s;

    add_step(p, &queue_row, "{\"VisibilityTimeout\": \"30\", \"Tags\": {\"team|\": \"<b>_x_\"}}",
             "{\"VisibilityTimeout\": \"360\", \"Tags\": {}}");
    add_step(p, &drain_row,
             "{\"CodeSha256\": \"x\", \"State\": \"Failed\", \"Environment\": {\"A\": \"1\"}, "
             "\"Value\": \"(secret)\", \"PolicyDocument\": {\"Version\": \"2012-10-17\", "
             "\"Statement\": [{\"Effect\": \"Allow\", \"Action\": \"*\", \"Resource\": "
             "\"arn:aws:sqs:eu-west-1:123456789012:a-name-that-is-longer-than-a-line-may-be\"}]}}",
             "{\"CodeSha256\": \"y\", \"State\": \"Active\", \"Environment\": {}, \"Value\": "
             "\"(secret changed)\", \"PolicyDocument\": {\"Version\": \"2012-10-17\", "
             "\"Statement\": []}}");
    add_step(p, &before_row, "{}", NULL);
    s = add_step(p, &existing_row, NULL, NULL);
    s->known = false;
    (void)err_set(&s->err, ERR_AWS, "cannot read existing 'theirs.fifo': 100%% denied,\nso: no");
}

static void scene_begin(struct scene *s, unsigned fail_on)
{
    size_t n;
    auto_free char *yaml = read_file("fifoq.yaml", &n);
    struct problems p;
    struct err e;

    *s = (struct scene){ .aws = { .account = (char *)"123456789012",
                                  .region = (char *)"eu-west-1" } };
    assert_int_equal(config_parse(yaml, n, "fifoq.yaml", NULL, &s->config, &p, &e), 0);
    auto_free char *list = read_file("fifoq.ignore.yaml", &n);
    assert_int_equal(ignores_parse(list, n, "fifoq.ignore.yaml", &s->ignores, &p, &e), 0);
    scene_plan(&s->plan);
    drift_make(&s->drift, &s->plan, s->config.pipeline);
    drift_ignore(&s->drift, &s->ignores, TODAY);
    (void)drift_count(&s->drift, fail_on);
}

static void scene_end(struct scene *s)
{
    drift_done(&s->drift);
    plan_done(&s->plan);
    ignores_done(&s->ignores);
    config_done(&s->config);
}

static void ignored_until_their_day(void **state)
{
    struct scene s;
    size_t counting;

    (void)state;
    scene_begin(&s, EVERYTHING);
    counting = drift_count(&s.drift, EVERYTHING);
    assert_int_equal(counting, s.drift.n - 1);
    assert_true(s.ignores.list[0].used);
    assert_false(s.ignores.list[1].used);
    assert_true(s.ignores.list[2].used && s.ignores.list[2].expired);
    for (size_t i = 0; i < s.drift.n; i++)
        assert_int_equal(s.drift.findings[i].ignored != NULL,
                         s.drift.findings[i].property &&
                             strcmp(s.drift.findings[i].property, "Environment.A") == 0);
    drift_ignore(&s.drift, &s.ignores, "2026-06-30"); /* the last day is included */
    assert_int_equal(drift_count(&s.drift, EVERYTHING), s.drift.n - 2);
    assert_int_equal(drift_count(&s.drift, 1u << DRIFT_CODE), 1);
    scene_end(&s);
}

/* The output, with VERSION for the version; the caller frees. */
static char *printed(const struct drift_report *r,
                     void (*print)(const struct drift_report *, FILE *))
{
    static const char mark[] = "\"version\": \"" FIFOQ_VERSION "\"";
    char *text = NULL, *at;
    size_t n = 0;
    FILE *f = open_memstream(&text, &n);

    print(r, f);
    (void)fclose(f);
    at = strstr(text, mark);
    if (!at)
        return text;
    char *out =
        xasprintf("%.*s\"version\": \"VERSION\"%s", (int)(at - text), text, at + strlen(mark));
    free(text);
    return out;
}

static void update_file(const char *name, const char *text)
{
    auto_free char *path = xasprintf("%s/drift/%s", TEST_DATA, name);
    FILE *f = fopen(path, "wb");

    assert_non_null(f);
    (void)fputs(text, f);
    assert_int_equal(fclose(f), 0);
}

static void all_formats_are_as_committed(void **state)
{
    static const struct {
        const char *file;
        void (*print)(const struct drift_report *, FILE *);
    } formats[] = {
        { "expected.txt", drift_print_text },      { "expected.json", drift_print_json },
        { "expected.xml", drift_print_junit },     { "expected.sarif", drift_print_sarif },
        { "expected.github", drift_print_github }, { "expected.md", drift_print_markdown },
    };
    struct scene s;
    struct drift_report report;

    (void)state;
    scene_begin(&s, EVERYTHING);
    report = (struct drift_report){
        .drift = &s.drift,
        .config = &s.config,
        .aws = &s.aws,
        .ignores = &s.ignores,
        .counting = drift_count(&s.drift, EVERYTHING),
    };
    for (size_t i = 0; i < COUNTOF(formats); i++) {
        auto_free char *text = printed(&report, formats[i].print);
        size_t n;

        if (getenv("UPDATE"))
            update_file(formats[i].file, text);
        auto_free char *committed = read_file(formats[i].file, &n);
        assert_string_equal(text, committed);
    }
    scene_end(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(changes_become_findings),
        cmocka_unit_test(code_says_whose_it_is),
        cmocka_unit_test(rows_as_a_whole),
        cmocka_unit_test(what_cannot_be_read_stops_nothing),
        cmocka_unit_test(ids_do_not_depend_on_values),
        cmocka_unit_test(what_is_wrong_in_an_ignore_file),
        cmocka_unit_test(ignored_until_their_day),
        cmocka_unit_test(all_formats_are_as_committed),
    };

    mem_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}

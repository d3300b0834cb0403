/* test_ui.c: plans and help as printed: aligned, complete, and without a secret. */
#include "unit.h"

#include "buf.h"
#include "commands/help.h"
#include "commands/verb.h"
#include "json.h"
#include "mem.h"
#include "ui/plan_print.h"
#include "ui/progress.h"
#include "ui/terminal.h"

#include <pty.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SECRET "s3cr3t-value"

static const struct prop props[] = {
    { .name = "VisibilityTimeout" },
    { .name = "Policy" },
    { .name = "Value", .flags = PROP_SECRET },
    { .name = "Tags" },
    { .name = "KmsMasterKeyId" },
    { 0 },
};
static const struct kind queue_kind = { .name = "sqs-queue", .props = props };

static const struct row rows[] = {
    { .id = (char *)"dead-letters", .kind = &queue_kind, .name = (char *)"orders-dead.fifo" },
    { .id = (char *)"queue", .kind = &queue_kind, .name = (char *)"orders.fifo" },
    { .id = (char *)"schedule/night-permission",
      .kind = &queue_kind,
      .name = (char *)"orders-drain" },
    { .id = (char *)"drain", .kind = &queue_kind, .name = (char *)"orders-drain" },
};

/* A printer's output; the caller frees. */
static char *written(const struct plan *p)
{
    char *text = NULL;
    size_t n = 0;
    FILE *f = open_memstream(&text, &n);

    plan_print_text(p, f);
    (void)fclose(f);
    return text;
}

static struct plan plan_of(struct step *steps, size_t n)
{
    for (size_t i = 0; i < n; i++)
        steps[i].row = &rows[i];
    return (struct plan){ .steps = steps, .n = n };
}

static void rows_are_aligned_and_counted(void **state)
{
    struct step steps[4] = {
        { .action = CREATE }, { .action = KEEP }, { .action = CREATE }, { .action = DROP }
    };
    struct plan p = plan_of(steps, 4);
    auto_free char *text = written(&p);

    (void)state;
    assert_string_equal(text, "+ dead-letters               orders-dead.fifo\n"
                              "+ schedule/night-permission  orders-drain\n"
                              "- drain                      orders-drain\n"
                              "2 to create, 0 to change, 1 to delete, 1 unchanged\n");
}

static void removal_is_shown_in_its_order(void **state)
{
    struct step steps[2] = { { .action = DROP }, { .action = DROP } };
    struct plan p = plan_of(steps, 2);
    p.removal = true;
    auto_free char *text = written(&p);

    (void)state;
    assert_string_equal(text, "- queue             orders.fifo\n"
                              "- dead-letters      orders-dead.fifo\n"
                              "2 to delete\n");
    steps[0].action = steps[1].action = KEEP;
    auto_free char *nothing = written(&p);
    assert_string_equal(nothing, "nothing to remove\n");
}

static void properties_are_shown_as_they_differ(void **state)
{
    auto_json json_t *v30 = json_string("30"), *v360 = json_string("360");
    auto_json json_t *tags = json_pack("{s:s, s:s}", "team", "a", "same", "x");
    auto_json json_t *tags_now = json_pack("{s:s, s:s, s:s}", "team", "b", "same", "x", "new", "y");
    auto_json json_t *null = json_null(), *key = json_string("alias/k");
    struct change changes[] = {
        { &props[0], v30, v360 },
        { &props[3], tags, tags_now },
        { &props[4], key, null },
    };
    struct step steps[1] = {
        { .action = UPDATE, .changes = changes, .n_changes = COUNTOF(changes) }
    };
    struct plan p = plan_of(steps, 1);
    auto_free char *text = written(&p);

    (void)state;
    assert_string_equal(text, "~ dead-letters      orders-dead.fifo\n"
                              "    VisibilityTimeout  30 -> 360\n"
                              "    Tags.team          a -> b\n"
                              "    Tags.new           (not set) -> y\n"
                              "    KmsMasterKeyId     alias/k -> (not set)\n"
                              "0 to create, 1 to change, 0 to delete, 0 unchanged\n");
}

static void long_values_stand_below_each_other(void **state)
{
    char longer[100];
    memset(longer, 'x', sizeof(longer) - 1);
    longer[sizeof(longer) - 1] = '\0';
    auto_json json_t *from = json_pack("[s]", longer), *to = json_array();
    struct change changes[] = { { &props[1], from, to } };
    struct step steps[1] = { { .action = UPDATE, .changes = changes, .n_changes = 1 } };
    struct plan p = plan_of(steps, 1);
    auto_free char *text = written(&p);

    (void)state;
    assert_non_null(strstr(text, "    Policy\n      - [\"xxx"));
    assert_non_null(strstr(text, "\n      + []\n"));
}

static void secrets_stay_hidden(void **state)
{
    auto_json json_t *now = json_string(SECRET), *wanted = json_string(SECRET "2");
    struct change changes[] = { { &props[2], now, wanted } };
    struct step steps[1] = { { .action = UPDATE, .changes = changes, .n_changes = 1 } };
    struct plan p = plan_of(steps, 1);
    struct config c = { .file = (char *)"fifoq.yaml", .pipeline = (char *)"orders" };
    struct aws a = { .account = (char *)"123456789012", .region = (char *)"eu-west-1" };
    auto_free char *text = written(&p);
    auto_json json_t *document = plan_json(&p, &c, &a);
    auto_free char *json = json_text(document);

    (void)state;
    assert_null(strstr(text, SECRET));
    assert_null(strstr(json, SECRET));
    assert_non_null(strstr(text, "Value  (secret) -> (secret)"));
    assert_non_null(strstr(json, "(secret)"));
}

static void a_plan_as_json(void **state)
{
    auto_json json_t *v30 = json_string("30");
    struct change changes[] = { { &props[0], v30, NULL } };
    struct step steps[2] = { { .action = CREATE, .done = true },
                             { .action = UPDATE, .changes = changes, .n_changes = 1 } };
    struct plan p = plan_of(steps, 2);
    struct config c = { .file = (char *)"fifoq.yaml", .pipeline = (char *)"orders" };
    struct aws a = { .account = (char *)"123456789012", .region = (char *)"eu-west-1" };
    auto_json json_t *document = plan_outcome_json(&p, &c, &a);
    const json_t *list = jget_array(document, "steps");

    (void)state;
    assert_string_equal(jget_str(document, "pipeline"), "orders");
    assert_string_equal(jget_str(document, "result"), "changes");
    assert_int_equal(jget_int(document, "create", -1), 1);
    assert_int_equal(jget_int(document, "keep", -1), 0);
    assert_string_equal(jget_str(json_array_get(list, 0), "outcome"), "done");
    assert_string_equal(jget_str(json_array_get(list, 1), "outcome"), "skipped");
    const json_t *change = json_array_get(jget_array(json_array_get(list, 1), "changes"), 0);
    assert_string_equal(jget_str(change, "have"), "30");
    assert_true(json_is_null(json_object_get(change, "want")));
}

static void times_are_short(void **state)
{
    static const struct {
        int64_t ms;
        const char *text;
    } cases[] = {
        { 0, "0.00 s" },   { 449, "0.44 s" },   { 1449, "1.4 s" },       { 9999, "9.9 s" },
        { 10000, "10 s" }, { 119999, "119 s" }, { 185000, "3 min 5 s" },
    };

    (void)state;
    for (size_t i = 0; i < COUNTOF(cases); i++) {
        char text[ELAPSED_TEXT];
        elapsed_text(cases[i].ms, text);
        assert_string_equal(text, cases[i].text);
    }
}

/* What fn writes to stderr; the caller frees. */
static char *on_stderr(void (*fn)(const struct plan *), const struct plan *p)
{
    FILE *file = tmpfile();
    int saved = dup(STDERR_FILENO);
    char *text = xcalloc(1, BUF_SMALL);

    assert_non_null(file);
    (void)fflush(stderr);
    (void)dup2(fileno(file), STDERR_FILENO);
    fn(p);
    (void)fflush(stderr);
    (void)dup2(saved, STDERR_FILENO);
    (void)close(saved);
    rewind(file);
    (void)fread(text, 1, BUF_SMALL - 1, file);
    (void)fclose(file);
    return text;
}

static void play(const struct plan *p, bool quiet)
{
    struct progress *g = progress_new(p, quiet);

    progress_event(g, &p->steps[0], APPLY_START, 0);
    progress_event(g, &p->steps[1], APPLY_START, 0);
    progress_event(g, &p->steps[0], APPLY_DONE, 120);
    progress_event(g, &p->steps[1], APPLY_FAILED, 2500);
    progress_event(g, &p->steps[2], APPLY_SKIPPED, 0);
    progress_event(g, &p->steps[3], APPLY_DONE, 0); /* KEEP: nothing was done */
    progress_free(g);
}

static void play_loud(const struct plan *p)
{
    play(p, false);
}

static void play_quiet(const struct plan *p)
{
    play(p, true);
}

static void progress_off_a_terminal_is_one_line_an_event(void **state)
{
    struct step steps[4] = {
        { .action = CREATE }, { .action = UPDATE }, { .action = CREATE }, { .action = KEEP }
    };
    struct plan p = plan_of(steps, 4);
    auto_free char *loud = on_stderr(play_loud, &p), *quiet = on_stderr(play_quiet, &p);

    (void)state;
    assert_string_equal(loud, "  created  0.12 s  dead-letters               orders-dead.fifo\n"
                              "  failed    2.5 s  queue                      orders.fifo\n"
                              "  skipped          schedule/night-permission  orders-drain\n");
    assert_string_equal(quiet, "  failed    2.5 s  queue                      orders.fifo\n"
                               "  skipped          schedule/night-permission  orders-drain\n");
}

static char *help_text(const struct verb *v)
{
    char *text = NULL;
    size_t n = 0;
    FILE *f = open_memstream(&text, &n);

    if (v)
        help_verb(v, f);
    else
        help_short(f);
    (void)fclose(f);
    return text;
}

static void assert_fits(const char *text)
{
    for (const char *line = text; *line;) {
        size_t n = strcspn(line, "\n");
        if (n > 80)
            fail_msg("wider than a terminal: %.*s", (int)n, line);
        line += n + (line[n] == '\n');
    }
}

static void help_fits_a_terminal_and_names_everything(void **state)
{
    auto_free char *all = help_text(NULL);

    (void)state;
    assert_fits(all);
    for (const struct verb *const *v = verbs; *v; v++) {
        auto_free char *one = help_text(*v);
        assert_fits(one);
        assert_non_null(strstr(all, (*v)->summary));
        for (const struct option_row *r = (*v)->options; r && r->name; r++)
            assert_non_null(strstr(one, r->name));
        assert_ptr_equal(verb_find((*v)->name), *v);
    }
    assert_null(verb_find("nothing"));
}

/* The output on a terminal of that width. */
static char *said_on_a_terminal(const char *text, unsigned short columns)
{
    const struct winsize size = { .ws_row = 24, .ws_col = columns };
    char *out = xcalloc(1, 4096);
    int ours, theirs;

    assert_int_equal(openpty(&ours, &theirs, NULL, NULL, &size), 0);
    FILE *f = fdopen(theirs, "w");
    terminal_say(f, text);
    (void)fflush(f);
    (void)fclose(f);
    for (size_t n = 0; read(ours, out + n, 1) == 1; n++) /* ends with EIO */
        ;
    (void)close(ours);
    return out;
}

static void a_terminal_breaks_lines_between_words(void **state)
{
    static const char text[] = "fifoq: one two three four five six\n  seven: eight";
    auto_free char *narrow = said_on_a_terminal(text, 20), *wide = said_on_a_terminal(text, 80);

    (void)state;
    assert_string_equal(narrow, "fifoq: one two three\r\n  four five six\r\n  seven: eight\r\n");
    assert_string_equal(wide, "fifoq: one two three four five six\r\n  seven: eight\r\n");
}

static void what_is_no_terminal_gets_one_line(void **state)
{
    static const char text[] =
        "fifoq: a line that is longer than any terminal used to be, and that "
        "goes on and on until nobody could say where it began";
    char line[sizeof(text) + 2] = "";
    FILE *f = tmpfile();

    (void)state;
    terminal_say(f, text);
    rewind(f);
    assert_non_null(fgets(line, sizeof(line), f));
    assert_memory_equal(line, text, strlen(text));
    assert_string_equal(line + strlen(text), "\n");
    (void)fclose(f);
}

static void a_mistyped_verb_is_guessed(void **state)
{
    struct err e = { 0 };

    (void)state;
    assert_int_equal(verb_unknown("paln", &e), -1);
    assert_int_equal(e.code, ERR_USAGE);
    assert_non_null(strstr(e.msg, "did you mean 'plan'?"));
    assert_int_equal(verb_unknown("qqqqqq", &e), -1);
    assert_null(strstr(e.msg, "did you mean"));
}

/* docs/reference/commands.md is written by `fifoq help --markdown`. */
static void the_page_in_docs_is_this_one(void **state)
{
    char *text = NULL;
    size_t n = 0, got;
    FILE *f = open_memstream(&text, &n), *page = fopen("docs/reference/commands.md", "rb");

    (void)state;
    help_markdown(f);
    (void)fclose(f);
    assert_non_null(page);
    auto_free char *committed = xcalloc(1, n + 2);
    got = fread(committed, 1, n + 1, page);
    (void)fclose(page);
    assert_int_equal(got, n);
    assert_string_equal(committed, text);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_aligned_and_counted),
        cmocka_unit_test(removal_is_shown_in_its_order),
        cmocka_unit_test(properties_are_shown_as_they_differ),
        cmocka_unit_test(long_values_stand_below_each_other),
        cmocka_unit_test(secrets_stay_hidden),
        cmocka_unit_test(a_plan_as_json),
        cmocka_unit_test(times_are_short),
        cmocka_unit_test(progress_off_a_terminal_is_one_line_an_event),
        cmocka_unit_test(help_fits_a_terminal_and_names_everything),
        cmocka_unit_test(a_terminal_breaks_lines_between_words),
        cmocka_unit_test(what_is_no_terminal_gets_one_line),
        cmocka_unit_test(a_mistyped_verb_is_guessed),
        cmocka_unit_test(the_page_in_docs_is_this_one),
    };

    mem_init();
    terminal_setup(true);
    return cmocka_run_group_tests(tests, NULL, NULL);
}

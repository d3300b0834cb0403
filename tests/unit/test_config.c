/*
 * test_config.c: fifoq.yaml. data/config/bad holds files with every problem that must be found in
 * them, data/config/good files with the resulting settings; a first line "# --env NAME" selects an
 * environment.
 */
#include "config/config.h"
#include "config/fields.h"
#include "config/ynode.h"
#include "json.h"
#include "mem.h"
#include "text.h"

#include <dirent.h>
#include <regex.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define REGENERATE "build/fifoq config --reference >docs/reference/configuration.md"

static char *file_text(const char *path)
{
    FILE *f = fopen(path, "r");
    auto_buf text = BUF(BUF_LARGE);
    char chunk[4096];
    size_t n;

    if (!f)
        fail_msg("'%s' cannot be opened", path);
    while ((n = fread(chunk, 1, sizeof(chunk), f)) > 0)
        buf_add(&text, chunk, n);
    (void)fclose(f);
    return buf_steal(&text);
}

/* "NAME" of a first line "# --env NAME"; NULL: none. */
static char *environment_of(const char *text)
{
    static const char mark[] = "# --env ";

    return str_starts(text, mark)
               ? xstrndup(text + strlen(mark), strcspn(text + strlen(mark), "\n"))
               : NULL;
}

static int load_file(const char *folder, const char *file, struct config *c, struct problems *p,
                     struct err *e)
{
    auto_free char *path = xasprintf(TEST_DATA "/config/%s/%s", folder, file);
    auto_free char *text = file_text(path), *environment = environment_of(text);
    FILE *f = fopen(path, "r");
    long size;
    int result;

    assert_non_null(f);
    assert_int_equal(fseek(f, 0, SEEK_END), 0);
    size = ftell(f); /* the text may contain NULs */
    (void)fclose(f);
    result = config_parse(text, (size_t)size, file, environment, c, p, e);
    return result;
}

static void check_bad(const char *file)
{
    auto_free char *path =
        xasprintf(TEST_DATA "/config/bad/%.*s.problems", (int)strlen(file) - 5, file);
    auto_free char *want = file_text(path);
    auto_buf have = BUF(BUF_LARGE);
    struct config c;
    struct problems p;
    struct err e = { 0 };

    if (load_file("bad", file, &c, &p, &e) == 0)
        fail_msg("%s was taken", file);
    assert_int_equal(e.code, ERR_CONFIG);
    for (size_t i = 0; i < p.n; i++) {
        buf_printf(&have, "%s\n", p.list[i].text);
        if (i)
            assert_true(
                p.list[i].line > p.list[i - 1].line ||
                (p.list[i].line == p.list[i - 1].line && p.list[i].column >= p.list[i - 1].column));
    }
    if (strcmp(want, buf_str(&have)) != 0)
        fail_msg("%s: found\n%sand not\n%s", file, buf_str(&have), want);
    problems_done(&p);
    config_done(&c);
}

/* A good file may have another one with its warnings. */
static void check_warnings(const char *file, const struct problems *p)
{
    auto_free char *path =
        xasprintf(TEST_DATA "/config/good/%.*s.warnings", (int)strlen(file) - 5, file);
    auto_free char *want = access(path, R_OK) == 0 ? file_text(path) : xstrdup("");
    auto_buf have = BUF(BUF_LARGE);

    for (size_t i = 0; i < p->n; i++)
        buf_printf(&have, "%s\n", p->list[i].text);
    if (strcmp(want, buf_str(&have)) != 0)
        fail_msg("%s: found\n%sand not\n%s", file, buf_str(&have), want);
}

static void check_good(const char *file)
{
    auto_free char *path =
        xasprintf(TEST_DATA "/config/good/%.*s.settings.json", (int)strlen(file) - 5, file);
    auto_json json_t *want = json_load_file(path, 0, NULL), *have = NULL;
    auto_free char *text = NULL;
    struct config c;
    struct problems p;
    struct err e = { 0 };

    if (load_file("good", file, &c, &p, &e) < 0)
        fail_msg("%s: %s: %s", file, e.msg, p.n ? p.list[0].text : "");
    have = json_incref(c.settings);
    text = json_text(have);
    if (!json_equal(want, have))
        fail_msg("%s becomes %s", file, text);
    check_warnings(file, &p);
    problems_done(&p);
    config_done(&c);
}

static void each_file(const char *folder, void (*fn)(const char *file), size_t least)
{
    auto_free char *path = xasprintf(TEST_DATA "/config/%s", folder);
    DIR *d = opendir(path);
    size_t n = 0;

    assert_non_null(d);
    for (const struct dirent *f; (f = readdir(d));)
        if (str_ends(f->d_name, ".yaml")) {
            fn(f->d_name);
            n++;
        }
    (void)closedir(d);
    assert_true(n >= least);
}

static void test_bad(void **state)
{
    (void)state;
    each_file("bad", check_bad, 40);
}

static void test_good(void **state)
{
    (void)state;
    each_file("good", check_good, 10);
}

static struct config loaded(const char *file)
{
    struct config c;
    struct problems p;
    struct err e = { 0 };

    if (load_file("good", file, &c, &p, &e) < 0)
        fail_msg("%s: %s", file, e.msg);
    return c;
}

static void test_struct(void **state)
{
    struct config c = loaded("whole.yaml");

    (void)state;
    assert_string_equal(c.pipeline, "orders");
    assert_null(c.environment);
    assert_string_equal(c.region, "eu-west-1");
    assert_string_equal(c.account, "123456789012");
    assert_string_equal(jget_str(c.tags, "team"), "billing");
    assert_true(c.table.create);
    assert_string_equal(c.table.keys.key, "id");
    assert_int_equal(c.table.keys.key_type, 'S');
    assert_string_equal(c.table.keys.sort_key, "created_at");
    assert_int_equal(c.table.keys.sort_key_type, 'N');
    assert_int_equal(c.ingest.events, EVENT_INSERT);
    assert_int_equal(json_array_size(c.ingest.filter), 1);
    assert_int_equal(c.ingest.batch_size, 100);
    assert_null(c.queue.existing);
    assert_int_equal(c.queue.retention_s, 14 * 86400);
    assert_int_equal(c.queue.visibility_s, 360);
    assert_int_equal(c.drain.n_schedules, 2);
    assert_string_equal(c.drain.schedules[0].expression, "cron(0/5 9-17 ? * MON-FRI *)");
    assert_string_equal(c.drain.schedules[0].name, "cron-14bf8104"); /* by sha256sum */
    assert_int_equal(c.drain.schedules[0].max_messages, 10);
    assert_string_equal(c.drain.schedules[1].name, "night");
    assert_int_equal(c.drain.schedules[1].max_messages, 500);
    assert_int_equal(c.drain.schedules[1].when.rate_ms, 3600000);
    assert_int_equal(c.drain.n_destinations, 1);
    assert_string_equal(c.drain.destinations[0].name, "crm");
    assert_int_equal(c.n_parameters, 1);
    assert_int_equal(c.parameters[0].from, FROM_ENV);
    assert_string_equal(c.parameters[0].source, "CRM_TOKEN");
    assert_true(c.functions.arm64);
    assert_int_equal(c.functions.memory_mb, 128);
    assert_int_equal(c.functions.log_retention_days, 30);
    config_done(&c);
}

static void test_environment(void **state)
{
    struct config c = loaded("whole-staging.yaml");

    (void)state;
    assert_string_equal(c.name, "orders");
    assert_string_equal(c.pipeline, "orders-staging");
    assert_string_equal(c.environment, "staging");
    assert_string_equal(c.table.name, "orders-staging");
    assert_true(c.table.create);              /* maps are merged deeply */
    assert_int_equal(c.drain.n_schedules, 1); /* lists do not */
    assert_string_equal(c.drain.schedules[0].expression, "rate(1 minute)");
    assert_string_equal(c.parameters[0].path, "/orders-staging/crm-token");
    config_done(&c);
    c = loaded("environment-parameter.yaml");
    assert_int_equal(c.n_parameters, 2);
    assert_string_equal(c.parameters[0].name, "own");
    assert_string_equal(c.parameters[0].source, "secrets/own");
    assert_int_equal(c.parameters[1].from, FROM_PROMPT);
    assert_null(c.parameters[1].source);
    config_done(&c);
}

static void test_halves(void **state)
{
    struct config c = loaded("ingest-only.yaml");

    (void)state;
    assert_string_equal(c.account, "012345678901"); /* the digits as they were written */
    assert_true(c.has_ingest && !c.has_drain);
    assert_int_equal(c.queue.visibility_s, 30);
    config_done(&c);
    c = loaded("drain-only.yaml");
    assert_true(c.has_drain && !c.has_ingest);
    assert_null(c.table.name);
    config_done(&c);
    c = loaded("existing-queue.yaml");
    assert_string_equal(c.queue.existing, "shared.fifo");
    assert_int_equal(c.queue.visibility_s, 150);
    config_done(&c);
}

static void test_lines(void **state)
{
    static const char text[] = "name: orders\n"                                /* 1 */
                               "table: {name: orders}\n"                       /* 2 */
                               "ingest:\n"                                     /* 3 */
                               "  message:\n"                                  /* 4 */
                               "    id: ${item.id}\n"                          /* 5 */
                               "drain:\n"                                      /* 6 */
                               "  schedules:\n"                                /* 7 */
                               "    - rate(1 minute)\n"                        /* 8 */
                               "    - {at: rate(2 minutes)}\n"                 /* 9 */
                               "  destinations:\n"                             /* 10 */
                               "    - name: a\n"                               /* 11 */
                               "      url: https://api.example.com/\n"         /* 12 */
                               "environments:\n"                               /* 13 */
                               "  staging: {table: {name: orders-staging}}\n"; /* 14 */
    struct config c;
    struct problems p;
    struct err e = { 0 };

    (void)state;
    assert_int_equal(config_parse(text, strlen(text), "f", "staging", &c, &p, &e), 0);
    assert_int_equal(config_line(&c, "table.name"), 14);
    assert_int_equal(config_line(&c, "table.create.key"), 2);
    assert_int_equal(config_line(&c, "ingest.message.id"), 5);
    assert_int_equal(config_line(&c, "drain"), 6);
    assert_int_equal(config_line(&c, "drain.schedules[0]"), 8);
    assert_int_equal(config_line(&c, "drain.schedules[1]"), 9);
    assert_int_equal(config_line(&c, "drain.schedules[1].max_messages"), 9);
    assert_int_equal(config_line(&c, "drain.timeout"), 6);
    assert_int_equal(config_line(&c, "drain.destinations[0].url"), 12);
    assert_int_equal(config_line(&c, "queue.visibility"), 0);
    config_done(&c);
}

/* The same configuration gives the same bytes, whatever the order of its maps. */
static void test_settings_are_stable(void **state)
{
    static const char one[] = "name: a\ntable: {name: abc}\ningest: {}\n"
                              "parameters: {x: {from: prompt}, b: {from: prompt}}\n";
    static const char two[] =
        "parameters: {b: {from: prompt}, x: {from: prompt}}\n"
        "ingest: {events: [INSERT], batch_size: 100}\ntable: {name: abc}\nname: a\n";
    auto_json json_t *first = NULL, *second = NULL;
    auto_free char *first_text = NULL, *second_text = NULL;
    struct config c;
    struct problems p;
    struct err e = { 0 };

    (void)state;
    assert_int_equal(config_parse(one, strlen(one), "f", NULL, &c, &p, &e), 0);
    first = json_incref(c.settings);
    config_done(&c);
    assert_int_equal(config_parse(two, strlen(two), "f", NULL, &c, &p, &e), 0);
    second = json_incref(c.settings);
    config_done(&c);
    first_text = json_text(first);
    second_text = json_text(second);
    assert_string_equal(first_text, second_text);
}

/* In templates the order is the written one; everywhere else it does not matter. */
static void test_order_of_names(void **state)
{
#define DRAIN(body, headers)                                                                       \
    "name: a\ndrain: {schedules: [rate(1 minute)], destinations: [{name: d, url: "                 \
    "\"https://h.example/\", body: " body ", headers: " headers "}]}\n"
    static const char *const texts[] = { DRAIN("{z: 1, a: 2}", "{X-B: b, X-A: a}"),
                                         DRAIN("{z: 1, a: 2}", "{X-A: a, X-B: b}"),
                                         DRAIN("{a: 2, z: 1}", "{X-A: a, X-B: b}") };
    char *made[COUNTOF(texts)];
    struct config c;
    struct problems p;
    struct err e = { 0 };

    (void)state;
    for (size_t i = 0; i < COUNTOF(texts); i++) {
        auto_json json_t *settings = NULL;
        if (config_parse(texts[i], strlen(texts[i]), "f", NULL, &c, &p, &e) < 0)
            fail_msg("%s", p.n ? p.list[0].text : e.msg);
        settings = json_incref(c.settings);
        made[i] = json_text(settings);
        config_done(&c);
    }
    assert_non_null(strstr(made[0], "{\"z\":1,\"a\":2}"));
    assert_string_equal(made[0], made[1]);
    assert_string_not_equal(made[1], made[2]);
    for (size_t i = 0; i < COUNTOF(texts); i++)
        free_cleansed(made[i]);
}

static void test_load(void **state)
{
    struct config c;
    struct problems p;
    struct err e = { 0 };

    (void)state;
    assert_int_equal(config_load("no/such.yaml", NULL, &c, &p, &e), -1);
    assert_int_equal(e.code, ERR_IO);
    assert_string_equal(e.msg,
                        "'no/such.yaml' not found; run 'fifoq init' to create one, or use -f FILE");
    assert_int_equal(p.n, 0);
    config_done(&c);
    assert_int_equal(config_load(TEST_DATA, NULL, &c, &p, &e), -1);
    assert_int_equal(e.code, ERR_IO);
    assert_int_equal(config_load("templates/fifoq.yaml", NULL, &c, &p, &e), 0);
    assert_string_equal(c.file, "templates/fifoq.yaml");
    config_done(&c);
    assert_int_equal(config_load(TEST_DATA "/config/bad/times.yaml", NULL, &c, &p, &e), -1);
    assert_non_null(strstr(e.msg, "4 problems in '"));
    assert_true(
        str_starts(p.list[0].text, TEST_DATA "/config/bad/times.yaml:3:15: queue.visibility: "));
    problems_done(&p);
    config_done(&c);
}

/* In the starter a comment that begins with a capital is prose, all others are YAML: with all of
 * them uncommented, the file is valid. */
static void test_starter_whole(void **state)
{
    auto_free char *text = file_text("templates/fifoq.yaml");
    auto_buf whole = BUF(BUF_SMALL);
    struct config c;
    struct problems p;
    struct err e = { 0 };
    char *rest = text;

    (void)state;
    for (char *line; (line = strsep(&rest, "\n"));) {
        size_t indent = strspn(line, " ");
        const char *body = line + indent;
        bool yaml = str_starts(body, "# ") && !(body[2] >= 'A' && body[2] <= 'Z');
        buf_printf(&whole, "%.*s%s\n", (int)indent, line, yaml ? body + 2 : body);
    }
    if (config_parse(buf_str(&whole), whole.len, "f", "staging", &c, &p, &e) < 0)
        fail_msg("%s in\n%s", p.list[0].text, buf_str(&whole));
    assert_string_equal(c.table.name, "orders-staging");
    assert_int_equal(json_array_size(c.ingest.filter), 1);
    config_done(&c);
}

static void test_reference(void **state)
{
    auto_free char *committed = file_text("docs/reference/configuration.md");
    auto_buf page = BUF(BUF_LARGE);

    (void)state;
    config_reference(&page);
    if (strcmp(committed, buf_str(&page)) != 0)
        fail_msg("docs/reference/configuration.md is not what the table of fields says; run: %s",
                 REGENERATE);
}

/* The schema of a path, or NULL. */
static const json_t *schema_at(const json_t *schema, const char *path)
{
    auto_free char *copy = xstrdup(path);
    char *rest = copy;

    for (char *step; schema && (step = strsep(&rest, "."));) {
        bool element = str_ends(step, "[]");
        const json_t *free_keys = json_object_get(schema, "patternProperties");
        if (element)
            step[strlen(step) - 2] = '\0';
        if (json_object_get(schema, "oneOf"))
            schema = json_array_get(json_object_get(schema, "oneOf"), 1);
        schema = strcmp(step, "*") == 0
                     ? json_object_iter_value(json_object_iter((json_t *)free_keys))
                     : json_object_get(json_object_get(schema, "properties"), step);
        if (element)
            schema = json_object_get(schema, "items");
    }
    return schema;
}

static void test_table(void **state)
{
    auto_json json_t *schema = config_schema();

    (void)state;
    assert_string_equal(jget_str(schema, "$schema"),
                        "https://json-schema.org/draft/2020-12/schema");
    for (size_t i = 0; i < n_config_fields; i++) {
        const struct field *f = &config_fields[i];
        auto_free char *parent = xstrdup(f->path);
        char *cut = str_ends(parent, "[]") ? parent + strlen(parent) - 2 : strrchr(parent, '.');
        regex_t re;
        if (cut)
            *cut = '\0';
        if (cut && !field_find(parent))
            fail_msg("%s has no parent in the table", f->path);
        if (f->pattern) {
            assert_int_equal(regcomp(&re, f->pattern, REG_EXTENDED | REG_NOSUB), 0);
            regfree(&re);
        }
        assert_ptr_equal(field_find(f->path), f); /* no row twice */
        assert_true(str_ends(f->help, ".") && strchr(f->help, '\n') == NULL);
        assert_false((f->flags & FIELD_REQUIRED) && f->fallback);
        if (!schema_at(schema, f->path))
            fail_msg("%s is not in the schema", f->path);
    }
}

/* A secret that was written in the wrong place is in no message. */
static void test_secrets_stay(void **state)
{
    auto_free char *bad = file_text(TEST_DATA "/config/bad/secrets.problems");
    auto_free char *auth = file_text(TEST_DATA "/config/bad/auth.problems");
    auto_free char *sources = file_text(TEST_DATA "/config/bad/sources.problems");

    (void)state;
    assert_null(strstr(bad, "hunter2"));
    assert_null(strstr(bad, "1234567"));
    assert_null(strstr(auth, "sk_live"));
    assert_null(strstr(sources, "sk_live"));
}

/* A few bytes that expand to many: what aliases copy is counted in bytes, not only in nodes. */
static void test_aliases_are_capped(void **state)
{
    static const struct {
        size_t bytes, aliases;
        bool fits;
    } rows[] = {
        { 1000, 100, true }, { 300000, 10, true }, { 300000, 20, false }, { 10, 30000, false }
    };

    (void)state;
    for (size_t i = 0; i < COUNTOF(rows); i++) {
        auto_free char *value = xcalloc(1, rows[i].bytes + 1);
        auto_buf text = BUF(BUF_LARGE);
        struct report r = { .file = "f" };
        struct ynode *root;

        memset(value, 'x', rows[i].bytes);
        buf_printf(&text, "a: &a %s\nl:\n", value);
        for (size_t n = 0; n < rows[i].aliases; n++)
            buf_puts(&text, "- *a\n");
        root = yaml_read(buf_str(&text), text.len, &r);
        assert_int_equal(root != NULL, rows[i].fits);
        assert_int_equal(r.found.n, rows[i].fits ? 0 : 1);
        if (!rows[i].fits)
            assert_non_null(strstr(r.found.list[0].text, "aliases make this file too large"));
        ynode_free(root);
        problems_done(&r.found);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bad),
        cmocka_unit_test(test_good),
        cmocka_unit_test(test_struct),
        cmocka_unit_test(test_environment),
        cmocka_unit_test(test_halves),
        cmocka_unit_test(test_lines),
        cmocka_unit_test(test_settings_are_stable),
        cmocka_unit_test(test_order_of_names),
        cmocka_unit_test(test_load),
        cmocka_unit_test(test_starter_whole),
        cmocka_unit_test(test_reference),
        cmocka_unit_test(test_table),
        cmocka_unit_test(test_secrets_stay),
        cmocka_unit_test(test_aliases_are_capped),
    };

    mem_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}

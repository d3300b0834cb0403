/* test_settings.c: settings.json as in docs/internals/settings.md, and invalid settings. */
#include "unit.h"

#include "auth_kinds.h"
#include "mem.h"
#include "settings.h"
#include "stream_record.h"

#include <stdio.h>
#include <string.h>

/* The example of docs/internals/settings.md: between ```json and ```. The caller frees. */
static char *documented(void)
{
    auto_buf text = BUF(BUF_SMALL);
    FILE *f = fopen("docs/internals/settings.md", "re");
    const char *from, *to;
    char line[512];

    assert_non_null(f);
    while (fgets(line, sizeof(line), f))
        buf_puts(&text, line);
    (void)fclose(f);
    from = strstr(buf_str(&text), "```json\n");
    assert_non_null(from);
    to = strstr(from + 8, "```");
    assert_non_null(to);
    return xstrndup(from + 8, (size_t)(to - from) - 8);
}

static void test_documented_example(void **state)
{
    auto_free char *text = documented();
    struct settings s;
    struct err e = { 0 };
    (void)state;

    if (settings_parse(text, strlen(text), &s, &e) < 0)
        fail_msg("%s", e.msg);
    assert_string_equal(s.pipeline, "orders-staging");
    assert_string_equal(s.queue, "orders-staging.fifo");
    assert_string_equal(s.dead_letters, "orders-staging-dead.fifo");
    assert_int_equal(s.log_level, LOG_INFO);
    assert_true(s.has_ingest && s.has_drain);
    assert_int_equal(s.ingest.events, EVENT_INSERT);
    assert_int_equal(s.ingest.on_reject, REJECT_BLOCK);
    assert_non_null(s.ingest.group);
    assert_int_equal(s.drain.max_messages, 10);
    assert_true(s.drain.rate_per_s > 4.9 && s.drain.rate_per_s < 5.1);
    assert_int_equal(s.drain.visibility_ms, 90000);
    assert_int_equal(s.drain.retry_after_max_ms, 3600000);
    assert_int_equal(s.drain.n_destinations, 1);
    assert_string_equal(s.drain.destinations[0].idempotency_header, "Idempotency-Key");
    assert_string_equal(s.drain.destinations[0].auth.kind->name, "bearer");
    settings_done(&s);
}

/* Each row changes one thing of the example; the message says where. */
static void test_what_is_wrong(void **state)
{
    static const struct {
        const char *from, *to, *says;
    } rows[] = {
        { "\"version\": 1", "\"version\": 2", "version" },
        { "\"pipeline\": \"orders-staging\"", "\"pipeline\": 1", "pipeline" },
        { "\"queue\": \"orders-staging.fifo\",", "", "queue" },
        { "\"log_level\": \"info\"", "\"log_level\": \"loud\"", "log_level" },
        { "{\"crm-token\": \"/orders-staging/crm-token\"}", "{\"crm-token\": 1}",
          "parameters.crm-token" },
        { "{\"crm-token\": \"/orders-staging/crm-token\"}", "{}", "crm-token" },
        { "[\"INSERT\"]", "[]", "ingest: events" },
        { "[\"INSERT\"]", "[\"UPSERT\"]", "ingest: events[0]" },
        { "${item.customer_id}", "${message.id}", "ingest: group" },
        { "{\"id\": \"${item.id}\"}", "{\"id\": \"${event.size}\"}", "ingest: message" },
        { "\"max_messages\": 10", "\"max_messages\": 0", "drain: max_messages" },
        { "\"rate_per_s\": 5.0", "\"rate_per_s\": \"5/s\"", "drain: rate_per_s" },
        { "\"parallel_groups\": 1", "\"parallel_groups\": 1.5", "drain: parallel_groups" },
        { "\"visibility_ms\": 90000", "\"visibility_ms\": null", "drain: visibility_ms" },
        { "\"parallel_groups\": 1", "\"parallel_groups\": 1, \"retry_after_max_ms\": 43200000",
          "drain: retry_after_max_ms" },
        { "\"on_reject\": \"block\"", "\"on_reject\": \"ignore\"", "on_reject" },
        { "\"dead_letters\": \"orders-staging-dead.fifo\"", "\"dead_letters\": null", NULL },
        { "{\"bearer\"", "{\"magic\"", "drain: destinations[0]: auth" },
        { "\"timeout_ms\": 10000", "\"timeout_ms\": -1", "drain: destinations[0]: timeout_ms" },
    };
    (void)state;

    for (size_t i = 0; i < COUNTOF(rows); i++) {
        auto_free char *text = documented();
        const char *at = strstr(text, rows[i].from);
        auto_free char *changed = NULL;
        struct settings s;
        struct err e = { 0 };

        if (!at)
            fail_msg("docs/internals/settings.md no longer holds '%s'", rows[i].from);
        changed =
            xasprintf("%.*s%s%s", (int)(at - text), text, rows[i].to, at + strlen(rows[i].from));
        if (settings_parse(changed, strlen(changed), &s, &e) != (rows[i].says ? -1 : 0))
            fail_msg("row %zu: '%s'", i, e.msg);
        if (rows[i].says && !strstr(e.msg, rows[i].says))
            fail_msg("row %zu says '%s'", i, e.msg);
        if (rows[i].says)
            assert_int_equal(e.code, ERR_CONFIG);
        settings_done(&s);
    }
}

static void test_halves(void **state)
{
    static const char only[] = "{\"version\": 1, \"pipeline\": \"p\", \"table\": \"t\", \"queue\": "
                               "\"q.fifo\", \"dead_letters\": %s, "
                               "\"ingest\": {\"events\": [\"REMOVE\", \"MODIFY\"], \"group\": "
                               "null, \"message\": null, \"on_reject\": "
                               "\"dead-letter\"}, \"drain\": null}";
    auto_free char *good = xasprintf(only, "\"d.fifo\"");
    auto_free char *bad = xasprintf(only, "null");
    struct settings s;
    struct err e = { 0 };
    (void)state;

    assert_int_equal(settings_parse(good, strlen(good), &s, &e), 0);
    assert_true(s.has_ingest && !s.has_drain);
    assert_null(s.ingest.group);
    assert_null(s.ingest.message);
    assert_int_equal(s.ingest.events, EVENT_REMOVE | EVENT_MODIFY);
    settings_done(&s);
    assert_int_equal(settings_parse(bad, strlen(bad), &s, &e), -1);
    assert_non_null(strstr(e.msg, "dead_letters"));
    settings_done(&s);
}

static void test_no_settings_at_all(void **state)
{
    static const char *const texts[] = { "", "{", "[]", "null", "7", "{\"version\": \"1\"}" };
    struct settings s;
    struct err e = { 0 };
    (void)state;

    for (size_t i = 0; i < COUNTOF(texts); i++) {
        assert_int_equal(settings_parse(texts[i], strlen(texts[i]), &s, &e), -1);
        assert_int_equal(e.code, ERR_CONFIG);
        settings_done(&s);
    }
    assert_int_equal(settings_load("/nowhere/settings.json", &s, &e), -1);
    assert_int_equal(e.code, ERR_IO);
    assert_non_null(strstr(e.msg, "/nowhere/settings.json"));
    settings_done(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_documented_example),
        cmocka_unit_test(test_what_is_wrong),
        cmocka_unit_test(test_halves),
        cmocka_unit_test(test_no_settings_at_all),
    };

    mem_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}

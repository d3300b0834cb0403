/* fuzz_stream_event.c: any bytes as a stream event: records are accepted or refused; accepted ones
 * can be written, and their items are what trees of them say. */
#include "attributes.h"
#include "entry.h"
#include "json.h"
#include "log.h"
#include "mem.h"
#include "typed_trees.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static struct settings settings;
static struct entry_plan plan;

static void start(void)
{
    static const char text[] = "{\"version\": 1, \"pipeline\": \"p\", \"log_level\": \"fatal\", "
                               "\"table\": \"t\", \"queue\": \"q.fifo\", "
                               "\"dead_letters\": \"d.fifo\", \"parameters\": {}, \"drain\": null, "
                               "\"ingest\": {\"events\": [\"INSERT\"], "
                               "\"group\": \"g ${item.id} ${old.id:-}\", \"message\": {\"i\": "
                               "\"${item}\", \"e\": \"${event.time:-}\"}, "
                               "\"on_reject\": \"dead-letter\"}}";
    struct err e;

    mem_init();
    log_setup(LOG_JSON, LOG_FATAL, 2);
    if (settings_parse(text, strlen(text), &settings, &e) < 0)
        abort();
    entry_plan_init(&plan, &settings);
}

/* Everything sent to SQS is JSON with identifiers that SQS accepts. */
static void check(const struct entry *entry)
{
    auto_json json_t *body = NULL;
    struct err e;

    if (entry->state != ENTRY_SEND && entry->state != ENTRY_DEAD)
        return;
    if (exact_parse(entry->body, strlen(entry->body), &body, &e) <
        0) /* numbers may be beyond a double */
        abort();
    for (const char *s = entry->group; *s; s++)
        if (*s <= ' ' || *s > '~')
            abort();
    if (!*entry->group || !*entry->record.id || strlen(entry->record.id) > QUEUE_ID_MAX)
        abort();
}

/* The same text, the same refusals, and each attribute by itself. Without names that occur twice,
 * which trees cannot hold. */
static void compare(const struct json_piece *image)
{
    static const char *const names[] = { "id", "v" };
    struct json_piece values[COUNTOF(names)] = { { 0 } };
    const struct attribute_picks picks = { names, values, COUNTOF(names) };
    const size_t flags = JSON_DECODE_ANY | JSON_ALLOW_NUL | JSON_REJECT_DUPLICATES;
    auto_json json_t *typed = image->s ? json_loadb(image->s, image->n, flags, NULL) : NULL;
    auto_json json_t *plain = NULL;
    auto_buf want = BUF(BUF_LARGE), have = BUF(BUF_LARGE);
    struct err e, other;
    int rc;

    if (!typed)
        return;
    rc = typed_image(typed, &plain, &e);
    if (rc != attributes_text(image, &picks, &have, &other))
        abort();
    if (rc < 0)
        return;
    if (have.len > image->n) /* room is made once */
        abort();
    exact_text(plain, &want);
    if (want.len != have.len || memcmp(buf_str(&want), buf_str(&have), have.len) != 0)
        abort();
    for (size_t i = 0; i < COUNTOF(names); i++) {
        buf_clear(&want);
        if (!json_object_get(plain, names[i]) != !values[i].s)
            abort();
        if (!values[i].s)
            continue;
        exact_text(json_object_get(plain, names[i]), &want);
        if (want.len != values[i].n || memcmp(buf_str(&want), values[i].s, want.len) != 0)
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    const struct json_piece event = { .s = (const char *)data, .n = n };
    struct stream_record *records = NULL;
    auto_json json_t *tree = NULL;
    size_t count;
    struct err e;

    if (!settings.pipeline)
        start();
    if (stream_records_read(&event, &records, &count, &e) < 0)
        return 0;
    tree = json_loadb(event.s, n, JSON_ALLOW_NUL, NULL);
    if (tree && json_array_size(json_object_get(tree, "Records")) != count)
        abort();
    for (size_t i = 0; i < count; i++) {
        struct entry entry = { .record = records[i] };

        compare(&records[i].new_image);
        compare(&records[i].old_image);
        entry_make(&entry, &plan);
        check(&entry);
        entry_done(&entry);
    }
    free(records);
    return 0;
}

/* fuzz_stream_event.c: any bytes as a stream event: records are accepted or refused, and accepted
 * ones can be written. */
#include "entry.h"
#include "json.h"
#include "log.h"
#include "mem.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static struct settings settings;

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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    auto_json json_t *event = NULL;
    const json_t *raw;
    struct err e;
    size_t i;

    if (!settings.pipeline)
        start();
    if (json_parse((const char *)data, n, &event, &e) < 0)
        return 0;
    json_array_foreach(json_object_get(event, "Records"), i, raw) {
        struct entry entry = { 0 };
        if (stream_record_read(raw, &entry.record, &e) < 0)
            continue;
        entry_make(&entry, &settings);
        check(&entry);
        entry_done(&entry);
    }
    return 0;
}

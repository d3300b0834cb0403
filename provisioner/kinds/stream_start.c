/* stream_start.c: the moment from which records become messages: wanted, stored and shown. */
#include "kinds/stream_start.h"

#include "clock.h"
#include "kinds/tools.h"

#include <stdio.h>
#include <string.h>

int64_t start_read(const char *text)
{
    int64_t ms = text ? clock_parse_date(text) : -1;

    return ms < 0 ? START_NOT_KNOWN : ms / 1000;
}

static int64_t earlier(int64_t a, int64_t b)
{
    if (a == START_NOT_KNOWN || b == START_NOT_KNOWN)
        return a == START_NOT_KNOWN ? b : a;
    return a < b ? a : b;
}

bool start_is_kept(const struct config_start *s)
{
    return s && s->kind == START_NOW;
}

int64_t start_kept(const json_t *function, const json_t *mappings)
{
    int64_t kept =
        start_read(jget_path_str(function, "Configuration.Environment.Variables." START_VARIABLE));
    json_t *tags;
    size_t i;

    json_array_foreach((json_t *)mappings, i, tags)
        kept = earlier(kept, start_read(jget_str(tags, START_TAG)));
    return kept == START_NOT_KNOWN && json_array_size(mappings) ? START_OF_STREAM : kept;
}

int64_t start_wanted(const struct ctx *c, const struct config_start *s, int64_t kept)
{
    switch (s ? s->kind : START_UNSET) {
    case START_TIME: return s->at_s;
    case START_NOW: return kept == START_NOT_KNOWN ? c->began_ms / 1000 : kept;
    case START_UNSET:
    case START_OLDEST: break;
    }
    return START_OF_STREAM;
}

void start_put(json_t *o, const char *key, int64_t moment)
{
    char text[CLOCK_TEXT];

    if (moment == START_OF_STREAM)
        return;
    clock_rfc3339(moment * 1000, text);
    put_text(o, key, "%.19sZ", text);
}

/* The label of a stream is the time it was enabled: .../stream/2026-01-31T08:00:00.123 */
static int64_t switched_on_ms(const char *stream)
{
    const char *label = stream ? strstr(stream, "/stream/") : NULL;
    char text[CLOCK_TEXT];

    if (!label)
        return -1;
    (void)snprintf(text, sizeof(text), "%.19sZ", label + strlen("/stream/"));
    return clock_parse_date(text);
}

void start_of_mapping(const struct state *s, struct start_of_mapping *out)
{
    const char *stream = jget_str(s->facts, "stream");
    int64_t moment = start_read(jget_path_str(s->want, "Tags." START_TAG));

    *out = (struct start_of_mapping){
        .stream = stream,
        .stream_on_ms = switched_on_ms(stream),
        .again = jget_bool(s->facts, "function", false),
        .moment = moment == START_NOT_KNOWN ? START_OF_STREAM : moment,
    };
}

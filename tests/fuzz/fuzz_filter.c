/*
 * fuzz_filter.c: the first line is a filter pattern, the rest an event, both JSON. An accepted
 * pattern matches or does not, stays valid when events are added, and is JSON as text.
 */
#include "config/filter.h"
#include "json.h"
#include "mem.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { PATTERN_MAX = 4096 }; /* as check does */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void count(void *arg, const char *path, const char *text)
{
    size_t *problems = arg;

    if (!path || !*text)
        abort();
    ++*problems;
}

static bool sound(const json_t *pattern)
{
    size_t problems = 0;

    filter_check(pattern, "", count, &problems);
    return problems == 0;
}

static void look(const json_t *pattern, const json_t *event)
{
    auto_json json_t *again = NULL, *events = json_pack("[s]", "INSERT"),
                     *patterns = json_pack("[O]", pattern),
                     *with_events = filter_for_events(pattern, events);
    auto_free char *text = filter_text(pattern);

    struct err e;

    if (json_parse(text, strlen(text), &again, &e) < 0 || !sound(with_events))
        abort();
    if (filter_pass(patterns, event) != filter_match(pattern, event))
        abort();
    if (filter_match(with_events, event) && !filter_match(pattern, event))
        abort();
    (void)filter_needs_image(patterns, "OldImage");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    const char *text = (const char *)data, *end = memchr(data, '\n', n);
    size_t len = end ? (size_t)(end - text) : n;
    auto_json json_t *pattern = NULL, *event = NULL;
    struct err e;

    if (!end || len > PATTERN_MAX || json_parse(text, len, &pattern, &e) < 0)
        return 0;
    if (json_parse(end + 1, n - len - 1, &event, &e) < 0)
        return 0;
    if (json_is_object(pattern) && sound(pattern))
        look(pattern, event);
    return 0;
}

/* fuzz_settings.c: any bytes as settings.json, and a request with whatever destinations they
 * describe. */
#include "json.h"
#include "mem.h"
#include "settings.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void make_requests(const struct settings *s)
{
    static const char text[] =
        "{\"id\": \"a/b\", \"total\": 1.10, \"list\": [1, null], \"deep\": {\"x\": \"\\r\\n\"}}";
    auto_json json_t *message = NULL;
    struct err e;

    if (exact_parse(text, strlen(text), &message, &e) < 0)
        return;
    for (size_t i = 0; i < s->drain.n_destinations; i++) {
        struct outgoing m = { .id = "id",
                              .group = "g",
                              .sequence = "1",
                              .attempt = 1,
                              .text = text,
                              .text_len = strlen(text),
                              .message = message };
        struct destination_request q;
        auto_json json_t *used = json_object();

        destination_parameters(&s->drain.destinations[i], used);
        if (destination_request(&s->drain.destinations[i], &m, &q, &e) == 0)
            destination_request_done(&q);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static bool ready;
    struct settings s;
    struct err e;

    if (!ready)
        mem_init();
    ready = true;
    if (settings_parse((const char *)data, n, &s, &e) == 0)
        make_requests(&s);
    settings_done(&s);
    return 0;
}

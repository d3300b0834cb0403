/* fuzz_oauth2.c: any bytes as the answer of a token endpoint; the first one selects the status. An
 * accepted token is valid in a header, and an error is one line. */
#include "mem.h"
#include "oauth2.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const int statuses[] = { 200, 200, 201, 302, 400, 401, 500 };
    auto_free char *body = size ? xstrndup((const char *)data + 1, size - 1) : xstrdup("");
    struct http_response r = { .status = statuses[size ? data[0] % COUNTOF(statuses) : 0],
                               .body = body,
                               .body_len = strlen(body) };
    struct oauth2_token t = { 0 };
    struct err e = { 0 };

    if (oauth2_answer(&r, &t, &e) < 0) {
        if (t.value || e.status != r.status || !e.msg[0])
            abort();
        for (const char *s = e.msg; *s; s++)
            if (*s < ' ' || *s > '~')
                abort();
        return 0;
    }
    if (!t.value[0] || t.lasts_ms < 0 || t.lasts_ms > 86400000)
        abort();
    for (const char *s = t.value; *s; s++)
        if (*s <= ' ' || *s > '~')
            abort();
    free_cleansed(t.value);
    return 0;
}

/* fuzz_endpoints.c: a region and a URL, one line each, as in settings. Accepted input gives an
 * endpoint with distinct parts. */
#include "aws_endpoints.h"
#include "aws_wire.h"
#include "mem.h"

#include <stdlib.h>
#include <string.h>

static void look(const struct aws_endpoints *s, const char *region)
{
    for (int id = 0; id < AWS_IDS; id++) {
        struct aws_endpoint_parts parts;
        struct aws_where w = { 0 };
        struct err e = { 0 };

        if (aws_endpoint_find(s, (enum aws_id)id, region, &w, &e) < 0)
            continue;
        if (aws_endpoint_split(w.url, &parts, &e) < 0)
            abort();
        free(w.url);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    auto_free char *region = xstrndup((const char *)data, size);
    char *url = strchr(region, '\n');
    struct aws_endpoints s = { 0 };
    struct err e = { 0 };

    if (!url)
        return 0;
    *url++ = '\0';
    s.fips = aws_region_plain(region);
    s.dual_stack = size % 2;
    s.sts_global = size % 3;
    if (aws_region_check(region, &e) == 0) {
        look(&s, region);
        if (aws_endpoints_set_rest(&s, url, "the fuzzer", &e) == 0)
            look(&s, region);
    }
    aws_endpoints_done(&s);
    return 0;
}

/* fuzz_exact.c: JSON input whose numbers keep their digits: what is read and written is read the
 * same again. */
#include "json.h"
#include "mem.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static bool ready;
    struct err e;
    auto_json json_t *first = NULL, *second = NULL;
    auto_buf out = BUF(BUF_LARGE);

    if (!ready)
        mem_init();
    ready = true;
    if (exact_parse((const char *)data, n, &first, &e) < 0)
        return 0;
    exact_text(first, &out);
    if (exact_parse(buf_str(&out), out.len, &second, &e) < 0 || !json_equal(first, second))
        abort();
    return 0;
}

/* fuzz_json.c: the reader and the writer beside jansson's: the same values, the same refusals, the
 * same text. */
#include "json.h"
#include "json_scan.h"
#include "json_write.h"
#include "mem.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* jansson refuses U+0000 in names, which json_parse replaces; and what else it says is of no use.
 */
static bool is_about_names(const json_error_t *why)
{
    return json_error_code(why) == json_error_null_byte_in_key;
}

static bool is_about_range(const json_error_t *why)
{
    return json_error_code(why) == json_error_numeric_overflow;
}

/* Each member's text read on its own is what the whole was. */
static void check_pieces(const char *text, size_t n)
{
    struct json_scan scan;
    struct json_piece name, value, again;

    json_scan_start(&scan, text, n);
    if (json_scan_peek(&scan) != '{' || !json_scan_open(&scan, '{'))
        return;
    while (json_scan_member(&scan, &name)) {
        struct json_scan inner;

        if (!json_scan_skip(&scan, &value))
            return;
        json_scan_start(&inner, value.s, value.n);
        if (!json_scan_skip(&inner, &again) || again.n != value.n || !json_scan_ended(&inner))
            abort();
    }
}

static void check_text(const json_t *value, const char *text, size_t n)
{
    char *want = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
    auto_free char *have = json_text(value);
    auto_json json_t *again = NULL;
    auto_buf compact = BUF(BUF_LARGE);
    struct json_piece all = { .s = text, .n = n };

    if (!want || strcmp(want, have) != 0)
        abort();
    free_cleansed(want);
    json_write_compact(&all, &compact);
    again = json_loadb(buf_str(&compact), compact.len, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
    if (!again || !json_equal(again, value))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    const char *text = (const char *)data;
    json_error_t why = { 0 };
    struct err e;
    struct json_scan scan;
    struct json_piece all;
    bool valid;
    auto_json json_t *want = NULL, *have = NULL, *exact = NULL;

    mem_init();
    want = json_loadb(text, n, JSON_DECODE_ANY | JSON_ALLOW_NUL, &why);
    json_scan_start(&scan, text, n);
    valid = json_scan_skip(&scan, &all) && json_scan_ended(&scan);
    if (want && !valid && memchr(text, '\0', n))
        return 0; /* jansson 2.14 skips a byte 0 after a number, which RFC 8259 forbids */
    if (want ? !valid : valid && !is_about_names(&why) && !is_about_range(&why))
        abort();
    if (valid != (exact_parse(text, n, &exact, &e) == 0))
        abort();
    if (json_parse(text, n, &have, &e) == 0 ? !want && !is_about_names(&why) : want != NULL)
        abort();
    if (want && !json_equal(want, have))
        abort();
    if (want)
        check_text(want, text, n);
    if (valid)
        check_pieces(text, n);
    return 0;
}

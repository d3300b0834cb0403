/*
 * fuzz_aws_error.c: any error answer becomes one line of text. The first byte selects the header,
 * the first line is its value, the rest is the body.
 */
#include "aws_wire.h"
#include "mem.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_line(const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text < ' ')
            abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const names[] = { "x-amzn-errortype", "x-amzn-query-error",
                                         "x-amzn-requestid", "x-amz-request-id" };
    static const struct aws a = { .creds = { .provider = "environment" } };
    auto_free char *text = xstrndup((const char *)data, size); /* bodies end with a NUL */
    size_t pick = size ? data[0] % COUNTOF(names) : 0, line = strcspn(text, "\n");
    auto_free char *value = xstrndup(text + (size > 0), line - (size > 0 && line > 0));
    struct http_header header = { names[pick], value };
    struct http_response r = { .status = 400, .headers = &header, .n_headers = 1 };
    struct err e = { 0 };

    r.body = text[line] ? text + line + 1 : text + line;
    r.body_len = size - (size_t)(r.body - text);
    if (aws_error(&a, &aws_sqs, "X", "env", &r, &e) != -1 || e.code == ERR_OK || !e.msg[0])
        abort();
    check_line(e.msg);
    check_line(e.aws_code);
    check_line(e.request_id);
    return 0;
}

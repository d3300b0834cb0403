/* sigv4_probe.c: the signer, for tests: one JSON request a line in, each stage of its signature as
 * one JSON line out. */
#include "encode.h"
#include "json.h"
#include "mem.h"
#include "sigv4.h"

#include <stdio.h>

static size_t headers_read(const json_t *in, struct http_header *headers, size_t most)
{
    const json_t *list = jget_array(in, "headers"), *pair;
    size_t i;

    json_array_foreach(list, i, pair) {
        if (i < most)
            headers[i] = (struct http_header){
                .name = json_string_value(json_array_get(pair, 0)),
                .value = json_string_value(json_array_get(pair, 1)),
            };
    }
    return json_array_size(list) < most ? json_array_size(list) : most;
}

static json_t *stages(const struct sigv4_request *q, const struct sigv4_scope *s)
{
    auto_free char *authorization = sigv4_authorization(q, s);
    auto_buf canonical = BUF(BUF_LARGE);
    auto_buf text = BUF(BUF_LARGE);
    char signature[65];

    sigv4_canonical_request(q, &canonical);
    sigv4_string_to_sign(s, buf_str(&canonical), canonical.len, &text);
    sigv4_signature(s, buf_str(&text), text.len, signature);
    return json_pack("{s:s, s:s, s:s, s:s}", "canonical_request", buf_str(&canonical),
                     "string_to_sign", buf_str(&text), "signature", signature, "authorization",
                     authorization);
}

static json_t *answer(const json_t *in)
{
    struct http_header headers[64];
    size_t n = 0;
    const char *text = jget_str(in, "body_base64");
    auto_free unsigned char *body = base64_decode(text ? text : "", &n);
    struct sigv4_request q = {
        .method = jget_str(in, "method"),
        .path = jget_str(in, "path"),
        .query = jget_str(in, "query"),
        .headers = headers,
        .n_headers = headers_read(in, headers, COUNTOF(headers)),
        .body = body,
        .body_len = n,
    };
    struct sigv4_scope s = {
        .key_id = jget_str(in, "key_id"),
        .secret = jget_str(in, "secret"),
        .region = jget_str(in, "region"),
        .service = jget_str(in, "service"),
        .time = jget_str(in, "time"),
    };

    return stages(&q, &s);
}

int main(void)
{
    auto_free char *line = NULL;
    size_t room = 0;
    ssize_t n;

    mem_init();
    while ((n = getline(&line, &room, stdin)) > 0) {
        auto_json json_t *in = NULL;
        auto_json json_t *out = NULL;
        auto_free char *text = NULL;
        struct err e = { 0 };

        if (json_parse(line, (size_t)n, &in, &e) < 0) {
            (void)fprintf(stderr, "sigv4_probe: %s\n", e.msg);
            return 1;
        }
        out = answer(in);
        text = json_text(out);
        if (!text || puts(text) < 0 || fflush(stdout))
            return 1;
    }
    return 0;
}

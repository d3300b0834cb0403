/*
 * fuzz_template.c: the first line is a template, the rest the values (JSON). Whatever the values
 * are, they stay in their place: a url keeps its separators, a header its line, and a document
 * stays JSON.
 */
#include "mem.h"
#include "template.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void count_literal(void *arg, const char *literal, const char *path)
{
    size_t *n = arg;

    (void)path;
    for (; literal && *literal; literal++)
        *n += strchr("/?#&=:@", *literal) != NULL;
}

static void check_url(const struct template *t, const json_t *values)
{
    auto_buf out = BUF(BUF_LARGE);
    size_t literal = 0, rendered = 0;
    struct err e;

    if (template_render_text(t, values, TEMPLATE_URL, &out, &e) < 0)
        return;
    template_each_part(t, count_literal, &literal);
    for (size_t i = 0; i < out.len; i++)
        rendered += out.s[i] && strchr("/?#&=:@", out.s[i]) != NULL;
    if (rendered != literal)
        abort();
}

static void count_markup(void *arg, const char *literal, const char *path)
{
    size_t *n = arg;

    (void)path;
    for (; literal && *literal; literal++)
        *n += strchr("<>\"'", *literal) != NULL;
}

static void check_xml(const struct template *t, const json_t *values)
{
    auto_buf out = BUF(BUF_LARGE);
    size_t literal = 0, rendered = 0;
    struct err e;

    if (template_render_text(t, values, TEMPLATE_XML, &out, &e) < 0)
        return;
    template_each_part(t, count_markup, &literal);
    count_markup(&rendered, buf_str(&out), NULL);
    if (rendered != literal)
        abort();
}

static void check_header(const struct template *t, const json_t *values)
{
    auto_buf out = BUF(BUF_LARGE);
    struct err e;

    if (template_render_text(t, values, TEMPLATE_HEADER, &out, &e) == 0 &&
        (strlen(buf_str(&out)) != out.len || strpbrk(buf_str(&out), "\r\n")))
        abort();
}

/* Written and read again, the result is the same. */
static void check_document(const struct template *t, const json_t *values)
{
    auto_json json_t *out = NULL, *again = NULL;
    auto_buf text = BUF(BUF_LARGE);
    struct err e;

    if (template_render(t, values, &out, &e) < 0)
        return;
    exact_text(out, &text);
    if (exact_parse(buf_str(&text), text.len, &again, &e) < 0 || !json_equal(out, again))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static bool ready;
    const char *text = (const char *)data, *end = memchr(data, '\n', n);
    size_t len = end ? (size_t)(end - text) : n;
    auto_free char *first = xstrndup(text, len);
    auto_json json_t *values = NULL, *document = NULL;
    struct template *t = NULL;
    struct err e;

    if (!ready)
        mem_init();
    ready = true;
    if (!end || exact_parse(end + 1, n - len - 1, &values, &e) < 0)
        values = json_object();
    if (template_compile_text(first, &t, &e) == 0) {
        check_url(t, values);
        check_header(t, values);
        check_xml(t, values);
        check_document(t, values);
        template_free(t);
    }
    document = json_loads(first, 0, NULL);
    if (document && template_compile(document, &t, &e) == 0) {
        check_document(t, values);
        template_free(t);
    }
    return 0;
}

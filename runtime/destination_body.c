/*
 * destination_body.c: the body of a request out of its template: JSON, a form, text or XML. Values
 * stay values: what a message supplies is encoded for its place.
 */
#include "destination.h"

#include <string.h>

static const struct {
    const char *content_type;
    enum template_use use; /* for types that are one text */
} types[] = {
    [BODY_JSON] = { "application/json", TEMPLATE_PLAIN },
    [BODY_FORM] = { "application/x-www-form-urlencoded", TEMPLATE_PLAIN },
    [BODY_TEXT] = { "text/plain; charset=utf-8", TEMPLATE_PLAIN },
    [BODY_XML] = { "application/xml", TEMPLATE_XML },
};

const char *body_content_type(enum body_type type)
{
    return types[type].content_type;
}

/* name=value, or nothing for null. */
static int form_pair(const char *name, size_t n, const json_t *value, struct buf *out,
                     struct err *e)
{
    size_t value_n;
    const char *text = exact_scalar(value, &value_n);

    if (json_is_null(value))
        return 0;
    if (!text)
        return err_set(e, ERR_PARSE,
                       "'%.60s' is %s; a form holds texts, numbers, true, false, null and lists of "
                       "these",
                       name, json_is_array(value) ? "a list in a list" : "an object");
    if (out->len)
        buf_putc(out, '&');
    buf_uri(out, name, n, false);
    buf_putc(out, '=');
    buf_uri(out, text, value_n, false);
    return 0;
}

static int form_member(const char *key, const json_t *value, struct buf *out, struct err *e)
{
    auto_json json_t *marked = json_string_nocheck(key);
    size_t n, i;
    const char *name = exact_scalar(marked, &n);
    const json_t *element;

    if (!json_is_array(value))
        return form_pair(name, n, value, out, e);
    json_array_foreach(value, i, element)
        if (form_pair(name, n, element, out, e) < 0)
            return -1;
    return 0;
}

/* https://url.spec.whatwg.org/#application/x-www-form-urlencoded */
static int put_form(const json_t *body, struct buf *out, struct err *e)
{
    const char *key;
    json_t *value;

    if (!json_is_object(body))
        return err_set(e, ERR_PARSE, "expected an object to make a form from");
    json_object_foreach((json_t *)body, key, value)
        if (form_member(key, value, out, e) < 0)
            return -1;
    return 0;
}

int body_render(const struct destination *d, const json_t *values, struct buf *out, struct err *e)
{
    auto_json json_t *body = NULL;

    if (d->body_type == BODY_TEXT || d->body_type == BODY_XML)
        return template_render_text(d->body, values, types[d->body_type].use, out, e);
    if (template_render(d->body, values, &body, e) < 0)
        return -1;
    if (d->body_type == BODY_FORM)
        return put_form(body, out, e);
    exact_text(body, out);
    return 0;
}

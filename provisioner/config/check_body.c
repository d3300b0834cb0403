/* check_body.c: whether a destination's body fits its type, and its Content-Type fits both. */
#include "config/check.h"

#include "contract.h"
#include "mem.h"

#include <string.h>
#include <strings.h>

static void count_part(void *arg, const char *literal, const char *path)
{
    size_t *n = arg;

    (void)path;
    *n += literal ? 2 : 1;
}

/* "${message}": its value is known only when it is rendered. */
static bool is_one_placeholder(const json_t *value)
{
    const char *text = json_string_value(value);
    struct template *t = NULL;
    size_t n = 0;
    struct err e;

    if (text && strstr(text, "${") && template_compile_text(text, &t, &e) == 0)
        template_each_part(t, count_part, &n);
    template_free(t);
    return n == 1;
}

static void check_form_value(const struct check *c, const char *path, const json_t *value,
                             bool in_list)
{
    const json_t *element;
    size_t i;

    if (json_is_object(value) || (in_list && json_is_array(value)))
        check_wrong(c, path,
                    "a form cannot hold maps or nested lists; use the receiver's name, such as "
                    "\"address[city]\", or ${...:tojson}");
    if (in_list)
        return;
    json_array_foreach(value, i, element) {
        auto_free char *at = xasprintf("%s[%zu]", path, i);
        check_form_value(c, at, element, true);
    }
}

static void check_form(const struct check *c, const char *path, const json_t *body)
{
    const char *name;
    json_t *value;

    if (!json_is_object(body) && !is_one_placeholder(body)) {
        check_wrong(c, path,
                    "expected a map of the form's fields, such as {id: \"${message.id}\"}; values "
                    "are encoded");
        return;
    }
    json_object_foreach((json_t *)body, name, value) {
        auto_free char *at = xasprintf("%s.%s", path, name);
        check_form_value(c, at, value, false);
    }
}

/* Without parameters, which begin with ';'. NULL: there is none, or it is not known yet. */
static const char *content_type(const json_t *destination)
{
    const char *name;
    json_t *value;

    json_object_foreach(jget_obj(destination, "headers"), name, value)
        if (strcasecmp(name, "Content-Type") == 0 && json_is_string(value) &&
            !strstr(json_string_value(value), "${"))
            return json_string_value(value);
    return NULL;
}

static bool has_ending(const char *type, size_t n, const char *ending)
{
    return n >= strlen(ending) &&
           strncasecmp(type + n - strlen(ending), ending, strlen(ending)) == 0;
}

/* The body_type of a Content-Type; BODY_JSON: JSON, or unclear. */
static enum body_type type_meant(const char *type, const json_t *body)
{
    size_t n = strcspn(type, "; \t");

    if (has_ending(type, n, "/json") || has_ending(type, n, "+json"))
        return BODY_JSON;
    if (has_ending(type, n, "/x-www-form-urlencoded"))
        return BODY_FORM;
    if (has_ending(type, n, "/xml") || has_ending(type, n, "+xml"))
        return BODY_XML;
    return json_is_string(body) ? BODY_TEXT : BODY_JSON;
}

/* JSON quotes a text; receivers of forms or XML may accept that with a 2xx. */
static void check_json(const struct check *c, const char *path, const json_t *destination,
                       const json_t *body)
{
    const char *type = content_type(destination);
    enum body_type meant = type ? type_meant(type, body) : BODY_JSON;

    if (meant != BODY_JSON)
        check_wrong(c, path,
                    "this is sent as JSON, but Content-Type says '%.60s'; add body_type: %s", type,
                    body_type_words[meant]);
}

void check_body(const struct check *c, const char *path, const json_t *destination)
{
    const char *type = jget_str(destination, "body_type");
    int number = word_number(body_type_words, type);
    const json_t *body = json_object_get(destination, "body");
    auto_free char *at = xasprintf("%s.body", path);

    if (number < 0 || (!body && json_object_get(c->positions, at)))
        return; /* reported already */
    if (number == BODY_JSON)
        check_json(c, at, destination, body);
    else if (!body || json_is_null(body))
        check_wrong(c, at, "missing; body_type: %s requires it", type);
    else if (number == BODY_FORM)
        check_form(c, at, body);
    else if (!json_is_string(body))
        check_wrong(c, at, "body_type: %s expects one text, such as \"${message.text}\"", type);
}

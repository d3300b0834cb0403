/*
 * template.h: JSON documents whose strings hold ${path}: compiled once, rendered often.
 *
 * A string that is exactly one placeholder takes the value with its type; inside a longer string a
 * placeholder is the scalar's text. ${a.b[0].c}, ${a.b:-default}, $${ for a literal ${. Values are
 * exact trees (json.h): numbers keep their digits, and whatever comes from outside can only ever be
 * a value, never syntax. ${a:fromjson.b} looks into a text that is JSON, ${a:tojson} is a value as
 * JSON text.
 */
#ifndef FIFOQ_TEMPLATE_H
#define FIFOQ_TEMPLATE_H

#include "json.h"

/*
 * The grammar: a name of letters, digits, _ and -, then any number of .name, [index], ["any name"]
 * (a JSON string), :fromjson and :tojson, then perhaps :- and a default: true, false, null and
 * numbers are typed, "a JSON string" may hold '}', all else is text up to '}'. A member that is
 * null is there; a default stands in only for what is missing.
 */
struct template; /* opaque, immutable: render from any thread */

/* document: any JSON (plain jansson tree, e.g. from YAML or settings.json; only read). Errors
 * (ERR_CONFIG) say which placeholder of which string is wrong and what is allowed. */
CHECKED int template_compile(const json_t *document, struct template **out, struct err *e);
/* The same for one string. */
CHECKED int template_compile_text(const char *text, struct template **out, struct err *e);
void template_free(struct template *t);

/* Every path's root must be in roots (ended by NULL), else ERR_CONFIG with a "did you mean";
 * `param` and `event` style roots may restrict their second step, which is then required: the rows'
 * `members` (ended by NULL; NULL: anything; an empty list: the root is one value and has no second
 * step). */
struct template_root {
    const char *name;
    const char *const *members;
};
CHECKED int template_check(const struct template *t, const struct template_root *roots,
                           struct err *e);

/* The values: an object with one member a root (exact tree, borrowed). A path that does not resolve
 * and has no default is ERR_NOT_FOUND, with the path in the message; a value of the wrong shape (an
 * object inside a longer string, a text for fromjson that is not JSON) is ERR_PARSE. Neither
 * message holds a value. *out is an exact tree, the caller's. */
CHECKED int template_render(const struct template *t, const json_t *values, json_t **out,
                            struct err *e);

/* For a template that is one string: where the text goes decides how values are escaped. */
enum template_use {
    TEMPLATE_PLAIN, /* as is: group ids, parameter values */
    TEMPLATE_URL,   /* values percent-encoded (RFC 3986: all but unreserved); ERR_PARSE when a value
                       makes a segment of the path empty, '.' or '..', or null stands in it */
    TEMPLATE_XML,   /* values escaped for XML; ERR_PARSE when one holds what XML cannot */
    TEMPLATE_HEADER, /* ERR_PARSE when the whole holds CR, LF, NUL or another control character but
                        TAB */
};
CHECKED int template_render_text(const struct template *t, const json_t *values,
                                 enum template_use use, struct buf *out, struct err *e);

/* Calls fn for each placeholder: root and the whole path as written ("param.crm-token"). */
void template_each_path(const struct template *t,
                        void (*fn)(void *arg, const char *root, const char *path), void *arg);

/* For a template that is one string: calls fn for each part in order: literal text (then path is
 * NULL) or a placeholder (then literal is NULL). */
void template_each_part(const struct template *t,
                        void (*fn)(void *arg, const char *literal, const char *path), void *arg);

/* Adds to values (an exact tree) a text for each placeholder that has no value yet, so that the
 * template can be rendered. False: two placeholders contradict each other (one wants a text where
 * another looks below it), so that only messages with other values can be rendered, or none. */
bool template_sample(const struct template *t, json_t *values);

#endif

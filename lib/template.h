/*
 * template.h: JSON documents whose strings hold ${path}: compiled once, rendered often.
 *
 * A string that is exactly one placeholder becomes the value with its type; inside a longer string
 * a placeholder becomes the scalar's text. ${a.b[0].c}, ${a.b:-default}, $${ for a literal ${.
 * Values are exact trees (json.h): numbers keep their digits, and data from outside is only ever a
 * value, never syntax. ${a:fromjson.b} parses a text that is JSON, ${a:tojson} is a value as JSON
 * text.
 */
#ifndef FIFOQ_TEMPLATE_H
#define FIFOQ_TEMPLATE_H

#include "json.h"

/*
 * The grammar: a name of letters, digits, _ and -, then any number of .name, [index], ["any name"]
 * (a JSON string), :fromjson and :tojson, then optionally :- and a default: true, false, null and
 * numbers are typed, "a JSON string" may hold '}', all else is text up to '}'. A null member is
 * present; a default replaces only a missing one.
 */
struct template; /* opaque, immutable: render from any thread */

/* document: any JSON (plain jansson tree, such as from YAML or settings.json; only read). Errors
 * (ERR_CONFIG) name the invalid placeholder, its string, and what is allowed. */
CHECKED int template_compile(const json_t *document, struct template **out, struct err *e);
/* The same for one string. */
CHECKED int template_compile_text(const char *text, struct template **out, struct err *e);
void template_free(struct template *t);

/* Every path's root must be in roots (ended by NULL), else ERR_CONFIG with a "did you mean". A
 * root's `members` (ended by NULL) are the names allowed as second step, which is then required;
 * NULL: any name; an empty list: the root is one value and has no second step. */
struct template_root {
    const char *name;
    const char *const *members;
};
CHECKED int template_check(const struct template *t, const struct template_root *roots,
                           struct err *e);

/* values: an object with one member per root (exact tree, borrowed). A path that does not resolve
 * and has no default is ERR_NOT_FOUND, with the path in the message; a value of the wrong shape (an
 * object inside a longer string, an invalid JSON text for fromjson) is ERR_PARSE. Neither message
 * holds a value. *out is an exact tree, the caller's. */
CHECKED int template_render(const struct template *t, const json_t *values, json_t **out,
                            struct err *e);

/* For a template that is one string: the text's use decides how values are escaped. */
enum template_use {
    TEMPLATE_PLAIN, /* unchanged: group ids, parameter values */
    TEMPLATE_URL,   /* values percent-encoded (RFC 3986: all but unreserved); ERR_PARSE when a value
                       makes a segment of the path empty, '.' or '..', or is null in the path */
    TEMPLATE_XML,   /* values escaped for XML; ERR_PARSE when XML cannot hold one */
    TEMPLATE_HEADER, /* ERR_PARSE when the whole text holds CR, LF, NUL or another control character
                        but TAB */
};
CHECKED int template_render_text(const struct template *t, const json_t *values,
                                 enum template_use use, struct buf *out, struct err *e);

/* Calls fn for each placeholder: root and the whole path as written ("param.crm-token"). */
void template_each_path(const struct template *t,
                        void (*fn)(void *arg, const char *root, const char *path), void *arg);

/* Calls fn for each placeholder: its root, and the member of the root that it uses, a key of an
 * exact tree; NULL: the root's value itself. */
void template_each_use(const struct template *t,
                       void (*fn)(void *arg, const char *root, const char *member), void *arg);

/* For a template that is one string: calls fn for each part in order: literal text (then path is
 * NULL) or a placeholder (then literal is NULL). */
void template_each_part(const struct template *t,
                        void (*fn)(void *arg, const char *literal, const char *path), void *arg);

/* Adds to values (an exact tree) a text for each placeholder without a value, so that the template
 * can be rendered. False: two placeholders contradict each other (one needs a text where another
 * needs its members), so that only messages with other values can be rendered, or none. */
bool template_sample(const struct template *t, json_t *values);

#endif

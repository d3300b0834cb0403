/* json.h: getters over jansson whose errors name what is missing, and JSON whose numbers keep their
 * digits. */
#ifndef FIFOQ_JSON_H
#define FIFOQ_JSON_H

#include "buf.h"
#include "err.h"

#include <jansson.h>

/* Released when the variable leaves its scope; initialise it where it is declared. */
#define auto_json __attribute__((cleanup(json_decrefp)))

/* Borrowed, or NULL (false, fallback) when absent or of another type; o may be NULL. */
const char *jget_str(const json_t *o, const char *key);
json_t *jget_obj(const json_t *o, const char *key);
json_t *jget_array(const json_t *o, const char *key);
bool jget_bool(const json_t *o, const char *key, bool fallback);
json_int_t jget_int(const json_t *o, const char *key, json_int_t fallback);
/* Follows names separated by dots: jget_path(o, "Configuration.State"). Borrowed or NULL. */
json_t *jget_path(const json_t *o, const char *path);
const char *jget_path_str(const json_t *o, const char *path);

/* The same, but a missing value is an error (ERR_PARSE) that names the key. */
CHECKED int jneed_str(const json_t *o, const char *key, const char **out, struct err *e);
CHECKED int jneed_obj(const json_t *o, const char *key, json_t **out, struct err *e);

/* Any value at the top; numbers as jansson has them (beyond its range: ERR_PARSE); U+0000 in a name
 * becomes U+FFFD; the last of several members of one name counts. One-line errors (ERR_PARSE) with
 * line and column. *out is the caller's. */
CHECKED int json_parse(const char *text, size_t n, json_t **out, struct err *e);
/* Whether JSON text is nested deeper than 128 levels: DynamoDB allows 32, and deeper levels would
 * cost stack in every walk. */
bool json_too_deep(const char *text);
/* Compact text, keys in order of insertion; the caller frees (free_cleansed when it holds secrets).
 * NULL for NULL. */
char *json_text(const json_t *value);
/* Compact text with sorted keys: equal values give equal texts. */
char *json_canonical(const json_t *value);

/*
 * Exact numbers. DynamoDB numbers have up to 38 digits; jansson has doubles. exact_parse returns a
 * tree in which each number is a marked string that keeps its digits, and exact_text writes it back
 * as a number. Strings from outside that look marked are protected. The marks never leave the
 * process.
 */
CHECKED int exact_parse(const char *text, size_t n, json_t **out, struct err *e);
/* Appends compact JSON; marked strings become numbers or the protected strings they represent. */
void exact_text(const json_t *value, struct buf *out);
/* Of a text that is known to be a number. */
json_t *exact_digits(const char *digits, size_t n);
/* A value that is known as compact JSON text only; exact_text writes it as it is. It counts as an
 * object or array without members. */
json_t *exact_unparsed(const char *text, size_t n);
/* A marked number, or a plain (protected) string when digits is not a JSON number (RFC 8259 section
 * 6). */
json_t *exact_number(const char *digits);
/* A string from outside, protected when needed. */
json_t *exact_string(const char *s, size_t n);
/* A scalar's text inside a longer string: string content, digits, true, false, null; NULL for
 * objects and arrays. Borrowed: valid while value lives. *n is its length. */
const char *exact_scalar(const json_t *value, size_t *n);
bool exact_is_number(const json_t *value);

#endif

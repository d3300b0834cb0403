/*
 * json_scan.h: reads JSON text piece by piece, without a tree. Each byte is looked at once, and all
 * of it is checked: RFC 8259, UTF-8 (RFC 3629), pairs of surrogates, JSON_SCAN_DEEPEST levels. It
 * accepts what jansson accepts with JSON_DECODE_ANY and JSON_ALLOW_NUL, and besides it numbers of
 * any size and U+0000 in names.
 */
#ifndef FIFOQ_JSON_SCAN_H
#define FIFOQ_JSON_SCAN_H

#include "buf.h"

#include <stdint.h>
#include <string.h>

enum { JSON_SCAN_DEEPEST = 2048 }; /* levels, a scalar being one */

/* A piece of the text, borrowed from it. */
struct json_piece {
    const char *s; /* NULL: missing */
    size_t n;
    bool escaped; /* the content of a string, with escapes in it */
};

/* Where the reader is. A failure stays: each later call fails too. */
struct json_scan {
    const char *at, *end;
    int depth;  /* open arrays and objects */
    bool first; /* right after an opening bracket */
    bool failed;
};

void json_scan_start(struct json_scan *s, const char *text, size_t n);

/* The next value's first character, after spaces: one of {["tfn-0123456789 for JSON; 0 at the end
 * of the text or after a failure. */
char json_scan_spaces(struct json_scan *s);
static inline char json_scan_peek(struct json_scan *s)
{
    if (s->at == s->end || (unsigned char)*s->at <= ' ')
        return json_scan_spaces(s);
    return *s->at;
}

/* Goes into an object ('{') or an array ('['). json_scan_member or json_scan_element then says
 * whether a value follows, which has to be read; false: the end, or a failure. name is the string's
 * content as written. */
CHECKED bool json_scan_open(struct json_scan *s, char bracket);
CHECKED bool json_scan_member(struct json_scan *s, struct json_piece *name);
CHECKED bool json_scan_element(struct json_scan *s);

/* One value of that type; out is the content of the string as written, or the whole number. */
CHECKED bool json_scan_string(struct json_scan *s, struct json_piece *out);
CHECKED bool json_scan_number(struct json_scan *s, struct json_piece *out);
/* true, false, null: *out is its first letter. */
CHECKED bool json_scan_word(struct json_scan *s, char *out);
/* Any value; out is its text. */
CHECKED bool json_scan_skip(struct json_scan *s, struct json_piece *out);
/* Nothing but spaces is left, and nothing failed. */
CHECKED bool json_scan_ended(struct json_scan *s);

/* A string's content without its escapes, appended. */
void json_piece_decode(const struct json_piece *piece, struct buf *out);
/* Whether a string's content is this text. */
bool json_piece_decodes_to(const struct json_piece *piece, const char *text);
static inline bool json_piece_is(const struct json_piece *piece, const char *text)
{
    if (piece->escaped)
        return json_piece_decodes_to(piece, text);
    return piece->n == strlen(text) && memcmp(piece->s, text, piece->n) == 0;
}

/* Whether all of the text is one number: RFC 8259 section 6. */
bool json_is_number_text(const char *s, size_t n);

/* The length of the UTF-8 character at text, which has n > 0 bytes; 0: none begins there. */
size_t json_utf8_length(const char *text, size_t n);
/* Writes the character as 1 to 4 bytes; returns how many. */
size_t json_utf8_put(uint32_t c, char *out);
/* The character of the escape at text, part of a checked string; *n is the escape's length, of a
 * pair of surrogates that of both. */
uint32_t json_escape_value(const char *text, size_t *n);

#endif

/* json_write.h: writes compact JSON as jansson does (JSON_COMPACT), copying strings by runs. */
#ifndef FIFOQ_JSON_WRITE_H
#define FIFOQ_JSON_WRITE_H

#include "json_scan.h"

#include <jansson.h>

/* A value, keys in order of insertion. */
void json_write(const json_t *value, struct buf *out);
/* A string of valid UTF-8, with its quotes. */
void json_write_string(const char *s, size_t n, struct buf *out);

/* The content of a string from a text, as json_write_string would write it: escaped where that is
 * necessary only. out has room for the piece's n bytes and JSON_COPY_SLACK; returns how many. */
enum { JSON_COPY_SLACK = 8 };
size_t json_copy_piece(const struct json_piece *piece, char *out);
/* The value's text in compact form. Names that occur twice stay, numbers keep their digits. */
void json_write_compact(const struct json_piece *value, struct buf *out);

#endif

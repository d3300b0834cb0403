/* lax_json.h: JSON of servers that do not follow the standard. */
#ifndef FIFOQ_LAX_JSON_H
#define FIFOQ_LAX_JSON_H

#include "json.h"

/*
 * An exact tree (json.h) of an answer whose strings may be in another encoding than UTF-8, or hold
 * halves of surrogate pairs: each such byte or half becomes a '?'. A byte order mark before it is
 * skipped. NULL: not JSON even so. The caller's.
 */
json_t *lax_json(const char *text, size_t n);

#endif

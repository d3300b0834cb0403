/* ini.h: the grammar of AWS's shared files, as Python's RawConfigParser and botocore read it.
 * https://docs.python.org/3/library/configparser.html#supported-ini-file-structure */
#ifndef FIFOQ_INI_H
#define FIFOQ_INI_H

#include "err.h"
#include "macros.h"

struct ini_value {
    char *key;                /* in lower case; unchanged in a nested value */
    char *text;               /* never NULL; lines of a longer value are separated by '\n' */
    struct ini_value *nested; /* KEY = and below it indented KEY = VALUE; text is "" then */
    struct ini_value *next;   /* in the order of the file */
};

struct ini_section {
    char *name;               /* the unchanged text between the brackets */
    struct ini_value *values; /* and those of [DEFAULT] that the section lacks */
    struct ini_section *next; /* in the order of the file */
};

/* *out is NULL for an empty text. Refuses what RawConfigParser refuses: text before the first
 * section, a line without '=' or ':', a repeated section or key, and invalid UTF-8. The message
 * (ERR_CREDENTIALS) begins with "line N: " and contains no value. */
CHECKED int ini_parse(const char *text, struct ini_section **out, struct err *e);
void ini_free(struct ini_section *s); /* cleanses; NULL is fine */

/* NULL: absent. */
const struct ini_value *ini_find(const struct ini_value *list, const char *key);

#endif

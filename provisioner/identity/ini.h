/* ini.h: the grammar of AWS's shared files, as Python's RawConfigParser and botocore read it.
 * https://docs.python.org/3/library/configparser.html#supported-ini-file-structure */
#ifndef FIFOQ_INI_H
#define FIFOQ_INI_H

#include "base.h"

struct ini_value {
    char *key;                /* in lower case; of a nested value as it stands */
    char *text;               /* never NULL; lines of a longer value are separated by '\n' */
    struct ini_value *nested; /* KEY = and below it indented KEY = VALUE; text is "" then */
    struct ini_value *next;   /* in the order of the file */
};

struct ini_section {
    char *name;               /* all between the brackets, as it stands */
    struct ini_value *values; /* with those of [DEFAULT] that the section does not have itself */
    struct ini_section *next; /* in the order of the file */
};

/* *out is NULL when nothing stands there. What RawConfigParser refuses is refused: text before the
 * first section, a line without '=' or ':', a section or key twice, and what is no UTF-8. The
 * message (ERR_CREDENTIALS) says "line N: ..." and no value. */
CHECKED int ini_parse(const char *text, struct ini_section **out, struct err *e);
void ini_free(struct ini_section *s); /* cleanses; NULL is fine */

/* NULL: absent. */
const struct ini_value *ini_find(const struct ini_value *list, const char *key);

#endif

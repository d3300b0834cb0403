/* check.h: checks across fields. Values that are invalid by themselves are missing from the tree
 * and skipped. */
#ifndef FIFOQ_CHECK_H
#define FIFOQ_CHECK_H

#include "config/problems.h"
#include "json.h"

struct check {
    struct report *report;
    const json_t *tree; /* from decode_root */
    const json_t *positions;
    const char *pipeline; /* P; NULL when the name is invalid */
};

void check_config(const struct check *c); /* all of them */

void check_names(const struct check *c);        /* the lengths of the names made from P */
void check_destinations(const struct check *c); /* urls, headers, authentication */
void check_templates(const struct check *c);    /* templates that are valid but never resolve */
void check_filters(const struct check *c);      /* event filter patterns */

/* parts of check_destinations */
void check_body(const struct check *c, const char *path, const json_t *destination);
void check_auth(const struct check *c, const char *path, const json_t *destination);
void check_ca(const struct check *c, const char *path, const json_t *destination);

/* check_url.c: one text */
void check_url(const struct check *c, const char *path, const char *text);
void check_header_value(const struct check *c, const char *path, const char *text);
void check_secret(const struct check *c, const char *path, const char *text); /* NULL is fine */
/* False, and reported: a text that ends with a line break, often from YAML's | and >. */
bool check_one_line(const struct check *c, const char *path, const char *text);
/* Only ${param.NAME} is allowed in it. */
void check_only_param(const struct check *c, const char *path, const char *text);

/* Reports at the value of path, or at the nearest parent in the file. */
void check_wrong(const struct check *c, const char *path, const char *fmt, ...) PRINTF(3, 4);
/* For what can work, but is probably a mistake. */
void check_warn(const struct check *c, const char *path, const char *fmt, ...) PRINTF(3, 4);

#endif

/* filter_parts.h: the table of operators; shared by filter.c and filter_match.c only. */
#ifndef FIFOQ_FILTER_PARTS_H
#define FIFOQ_FILTER_PARTS_H

#include "config/filter.h"

/* One operator: is its argument well-formed, and does a leaf (NULL: absent) match it? */
struct filter_operator {
    const char *name;
    bool (*check)(const json_t *arg);
    bool (*match)(const json_t *arg, const json_t *leaf);
    const char *allowed;
};

/* The row for {"NAME": argument}, among all, or among those that anything-but may hold; NULL: there
 * is none. */
const struct filter_operator *filter_find(const json_t *object);
const struct filter_operator *filter_find_negatable(const json_t *object);

/* The text of prefix and suffix: a string, or {"equals-ignore-case": string}; NULL: neither. */
const char *filter_affix(const json_t *arg, bool *fold);
/* <, <=, =, >, >= -> 0 to 4; -1: none of them */
int filter_sign(const json_t *sign);

bool filter_is_scalar(const json_t *v);

/* filter_match.c */
bool match_prefix(const json_t *arg, const json_t *leaf);
bool match_suffix(const json_t *arg, const json_t *leaf);
bool match_fold(const json_t *arg, const json_t *leaf);
bool match_exists(const json_t *arg, const json_t *leaf);
bool match_numeric(const json_t *arg, const json_t *leaf);
bool match_but(const json_t *arg, const json_t *leaf);

#endif

/* filter_parts.h: shared by filter.c, filter_rules.c, filter_match.c and filter_value.c. */
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

/* The row for {"NAME": argument}, among all operators, or among those that anything-but may hold;
 * NULL: not found. */
const struct filter_operator *filter_find(const json_t *object);
const struct filter_operator *filter_find_negatable(const json_t *object);

/* The text of prefix and suffix: a string, or {"equals-ignore-case": string}; NULL: neither. */
const char *filter_affix(const json_t *arg, bool *fold);
/* <, <=, =, >, >= -> 0 to 4; -1: unknown */
int filter_sign(const json_t *sign);

/* filter_rules.c: a pattern without $or. */

/* How many rules a pattern becomes; counting stops above FILTER_RULES_MAX. */
size_t filter_count_rules(const json_t *pattern);
/*
 * A pattern as alternatives, each {"dynamodb.NewImage.id.S": [...], ...}; the caller frees. *twice
 * (may be NULL): a path that one alternative holds twice, the caller's, or NULL.
 */
json_t *filter_rules(const json_t *pattern, char **twice);
/* https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html, about
 * $or: "over 1000 rule combinations" are refused. */
enum { FILTER_RULES_MAX = 1000 };

/* filter_value.c */
bool filter_is_scalar(const json_t *v);
/* A number that is the shortest text of a double: event-ruler compares no others
 * (ComparableNumber). */
bool filter_is_comparable(const json_t *number);
bool match_prefix(const json_t *arg, const json_t *leaf);
bool match_suffix(const json_t *arg, const json_t *leaf);
bool match_fold(const json_t *arg, const json_t *leaf);
bool match_exists(const json_t *arg, const json_t *leaf);
bool match_numeric(const json_t *arg, const json_t *leaf);
bool match_but(const json_t *arg, const json_t *leaf);

#endif

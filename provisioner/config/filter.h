/*
 * filter.h: event filter patterns, as an event source mapping reads and matches them: one table of
 * operators for `check`, for the canary and for `dev`. What stream records hold is
 * check_filter.c's. https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html
 */
#ifndef FIFOQ_FILTER_H
#define FIFOQ_FILTER_H

#include <jansson.h>
#include <stdbool.h>

/* path: of what is wrong, "ingest.filter[0].eventName[1]". */
typedef void filter_report_fn(void *to, const char *path, const char *text);

/*
 * Reports all that AWS would refuse in a pattern that stands at path. Operators: exact values,
 * null, prefix, suffix, equals-ignore-case, anything-but, numeric, exists, $or.
 */
void filter_check(const json_t *pattern, const char *path, filter_report_fn *report, void *to);

/*
 * True when every key of a checked pattern matches. Only leaves count: a value that is an object is
 * neither equal to anything nor there for "exists"; of an array any element may match.
 */
bool filter_match(const json_t *pattern, const json_t *event);
/* Whether one of a checked list's values and operators matches a scalar (NULL: nothing is there).
 */
bool filter_leaf_match(const json_t *list, const json_t *leaf);

/* The one operator in an element of a list, such as "prefix"; NULL: it is a value. */
const char *filter_operator(const json_t *element);

#endif

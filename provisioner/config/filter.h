/*
 * filter.h: event filter patterns, as an event source mapping reads and matches them: one language
 * for `check`, `plan`, `dev` and the canary. check_filter.c knows what stream records hold.
 * https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html
 */
#ifndef FIFOQ_FILTER_H
#define FIFOQ_FILTER_H

#include <jansson.h>
#include <stdbool.h>

/* path: of the problem, "ingest.filter[0].eventName[1]". */
typedef void filter_report_fn(void *arg, const char *path, const char *text);

/*
 * Reports all that AWS refuses in a pattern whose own path is path. Operators: exact values, null,
 * prefix, suffix, equals-ignore-case, anything-but, numeric, exists, $or.
 */
void filter_check(const json_t *pattern, const char *path, filter_report_fn *report, void *arg);

/* Whether an event matches a checked pattern, by the rules of event-ruler (filter_match.c). */
bool filter_match(const json_t *pattern, const json_t *event);
/* Whether it passes a list of checked patterns: any of them matches, or the list is empty. */
bool filter_pass(const json_t *patterns, const json_t *event);
/* Whether one of a checked list's values and operators matches a scalar (NULL: absent). */
bool filter_leaf_match(const json_t *list, const json_t *leaf);

/* Whether one of the checked patterns looks into this image of a stream record: "OldImage",
 * "NewImage" or "Keys". */
bool filter_needs_image(const json_t *patterns, const char *image);

/*
 * A copy of a checked pattern for records of these events ("INSERT", ...) only: eventName is added
 * wherever the pattern does not name its events. The caller frees.
 */
json_t *filter_for_events(const json_t *pattern, json_t *events);
/* A pattern in the form sent to AWS; the caller frees. Its numbers stay as short as written: AWS
 * refuses 0.10000000000000001. */
char *filter_text(const json_t *pattern);

/* The operator in an element of a list, such as "prefix"; NULL: it is a value. */
const char *filter_operator(const json_t *element);

#endif

/*
 * filter.h: event filter patterns, as an event source mapping matches them before it calls a
 * function. https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html
 */
#ifndef FIFOQ_DEV_FILTER_H
#define FIFOQ_DEV_FILTER_H

#include "base.h"

/*
 * Whether the pattern is one that we can match as AWS does. -1 with ERR_CONFIG that names the path
 * inside the pattern. Operators: exact values, null, prefix, suffix, equals-ignore-case,
 * anything-but, numeric, exists, $or.
 */
CHECKED int filter_check(const json_t *pattern, struct err *e);

/*
 * True when every key of a checked pattern matches. Only leaves count: a value that is an object is
 * neither equal to anything nor there for "exists"; of an array any element may match.
 */
bool filter_match(const json_t *pattern, const json_t *event);

#endif

/*
 * sqs_faults.h: which calls go wrong, and how: rules from JSON. The same rules, seed and calls give
 * the same faults. Pure.
 *
 * A rule: {"action": "SendMessageBatch", "fault": "throttled", "nth": 3, "times": 1}
 *   action       which calls it counts; without it: all
 *   fault        throttled, unavailable, empty_500, reset_before, reset_after, slow, partial,
 *                partial_done, garbage or cut
 *   probability  of each call, 0 to 1; or
 *   nth          from this call on (1 is the first), as often as `times` says (once)
 *   times        how often at most; with a probability: without end unless it is given
 *   delay_ms     before the answer
 *   entries      of a batch, for partial and partial_done: [0, 2]; without it: all
 */
#ifndef FIFOQ_SQS_SQS_FAULTS_H
#define FIFOQ_SQS_SQS_FAULTS_H

#include "err.h"
#include "macros.h"
#include "sqs/sqs.h"

#include <jansson.h>

struct sqs_faults;

/* rules: an array, or NULL for none; not kept. ERR_CONFIG says what is wrong with which rule. *out
 * is the caller's. */
CHECKED int sqs_faults_new(const json_t *rules, uint64_t seed, struct sqs_faults **out,
                           struct err *e);
void sqs_faults_free(struct sqs_faults *f); /* NULL is fine */

/* What goes wrong with the next call of that action. The first rule that applies counts. f: NULL is
 * no rules, here and below. */
struct sqs_fault sqs_faults_next(struct sqs_faults *f, const char *action);

/* {"throttled": 2}: how often each went wrong, a new object. */
json_t *sqs_faults_counts(const struct sqs_faults *f);

#endif

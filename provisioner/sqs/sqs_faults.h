/*
 * sqs_faults.h: injects faults by JSON rules. The same rules, seed and calls give the same faults.
 * No I/O.
 *
 * A rule: {"action": "SendMessageBatch", "fault": "throttled", "nth": 3, "times": 1}
 *   action       which calls it counts (all)
 *   fault        throttled, unavailable, empty_500, reset_before, reset_after, slow, partial,
 *                partial_done, garbage or cut
 *   probability  of each call, 0 to 1; or
 *   nth          from this call on (1 is the first), `times` times (once)
 *   times        at most this often; without it, a probability applies without limit
 *   delay_ms     before the response
 *   entries      of a batch, for partial and partial_done: [0, 2] (all)
 */
#ifndef FIFOQ_SQS_SQS_FAULTS_H
#define FIFOQ_SQS_SQS_FAULTS_H

#include "err.h"
#include "macros.h"
#include "sqs/sqs.h"

#include <jansson.h>

struct sqs_faults;

/* rules: an array, or NULL for none; only read here. ERR_CONFIG names the invalid rule. The caller
 * frees *out with sqs_faults_free. */
CHECKED int sqs_faults_new(const json_t *rules, uint64_t seed, struct sqs_faults **out,
                           struct err *e);
void sqs_faults_free(struct sqs_faults *f); /* NULL is fine */

/* The fault of the next call of that action; the first rule that applies wins. f: NULL means no
 * rules, here and below. */
struct sqs_fault sqs_faults_next(struct sqs_faults *f, const char *action);

/* {"throttled": 2}: the number of each fault, a new object. */
json_t *sqs_faults_counts(const struct sqs_faults *f);

#endif

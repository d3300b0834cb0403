/*
 * emf.h: reads the metric lines that a run has logged, and checks each against CloudWatch's
 * specification of the embedded metric format.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
#ifndef FIFOQ_EMF_H
#define FIFOQ_EMF_H

#include <jansson.h>

/* From here on logs are written to a file of this test, at that level. */
void emf_start(int level);
/* The lines logged since; the caller frees. Each is one JSON object with level and timestamp, and
 * each metric line is valid. */
json_t *emf_lines(void);
void emf_end(void);

/* The sum of a metric over the lines whose dimensions it has there: those of the pipeline if
 * destination is NULL. -1: there is none. */
long emf_sum(const json_t *lines, const char *metric, const char *destination);
/* The values of DeliveryLatency of that destination; borrowed, NULL if there is none. */
const json_t *emf_values(const json_t *lines, const char *metric, const char *destination);

#endif

/* aws_names.h: endpoints, queue URLs and ARNs; partitions. */
#ifndef FIFOQ_AWS_NAMES_H
#define FIFOQ_AWS_NAMES_H

#include "aws.h"

/* "https://sqs.eu-west-1.amazonaws.com" or the endpoint that is set; without a slash at the end;
 * the caller's. */
char *aws_endpoint(const struct aws *a, enum aws_id id);
/* https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-queue-message-identifiers.html:
 * a queue's URL is SQS's plain endpoint, or the one that is set, the account and its name; the
 * caller's. It is a name: requests are sent to aws_endpoint, which FIPS or dual-stack may make
 * another host. Needs a->account. */
char *aws_queue_url(const struct aws *a, const char *queue);
/* "arn:aws:sqs:eu-west-1:123456789012:name": resource is the part after the account; the caller's.
 */
char *aws_arn(const struct aws *a, const char *service, const char *resource);
/* The same in another region than the client's. */
char *aws_arn_in(const struct aws *a, const char *region, const char *service,
                 const char *resource);
char *aws_arn_global(const struct aws *a, const char *service,
                     const char *resource); /* no region: IAM */

/* The partition and DNS suffix of a region, static strings. */
void aws_partition_of(const char *region, const char **partition, const char **dns_suffix);

#endif

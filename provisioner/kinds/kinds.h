/* kinds.h: declares all kinds. */
#ifndef FIFOQ_KINDS_H
#define FIFOQ_KINDS_H

#include "kinds/kind.h"

extern const struct kind kind_dynamodb_table, kind_dynamodb_table_existing, kind_sqs_queue,
    kind_sqs_queue_existing, kind_ssm_parameter, kind_ssm_parameter_existing, kind_log_group,
    kind_iam_role, kind_lambda_function, kind_invoke_config, kind_event_source, kind_event_rule,
    kind_lambda_permission;

#endif

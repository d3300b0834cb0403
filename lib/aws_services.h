/* aws_services.h: the services that fifoq calls. */
#ifndef FIFOQ_AWS_SERVICES_H
#define FIFOQ_AWS_SERVICES_H

/* Each has its own endpoints (lib/aws_endpoints.c). Those that fifoq builds with are before
 * AWS_ID_SSO; 'fifoq whoami' prints them in this order. */
enum aws_id {
    AWS_ID_DYNAMODB,
    AWS_ID_STREAMS,
    AWS_ID_EVENTS,
    AWS_ID_LAMBDA,
    AWS_ID_LOGS,
    AWS_ID_SQS,
    AWS_ID_SSM,
    AWS_ID_IAM,
    AWS_ID_STS,
    AWS_ID_SSO,
    AWS_ID_SSO_OIDC,
    AWS_ID_SIGNIN,
    AWS_ID_TAGGING, /* of 'fifoq list' and of runs of many pipelines */
    AWS_IDS
};

struct aws_service; /* lib/aws.h */
extern const struct aws_service aws_dynamodb, aws_streams, aws_events, aws_lambda, aws_logs,
    aws_sqs, aws_ssm, aws_tagging;
/* Query services: only programs that link fifoq_aws_query have them (they need an XML parser). */
extern const struct aws_service aws_iam, aws_sts;
/* Only in the same programs: the REST-JSON services that give credentials to people, unsigned. */
extern const struct aws_service aws_sso, aws_sso_oidc, aws_signin;

/* The shape of an action's answer, in the notation of lib/aws_shapes.c; tables end with a row of
 * NULL. */
struct aws_shape {
    const char *action;
    const char *members;
};
extern const struct aws_shape aws_shapes_dynamodb[], aws_shapes_events[], aws_shapes_iam[],
    aws_shapes_lambda[], aws_shapes_logs[], aws_shapes_signin[], aws_shapes_sqs[], aws_shapes_ssm[],
    aws_shapes_sso[], aws_shapes_sso_oidc[], aws_shapes_streams[], aws_shapes_sts[],
    aws_shapes_tagging[];

#endif

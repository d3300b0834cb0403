/* account.c: https://docs.aws.amazon.com/lambda/latest/api/API_GetAccountSettings.html */
#include "kinds/account.h"
#include "aws_call.h"
#include "json.h"

int account_limits_read(struct aws *a, struct account_limits *out, struct err *e)
{
    static const struct aws_how once = { .max_attempts = 1 };
    auto_json json_t *reply = NULL;
    json_t *limit;

    if (aws_call_how(a, &aws_lambda, "GetAccountSettings", NULL, &once, &reply, e) < 0 ||
        jneed_obj(reply, "AccountLimit", &limit, e) < 0)
        return -1;
    out->executions = jget_int(limit, "ConcurrentExecutions", -1);
    out->unreserved = jget_int(limit, "UnreservedConcurrentExecutions", -1);
    return out->unreserved < 0
               ? err_set(e, ERR_PARSE, "lambda:GetAccountSettings: the limits are missing")
               : 0;
}

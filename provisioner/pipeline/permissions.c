/*
 * permissions.c: the actions of each command. The actions, their resources and conditions are those
 * of the Service Authorization Reference:
 * https://docs.aws.amazon.com/service-authorization/latest/reference/
 */
#include "pipeline/permissions.h"

#include "aws_names.h"
#include "json.h"
#include "kinds/kinds.h"
#include "kinds/kms.h"
#include "kinds/policy.h"
#include "mem.h"
#include "suggest.h"
#include "text.h"

#include <string.h>

enum {
    NOTHING = 0,
    UP = 1,
    DRIFT = 2,
    PLAN = 4,
    CHECK = 8,
    DOWN = 16,
    DEV = 32,
    BOOTSTRAP = 64,
    LIST = 512,
    MANY = 1024,  /* with another: lists that many pipelines share */
    LIVE = 128,   /* check --live, together with CHECK */
    WHOAMI = 256, /* sts:GetCallerIdentity, which IAM always allows */
    MAKE = UP | BOOTSTRAP,
    READ = MAKE | DRIFT | PLAN | CHECK,
    TAKE = MAKE | DOWN, /* what up deletes when the configuration no longer wants it */
};

/* The resources of an action, in the order of the printed statements. */
enum target {
    EVERYTHING, /* the action has no resource */
    OWN_MAPPINGS,
    TABLE,
    OWN_TABLE,
    STREAM,
    QUEUES,
    TURN_QUEUE,
    USED_QUEUE,
    EXISTING_QUEUE,
    PARAMETERS,
    EXISTING_PARAMETERS,
    LOG_GROUPS,
    ROLES,
    BOUND_ROLES,
    PASSED_ROLES,
    FUNCTIONS,
    MAPPINGS,
    CHANGED_MAPPINGS,
    RULES,
    TARGETS,
};

/* role_names.h explains which of them a region uses. */
#define ROLE_ARNS                                                                                  \
    "iam@:role^%-ingest", "iam@:role^%-drain", "iam@:role^%-ingest-~", "iam@:role^%-drain-~"

/* A statement: its resources without account, "service:resource" (@ before the colon: no region). %
 * is P, $ the table (without one the resource is dropped), & the queue, ~ the region, ^ the roles'
 * path. */
static const struct statement {
    const char *sid;
    const char *resources[4];
    const char *condition[3]; /* operator, key, value */
} statements[TARGETS] = {
    [EVERYTHING] = { "List", { "*" }, { NULL } },
    [OWN_MAPPINGS] = { "CreateMapping",
                       { "*" },
                       { "ArnLike", "lambda:FunctionArn", "lambda:function:%-ingest" } },
    [TABLE] = { "Table", { "dynamodb:table/$" }, { NULL } },
    [OWN_TABLE] = { "OwnTable", { "dynamodb:table/$" }, { NULL } },
    [STREAM] = { "Stream", { "dynamodb:table/$/stream/*" }, { NULL } },
    [QUEUES] = { "Queues",
                 { "sqs:%.fifo", "sqs:%-dead.fifo", "sqs:%-ingest-failures", "sqs:%-turn.fifo" },
                 { NULL } },
    [TURN_QUEUE] = { "TurnQueue", { "sqs:%-turn.fifo" }, { NULL } },
    [USED_QUEUE] = { "Queue", { "sqs:&", "sqs:%-turn.fifo" }, { NULL } },
    [EXISTING_QUEUE] = { "ExistingQueue", { "sqs:&" }, { NULL } },
    [PARAMETERS] = { "Parameters", { "ssm:parameter/%/*" }, { NULL } },
    [EXISTING_PARAMETERS] = { "ExistingParameters", { NULL }, { NULL } }, /* their own names */
    [LOG_GROUPS] = { "LogGroups",
                     { "logs:log-group:/aws/lambda/%-ingest",
                       "logs:log-group:/aws/lambda/%-ingest:*",
                       "logs:log-group:/aws/lambda/%-drain",
                       "logs:log-group:/aws/lambda/%-drain:*" },
                     { NULL } },
    [ROLES] = { "Roles", { ROLE_ARNS }, { NULL } },
    [BOUND_ROLES] = { "BindRoles", { ROLE_ARNS }, { NULL } },
    [PASSED_ROLES] = { "PassRoles",
                       { ROLE_ARNS },
                       { "StringEquals", "iam:PassedToService", AWS_PRINCIPAL_LAMBDA } },
    [FUNCTIONS] = { "Functions",
                    { "lambda:function:%-ingest", "lambda:function:%-drain" },
                    { NULL } },
    [MAPPINGS] = { "Mappings", { "lambda:event-source-mapping:*" }, { NULL } },
    [CHANGED_MAPPINGS] = { "ChangeMappings",
                           { "lambda:event-source-mapping:*" },
                           { "ArnLike", "lambda:FunctionArn", "lambda:function:%-ingest" } },
    [RULES] = { "Rules", { "events:rule/%-*" }, { NULL } },
};

/* clang-format off */
static const struct permission {
    const char *service; /* its name in the client and in IAM */
    const char *actions; /* of the API, separated by spaces; NULL: needed only by another action */
    const char *iam;     /* their names in IAM if different; else NULL */
    enum target on;
    unsigned commands;
} permissions[] = {
    { "lambda", "ListEventSourceMappings", NULL, EVERYTHING, READ | DOWN },
    { "events", "ListRules", NULL, EVERYTHING, READ | DOWN },
    { "logs", "DescribeLogGroups", NULL, EVERYTHING, READ | DOWN },
    { "ssm", "DescribeParameters", NULL, EVERYTHING, READ | DOWN },
    { "tag", "GetResources", NULL, EVERYTHING, LIST },
    { "iam", "ListRoles", NULL, EVERYTHING, MANY },
    { "lambda", "GetAccountSettings", NULL, EVERYTHING, MAKE | CHECK },

    { "dynamodb", "DescribeTable", NULL, TABLE, READ | DOWN | DEV },
    { "dynamodb", "UpdateTable", NULL, TABLE, MAKE },
    { "dynamodb", "PutItem", NULL, TABLE, BOOTSTRAP },
    { "dynamodb", "ListTagsOfResource", NULL, OWN_TABLE, READ | DOWN },
    { "dynamodb", "CreateTable TagResource UntagResource", NULL, OWN_TABLE, MAKE },
    { "dynamodb", "DeleteTable", NULL, OWN_TABLE, DOWN },
    { "dynamodb", "DescribeStream GetRecords GetShardIterator", NULL, STREAM, DEV },

    { "sqs", "GetQueueAttributes ListQueueTags", NULL, QUEUES, READ | DOWN },
    { "sqs", "CreateQueue SetQueueAttributes TagQueue UntagQueue", NULL, QUEUES, MAKE },
    { "sqs", "DeleteQueue", NULL, QUEUES, DOWN },
    { "sqs", "DeleteQueue", NULL, TURN_QUEUE, MAKE }, /* drain.rate was removed */
    { "sqs", "ReceiveMessage", NULL, QUEUES, DOWN }, /* to save messages first */
    { "sqs", "DeleteMessageBatch", "DeleteMessage", QUEUES, DOWN },
    { "sqs", "GetQueueAttributes", NULL, EXISTING_QUEUE, READ },
    { "sqs", "GetQueueUrl", NULL, USED_QUEUE, DEV },

    { "ssm", "ListTagsForResource", NULL, PARAMETERS, READ | DOWN },
    { "ssm", "AddTagsToResource", NULL, PARAMETERS, TAKE },
    { "ssm", "RemoveTagsFromResource", NULL, PARAMETERS, MAKE },
    { "ssm", "DeleteParameter GetParameter PutParameter", NULL, PARAMETERS, TAKE }, /* the lock is one, too */

    { "ssm", "GetParameters", NULL, PARAMETERS, LIVE }, /* with decryption: only here */
    { "ssm", "GetParameters", NULL, EXISTING_PARAMETERS, LIVE },

    { "logs", "ListTagsForResource", NULL, LOG_GROUPS, READ | DOWN },
    { "logs", "FilterLogEvents", NULL, LOG_GROUPS, BOOTSTRAP },
    { "logs", "CreateLogGroup PutRetentionPolicy TagResource UntagResource", NULL, LOG_GROUPS, MAKE },
    { "logs", "DescribeSubscriptionFilters", NULL, LOG_GROUPS, READ | DOWN },
    { "logs", "DeleteSubscriptionFilter DisassociateKmsKey", NULL, LOG_GROUPS, MAKE },
    { "logs", "DeleteLogGroup", NULL, LOG_GROUPS, TAKE },

    { "iam", "GetRole GetRolePolicy ListAttachedRolePolicies ListRolePolicies", NULL, ROLES, READ | DOWN },
    { "iam", "CreateRole PutRolePolicy TagRole UntagRole UpdateAssumeRolePolicy UpdateRole", NULL, ROLES, MAKE },
    { "iam", "DeleteRole DeleteRolePolicy DetachRolePolicy", NULL, ROLES, TAKE },
    { "iam", "PutRolePermissionsBoundary", NULL, BOUND_ROLES, MAKE },
    { "iam", NULL, "PassRole", PASSED_ROLES, MAKE },

    { "lambda", "GetFunction", NULL, FUNCTIONS, DEV }, /* to read the moment of ingest.start: now */
    { "lambda", "GetFunction GetFunctionEventInvokeConfig GetFunctionUrlConfig GetPolicy ListAliases", NULL, FUNCTIONS, READ | DOWN },
    { "lambda", "CreateFunction GetFunctionConfiguration UpdateFunctionCode UpdateFunctionConfiguration", NULL, FUNCTIONS, MAKE },
    { "lambda", "AddPermission PutFunctionEventInvokeConfig TagResource UntagResource", NULL, FUNCTIONS, MAKE },
    { "lambda", "DeleteAlias DeleteFunctionConcurrency DeleteFunctionUrlConfig", NULL, FUNCTIONS, MAKE },
    { "lambda", "DeleteFunction DeleteFunctionEventInvokeConfig RemovePermission", NULL, FUNCTIONS, TAKE },
    /* without it GetFunction omits the tags (GetFunctionResponse.Tags in Lambda's API reference) */
    { "lambda", "ListTags", NULL, FUNCTIONS, READ | DOWN | DEV },

    { "lambda", "ListTags", NULL, MAPPINGS, READ | DOWN },
    { "lambda", "TagResource UntagResource", NULL, MAPPINGS, MAKE },
    { "lambda", "GetEventSourceMapping", NULL, MAPPINGS, TAKE },
    { "lambda", "CreateEventSourceMapping", NULL, OWN_MAPPINGS, MAKE },
    { "lambda", "UpdateEventSourceMapping", NULL, CHANGED_MAPPINGS, MAKE },
    { "lambda", "DeleteEventSourceMapping", NULL, MAPPINGS, TAKE }, /* also those of others on our queue */

    { "events", "ListTagsForResource ListTargetsByRule", NULL, RULES, READ | DOWN },
    { "events", "PutRule PutTargets TagResource UntagResource", NULL, RULES, MAKE },
    { "events", "DeleteRule RemoveTargets", NULL, RULES, TAKE },
};
/* clang-format on */

struct command {
    struct aws_permits permits;
    const char *name;
    unsigned bits;
};

static bool command_allows(const struct aws_permits *p, const struct aws_service *s,
                           const char *action)
{
    unsigned bits = ((const struct command *)p)->bits;

    if (bits == NOTHING)
        return false;
    if (strcmp(s->name, "sts") == 0) /* IAM always allows GetCallerIdentity */
        return strcmp(action, "GetCallerIdentity") == 0;
    for (size_t i = 0; i < COUNTOF(permissions); i++) {
        const struct permission *row = &permissions[i];

        if ((row->commands & bits) && row->actions && strcmp(row->service, s->name) == 0 &&
            str_has_word(row->actions, action))
            return true;
    }
    return false;
}

#define COMMAND(name, bits)                                                                        \
    {                                                                                              \
        { "fifoq " name, "'fifoq policy " name "' prints what is needed", command_allows }, name,  \
            bits                                                                                   \
    }

/* Every command that sends requests to AWS. */
static const struct command commands[] = {
    COMMAND("up", UP),
    COMMAND("drift", DRIFT),
    COMMAND("plan", PLAN),
    COMMAND("check", CHECK),
    COMMAND("check --live", CHECK | LIVE),
    COMMAND("down", DOWN),
    COMMAND("dev", DEV),
    COMMAND("bootstrap", BOOTSTRAP),
    COMMAND("list", LIST),
    { { "fifoq drift", NULL, command_allows }, "drift of many", DRIFT | MANY },
    { { "fifoq plan", NULL, command_allows }, "plan of many", PLAN | MANY },
    { { "fifoq up", NULL, command_allows }, "up of many", UP | MANY },
    { { "fifoq whoami", NULL, command_allows }, "whoami", WHOAMI },
};

/* A command without a row may call nothing, not even reads. */
static const struct command no_command = {
    { "a command without permissions", NULL, command_allows }, NULL, NOTHING
};

static const struct command *command_find(const char *name)
{
    for (size_t i = 0; name && i < COUNTOF(commands); i++)
        if (strcmp(commands[i].name, name) == 0)
            return &commands[i];
    return &no_command;
}

const struct aws_permits *permissions_of(const char *command)
{
    return &command_find(command)->permits;
}

/* Fills names with the commands that have a policy and a one-word name; returns their number. */
static size_t policy_commands(const char **names)
{
    size_t n = 0;

    for (size_t i = 0; i < COUNTOF(commands); i++)
        if (commands[i].bits != WHOAMI && !(commands[i].bits & (LIVE | MANY)))
            names[n++] = commands[i].name;
    return n;
}

char *permissions_commands(void)
{
    const char *names[COUNTOF(commands)];
    auto_buf out = BUF(BUF_SMALL);
    size_t n = policy_commands(names);

    for (size_t i = 0; i < n; i++)
        buf_printf(&out, "%s%s", i ? ", " : "", names[i]);
    return buf_steal(&out);
}

static int no_policy(const char *command, struct err *e)
{
    const char *names[COUNTOF(commands)];
    auto_free char *all = permissions_commands();
    auto_free char *hint =
        suggest_hint(suggest_word(command, names, policy_commands(names)), "allowed", all);

    return err_set(e, ERR_USAGE, "'%s' has no policy%s", command, hint);
}

/* "lambda:function:%-ingest" as a new ARN; NULL if the configuration has no such resource. */
static char *target_arn(const char *pattern, const struct config *c, const struct aws *a)
{
    const char *colon = strchr(pattern, ':');
    auto_free char *service = colon ? xstrndup(pattern, strcspn(pattern, "@:")) : NULL;
    auto_free char *own_queue = xasprintf("%s.fifo", c->pipeline);
    const char *queue = c->queue.existing ? c->queue.existing : own_queue;
    const char *path = c->functions.role_path ? c->functions.role_path : "/";
    auto_buf name = BUF(BUF_SMALL);

    for (const char *at = colon ? colon + 1 : pattern; *at; at++) {
        const char *value = *at == '%'   ? c->pipeline
                            : *at == '$' ? c->table.name
                            : *at == '&' ? queue
                            : *at == '~' ? a->region
                            : *at == '^' ? path
                                         : "";
        if (!value)
            return NULL;
        if (*value)
            buf_puts(&name, value);
        else
            buf_putc(&name, *at);
    }
    if (!colon)
        return buf_steal(&name);
    return colon[-1] == '@' ? aws_arn_global(a, service, buf_str(&name))
                            : aws_arn(a, service, buf_str(&name));
}

/* An ARN has only one slash before a path. */
static void add_existing(json_t *out, const struct config_parameter *p, const struct aws *a)
{
    auto_free char *name = xasprintf("parameter%s%s", *p->path == '/' ? "" : "/", p->path);
    auto_free char *arn = aws_arn(a, "ssm", name);

    json_array_append_new(out, json_string(arn));
}

static json_t *target_resources(enum target t, const struct config *c, const struct aws *a)
{
    json_t *out = json_array();

    if ((t == OWN_TABLE && !c->table.create) || (t == EXISTING_QUEUE && !c->queue.existing) ||
        (t == BOUND_ROLES && !c->functions.permissions_boundary))
        return out;
    for (size_t i = 0; t == EXISTING_PARAMETERS && i < c->n_parameters; i++)
        if (c->parameters[i].from == FROM_EXISTING)
            add_existing(out, &c->parameters[i], a);
    for (size_t i = 0; i < COUNTOF(statements[t].resources) && statements[t].resources[i]; i++) {
        auto_free char *arn = target_arn(statements[t].resources[i], c, a);

        if (arn)
            json_array_append_new(out, json_string(arn));
    }
    return out;
}

static void add_words(json_t *out, const char *service, const char *words)
{
    for (size_t n; *words; words += n + (words[n] == ' ')) {
        n = strcspn(words, " ");
        json_array_append_new(out, json_sprintf("%s:%.*s", service, (int)n, words));
    }
}

static json_t *target_actions(enum target t, unsigned bit)
{
    json_t *out = json_array();

    for (size_t i = 0; i < COUNTOF(permissions); i++) {
        const struct permission *p = &permissions[i];

        if (p->on == t && (p->commands & bit))
            add_words(out, p->service, p->iam ? p->iam : p->actions);
    }
    return out;
}

static json_t *target_condition(enum target t, const struct config *c, const struct aws *a)
{
    const char *const *condition = statements[t].condition;
    auto_free char *value = NULL;

    if (!condition[0])
        return NULL;
    value = strchr(condition[2], ':') ? target_arn(condition[2], c, a) : xstrdup(condition[2]);
    return json_pack("{s:{s:s}}", condition[0], condition[1], value);
}

static void add_statement(json_t *list, enum target t, unsigned bit, const struct config *c,
                          const struct aws *a)
{
    json_t *actions = target_actions(t, bit), *resources = target_resources(t, c, a);
    json_t *condition = target_condition(t, c, a);

    if (json_array_size(actions) && json_array_size(resources))
        json_array_append_new(list,
                              json_pack("{s:s, s:s, s:O, s:O, s:O*}", "Sid", statements[t].sid,
                                        "Effect", "Allow", "Action", actions, "Resource", resources,
                                        "Condition", condition));
    json_decref(actions);
    json_decref(resources);
    json_decref(condition);
}

/* Adds what the functions themselves need, because `dev` runs them as the user. Without the stream,
 * which `dev` reads itself, and without logs, which stay local. */
static int add_functions(json_t *list, const struct config *c, const struct aws *a, struct err *e)
{
    struct pipeline p = { 0 };
    int rc = 0;

    pipeline_build(&p, c, NULL);
    for (size_t i = 0; i < p.n && rc == 0; i++) {
        const struct iam_role *role = p.rows[i].spec;
        auto_json json_t *document = NULL;

        if (p.rows[i].kind != &kind_iam_role || p.rows[i].presence != PRESENT)
            continue;
        json_object_set_new(role->grants, "stream", json_array());
        json_object_set_new(role->grants, "logs", json_array());
        document = policy_render(role->policy, role->grants, a, e);
        if (document)
            json_array_extend(list, jget_array(document, "Statement"));
        else
            rc = -1;
    }
    pipeline_done(&p);
    return rc;
}

/* For the configuration's own key: writing a parameter encrypts; saving messages and running the
 * functions decrypt. */
static void add_key(json_t *list, unsigned bit, const struct config *c, const struct aws *a)
{
    const char *actions = bit & MAKE   ? "Encrypt GenerateDataKey"
                          : bit & DEV  ? "Decrypt GenerateDataKey"
                          : bit & DOWN ? "Decrypt"
                                       : NULL;
    auto_json json_t *keys = json_array();
    json_t *statement;

    if (!c->kms || !actions)
        return;
    json_array_append_new(keys, json_string(c->kms));
    statement = kms_statement(a, "Key", "sqs ssm", actions, keys);
    if (statement)
        json_array_append_new(list, statement);
}

int permissions_policy(const char *command, const struct config *c, const struct aws *a,
                       json_t **out, struct err *e)
{
    const struct command *found = command_find(command);
    auto_json json_t *list = json_array();

    if (found->bits == NOTHING || found->bits == WHOAMI)
        return no_policy(command, e);
    for (enum target t = EVERYTHING; t < TARGETS; t++)
        add_statement(list, t, found->bits, c, a);
    add_key(list, found->bits, c, a);
    if (found->bits == DEV && add_functions(list, c, a, e) < 0)
        return -1;
    *out = json_pack("{s:s, s:O}", "Version", "2012-10-17", "Statement", list);
    return 0;
}

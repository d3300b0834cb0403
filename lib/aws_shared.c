/* aws_shared.c: the questions that a list of all answers. */
#include "aws_shared.h"

#include "aws_call.h"
#include "aws_names.h"
#include "aws_pages.h"
#include "json.h"
#include "mem.h"
#include "text.h"

#include <pthread.h>
#include <string.h>

enum { QUESTIONS = 5 };

enum state { UNKNOWN, ASKED, KNOWN, UNREADABLE };

struct aws_shared {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct {
        enum state state;
        json_t *all; /* the list; constant once it is KNOWN */
    } lists[QUESTIONS];
};

/* Of the members of a question, the one that selects; NULL: it has others too. */
static const char *only_text(const json_t *params, const char *name)
{
    return json_object_size(params) == 1 ? jget_str(params, name) : NULL;
}

/* "" where an answer lacks the member: then it is nobody's. */
static const char *name_in(const json_t *one, const char *key)
{
    const char *name = jget_str(one, key);

    return name ? name : "";
}

static bool is_rule(const json_t *params, const json_t *one)
{
    return str_starts(name_in(one, "Name"), only_text(params, "NamePrefix"));
}

static bool asks_rules(const json_t *params)
{
    return only_text(params, "NamePrefix");
}

static bool is_log_group(const json_t *params, const json_t *one)
{
    return str_starts(name_in(one, "logGroupName"), only_text(params, "logGroupNamePrefix"));
}

static bool asks_log_groups(const json_t *params)
{
    return only_text(params, "logGroupNamePrefix");
}

/* "arn:aws:lambda:R:A:function:NAME", perhaps with ":QUALIFIER" */
static bool is_function(const char *arn, const char *name)
{
    const char *at = strstr(arn, ":function:");
    size_t n = strlen(name);

    return at && strncmp(at + strlen(":function:"), name, n) == 0 &&
           (at[strlen(":function:") + n] == '\0' || at[strlen(":function:") + n] == ':');
}

static bool is_mapping(const json_t *params, const json_t *one)
{
    const char *function = only_text(params, "FunctionName"),
               *source = only_text(params, "EventSourceArn");
    const char *arn = jget_str(one, function ? "FunctionArn" : "EventSourceArn");

    return arn && (function ? is_function(arn, function) : strcmp(arn, source) == 0);
}

/* A name, not an ARN, and without a qualifier. */
static bool asks_mappings(const json_t *params)
{
    const char *function = only_text(params, "FunctionName");

    return function ? !strchr(function, ':') : only_text(params, "EventSourceArn") != NULL;
}

/* The path of a question for one level of parameters; NULL: another question. */
static const char *level_of(const json_t *params)
{
    const json_t *filters = jget_array(params, "ParameterFilters"),
                 *filter = json_array_get(filters, 0), *values = jget_array(filter, "Values");
    size_t most = json_object_get(params, "MaxResults") ? 2 : 1;
    const char *key = jget_str(filter, "Key"), *option = jget_str(filter, "Option");

    if (json_object_size(params) != most || json_array_size(filters) != 1 ||
        json_array_size(values) != 1 || !key || !option || strcmp(key, "Path") != 0 ||
        strcmp(option, "OneLevel") != 0)
        return NULL;
    return json_string_value(json_array_get(values, 0));
}

static bool is_parameter(const json_t *params, const json_t *one)
{
    const char *level = level_of(params), *name = name_in(one, "Name");
    size_t n = strlen(level);

    return str_starts(name, level) && name[n] == '/' && !strchr(name + n + 1, '/');
}

static bool asks_parameters(const json_t *params)
{
    return level_of(params);
}

static bool is_role(const json_t *params, const json_t *one)
{
    return strcmp(name_in(one, "RoleName"), only_text(params, "RoleName")) == 0;
}

static bool asks_role(const json_t *params)
{
    return only_text(params, "RoleName");
}

/* absence_only: the list's elements lack members of the answer, so it shows only what is missing.
 */
static const struct question {
    const struct aws_service *service;
    const char *action, *of_all, *list; /* of_all: the action that lists */
    bool (*asks)(const json_t *params);
    bool (*is)(const json_t *params, const json_t *one);
    int page; /* MaxResults, or 0 */
    bool absence_only;
} questions[QUESTIONS] = {
    { &aws_lambda, "ListEventSourceMappings", "ListEventSourceMappings", "EventSourceMappings",
      asks_mappings, is_mapping, 0, false },
    { &aws_events, "ListRules", "ListRules", "Rules", asks_rules, is_rule, 0, false },
    { &aws_logs, "DescribeLogGroups", "DescribeLogGroups", "logGroups", asks_log_groups,
      is_log_group, 0, false },
    { &aws_ssm, "DescribeParameters", "DescribeParameters", "Parameters", asks_parameters,
      is_parameter, 50, false },
    { &aws_iam, "GetRole", "ListRoles", "Roles", asks_role, is_role, 0, true },
};

struct aws_shared *aws_shared_new(void)
{
    struct aws_shared *shared = xcalloc(1, sizeof(*shared));

    (void)pthread_mutex_init(&shared->lock, NULL);
    (void)pthread_cond_init(&shared->changed, NULL);
    return shared;
}

void aws_shared_free(struct aws_shared *shared)
{
    if (!shared)
        return;
    for (size_t i = 0; i < QUESTIONS; i++)
        json_decref(shared->lists[i].all);
    (void)pthread_cond_destroy(&shared->changed);
    (void)pthread_mutex_destroy(&shared->lock);
    free(shared);
}

static void ask_all(struct aws *a, struct aws_shared *shared, size_t i)
{
    const struct question *q = &questions[i];
    auto_json json_t *params = json_object();
    json_t *all = NULL;
    struct err e = { 0 };
    int rc;

    if (q->page)
        (void)json_object_set_new(params, "MaxResults", json_integer(q->page));
    rc = aws_call_pages(a, q->service, q->of_all, params, q->list, &all, &e);
    (void)pthread_mutex_lock(&shared->lock);
    shared->lists[i].state = rc < 0 ? UNREADABLE : KNOWN;
    shared->lists[i].all = rc < 0 ? NULL : all;
    (void)pthread_cond_broadcast(&shared->changed);
    (void)pthread_mutex_unlock(&shared->lock);
}

/* The list, asked by the first that needs it; NULL: it cannot be read. */
static const json_t *list_of(struct aws *a, size_t i)
{
    struct aws_shared *shared = a->shared;
    const json_t *all;
    bool mine;

    (void)pthread_mutex_lock(&shared->lock);
    mine = shared->lists[i].state == UNKNOWN;
    if (mine)
        shared->lists[i].state = ASKED;
    (void)pthread_mutex_unlock(&shared->lock);
    if (mine)
        ask_all(a, shared, i);
    (void)pthread_mutex_lock(&shared->lock);
    while (shared->lists[i].state == ASKED)
        (void)pthread_cond_wait(&shared->changed, &shared->lock);
    all = shared->lists[i].all;
    (void)pthread_mutex_unlock(&shared->lock);
    return all;
}

static json_t *selected(const struct question *q, const json_t *all, const json_t *params)
{
    json_t *out = json_array(), *one;
    size_t i;

    json_array_foreach((json_t *)all, i, one) {
        if (q->is(params, one))
            (void)json_array_append_new(out, json_deep_copy(one));
    }
    return out;
}

static const struct question *question_of(const struct aws_service *s, const char *action,
                                          const json_t *params)
{
    for (size_t i = 0; i < QUESTIONS; i++) {
        const struct question *q = &questions[i];

        if (q->service == s && strcmp(q->action, action) == 0)
            return q->asks(params) ? q : NULL;
    }
    return NULL;
}

// NOLINTNEXTLINE(readability-function-size): a call of AWS in one line
bool aws_shared_answers(struct aws *a, const struct aws_service *s, const char *action,
                        const json_t *params, json_t **reply, int *rc, struct err *e)
{
    const struct question *q = question_of(s, action, params);
    const json_t *all = q ? list_of(a, (size_t)(q - questions)) : NULL;
    auto_json json_t *found = all ? selected(q, all, params) : NULL;

    if (!found || (q->absence_only && json_array_size(found) > 0))
        return false;
    *rc = q->absence_only ? err_set(e, ERR_NOT_FOUND, "%s:%s: not in the list of %s", s->name,
                                    action, q->of_all)
                          : 0;
    if (!q->absence_only && reply)
        *reply = json_pack("{s:o}", q->list, steal(found));
    return true;
}

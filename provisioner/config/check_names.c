/* check_names.c: AWS's limits for the names that are made from a pipeline's name. */
#include "config/check.h"
#include "config/schedule.h"
#include "mem.h"

#include <string.h>
#include <strings.h>

enum half { ANY_HALF, INGEST, DRAIN };

/* The longest suffix of each kind of resource, with the kind's limit (docs.aws.amazon.com, quotas
 * of each service). */
static const struct limit {
    const char *suffix, *what;
    size_t most;
    enum half half;
    bool own_queue; /* only when fifoq makes the queue */
} limits[] = {
    { "-ingest", "an IAM role or a Lambda function", 64, INGEST, false },
    { "-drain", "an IAM role or a Lambda function", 64, DRAIN, false },
    { "-ingest-failures", "an SQS queue", 80, INGEST, false },
    { "-dead.fifo", "an SQS queue", 80, ANY_HALF, false }, /* -turn.fifo is as long */
    { ".fifo", "an SQS queue", 80, ANY_HALF, true },
};

static bool limit_applies(const struct check *c, const struct limit *l)
{
    if (l->own_queue && jget_path_str(c->tree, "queue.existing"))
        return false;
    return l->half == ANY_HALF || jget_obj(c->tree, l->half == INGEST ? "ingest" : "drain") != NULL;
}

/* Only the name that exceeds its limit most is reported. */
static void check_pipeline_name(const struct check *c)
{
    const struct limit *worst = NULL;
    size_t n = strlen(c->pipeline), over = 0;

    for (size_t i = 0; i < COUNTOF(limits); i++) {
        size_t len = n + strlen(limits[i].suffix);
        if (limit_applies(c, &limits[i]) && len > limits[i].most && len - limits[i].most > over) {
            worst = &limits[i];
            over = len - worst->most;
        }
    }
    if (worst)
        check_wrong(c, "name",
                    "too long: '%s%s' has %zu characters; the name of %s may have %zu. Shorten the "
                    "name (or the environment's) by %zu",
                    c->pipeline, worst->suffix, n + strlen(worst->suffix), worst->what, worst->most,
                    over);
}

/* Lock and parameters are below /P.
 * https://docs.aws.amazon.com/systems-manager/latest/userguide/sysman-paramstore-su-create.html */
static void check_reserved(const struct check *c)
{
    if (strncasecmp(c->pipeline, "aws", 3) == 0 || strncasecmp(c->pipeline, "ssm", 3) == 0)
        check_wrong(c, "name",
                    "'%s' begins with %.3s, which the Parameter Store reserves; fifoq's lock is "
                    "the parameter /%s/fifoq/lock. Use another name",
                    c->pipeline, c->pipeline, c->pipeline);
}

static void check_rule_name(const struct check *c, const json_t *schedule, size_t i)
{
    const char *given = jget_str(schedule, "name"), *at = jget_str(schedule, "at");
    auto_free char *made = at ? schedule_name(at) : NULL;
    const char *name = given ? given : made;
    auto_free char *path = xasprintf("drain.schedules[%zu]%s", i, given ? ".name" : "");
    size_t n = strlen(c->pipeline) + 1 + (name ? strlen(name) : 0);

    if (name && n > 64)
        check_wrong(c, path,
                    "too long: '%s-%s' has %zu characters; the name of an EventBridge rule may "
                    "have 64. Shorten the schedule's or the pipeline's name by %zu",
                    c->pipeline, name, n, n - 64);
}

void check_names(const struct check *c)
{
    const json_t *schedules = jget_path(c->tree, "drain.schedules"), *s;
    size_t i;

    if (!c->pipeline)
        return;
    check_reserved(c);
    check_pipeline_name(c);
    json_array_foreach(schedules, i, s)
        check_rule_name(c, s, i);
}

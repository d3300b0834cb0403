/*
 * lock_parameter.c: a pipeline's locks as SSM parameters.
 * https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutParameter.html
 * Without Overwrite only one of several concurrent PutParameter calls creates the parameter.
 */
#include "pipeline/lock_parameter.h"

#include "aws_call.h"
#include "clock.h"
#include "kinds/tools.h"
#include "mem.h"
#include "retry.h"

#include <string.h>

enum {
    RESTS_MS = 45000,
    QUIET_LOOKS = 2, /* before the wait is reported */
    NAP_MS = 50,
};

/* A lock is released even after Ctrl-C. */
static const struct aws_how finish = { .finish = true };
/* The same without retries: after a lost response, a second deletion could remove the lock of
 * another run. */
static const struct aws_how finish_once = { .finish = true, .max_attempts = 1 };

static char *name_of(const struct lock_parameters *p, const char *key)
{
    return xasprintf("/%s/fifoq/%s", p->pipeline, key);
}

static int put(struct lock_parameters *p, const char *key, const char *text, bool over,
               struct err *e)
{
    auto_free char *name = name_of(p, key);
    auto_json json_t *ask =
        json_pack("{s:s, s:s, s:s, s:s, s:b}", "Name", name, "Value", text, "Type", "String",
                  "Description", "fifoq: a run is in progress", "Overwrite", over);

    /* accepted only for a new parameter */
    if (!over && json_object_size(p->tags))
        json_object_set_new(ask, "Tags", tags_to_list(p->tags));
    return aws_call_how(p->aws, &aws_ssm, "PutParameter", ask, &finish, NULL, e);
}

static int create(void *arg, const char *key, const char *text, bool *there, struct err *e)
{
    *there = false;
    if (put(arg, key, text, false, e) == 0)
        return 0;
    *there = strcmp(e->aws_code, "ParameterAlreadyExists") == 0;
    return *there ? 0 : err_wrap(e, "cannot take the lock");
}

static int write_over(void *arg, const char *key, const char *text, struct err *e)
{
    return put(arg, key, text, true, e);
}

static int read_text(void *arg, const char *key, char **text, struct err *e)
{
    struct lock_parameters *p = arg;
    auto_free char *name = name_of(p, key);
    auto_json json_t *ask = json_pack("{s:s}", "Name", name), *reply = NULL;
    const char *value;

    *text = NULL;
    if (aws_call_how(p->aws, &aws_ssm, "GetParameter", ask, &finish, &reply, e) < 0)
        return e->code == ERR_NOT_FOUND ? 0 : err_wrap(e, "cannot read the lock");
    value = jget_path_str(reply, "Parameter.Value");
    *text = xstrdup(value ? value : "");
    return 0;
}

static int remove_it(void *arg, const char *key, struct err *e)
{
    struct lock_parameters *p = arg;
    auto_free char *name = name_of(p, key);
    auto_json json_t *ask = json_pack("{s:s}", "Name", name);

    if (aws_call_how(p->aws, &aws_ssm, "DeleteParameter", ask, &finish_once, NULL, e) == 0 ||
        e->code == ERR_NOT_FOUND)
        return 0;
    return err_wrap(e, "cannot release the lock");
}

/*
 * A name may be unusable for 30 s: "If you delete a parameter, wait for at least 30 seconds to
 * create a parameter with the same name."
 * https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_DeleteParameter.html
 */
static bool rest(void *arg, int look)
{
    const struct lock_parameters *p = arg;
    int64_t left_ms = retry_poll_delay_ms(look, RESTS_MS);

    if (left_ms < 0)
        return false;
    if (look == QUIET_LOOKS && p->resting)
        p->resting();
    for (; left_ms > 0; left_ms -= NAP_MS) {
        if (p->stop && p->stop())
            return false;
        clock_sleep_ms(NAP_MS);
    }
    return true;
}

static int64_t now_ms(void *arg)
{
    const struct lock_parameters *p = arg;

    return aws_now_ms(p->aws);
}

void lock_parameters(struct lock_parameters *p, struct aws *a, const char *pipeline,
                     const json_t *tags, struct lock_store *out)
{
    *p = (struct lock_parameters){ .aws = a, .pipeline = pipeline, .tags = tags, .stop = a->stop };
    *out = (struct lock_store){ .arg = p,
                                .create = create,
                                .read = read_text,
                                .write = write_over,
                                .remove = remove_it,
                                .rest = rest,
                                .now_ms = now_ms };
}

/* scene.c: the start state of the kinds' tests. */
#include "unit.h"

#include "clock.h"
#include "scene.h"

#include <stdlib.h>
#include <string.h>

static int64_t now_ms; /* only to have the right shape */

static int64_t still(void)
{
    return now_ms;
}

static void no_sleep(int64_t ms)
{
    (void)ms;
}

void scene_init(struct scene *s)
{
    static const struct clock clock = { still, still, no_sleep };

    clock_use(&clock);
    memset(s, 0, sizeof(*s));
    fake_aws_init(&s->aws, &s->client);
    s->schedules[0] = (struct config_schedule){ .name = (char *)"day",
                                                .expression = (char *)"cron(0 9 * * ? *)",
                                                .max_messages = 10 };
    s->schedules[1] = (struct config_schedule){ .name = (char *)"night.x",
                                                .expression = (char *)"rate(1 hour)",
                                                .max_messages = 500 };
    s->parameters[0] = (struct config_parameter){ .name = (char *)"crm-token",
                                                  .path = (char *)"/orders/crm-token",
                                                  .from = FROM_ENV,
                                                  .source = (char *)SECRET_VARIABLE };
    s->config = (struct config){
        .file = (char *)"fifoq.yaml",
        .name = (char *)"orders",
        .pipeline = (char *)"orders",
        .tags = json_pack("{s:s}", "team", "billing"),
        .table = { .name = (char *)"items" },
        .has_ingest = true,
        .has_drain = true,
        .ingest = { .events = EVENT_INSERT, .batch_size = 100 },
        .queue = { .retention_s = 1209600, .visibility_s = 360 },
        .drain = { .schedules = s->schedules, .n_schedules = 2, .timeout_s = 60 },
        .parameters = s->parameters,
        .n_parameters = 1,
        .functions = { .arm64 = true, .memory_mb = 128, .log_retention_days = 30 },
    };
    s->package = (struct package){ .zip = (unsigned char *)"ZIP",
                                   .len = 3,
                                   .code_sha256 = (char *)"ZIP",
                                   .code = (char *)"0.1.0-0badc0de" };
    fake_aws_put(&s->aws, "tables|items",
                 json_pack("{s:s, s:s}", "TableName", "items", "TableStatus", "ACTIVE"));
    setenv(SECRET_VARIABLE, SECRET_VALUE, 1);
}

void scene_build(struct scene *s)
{
    pipeline_done(&s->pipeline);
    pipeline_build(&s->pipeline, &s->config, NULL);
    s->ctx.aws = &s->client;
    s->ctx.pipeline = s->config.pipeline;
    s->ctx.tags = s->pipeline.tags;
    s->ctx.package = &s->package;
}

void scene_done(struct scene *s)
{
    pipeline_done(&s->pipeline);
    fake_aws_done(&s->aws, &s->client);
    json_decref(s->config.tags);
    json_decref(s->config.ingest.filter);
    json_decref(s->config.ingest.message);
    clock_use(NULL);
}

void scene_plan(struct scene *s, bool removal, struct plan *p)
{
    struct err e = { 0 };

    if (plan_make(p, s->pipeline.rows, s->pipeline.n, removal, &s->ctx, &e) < 0)
        fail_msg("%s", e.msg);
}

void scene_up(struct scene *s)
{
    struct plan p;
    struct err e = { 0 };

    scene_plan(s, false, &p);
    if (plan_apply(&p, &s->ctx, NULL, NULL, &e) < 0)
        fail_msg("%s", e.msg);
    plan_done(&p);
}

const struct step *scene_step(const struct plan *p, const char *id)
{
    for (size_t i = 0; i < p->n; i++) {
        if (strcmp(p->steps[i].row->id, id) == 0)
            return &p->steps[i];
    }
    return NULL;
}

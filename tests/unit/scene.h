/* scene.h: a pipeline named orders in a fake AWS, as the start state of a test. */
#ifndef FIFOQ_SCENE_H
#define FIFOQ_SCENE_H

#include "engine/plan.h"
#include "fake_aws.h"
#include "kinds/package.h"
#include "pipeline/pipeline.h"

#include <stdatomic.h>

extern atomic_int quick_hashes; /* how often PBKDF2 was called (quick_hash.c) */

#define SECRET_VARIABLE "FIFOQ_TEST_TOKEN"
#define SECRET_VALUE    "s3cr3t-Hy9"

/* Table, both halves, two schedules, one parameter. Change config, then scene_build. */
struct scene {
    struct fake_aws aws;
    struct aws client;
    struct config config;
    struct config_schedule schedules[2];
    struct config_parameter parameters[2];
    struct pipeline pipeline;
    struct package package;
    struct ctx ctx;
};

/* The world has the table, without a stream. The clock is fixed: pauses return at once. */
void scene_init(struct scene *s);
void scene_build(struct scene *s);
void scene_done(struct scene *s);

/* Plans and applies; fails the test unless both succeed. */
void scene_up(struct scene *s);
void scene_plan(struct scene *s, bool removal, struct plan *p);
const struct step *scene_step(const struct plan *p, const char *id);

#endif

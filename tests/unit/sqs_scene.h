/* sqs_scene.h: an SQS in memory with its own clock, with short calls. */
#ifndef FIFOQ_SQS_SCENE_H
#define FIFOQ_SQS_SCENE_H

#include "unit.h"

#include "json.h"
#include "sqs/sqs.h"

#include <string.h>

#define SQS_START 1700000000000
enum { MINUTE = 60000 };

struct sqs_scene {
    struct sqs *sqs;
    int64_t now;
    char url[160];           /* the queue of the calls */
    struct sqs_fault fault;  /* of the next call only */
    struct sqs_response raw; /* of the last call */
    json_t *reply;           /* its body */
    json_t *handles;         /* by body: the latest receipt handle */
};

int sqs_scene_start(void **state);
int sqs_scene_end(void **state);

/* params: JSON with ' for "; the queue's URL is added. The reply, borrowed until the next call. */
const json_t *sqs_do(struct sqs_scene *s, const char *action, const char *params, ...) PRINTF(3, 4);
const json_t *sqs_do_json(struct sqs_scene *s, const char *action, json_t *params); /* takes it */

/* Creates a queue and selects it. FIFO if the name says so. attributes: more members, or "". */
void sqs_make(struct sqs_scene *s, const char *name, const char *attributes);
void sqs_turn(struct sqs_scene *s, const char *name);

/* A message of that group whose body is also its deduplication id. */
void sqs_send(struct sqs_scene *s, const char *group, const char *body);
/* "g1:a g2:b", each as above. */
void sqs_send_all(struct sqs_scene *s, const char *list);
void sqs_assert_receive(struct sqs_scene *s, int max, const char *bodies);
void sqs_delete(struct sqs_scene *s, const char *body);
void sqs_change(struct sqs_scene *s, const char *body, int seconds);

/* The last call succeeded, or was refused with this code (of x-amzn-query-error). */
void sqs_assert_ok(const struct sqs_scene *s);
void sqs_assert_refused(const struct sqs_scene *s, const char *code, const char *message);

const char *sqs_handle_of(const struct sqs_scene *s, const char *body);
/* A member of the last reply, by a path of names and indexes: "Messages.0.MessageId". */
const char *sqs_said(const struct sqs_scene *s, const char *path);
const json_t *sqs_said_json(const struct sqs_scene *s, const char *path);

#endif

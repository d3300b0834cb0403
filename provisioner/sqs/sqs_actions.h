/* sqs_actions.h: the actions of SQS, for the table in sqs.c; private to sqs*.c. */
#ifndef FIFOQ_SQS_SQS_ACTIONS_H
#define FIFOQ_SQS_SQS_ACTIONS_H

#include "sqs/sqs_call.h"

enum { SQS_HIDE_MAX_S = 43200 }; /* 12 h */

sqs_action_fn sqs_create_queue, sqs_delete_queue, sqs_get_queue_url, sqs_list_queues,
    sqs_list_dead_letter_source_queues, sqs_purge_queue;
sqs_action_fn sqs_tag_queue, sqs_untag_queue, sqs_list_queue_tags;
sqs_action_fn sqs_get_queue_attributes, sqs_set_queue_attributes;
sqs_action_fn sqs_send_message, sqs_send_message_batch;
sqs_action_fn sqs_receive_message;
sqs_action_fn sqs_delete_message, sqs_delete_message_batch;
sqs_action_fn sqs_change_message_visibility, sqs_change_message_visibility_batch;
sqs_action_fn sqs_start_message_move_task, sqs_list_message_move_tasks,
    sqs_cancel_message_move_task;

/* The receipt handle of the last receive, for the caller to free. */
char *sqs_handle(const struct sqs_queue *q, const struct fifo_message *m);

/* Checks all Attributes, then sets all or none. created: the queue is new. */
CHECKED int sqs_attributes_apply(struct sqs_call *c, struct sqs_queue *q, const json_t *attributes,
                                 bool created);
/* An attribute in the form of GetQueueAttributes, a new reference; NULL: not set. */
json_t *sqs_attribute(const struct sqs_queue *q, const char *name, int64_t now);

#endif

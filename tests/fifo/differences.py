"""Where a target differs from AWS, and the source for AWS's behaviour.

A test that is listed here is expected to fail on that target, strictly: if it passes, the run fails
until the line is removed. A name without parameters means all of a test's cases.

ElasticMQ (1.7.1) agrees in what the product depends on: the order in a group, the group's lock and
its end, visibility, expiry in order, deduplication that outlives deletion, receive counts and dead
letters. It differs in its refusals and their names, in attributes that it does not have, and in the
points below, each with its reason.

The source is the page in brackets, of the API reference (API_...) or of the developer guide, both
under https://docs.aws.amazon.com/AWSSimpleQueueService/latest/ ([its tests]: LocalStack's tests,
whose expected results were recorded on AWS), or by the comment at the test.
"""

# Errors with another name than in AWS's API reference; the refusal itself is the same.
ALSO_CALLED = {
    "elasticmq": {
        "InvalidParameterValue": "InvalidAttributeValue",
        "InvalidMessageContents": "InvalidAttributeValue",
        "BatchRequestTooLong": "InvalidAttributeValue",
    }
}

NO_ATTRIBUTE = "does not keep this attribute [API_GetQueueAttributes]"
NAMES = "calls it InvalidAttributeName; AWS: InvalidParameterValue [its tests]"
EMPTY = "accepts a batch without entries; AWS: EmptyBatchRequest [API_SendMessageBatch]"
ENTRY_IDS = "accepts any Id; AWS: InvalidBatchEntryId [API_SendMessageBatch]"
BATCH_SEQUENCE = "gives no SequenceNumber for an entry [API_SendMessageBatchResultEntry]"
EXPIRED = "a handle stays good after expiry; of a FIFO queue it does not [sqs-visibility-timeout]"
HANDLE = "says ReceiptHandleIsInvalid; AWS: expired, or not in flight [its tests]"
ATTEMPT = "answers 500, or forgets that a message was changed [API_ReceiveMessage]"
QUERY_ERROR = (
    "repeats the type in x-amzn-query-error; AWS: CODE;Sender [sqs-making-api-requests-json]"
)
MOVE_TASK = "completes and moves nothing out of a FIFO queue [API_StartMessageMoveTask]"
SCOPE = "knows no DeduplicationScope [high-throughput-fifo]"
SIZE = "knows no MaximumMessageSize [API_SetQueueAttributes]"

# fmt: off
DIFFERENCES = {
    "elasticmq": {
        # Queues
        "test_the_defaults": NO_ATTRIBUTE,
        "test_a_fifo_queues_name_ends_in_fifo": NAMES,
        "test_only_a_fifo_queues_name_ends_in_fifo": NAMES,
        "test_a_fifo_queue_stays_one":
            "accepts it; AWS names the limits [API_SetQueueAttributes]",
        "test_a_value_that_is_none": "accepts it; AWS names the limits [API_CreateQueue]",
        "test_a_value_at_the_edge[MessageRetentionPeriod-60]": NO_ATTRIBUTE,
        "test_a_value_at_the_edge[MessageRetentionPeriod-1209600]": NO_ATTRIBUTE,
        "test_a_value_at_the_edge[MaximumMessageSize-1024]": NO_ATTRIBUTE,
        "test_an_attribute_that_is_none": "accepts it; AWS names the limits [API_CreateQueue]",
        "test_what_was_set_holds": "cannot change ContentBasedDeduplication; AWS can",
        "test_purge_only_once_a_minute": "purges at any time; AWS: PurgeQueueInProgress",
        "test_the_name_is_free_again_after_a_minute": "frees it at once; AWS: QueueDeletedRecently",
        "test_who_waits_is_told_or_gets_nothing_when_the_queue_is_deleted":
            "leaves who waits without an answer (503 after 20 s)",
        # Sending
        "test_a_body_is_measured_in_bytes_and_not_in_characters":
            "measures characters; AWS bytes [quotas-messages]",
        "test_the_queue_can_have_a_smaller_limit": SIZE,
        "test_an_entry_over_the_queues_limit_fails_alone": SIZE,
        "test_an_entry_that_fails_does_not_stop_later_ones_of_its_group": SIZE,
        "test_an_entry_is_answered_by_its_id": BATCH_SEQUENCE,
        "test_sequence_numbers_increase_in_a_group": BATCH_SEQUENCE,
        "test_an_entry_id_that_is_none_fails_the_whole_batch": ENTRY_IDS,
        "test_an_empty_batch_is_refused": EMPTY,
        "test_attributes_count_into_the_batch[1]":
            "counts bodies only; AWS attributes too [quotas-messages]",
        "test_an_entry_without_group_or_deduplication_id_fails_the_whole_batch":
            "fails the entry alone; AWS the whole request [its tests]",
        # Deduplication
        "test_the_scope_is_the_queue_by_default": SCOPE,
        "test_the_scope_can_be_the_group": SCOPE,
        "test_a_scope_that_is_changed_later_has_no_effect": SCOPE,
        "test_high_throughput_needs_the_groups_scope": SCOPE,
        # Receiving
        "test_nothing_is_no_messages_key": "answers an empty list; AWS leaves the key out",
        "test_an_attempt_can_be_repeated":
            "gives the same messages with new handles; AWS the same handles [API_ReceiveMessage]",
        "test_an_attempt_is_not_repeated_once_a_message_was_changed": ATTEMPT,
        "test_an_attempt_whose_visibility_is_over_is_a_new_one": ATTEMPT,
        # Visibility and deletion
        "test_a_visibility_that_is_none":
            "accepts it; AWS names the limits [API_ChangeMessageVisibility]",
        "test_deleting_after_expiry_fails": EXPIRED,
        "test_deleting_after_a_release_fails": EXPIRED,
        "test_deleting_after_expiry_fails_in_a_batch": EXPIRED,
        "test_changing_after_expiry_fails": EXPIRED,
        "test_changing_after_a_release_fails": EXPIRED,
        "test_deleting_after_expiry_and_another_receive_fails": HANDLE,
        "test_changing_after_a_delete_fails": HANDLE,
        "test_deleting_twice_is_no_error":
            "refuses the second time; AWS does not [API_DeleteMessage]",
        "test_batches_are_refused_as_those_of_sends[none-delete_message_batch]": EMPTY,
        "test_batches_are_refused_as_those_of_sends[none-change_message_visibility_batch]": EMPTY,
        "test_batches_are_refused_as_those_of_sends[bad-delete_message_batch]": ENTRY_IDS,
        "test_batches_are_refused_as_those_of_sends[bad-change_message_visibility_batch]":
            ENTRY_IDS,
        # Dead letters
        "test_the_dead_letter_queue_of_a_fifo_queue_is_a_fifo_queue":
            "accepts a standard queue; AWS does not [sqs-dead-letter-queues]",
        "test_who_waits_at_the_dead_letter_queue_gets_it": "does not wake who waits at that queue",
        "test_a_task_moves_messages_back": MOVE_TASK,
        "test_a_task_moves_messages_where_it_is_told": MOVE_TASK,
        "test_a_message_moved_back_is_a_new_one": MOVE_TASK,
        "test_a_task_that_is_done_says_so": MOVE_TASK,
        "test_a_task_keeps_to_its_rate_and_can_be_cancelled": MOVE_TASK,
        "test_one_task_for_each_queue": MOVE_TASK,
        "test_a_task_of_a_queue_that_is_none": "says QueueDoesNotExist; AWS: ResourceNotFound, 404",
        "test_a_task_needs_a_queue_that_is_a_dead_letter_queue":
            "leaves the request without an answer (503 after 20 s); AWS refuses it",
        "test_a_rate_that_is_none": "does not check it; AWS does [API_StartMessageMoveTask]",
        # The protocol
        "test_an_answer_is_json_1_0": "answers application/json; AWS application/x-amz-json-1.0",
        "test_an_error_says_its_type_and_its_query_code": QUERY_ERROR,
        "test_a_batchs_error_and_its_query_code": QUERY_ERROR,
        "test_an_expired_handle_is_an_invalid_parameter_value": EXPIRED,
        "test_an_error_about_a_handle": QUERY_ERROR,
        "test_a_wrong_type_is_refused": "answers 500; AWS 400 (SerializationException)",
    }
}
# fmt: on

# Of these, what would only cost twenty seconds each.
NOT_RUN = {
    "elasticmq": (
        "test_who_waits_is_told_or_gets_nothing_when_the_queue_is_deleted",
        "test_a_task_needs_a_queue_that_is_a_dead_letter_queue",
    )
}

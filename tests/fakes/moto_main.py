"""moto's server, extended for the tests.

Streams keep their records: moto passes each new record to the mapped function itself, in Docker,
and then drops it, whatever the result. Here the functions run in `fifoq dev`, which reads the
stream as Lambda does, so the records must stay. A disabled stream can be enabled again.

External changes of a function are stored and returned: moto drops most of a configuration, a
concurrency of 0, layers of other accounts, and every asynchronous configuration but the first. Log
groups can lose their key.

The proxy checks signatures: moto would refuse every signed GET if it enforced permissions.

A deleted message stays deleted: of two that moto deletes at the same time, one can reappear.
"""

from moto.awslambda.models import LambdaBackend, LambdaFunction
from moto.dynamodb.models import DynamoDBBackend
from moto.iam.access_control import IAMRequestBase
from moto.logs.responses import LogsResponse
from moto.server import main
from moto.sqs.models import Queue

INVOKE = ("MaximumRetryAttempts", "MaximumEventAgeInSeconds", "DestinationConfig")
KEPT = ("DeadLetterConfig", "FileSystemConfigs", "KMSKeyArn", "LoggingConfig")


def _not_taken(self, function_arn, items, source):
    return ""


_update, _tell, _tell_code = (
    LambdaFunction.update_configuration,
    LambdaFunction.get_configuration,
    LambdaFunction.get_code,
)


def _update_all(self, config_updates):
    kept = self.__dict__.setdefault("kept", {})
    kept.update({name: config_updates[name] for name in KEPT if name in config_updates})
    self.tracing_config = config_updates.get("TracingConfig", self.tracing_config)
    if "EphemeralStorage" in config_updates:
        self.ephemeral_storage = config_updates["EphemeralStorage"]["Size"]
    return _update(self, config_updates)


def _tell_all(self, on_create=False):
    return {**_tell(self, on_create), **self.__dict__.get("kept", {})}


def _any_layers(self, arns):
    return [{"Arn": arn, "CodeSize": 1} for arn in arns]


def _tell_concurrency(self):
    answer = _tell_code(self)
    if self.reserved_concurrency is not None:
        answer["Concurrency"] = {"ReservedConcurrentExecutions": self.reserved_concurrency}
    return answer


_put_invoke, _get_invoke = (
    LambdaBackend.put_function_event_invoke_config,
    LambdaBackend.get_function_event_invoke_config,
)


def _put_over(self, function_name, config):
    self.get_function(function_name).event_invoke_config.clear()
    return _put_invoke(self, function_name, config)


def _update_over(self, function_name, config):
    known = _get_invoke(self, function_name)
    known = {name: known[name] for name in INVOKE if name in known}
    return _put_over(self, function_name, {**known, **config})


_streams = DynamoDBBackend.update_table_streams


def _streams_again(self, table, stream_specification):
    if not (table.stream_specification or {}).get("StreamEnabled"):
        table.latest_stream_label = None
    _streams(self, table, stream_specification)


def _disassociate_kms_key(self):
    self.logs_backend.groups[self._get_param("logGroupName")].kms_key_id = None
    return ""


_delete_message = Queue.delete_message


def _delete_alone(self, receipt_handle):
    with self._messages_lock:
        _delete_message(self, receipt_handle)


def _associate_kms_key(self):
    group = self.logs_backend.groups[self._get_param("logGroupName")]
    group.kms_key_id = self._get_param("kmsKeyId")
    return ""


IAMRequestBase.check_signature = lambda self: None
LambdaBackend.send_dynamodb_items = _not_taken
LambdaBackend.put_function_event_invoke_config = _put_over
LambdaBackend.update_function_event_invoke_config = _update_over
LambdaFunction.update_configuration = _update_all
LambdaFunction.get_configuration = _tell_all
LambdaFunction._get_layers_data = _any_layers
LambdaFunction.get_code = _tell_concurrency
DynamoDBBackend.update_table_streams = _streams_again
Queue.delete_message = _delete_alone
LogsResponse.associate_kms_key = _associate_kms_key
LogsResponse.disassociate_kms_key = _disassociate_kms_key

if __name__ == "__main__":
    main()

"""Where MiniStack (1.5.33) differs from AWS, and the source for AWS's behaviour.

A test that is named here is expected to fail there, strictly: if it passes, the run fails until the
line is removed. The source is the page in brackets, of the service's API reference under https://docs.aws.amazon.com/.
"""

UPDATE_INVOKE = "answers 'Function not found' [lambda API_UpdateFunctionEventInvokeConfig]"

DIFFERENCES = {
    "drain-async: retries": UPDATE_INVOKE,
    "drain-async: age": UPDATE_INVOKE,
    "drain-async: a destination": UPDATE_INVOKE,
    "mapping: tumbling window": "drops it [lambda API_UpdateEventSourceMapping]",
    "schedule/night: a role": "keeps the role of a rule that is put without one; AWS: 'the old "
    "values for those arguments are not kept' [eventbridge API_PutRule]",
    "drain-logs: a KMS key": "does not know the action [logs API_AssociateKmsKey]",
}

# Its evaluator derives other resources for these services than AWS does (a rule's ARN contains
# `default/`, CreateFunction and GetParameters have "*"), and it supports no condition of Lambda's.
RESOURCES_UNJUDGED = ("events", "lambda", "ssm", "logs")

"""Where MiniStack (1.5.33) does not do what AWS does, and by which source AWS is right.

A test that is named here is expected to fail there, strictly: when it passes after all, the run
fails until the line is taken away. AWS is right by the page in brackets, of the service's API
reference under https://docs.aws.amazon.com/.
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

# Its own evaluator takes these services' resources for others than AWS does (a rule's ARN has
# `default/` in it, CreateFunction and GetParameters have "*"), and it knows no condition of Lambda's.
RESOURCES_UNJUDGED = ("events", "lambda", "ssm", "logs")

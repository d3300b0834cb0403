"""Restores refusals of AWS that moto lacks.

Each check gets an exchange that is about to reach moto and boto3's Lambda client, and returns the
answer that AWS would give instead, or None. Proxy.stricter holds them.
"""

import base64
import io
import json
import zipfile
from urllib.parse import unquote

from fakes.proxy import aws_error


def _parts(exchange):
    path = exchange.request.target.partition("?")[0]
    return [unquote(part) for part in path.strip("/").split("/")]


def _policy(client, function):
    try:
        policy = json.loads(client.get_policy(FunctionName=function)["Policy"])
    except client.exceptions.ResourceNotFoundException:
        return []
    return [statement.get("Sid") for statement in policy["Statement"]]


def _mapping_twice(exchange, client):
    body = exchange.json()
    for mapping in client.list_event_source_mappings()["EventSourceMappings"]:
        same = mapping["FunctionArn"].split(":")[6] == body["FunctionName"].split(":")[-1]
        if same and mapping["EventSourceArn"] == body["EventSourceArn"]:
            said = f"exists already, with UUID {mapping['UUID']}"
            return aws_error("ResourceConflictException", said, 409)
    return None


def _mapping_unknown(exchange, client):
    uuid = _parts(exchange)[2]
    known = client.list_event_source_mappings()["EventSourceMappings"]
    if uuid in [mapping["UUID"] for mapping in known]:
        return None
    return aws_error("ResourceNotFoundException", "no such mapping", 404)


def _statement_twice(exchange, client):
    statement = exchange.json()["StatementId"]
    if statement not in _policy(client, _parts(exchange)[2]):
        return None
    return aws_error("ResourceConflictException", f"statement id {statement} exists already", 409)


def _statement_unknown(exchange, client):
    parts = _parts(exchange)
    if parts[4] in _policy(client, parts[2]):
        return None
    return aws_error("ResourceNotFoundException", f"no statement {parts[4]}", 404)


def _zip_is_none(exchange, client):
    code = base64.b64decode(exchange.json().get("Code", {}).get("ZipFile", ""))
    if zipfile.is_zipfile(io.BytesIO(code)):
        return None
    said = "Could not unzip uploaded file. Please check your file, then try to upload again."
    return aws_error("InvalidParameterValueException", said, 400)


CHECKS = {
    "lambda:CreateFunction": _zip_is_none,
    "lambda:CreateEventSourceMapping": _mapping_twice,
    "lambda:UpdateEventSourceMapping": _mapping_unknown,
    "lambda:DeleteEventSourceMapping": _mapping_unknown,
    "lambda:AddPermission": _statement_twice,
    "lambda:RemovePermission": _statement_unknown,
}


def as_strict_as_aws(client):
    """A check for Proxy.stricter; client is boto3's Lambda client, connected directly to moto."""

    def check(exchange):
        found = CHECKS.get(exchange.name)
        if exchange.scope and exchange.scope.region != client.meta.region_name:
            return None  # it does not know that region
        return found(exchange, client) if found else None

    return check


def no_tags_of_nothing(client):
    """Another: the tags of a missing log group; client is boto3's of CloudWatch Logs."""

    def check(exchange):
        if exchange.name != "logs:ListTagsForResource":
            return None
        name = exchange.json()["resourceArn"].rpartition(":log-group:")[2]
        groups = client.describe_log_groups(logGroupNamePrefix=name)["logGroups"]
        if name in [group["logGroupName"] for group in groups]:
            return None
        return aws_error("ResourceNotFoundException", "The specified log group does not exist.")

    return check

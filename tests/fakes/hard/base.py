"""Shared by the layers: the resource that a call is about, its parameters, and answers."""

import json
import random
import threading
from urllib.parse import parse_qsl, unquote, urlencode

from fakes import wire
from fakes.proxy import aws_error, query_error

QUERY_SERVICES = ("iam", "sts")


class Layer:
    """One behaviour. Its state is guarded by its own lock; go_on is called without it.

    `used` is how often it had an effect: a test that needs the behaviour checks that it is not 0.
    """

    def __init__(self):
        self.lock = threading.Lock()
        self.used = 0

    def use(self):
        with self.lock:
            self.used += 1

    def attach(self, proxy):
        """Called when it is enabled."""

    def settle(self):
        """Time passes: delayed changes are visible."""

    def __call__(self, exchange, go_on):
        return go_on()


def switch_on(proxy, *layers):
    """Put these layers below the existing ones."""
    for layer in layers:
        layer.attach(proxy)
        proxy.layers.append(layer)


class Countdown:
    """How often something will still happen, by key."""

    def __init__(self):
        self.left = {}
        self.lock = threading.Lock()

    def set(self, key, times):
        with self.lock:
            self.left[key] = times

    def clear(self):
        with self.lock:
            self.left.clear()

    def take(self, key):
        """True while there is some left, and then one less."""
        with self.lock:
            left = self.left.get(key, 0)
            if left > 0:
                self.left[key] = left - 1
            return left > 0


def key_of(exchange):
    """The key of requests that count as the same."""
    return exchange.name, exchange.request.target, exchange.request.body


class Dice:
    """Chance that depends only on the seed, on a request and on how often it was made."""

    def __init__(self, seed):
        self.seed, self.seen = seed, {}
        self.lock = threading.Lock()

    def throw(self, key):
        """(how often this key was used before, its own random.Random)."""
        with self.lock:
            times = self.seen[key] = self.seen.get(key, -1) + 1
        return times, random.Random(f"{self.seed} {times} {key}")


def succeeded(response):
    return response is not None and 200 <= response.status < 300


def as_json(response):
    return json.loads(response.body or b"{}")


def with_json(response, value):
    """The same answer with another body."""
    headers = wire.Headers(h for h in response.headers if h[0].lower() != "content-length")
    return wire.Response(response.status, headers, json.dumps(value).encode())


def error(exchange, code, message, status=400, old_code=None):
    """An error in the format of the called service; old_code: SQS's code of the Query protocol."""
    if exchange.service in QUERY_SERVICES:
        return query_error(code, message, status)
    headers = [("x-amzn-query-error", f"{old_code};Sender")] if old_code else []
    kind = f"com.amazonaws.sqs#{code}" if exchange.service == "sqs" else code
    return aws_error(kind, message, status, headers)


NOT_FOUND = {
    "sqs": ("QueueDoesNotExist", 400, "AWS.SimpleQueueService.NonExistentQueue"),
    "iam": ("NoSuchEntity", 404, None),
    "lambda": ("ResourceNotFoundException", 404, None),
    "events": ("ResourceNotFoundException", 400, None),
    "logs": ("ResourceNotFoundException", 400, None),
    "dynamodb": ("ResourceNotFoundException", 400, None),
    "ssm": ("InvalidResourceId", 400, None),
}


def not_found(exchange):
    code, status, old_code = NOT_FOUND[exchange.service]
    return error(exchange, code, "not known yet", status, old_code)


# Parameters, whatever the protocol: JSON, a form, or Lambda's query


def params(service, request):
    """The parameters of a list action."""
    if service == "lambda":
        return dict(parse_qsl(request.target.partition("?")[2]))
    if service in QUERY_SERVICES:
        return dict(parse_qsl(request.body.decode(), keep_blank_values=True))
    return json.loads(request.body or b"{}")


def with_params(service, request, values):
    """The same request with other parameters; its signature does not match them."""
    target, body = request.target, request.body
    if service == "lambda":
        target = target.partition("?")[0] + (f"?{urlencode(values)}" if values else "")
    elif service in QUERY_SERVICES:
        body = urlencode(values).encode()
    else:
        body = json.dumps(values).encode()
    return wire.Request(request.method, target, request.version, request.headers, body)


# The resource of a call


def path_parts(exchange):
    path = exchange.request.target.partition("?")[0]
    return [unquote(part) for part in path.strip("/").split("/")]


def function_name(exchange):
    """The function that a call to Lambda is about; None if it is about something else."""
    parts = path_parts(exchange)
    name = None
    if parts[1] == "functions":
        name = parts[2] if len(parts) > 2 else exchange.json().get("FunctionName")
    elif parts[1] == "tags" and ":function:" in parts[2]:
        name = parts[2]
    return name.rsplit(":", 1)[-1] if name else None


def _about_lambda(exchange):
    if path_parts(exchange)[1] in ("event-source-mappings", "tags") and not function_name(exchange):
        return "mappings"
    return function_name(exchange)


MEMBERS = {
    "sqs": ("QueueUrl", "QueueName"),
    "events": ("Rule", "Name", "ResourceARN", "NamePrefix"),
    "logs": ("logGroupName", "logGroupNamePrefix", "resourceArn"),
    "dynamodb": ("TableName", "ResourceArn"),
}


def _last_part(service, name):
    if service == "logs":
        return name.rpartition(":log-group:")[2].removesuffix(":*")
    return name.rsplit("/", 1)[-1]


def subject(exchange):
    """The name of the queue, role, rule, function ... that a call is about, or None."""
    if exchange.service == "lambda":
        return _about_lambda(exchange)
    asked = params(exchange.service, exchange.request)
    if exchange.service == "iam":
        return asked.get("RoleName")
    if exchange.service == "ssm":
        filters = asked.get("ParameterFilters", [{}])[0].get("Values", [None])
        return asked.get("Name") or asked.get("ResourceId") or filters[0]
    for member in MEMBERS.get(exchange.service, ()):
        if member in asked:
            return _last_part(exchange.service, asked[member])
    return None

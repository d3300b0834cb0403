"""Resources that need time: roles, names of queues, functions, event source mappings."""

import json
from urllib.parse import parse_qs

from fakes import wire
from fakes.hard.base import (
    Countdown,
    Layer,
    as_json,
    error,
    function_name,
    path_parts,
    subject,
    succeeded,
    with_json,
)

NOT_ASSUMED = "The role defined for the function cannot be assumed by Lambda."
NO_STREAM = (
    "Cannot access stream {}. Please ensure the role can perform the GetRecords, GetShardIterator, "
    "DescribeStream, and ListStreams Actions on your stream in IAM."
)
NO_QUEUE = "The provided execution role does not have permissions to call SendMessage on SQS"


class RolesLater(Layer):
    """The first `times` functions and the first `times` mappings with a new role are refused; the
    mappings first for the stream, then for the queue."""

    def __init__(self, times=2):
        super().__init__()
        self.times, self.left, self.roles = times, Countdown(), {}

    def __call__(self, exchange, go_on):
        said = self._refusal(exchange)
        if said:
            self.use()
            return error(exchange, "InvalidParameterValueException", said)
        answer = go_on()
        if exchange.name == "iam:CreateRole" and succeeded(answer):
            for use in ("function", "stream", "queue"):
                self.left.set((use, subject(exchange)), self.times)
        return answer

    def _refusal(self, exchange):
        if exchange.name == "lambda:CreateFunction":
            asked = exchange.json()
            role = asked["Role"].rsplit("/", 1)[-1]
            with self.lock:
                self.roles[asked["FunctionName"]] = role
            return NOT_ASSUMED if self.left.take(("function", role)) else None
        if exchange.name == "lambda:CreateEventSourceMapping":
            asked = exchange.json()
            role = self.roles.get(asked["FunctionName"].rsplit(":", 1)[-1])
            if self.left.take(("stream", role)):
                return NO_STREAM.format(asked["EventSourceArn"])
            if "DestinationConfig" in asked and self.left.take(("queue", role)):
                return NO_QUEUE
        return None


class QueueNames(Layer):
    """After a queue's deletion its name is refused `times` times, instead of for a minute."""

    def __init__(self, times=1):
        super().__init__()
        self.left, self.times = Countdown(), times

    def __call__(self, exchange, go_on):
        if exchange.name == "sqs:CreateQueue" and self.left.take(subject(exchange)):
            self.use()
            code = "QueueDeletedRecently"
            said = "You must wait 60 seconds after deleting a queue before you can create another"
            return error(exchange, code, said, old_code=f"AWS.SimpleQueueService.{code}")
        answer = go_on()
        if exchange.name == "sqs:DeleteQueue" and succeeded(answer):
            self.left.set(subject(exchange), self.times)
        return answer


class ParameterNames(Layer):
    """After a parameter's deletion its name is refused `times` times, although it cannot be read.

    https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_DeleteParameter.html: "wait
    for at least 30 seconds to create a parameter with the same name"; AWS's answer until then is
    not documented.
    """

    def __init__(self, times=2):
        super().__init__()
        self.left, self.times = Countdown(), times

    def __call__(self, exchange, go_on):
        if exchange.name == "ssm:PutParameter" and self.left.take(subject(exchange)):
            self.use()
            said = "The parameter already exists."
            return error(exchange, "ParameterAlreadyExists", said)
        answer = go_on()
        if exchange.name == "ssm:DeleteParameter" and succeeded(answer):
            self.left.set(subject(exchange), self.times)
        return answer


PENDING = {
    "State": "Pending",
    "StateReason": "The function is being created.",
    "StateReasonCode": "Creating",
}
IN_PROGRESS = {
    "LastUpdateStatus": "InProgress",
    "LastUpdateStatusReason": "The function is being updated.",
    "LastUpdateStatusReasonCode": "Updating",
}
FAILED = {
    "State": "Failed",
    "StateReason": "The function could not be set up.",
    "StateReasonCode": "InternalError",
}
UPDATE_FAILED = {
    "LastUpdateStatus": "Failed",
    "LastUpdateStatusReason": "The new code could not be set up.",
    "LastUpdateStatusReasonCode": "InternalError",
}
BUSY_UPDATING = {
    "UpdateFunctionCode", "UpdateFunctionConfiguration", "PublishVersion", "TagResource",
}  # fmt: skip
SAID_PENDING = (
    "The operation cannot be performed at this time. "
    "The function is currently in the following state: Pending"
)
SAID_UPDATING = (
    "The operation cannot be performed at this time. An update is in progress for resource: {}"
)


class FunctionsSettle(Layer):
    """A new function is Pending, a changed one InProgress, for `looks` reads or refused writes.

    fail_create, fail_update: the names of functions whose creation or update ends as Failed, once
    for each time that a name is in the list. The state stays until the next update.
    """

    def __init__(self, looks=2, fail_create=(), fail_update=()):
        super().__init__()
        self.looks, self.states = looks, {}
        self.fail_create, self.fail_update = list(fail_create), list(fail_update)

    def __call__(self, exchange, go_on):
        if exchange.service != "lambda" or not (name := function_name(exchange)):
            return go_on()
        if refusal := self._refuse(exchange, name):
            return refusal
        answer = go_on()
        if succeeded(answer):
            self._change(exchange.action, name)
            answer = self._show(exchange, name, answer)
        return answer

    def _look(self, name):
        """Counts one read; returns what it shows."""
        state, left, then = self.states[name]
        self.states[name] = (state, left - 1, then) if left > 1 else (then, 0, then)

    def _refuse(self, exchange, name):
        with self.lock:
            state, left, _ = self.states.get(name, ({}, 0, {}))
            if exchange.effect != "write" or exchange.action == "DeleteFunction" or not left:
                return None
            if state is IN_PROGRESS and exchange.action not in BUSY_UPDATING:
                return None
            self._look(name)
            self.used += 1
        said = SAID_PENDING if state is PENDING else SAID_UPDATING.format(name)
        return error(exchange, "ResourceConflictException", said, 409)

    @staticmethod
    def _fails(names, name):
        if name in names:
            names.remove(name)
            return True
        return False

    def _change(self, action, name):
        with self.lock:
            if action == "CreateFunction":
                then = FAILED if self._fails(self.fail_create, name) else {}
                self.states[name] = (PENDING, self.looks, then)
            elif action in ("UpdateFunctionCode", "UpdateFunctionConfiguration"):
                then = UPDATE_FAILED if self._fails(self.fail_update, name) else {}
                self.states[name] = (IN_PROGRESS, self.looks, then)
            elif action == "DeleteFunction":
                self.states.pop(name, None)

    def _show(self, exchange, name, answer):
        with self.lock:
            state, left, _ = self.states.get(name, ({}, 0, {}))
            if exchange.effect == "read" and left:
                self._look(name)
        value = as_json(answer) if answer.body else None
        config = value.get("Configuration", value) if isinstance(value, dict) else None
        if not state or not config or "FunctionName" not in config or "Role" not in config:
            return answer
        self.use()
        config.update(state)
        return with_json(answer, value)


IN_USE = "Cannot update the event source mapping because it is in use."


class MappingsSettle(Layer):
    """A mapping is Creating, Updating, Enabling or Disabling for `looks` reads or refused writes; a
    deleted one is shown as Deleting for as long, and its pair is in use until then."""

    def __init__(self, looks=2):
        super().__init__()
        self.looks = looks
        self.states = {}  # UUID to [state, reads left]
        self.gone = {}  # UUID to [the mapping as it was, reads left]
        self.seen = {}  # UUID to the latest answer about it

    def __call__(self, exchange, go_on):
        parts = path_parts(exchange) if exchange.service == "lambda" else ["", ""]
        if parts[1] != "event-source-mappings":
            return go_on()
        uuid = parts[2] if len(parts) > 2 else None
        with self.lock:
            early = self._before(exchange, uuid)
        if early:
            return early
        answer = go_on()
        if not succeeded(answer):
            return answer
        with self.lock:
            value = self._after(exchange, uuid, as_json(answer))
        return with_json(answer, value)

    # Before moto

    def _before(self, exchange, uuid):
        """The answer that does not need moto."""
        if exchange.action == "CreateEventSourceMapping":
            return self._refuse_pair(exchange)
        busy = self.gone.get(uuid) or self.states.get(uuid)
        if exchange.effect == "write":
            return self._refuse_busy(exchange, uuid) if busy else None
        if uuid in self.gone:
            value = self._shown_gone(uuid)
            return wire.Response(200, JSON, json.dumps(value).encode())
        return None

    def _refuse_busy(self, exchange, uuid):
        self._count_down(self.gone if uuid in self.gone else self.states, uuid)
        self.used += 1
        return error(exchange, "ResourceInUseException", IN_USE)

    def _refuse_pair(self, exchange):
        asked = exchange.json()
        for uuid, (mapping, _) in list(self.gone.items()):
            name = mapping["FunctionArn"].rsplit(":", 1)[-1]
            same = name == asked["FunctionName"].rsplit(":", 1)[-1]
            if same and mapping["EventSourceArn"] == asked["EventSourceArn"]:
                self._count_down(self.gone, uuid)
                self.used += 1
                said = f"An event source mapping exists already; its UUID is {uuid}"
                return error(exchange, "ResourceConflictException", said, 409)
        return None

    @staticmethod
    def _count_down(table, uuid):
        table[uuid][1] -= 1
        if table[uuid][1] <= 0:
            del table[uuid]

    def _shown_gone(self, uuid):
        self.used += 1
        value = self.gone[uuid][0]
        self._count_down(self.gone, uuid)
        return value

    # After moto

    def _after(self, exchange, uuid, value):
        if exchange.action == "ListEventSourceMappings":
            return self._listed(exchange, value)
        if exchange.effect == "read":
            return self._shown(value)
        self._change(exchange, uuid or value["UUID"], value)
        uuid = uuid or value["UUID"]
        if exchange.action == "DeleteEventSourceMapping":
            return {**value, "UUID": uuid, "State": "Deleting"}
        return {**value, "State": self.states[uuid][0]} if uuid in self.states else value

    def _change(self, exchange, uuid, value):
        if not self.looks:
            return
        if exchange.action == "DeleteEventSourceMapping":
            known = {**self.seen.get(uuid, {}), **value, "UUID": uuid, "State": "Deleting"}
            self.states.pop(uuid, None)
            if "EventSourceArn" in known:
                self.gone[uuid] = [known, self.looks]
        elif exchange.action == "CreateEventSourceMapping":
            self.states[uuid] = ["Creating", self.looks]
        else:
            self.states[uuid] = [self._update_state(exchange, uuid), self.looks]
        if exchange.action != "DeleteEventSourceMapping":
            self.seen[uuid] = value

    def _update_state(self, exchange, uuid):
        if exchange.json().get("Enabled") is False:
            return "Disabling"
        return "Enabling" if self.seen.get(uuid, {}).get("State") == "Disabled" else "Updating"

    def _shown(self, mapping):
        uuid = mapping["UUID"]
        self.seen[uuid] = mapping
        if uuid not in self.states:
            return mapping
        self.used += 1
        shown = {**mapping, "State": self.states[uuid][0]}
        self._count_down(self.states, uuid)
        return shown

    def _listed(self, exchange, value):
        asked = parse_qs(exchange.request.target.partition("?")[2])
        name = (asked.get("FunctionName") or [None])[0]
        found = [self._shown(mapping) for mapping in value["EventSourceMappings"]]
        for uuid, (mapping, _) in list(self.gone.items()):
            if name in (None, mapping["FunctionArn"].rsplit(":", 1)[-1], mapping["FunctionArn"]):
                found.append(self._shown_gone(uuid))
        return {**value, "EventSourceMappings": found}


JSON = wire.Headers([("Content-Type", "application/json")])

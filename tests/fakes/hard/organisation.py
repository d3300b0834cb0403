"""An organisation's policies: what they deny is denied whatever the caller's own policy allows.

https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps.html
"""

from fakes.hard.base import Layer
from fakes.iam import members
from fakes.proxy import error_for


def explicit_deny(exchange):
    """In AWS's own format."""
    said = (
        "User: arn:aws:iam::123456789012:user/ci is not authorized to perform: "
        f"{exchange.name} with an explicit deny in a service control policy"
    )
    code = "AccessDenied" if exchange.service == "iam" else "AccessDeniedException"
    return error_for(exchange, code, said, 403)


class Denies(Layer):
    """Denies the requests for which `denied(exchange, its parameters)` is true."""

    def denied(self, exchange, given):
        raise NotImplementedError

    def __call__(self, exchange, go_on):
        if not self.denied(exchange, members(exchange)):
            return go_on()
        self.use()
        return explicit_deny(exchange)


class DemandsBoundary(Denies):
    """No role is created without a permissions boundary, and none is removed."""

    def denied(self, exchange, given):
        if exchange.name == "iam:CreateRole":
            return not given.get("PermissionsBoundary")
        return exchange.name == "iam:DeleteRolePermissionsBoundary"


class DemandsTags(Denies):
    """Nothing that supports tags at creation is created without this one."""

    # the condition aws:RequestTag on the action that creates a resource
    CREATING = """iam:CreateRole sqs:CreateQueue lambda:CreateFunction dynamodb:CreateTable
        lambda:CreateEventSourceMapping logs:CreateLogGroup""".split()

    def __init__(self, key):
        super().__init__()
        self.key = key

    def denied(self, exchange, given):
        new = exchange.name == "ssm:PutParameter" and not given.get("Overwrite")
        if exchange.name not in self.CREATING and not new:
            return False
        return self.key not in tag_keys(given)


class KeepsTags(Denies):
    """Tags with this prefix are never removed."""

    def __init__(self, prefix):
        super().__init__()
        self.prefix = prefix

    def denied(self, exchange, given):
        action = exchange.name.partition(":")[2]
        keys = given.get("TagKeys") or given.get("tagKeys") or given.get("tags") or []
        if not action.startswith(("Untag", "RemoveTags")):
            return False
        return any(key.startswith(self.prefix) for key in keys)


def tag_keys(given):
    """The keys of a request's tags, in each service's spelling."""
    tags = given.get("Tags") or given.get("tags") or {}
    if any(name.startswith("Tags.member.") for name in given):
        return {value for name, value in given.items() if name.endswith(".Key")}
    return set(tags) if isinstance(tags, dict) else {tag.get("Key") for tag in tags}

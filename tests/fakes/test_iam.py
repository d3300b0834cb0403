"""The evaluator of policies: what is allowed, and what is not."""

import pytest

from fakes.iam import Need, Requests, allows

QUEUE = "arn:aws:sqs:eu-west-1:123456789012:orders.fifo"
ROLE = "arn:aws:iam::123456789012:role/orders-drain"


def policy(effect="Allow", action="sqs:SendMessage", resource=QUEUE, **more):
    return {"Effect": effect, "Action": action, "Resource": resource, **more}


PASSED = {"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}
LAMBDA, EC2 = ({"iam:PassedToService": f"{s}.amazonaws.com"} for s in ("lambda", "ec2"))
OF = {"ArnLike": {"lambda:FunctionArn": "arn:aws:lambda:*:*:function:orders-*"}}
OURS, OTHERS = (
    {"lambda:FunctionArn": f"arn:aws:lambda:eu-west-1:123456789012:function:{name}"}
    for name in ("orders-ingest", "invoices-ingest")
)


@pytest.mark.parametrize(
    "statements, need, allowed",
    [
        ([], Need("sqs:SendMessage", QUEUE), False),
        ([policy()], Need("sqs:SendMessage", QUEUE), True),
        ([policy(action=["sqs:sendmessage"])], Need("sqs:SendMessage", QUEUE), True),
        ([policy(action="sqs:Send*")], Need("sqs:SendMessage", QUEUE), True),
        ([policy(action="sqs:Sen")], Need("sqs:SendMessage", QUEUE), False),
        ([policy()], Need("sqs:SendMessage", QUEUE + "x"), False),
        ([policy()], Need("sqs:SendMessage", "*"), False),
        ([policy(resource="*")], Need("sqs:SendMessage", QUEUE), True),
        ([policy(resource=[QUEUE[:-1] + "?"])], Need("sqs:SendMessage", QUEUE), True),
        ([policy(resource=QUEUE.upper())], Need("sqs:SendMessage", QUEUE), False),
        ([policy(), policy("Deny", "*", "*")], Need("sqs:SendMessage", QUEUE), False),
        ([policy(action="iam:PassRole", resource=ROLE, Condition=PASSED)],
         Need("iam:PassRole", ROLE, LAMBDA), True),
        ([policy(action="iam:PassRole", resource=ROLE, Condition=PASSED)],
         Need("iam:PassRole", ROLE, EC2), False),
        ([policy(action="iam:PassRole", resource=ROLE, Condition=PASSED)],
         Need("iam:PassRole", ROLE), False),
        ([policy(action="*", resource="*", Condition=OF)], Need("lambda:X", "*", OURS), True),
        ([policy(action="*", resource="*", Condition=OF)], Need("lambda:X", "*", OTHERS), False),
    ],
)  # fmt: skip
def test_what_is_allowed(statements, need, allowed):
    assert allows({"Version": "2012-10-17", "Statement": statements}, need) is allowed


def test_arns_are_the_references():
    requests = Requests("123456789012", "eu-west-1")
    assert requests.arn("sqs", "queue", QueueName="orders.fifo") == QUEUE
    assert requests.arn("iam", "role", RoleNameWithPath="orders-drain") == ROLE

"""Invalid answers and text from other sources: how `fifoq` handles them.

tests/wire/test_shapes.py damages every member of every answer; here whole commands receive a
sample, with one staged difference that the damaged answer would show. FIFOQ_SWEEP=1 runs all."""

import copy
import json
import os
import random
import re
import unicodedata

import expected
import pytest
from mutations import make_policy
from support import REGION

from fakes import wire
from fakes.proxy import error_for

FORMATS = ("text", "json", "junit", "sarif", "github", "markdown")
HTML = b"<html><head><title>Sign in</title></head><body><p>Please log in</p></body></html>"
OTHER = (
    b"<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>a</Arn></GetCallerIdentityResult>"
    b"</GetCallerIdentityResponse>"
)
PAGES = [HTML, b"<a><b/></a>", OTHER, b"", b"null", b"[]", b'"x"', b"{}", b'{"message":"ok"}']
ALLOW = {"Effect": "Allow", "Action": "*", "Resource": "*"}
ONCE = {"AWS_MAX_ATTEMPTS": "1"}


@pytest.fixture
def up(fifoq, table, proxy):
    fifoq.good("up", "--yes")
    proxy.clear()
    return fifoq


def page(body, kind="text/html"):
    return wire.Response(200, wire.Headers([("Content-Type", kind)]), body)


# One difference each, and the answer that shows it


def attached(aws):
    aws.iam.attach_role_policy(RoleName="orders-drain", PolicyArn=make_policy(aws))


def inline(aws):
    document = {"Version": "2012-10-17", "Statement": [ALLOW]}
    aws.iam.put_role_policy(
        RoleName="orders-drain", PolicyName="more", PolicyDocument=json.dumps(document)
    )


def target(aws):
    other = {"Id": "other", "Arn": f"arn:aws:sqs:{REGION}:123456789012:x"}
    aws.events.put_targets(Rule="orders-night", Targets=[other])


def alias(aws):
    aws.lambda_.create_alias(FunctionName="orders-drain", Name="live", FunctionVersion="$LATEST")


def url(aws):
    aws.lambda_.create_function_url_config(FunctionName="orders-drain", AuthType="NONE")


def described(aws):
    aws.lambda_.update_function_configuration(FunctionName="orders-drain", Description="other")


def hidden_longer(aws):
    found = aws.sqs.get_queue_url(QueueName="orders.fifo")["QueueUrl"]
    aws.sqs.set_queue_attributes(QueueUrl=found, Attributes={"VisibilityTimeout": "30"})


def left_rule(aws):
    tags = [{"Key": "fifoq:pipeline", "Value": "orders"}]
    aws.events.put_rule(Name="orders-old", ScheduleExpression="rate(1 day)", Tags=tags)


def left_parameter(aws):
    tags = [{"Key": "fifoq:pipeline", "Value": "orders"}]
    aws.ssm.put_parameter(Name="/orders/old", Value="v", Type="SecureString", Tags=tags)


DIFFERENCES = [
    (attached, "iam", "ListAttachedRolePolicies"),
    (inline, "iam", "ListRolePolicies"),
    (target, "events", "ListTargetsByRule"),
    (alias, "lambda", "ListAliases"),
    (url, "lambda", "GetFunctionUrlConfig"),
    (described, "lambda", "GetFunction"),
    (hidden_longer, "sqs", "GetQueueAttributes"),
    (left_rule, "events", "ListRules"),
    (left_parameter, "ssm", "DescribeParameters"),
]


def mistyped(value):
    """Each way to replace one value of a JSON document by another type."""
    out = []

    def walk(node, path):
        items = node.items() if isinstance(node, dict) else enumerate(node)
        for key, below in list(items):
            for new in (None, 7, {}, "x"):
                if type(new) is type(below) or (new is None and isinstance(node, dict)):
                    continue
                made = copy.deepcopy(value)
                at = made
                for step in path:
                    at = at[step]
                at[key] = new
                out.append(made)
            if isinstance(below, (dict, list)):
                walk(below, [*path, key])

    walk(value, [])
    return [json.dumps(made).encode() for made in out]


def damaged(body):
    """Everything that may arrive instead of an answer."""
    cuts = [body[: len(body) * n // 8] for n in range(1, 8)]
    lists = [re.sub(rb"<(Policy\w+|Attached\w+)>.*</\1>", rb"<\1>x</\1>", body, flags=re.S)]
    lists.append(re.sub(rb"<(Policy\w+|Attached\w+)>.*</\1>", b"", body, flags=re.S))
    return PAGES + cuts + (lists if body.startswith(b"<") else mistyped(json.loads(body)))


def sample(cases, n):
    return cases if os.environ.get("FIFOQ_SWEEP") else random.Random(11).sample(cases, n)


@pytest.mark.parametrize("change, service, action", DIFFERENCES, ids=lambda v: getattr(v, "__name__", v))
def test_no_difference_is_hidden(up, aws, proxy, change, service, action):
    change(aws)
    env = ONCE
    before = up.run("drift", "--format", "json", env=env)
    assert before.code == 2, before.text
    shown = [e.response for e in proxy.calls(service, action) if e.response.status // 100 == 2]
    body = max((r.body for r in shown), key=len)
    fault = proxy.fault(service, action)
    for new in [HTML, *sample(damaged(body), 5)]:
        fault.answer = page(new)
        result = up.run("drift", "--format", "json", env=env)
        assert result.code in (2, 3), (new, result.code, result.text)
        if result.code == 2:  # it is reported, or an untrue statement about an answer that was read
            assert json.loads(result.out)["findings"], new


NULL_NAMES = [
    ("events", "ListRules", b'{"Rules":[{"Name":null}]}'),
    ("ssm", "DescribeParameters", b'{"Parameters":[{"Name":null,"Type":"String"}]}'),
]


@pytest.mark.parametrize("service, action, body", NULL_NAMES)
@pytest.mark.parametrize(
    "command, code",
    [(["plan"], 1), (["drift"], 3), (["up", "--yes"], 1), (["down", "--yes"], 1)],
    ids=lambda v: v[0] if isinstance(v, list) else "",
)
def test_a_name_that_is_null(up, proxy, service, action, body, command, code):
    proxy.fault(service, action, answer=page(body))
    result = up.run(*command, env=ONCE)
    assert result.code == code, result.text
    words = " ".join(result.text.split())
    assert f"{service}:{action}" in words and "expected a string" in words


@pytest.mark.parametrize("command, action", [("up", "PutRolePolicy"), ("down", "DeleteRolePolicy")])
def test_a_write_that_a_page_answered_is_not_done(fifoq, table, proxy, command, action):
    if command == "down":
        fifoq.good("up", "--yes")
    proxy.fault("iam", action, answer=page(HTML))
    result = fifoq.run(command, "--yes", env=ONCE)
    assert result.code == 1, result.text
    assert f"iam:{action}" in result.text and "check for a proxy" in result.text


def test_a_queue_without_counts_is_not_taken_for_empty(up, aws, proxy):
    found = aws.sqs.get_queue_url(QueueName="orders.fifo")["QueueUrl"]
    uncounted = page(json.dumps({"Attributes": {"FifoQueue": "true"}}).encode())
    looks = proxy.fault("sqs", "GetQueueAttributes", answer=uncounted)
    asked = looks.matches
    # the plan's own reads are whole; those right before the deletion are not
    looks.matches = lambda e: asked(e) and bool(proxy.calls("lambda", "DeleteFunction"))
    result = up.run("down", "--yes")
    assert result.code == 1, result.text
    assert "is not a number" in " ".join(result.text.split())
    assert aws.sqs.get_queue_attributes(QueueUrl=found, AttributeNames=["All"])["Attributes"]


def test_an_answer_that_was_cut_off_is_asked_for_again(up, proxy):
    proxy.fault("iam", "ListRolePolicies", nth=1, answer=page(HTML))
    proxy.fault("events", "ListRules", nth=1, answer=page(b'{"Rules":['))
    assert up.run("drift").code == 0


# Text from other sources

HOSTILE = "a\x1b]0;PWNED\x07\x1b[2Jb\u009bc\u202ed\u2066e\u2028f"


def is_plain(text):
    """No control characters but line breaks, no bidirectional characters."""
    bad = [c for c in text if c != "\n" and unicodedata.category(c) in ("Cc", "Cf", "Zl", "Zp")]
    return not bad


def make_hostile(aws):
    aws.lambda_.update_function_configuration(
        FunctionName="orders-drain",
        Description=HOSTILE,
        Environment={"Variables": {"DB_PASSWORD": "hunter2-secret", "OTHER": HOSTILE}},
    )
    aws.lambda_.tag_resource(
        Resource=expected.function_arn("orders-drain"), Tags={"note": HOSTILE, HOSTILE: "x"}
    )
    aws.events.put_rule(
        Name="orders-night", ScheduleExpression="rate(1 day)", Description=HOSTILE
    )
    aws.events.put_targets(
        Rule="orders-night",
        Targets=[
            {
                "Id": "other",
                "Arn": f"arn:aws:sqs:{REGION}:123456789012:x",
                "Input": json.dumps({"password": "hunter2-secret", "x": HOSTILE}),
            }
        ],
    )


COMMANDS = [
    ["plan"],
    ["plan", "--format", "json"],
    *[["drift", "--format", form] for form in FORMATS],
    ["up", "--yes"],
    ["down", "--yes"],
]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_text_from_elsewhere_is_plain_and_no_secret(up, aws, command):
    make_hostile(aws)
    result = up.run(*command)
    assert result.code in (0, 2), result.text
    assert is_plain(result.out) and is_plain(result.err), ascii(result.text)
    assert "hunter2" not in result.text
    if command[0] != "down":
        words = " ".join(result.text.replace("\\", "").split())  # Markdown's escapes, line breaks
        assert "DB_PASSWORD" in words and "(set)" in words
        assert "PWNED" in result.text


def test_errors_from_elsewhere_are_plain(fifoq, table, proxy):
    proxy.fault(answer=lambda e: error_for(e, "Odd", HOSTILE.replace("\x1b", "").replace("\x07", "")))
    for command in (["whoami"], ["plan"], ["drift"], ["up", "--yes"], ["down", "--yes"]):
        result = fifoq.run(*command)
        assert result.code in (1, 3), result.text
        assert is_plain(result.text), ascii(result.text)

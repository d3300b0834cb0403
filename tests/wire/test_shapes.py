"""What fifoq reads of AWS's answers: the members and types of botocore's service models. A damaged
answer is never treated as "there is none"."""

import copy
import functools
import json
import pathlib
import re
import xml.etree.ElementTree as xml

import botocore.session
import pytest
import shapes

ROOT = pathlib.Path(__file__).parent.parent.parent
SESSION = botocore.session.get_session()
TYPES = {
    "string": "sjet*",
    "integer": "in*",
    "long": "in*",
    "float": "n*",
    "double": "n*",
    "boolean": "b*",
    "timestamp": "t*",
    "blob": "s*",  # JSON: base64
    "structure": "*",
    "map": "*",
    "list": "*",
}
# Required by the model, and omitted by the service if there is none.
LEFT_OUT = {("sqs", name) for name in ("Successful", "Failed")}
# lib/creds.c and the providers report better what is missing.
OWN_WORDS = {"sts", "sso", "sso-oidc", "signin"}


@functools.cache
def model(service):
    return SESSION.get_service_model(service)


@pytest.fixture(scope="module")
def table(probe):
    rows = probe.ask(shapes=True)
    return {
        (service, action): shapes.parse(members)
        for service, actions in rows.items()
        for action, members in actions.items()
    }


def compare(shape, theirs, where):
    """Yields the differences."""
    if shape.kind in ("list", "map"):
        if theirs.type_name != shape.kind:
            yield f"{where} is a {theirs.type_name}, not a {shape.kind}"
            return
        yield from compare(
            shape.of, theirs.member if shape.kind == "list" else theirs.value, where + "[]"
        )
    elif shape.kind == "structure":
        if theirs.type_name != "structure":
            yield f"{where} is a {theirs.type_name}, not a structure"
            return
        wire = {m.serialization.get("name", name): m for name, m in theirs.members.items()}
        for name, (_, member) in shape.members.items():
            if name in theirs.members or name in wire:
                yield from compare(
                    member, theirs.members.get(name) or wire[name], f"{where}.{name}"
                )
            else:
                yield f"{where}.{name} does not exist"
    elif shape.kind not in TYPES[theirs.type_name]:
        yield f"{where} is a {theirs.type_name}, not '{shape.kind}'"


def output(service, action):
    """The body of an answer; None: empty."""
    shape = model(service).operation_model(action).output_shape
    payload = shape.serialization.get("payload") if shape else None
    whole = payload and shape.members[payload].type_name == "structure"
    return shape.members[payload] if whole else shape


def test_every_member_is_in_the_model(table):
    wrong = []
    for (service, action), shape in table.items():
        if shape.members and not output(service, action):
            wrong.append(f"{service}:{action} answers nothing")
        elif shape.members:
            wrong += compare(shape, output(service, action), f"{service}:{action}")
    assert not wrong, "\n".join(wrong)


def required(shape, theirs, where):
    """Members of structures that are read, which the model requires and the table does not."""
    if shape.kind in ("list", "map"):
        yield from required(
            shape.of, theirs.member if shape.kind == "list" else theirs.value, where
        )
    elif shape.kind == "structure":
        for name, (sign, member) in shape.members.items():
            their = theirs.members.get(name)
            if name in theirs.required_members and sign != "!":
                yield where, name
            if their is not None:
                yield from required(member, their, where)


def test_what_the_model_requires_is_needed(table):
    missing = [
        f"{service}:{action} {name}"
        for (service, action), shape in table.items()
        if shape.members and service not in OWN_WORDS
        for _, name in required(shape, output(service, action), (service, action))
        if (service, name) not in LEFT_OUT
    ]
    assert not missing, "\n".join(missing)


def calls():
    """(service, action) that the sources call."""
    found = set()
    names = {
        "streams": "dynamodbstreams", "sso_oidc": "sso-oidc", "tagging": "resourcegroupstaggingapi",
    }  # fmt: skip
    for path in [*ROOT.glob("provisioner/**/*.c"), *ROOT.glob("runtime/*.c"), *ROOT.glob("lib/*.c")]:
        for service, action in re.findall(
            r'&aws_(\w+),\s*(?:\.action = )?"([A-Z]\w+)"', path.read_text()
        ):
            found.add((names.get(service, service), action))
    return found


def test_every_action_that_is_called_has_a_row(table):
    called = calls()
    assert len(called) > 60
    missing = called - set(table)
    assert not missing, f"lib/aws_shapes.c says nothing of {sorted(missing)}"


# Answers made from the table, and damaged.


def example(shape):
    made = {"s": "x", "i": 7, "n": 7, "b": False, "t": "1", "j": '{"a":1}', "e": '{"a":1}', "*": {}}
    if shape.kind == "list":
        return [example(shape.of)]
    if shape.kind == "map":
        return {"k": example(shape.of)}
    if shape.kind == "structure":
        return {n: example(s) for n, (sign, s) in shape.members.items() if sign != "?"}
    return made[shape.kind]


def to_xml(name, value, parent=None):
    element = xml.Element(name) if parent is None else xml.SubElement(parent, name)
    if isinstance(value, dict):
        for key, v in value.items():
            to_xml(key, v, element)
    elif isinstance(value, list):
        for v in value:
            to_xml("member", v, element)
    elif value is not None:
        element.text = json.dumps(value) if isinstance(value, bool) else str(value)
    return element


def body(service, action, value):
    if model(service).metadata["protocol"] != "query":
        return json.dumps(value)
    operation = model(service).operation_model(action)
    root = xml.Element(f"{action}Response", xmlns="https://example/")
    if operation.output_shape is not None and operation.output_shape.members:
        root.append(to_xml(f"{action}Result", value))
    to_xml("ResponseMetadata", {"RequestId": "r"}, root)
    return xml.tostring(root, encoding="unicode")


def read(probe, service, action, value):
    return probe.ask(read=service, action=action, body=body(service, action, value))


def places(shape, value, path=()):
    """(path, sign, shape) of each member and element of an example."""
    if shape.kind == "structure":
        for name, (sign, member) in shape.members.items():
            if name in value:
                yield (*path, name), sign, member
                yield from places(member, value[name], (*path, name))
    elif shape.kind in ("list", "map"):
        key = 0 if shape.kind == "list" else "k"
        yield (*path, key), "element", shape.of
        yield from places(shape.of, value[key], (*path, key))


def damaged(value, path, new):
    out = copy.deepcopy(value)
    at = out
    for step in path[:-1]:
        at = at[step]
    if new is ...:
        del at[path[-1]]
    else:
        at[path[-1]] = new
    return out


OTHERS = [None, "x", 7, True, [], {}, ["x"], {"a": "x"}, 1.5]
FITS = {
    "s": lambda v: isinstance(v, str),
    "i": lambda v: type(v) is int,
    "n": lambda v: type(v) in (int, float),
    "b": lambda v: isinstance(v, bool),
    "t": lambda v: type(v) in (int, float, str),
    "j": lambda v: False,
    "e": lambda v: False,
    "list": lambda v: v == [],
    "map": lambda v: v == {},
}


def fits(sign, shape, new):
    if new is None or new is ...:
        return sign == ":" or shape.kind == "*"
    if shape.kind == "*":
        return True
    if shape.kind == "structure":
        needed = any(s == "!" for s, _ in shape.members.values())
        return isinstance(new, dict) and not needed
    if shape.kind == "map" and shape.of.kind == "s":
        return new == {} or new == {"a": "x"}
    if shape.kind == "list" and shape.of.kind == "s":
        return new == [] or new == ["x"]
    return FITS[shape.kind](new)


@pytest.mark.parametrize("protocol", ["query", "json"])
def test_what_is_whole_is_read(probe, table, protocol):
    for (service, action), shape in table.items():
        if (model(service).metadata["protocol"] == "query") != (protocol == "query"):
            continue
        if action == "Invoke":  # its answer is the function's
            continue
        value = example(shape)
        assert read(probe, service, action, value) == {"reply": value}, (service, action)


def test_what_is_damaged_is_no_answer(probe, table):
    """Each member of each JSON answer, as something else or missing: refused, or of that type."""
    tried = 0
    for (service, action), shape in table.items():
        if model(service).metadata["protocol"] == "query" or action == "Invoke":
            continue
        value = example(shape)
        for path, sign, member in places(shape, value):
            for new in [..., *OTHERS]:
                if new is ... and sign == "element":
                    continue
                reply = read(probe, service, action, damaged(value, path, new))
                tried += 1
                if fits(sign, member, new):
                    assert "reply" in reply, (service, action, path, new, reply)
                else:
                    assert reply.get("parse"), (service, action, path, new, reply)
    assert tried > 2000


def test_what_is_damaged_is_no_answer_in_xml(probe, table):
    """All values are text in XML: an element with children is not text, and text is not a list."""
    tried = 0
    for (service, action), shape in table.items():
        if model(service).metadata["protocol"] != "query":
            continue
        value = example(shape)
        for path, sign, member in places(shape, value):
            scalar = member.kind not in ("list", "map", "structure")
            for new in [..., {"a": "x"} if scalar else "x"]:
                if new is ... and sign != "!":
                    continue
                reply = read(probe, service, action, damaged(value, path, new))
                tried += 1
                assert reply.get("parse"), (service, action, path, new, reply)
    assert tried > 40


PAGES = [
    "<html><head><title>Sign in</title></head><body><p>Please log in</p></body></html>",
    "<a><b/></a>",
    "<GetUserResponse><GetUserResult><User/></GetUserResult></GetUserResponse>",
    "",
    " ",
    "null",
    "[]",
    '"x"',
    "{}",
    '{"message":"ok"}',
]


@pytest.mark.parametrize("page", PAGES)
def test_something_else_is_no_answer(probe, table, page):
    """If any member is required. An empty answer has an empty body in JSON; in XML it has its own
    root element."""
    for (service, action), shape in table.items():
        needs = any(sign == "!" for sign, _ in shape.members.values())
        query = model(service).metadata["protocol"] == "query"
        if needs or query or page in PAGES[:3]:
            if action != "Invoke":
                reply = probe.ask(read=service, action=action, body=page)
                assert reply.get("parse"), (service, action, page, reply)


def test_an_answer_that_is_cut_off_is_no_answer(probe, table):
    for (service, action), shape in table.items():
        if action == "Invoke" or not shape.members:
            continue
        whole = body(service, action, example(shape))
        for n in [*range(1, len(whole), 7), len(whole) - 1]:
            reply = probe.ask(read=service, action=action, body=whole[:n])
            assert reply.get("parse"), (service, action, whole[:n], reply)


def test_what_aws_withholds_is_told_with_its_reason(probe):
    function = {"FunctionName": "f", "CodeSha256": "c", "Role": "r"}
    error = {"ErrorCode": "AccessDeniedException", "Message": "no key"}
    reply = read(
        probe, "lambda", "GetFunction", {"Configuration": {**function, "Environment": {"Error": error}}}
    )
    assert "'Configuration.Environment.Error'" in reply["error"]
    assert "AccessDeniedException: no key" in reply["error"]


def test_no_message_quotes_a_value(probe):
    for value in ["hunter2", ["hunter2"], {"hunter2": 1}]:
        reply = read(probe, "ssm", "GetParameter", {"Parameter": {"Value": {"hunter2": value}}})
        assert reply["parse"] and "hunter2" not in reply["error"]
        reply = read(probe, "sqs", "GetQueueAttributes", {"Attributes": {"hunter2": [value]}})
        assert reply["parse"] and "hunter2" not in reply["error"]

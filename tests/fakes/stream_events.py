"""DynamoDB stream events as Lambda passes them to a function.

https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html
"""

import base64
import hashlib
from decimal import Decimal

TABLE_ARN = "arn:aws:dynamodb:eu-west-1:123456789012:table/orders"
STREAM_ARN = TABLE_ARN + "/stream/2024-01-01T00:00:00.000"
FIRST_SEQUENCE = 111111111111111111111


def _encode_set(values):
    kind = type(next(iter(values)))
    if kind is str:
        return {"SS": sorted(values)}
    if kind is bytes:
        return {"BS": sorted(base64.b64encode(value).decode() for value in values)}
    return {"NS": [str(value) for value in sorted(values)]}


def attribute(value):
    """A Python value as an AttributeValue: bytes become base64, sets SS, NS or BS."""
    if value is None:
        return {"NULL": True}
    if isinstance(value, bool):
        return {"BOOL": value}
    if isinstance(value, str):
        return {"S": value}
    if isinstance(value, (int, float, Decimal)):
        return {"N": str(value)}
    if isinstance(value, bytes):
        return {"B": base64.b64encode(value).decode()}
    if isinstance(value, (set, frozenset)):
        return _encode_set(value)
    if isinstance(value, dict):
        return {"M": {name: attribute(inner) for name, inner in value.items()}}
    if isinstance(value, (list, tuple)):
        return {"L": [attribute(inner) for inner in value]}
    raise TypeError(f"DynamoDB has no type for {type(value).__name__}")


def image(item):
    return {name: attribute(value) for name, value in item.items()}


def every_type():
    """An item with each of DynamoDB's ten types, with the awkward values of each."""
    return {
        "id": "i-1",
        "text": 'quotes " and \\ and \u2028 and é and 😀 and a\nline',
        "empty": "",
        "integer": 42,
        "digits": Decimal("12345678901234567890123456789012345678"),
        "fraction": Decimal("-0.1000"),
        "exponent": Decimal("1E+2"),
        "binary": b"\x00\xff\x10",
        "no_bytes": b"",
        "strings": {"b", "a"},
        "numbers": {3, 1, 2},
        "binaries": {b"\x01", b"\x02"},
        "map": {"inner": {"deep": [1, "two", None]}, "nothing": {}},
        "list": ["a", 1, True, None, {"k": "v"}, []],
        "null": None,
        "yes": True,
        "no": False,
    }


def record(number, new=None, old=None, keys=("id",), name=None, **more):
    """The number-th record of a stream (from 0): its eventID and sequence number are derived from
    it."""
    name = name or ("INSERT" if old is None else "REMOVE" if new is None else "MODIFY")
    have = new if new is not None else old
    body = {
        "ApproximateCreationDateTime": 1_700_000_000 + number,
        "Keys": image({key: have[key] for key in keys}),
        "SequenceNumber": str(FIRST_SEQUENCE + number),
        "SizeBytes": 100,
        "StreamViewType": "NEW_AND_OLD_IMAGES",
    }
    if new is not None:
        body["NewImage"] = image(new)
    if old is not None:
        body["OldImage"] = image(old)
    event = {
        "eventID": hashlib.md5(f"record {number}".encode(), usedforsecurity=False).hexdigest(),
        "eventName": name,
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": "eu-west-1",
        "dynamodb": body,
        "eventSourceARN": STREAM_ARN,
    }
    return {**event, **more}


def ttl_delete(number, old, keys=("id",)):
    """What DynamoDB writes when an item's time to live ends."""
    who = {"type": "Service", "principalId": "dynamodb.amazonaws.com"}
    return record(number, old=old, keys=keys, name="REMOVE", userIdentity=who)


def batch(*records):
    return {"Records": list(records)}


def inserts(items, keys=("id",)):
    """A batch that inserts each item, in order."""
    return batch(*(record(number, new=item, keys=keys) for number, item in enumerate(items)))

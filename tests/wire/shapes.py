"""A parser of the notation of lib/aws_shapes.c."""

import re
from dataclasses import dataclass, field

SCALARS = {"s", "i", "n", "b", "t", "j", "e", "*"}


@dataclass
class Shape:
    kind: str  # a scalar, "list", "map" or "structure"
    of: "Shape | None" = None  # of a list or map
    members: "dict[str, tuple[str, Shape]]" = field(default_factory=dict)  # name -> sign, shape
    open: bool = False  # members that are not named stay


def parse(text):
    shape, rest = _structure(text + "}")
    assert not rest, f"left over: '{rest}'"
    return shape


def _value(text):
    first, rest = text[0], text[1:]
    if first in SCALARS:
        return Shape(first), rest
    if first == "{":
        return _structure(rest)
    inner, rest = _value(rest)
    assert rest[0] == {"[": "]", "<": ">"}[first], rest
    return Shape({"[": "list", "<": "map"}[first], of=inner), rest[1:]


def _structure(text):
    shape = Shape("structure")
    while not text.startswith("}"):
        if text.startswith("+}"):
            shape.open = True
            text = text[1:]
            break
        found = re.match(r"(\w+)([!:?])", text)
        assert found, f"a member was expected: '{text}'"
        assert found[1] not in shape.members, f"'{found[1]}' twice"
        value, text = _value(text[found.end() :])
        shape.members[found[1]] = (found[2], value)
        text = text.removeprefix(" ")
    return shape, text[1:]

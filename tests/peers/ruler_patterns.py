"""Patterns and stream records for the comparison with event-ruler: written by hand, every operator with every kind of
operand, and random ones from a seed. A pattern is text: some are not what json.dumps would write."""

import itertools
import json
import random

SEED = 20240607
RANDOM_PATTERNS = 1500

OPERATORS = (
    "prefix", "suffix", "equals-ignore-case", "numeric", "exists", "anything-but", "wildcard", "cidr", "exactly",
    "regex", "$or", "Prefix", "",
)  # fmt: skip
NEGATABLE = ("prefix", "suffix", "equals-ignore-case", "wildcard", "exists", "numeric", "anything-but", "cidr")
SIGNS = ("<", "<=", "=", ">=", ">", "!=", "==", "", 1, None)

# As JSON: 3.0e2 and 300 are different texts.
NUMBERS = (
    "0", "-0", "0.0", "-0.0", "1", "-1", "1.0", "59", "59.0", "5.9e1", "590e-1", "300", "3.0e2", "3E+2", "0.1", "0.3",
    "-1.5", "1e3", "1e15", "1e22", "1e23", "5e-324", "1e-400", "1.7976931348623157e308", "1e308", "1e309", "-1e309",
    "9007199254740991", "9007199254740992", "9007199254740993", "123456789012345", "12345678901234567",
    "1152921504606846976", "1000000000000000000", "9223372036854775807", "9223372036854775808",
    "0.1000000000000000055511151231257827", "123456789012345.6",
)  # fmt: skip
STRINGS = (
    "", "a", "A", "paid", "PAID", "Paid", "paid\n", " ", "\"", "\\", "*", "a*", "a**b", "\\*", "\\a", "?", "null",
    "true", "42", "1e3", "münchen", "MÜNCHEN", "straße", "STRASSE", "STRAßE", "ﬁ", "FI", "Fi", "ΣΑΣ", "σας", "σασ",
    "ǆ", "ǅ", "Ǆ", "ı", "I", "i", "ŉ", "ʼN", "ᾈ", "ᾀ", "ἈΙ", "İ", "i̇", "K", "k", "ſ", "S", "s", "ⱥ", "Ⱥ", "ΰ", "😀", "??", "𐐀", "𐐨", "é", "é",
    "10.0.0.1", "010.0.0.1", "10.0.0.2", "10.0.0.256", "10.0.0", "::1", "0:0:0:0:0:0:0:1", "::ffff:a00:1", "1::2::3",
    "12:30:45", "FE80::1", "fe80::1", "10.0.0.9", "10.0.0.15", "10.0.0.255",
)  # fmt: skip
OPERANDS = (
    *NUMBERS[:12], *(json.dumps(s) for s in STRINGS[:20]), "true", "false", "null", "[]", "{}", '["a"]', '["a", "b"]',
    '["a", ""]', '[""]', "[1]", "[1, 2.5]", '[1, "a"]', "[null]", "[true]", '[["a"]]', '[{"prefix": "a"}]',
    '{"prefix": "a"}', '{"equals-ignore-case": "a"}', '{"equals-ignore-case": ""}', '{"equals-ignore-case": 1}',
    '{"equals-ignore-case": ["a"]}', '{"equals-ignore-case": "a", "x": 1}', '{"suffix": ""}', '{"prefix": ["", "a"]}',
)  # fmt: skip


def text_leaf(*elements):
    return '{"dynamodb": {"NewImage": {"a": {"S": [%s]}}}}' % ", ".join(elements)


def number_leaf(*elements):
    return '{"dynamodb": {"SizeBytes": [%s]}}' % ", ".join(elements)


def operator(name, operand):
    return "{%s: %s}" % (json.dumps(name), operand)


def operators():
    for name, operand in itertools.product(OPERATORS, OPERANDS):
        yield text_leaf(operator(name, operand))
    for name, operand in itertools.product(NEGATABLE, OPERANDS):
        yield text_leaf(operator("anything-but", operator(name, operand)))
    for name, operand in itertools.product(("prefix", "suffix"), STRINGS):
        yield text_leaf(operator(name, json.dumps(operand)))
        yield text_leaf(operator(name, operator("equals-ignore-case", json.dumps(operand))))
        yield text_leaf(operator("anything-but", operator(name, json.dumps([operand]))))
    for operand in map(json.dumps, STRINGS):
        yield text_leaf(operand)
        yield text_leaf(operator("equals-ignore-case", operand))
        yield text_leaf(operator("anything-but", operand))
        yield text_leaf(operator("anything-but", operator("equals-ignore-case", operand)))
        yield text_leaf(operator("wildcard", operand))
    for operand in ("10.0.0.0/24", "10.0.0.0/32", "::/64", "10.0.0.0", "10.0.0.0/-1", "x/8"):
        yield text_leaf(operator("cidr", json.dumps(operand)))


def numbers():
    for number in NUMBERS:
        yield number_leaf(number)
        yield number_leaf(operator("anything-but", number))
        yield number_leaf(operator("anything-but", "[1, %s]" % number))
        for sign in SIGNS:
            yield number_leaf(operator("numeric", "[%s, %s]" % (json.dumps(sign), number)))
    for (one, other), (low, high) in itertools.product(
        itertools.product(SIGNS, SIGNS), (("1", "2"), ("2", "1"), ("1", "1"), ("1", "1.0"), ("0", "300"), ('"1"', "2"))
    ):
        yield number_leaf(operator("numeric", "[%s, %s, %s, %s]" % (json.dumps(one), low, json.dumps(other), high)))
    for operand in ('[">"]', "[1]", '[1, ">"]', '[">", "1"]', '[">", 1, "<"]', '[">", 1, "<", 2, "<", 3]', '["="]',
                    '["=", 1, "=", 1]', '[">", [1]]', '[">", 0, "<=", null]'):  # fmt: skip
        yield number_leaf(operator("numeric", operand))


def shapes():
    """Nesting and $or at every level, and values that are not patterns."""
    leaf = '{"S": ["paid"]}'
    levels = (
        "%s",
        '{"dynamodb": %s}',
        '{"dynamodb": {"NewImage": %s}}',
        '{"dynamodb": {"NewImage": {"a": %s}}}',
        '{"dynamodb": {"NewImage": {"m": {"M": %s}}}}',
        '{"dynamodb": {"NewImage": {"m": {"M": {"a": %s}}}}}',
        '{"dynamodb": {"NewImage": {"l": {"L": %s}}}}',
    )
    alternatives = (
        '{"eventName": ["INSERT"]}', '{"dynamodb": {"NewImage": {"a": %s}}}' % leaf, '{"NewImage": {"a": %s}}' % leaf,
        '{"a": %s}' % leaf, leaf, '{"N": ["1"]}', '{"S": ["other"]}', '{"b": {"N": ["1"]}}',
    )  # fmt: skip
    whole = ("{}", "[]", "1", '"x"', "null", "true", '["paid"]', "[[]]", '[["paid"]]', "[{}]", '{"": ["paid"]}',
             '{"S": {}}', '{"S": []}', '{"S": null}', '{"S": "paid"}', leaf)  # fmt: skip
    ors = ("[]", "{}", "null", '"x"', "[1, 2]", '[{}, {"S": ["paid"]}]', '[{"S": ["paid"]}]', '[[], {"S": ["paid"]}]')
    for level in levels:
        for one in (*whole, *(operator("$or", o) for o in ors)):
            yield level % one
        for one, other in itertools.combinations(alternatives, 2):
            yield level % operator("$or", "[%s, %s]" % (one, other))
            yield level % operator("$or", "[%s, %s, %s]" % (one, other, operator("$or", "[%s, %s]" % (other, one))))
        yield level % '{"S": ["paid"], "$or": [{"N": ["1"]}, {"BOOL": [true]}]}'
        yield level % '{"$or": [{"S": ["paid"]}, {"S": ["other"]}], "S": ["paid"]}'
        yield level % '{"S": ["other"], "S": ["paid"]}'


def or_names():
    """Names that are not allowed below $or, and are allowed elsewhere."""
    for name in (*OPERATORS, "=", "<", "<=", ">", ">=", "not-wildcard", "not-equals-ignore-case", "date-after",
                 "date-on-or-after", "date-before", "date-on-or-before", "in-date-range", "ip-address-in-range",
                 "ip-address-not-in-range", "a", "S"):  # fmt: skip
        attribute = '{"dynamodb": {"NewImage": {%s: {"S": ["paid"]}}}}' % json.dumps(name)
        yield attribute
        yield '{"$or": [%s, {"eventName": ["REMOVE"]}]}' % attribute
        yield '{"dynamodb": {"$or": [{"NewImage": {%s: {"S": ["paid"]}}}, {"SizeBytes": [1]}]}}' % json.dumps(name)


def by_hand():
    yield from (
        "", "{", "[]", "x", '{"eventName": ["INSERT"]} ', '{"eventName": ["INSERT"],}', '{"eventName": [\'INSERT\']}',
        '{"eventName": ["INSERT"]}', '{"eventName": ["INSERT", "MODIFY"]}', '{"eventName": ["insert"]}',
        '{"eventName": [{"anything-but": "REMOVE"}]}', '{"eventName": [{"exists": false}]}',
        '{"eventName": [{"prefix": "IN"}, {"suffix": "VE"}]}', '{"eventName": ["INSERT", {"prefix": "MOD"}, null, 1]}',
        '{"userIdentity": {"type": ["Service"], "principalId": ["dynamodb.amazonaws.com"]}}',
        '{"userIdentity": {"type": [{"exists": false}]}}', '{"dynamodb": {"OldImage": {"a": {"S": ["paid"]}}}}',
        '{"dynamodb": {"OldImage": {"a": {"S": [{"exists": false}]}}}}', '{"dynamodb": {"Keys": {"id": {"S": ["1"]}}}}',
        '{"dynamodb": {"NewImage": {"a": [{"exists": true}]}}}', '{"dynamodb": {"NewImage": {"a": [{"exists": false}]}}}',
        '{"dynamodb": {"NewImage": {"x.y": {"S": ["dot"]}}}}', '{"dynamodb": {"NewImage": {"x": {"y": {"S": ["dot"]}}}}}',
        '{"dynamodb.NewImage": {"a": {"S": ["paid"]}}}', '{"dynamodb": {"NewImage": {"a.S": ["paid"]}}}',
        '{"dynamodb": {"NewImage": {"tags": {"SS": ["red"]}}}}', '{"dynamodb": {"NewImage": {"tags": {"SS": ["no"]}}}}',
        '{"dynamodb": {"NewImage": {"tags": {"SS": [{"anything-but": "red"}]}}}}',
        '{"dynamodb": {"NewImage": {"tags": {"SS": [{"exists": false}]}}}}',
        '{"dynamodb": {"NewImage": {"flag": {"BOOL": [true]}}}}', '{"dynamodb": {"NewImage": {"flag": {"BOOL": ["true"]}}}}',
        '{"dynamodb": {"NewImage": {"none": {"NULL": [true]}}}}', '{"dynamodb": {"NewImage": {"none": {"NULL": [null]}}}}',
        '{"dynamodb": {"NewImage": {"empty": {"L": {"S": [{"exists": false}]}}}}}',
        # the same element of a list, or any
        '{"dynamodb": {"NewImage": {"l": {"L": {"S": ["one"]}}}}}', '{"dynamodb": {"NewImage": {"l": {"L": {"S": ["no"]}}}}}',
        '{"dynamodb": {"NewImage": {"l": {"L": {"S": ["one"], "N": ["2"]}}}}}',
        '{"dynamodb": {"NewImage": {"l": {"L": {"S": ["one"], "N": [{"exists": false}]}}}}}',
        '{"dynamodb": {"NewImage": {"l": {"L": {"N": ["2"], "S": [{"exists": false}]}}}}}',
        '{"dynamodb": {"NewImage": {"l": {"L": {"S": [{"exists": false}]}}}}}',
        '{"dynamodb": {"NewImage": {"l": {"L": {"BOOL": [{"exists": false}]}}}}}',
        '{"dynamodb": {"NewImage": {"l": {"L": {"M": {"k": {"S": ["x"]}, "n": {"N": ["1"]}}}}}}}',
        '{"dynamodb": {"NewImage": {"l": {"L": {"M": {"k": {"S": ["x"]}, "n": {"N": ["2"]}}}}}}}',
        '{"dynamodb": {"NewImage": {"l": {"L": {"M": {"k": {"S": ["x"]}}}}, "a": {"S": ["paid"]}}}}',
        '{"dynamodb": {"NewImage": {"l": {"L": {"L": {"S": ["deep"]}}}}}}',
        '{"dynamodb": {"NewImage": {"l": {"L": {"L": {"S": ["deep"], "N": ["9"]}}}}}}',
        '{"dynamodb": {"NewImage": {"l": {"L": {"M": {"k": {"S": ["x"]}}, "$or": [{"S": ["one"]}, {"N": ["2"]}]}}}}}',
        '{"dynamodb": {"NewImage": {"$or": [{"l": {"L": {"S": ["one"]}}}, {"b": {"N": ["7"]}}], "l": {"L": {"N": ["2"]}}}}}',
        '{"dynamodb": {"NewImage": {"$or": [{"l": {"L": {"S": ["one"]}}}, {"b": {"N": ["7"]}}], "l": {"L": {"S": ["two"]}}}}}',
        '{"odd": [["x"]]}', '{"odd": ["x"]}', '{"odd": ["y"]}', '{"odd": [null]}', '{"odd": {"k": ["v"]}}',
        '{"odd": {"k": ["v"], "m": ["w"]}}', '{"odd": {"k": ["v"], "m": ["v"]}}', '{"odd": [5]}', '{"odd": [5.0]}',
        '{"odd": [{"exists": true}]}', '{"odd": [{"exists": false}]}', '{"odd": {"none": [{"exists": false}]}}',
        '{"odd": {"k": [{"exists": false}], "m": ["w"]}}', '{"odd": {"k": ["v"], "m": [{"exists": false}]}}',
    )  # fmt: skip
    two = '[{"S": ["a"]}, {"N": ["1"]}]'
    for n in (3, 9, 10, 12):  # 1024 combinations are too many
        yield '{"dynamodb": {"NewImage": {%s}}}' % ", ".join('"k%d": {"$or": %s}' % (i, two) for i in range(n))


def random_element(rng, values):
    kind = rng.choice(("value", "value", "value", "prefix", "suffix", "fold", "but", "exists", "null"))
    value = rng.choice(values)
    part = json.dumps(value[: rng.randint(1, 3)]), json.dumps(value[-rng.randint(1, 3) :])
    return {
        "value": json.dumps(value),
        "null": rng.choice(("null", "true", "1", "59", "1e3")),
        "prefix": operator("prefix", rng.choice((part[0], operator("equals-ignore-case", part[0].upper())))),
        "suffix": operator("suffix", rng.choice((part[1], operator("equals-ignore-case", part[1].upper())))),
        "fold": operator("equals-ignore-case", json.dumps(value.upper())),
        "but": operator("anything-but", rng.choice((json.dumps(value), json.dumps([value, "x"]),
                                                    operator("prefix", part[0]), operator("suffix", part[1])))),
        "exists": operator("exists", rng.choice(("true", "false"))),
    }[kind]  # fmt: skip


VALUES = ("paid", "open", "one", "two", "deep", "x", "y", "red", "blue", "1", "2", "9", "42", "dot")


def random_list(rng, values=VALUES):
    return "[%s]" % ", ".join(random_element(rng, values) for _ in range(rng.randint(1, 3)))


def random_members(rng, level, depth, taken=()):
    """A map's text: what is allowed at this level except `taken`, sometimes $or."""
    names = {
        "record": ("eventName", "dynamodb", "dynamodb", "dynamodb", "userIdentity"),
        "change": ("NewImage", "NewImage", "OldImage", "Keys", "SizeBytes"),
        "image": ("a", "b", "id", "l", "l", "m", "tags", "x.y", "prefix"),
        "value": ("S", "N", "SS", "M", "L", "L"),
        "identity": ("type", "principalId"),
    }[level]
    members = {}
    names = [name for name in names if name not in taken] or names
    for name in rng.sample(names, min(len(names), rng.randint(1, 2))):
        below = {"dynamodb": "change", "userIdentity": "identity", "M": "image", "L": "value"}.get(name)
        below = below or {"change": "image", "image": "value"}.get(level)
        if name in ("eventName", "SizeBytes") or not below or (depth <= 0 and below in ("value", "image")):
            values = ("INSERT", "MODIFY", "REMOVE") if name == "eventName" else VALUES
            members[name] = random_list(rng, values)
        else:
            members[name] = random_members(rng, below, depth - 1)
    if rng.random() < 0.2:
        taken = {*taken, *members}
        alternatives = (random_members(rng, level, depth - 1, taken) for _ in range(rng.randint(2, 3)))
        members["$or"] = "[%s]" % ", ".join(alternatives)
    order = rng.sample(sorted(members), len(members))
    return "{%s}" % ", ".join("%s: %s" % (json.dumps(name), members[name]) for name in order)


def random_patterns():
    """With few $or: event-ruler is slow if they multiply."""
    rng = random.Random(SEED)
    made = (random_members(rng, "record", 4) for _ in itertools.count())
    return itertools.islice((text for text in made if text.count("$or") <= 3), RANDOM_PATTERNS)


def record(name, *, new=None, old=None, size="59", **more):
    images = {"NewImage": new, "OldImage": old}
    change = {"ApproximateCreationDateTime": 1700000000, "Keys": {"id": {"S": "1"}}}
    change.update({image: value for image, value in images.items() if value is not None})
    text = json.dumps({"eventID": "1", "eventName": name, "eventSource": "aws:dynamodb", "dynamodb": change, **more})
    return text.replace('"Keys"', '"SizeBytes": %s, "Keys"' % size)  # the number as it is written


def events():
    item = {
        "id": {"S": "1"}, "a": {"S": "paid"}, "b": {"N": "7"}, "flag": {"BOOL": True}, "none": {"NULL": True},
        "empty": {"L": []}, "tags": {"SS": ["red", "blue"]}, "x.y": {"S": "dot"}, "prefix": {"S": "paid"},
        "m": {"M": {"a": {"S": "paid"}, "b": {"N": "1"}, "m": {"M": {"a": {"S": "x"}}}}},
        "l": {"L": [{"S": "one"}, {"N": "2"}, {"M": {"k": {"S": "x"}, "n": {"N": "1"}, "a": {"S": "one"}}},
                    {"M": {"k": {"S": "y"}, "n": {"N": "2"}, "a": {"S": "two"}}},
                    {"L": [{"S": "deep"}, {"N": "9"}, {"L": [{"S": "x"}]}]}, {"S": "two"}]},
    }  # fmt: skip
    other = {"id": {"S": "1"}, "a": {"S": "open"}, "l": {"L": [{"M": {"a": {"S": "x"}}}]}, "b": {"S": "two"}}
    ttl = {"type": "Service", "principalId": "dynamodb.amazonaws.com"}
    yield record("INSERT", new=item)
    yield record("MODIFY", new=other, old=item, size="300")
    yield record("MODIFY", new=item, old=other, size="1e3")
    yield record("REMOVE", old=item, userIdentity=ttl)
    yield record("INSERT", new={"id": {"S": "2"}}, userIdentity=None)
    yield '{"odd": ["x", ["y", [null]], {"k": "v", "m": "w"}, {"k": "u"}, {"m": "v"}, 5]}'
    yield '{"odd": [], "dynamodb": {"NewImage": {"a": {"S": ["paid", "x"], "N": 1}}}}'
    yield '{"odd": {"k": null, "m": [[{"k": "v"}]]}}'
    yield "{}"


def text_events():
    return (record("INSERT", new={"a": {"S": value}}) for value in STRINGS)


def number_events():
    """Without numbers that are not the shortest text of a double: no size is one, and fifoq reads
    events as doubles."""
    odd = ("5e-324", "1e-400", "1e23", "1e309", "-1e309", "9223372036854775808", "0.1000000000000000055511151231257827")
    return (record("INSERT", new={}, size=number) for number in NUMBERS if number not in odd)


def groups():
    """Patterns, and the events for them."""
    yield operators(), text_events()
    yield numbers(), number_events()
    yield itertools.chain(by_hand(), shapes(), or_names(), random_patterns()), events()

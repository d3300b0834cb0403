"""CloudWatch's embedded metric format, as its specification says it.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/
CloudWatch_Embedded_Metric_Format_Specification.html
"""

import json

MANY = ("", "Kilo", "Mega", "Giga", "Tera")
SIZES = [(many + unit).capitalize() for many in MANY for unit in ("bytes", "bits")]
UNITS = {"Seconds", "Microseconds", "Milliseconds", "Percent", "Count", "Count/Second", "None"}
UNITS |= {*SIZES, *(f"{size}/Second" for size in SIZES)}
LONGEST = 256 * 1024


def check_text(text, most):
    assert isinstance(text, str) and 1 <= len(text) <= most, text
    assert text.isascii() and text.isprintable(), text


def is_number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def check_metric(document, metric):
    assert {"Name"} <= set(metric) <= {"Name", "Unit", "StorageResolution"}, metric
    check_text(metric["Name"], 1024)
    assert metric.get("Unit", "None") in UNITS, metric
    assert metric.get("StorageResolution", 60) in (1, 60), metric
    value = document[metric["Name"]]
    values = value if isinstance(value, list) else [value]
    assert 1 <= len(values) <= 100 and all(map(is_number, values)), (metric, value)


def check_directive(document, directive):
    assert set(directive) == {"Namespace", "Dimensions", "Metrics"}, directive
    check_text(directive["Namespace"], 1024)
    assert directive["Dimensions"], directive
    for names in directive["Dimensions"]:
        assert isinstance(names, list) and len(names) <= 30, names
        for name in names:
            check_text(name, 250)
            check_text(document[name], 1024)
    assert 1 <= len(directive["Metrics"]) <= 100, directive
    for metric in directive["Metrics"]:
        check_metric(document, metric)


def check(line):
    """The document, after all checks that the specification requires."""
    assert len(line.encode()) <= LONGEST
    document = json.loads(line)
    assert set(document["_aws"]) == {"Timestamp", "CloudWatchMetrics"}, document
    assert type(document["_aws"]["Timestamp"]) is int
    assert document["_aws"]["CloudWatchMetrics"], document
    for directive in document["_aws"]["CloudWatchMetrics"]:
        check_directive(document, directive)
    return document


def documents(lines):
    """The lines that are metrics, each checked."""
    return [check(line) for line in lines if line.startswith("{") and "_aws" in json.loads(line)]


def total(found, metric, destination=None):
    """The sum over all documents that contain the metric with these dimensions."""
    names, sums = ["Pipeline", "Destination"] if destination else ["Pipeline"], []
    for document in found:
        for directive in document["_aws"]["CloudWatchMetrics"]:
            named = metric in [each["Name"] for each in directive["Metrics"]]
            ours = destination in (None, document.get("Destination"))
            if named and ours and names in directive["Dimensions"]:
                sums.append(document[metric])
    return sum(sums) if sums else None

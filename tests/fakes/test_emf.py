"""The check of metric lines accepts what the specification allows and nothing else."""

import copy
import json

import pytest

from fakes import emf

GOOD = {
    "_aws": {
        "Timestamp": 1790000000000,
        "CloudWatchMetrics": [{
            "Namespace": "fifoq", "Dimensions": [["Pipeline"], ["Pipeline", "Destination"]],
            "Metrics": [{"Name": "Delivered", "Unit": "Count"}, {"Name": "Latency"}],
        }],
    },
    "Pipeline": "orders", "Destination": "crm", "Delivered": 3, "Latency": [1, 2.5], "more": None,
}  # fmt: skip


def changed(change):
    document = copy.deepcopy(GOOD)
    change(document, document["_aws"]["CloudWatchMetrics"][0])
    return json.dumps(document)


def test_a_good_one_passes():
    found = emf.documents(["no JSON", '{"level": "INFO"}', json.dumps(GOOD)])
    assert found == [GOOD]
    assert emf.total(found, "Delivered") == emf.total(found, "Delivered", "crm") == 3
    assert emf.total(found, "Delivered", "other") is emf.total(found, "Sent") is None


@pytest.mark.parametrize("change", [
    lambda d, m: d.pop("Pipeline"),
    lambda d, m: d.update(Pipeline=""),
    lambda d, m: d.update(Pipeline=7),
    lambda d, m: d.pop("Delivered"),
    lambda d, m: d.update(Delivered="3"),
    lambda d, m: d.update(Latency=[]),
    lambda d, m: d.update(Latency=[1] * 101),
    lambda d, m: d["_aws"].pop("Timestamp"),
    lambda d, m: d["_aws"].update(Timestamp="now"),
    lambda d, m: d["_aws"].update(CloudWatchMetrics=[]),
    lambda d, m: m.pop("Namespace"),
    lambda d, m: m.update(Namespace=""),
    lambda d, m: m.update(Metrics=[]),
    lambda d, m: m.update(Dimensions=[]),
    lambda d, m: m.update(Dimensions=[["Pipeline"] * 31]),
    lambda d, m: m["Metrics"][0].update(Unit="Parsecs"),
    lambda d, m: m["Metrics"][0].update(StorageResolution=30),
    lambda d, m: m["Metrics"][0].update(Else=1),
    lambda d, m: d.update(more="x" * 300_000),
])  # fmt: skip
def test_a_bad_one_does_not(change):
    with pytest.raises((AssertionError, KeyError)):
        emf.check(changed(change))

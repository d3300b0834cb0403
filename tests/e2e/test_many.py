"""Many parameters and schedules in one run, at the rates that AWS's APIs accept
(fakes/hard/rates.py).

The rates use real time, and a test cannot speed them up without changing what is tested. The
default is therefore a few of each, more than the buckets hold; FIFOQ_MANY=1 creates a hundred
parameters and fifty schedules.
"""

import os

import pytest
import reality
from fakes import hard
from support import make_table

SIZES = [(14, 8), (100, 50)] if os.environ.get("FIFOQ_MANY") else [(14, 8)]
PATIENCE_S = 280


def many(parameters, schedules):
    auth = {"bearer": "${param.key-000}"}
    destination = {"name": "crm", "url": "https://api.example.com/v1", "auth": auth}
    return {
        "parameters": {
            "crm-token": None,
            **{f"key-{n:03}": {"from": "env:CRM_TOKEN"} for n in range(parameters)},
        },
        "drain": {
            "schedules": [
                {"name": f"s-{n:02}", "at": f"cron({n} * * * ? *)"} for n in range(schedules)
            ],
            "destinations": [destination],
        },
    }


@pytest.mark.parametrize("parameters, schedules", SIZES)
def test_many_in_one_run(fifoq, aws, proxy, parameters, schedules):
    make_table(aws)
    fifoq.config(many(parameters, schedules))
    hard.switch_on(proxy, rates := hard.Rates())
    took = []
    for args in (("up", "--yes"), ("drift",), ("down", "--yes")):
        result = fifoq.good(*args, timeout=PATIENCE_S)
        took.append(f"{args[0]} {result.wall_s:.0f} s")
        if args[0] == "up":
            real = reality.everything(aws)
            assert len(real["parameters"]) == parameters
            assert len(real["rules"]) == schedules
    print(f"{parameters} and {schedules}: {', '.join(took)}; refused {rates.refused}")
    assert reality.is_empty(reality.everything(aws))

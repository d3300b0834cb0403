"""Unusual configurations and accounts, and what fifoq reports for them."""

import json
import signal

import pytest
from judge import REFUSED, USAGE, refused
from support import make_table


@pytest.fixture
def up(fifoq, table):
    fifoq.good("up", "--yes")
    return fifoq


def test_another_table_is_not_called_another_stream(up, aws):
    make_table(aws, "returns", stream=True)
    up.config({"table": {"name": "returns"}})
    refused(up.run("plan"), REFUSED, "'returns', but the mapping reads table 'orders-table'")


def test_a_queue_that_is_no_longer_used_is_named(up):
    up.config({"ingest": None, "table": None})
    said = up.good("up", "--yes").out
    assert "orders-ingest-failures: no longer used, kept with its content" in said


def test_a_table_that_nobody_can_use_is_unhealthy(up, proxy):
    def locked(exchange, go_on):
        answer = go_on()
        if exchange.name == "dynamodb:DescribeTable":
            told = json.loads(answer.body)
            told["Table"]["TableStatus"] = "INACCESSIBLE_ENCRYPTION_CREDENTIALS"
            answer.body = json.dumps(told).encode()
        return answer

    proxy.layers.append(locked)
    result = up.run("drift")
    assert result.code == 2, result.text
    assert "unhealthy" in result.out and "INACCESSIBLE_ENCRYPTION_CREDENTIALS" in result.out


def test_a_parameter_of_awss_own_holds_no_secret(fifoq):
    fifoq.config({"parameters": {"crm-token": {"from": "existing:/aws/reference/secretsmanager/x"}}})
    refused(fifoq.run("check", "--offline"), USAGE, "parameters below /aws are reserved for AWS")


def test_a_file_without_an_end_is_too_large(fifoq):
    process = fifoq.start("check", "--offline", "-f", "/dev/zero")
    result = fifoq.finish(process, timeout=20)
    assert result.code not in (0, -signal.SIGKILL)
    assert "at most 1 MiB" in result.err

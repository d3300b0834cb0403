"""`fifoq dev` with an independent DynamoDB with streams, and with `fifoq sqs`."""

import json
from decimal import Decimal

import pytest
from boto3.dynamodb.types import TypeSerializer
from programs import TickingFifoq
from support import HOST, make_table
from test_dev import arrived, end, put, remove_old_item, write_items

from fakes import stream_events
from fakes.proxy import aws_error

ITEMS = 200


@pytest.fixture
def queues(fifoq):
    """`fifoq up` creates the queues there."""
    server = TickingFifoq()
    yield server
    server.close()


class Pipeline:
    """fifoq's variables for three AWSes: tables and streams, queues, and moto for the rest."""

    def __init__(self, fifoq, proxy, api, dynamodb, queues):
        self.fifoq, self.api, self.dynamodb = fifoq, api, dynamodb
        fifoq.env["AWS_ENDPOINT_URL_DYNAMODB"] = dynamodb.url
        fifoq.env["AWS_ENDPOINT_URL_DYNAMODB_STREAMS"] = dynamodb.url
        fifoq.env["AWS_ENDPOINT_URL_SQS"] = queues.url
        make_table(dynamodb)
        # the rest has no stream of this table, and fifoq would wait for one that is recent
        proxy.fault("lambda", "CreateEventSourceMapping", answer=aws_error("InvalidParameterValueException"))

    def up(self, ingest):
        destination = {
            "name": "crm", "url": self.api.url, "auth": {"bearer": "${param.crm-token}"},
        }  # fmt: skip
        drain = {
            "schedules": ["rate(1 minute)"], "rate": None, "max_messages": 500,
            "parallel_groups": 4, "destinations": [destination],
        }  # fmt: skip
        base = {"ingest": {"filter": None, "message": None}, "functions": {"architecture": HOST}}
        self.fifoq.config(base, {"drain": drain}, {"ingest": ingest})
        result = self.fifoq.run("up", "--yes")
        # dev needs no mapping
        assert "13 created, 1 changed, 1 left" in result.err, result.text
        assert "mapping 'orders-ingest': lambda:CreateEventSourceMapping" in result.text

    def start(self, *options):
        return self.fifoq.start("dev", "--every", "1s", "--for", "120s", *options)


@pytest.fixture
def pipeline(fifoq, proxy, api, dynamodb, queues):
    return Pipeline(fifoq, proxy, api, dynamodb, queues)


def test_all_items_arrive_once_and_in_order(pipeline, api, dynamodb):
    pipeline.up({"message": {"group": "${item.customer}", "n": "${item.n}"}})
    written = write_items(dynamodb, ITEMS // 2, seed=1)
    process = pipeline.start()
    for group, numbers in write_items(dynamodb, ITEMS // 2, seed=2, first=ITEMS // 2).items():
        written.setdefault(group, []).extend(numbers)
    api.wait_for(ITEMS, timeout=110)
    end(pipeline.fifoq, process)
    assert arrived(api.requests()) == written
    assert len(api.requests()) == ITEMS
    assert len({got.headers["Idempotency-Key"] for got in api.requests()}) == ITEMS


def test_each_event_arrives_as_what_it_was(pipeline, api, dynamodb):
    message = {"event": "${event.name}", "now": "${item.n:-none}", "before": "${old.n:-none}"}
    pipeline.up({"events": ["INSERT", "MODIFY", "REMOVE"], "group": None, "message": message})
    for number in (1, 2):
        item = {"id": {"S": "i"}, "n": {"N": str(number)}}
        dynamodb.dynamodb.put_item(TableName="orders-table", Item=item)
    dynamodb.dynamodb.delete_item(TableName="orders-table", Key={"id": {"S": "i"}})
    process = pipeline.start()
    api.wait_for(3, timeout=60)
    end(pipeline.fifoq, process)
    got = [(each["event"], each["now"], each["before"]) for each in map(read, api.requests())]
    assert got == [("INSERT", 1, "none"), ("MODIFY", 2, 1), ("REMOVE", 2, 2)]


def read(got):
    return json.loads(got.body, parse_float=str)


def test_every_type_of_attribute(pipeline, api, dynamodb):
    pipeline.up({"group": None})
    item = stream_events.every_type()
    typed = {name: TypeSerializer().serialize(value) for name, value in item.items()}
    dynamodb.dynamodb.put_item(TableName="orders-table", Item=typed)
    process = pipeline.start()
    (got,) = api.wait_for(1, timeout=60)
    end(pipeline.fifoq, process)
    body = json.loads(got.body, parse_float=str, parse_int=str)
    assert body["digits"] == "12345678901234567890123456789012345678"
    assert Decimal(body["fraction"]) == Decimal("-0.1") and body["integer"] == "42"
    assert body["text"] == item["text"] and body["empty"] == ""
    assert body["binary"] == "AP8Q" and body["no_bytes"] == ""
    assert sorted(body["strings"]) == ["a", "b"]
    assert sorted(body["numbers"]) == ["1", "2", "3"]
    assert sorted(body["binaries"]) == ["AQ==", "Ag=="]
    assert body["map"] == {"inner": {"deep": ["1", "two", None]}, "nothing": {}}
    assert body["list"] == ["a", "1", True, None, {"k": "v"}, []]
    assert (body["null"], body["yes"], body["no"]) == (None, True, False)


def test_a_second_run_makes_nothing_twice(pipeline, api, dynamodb):
    """It reads the stream from its oldest record again, and the queue deduplicates each of them."""
    pipeline.up({"message": {"group": "${item.customer}", "n": "${item.n}"}})
    for first in (0, 10):
        for number in range(first, first + 10):
            put(dynamodb, number, f"c-{number % 2}")
        process = pipeline.start()
        api.wait_for(first + 10, timeout=60)
        end(pipeline.fifoq, process)
    remove_old_item(dynamodb)
    assert arrived(api.requests()) == {
        "c-0": list(range(0, 20, 2)), "c-1": list(range(1, 20, 2)),
    }  # fmt: skip

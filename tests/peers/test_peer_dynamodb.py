"""`fifoq dev` over a DynamoDB with streams that is neither AWS's nor moto's, and over `fifoq sqs`."""

import pytest
from programs import TickingFifoq
from support import HOST, make_table
from test_dev import arrived, end, put, write_items

ITEMS = 200


@pytest.fixture
def queues(fifoq):
    """`fifoq up` makes the queues there."""
    server = TickingFifoq()
    yield server
    server.close()


@pytest.fixture
def pipeline(fifoq, api, dynamodb, queues):
    fifoq.env["AWS_ENDPOINT_URL_DYNAMODB"] = dynamodb.url
    fifoq.env["AWS_ENDPOINT_URL_DYNAMODB_STREAMS"] = dynamodb.url
    fifoq.env["AWS_ENDPOINT_URL_SQS"] = queues.url
    make_table(dynamodb)
    fifoq.config(
        {
            "ingest": {
                "filter": None,
                "message": {"group": "${item.customer}", "n": "${item.n}", "id": None, "total": None},
            },
            "functions": {"architecture": HOST},
            "drain": {
                "schedules": ["rate(1 minute)"],
                "rate": None,
                "max_messages": 500,
                "parallel_groups": 4,
                "destinations": [
                    {
                        "name": "crm",
                        "url": api.url + "/orders",
                        "body": None,
                        "auth": {"bearer": "${param.crm-token}"},
                    }
                ],
            },
        }
    )
    result = fifoq.run("up", "--yes")
    # moto has Lambda and not this stream, so it refuses the mapping, which `fifoq dev` does without.
    assert "13 created, 1 changed, 1 left" in result.err, result.text
    assert "mapping 'orders-ingest': lambda:CreateEventSourceMapping" in result.text
    return fifoq


def test_all_items_arrive_once_and_in_order(pipeline, api, dynamodb, queues):
    written = write_items(dynamodb, ITEMS // 2, seed=1)
    process = pipeline.start("dev", "--every", "1s", "--for", "120s")
    for group, numbers in write_items(dynamodb, ITEMS // 2, seed=2, first=ITEMS // 2).items():
        written.setdefault(group, []).extend(numbers)
    api.wait_for(ITEMS, timeout=110)
    end(pipeline, process)
    assert arrived(api.requests()) == written
    assert len(api.requests()) == ITEMS
    keys = {got.headers["Idempotency-Key"] for got in api.requests()}
    assert len(keys) == ITEMS

"""`fifoq dev`: the real functions on this machine, from the table to the API, in order."""

import random
import signal

import pytest
from support import HOST, TOKEN, wait_until

from fakes.api import Answer, Api

ITEMS, GROUPS = 300, 7


@pytest.fixture
def api():
    with Api() as made:
        yield made


@pytest.fixture
def pipeline(fifoq, api, table):
    """A pipeline for the API, created in the emulated AWS."""
    fifoq.config(
        {
            "ingest": {
                "filter": None,
                "message": {
                    "id": "${item.id}",
                    "group": "${item.customer}",
                    "n": "${item.n}",
                    "total": None,
                },
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
                        "url": api.url + "/orders/${message.id}",
                        "auth": {"bearer": "${param.crm-token}"},
                    }
                ],
            },
        }
    )
    fifoq.good("up", "--yes")
    return fifoq


def put(aws, number, group):
    item = {"id": f"i-{number}", "customer": group, "n": number}
    kinds = {str: "S", int: "N"}
    aws.dynamodb.put_item(
        TableName="orders-table", Item={k: {kinds[type(v)]: str(v)} for k, v in item.items()}
    )


def write_items(aws, count, seed, first=0):
    """Items of all groups in a random but repeatable order; {group: numbers in order}."""
    mixture, written = random.Random(seed), {}
    for number in range(first, first + count):
        group = f"c-{mixture.randrange(GROUPS)}"
        put(aws, number, group)
        written.setdefault(group, []).append(number)
    return written


def arrived(requests):
    """{group: numbers in the order of arrival}, without the item that existed before."""
    found = {}
    for got in requests:
        body = got.json()
        found.setdefault(body["group"], []).append(body["n"])
    return found


def end(fifoq, process):
    """Ctrl-C, and a clean exit."""
    process.send_signal(signal.SIGINT)
    result = fifoq.finish(process, timeout=60)
    assert result.code in (0, 130), result.text
    return result


def remove_old_item(aws):
    aws.dynamodb.delete_item(TableName="orders-table", Key={"id": {"S": "old"}})


def test_all_items_arrive_once_and_in_order(pipeline, aws, api, proxy):
    written = write_items(aws, ITEMS // 2, seed=1)
    process = pipeline.start("dev", "--every", "1s", "--for", "120s")
    for group, numbers in write_items(aws, ITEMS // 2, seed=2, first=ITEMS // 2).items():
        written.setdefault(group, []).extend(numbers)
    api.wait_for(ITEMS, timeout=110)
    result = end(pipeline, process)
    assert arrived(api.requests()) == written
    assert len(api.requests()) == ITEMS
    keys = [got.headers["Idempotency-Key"] for got in api.requests()]
    assert len(set(keys)) == ITEMS
    assert {got.headers["Authorization"] for got in api.requests()} == {f"Bearer {TOKEN}"}
    assert proxy.violations() == []
    assert TOKEN not in result.text
    assert queue_depth(aws) == 0
    sent = {e.name for e in proxy.calls()}
    assert sent >= {"sqs:SendMessageBatch", "sqs:ReceiveMessage"} or "sqs:SendMessage" in sent


def queue_depth(aws):
    url = aws.sqs.get_queue_url(QueueName="orders.fifo")["QueueUrl"]
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    answer = aws.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
    return sum(int(value) for value in answer.values())


def test_a_refusal_holds_its_group_and_no_other(pipeline, aws, api):
    """The API fails for one group for a while: the others continue, and its messages arrive in
    order later."""
    open_again = []

    def choose(got):
        if got.json()["group"] == "c-0" and not open_again:
            return Answer(503, {"Retry-After": "1"})
        return None

    api.choose = choose
    for number in range(12):
        put(aws, number, f"c-{number % 3}")
    process = pipeline.start("dev", "--every", "1s", "--for", "120s")
    wait_until(lambda: len(accepted(api)) == 8, 60, "the other groups did not arrive")
    assert {got.json()["n"] for got in api.requests() if got.status == 503} == {0}
    open_again.append(True)
    wait_until(lambda: len(accepted(api)) == 12, 60, "the held group did not arrive")
    end(pipeline, process)
    assert arrived(accepted(api))["c-0"] == [0, 3, 6, 9]


def accepted(api):
    return [got for got in api.requests() if got.status == 200]


def test_it_ends_by_itself(pipeline):
    result = pipeline.good("dev", "--every", "1s", "--for", "2s", timeout=60)
    assert result.text.count("\n") < 200


def test_without_a_pipeline_it_says_what_to_do(fifoq, table):
    result = fifoq.run("dev", "--every", "1s", "--for", "2s")
    assert result.code == 1, result.text
    assert "fifoq up" in result.err


def test_only_the_wanted_events_arrive(pipeline, aws, api):
    put(aws, 1, "c-1")
    put(aws, 1, "c-2")
    remove_old_item(aws)
    put(aws, 2, "c-1")
    process = pipeline.start("dev", "--every", "1s", "--for", "120s")
    api.wait_for(2, timeout=60)
    end(pipeline, process)
    assert arrived(api.requests()) == {"c-1": [1, 2]}

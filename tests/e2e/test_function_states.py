"""The states of a function that are neither ready nor a failure: docs.aws.amazon.com/lambda/latest/dg/functions-states.html"""

import json

import pytest
import reality

from fakes.hard.base import as_json, function_name, succeeded, with_json


def show(proxy, state, looks):
    """orders-drain is shown in this state for so many reads; after Deleting it does not exist."""
    left = [looks]

    def layer(exchange, go_on):
        if exchange.name == "lambda:CreateFunction":
            left[0] = 0
        answer = go_on()
        told = exchange.action in ("GetFunction", "GetFunctionConfiguration")
        if not told or function_name(exchange) != "orders-drain" or not succeeded(answer):
            return answer
        if left[0] <= 0:
            return answer
        left[0] -= 1
        value = as_json(answer)
        value.get("Configuration", value)["State"] = state
        return with_json(answer, value)

    proxy.layers.append(layer)


@pytest.mark.parametrize("state", ["Inactive", "ActiveNonInvocable", "Deactivated"])
def test_a_function_that_is_not_ready_is_unhealthy(fifoq, table, proxy, state):
    fifoq.good("up", "--yes")
    show(proxy, state, looks=10)
    drift = fifoq.run("drift", "--format", "json")
    assert drift.code == 2, drift.text
    (finding,) = json.loads(drift.out)["findings"]
    assert (finding["row"], finding["what"], finding["have"]) == ("drain", "unhealthy", state)
    plan = fifoq.good("plan").text
    assert "State" in plan and state in plan


def test_a_function_that_is_being_deleted_is_made_again(fifoq, table, aws, proxy):
    fifoq.good("up", "--yes")
    looks = []

    def layer(exchange, go_on):
        """Deleting until the third read of this run, and then really deleted."""
        if exchange.name != "lambda:GetFunction" or function_name(exchange) != "orders-drain":
            return go_on()
        looks.append(exchange)
        answer = go_on()
        if len(looks) == 4:
            aws.lambda_.delete_function(FunctionName="orders-drain")
        if len(looks) > 4 or not succeeded(answer):
            return go_on()
        value = as_json(answer)
        value["Configuration"]["State"] = "Deleting"
        return with_json(answer, value)

    proxy.layers.append(layer)
    proxy.clear()
    result = fifoq.good("up", "--yes")
    assert "orders-drain" in result.text and len(looks) > 4
    assert set(reality.functions(aws)) == {"orders-drain", "orders-ingest"}
    assert len(proxy.calls("lambda", "CreateFunction")) == 1

"""Which errors are throttling and which are retried: the same as botocore's."""

import pytest
from botocore import loaders
from botocore.retries import standard

GENERAL = loaders.create_loader().load_data("_retry")
# EC2's; and quotas of the services that fifoq calls, for which retrying does not help (DynamoDB's
# "too many at the same time" is recognised by its text).
OTHERS = {"EC2ThrottledException", "LimitExceededException"}
THROTTLES = sorted(set(standard.ThrottledRetryableChecker._THROTTLED_ERROR_CODES) - OTHERS)
TRANSIENT = sorted(standard.TransientRetryableChecker._TRANSIENT_ERROR_CODES)
STATUSES = standard.TransientRetryableChecker._TRANSIENT_STATUS_CODES


def verdict(probe, code="Unheard", status=400, service="sqs", action="GetQueueAttributes"):
    return probe.ask(service=service, action=action, code=code, status=status)["verdict"]


@pytest.mark.parametrize("code", THROTTLES)
def test_throttles(probe, code):
    assert verdict(probe, code) == "throttled"


@pytest.mark.parametrize("code", TRANSIENT)
def test_transient(probe, code):
    expected = "throttled" if code in THROTTLES else "transient"
    assert verdict(probe, code) == expected


def test_statuses(probe):
    ours = {status for status in range(400, 600) if verdict(probe, status=status) == "transient"}
    assert ours == set(STATUSES)
    assert verdict(probe, status=429) == "throttled"


def policies(name):
    """(code, status) of botocore's rows for a service and for all."""
    table = GENERAL["retry"]
    everywhere = table["__default__"]["policies"]
    own = table.get(name, {}).get("__default__", {}).get("policies", {})
    for policy in {**everywhere, **own}.values():
        response = _resolved(policy).get("applies_when", {}).get("response", {})
        if "service_error_code" in response:
            yield response["service_error_code"], response["http_status_code"]


def _resolved(policy):
    if "$ref" in policy:
        return GENERAL["definitions"][policy["$ref"]]
    return policy


SERVICES = "dynamodb dynamodbstreams events lambda logs sqs ssm iam sts".split()


@pytest.mark.parametrize("service", SERVICES)
def test_the_table_of_legacy_mode(probe, service):
    """What botocore's legacy mode retries for these services, fifoq retries as well."""
    rows = [(code, status) for code, status in policies(service) if code not in OTHERS]
    assert len(rows) >= 5
    for code, status in rows:
        assert verdict(probe, code, status, service) in ("throttled", "transient"), (code, status)


def test_what_is_wrong_stays_wrong(probe):
    for code in ("AccessDenied", "ValidationException", "InvalidClientTokenId", "NoSuchEntity"):
        assert verdict(probe, code, 400) == verdict(probe, code, 403) == "no"

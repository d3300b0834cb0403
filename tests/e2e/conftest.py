"""Fixtures of the end-to-end tests: boto3 for verification, fifoq connected to the proxy, a table."""

from types import SimpleNamespace

import boto3
import pytest
from support import FIFOQ, REGION, SERVICES, Fifoq, make_table

from fakes import KEY_ID, SECRET
from fakes.strict import as_strict_as_aws


@pytest.fixture
def fifoq(tmp_path, proxy, clients):
    if not FIFOQ.exists():
        pytest.fail(f"'{FIFOQ}' is not built: run `make`, or set FIFOQ")
    proxy.stricter.append(as_strict_as_aws(clients.lambda_))
    runner = Fifoq(tmp_path, proxy.url)
    runner.config()
    yield runner
    runner.close()


@pytest.fixture(scope="session")
def clients(moto_server):
    made = {}
    for service in SERVICES:
        made[service] = boto3.client(
            service, endpoint_url=moto_server.url, region_name=REGION,
            aws_access_key_id=KEY_ID, aws_secret_access_key=SECRET,
        )  # fmt: skip
    made["lambda_"] = made.pop("lambda")
    return SimpleNamespace(**made)


@pytest.fixture
def aws(moto, clients):
    """boto3's clients, connected directly to the emptied AWS and not through the proxy."""
    return clients


@pytest.fixture
def table(aws):
    return make_table(aws)

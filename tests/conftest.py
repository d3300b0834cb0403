"""Shared by all Python tests: the emulated AWS, and the proxy in front of it."""

import pytest

from fakes import KEY_ID, SECRET
from fakes.moto_server import MotoServer
from fakes.proxy import Proxy
from fakes.signals import heed_interrupts
from fakes.signature import Key

heed_interrupts()


@pytest.fixture(scope="session")
def moto_server():
    with MotoServer() as server:
        yield server


@pytest.fixture
def moto(moto_server):
    """The emulated AWS, empty."""
    moto_server.reset()
    return moto_server


@pytest.fixture
def proxy(moto):
    """A fresh proxy in front of an empty AWS; it knows only the tests' key."""
    with Proxy(moto.url, {KEY_ID: Key(SECRET)}) as made:
        yield made

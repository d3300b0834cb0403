import pytest
from probe import Probe


@pytest.fixture(scope="module")
def probe():
    made = Probe()
    yield made
    assert made.close() == 0

"""Checks for the tests of bad input and bad days."""

import expected
import pytest
import reality
from support import policy_statements

FAILED, REFUSED, USAGE, INTERRUPTED = 1, 4, 64, 130


def one_error(result, *said):
    """One line of stderr is the error, and that line alone contains all expected words."""
    assert "(null)" not in result.text
    for line in result.err.splitlines():
        if line.strip() and all(text.lower() in line.lower() for text in said):
            return line
    pytest.fail(f"no line of stderr says {said}:\n{result.text}")


def refused(result, code, *said):
    assert result.code == code, result.text
    return one_error(result, *said)


def assert_whole(aws):
    real = reality.everything(aws)
    assert set(real["queues"]) == set(expected.QUEUES)
    assert set(real["functions"]) == set(expected.FUNCTIONS)
    assert set(real["rules"]) == set(expected.RULES)
    assert set(real["log_groups"]) == set(expected.LOG_GROUPS)
    assert set(real["parameters"]) == {"/orders/crm-token"}
    assert len(real["mappings"]) == 1
    assert all(len(rule["targets"]) == 1 for rule in real["rules"].values())
    assert len(real["functions"]["orders-drain"]["policy"]) == 1
    for role in real["roles"].values():
        assert all(s["Action"] for s in policy_statements(role["policies"]["fifoq"]))
    for kind in ("queues", "roles", "functions", "rules", "parameters", "log_groups"):
        for name, each in real[kind].items():
            assert each["tags"].get("fifoq:pipeline") == "orders", (kind, name)

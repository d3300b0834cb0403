"""tests/data/endpoints.json: the combined effect of variables, config file and credentials file.
With the same files and variables, botocore and fifoq send requests to the same endpoints, signed
for the same region and name.

A row has `env`, `config` and `credentials` (lines), `profile`, `account` (of the credentials);
`says`: fifoq refuses, with this in its message, and so does botocore unless `stricter`;
`otherwise`: services for which botocore's endpoint differs on purpose.
"""

import json
import os
import pathlib
import subprocess
import sys

import certifi
import pytest
from endpoints.probe import PROBE, ROOT
from endpoints.witness import CALLS

TABLE = json.loads((ROOT / "tests" / "data" / "endpoints.json").read_text())
FIFOQ = os.environ.get("FIFOQ") or str(ROOT / "build" / "check" / "fifoq")
MODES = {1: "standard", 2: "legacy", 3: "adaptive"}
SHOWN = {  # whoami's names
    "DYNAMODB": "dynamodb", "DYNAMODB_STREAMS": "streams", "EVENTBRIDGE": "events",
    "LAMBDA": "lambda", "CLOUDWATCH_LOGS": "logs", "SQS": "sqs", "SSM": "ssm", "IAM": "iam",
    "STS": "sts",
}  # fmt: skip


def complete(folder, row):
    """The row with its files written, and all of its environment; {folder} is their location."""
    folder.mkdir()
    row = json.loads(json.dumps(row).replace("{folder}", str(folder)))
    for name in ("v.pem", "p.pem"):  # certificates that are named must exist
        (folder / name).write_bytes(pathlib.Path(certifi.where()).read_bytes())
    for name in ("config", "credentials"):
        if name in row:
            (folder / name).write_text("\n".join([*row[name], ""]))
    env = {
        "PATH": os.environ["PATH"], "HOME": str(folder), "AWS_CONFIG_FILE": str(folder / "config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(folder / "credentials"), **row.get("env", {}),
    }  # fmt: skip
    return {**row, "env": env}


@pytest.fixture(scope="module")
def rows(tmp_path_factory):
    folder = tmp_path_factory.mktemp("rows")
    return [complete(folder / str(i), row) for i, row in enumerate(TABLE)]


@pytest.fixture(scope="module")
def witness(rows):
    """botocore's answers to all rows, from its own process."""
    done = subprocess.run(
        [sys.executable, "-m", "endpoints.witness"], input=json.dumps(rows), capture_output=True,
        text=True, timeout=250, cwd=ROOT / "tests", check=True,
    )  # fmt: skip
    return json.loads(done.stdout)


def settings(row):
    command = [str(PROBE), "settings", *filter(None, [profile_of(row)])]
    done = subprocess.run(command, env=row["env"], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def profile_of(row):
    return row.get("profile") or row["env"].get("AWS_PROFILE")


def whoami(row, folder):
    profile = ["--profile", row["profile"]] if "profile" in row else []
    done = subprocess.run(
        [FIFOQ, "whoami", "--format", "json", *profile], env=row["env"], capture_output=True,
        text=True, timeout=60, cwd=folder,
    )  # fmt: skip
    return json.loads(done.stdout) if done.stdout else {}, done.stderr


def refused(answer):
    failed = [each for each in answer["endpoints"].values() if "error" in each]
    return "error" in answer or bool(failed)


@pytest.mark.parametrize("i", range(len(TABLE)), ids=[row["name"] for row in TABLE])
def test_settings_are_read_as_botocore_reads_them(i, rows, witness, tmp_path):
    row, want, got = rows[i], witness[i], settings(rows[i])
    shown, said = whoami(row, tmp_path)
    if "says" in row:
        text = row["says"].format(config=row["env"]["AWS_CONFIG_FILE"])
        assert text in got.get("error", ""), got
        assert refused(want) != row.get("stricter", False), want
        if text != "no AWS region":  # the command has its own advice
            assert text in said
        return
    assert "error" not in got, got
    others = row.get("otherwise", [])
    for service in CALLS:
        same = got["endpoints"][service] == want["endpoints"][service]
        assert same != (service in others), f"{service}: {got} and botocore: {want}"
    assert shown["endpoints"] == {
        name: got["endpoints"][service]["url"] for service, name in SHOWN.items()
    }
    assert got["attempts"] == (want["attempts"] or 3)
    assert MODES[got["mode"]] == want["mode"]
    assert got["ca"] == want["ca"]


def test_the_table_has_each_kind_of_row():
    assert len(TABLE) >= 60
    assert len({row["name"] for row in TABLE}) == len(TABLE)
    assert sum("says" in row for row in TABLE) >= 10

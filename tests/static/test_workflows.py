"""The workflows of .github: valid, without known weaknesses, and with the stages of .ci/run."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
WORKFLOWS = ROOT / ".github" / "workflows"
FILES = {"push": WORKFLOWS / "ci.yml", "nightly": WORKFLOWS / "nightly.yml"}


def judge(*command):
    return subprocess.run([BIN / command[0], *command[1:]], capture_output=True, text=True, timeout=60)


def listed():
    """The stages of .ci/run by event."""
    branches = re.findall(r"^(\w+)\)\n((?: +make .+\n)+) +;;$", (ROOT / ".ci" / "run").read_text(), re.M)
    return {event: set(re.findall(r"make (.+)", stages)) for event, stages in branches}


def called(file):
    """The arguments of make in a workflow, one for each row of a job's matrix."""
    stages = set()
    for job in yaml.safe_load(file.read_text())["jobs"].values():
        matrix = job.get("strategy", {}).get("matrix", {})
        rows = [*matrix.get("stage", []), *(each["stage"] for each in matrix.get("include", []))]
        for step in job["steps"]:
            made = re.fullmatch(r"make (.+)", step.get("run", ""))
            if made:
                stages |= set(rows) if "matrix.stage" in made[1] else {made[1]}
    return stages


def test_every_workflow_has_an_occasion():
    assert set(WORKFLOWS.iterdir()) == set(FILES.values()) and listed().keys() == FILES.keys()


@pytest.mark.parametrize("occasion", FILES)
def test_it_runs_the_listed_stages(occasion):
    assert called(FILES[occasion]) == listed()[occasion]


@pytest.mark.parametrize("occasion", FILES)
def test_each_stage_is_a_target(occasion):
    phony = re.search(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(), re.M)[1].split()
    assert {stage.split()[0] for stage in listed()[occasion]} <= set(phony)


@pytest.mark.parametrize("file", FILES.values(), ids=FILES)
def test_the_schema_accepts_it(file):
    result = judge("check-jsonschema", "--builtin-schema", "vendor.github-workflows", file)
    assert result.returncode == 0, result.stdout + result.stderr


def test_the_linter_finds_nothing():
    result = judge("zizmor", "--offline", "--no-progress", "--format", "json", ROOT / ".github")
    found = [(each["ident"], each["locations"][0]["symbolic"]) for each in json.loads(result.stdout)]
    assert found == [] and result.returncode == 0

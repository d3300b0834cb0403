"""`fifoq init`: the jobs for CI, judged by the schemas of both, by a linter of workflows, and by
running their steps."""

import json
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
import yaml
from support import FIFOQ, make_table

GITHUB, GITLAB = Path(".github/workflows/fifoq-drift.yml"), Path(".gitlab/fifoq-drift.yml")
JOBS = [GITHUB, GITLAB]
BIN = Path(sys.executable).parent


@pytest.fixture
def empty(fifoq):
    """A folder without a configuration."""
    (fifoq.folder / "fifoq.yaml").unlink()
    return fifoq


def written(fifoq):
    return [path for path in JOBS if (fifoq.folder / path).exists()]


def remote(url):
    return f'[core]\n\tbare = false\n[remote "origin"]\n\turl = {url}\n\tfetch = +refs/heads/*\n'


@pytest.mark.parametrize(
    "files, args, expected",
    [
        ({}, [], [GITHUB]),
        ({".github/dependabot.yml": "", ".gitlab-ci.yml": ""}, [], [GITHUB]),
        ({".gitlab-ci.yml": ""}, [], [GITLAB]),
        ({".git/config": remote("git@gitlab.com:team/orders.git")}, [], [GITLAB]),
        ({".git/config": remote("https://gitlab.example.com/team/orders")}, [], [GITLAB]),
        ({".git/config": remote("git@github.com:team/orders.git")}, [], [GITHUB]),
        ({".git/config": remote("ssh://git.example.com/orders")}, [], [GITHUB]),
        ({".git/config": '[remote "github"]\n\turl = https://gitlab.com/a/b\n'}, [], [GITLAB]),
        ({".git": "gitdir: ../else"}, [], [GITHUB]),
        ({".gitlab-ci.yml": ""}, ["--ci", "github"], [GITHUB]),
        ({".github/dependabot.yml": ""}, ["--ci", "gitlab"], [GITLAB]),
        ({".github/dependabot.yml": ""}, ["--ci", "none"], []),
    ],
)
def test_for_whom(empty, files, args, expected):
    for name, text in files.items():
        path = empty.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    result = empty.good("init", *args)
    assert written(empty) == expected
    assert all(f"wrote {path}" in result.out for path in expected)


def test_what_is_there_stays(empty):
    empty.good("init", "--ci", "none")
    before = (empty.folder / "fifoq.yaml").read_text()
    assert empty.run("init").code == 4 and written(empty) == []
    result = empty.good("init", "--ci", "gitlab")
    assert "kept fifoq.yaml" in result.out and written(empty) == [GITLAB]
    (empty.folder / GITLAB).write_text("mine\n")
    assert f"kept {GITLAB}" in empty.good("init", "--ci", "gitlab").out
    assert (empty.folder / GITLAB).read_text() == "mine\n"
    assert (empty.folder / "fifoq.yaml").read_text() == before
    result = empty.run("init", "--ci", "jenkins")
    assert result.code == 64 and "github" in result.err


def test_another_configuration(empty):
    name = 'pipelines of "us": all.yaml'
    empty.good("init", "--ci", "github", "-f", name)
    empty.good("init", "--ci", "gitlab", "-f", name)
    steps = yaml.safe_load((empty.folder / GITHUB).read_text())["jobs"]["drift"]
    assert steps["env"]["FIFOQ_FILE"] == name
    job = yaml.safe_load((empty.folder / GITLAB).read_text())["fifoq-drift"]
    assert job["variables"]["FIFOQ_FILE"] == name


# Judged by others


@pytest.fixture
def jobs(empty):
    for ci in ("github", "gitlab"):
        empty.good("init", "--ci", ci)
    return empty


def judge(fifoq, *command):
    return subprocess.run(
        [BIN / command[0], *command[1:]], cwd=fifoq.folder, capture_output=True, text=True, timeout=60,
        env={"PATH": f"{BIN}:/usr/bin:/bin", "HOME": str(fifoq.home)},
    )  # fmt: skip


@pytest.mark.parametrize(
    "schema, path", [("vendor.github-workflows", GITHUB), ("vendor.gitlab-ci", GITLAB)]
)
def test_the_schemas_take_them(jobs, schema, path):
    result = judge(jobs, "check-jsonschema", "--builtin-schema", schema, path)
    assert result.returncode == 0, result.stdout + result.stderr
    file = jobs.folder / path
    file.write_text(file.read_text().replace("timeout", "timeuot"))
    assert judge(jobs, "check-jsonschema", "--builtin-schema", schema, path).returncode == 1


def test_the_linter_finds_nothing(jobs):
    """Template injection, credentials that stay behind, permissions that are too wide. That actions
    are named by a major version, and not by a hash, is meant: the file is a start."""
    result = judge(jobs, "zizmor", "--offline", "--no-progress", "--format", "json", GITHUB)
    found = {each["ident"] for each in json.loads(result.stdout)}
    assert found <= {"unpinned-uses"}, result.stdout
    file = jobs.folder / GITHUB
    file.write_text(file.read_text().replace("persist-credentials: false", "fetch-depth: 1"))
    result = judge(jobs, "zizmor", "--offline", "--no-progress", "--format", "json", GITHUB)
    assert "artipacked" in {each["ident"] for each in json.loads(result.stdout)}


def test_the_workflow_may_do_little(jobs):
    workflow = yaml.safe_load((jobs.folder / GITHUB).read_text())
    job = workflow["jobs"]["drift"]
    assert workflow["permissions"] == {}
    writes = {name for name, right in job["permissions"].items() if right == "write"}
    assert writes == {"id-token", "security-events"}
    assert "head.repo.full_name == github.repository" in job["if"]
    events = workflow[True]  # YAML 1.1 takes `on` for a boolean
    assert set(events) == {"schedule", "pull_request", "workflow_dispatch"}


# Their steps


@pytest.fixture
def pipeline(jobs, aws):
    """Both jobs beside a pipeline that is up."""
    make_table(aws)
    jobs.config()
    jobs.good("up", "--yes")
    return jobs


def shell(fifoq, script, **env):
    return subprocess.run(
        ["bash", "-e", "-c", script], cwd=fifoq.folder, env=fifoq.environment(env), text=True,
        capture_output=True, timeout=120,
    )  # fmt: skip


def move(aws):
    url = aws.sqs.get_queue_url(QueueName="orders.fifo")["QueueUrl"]
    aws.sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "30"})


def test_the_steps_for_github(pipeline, aws):
    job = yaml.safe_load((pipeline.folder / GITHUB).read_text())["jobs"]["drift"]
    (pipeline.folder / ".fifoq" / "build").mkdir(parents=True)
    (pipeline.folder / ".fifoq" / "build" / "fifoq").symlink_to(FIFOQ)
    sarif_step, github_step = [s["run"] for s in job["steps"] if "drift -f" in s.get("run", "")]
    summary = pipeline.folder / "summary.md"
    env = {**job["env"], "GITHUB_STEP_SUMMARY": str(summary)}

    assert shell(pipeline, sarif_step, **env).returncode == 0
    assert shell(pipeline, github_step, **env).returncode == 0
    move(aws)
    assert shell(pipeline, sarif_step, **env).returncode == 0
    found = json.loads((pipeline.folder / "fifoq-drift.sarif").read_text())
    assert [len(run["results"]) for run in found["runs"]] == [1]
    result = shell(pipeline, github_step, **env)
    assert result.returncode == 2 and "::error" in result.stdout
    assert "VisibilityTimeout" in summary.read_text()
    upload = next(s for s in job["steps"] if "upload-sarif" in s.get("uses", ""))
    assert upload["with"]["sarif_file"] == "fifoq-drift.sarif"
    broken = {**env, "AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}
    assert shell(pipeline, github_step, **broken).returncode == 1


def test_the_step_for_gitlab(pipeline, aws):
    job = yaml.safe_load((pipeline.folder / GITLAB).read_text())["fifoq-drift"]
    script = "\n".join(job["script"]).replace("/tmp/fifoq/build/fifoq", str(FIFOQ))
    report = pipeline.folder / job["artifacts"]["reports"]["junit"]
    env = {"FIFOQ_FILE": job["variables"]["FIFOQ_FILE"]}

    assert shell(pipeline, script, **env).returncode == 0
    assert list(ElementTree.parse(report).getroot().iter("failure")) == []
    move(aws)
    result = shell(pipeline, script, **env)
    assert result.returncode == 2
    assert len(list(ElementTree.parse(report).getroot().iter("failure"))) == 1
    token = shell(
        pipeline, job["before_script"][0], FIFOQ_ID_TOKEN="a-token",
        AWS_WEB_IDENTITY_TOKEN_FILE=str(pipeline.folder / "token"),
    )  # fmt: skip
    file = pipeline.folder / "token"
    assert token.returncode == 0 and file.read_text() == "a-token"
    assert file.stat().st_mode & 0o777 == 0o600

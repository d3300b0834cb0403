"""`fifoq init`: the jobs for CI, validated by the schemas of both services, by a linter of
workflows, and by running their steps."""

import json
import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
import yaml
from support import FIFOQ, make_table

from fakes.proxy import error_for

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


# External validation


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
    """Template injection, persisted credentials, excessive permissions. Actions are named by a
    major version instead of a hash on purpose: the file is a starting point."""
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
    events = workflow[True]  # YAML 1.1 reads `on` as a boolean
    assert set(events) == {"schedule", "pull_request", "workflow_dispatch"}


# Their steps


@pytest.fixture
def pipeline(jobs, aws):
    """Both jobs with an existing pipeline."""
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


VARIABLES = {"FIFOQ_DRIFT_ROLE": "arn", "FIFOQ_REGION": "eu-west-1", "FIFOQ_REF": "v1"}
GITHUB_VARIABLES, GITLAB_VARIABLES = ({**VARIABLES, name: "x"} for name in ("FIFOQ_SOURCE", "FIFOQ_SOURCE_URL"))


class GitHub:
    """The workflow's own steps, run as GitHub does: those whose `if` is true, until one fails."""

    def __init__(self, fifoq, event="schedule", **env):
        self.fifoq = fifoq
        self.job = yaml.safe_load((fifoq.folder / GITHUB).read_text())["jobs"]["drift"]
        self.summary, self.output = fifoq.folder / "summary.md", fifoq.folder / "output"
        self.env = {**self.job["env"], "GITHUB_STEP_SUMMARY": str(self.summary), "GITHUB_OUTPUT": str(self.output),
                    "GITHUB_EVENT_NAME": event, **env}  # fmt: skip
        (fifoq.folder / ".fifoq" / "build").mkdir(parents=True, exist_ok=True)
        program = fifoq.folder / ".fifoq" / "build" / "fifoq"
        if not program.exists():
            program.symlink_to(FIFOQ)

    def step(self, name):
        return next(step for step in self.job["steps"] if step.get("name") == name)

    def run(self, name, **env):
        return shell(self.fifoq, self.step(name)["run"], **self.env, **env)

    def drift(self):
        self.output.write_text("")
        return self.run("Drift")

    def uploads(self):
        """Whether the report would be uploaded, by the step's own condition."""
        step = next(s for s in self.job["steps"] if "upload-sarif" in s.get("uses", ""))
        assert step["if"] == "${{ !cancelled() && steps.drift.outputs.complete == 'yes' }}"
        assert (self.step("Drift")["id"], step["with"]["sarif_file"]) == ("drift", "fifoq-drift.sarif")
        return "complete=yes" in self.output.read_text().splitlines()


def test_the_steps_for_github(pipeline, aws):
    github = GitHub(pipeline)
    assert github.run("Variables", **GITHUB_VARIABLES).returncode == 0
    assert github.drift().returncode == 0 and github.uploads()
    move(aws)
    result = github.drift()
    assert result.returncode == 2 and "::error" in result.stdout and github.uploads()
    found = json.loads((pipeline.folder / "fifoq-drift.sarif").read_text())
    assert [len(run["results"]) for run in found["runs"]] == [1]
    assert "VisibilityTimeout" in github.summary.read_text()


def test_one_run_writes_all(pipeline, proxy):
    """AWS is asked for the caller once."""
    proxy.clear()
    assert GitHub(pipeline).drift().returncode == 0
    assert len(proxy.calls("sts")) == 1


def test_a_pull_request_is_shown_what_differs(pipeline, aws):
    move(aws)
    github = GitHub(pipeline, event="pull_request")
    result = github.drift()
    assert result.returncode == 0 and "::error" in result.stdout and github.uploads()


def deny(proxy):
    proxy.fault(kind="answer", answer=lambda e: error_for(e, "AccessDenied", "no", 403),
                service="iam", action="GetRole")  # fmt: skip


@pytest.mark.parametrize("event", ["schedule", "pull_request"])
def test_what_differs_does_not_hide_what_is_unread(pipeline, aws, proxy, event):
    """fifoq exits with 2 for both. Code scanning rejects a report of an unsuccessful run."""
    move(aws)
    deny(proxy)
    github = GitHub(pipeline, event=event)
    result = github.drift()
    assert result.returncode == 3 and "VisibilityTimeout" in github.summary.read_text()
    assert not github.uploads()
    assert "AccessDenied" in result.stdout


@pytest.mark.parametrize("source, code", [("schedule", 2), ("merge_request_event", 3)])
def test_nor_for_gitlab(pipeline, aws, proxy, source, code):
    move(aws)
    deny(proxy)
    gitlab = GitLab(pipeline, source=source)
    result = gitlab.run()
    assert result.returncode == code and "AccessDenied" in result.stdout
    assert gitlab.failures() == 1


@pytest.mark.parametrize("missing", GITHUB_VARIABLES)
def test_what_is_not_set_for_github_is_named(jobs, missing):
    github = GitHub(jobs)
    assert github.job["steps"][0] == github.step("Variables")  # before anything is built
    assert set(github.step("Variables")["env"]) == set(GITHUB_VARIABLES)
    result = github.run("Variables", **{**GITHUB_VARIABLES, missing: ""})
    assert result.returncode == 1 and f"variable {missing} is not set" in result.stdout


@pytest.mark.parametrize("event", ["schedule", "pull_request"])
@pytest.mark.parametrize("code", [1, 3, 4, 64])
def test_nothing_else_is_taken_for_drift(jobs, event, code):
    """A report that was not written is not uploaded, and a failure is never treated as a
    difference."""
    github = GitHub(jobs, event=event)
    program = jobs.folder / ".fifoq" / "build" / "fifoq"
    program.unlink()
    program.write_text(f"#!/bin/sh\nexit {code}\n")
    program.chmod(0o700)
    assert github.drift().returncode == code and not github.uploads()


class GitLab:
    """The job's scripts, with the program's path replaced."""

    def __init__(self, fifoq, program=FIFOQ, source="schedule"):
        self.fifoq = fifoq
        self.job = yaml.safe_load((fifoq.folder / GITLAB).read_text())["fifoq-drift"]
        self.report = fifoq.folder / self.job["artifacts"]["reports"]["junit"]
        self.script = "\n".join(self.job["script"]).replace("/tmp/fifoq/build/fifoq", str(program))
        plain = {name: self.job["variables"][name] for name in ("FIFOQ_FILE", "FIFOQ_FAIL_ON")}
        self.env = {**plain, "CI_PIPELINE_SOURCE": source}

    def run(self):
        return shell(self.fifoq, self.script, **self.env)

    def failures(self):
        return len(list(ElementTree.parse(self.report).getroot().iter("failure")))


def test_the_step_for_gitlab(pipeline, aws):
    gitlab = GitLab(pipeline)
    assert gitlab.run().returncode == 0 and gitlab.failures() == 0
    move(aws)
    assert gitlab.run().returncode == 2 and gitlab.failures() == 1
    request = GitLab(pipeline, source="merge_request_event")
    result = request.run()
    assert result.returncode == 0 and "VisibilityTimeout" in result.stdout and request.failures() == 1


@pytest.mark.parametrize("source", ["schedule", "merge_request_event"])
@pytest.mark.parametrize("code", [1, 3, 4, 64])
def test_no_failure_passes_for_gitlab(jobs, source, code):
    program = jobs.folder / "failing"
    program.write_text(f"#!/bin/sh\nexit {code}\n")
    program.chmod(0o700)
    assert GitLab(jobs, program, source).run().returncode == code


def test_before_the_step_for_gitlab(jobs):
    gitlab = GitLab(jobs)
    variables, token, *_ = gitlab.job["before_script"]
    assert gitlab.job["variables"]["AWS_REGION"] == "$FIFOQ_REGION"
    assert shell(jobs, variables, **GITLAB_VARIABLES).returncode == 0
    for name in GITLAB_VARIABLES:
        result = shell(jobs, variables, **{**GITLAB_VARIABLES, name: None})
        assert result.returncode == 1 and f"variable {name} is not set" in result.stdout
    file = jobs.folder / "token"
    result = shell(jobs, token, FIFOQ_ID_TOKEN="a-token", AWS_WEB_IDENTITY_TOKEN_FILE=str(file))
    assert result.returncode == 0 and file.read_text() == "a-token"
    assert file.stat().st_mode & 0o777 == 0o600


def test_all_but_another_build_fails(jobs):
    """Another machine's compiler builds another bootstrap from the same source: not drift
    (test_whose_code_it_is)."""
    words = re.search(r"kinds of ([a-z,]+) that cause", " ".join(jobs.good("help", "drift").out.split()))
    expected = set(words[1].split(",")) - {"build"}
    for job, command in ((GitHub(jobs), "Drift"), (GitLab(jobs), None)):
        assert set(job.env["FIFOQ_FAIL_ON"].split(",")) == expected
        script = job.step(command)["run"] if command else job.script
        assert '--fail-on "$FIFOQ_FAIL_ON"' in script


def test_forks_are_left_out(jobs):
    """In a fork's pipeline source project and own project are the same: only the target differs."""
    rules = GitLab(jobs).job["rules"]
    asked = next(rule["if"] for rule in rules if "merge_request_event" in rule["if"])
    assert "$CI_MERGE_REQUEST_SOURCE_PROJECT_ID == $CI_MERGE_REQUEST_PROJECT_ID" in asked

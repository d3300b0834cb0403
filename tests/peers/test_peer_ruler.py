"""What `fifoq check` accepts and what its filter matches, compared with AWS's own event-ruler.

fifoq is called through build/check/tests/filter_probe: `fifoq check` reads one configuration for
each process and matches nothing. A sample of the patterns is also checked by the real program.
"""

import json
import os
import pathlib
import subprocess

import pytest
import ruler_patterns
from programs import peer
from ruler_differences import ACCEPTED_HERE, REFUSED_HERE
from targets import FIFOQ

ROOT = pathlib.Path(__file__).parent.parent.parent
PROBE = pathlib.Path(os.environ.get("FIFOQ_FILTER_PROBE") or ROOT / "build" / "check" / "tests" / "filter_probe")
JAVA = ("java", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx512m")
LEAST_PATTERNS = 2000
TIMEOUT_S = 280


def lines(command, questions):
    text = "".join(json.dumps(q) + "\n" for q in questions)
    run = subprocess.run(command, input=text, capture_output=True, text=True, timeout=TIMEOUT_S)
    assert run.returncode == 0, run.stderr
    return [json.loads(line) for line in run.stdout.splitlines()]


def judge(questions):
    folder = peer("ruler")
    return lines([*JAVA, "-cp", f"{folder}:{folder}/*", "Judge"], questions)


class Case:
    def __init__(self, pattern, events):
        self.pattern, self.events = pattern, events
        self.ours = self.theirs = None

    def readable(self):
        """Whether a configuration can hold its numbers."""
        return not any("cannot be represented exactly" in text for text in self.ours["problems"])

    def differing_events(self):
        pairs = zip(self.events, self.ours["matches"], self.theirs["matches"], strict=True)
        return [f"event-ruler says {theirs}: {event}" for event, ours, theirs in pairs if ours != theirs]


@pytest.fixture(scope="module")
def cases():
    questions, made = [], []
    for some, events in ruler_patterns.groups():
        events = list(events)
        group = [Case(pattern, events) for pattern in dict.fromkeys(some)]
        questions += [events, *(case.pattern for case in group)]
        made += group
    for case, ours, theirs in zip(made, lines([PROBE], questions), judge(questions), strict=True):
        case.ours, case.theirs = ours, theirs
    return made


def none_of(found):
    assert not found, f"{len(found)} patterns, such as:\n" + "\n".join(map(str, found[:20]))


def is_json(text):
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def test_enough_patterns(cases):
    accepted = [case for case in cases if not case.theirs["error"]]
    assert len(cases) >= LEAST_PATTERNS
    assert len(accepted) >= LEAST_PATTERNS // 2
    assert any(any(case.theirs["matches"]) for case in accepted)


def test_what_aws_refuses_is_refused(cases):
    """What is not JSON may be YAML for fifoq: it sends JSON, and the next test checks that."""
    wrong = [case for case in cases if case.theirs["error"] and not case.ours["problems"] and is_json(case.pattern)]
    excused = {part for part in ACCEPTED_HERE for case in wrong if part in case.pattern}
    none_of([case.pattern for case in wrong if not any(part in case.pattern for part in ACCEPTED_HERE)])
    assert excused == set(ACCEPTED_HERE)


def test_what_is_sent_is_accepted(cases):
    sent = [case for case in cases if case.ours["sent"] and not any(part in case.pattern for part in ACCEPTED_HERE)]
    answers = judge([case.ours["sent"] for case in sent])
    none_of([f"{c.ours['sent']}: {a['error']}" for c, a in zip(sent, answers, strict=True) if a["error"]])
    assert len(sent) > LEAST_PATTERNS // 4


def test_what_aws_accepts_is_accepted(cases):
    refused = [case for case in cases if not case.theirs["error"] and case.ours["grammar"]]
    reasons = {case: " ".join(case.ours["grammar"]) for case in refused}
    excused = {part for part in REFUSED_HERE for text in reasons.values() if part in text}
    none_of([
        f"{case.pattern}: {text}" for case, text in reasons.items() if not any(part in text for part in REFUSED_HERE)
    ])  # fmt: skip
    assert excused == set(REFUSED_HERE)


def test_the_same_events_match(cases):
    both = [case for case in cases if not case.theirs["error"] and not case.ours["grammar"] and case.readable()]
    none_of([f"{case.pattern}: {found[0]}" for case in both if (found := case.differing_events())])


def test_the_program_says_what_the_probe_says(cases, tmp_path):
    sample = [case for case in cases if is_json(case.pattern)][::100]
    for case in sample:
        form = '{"name": "t", "region": "eu-west-1", "table": {"name": "orders"}, "ingest": {"events": %s, "filter": [%s]}}'
        text = form % (json.dumps(["INSERT", "MODIFY", "REMOVE"]), case.pattern)
        (tmp_path / "fifoq.yaml").write_text(text)
        run = subprocess.run([FIFOQ, "check", "--offline"], cwd=tmp_path, capture_output=True, text=True, timeout=60)
        assert (run.returncode == 0) == (case.ours["sent"] is not None), f"{case.pattern}\n{run.stderr}"
    assert len(sample) > 20

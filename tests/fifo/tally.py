"""The test results for each target program."""

from collections import Counter

RESULTS = {}  # {program: {test: word}}
WORDS = {
    "passed": "passed",
    "differs": "differ as explained",
    "skipped": "skipped",
    "failed": "failed",
}


def take(report, program, test):
    """Called with each report of pytest's; the call counts, or what prevented it."""
    if report.when != "call" and report.passed:
        return
    expected = hasattr(report, "wasxfail") and report.skipped
    RESULTS.setdefault(program, {})[test] = "differs" if expected else report.outcome


def said(program):
    """For example: 152 passed, 81 differ as explained."""
    count = Counter(RESULTS[program].values())
    return ", ".join(f"{count[word]} {text}" for word, text in WORDS.items() if count[word])


def table(programs):
    """Lines: a test and its result for each of the programs."""
    tests = dict.fromkeys(test for program in programs for test in RESULTS[program])
    for test in tests:
        words = "  ".join(f"{RESULTS[program].get(test, '-'):8}" for program in programs)
        yield f"{words}  {test}"

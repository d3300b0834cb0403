"""Medians of interleaved runs as tables of ratios, and what the machine was."""

import os
import platform
import statistics
import subprocess
from collections import defaultdict
from dataclasses import asdict, dataclass, field
from datetime import datetime, timezone
from pathlib import Path

OURS = "fifoq"


@dataclass
class Row:
    """One figure of each contender; less is better. values: by contender, None: not measured."""

    name: str
    unit: str
    values: dict


@dataclass
class Table:
    title: str
    columns: list
    rows: list = field(default_factory=list)
    text: str = ""

    def markdown(self):
        lines = [f"### {self.title}", ""] + ([self.text, ""] if self.text else [])
        lines += ["| | " + " | ".join(self.columns) + " |", "|---" * (len(self.columns) + 1) + "|"]
        for row in self.rows:
            cells = [self._cell(row, column) for column in self.columns]
            unit = f", {row.unit}" if row.unit else ""
            lines.append(f"| {row.name}{unit} | {' | '.join(cells)} |")
        return "\n".join(lines) + "\n"

    def _cell(self, row, column):
        value, ours = row.values.get(column), row.values.get(OURS)
        if value is None:
            return ""
        if column == OURS or not ours or not value:
            return f"**{figure(value)}**" if column == OURS else figure(value)
        return f"{figure(value)} ({ours / value:.2f})" if ours / value >= 0.005 else f"{figure(value)} (<0.01)"


def figure(value):
    """Three digits are all that a benchmark can mean."""
    if isinstance(value, str):
        return value
    if value >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}"


class Samples:
    """Values by (row, contender), in any order; their medians."""

    def __init__(self):
        self.values = defaultdict(list)

    def add(self, contender, **figures):
        for name, value in figures.items():
            self.values[name, contender].append(value)

    def row(self, name, key, unit, scale=1.0):
        found = {c: statistics.median(v) * scale for (k, c), v in self.values.items() if k == key}
        return Row(name, unit, found)


@dataclass
class Part:
    """A part of the report. missing: what was skipped, and why."""

    name: str
    tables: list
    commands: list
    missing: list
    machine: str = ""
    versions: str = ""
    date: str = ""

    def described(self, versions):
        self.machine, self.date = machine(), datetime.now(timezone.utc).strftime("%Y-%m-%d %H:%M UTC")
        self.versions = ", ".join(versions)
        return self

    def data(self):
        return asdict(self)

    @classmethod
    def of(cls, data):
        tables = [Table(t["title"], t["columns"], [Row(**r) for r in t["rows"]], t["text"]) for t in data["tables"]]
        return cls(**{**data, "tables": tables})


def machine():
    cpu = next(
        (line.partition(":")[2].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")),
        platform.machine(),
    )
    memory = int(Path("/proc/meminfo").read_text().split()[1]) >> 20
    count = len(os.sched_getaffinity(0))
    system = platform.freedesktop_os_release()["PRETTY_NAME"]
    return f"{cpu}, {count} processors, {memory} GiB, {system}, Linux {platform.release()}"


def load():
    return f"load {Path('/proc/loadavg').read_text().split()[0]}"


def said(*command):
    """The first line that a command prints; "" if it cannot run."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    except OSError:
        return ""
    return (done.stdout + done.stderr).strip().partition("\n")[0]

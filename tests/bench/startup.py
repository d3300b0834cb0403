"""The start of the command beside that of other tools: what a script pays for each call."""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import yaml

import contenders
from figures import OURS, Part, Row, Samples, Table, said

ROUNDS = 15
CONFIG = {
    "name": "orders", "region": "eu-west-1", "table": {"name": "orders"},
    "ingest": {}, "drain": {
        "schedules": ["rate(1 minute)"], "destinations": [{"name": "crm", "url": "https://api.example.com/v1"}],
    },
}  # fmt: skip
PEERS = {
    "Terraform": ("terraform", "version"),
    "aws": ("aws", "--version"),
    "import boto3": (sys.executable, "-c", "import boto3"),
    "node": ("node", "--version"),
    "curl": ("curl", "--version"),
}


def measure(command, folder):
    """Times in ms, and page faults, of one process."""
    began = time.monotonic_ns()
    pid = os.fork()
    if pid == 0:
        os.chdir(folder)
        null = os.open(os.devnull, os.O_RDWR)
        for fd in (0, 1, 2):
            os.dup2(null, fd)
        os.execvp(command[0], command)
    _, status, usage = os.wait4(pid, 0)
    if status:
        raise RuntimeError(f"`{' '.join(command)}` failed")
    return {
        "wall": (time.monotonic_ns() - began) / 1e6, "cpu": 1000 * (usage.ru_utime + usage.ru_stime),
        "faults": usage.ru_minflt,
    }  # fmt: skip


def instructions(command, folder):
    """By callgrind; None without valgrind."""
    if not shutil.which("valgrind"):
        return None
    out = Path(folder, "callgrind")
    subprocess.run(
        ["valgrind", "--quiet", "--tool=callgrind", f"--callgrind-out-file={out}", *command], cwd=folder, check=True,
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    return int(out.read_text().rpartition("totals: ")[2]) / 1e6


def run():
    fifoq = str(contenders.ROOT / "build/fifoq")
    ours = {"version": ("version",), "help": ("help",), "check --offline": ("check", "--offline")}
    commands = {OURS: (fifoq, "version")} | {name: c for name, c in PEERS.items() if shutil.which(c[0])}
    missing = [f"{name}: {command[0]} not found" for name, command in PEERS.items() if not shutil.which(command[0])]
    samples, each = Samples(), Samples()
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "fifoq.yaml").write_text(yaml.safe_dump(CONFIG))
        for _ in range(ROUNDS):
            for name, command in commands.items():
                samples.add(name, **measure(command, folder))
            for name, words in ours.items():
                each.add(name, **measure((fifoq, *words), folder))
        counts = Row("instructions", "million", {n: instructions((fifoq, *w), folder) for n, w in ours.items()})
    rows = [("wall time", "wall", "ms"), ("CPU time", "cpu", "ms"), ("page faults", "faults", "")]
    peers = Table("`fifoq version` and others", list(commands), [samples.row(*row) for row in rows])
    own = Table("Commands of fifoq without a network", list(ours), [each.row(*row) for row in rows])
    own.rows += [counts] if any(counts.values.values()) else []
    versions = [" ".join(said(*PEERS[name]).split()[:2]) for name in ("Terraform", "aws", "node", "curl") if name in commands]
    return Part("startup", [peers, own], ["make bench BENCH=startup"], missing).described(versions)

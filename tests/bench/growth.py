"""What grows with records, with their size, and with schedules and parameters."""

import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import boto3
import yaml

import contenders
import provisioning
from figures import OURS, Part, Row, Samples, Table
from provisioning import Place, Tool, Wire, execute
from runtime import Host

sys.path.insert(0, str(contenders.ROOT / "tests/e2e"))

from support import CONFIG, make_table  # noqa: E402

from fakes import KEY_ID, SECRET  # noqa: E402
from fakes.moto_server import MotoServer  # noqa: E402
from fakes.proxy import longest_chain  # noqa: E402

ROUNDS = 3
RECORDS = (100, 1000, 3000)
SIZES_KB = (1, 10, 100, 390)
ROWS = (1, 10, 50)
PIPELINES = (1, 30, 300)
MANY = re.compile(r"^exit (\d+), ([\d.]+) s, ([\d.]+) MiB, \d+ requests \(([\d.]+) a", re.M)


def fresh(host, contender, handler, **event):
    """A process that has handled two records, and its measured event."""
    host.start(contender, handler)
    host.invoke(handler, count=2)
    got = host.invoke(handler, **event)
    host.stop()
    return got


def of_records(host, them):
    samples = Samples()
    for n in range(ROUNDS):
        print(f"    records: round {n + 1} of {ROUNDS}", file=sys.stderr)
        for contender in them:
            for count in RECORDS:
                got = fresh(host, contender, "ingest", count=count, groups=100)
                samples.add(contender.name, **{f"cpu {count}": 1000 * got["cpu_ms"] / count, f"rss {count}": got["rss_kib"] / 1024})
    rows = [samples.row(f"CPU time per record, {count:,} records", f"cpu {count}", "µs") for count in RECORDS]
    rows += [samples.row(f"peak memory, {count:,} records", f"rss {count}", "MiB") for count in RECORDS]
    return Table("Records of an event", [c.name for c in them], rows, "Records of 1 KB in 100 groups. Lambda's limit for an event is 6 MB.")


def of_sizes(host, them):
    samples = Samples()
    for n in range(ROUNDS):
        print(f"    sizes: round {n + 1} of {ROUNDS}", file=sys.stderr)
        for contender in them:
            for size in SIZES_KB:
                got = fresh(host, contender, "ingest", count=10, groups=10, size=1000 * size)
                samples.add(contender.name, **{f"cpu {size}": 100 * got["cpu_ms"] / size, f"rss {size}": got["rss_kib"] / 1024})
    rows = [samples.row(f"CPU time per KB, items of {size} KB", f"cpu {size}", "µs") for size in SIZES_KB]
    rows += [samples.row(f"peak memory, items of {size} KB", f"rss {size}", "MiB") for size in SIZES_KB]
    return Table("Size of an item", [c.name for c in them], rows, "An event of ten records, each in its own group. DynamoDB's limit is 400 KB.")


def schedules(count):
    each = [{"name": f"s-{n:02}", "at": f"cron({n} * * * ? *)"} for n in range(count)]
    return {**CONFIG, "drain": {**CONFIG["drain"], "schedules": each}}


def parameters(count):
    names = {f"key-{n:03}": {"from": "env:CRM_TOKEN"} for n in range(count)}
    destination = {**CONFIG["drain"]["destinations"][0], "auth": {"bearer": "${param.key-000}"}}
    return {**CONFIG, "parameters": names, "drain": {**CONFIG["drain"], "destinations": [destination]}}


def of_rows(moto, what, configure):
    """fifoq alone: requests and CPU time of `up` and `drift`."""
    values = {}
    with tempfile.TemporaryDirectory() as folder:
        place = Place(Path(folder))
        wire_ = Wire(moto, Path(folder), secure=False)
        with wire_.proxy as proxy:
            for count in ROWS:
                print(f"    {what}: {count}", file=sys.stderr)
                (place.folder / "fifoq.yaml").write_text(yaml.safe_dump(configure(count)))
                moto.reset()
                keys = {"aws_access_key_id": KEY_ID, "aws_secret_access_key": SECRET}
                make_table(type("Aws", (), {"dynamodb": boto3.client("dynamodb", "eu-west-1", endpoint_url=moto.url, **keys)}))
                proxy.forget()
                proxy.delay_s = 0.040
                for verb in ("up", "drift"):
                    proxy.clear()
                    command = [place.fifoq, verb, *(["--yes"] if verb == "up" else [])]
                    execute(Tool(OURS, [], {}, [], {}), command, place, wire_, figure := place.folder / "figure")
                    got, calls = json.loads(figure.read_text()), proxy.calls()
                    values.setdefault(f"{verb}: requests", {})[str(count)] = len(calls)
                    values.setdefault(f"{verb}: requests that follow one another", {})[str(count)] = len(longest_chain(calls))
                    values.setdefault(f"{verb}: CPU time, s", {})[str(count)] = got["cpu"]
                    values.setdefault(f"{verb}: peak memory, MiB", {})[str(count)] = got["rss"] / 1024
    rows = [Row(name, "", found) for name, found in values.items()]
    return Table(what, [str(count) for count in ROWS], rows, "One run each, 40 ms a request.")


def of_pipelines():
    """fifoq alone: `drift` of more and more pipelines in one run, by many.py."""
    values = {}
    tests = contenders.ROOT / "tests"
    env = {**os.environ, "PYTHONPATH": f"{tests}:{tests / 'e2e'}"}
    for count in PIPELINES:
        print(f"    pipelines: {count}", file=sys.stderr)
        command = [sys.executable, contenders.HERE / "many.py", str(count)]
        said = subprocess.run(command, env=env, capture_output=True, text=True, check=True).stdout
        code, wall, rss, requests = MANY.search(said).groups()
        if code != "0":
            raise RuntimeError(f"drift of {count} pipelines: exit {code}\n{said[-2000:]}")
        bound = re.search(r"at least +([\d.]+) s", said)
        for name, value in (
            ("time, s", wall), ("time that the rates allow, s", bound.group(1) if bound else 0), ("requests per pipeline", requests),
            ("peak memory, MiB", rss),
        ):  # fmt: skip
            values.setdefault(f"drift: {name}", {})[str(count)] = float(value)
    rows = [Row(name, "", found) for name, found in values.items()]
    text = "One run each, 40 ms a request, in one account and region, at the rates that AWS documents."
    return Table("Pipelines", [str(count) for count in PIPELINES], rows, text)


def run():
    tables, missing = [], []
    try:
        program, tls = contenders.host()
        them, missed = contenders.all_of(tls)
        missing += missed
        with Host(program, tls) as host:
            tables += [of_records(host, them), of_sizes(host, them)]
    except contenders.Missing as error:
        missing.append(f"records and sizes: the host cannot be built: {error}")
    with MotoServer() as moto:
        tables.append(of_rows(moto, "Schedules", schedules))
        tables.append(of_rows(moto, "Parameters", parameters))
        tables.append(of_pipelines())
    return Part("growth", tables, ["make bench BENCH=growth"], missing).described(provisioning.versions())

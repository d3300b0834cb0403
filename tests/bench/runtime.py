"""The two Lambda functions beside the same with an AWS SDK: start, first message, CPU, memory, size."""

import io
import json
import os
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

import contenders
from figures import OURS, Part, Row, Samples, Table, said

ACCOUNT = "123456789012"
SHARE = 128 / 1769  # of a processor: https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html
PERIOD_US = 20_000
PARALLEL = 10
COLD_ROUNDS, WARM_ROUNDS, SHARE_ROUNDS = 15, 3, 7
ATTEMPTS = 5


def settings(api, parallel):
    destination = {
        "name": "api", "url": f"{api}/v1/orders", "method": "POST", "headers": {}, "body": None,
        "auth": {"bearer": "${param.key}"}, "timeout_ms": 10_000, "success": [[200, 299]],
        "idempotency_header": "Idempotency-Key",
    }  # fmt: skip
    return {
        "version": 1, "pipeline": "bench", "log_level": "info", "table": "orders", "queue": "orders.fifo",
        "dead_letters": "orders-dead.fifo", "parameters": {"key": "/bench/key"},
        "ingest": {"events": ["INSERT"], "group": "${item.group}", "message": None, "on_reject": "block"},
        "drain": {
            "max_messages": 1000, "rate_per_s": 0, "parallel_groups": parallel, "timeout_ms": 900_000,
            "visibility_ms": 960_000, "on_reject": "block", "destinations": [destination],
        },
    }  # fmt: skip


class Host:
    """The host's process, and one function in it at a time; use as a context manager."""

    def __init__(self, program, tls):
        self.folder, self.failed = tempfile.TemporaryDirectory(), {}
        self.process = subprocess.Popen([program, tls], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.places = json.loads(self.process.stdout.readline())
        for parallel in (1, PARALLEL):
            task = Path(self.folder.name, str(parallel))
            task.mkdir()
            (task / "settings.json").write_text(json.dumps(settings(self.places["api"], parallel)))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait()
        self.folder.cleanup()

    def do(self, op, **how):
        self.process.stdin.write(json.dumps({"op": op, **how}) + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        if answer.get("error"):
            raise RuntimeError(f"{self.who}, {op}: {answer['error']}\n{self.output.read_text()[-2000:]}")
        return answer

    def start(self, contender, handler, parallel=1, cgroup=""):
        task = str(Path(self.folder.name, str(parallel)))
        self.who, self.output = contender.name, Path(task, "output")
        env = {
            "PATH": "/usr/local/bin:/usr/bin:/bin", "LANG": "en_US.UTF-8", "TZ": ":UTC", "HOME": "/nonexistent",
            "_HANDLER": contender.prefix + handler, "LAMBDA_TASK_ROOT": task, "LAMBDA_RUNTIME_DIR": "/var/runtime",
            "AWS_LAMBDA_RUNTIME_API": self.places["runtime"], "AWS_LAMBDA_FUNCTION_NAME": "bench",
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "128",
            "AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/bench", "AWS_LAMBDA_LOG_STREAM_NAME": "2026/01/01/[$LATEST]0123",
            "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand", "AWS_REGION": "eu-west-1", "AWS_DEFAULT_REGION": "eu-west-1",
            "AWS_ACCESS_KEY_ID": "ASIAEXAMPLEEXAMPLE00", "AWS_SECRET_ACCESS_KEY": "bench/" * 6 + "0000",
            "AWS_SESSION_TOKEN": "IQoJb3JpZ2luX2Vj" * 56, "AWS_ENDPOINT_URL": self.places["sqs"],
            "AWS_ENDPOINT_URL_SSM": self.places["ssm"], "QUEUE_URL": f"{self.places['sqs']}/{ACCOUNT}/orders.fifo",
            "PARAMETER": "/bench/key", "API_URL": f"{self.places['api']}/v1/orders", "PARALLEL": parallel,
            **contender.env,
        }  # fmt: skip
        argv = [str(word) for word in contender.argv]
        argv += [contender.prefix + handler] if contender.prefix else []
        return self.do("start", argv=argv, env=[f"{k}={v}" for k, v in env.items()], dir=task, cgroup=cgroup)

    def invoke(self, handler, count=1, groups=1, size=1000, api_ms=0):
        return self.do(handler, count=count, groups=groups, size=size, api_ms=api_ms)

    def stop(self):
        self.do("stop")


class Share:
    """A cgroup with the processor share of 128 MB; path is "" if none can be made."""

    def __enter__(self):
        self.path, quota = "", int(PERIOD_US * SHARE)
        name = f"fifoq-bench-{os.getpid()}"
        try:
            if Path("/sys/fs/cgroup/cgroup.controllers").exists():
                folder = Path("/sys/fs/cgroup", name)
                folder.mkdir()
                (folder / "cpu.max").write_text(f"{quota} {PERIOD_US}")
            else:
                folder = Path("/sys/fs/cgroup/cpu", name)
                folder.mkdir()
                (folder / "cpu.cfs_period_us").write_text(str(PERIOD_US))
                (folder / "cpu.cfs_quota_us").write_text(str(quota))
            self.path = str(folder)
        except OSError as error:
            self.why = error
        return self

    def __exit__(self, *_):
        if self.path:
            os.rmdir(self.path)


def zip_size(contender):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for top in contender.zipped:
            for path in top.rglob("*") if top.is_dir() else [top]:
                if path.is_file() and "__pycache__" not in path.parts:
                    archive.write(path)
    return len(out.getvalue()) / 1e6


def rounds(host, count, them, measure):
    """Everything once for each, then again: what disturbs the machine disturbs all. A peer's failed run is repeated."""
    for n in range(count):
        print(f"    round {n + 1} of {count}", file=sys.stderr)
        for contender in them:
            for attempt in range(ATTEMPTS):
                try:
                    measure(contender)
                    break
                except RuntimeError as error:
                    if contender.name == OURS or attempt == ATTEMPTS - 1:
                        raise
                    print(f"    repeated: {error}", file=sys.stderr)
                    host.failed[contender.name] = host.failed.get(contender.name, 0) + 1
                    host.stop()


def cold(host, them):
    samples = Samples()

    def measure(contender):
        for handler in ("ingest", "drain"):
            started = host.start(contender, handler)
            first = host.invoke(handler)
            host.stop()
            samples.add(contender.name, **{
                f"{handler} next": started["ms"], f"{handler} next cpu": started["cpu_ms"],
                f"{handler} rss": started["rss_kib"], f"{handler} faults": started["faults"],
                f"{handler} first": started["ms"] + first["first_ms"], f"{handler} answer": first["ms"],
                f"{handler} cpu": started["cpu_ms"] + first["cpu_ms"],
            })  # fmt: skip

    rounds(host, COLD_ROUNDS, them, measure)
    rows = []
    for handler, where in (("ingest", "at SQS"), ("drain", "at the API")):
        rows += [
            samples.row(f"{handler}: start to the request for an event", f"{handler} next", "ms"),
            samples.row(f"{handler}: its CPU time", f"{handler} next cpu", "ms"),
            samples.row(f"{handler}: memory then", f"{handler} rss", "MiB", 1 / 1024),
            samples.row(f"{handler}: start to the first message {where}, without the wait between", f"{handler} first", "ms"),
            samples.row(f"{handler}: first event to its answer", f"{handler} answer", "ms"),
            samples.row(f"{handler}: CPU time of start and first event", f"{handler} cpu", "ms"),
        ]
    rows.append(Row("package", "MB", {c.name: zip_size(c) for c in them}))
    text = "Node and Python need Lambda's managed runtime besides their package; Python's uses the boto3 that is there."
    return Table("Start and first message", [c.name for c in them], rows, text)


def warm(host, them):
    samples = Samples()

    def ingest(contender):
        host.start(contender, "ingest")
        host.invoke("ingest", count=2)
        for count, groups, times in ((1, 1, 5), (1000, 1, 1), (1000, 100, 2)):
            for _ in range(times):
                got = host.invoke("ingest", count, groups)
                samples.add(contender.name, **{f"ingest {count} {groups}": got["cpu_ms"] * 1000 / count})
        samples.add(contender.name, **{"ingest rss": got["rss_kib"], "calls": got["calls"]})
        host.stop()

    def drain(contender):
        for groups, parallel in ((1, 1), (100, PARALLEL)):
            host.start(contender, "drain", parallel)
            host.invoke("drain", count=2)
            got = host.invoke("drain", 1000, groups)
            samples.add(contender.name, **{f"drain {groups}": got["cpu_ms"]})
            if groups > 1:
                wall = host.invoke("drain", 1000, groups, api_ms=20)
                samples.add(contender.name, wall=wall["ms"] / 1000, drain_rss=wall["rss_kib"])
            host.stop()

    rounds(host, WARM_ROUNDS, them, lambda contender: (ingest(contender), drain(contender)))
    rows = [
        samples.row("ingest: CPU time of an event of one record", "ingest 1 1", "µs"),
        samples.row("ingest: CPU time per record, 1,000 in one group", "ingest 1000 1", "µs"),
        samples.row("ingest: CPU time per record, 1,000 in 100 groups", "ingest 1000 100", "µs"),
        samples.row("ingest: peak memory", "ingest rss", "MiB", 1 / 1024),
        samples.row("drain: CPU time per message, 1,000 in one group", "drain 1", "µs"),
        samples.row("drain: CPU time per message, 1,000 in 100 groups, ten in parallel", "drain 100", "µs"),
        samples.row("drain: those, when the API takes 20 ms", "wall", "s"),
        samples.row("drain: peak memory", "drain_rss", "MiB", 1 / 1024),
    ]
    text = "Messages of 1 KB, in a process that has handled two before. Ten in parallel at 20 ms take 2 s at least."
    return Table("Warm", [c.name for c in them], rows, text)


def share(host, them, cgroup):
    samples = Samples()

    def measure(contender):
        for handler in ("ingest", "drain"):
            host.start(contender, handler, cgroup=cgroup)
            time.sleep(5 * PERIOD_US / 1e6)  # the event finds a whole period's share
            samples.add(contender.name, **{handler: host.invoke(handler)["ms"]})
            host.stop()

    rounds(host, SHARE_ROUNDS, them, measure)
    rows = [samples.row(f"{h}: first event to its answer", h, "ms") for h in ("ingest", "drain")]
    text = f"A cgroup gives the process {100 * SHARE:.1f} % of a processor, as Lambda does with 128 MB, in periods of 20 ms, from its start. The event comes 100 ms after the request for it."
    return Table("At the processor share of 128 MB", [c.name for c in them], rows, text)


def versions(them):
    names = {"Rust": ("rustc", "--version"), "Go": ("go", "version"), "Node": ("node", "--version"), "Python": (sys.executable, "--version")}
    return [said(*names[c.name]).removeprefix("go version ") for c in them if c.name in names]


def run():
    missing = []
    try:
        program, tls = contenders.host()
    except contenders.Missing as error:
        return Part("runtime", [], [], [f"everything: the host cannot be built: {error}"])
    them, missing = contenders.all_of(tls)
    assert them[0].name == OURS
    with Host(program, tls) as host, Share() as cgroup:
        tables = [cold(host, them), warm(host, them)]
        if cgroup.path:
            tables.append(share(host, them, cgroup.path))
        else:
            missing.append(f"the processor share of 128 MB: {cgroup.why}")
        missing += [f"{count} runs of {who}, which failed and were repeated" for who, count in host.failed.items()]
    return Part("runtime", tables, ["make bench BENCH=runtime"], missing).described(versions(them))

"""`up`, `drift` and `down` beside scripts with boto3 and Terraform: time, CPU, requests, and how many of them follow one
another."""

import os
import shutil
import subprocess
import sys
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path

import boto3
import yaml

import contenders
from contenders import Missing, step
from figures import OURS, Part, Samples, Table, said

sys.path.insert(0, str(contenders.ROOT / "tests/e2e"))

from support import CONFIG, SERVICES, make_table  # noqa: E402

from fakes import KEY_ID, SECRET, actions, tls, wire  # noqa: E402
from fakes.moto_server import MotoServer  # noqa: E402
from fakes.netns import ways  # noqa: E402
from fakes.proxy import Proxy, longest_chain  # noqa: E402
from fakes.signature import Key  # noqa: E402

ROUNDS, THREADS = 3, 24
BUNDLE = Path("/etc/ssl/certs/ca-certificates.crt")
NAMED = {key: None for key in os.environ if key.startswith("AWS_") or "CA_BUNDLE" in key or key.startswith("SSL_CERT")}
STEPS = ("up", "up again", "drift", "change", "down")

# Measures a command as its own child: {wall, cpu} in seconds, and in KiB the largest process of it.
MEASURE = """
import json, os, sys, time
began = time.monotonic()
pid = os.fork()
if pid == 0:
    os.execvp(sys.argv[2], sys.argv[2:])
_, status, usage = os.wait4(pid, 0)
with open(sys.argv[1], "w") as out:
    json.dump({"wall": time.monotonic() - began, "cpu": usage.ru_utime + usage.ru_stime, "rss": usage.ru_maxrss}, out)
raise SystemExit(os.waitstatus_to_exitcode(status) & 0xFF)
"""


class QuickProxy(Proxy):
    """Keeps the answers of reads until the next write, so that moto does not decide about the time. With a context: TLS."""

    def __init__(self, upstream, context=None):
        self.context, self.kept, self.writes, self.guard = context, {}, 0, threading.Lock()
        super().__init__(upstream, {KEY_ID: Key(SECRET)})
        self.layers.append(self._keep)
        if context:
            self.url = f"https://localhost:{self.port}"

    def _serve(self, sock, connection):
        if self.context:
            try:
                sock = self.context.wrap_socket(sock, server_side=True)
            except OSError:
                return
        super()._serve(sock, connection)

    def _keep(self, exchange, ask):
        request = exchange.request
        if exchange.effect != actions.READ:
            answer = ask()
            self.forget()
            return answer
        key = (request.method, request.target, request.headers.get("X-Amz-Target"), request.body)
        with self.guard:
            kept, writes = self.kept.get(key), self.writes
        if kept is None:
            kept = ask()
            with self.guard:
                if writes == self.writes:
                    self.kept[key] = kept
        return kept

    def forget(self):
        with self.guard:
            self.kept, self.writes = {}, self.writes + 1


@dataclass
class Tool:
    """commands: by step, the arguments; look: a step that only reads."""

    name: str
    program: list
    commands: dict
    look: list
    env: dict
    codes: tuple = (0,)

    def command(self, step):
        return [*self.program, *self.commands[step]]


class Place:
    """A folder with everything that the tools need: configuration, package, Terraform's state."""

    def __init__(self, folder):
        self.folder = folder
        for name, memory in (("fifoq.yaml", 256), ("changed.yaml", 512)):
            config = {**CONFIG, "functions": {**CONFIG["functions"], "memory": memory}}
            (folder / name).write_text(yaml.safe_dump(config))
        self.env = {
            "PATH": os.environ["PATH"], "HOME": str(folder), "LANG": "C.UTF-8", "NO_COLOR": "1", "AWS_ACCESS_KEY_ID": KEY_ID,
            "AWS_SECRET_ACCESS_KEY": SECRET, "AWS_EC2_METADATA_DISABLED": "true", "AWS_REGION": "eu-west-1",
            "CRM_TOKEN": "a-token", "CODE": str(folder / "code.zip"),
        }  # fmt: skip
        self.fifoq = str(contenders.ROOT / "build/fifoq")
        subprocess.run([self.fifoq, "package", "-o", "code.zip"], cwd=folder, env=self.env, check=True, capture_output=True)

    def fifoq_tool(self):
        commands = {
            "up": ["up", "--yes"], "up again": ["up", "--yes"], "drift": ["drift"],
            "change": ["up", "--yes", "-f", "changed.yaml"], "down": ["down", "--yes", "-f", "changed.yaml"],
        }  # fmt: skip
        return Tool(OURS, [self.fifoq], commands, ["drift"], {})

    def script(self, name, threads):
        program = [sys.executable, str(contenders.HERE / "peers/boto3/provision.py")]
        words = {"up": "up", "up again": "up", "drift": "drift", "change": "up", "down": "down"}
        memory = {"change": "512", "down": "512"}
        commands = {s: [verb, str(threads), memory.get(s, "256")] for s, verb in words.items()}
        return Tool(name, program, commands, ["drift", str(threads), "256"], {"AWS_CA_BUNDLE": str(BUNDLE)}, (0, 2))

    def terraform(self):
        """FIFOQ_TF_PLUGINS: a folder with the provider, as in `terraform init -plugin-dir`."""
        contenders.need("terraform")
        state = self.folder / "terraform"
        shutil.copytree(contenders.HERE / "peers/terraform", state)
        plugins = os.environ.get("FIFOQ_TF_PLUGINS")
        step("terraform", "terraform", f"-chdir={state}", "init", "-input=false", "-no-color",
             *([f"-plugin-dir={plugins}"] if plugins else []))  # fmt: skip
        common = ["-input=false", "-no-color", f"-var=code={self.folder / 'code.zip'}", "-var=token=a-token"]
        apply = ["apply", "-auto-approve", *common]
        commands = {
            "up": apply, "up again": apply, "drift": ["plan", "-detailed-exitcode", *common],
            "change": [*apply, "-var=memory=512"], "down": ["destroy", "-auto-approve", *common],
        }  # fmt: skip
        program = [shutil.which("terraform"), f"-chdir={state}"]
        return Tool("Terraform", program, commands, ["plan", *common], {}, (0, 2))


class Wire:
    """The proxy, and how commands reach it: in a mount namespace, for TLS, whose system's authorities include the test's."""

    def __init__(self, moto, folder, secure):
        self.prefix, context = [], None
        if secure:
            authority = tls.Authority("bench")
            context = authority.server_context(folder, hosts=["localhost"])
            (folder / "certs").mkdir()
            (folder / "certs" / BUNDLE.name).write_text(BUNDLE.read_text() + authority.pem(authority.root))
            self.prefix = self._namespace(folder / "certs")
        self.proxy = QuickProxy(moto.url, context)

    @staticmethod
    def _namespace(folder):
        script = f'mount --bind "{folder}" "{BUNDLE.parent}" && exec "$@"'
        for make, _ in ways():
            prefix = [*[part.replace("--net", "--mount") for part in make], "sh", "-c", script, "sh"]
            if subprocess.run([*prefix, "true"], capture_output=True).returncode == 0:
                return prefix
        raise Missing("TLS with the system's authorities: no mount namespace can be made here")


def execute(tool, command, place, wire_, figure=None):
    """Runs it to its end; with figure: measured, into that file."""
    prefix = list(wire_.prefix)
    if figure:
        prefix += [sys.executable, "-I", "-S", "-c", MEASURE, str(figure)]
    env = {**place.env, "AWS_ENDPOINT_URL": wire_.proxy.url, **tool.env}
    done = subprocess.run([*prefix, *command], cwd=place.folder, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if done.returncode not in tool.codes:
        raise RuntimeError(f"{tool.name}: {command}: exit {done.returncode}\n{(done.stdout + done.stderr)[-2000:]}")


def life(tool, place, wire_, moto, delay_s, samples):
    """All steps once, from an empty account with a table to an empty one."""
    moto.reset()
    made = {s: boto3.client(s, endpoint_url=moto.url, region_name="eu-west-1", aws_access_key_id=KEY_ID, aws_secret_access_key=SECRET)
            for s in SERVICES if s == "dynamodb"}  # fmt: skip
    make_table(type("Aws", (), made), stream=tool.name == "Terraform")  # which must find it enabled
    proxy, figure = wire_.proxy, place.folder / "figure"
    proxy.forget()
    for name in STEPS:
        proxy.delay_s = 0.0
        if not (tool.name == "Terraform" and name == "up"):
            look = tool.look if name != "up" or tool.name != OURS else ["plan"]
            try_reading(tool, [*tool.program, *look], place, wire_)
        proxy.delay_s = delay_s
        proxy.clear()
        execute(tool, tool.command(name), place, wire_, figure)
        calls = proxy.calls()
        got = yaml.safe_load(figure.read_text())
        samples.add(tool.name, **{
            f"{name} wall": got["wall"], f"{name} cpu": got["cpu"], f"{name} rss": got["rss"],
            f"{name} requests": len(calls), f"{name} depth": len(longest_chain(calls)),
        })  # fmt: skip


def try_reading(tool, command, place, wire_):
    """So that the answers of the reads are at hand. Whether something differs does not matter here."""
    try:
        execute(tool, command, place, wire_)
    except RuntimeError:
        if tool.name != OURS:
            raise


def table(title, tools, samples, requests):
    rows = []
    for name in STEPS:
        rows.append(samples.row(f"{name}: time", f"{name} wall", "s"))
        rows.append(samples.row(f"{name}: CPU time", f"{name} cpu", "s"))
        if requests:
            rows.append(samples.row(f"{name}: requests", f"{name} requests", ""))
            rows.append(samples.row(f"{name}: requests that follow one another", f"{name} depth", ""))
    rows.append(samples.row("drift: peak memory", "drift rss", "MiB", 1 / 1024))
    return Table(title, [tool.name for tool in tools], rows)


def condition(moto, secure, delay_ms, slow):
    """slow: with the script that sends one request at a time, and with Terraform, once."""
    missing, samples = [], Samples()
    with tempfile.TemporaryDirectory() as folder:
        place = Place(Path(folder))
        wire_ = Wire(moto, Path(folder), secure)
        tools = [place.fifoq_tool(), place.script("boto3, threads", THREADS)]
        if slow:
            tools.append(place.script("boto3", 1))
            try:
                tools.append(place.terraform())
            except Missing as error:
                missing.append(f"Terraform: {error}")
        with wire_.proxy:
            for n in range(ROUNDS):
                for tool in tools:
                    if n == 0 or tool.name != "Terraform":
                        print(f"    {delay_ms} ms{', TLS' if secure else ''}: round {n + 1} of {ROUNDS}, {tool.name}", file=sys.stderr)
                        life(tool, place, wire_, moto, delay_ms / 1000, samples)
        title = f"{'HTTPS with the system’s authorities' if secure else 'HTTP'}, {delay_ms} ms a request"
        return table(title, tools, samples, requests=not secure and delay_ms > 0), missing


def versions():
    return [f"boto3 {boto3.__version__}", said("terraform", "version")]


def run():
    tables, missing = [], []
    with MotoServer() as moto:
        for secure, delay_ms in ((False, 40), (True, 40), (False, 0), (True, 0)):
            try:
                made, skipped = condition(moto, secure, delay_ms, slow=not secure and delay_ms > 0)
                tables.append(made)
                missing += skipped
            except Missing as error:
                missing.append(str(error))
    return Part("provisioning", tables, ["make bench BENCH=provisioning"], list(dict.fromkeys(missing))).described(versions())

"""One drift of many pipelines at AWS's rates: `PYTHONPATH=tests:tests/e2e python many.py [PIPELINES]`.

A pipeline is created on moto, and its drift recorded. A server then replays the recorded answers for
any number of pipelines that differ only in their name, with the token buckets of
fakes/hard/rates.py. Prints the exit code, the time, the time that the rates allow, the peak memory,
and requests by action.
"""

import asyncio
import collections
import copy
import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from types import SimpleNamespace

import boto3
import yaml
from support import CONFIG, FIFOQ, MEASURE, REGION, Fifoq, make_table, merge

from fakes import KEY_ID, SECRET, actions, signature, wire
from fakes.hard.network import throttled
from fakes.hard.rates import RATES, Bucket
from fakes.moto_server import MotoServer
from fakes.proxy import Proxy
from fakes.signature import Key

FIRST = "p000"
DELAY_S = 0.04
# Lists of the account: the member of its entries, the token asked for and returned, the page's size
LISTS = {
    "events:ListRules": ("Rules", "NextToken", "NextToken", 100),
    "lambda:ListEventSourceMappings": ("EventSourceMappings", "Marker", "NextMarker", 100),
    "logs:DescribeLogGroups": ("logGroups", "nextToken", "nextToken", 50),
    "ssm:DescribeParameters": ("Parameters", "NextToken", "NextToken", 50),
}
ROLES = (
    "<ListRolesResponse><ListRolesResult><Roles>{}</Roles><IsTruncated>false</IsTruncated>"
    "</ListRolesResult></ListRolesResponse>"
)
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


def config_of(name):
    config = copy.deepcopy(CONFIG)
    merge(config, {"name": name, "table": {"name": f"{name}-table"}})
    return config


def write(folder, names):
    for name in names:
        (folder / name).mkdir()
        (folder / name / "fifoq.yaml").write_text(yaml.safe_dump(config_of(name)))


def key_of(request):
    return request.method, request.target, request.headers.get("x-amz-target"), request.body.decode()


def record(folder):
    """The exchanges of a single drift and of one of many, by request; and the port."""
    with MotoServer() as moto, Proxy(moto.url, {KEY_ID: Key(SECRET)}) as proxy:
        dynamodb = boto3.client(
            "dynamodb", endpoint_url=moto.url, region_name=REGION, aws_access_key_id=KEY_ID,
            aws_secret_access_key=SECRET,
        )  # fmt: skip
        make_table(SimpleNamespace(dynamodb=dynamodb), f"{FIRST}-table")
        fifoq = Fifoq(folder, proxy.url)
        fifoq.good("up", "--yes", "-f", f"{FIRST}/fifoq.yaml")
        proxy.clear()
        fifoq.good("drift", "-f", f"{FIRST}/fifoq.yaml")
        single = len(proxy.calls())
        fifoq.good("drift", "--all-envs", FIRST)
        return {key_of(e.request): e for e in proxy.calls()}, proxy.port, fifoq, single


class Replay:
    def __init__(self, recorded, names, hashes):
        self.recorded, self.names, self.hashes = recorded, names, hashes
        self.by_action, self.refused = collections.Counter(), collections.Counter()
        self.buckets, self.unknown = {}, []
        found = {m for e in recorded.values() for m in UUID.findall(e.request.target)}
        self.uuid = next(iter(found), None)

    def to(self, name, text):
        """A recorded text for another pipeline."""
        if self.uuid:
            text = text.replace(self.uuid, self.uuid[:-3] + name[1:])
        return text.replace(self.hashes[FIRST], self.hashes[name]).replace(FIRST, name)

    def back(self, text):
        found = re.search(r"\bp(\d{3})\b", text) or (
            self.uuid and re.search(re.escape(self.uuid[:-3]) + r"(\d{3})", text)
        )
        name = f"p{found.group(1)}" if found else FIRST
        if self.uuid:
            text = text.replace(self.uuid[:-3] + name[1:], self.uuid)
        return name, text.replace(name, FIRST)

    def throttles(self, name):
        service, action = name.split(":")
        for number, rate in enumerate(RATES):
            if rate.service == service and (not rate.actions or action in rate.actions.split()):
                key = (number, action if rate.each else None)
                now = asyncio.get_running_loop().time()
                bucket = self.buckets.setdefault(key, Bucket(rate, now))
                return not bucket.take(now)
        return False

    def listed(self, name, exchange, request):
        member, ask, more, size = LISTS[name]
        entries = json.loads(exchange.response.body)[member]
        everything = [
            json.loads(self.to(pipeline, json.dumps(entry)))
            for entry in entries for pipeline in self.names
        ]  # fmt: skip
        text = request.body.decode() or "{}"
        token = json.loads(text).get(ask) if request.body else None
        token = token or (re.findall(rf"[?&]{ask}=(\d+)", request.target) or ["0"])[0]
        at = int(token)
        body = {member: everything[at : at + size]}
        if at + size < len(everything):
            body[more] = str(at + size)
        return wire.Response(200, exchange.response.headers, json.dumps(body).encode())

    def answer(self, request):
        authorization = signature.read_authorization(request.headers)
        service, action = actions.decode(request, authorization and authorization.scope.service)
        name = f"{service}:{action}"
        self.by_action[name] += 1
        method, target, amz, body = key_of(request)
        pipeline, target = self.back(target) if "p0" in target or self.uuid else (FIRST, target)
        in_body, body = self.back(body)
        pipeline = in_body if in_body != FIRST else pipeline
        bare = re.sub(r"[?&](Marker|MaxItems)=\d+", "", target)
        bare_body = re.sub(r',? ?"[nN]extToken": ?"\d+"', "", body)
        exchange = self.recorded.get((method, bare, amz, bare_body))
        if not exchange:
            self.unknown.append((method, target, amz, body))
            return wire.Response(500)
        if self.throttles(name):
            self.refused[name] += 1
            return throttled(exchange)
        if name == "iam:ListRoles":
            roles = "".join(
                f"<member><RoleName>{n}-{half}</RoleName></member>"
                for n in self.names for half in ("ingest", "drain")
            )  # fmt: skip
            return wire.Response(200, exchange.response.headers, ROLES.format(roles).encode())
        alone = not re.search(r"\bp\d{3}\b", target + body)
        if name in LISTS and alone:
            return self.listed(name, exchange, request)
        text = self.to(pipeline, exchange.response.body.decode())
        return wire.Response(exchange.response.status, exchange.response.headers, text.encode())

    async def serve(self, reader, writer):
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                lines = head.decode().split("\r\n")
                method, target, version = lines[0].split(" ")
                headers = wire.Headers([tuple(x.split(": ", 1)) for x in lines[1:] if ": " in x])
                body = await reader.readexactly(int(headers.get("content-length") or 0))
                response = self.answer(wire.Request(method, target, version, headers, body))
                await asyncio.sleep(DELAY_S)
                writer.write(wire.encode_response(response, method, close=False))
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    def bound_s(self):
        """How long the rates make this number of requests take."""
        needed = {}
        for name, count in self.by_action.items():
            service, action = name.split(":")
            for number, rate in enumerate(RATES):
                if rate.service == service and (not rate.actions or action in rate.actions.split()):
                    key = (number, action if rate.each else None, name if rate.each else service)
                    needed.setdefault(key, [rate, 0])[1] += count - self.refused[name]
                    break
        return {
            f"{key[2]} {rate.actions or 'others'} {rate.per_s:g}/s": max(0, (n - rate.burst) / rate.per_s)
            for key, (rate, n) in needed.items()
        }


async def measure(folder, fifoq, replay, port, args):
    server = await asyncio.start_server(replay.serve, "127.0.0.1", port, limit=1 << 20)
    loop = asyncio.get_running_loop()
    began = loop.time()
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-I", "-S", "-c", MEASURE, str(folder / "rss"), str(FIFOQ), *args,
        cwd=folder, env=fifoq.environment(None), stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, err = await process.communicate()
    took = loop.time() - began
    server.close()
    return process.returncode, out.decode(), err.decode(), took, int((folder / "rss").read_text())


def main(n):
    folder = Path(tempfile.mkdtemp())
    names = [f"p{i:03}" for i in range(n)]
    write(folder, names)
    recorded, port, fifoq, single = record(folder)
    hashes = {}
    for name in names:
        made = subprocess.run(
            [FIFOQ, "package", "-f", f"{name}/fifoq.yaml", "-o", "-", "--format", "json"], cwd=folder,
            env=fifoq.environment(None), capture_output=True, check=True,
        ).stderr  # fmt: skip
        hashes[name] = json.loads(made)["code_sha256"]
    replay = Replay(recorded, names, hashes)
    args = ("drift", "p[0-9]*", "--output", "json=report.json")
    code, out, err, took, rss = asyncio.run(measure(folder, fifoq, replay, port, args))
    total = sum(replay.by_action.values())
    print(out[-1500:], err[-1500:])
    print(f"exit {code}, {took:.1f} s, {rss / 1024:.1f} MiB, {total} requests ({total / n:.1f} a "
          f"pipeline; a single drift {single}), refused {dict(replay.refused)}")
    for name, bound in sorted(replay.bound_s().items(), key=lambda x: -x[1])[:6]:
        print(f"  at least {bound:6.1f} s: {name}")
    print(replay.by_action.most_common(40), replay.unknown[:3])


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 300)

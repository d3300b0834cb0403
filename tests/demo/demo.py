"""The whole pipeline on this machine: python tests/demo/demo.py build/fifoq

Starts an emulated AWS on free ports (moto, and `fifoq sqs` for its queues) and a small HTTP API.
Runs `fifoq up` and `fifoq dev`, writes thirty items with boto3, checks that they arrive in order,
and runs `fifoq plan` and `fifoq down`. Exit status 0 means that every check passed. All processes
and files of the demo are removed, however it ends.
"""

import os
import pathlib
import platform
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

import boto3  # noqa: E402

from fakes import KEY_ID, SECRET  # noqa: E402
from fakes.api import Api  # noqa: E402
from fakes.moto_server import MotoServer  # noqa: E402
from fakes.signals import heed_interrupts  # noqa: E402

REGION, TABLE, COUNT = "eu-west-1", "parcels", 30
CUSTOMERS = ["ada", "bo", "cy"]
TOKEN = "demo-token"
WIDTH = 79
ARRIVE_S = 60
SERVES = re.compile(r"listening on (\S+)")


class DemoFailed(Exception):
    """A check of the demo failed."""


class Screen:
    """Prints one line at a time, from any thread, cut at the width of the screen."""

    def __init__(self):
        self.lock = threading.Lock()

    def line(self, text=""):
        text = text if len(text) <= WIDTH else text[: WIDTH - 3] + "..."
        with self.lock:
            print(text, flush=True)

    def step(self, text):
        self.line()
        self.line(text)


class Demo:
    def __init__(self, fifoq, folder, screen):
        self.fifoq, self.folder, self.screen = fifoq, folder, screen
        self.running = []
        self.moto = self.api = self.sqs_url = None
        self.env = {
            "PATH": os.environ.get("PATH", ""),
            "HOME": str(folder),
            "LANG": "C.UTF-8",
            "NO_COLOR": "1",
            "AWS_ACCESS_KEY_ID": KEY_ID,
            "AWS_SECRET_ACCESS_KEY": SECRET,
            "SHIPPING_TOKEN": TOKEN,
        }

    def close(self):
        for process in self.running:
            if process.poll() is None:
                process.kill()
            process.wait()
        for server in (self.api, self.moto):
            if server:
                server.close()

    # Running fifoq

    def start(self, *args):
        """Print the command, start it, and print its output line by line."""
        self.screen.line("  $ fifoq " + " ".join(args))
        process = subprocess.Popen(
            [str(self.fifoq), *args], env=self.env, cwd=self.folder, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
            start_new_session=True,
        )  # fmt: skip
        self.running.append(process)
        process.said = []
        process.reader = threading.Thread(target=self._show, args=(process,), daemon=True)
        process.reader.start()
        return process

    def _show(self, process):
        with process.stdout:
            for text in process.stdout:
                process.said.append(text)
                self.screen.line("    " + text.rstrip())

    def finish(self, process, timeout=60, codes=(0,)):
        try:
            code = process.wait(timeout)
        except subprocess.TimeoutExpired as late:
            raise DemoFailed(f"fifoq did not finish within {timeout} s") from late
        process.reader.join(10)
        if code not in codes:
            raise DemoFailed(f"fifoq exited with status {code}")
        return "".join(process.said)

    def run(self, *args):
        return self.finish(self.start(*args))

    # The steps

    def client(self, service):
        url = self.sqs_url if service == "sqs" else self.moto.url
        return boto3.client(
            service, endpoint_url=url, region_name=REGION,
            aws_access_key_id=KEY_ID, aws_secret_access_key=SECRET,
        )  # fmt: skip

    def start_sqs(self):
        """Start FIFO queues that keep order as AWS's do; moto's do not."""
        process = subprocess.Popen(
            [str(self.fifoq), "sqs", "--region", REGION], env=self.env, cwd=self.folder,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, start_new_session=True,
        )  # fmt: skip
        self.running.append(process)
        with process.stdout as said:
            ready = SERVES.match(said.readline())
        if not ready:
            raise DemoFailed("fifoq sqs did not start")
        self.sqs_url = self.env["AWS_ENDPOINT_URL_SQS"] = ready.group(1)

    def prepare(self):
        self.screen.line("Start an emulated AWS with a table, and an HTTP API, all on this machine.")
        self.moto = MotoServer()
        self.env["AWS_ENDPOINT_URL"] = self.moto.url
        self.start_sqs()
        self.api = Api(on_request=self._show_request)
        self.client("dynamodb").create_table(
            TableName=TABLE,
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        text = (HERE / "fifoq.yaml").read_text()
        text = text.replace("127.0.0.1:8080", f"127.0.0.1:{self.api.port}")
        if platform.machine() in ("aarch64", "arm64"):
            text = text.replace("architecture: x86_64", "architecture: arm64")
        (self.folder / "fifoq.yaml").write_text(text)
        self.screen.line(f"    AWS   {self.moto.url}   table '{TABLE}'")
        self.screen.line(f"    SQS   {self.sqs_url}   fifoq sqs")
        self.screen.line(f"    API   {self.api.url}")

    def _show_request(self, got):
        self.screen.line(f"    API  <- {got.method} {got.path}  {got.body.decode()}")

    def write_items(self):
        dynamodb = self.client("dynamodb")
        for number in range(COUNT):
            customer = CUSTOMERS[number * 7 // 4 % len(CUSTOMERS)]
            item = {
                "id": {"S": f"p-{number:02}"},
                "customer": {"S": customer},
                "number": {"N": str(number)},
            }
            dynamodb.put_item(TableName=TABLE, Item=item)

    def deliver(self):
        dev = self.start("dev", "--every", "2s")
        self.write_items()
        deadline = time.monotonic() + ARRIVE_S
        while len(got := self.api.requests()) < COUNT:
            if dev.poll() is not None:
                raise DemoFailed(f"fifoq dev exited after {len(got)} delivered items")
            if time.monotonic() > deadline:
                raise DemoFailed(f"{len(got)} of {COUNT} items arrived within {ARRIVE_S} s")
            time.sleep(0.05)
        dev.send_signal(signal.SIGINT)
        self.finish(dev, codes=(0, 130))

    def check_arrivals(self):
        """Each item arrived once, in order for each customer, with the access token."""
        requests = self.api.requests()
        if len(requests) != COUNT:
            raise DemoFailed(f"{len(requests)} requests arrived, expected {COUNT}")
        if any(got.headers["Authorization"] != f"Bearer {TOKEN}" for got in requests):
            raise DemoFailed("a request arrived without the access token")
        numbers = {}
        for got in requests:
            body = got.json()
            numbers.setdefault(body["customer"], []).append(body["number"])
        for customer, order in sorted(numbers.items()):
            self.screen.line(f"    {customer:4} {' '.join(str(number) for number in order)}")
            if order != sorted(order):
                raise DemoFailed(f"the items of '{customer}' did not arrive in order")
        if sorted(sum(numbers.values(), [])) != list(range(COUNT)):
            raise DemoFailed("not every item arrived exactly once")
        self.screen.line(f"    {COUNT} of {COUNT} arrived, each once, in order for each customer")

    def check_plan(self):
        if "nothing to change" not in self.run("plan"):
            raise DemoFailed("fifoq plan did not print 'nothing to change'")

    def check_gone(self):
        left = [
            self.client("sqs").list_queues().get("QueueUrls", []),
            self.client("lambda").list_functions()["Functions"],
            self.client("lambda").list_event_source_mappings()["EventSourceMappings"],
            self.client("iam").list_roles()["Roles"],
            self.client("events").list_rules()["Rules"],
            self.client("logs").describe_log_groups()["logGroups"],
            self.client("ssm").describe_parameters()["Parameters"],
        ]
        if any(left):
            raise DemoFailed(f"fifoq down left resources: {[each for each in left if each]}")
        items = self.client("dynamodb").scan(TableName=TABLE)["Count"]
        if items != COUNT:
            raise DemoFailed(f"the table has {items} items, expected {COUNT}")
        self.screen.line(f"    boto3 finds no resources, and the table still has its {COUNT} items")

    def play(self):
        self.prepare()
        self.screen.step("Create the pipeline: queues, roles, functions, mapping, rules.")
        self.run("up", "--yes")
        self.screen.step(f"Run it on this machine, and write {COUNT} items to the table.")
        self.deliver()
        self.screen.step("Items in order of arrival, by customer:")
        self.check_arrivals()
        self.screen.step("Check that nothing has changed.")
        self.check_plan()
        self.screen.step("Delete the pipeline.")
        self.run("down", "--yes")
        self.check_gone()


def main():
    if len(sys.argv) != 2:
        print("usage: demo.py FIFOQ", file=sys.stderr)
        return 64
    fifoq = pathlib.Path(sys.argv[1]).resolve()
    if not os.access(fifoq, os.X_OK):
        print(f"'{fifoq}' not found; run 'make' first", file=sys.stderr)
        return 64
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    screen, began = Screen(), time.monotonic()
    with tempfile.TemporaryDirectory(prefix="fifoq-demo-") as folder:
        demo = Demo(fifoq, pathlib.Path(folder), screen)
        try:
            demo.play()
            screen.step(f"The demo finished in {time.monotonic() - began:.0f} s.")
            return 0
        except (DemoFailed, RuntimeError, TimeoutError) as error:
            screen.step(f"The demo failed: {error}")
            return 1
        except KeyboardInterrupt:
            screen.step("Interrupted; stopping what the demo started.")
            return 130
        finally:
            demo.close()


if __name__ == "__main__":
    heed_interrupts()
    raise SystemExit(main())

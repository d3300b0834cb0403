"""bench.py BUILD [RUNS]: measures the bootstrap's size, and the time from its start until its first
request for an event to the Runtime API, as ingest and as drain (which registers an extension
first). Medians; this never fails a build."""

import json
import os
import pathlib
import platform
import select
import socket
import statistics
import sys
import tempfile
import time

SETTINGS = {
    "version": 1, "pipeline": "bench", "log_level": "error", "table": "bench", "queue": "bench.fifo",
    "dead_letters": None, "parameters": {},
    "ingest": {"events": ["INSERT"], "group": None, "message": None, "on_reject": "block"},
    "drain": {"timeout_ms": 60000, "max_messages": 10, "rate_per_s": 0, "parallel_groups": 1, "visibility_ms": 90000,
              "on_reject": "block", "destinations": [
        {"name": "bench", "url": "https://bench.example/", "method": "POST", "headers": {}, "body": None, "auth": None,
         "timeout_ms": 5000, "success": [[200, 299]], "idempotency_header": "Idempotency-Key"}]},
}  # fmt: skip

REGISTERED = b"HTTP/1.1 200 OK\r\nLambda-Extension-Identifier: 1\r\nContent-Length: 2\r\n\r\n{}"


def weigh(build):
    for arch in ("x86_64", "aarch64"):
        bootstrap = build / "bootstrap" / arch / "bootstrap"
        if bootstrap.exists():
            zipped = bootstrap.with_name("bootstrap.zip").stat().st_size
            print(f"{arch}: bootstrap {bootstrap.stat().st_size:,} bytes, its zip {zipped:,} bytes")
    fifoq = build / "fifoq"
    if fifoq.exists():
        print(f"fifoq: {fifoq.stat().st_size:,} bytes")


def resident_peak(pid):
    """In KiB. Not wait4's: that includes the parent's memory before it became the child."""
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1])
    return 0


def first_request(listener, handler):
    """The connections and the request for an event. An extension is registered first, and its own
    request is sent in parallel with the other."""
    connections, request = [listener.accept()[0]], b""
    if handler == "drain":
        while b'"events"' not in connections[0].recv(4096):
            pass
        connections[0].sendall(REGISTERED)
        connections.append(listener.accept()[0])
    waiting = list(connections)
    while b"/invocation/next" not in request:
        ready, _, _ = select.select(waiting, [], [], 10)
        if not ready:
            sys.exit(f"the bootstrap did not ask for an event but sent: {request[:200]!r}")
        request = ready[0].recv(4096)
        waiting.remove(ready[0])
    return connections


def start(bootstrap, folder, listener, handler):
    """One start: ms until the first request came, peak resident KiB, page faults."""
    port = listener.getsockname()[1]
    environment = {
        "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{port}", "_HANDLER": handler, "LAMBDA_TASK_ROOT": folder,
        "AWS_REGION": "eu-west-1", "AWS_ACCESS_KEY_ID": "bench", "AWS_SECRET_ACCESS_KEY": "bench",
        "AWS_LAMBDA_FUNCTION_NAME": "bench",
    }  # fmt: skip
    began = time.monotonic_ns()
    child = os.posix_spawn(bootstrap, [bootstrap], environment)
    connections = first_request(listener, handler)
    took = (time.monotonic_ns() - began) / 1e6
    resident = resident_peak(child)
    os.kill(child, 9)
    _, _, usage = os.wait4(child, 0)
    for connection in connections:
        connection.close()
    return took, resident, usage.ru_minflt


def report(handler, samples):
    took, resident, faults = (statistics.median(column) for column in zip(*samples))
    print(f"{handler}: start to first request, median of {len(samples)}: {took:.2f} ms, {resident:,.0f} KiB at the peak, {faults:.0f} page faults")


def main():
    build, runs = pathlib.Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 60
    weigh(build)
    bootstrap = build / "bootstrap" / platform.machine() / "bootstrap"
    with tempfile.TemporaryDirectory() as folder, socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(10)
        pathlib.Path(folder, "settings.json").write_text(json.dumps(SETTINGS))
        for handler in ("ingest", "drain"):
            report(handler, [start(str(bootstrap.resolve()), folder, listener, handler) for _ in range(runs)])


if __name__ == "__main__":
    main()

"""bench.py BUILD [RUNS]: what the bootstrap weighs, and how long this machine takes from starting it until it asks the
Runtime API for its first event. Medians; nothing here fails a build."""

import json
import os
import pathlib
import platform
import socket
import statistics
import sys
import tempfile
import time

SETTINGS = {
    "version": 1, "pipeline": "bench", "log_level": "error", "table": "bench", "queue": "bench.fifo",
    "dead_letters": None, "parameters": {}, "drain": None,
    "ingest": {"events": ["INSERT"], "group": None, "message": None, "on_reject": "block"},
}  # fmt: skip


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
    """In KiB. Not wait4's: that counts what the parent had before it became the child."""
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1])
    return 0


def start(bootstrap, folder, listener):
    """One start: ms until the first request came, peak resident KiB, page faults."""
    port = listener.getsockname()[1]
    environment = {
        "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{port}", "_HANDLER": "ingest", "LAMBDA_TASK_ROOT": folder,
        "AWS_REGION": "eu-west-1", "AWS_ACCESS_KEY_ID": "bench", "AWS_SECRET_ACCESS_KEY": "bench",
        "AWS_LAMBDA_FUNCTION_NAME": "bench-ingest",
    }  # fmt: skip
    began = time.monotonic_ns()
    child = os.posix_spawn(bootstrap, [bootstrap], environment)
    connection, _ = listener.accept()
    request = connection.recv(4096)
    took = (time.monotonic_ns() - began) / 1e6
    resident = resident_peak(child)
    os.kill(child, 9)
    _, _, usage = os.wait4(child, 0)
    connection.close()
    if b"/runtime/invocation/next" not in request:
        sys.exit(f"the bootstrap did not ask for an event but sent: {request[:200]!r}")
    return took, resident, usage.ru_minflt


def main():
    build, runs = pathlib.Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 60
    weigh(build)
    bootstrap = build / "bootstrap" / platform.machine() / "bootstrap"
    with tempfile.TemporaryDirectory() as folder, socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(10)
        pathlib.Path(folder, "settings.json").write_text(json.dumps(SETTINGS))
        samples = [start(str(bootstrap.resolve()), folder, listener) for _ in range(runs)]
    took, resident, faults = (statistics.median(column) for column in zip(*samples))
    print(f"start to first request, median of {runs}: {took:.2f} ms, {resident:,.0f} KiB at the peak, {faults:.0f} page faults")


if __name__ == "__main__":
    main()

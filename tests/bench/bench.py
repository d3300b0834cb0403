"""bench.py [PART...]: measures fifoq beside its peers and writes docs/reference/benchmarks.md and its chart. Without a part:
all of them. The other parts on the page keep their last figures, which are in build/bench."""

import importlib
import json
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

import contenders  # noqa: E402
import report  # noqa: E402
from figures import Part, load  # noqa: E402

PARTS = ("runtime", "provisioning", "growth", "startup")


def measured(name):
    """The last figures of a part, or None."""
    file = contenders.BUILD / f"{name}.json"
    return Part.of(json.loads(file.read_text())) if file.exists() else None


def main():
    wanted = sys.argv[1:] or PARTS
    unknown = set(wanted) - set(PARTS)
    if unknown:
        sys.exit(f"unknown part '{min(unknown)}'; expected {', '.join(PARTS)}")
    contenders.BUILD.mkdir(parents=True, exist_ok=True)
    contenders.CACHE.mkdir(parents=True, exist_ok=True)
    for name in wanted:
        began, before = time.monotonic(), load()
        print(f"{name}: {before}", file=sys.stderr)
        part = importlib.import_module(name).run()
        part.machine += f"; {before} at the beginning, {load()} at the end"
        (contenders.BUILD / f"{name}.json").write_text(json.dumps(part.data(), indent=1))
        print(f"{name}: {time.monotonic() - began:.0f} s", file=sys.stderr)
    parts = [(name, measured(name)) for name in PARTS]
    report.write(contenders.ROOT / "docs/reference", parts)


if __name__ == "__main__":
    main()

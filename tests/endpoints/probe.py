"""The path of the program that prints fifoq's endpoints."""

import os
import pathlib

ROOT = pathlib.Path(__file__).parent.parent.parent
PROBE = pathlib.Path(
    os.environ.get("FIFOQ_ENDPOINT_PROBE") or ROOT / "build" / "check" / "tests" / "endpoint_probe"
)

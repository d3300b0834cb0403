"""Builds what is measured: the bootstrap with the host's certificate authority, and the peers. Each is built once into the
cache; what cannot be built is skipped, and the report says why."""

import hashlib
import os
import platform
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).parent.resolve()
ROOT = HERE.parent.parent
CACHE = Path(os.environ.get("FIFOQ_CACHE") or Path.home() / ".cache/fifoq") / "bench"
BUILD = ROOT / "build" / "bench"
BANNER = "import{createRequire}from'module';const require=createRequire(import.meta.url);"


class Missing(Exception):
    """A contender cannot be built here."""


@dataclass
class Contender:
    """prefix: what the handler's name begins with. zipped: the files of its package."""

    name: str
    argv: list
    env: dict = field(default_factory=dict)
    prefix: str = ""
    zipped: tuple = ()


def step(what, *command, cwd=None, env=None):
    """Runs a command with its output in a log of the cache."""
    log = CACHE / f"{what}.log"
    print(f"  building: {what}", file=sys.stderr)
    with log.open("wb") as out:
        done = subprocess.run(
            [str(word) for word in command], cwd=cwd, env={**os.environ, **(env or {})}, stdin=subprocess.DEVNULL,
            stdout=out, stderr=out,
        )  # fmt: skip
    if done.returncode:
        raise Missing(f"{what}: `{command[0]}` failed, see '{log}'")


def need(program):
    if not shutil.which(program):
        raise Missing(f"{program} not found")


def built(what, sources, build):
    """The folder for these sources; build(folder) fills it when it is not there."""
    CACHE.mkdir(parents=True, exist_ok=True)
    key = hashlib.sha256()
    for path in sorted(sources):
        key.update(path.read_bytes())
    folder = CACHE / f"{what}-{key.hexdigest()[:12]}"
    if not (folder / "done").exists():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        build(folder)
        (folder / "done").touch()
    return folder


def files(folder, *patterns):
    return [path for pattern in patterns for path in (HERE / folder).glob(pattern)]


def host():
    """(the host's program, the folder of its certificates)"""
    need("go")
    sources = files("host", "*.go", "go.mod")
    folder = built("host", sources, lambda to: step("host", "go", "build", "-trimpath", "-o", to / "host", ".", cwd=HERE / "host"))
    tls = CACHE / "tls"
    tls.mkdir(exist_ok=True)
    subprocess.run([folder / "host", tls, "certificates"], check=True)
    return folder / "host", tls


def fifoq(tls):
    """The static bootstrap of this source, with the host's root among its authorities."""
    arch = platform.machine()
    BUILD.mkdir(parents=True, exist_ok=True)
    step("fifoq-configure", "cmake", "-S", ROOT, "-B", BUILD / "fifoq", "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Release",
         "-DFIFOQ_TESTS=OFF", f"-DFIFOQ_CA_ROOTS={tls / 'bundle.pem'}", f"-DFIFOQ_ARCHS={arch}")  # fmt: skip
    step("fifoq", "cmake", "--build", BUILD / "fifoq", "--target", f"bootstrap_{arch}")
    bootstrap = BUILD / "fifoq/bootstrap" / arch / "bootstrap"
    return Contender("fifoq", [bootstrap], zipped=(bootstrap,))


def rust(tls):
    """AWS-LC collects entropy from the processor's jitter for 30 ms at its first connection; this build does without, which is
    Rust's fastest."""
    need("cargo")

    def build(to):
        env = {"CARGO_TARGET_DIR": CACHE / "rust", "AWS_LC_SYS_NO_JITTER_ENTROPY": "1"}
        step("rust", "cargo", "build", "--release", "--locked", cwd=HERE / "peers/rust", env=env)
        shutil.copy(CACHE / "rust/release/peer", to / "bootstrap")

    folder = built("rust", files("peers/rust", "Cargo.*", "src/*.rs"), build)
    return Contender("Rust", [folder / "bootstrap"], {"SSL_CERT_FILE": tls / "bundle.pem"}, zipped=(folder / "bootstrap",))


def go(tls):
    need("go")

    def build(to):
        step("go", "go", "build", "-tags", "lambda.norpc", "-trimpath", "-ldflags", "-s -w", "-o", to / "bootstrap", ".",
             cwd=HERE / "peers/go", env={"CGO_ENABLED": "0"})  # fmt: skip

    folder = built("go", files("peers/go", "*.go", "go.*"), build)
    return Contender("Go", [folder / "bootstrap"], {"SSL_CERT_FILE": tls / "bundle.pem"}, zipped=(folder / "bootstrap",))


def node(tls):
    need("node")
    need("npm")

    def build(to):
        for path in sources:
            shutil.copy(path, to)
        step("node-packages", "npm", "ci", "--no-audit", "--no-fund", cwd=to)
        step("node", to / "node_modules/.bin/esbuild", "index.mjs", "--bundle", "--minify", "--platform=node", "--target=node20",
             "--format=esm", f"--banner:js={BANNER}", "--outfile=out/index.mjs", cwd=to)  # fmt: skip

    sources = files("peers/node", "*.mjs", "*.json")
    bundle = built("node", sources, build) / "out/index.mjs"
    return Contender("Node", [shutil.which("node"), bundle], {"NODE_EXTRA_CA_CERTS": tls / "root.pem"}, zipped=(bundle,))


def python(tls):
    sources = files("peers/python", "*.py", "requirements.txt")

    def build(to):
        step("python-venv", sys.executable, "-m", "venv", to / "venv")
        step("python", to / "venv/bin/pip", "install", "--disable-pip-version-check", "-r", HERE / "peers/python/requirements.txt")
        shutil.copy(HERE / "peers/python/peer.py", to)

    folder = built("python", sources, build)
    env = {"AWS_CA_BUNDLE": tls / "bundle.pem", "PYTHONPATH": folder}
    packages = next((folder / "venv/lib").glob("python*/site-packages"))
    own = (folder / "peer.py", packages / "awslambdaric")
    return Contender("Python", [folder / "venv/bin/python", "-m", "awslambdaric"], env, "peer.", own)


def all_of(tls):
    """(the contenders that are there, what is missing); fifoq must be."""
    found, missing = [fifoq(tls)], []
    for make in (rust, go, node, python):
        try:
            found.append(make(tls))
        except Missing as error:
            missing.append(f"{make.__name__.capitalize()}: {error}")
    return found, missing

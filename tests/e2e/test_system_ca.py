"""TLS with the system's certificate authorities, which no variable names: a user's shell.

A mount namespace replaces the system's folder, and inotify counts how often the bundle is opened.
https://man7.org/linux/man-pages/man7/inotify.7.html
"""

import ctypes
import os
import pathlib
import shutil
import struct
import subprocess

import pytest
from support import make_table

from fakes import tls
from fakes.connect import ConnectProxy
from fakes.netns import ways

HOSTS = ["*.amazonaws.com", "*.eu-west-1.amazonaws.com"]
ROOTS = 144  # as many as Debian has
MOST_OPENS = 2  # fifoq looks whether it is usable, and libcurl loads it
MOST_MEMORY_KIB = 30 * 1024
IN_OPEN, IN_CLOSE_NOWRITE = 0x20, 0x10
EVENT = struct.Struct("iIII")


class Opens:
    """Counts the opens of a file. Two equal events in a row would be merged, so closes are watched
    too."""

    def __init__(self, path):
        self.libc = ctypes.CDLL(None, use_errno=True)
        self.fd = self.libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        mask = IN_OPEN | IN_CLOSE_NOWRITE
        if self.fd < 0 or self.libc.inotify_add_watch(self.fd, os.fsencode(path), mask) < 0:
            raise OSError(ctypes.get_errno(), f"cannot watch '{path}'")

    def count(self):
        try:
            data = os.read(self.fd, 1 << 20)
        except BlockingIOError:
            return 0
        found, at = 0, 0
        while at < len(data):
            _, mask, _, size = EVENT.unpack_from(data, at)
            found += bool(mask & IN_OPEN)
            at += EVENT.size + size
        return found

    def close(self):
        os.close(self.fd)


def system_bundle():
    """Where libcurl was built to look."""
    said = subprocess.run(["curl-config", "--ca"], capture_output=True, text=True, check=True).stdout
    return pathlib.Path(said.strip().strip('"'))


@pytest.fixture(scope="session")
def authorities():
    """A whole machine's; the first one signs."""
    return [tls.Authority(f"authority {i}") for i in range(ROOTS)]


@pytest.fixture
def inside(tmp_path):
    """(the folder that replaces the system's, the prefix of a command that sees it there)."""
    bundle, folder = system_bundle(), tmp_path / "certs"
    if not bundle.parent.is_dir():
        pytest.skip(f"'{bundle.parent}' does not exist")
    folder.mkdir()
    script = f'mount --bind "{folder}" "{bundle.parent}" && exec "$@"'
    failed = []
    for make, _ in ways():
        command = [*[part.replace("--net", "--mount") for part in make], "sh", "-c", script, "sh"]
        tried = subprocess.run([*command, "true"], capture_output=True, text=True)
        if tried.returncode == 0:
            return folder / bundle.name, command
        failed.append(f"`{' '.join(make)}`: {tried.stderr.strip()}")
    pytest.skip(f"no mount namespace can be made here: {'; '.join(failed)}")


@pytest.fixture
def far(fifoq, tmp_path, authorities, proxy):
    """fifoq with AWS's real host names, and not one variable about certificates."""
    with ConnectProxy(proxy.url, authorities[0].server_context(tmp_path, hosts=HOSTS)) as there:
        fifoq.env |= {"AWS_ENDPOINT_URL": None, "HTTPS_PROXY": there.url}
        assert not [name for name in fifoq.env if "CA_BUNDLE" in name or "CERT" in name]
        fifoq.tunnels = there.hosts
        yield fifoq


def write(bundle, authorities):
    bundle.write_text("".join(a.pem(a.root) for a in authorities))


def test_the_bundle_is_read_once_for_all_connections(far, inside, authorities, aws):
    bundle, command = inside
    make_table(aws)
    write(bundle, authorities)
    far.good("up", "--yes", command=command)
    before, opens = len(far.tunnels()), Opens(bundle)
    result = far.measured("drift", command=command)
    assert result.code == 0, result.text
    counted = opens.count()
    opens.close()
    assert len(far.tunnels()) - before > 20  # or it would prove nothing
    assert 1 <= counted <= MOST_OPENS
    assert result.max_rss_kib < MOST_MEMORY_KIB


def test_the_folder_beside_the_bundle_is_trusted_too(far, inside, authorities, proxy):
    """A certificate that somebody put there by hand: libcurl trusts both, where it knows a folder."""
    bundle, command = inside
    flags = subprocess.run(["curl-config", "--configure"], capture_output=True, text=True).stdout
    if "--with-ca-path=" not in flags or not shutil.which("openssl"):
        pytest.skip("libcurl was built without a folder of certificates")
    write(bundle, authorities[1:])
    refused = far.run("whoami", command=command)
    assert refused.code == 1 and "is not trusted" in refused.err, refused.text
    theirs = bundle.parent / "by-hand.pem"
    write(theirs, authorities[:1])
    asked = ["openssl", "x509", "-noout", "-subject_hash", "-in", theirs]
    named = subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip()
    theirs.rename(bundle.parent / f"{named}.0")
    far.good("whoami", command=command)
    assert proxy.violations() == []


"""A network namespace with the link-local addresses of AWS hosts.

A process inside adds them and listens on them. It passes the sockets to the test, so that the
servers run in the test and only the clients have to run inside. As a program: that process.

https://man7.org/linux/man-pages/man7/network_namespaces.7.html
"""

import errno
import fcntl
import json
import os
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import time

CONTAINER, POD, POD_V6 = "169.254.170.2", "169.254.170.23", "fd00:ec2::23"
INSTANCE, INSTANCE_V6 = "169.254.169.254", "fd00:ec2::254"
ADDRESSES = (CONTAINER, POD, INSTANCE, POD_V6, INSTANCE_V6)
STS = ("127.0.0.1", 8080)
WAIT_S = 30

SIOCSIFFLAGS, SIOCSIFADDR, SIOCSIFNETMASK = 0x8914, 0x8916, 0x891C  # netdevice(7)
IFF_UP, LO = 1, 1


# Inside


def interface_up(name):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        fcntl.ioctl(sock, SIOCSIFFLAGS, struct.pack("16sh14x", name.encode(), IFF_UP))


def add_v4(label, address):
    """lo has an alias for each: a label is what this interface knows an address by."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        for request, value in ((SIOCSIFADDR, address), (SIOCSIFNETMASK, "255.255.255.255")):
            sockaddr = struct.pack("=HH4s8x", socket.AF_INET, 0, socket.inet_aton(value))
            fcntl.ioctl(sock, request, struct.pack("16s16s8x", label.encode(), sockaddr))


def add_v6(address):
    raw = socket.inet_pton(socket.AF_INET6, address)
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as sock:
        fcntl.ioctl(sock, SIOCSIFADDR, struct.pack("=16sIi", raw, 128, LO))


def listen(address):
    """On port 80 of lo's new address. An IPv6 address is usable a moment after it was added."""
    six = ":" in address
    if six:
        add_v6(address)
    else:
        add_v4(f"lo:{ADDRESSES.index(address) + 1}", address)
    deadline = time.monotonic() + WAIT_S
    while True:
        try:
            family = socket.AF_INET6 if six else socket.AF_INET
            return socket.create_server((address, 80), family=family)
        except OSError as error:
            if error.errno != errno.EADDRNOTAVAIL or time.monotonic() > deadline:
                raise
            time.sleep(0.01)


def hold(path):
    """Listen, pass the sockets, and stay until the other side disconnects."""
    interface_up("lo")
    sockets, missing = {"sts": socket.create_server(STS)}, {}
    for address in ADDRESSES:
        try:
            sockets[address] = listen(address)
        except OSError as error:
            missing[address] = f"no address {address} in a network namespace: {error}"
    told = {"pid": os.getpid(), "names": list(sockets), "missing": missing}
    with socket.socket(socket.AF_UNIX) as other:
        other.connect(path)
        socket.send_fds(other, [json.dumps(told).encode()], [s.fileno() for s in sockets.values()])
        other.recv(1)


# Outside


class NoNamespace(Exception):
    """Why there is none, one sentence for each way that was tried."""


def ways():
    """(the command that makes a namespace, the one that enters it), the simplest first."""
    user, group = os.getuid(), os.getgid()
    if user == 0:
        yield ["unshare", "--net"], ["nsenter", "--net"]
    yield (
        ["unshare", "--user", "--map-root-user", "--net"],
        ["nsenter", "--user", "--preserve-credentials", "--net"],
    )
    if user != 0:
        back = ["setpriv", f"--reuid={user}", f"--regid={group}", "--init-groups"]
        yield ["sudo", "-n", "unshare", "--net"], ["sudo", "-n", "-E", "nsenter", "--net", *back]


class Namespace:
    """Use as a context manager. sockets: by address, and "sts"; missing: why an address is not
    available; enter: the prefix command that runs another inside."""

    def __init__(self):
        self.process, self.other, self.sockets = None, None, {}

    def __enter__(self):
        failed = []
        for make, enter in ways():
            try:
                self._start(make)
                self._enter_by(enter)
                return self
            except (OSError, subprocess.SubprocessError) as error:
                failed.append(f"`{' '.join(make)}`: {error}")
                self.__exit__()
        raise NoNamespace("; ".join(failed))

    def __exit__(self, *_):
        for sock in self.sockets.values():
            sock.close()
        if self.other:
            self.other.close()  # then it ends
        if self.process:
            self.process.communicate(timeout=WAIT_S)
        self.__init__()

    def _start(self, make):
        folder = tempfile.mkdtemp()
        try:
            with socket.socket(socket.AF_UNIX) as listener:
                listener.bind(f"{folder}/s")
                listener.listen()
                listener.settimeout(0.1)
                self.process = subprocess.Popen(
                    [*make, sys.executable, "-I", __file__, f"{folder}/s"],
                    stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                )  # fmt: skip
                self.other = self._accept(listener)
        finally:
            shutil.rmtree(folder)
        data, fds, _, _ = socket.recv_fds(self.other, 1 << 16, 16)
        told = json.loads(data)
        self.pid, self.missing = told["pid"], told["missing"]
        self.sockets = {name: socket.socket(fileno=fd) for name, fd in zip(told["names"], fds)}

    def _accept(self, listener):
        deadline = time.monotonic() + WAIT_S
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                return listener.accept()[0]
            except TimeoutError:
                pass
        self.process.kill()
        said = self.process.communicate()[1].decode(errors="replace").strip().splitlines()
        raise OSError(said[-1] if said else "it said nothing")

    def _enter_by(self, enter):
        """It must pass variables through, which not every sudo does."""
        at = enter.index("--net")
        self.enter = [*enter[:at], f"--target={self.pid}", *enter[at:]]
        check = [*self.enter, "sh", "-c", 'test "$FIFOQ_INSIDE" = yes']
        env = {**os.environ, "FIFOQ_INSIDE": "yes"}
        subprocess.run(check, env=env, check=True, stdin=subprocess.DEVNULL, timeout=WAIT_S)


if __name__ == "__main__":
    hold(sys.argv[1])

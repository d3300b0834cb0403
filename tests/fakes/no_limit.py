"""Runs a program that cannot lower its core limit: `no_limit.py PROGRAM [ARG...]`.

The kernel refuses (EPERM) every call that sets a limit. Core dumps must therefore be prevented by
other means, as on systems that pipe cores to a program, which ignore the limit: core(5).
https://docs.kernel.org/userspace-api/seccomp_filter.html
"""

import ctypes
import errno
import os
import platform
import resource
import struct
import sys

# <linux/prctl.h>, <linux/seccomp.h>, <linux/bpf_common.h>
PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 38, 22, 2
ALLOW, REFUSE = 0x7FFF0000, 0x00050000 | errno.EPERM
LOAD, EQUAL, RETURN = 0x20, 0x15, 0x06
NUMBER, THIRD_LOW, THIRD_HIGH = 0, 32, 36  # offsets in struct seccomp_data
CALLS = {"x86_64": (160, 302), "aarch64": (164, 261)}  # setrlimit, prlimit64


def program(setrlimit, prlimit64):
    """prlimit64 with a third argument of NULL only reads, and is allowed."""
    lines = [
        (LOAD, 0, 0, NUMBER),
        (EQUAL, 6, 0, setrlimit),
        (EQUAL, 0, 4, prlimit64),
        (LOAD, 0, 0, THIRD_LOW),
        (EQUAL, 0, 3, 0),
        (LOAD, 0, 0, THIRD_HIGH),
        (EQUAL, 0, 1, 0),
        (RETURN, 0, 0, ALLOW),
        (RETURN, 0, 0, REFUSE),
    ]
    return b"".join(struct.pack("=HBBI", *line) for line in lines), len(lines)


def install():
    class Program(ctypes.Structure):
        _fields_ = [("length", ctypes.c_ushort), ("filter", ctypes.c_void_p)]

    code, length = program(*CALLS[platform.machine()])
    buffer = ctypes.create_string_buffer(code, len(code))
    made = Program(length, ctypes.addressof(buffer))
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    for call in (
        (PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0),
        (PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.byref(made), 0, 0),
    ):
        if prctl(*call):
            raise OSError(ctypes.get_errno(), "prctl")


if __name__ == "__main__":
    hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
    resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))
    try:
        install()
    except (OSError, KeyError) as why:  # no filters here, or another kind of machine
        print(f"no filter: {why}", flush=True)
        sys.exit(1)
    os.execv(sys.argv[1], sys.argv[1:])

"""The filter of system calls, run here by a small machine of our own, for both processors; and what it is made from."""

import errno
import itertools
import os
import re
import signal
import socket
import struct
from pathlib import Path

import pytest

from grader.sandbox import seccomp, syscalls

PID = 4711
ARCH = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
ALLOW, KILL = "allowed", "killed"
THREAD = 0x3D0F00  # what pthread_create asks for
HEADERS = {
    "x86_64": Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h"),
    "aarch64": Path("/usr/include/asm-generic/unistd.h"),
}


def verdict(program, arch, number, arguments=()):
    """Run a filter as the kernel does: what becomes of a call."""
    data = struct.pack("=IIQ6Q", number, arch, 0, *itertools.islice((*arguments, 0, 0, 0, 0, 0, 0), 6))
    steps = list(struct.iter_unpack("=HBBI", program))
    at, value = 0, 0
    while True:
        code, if_true, if_false, operand = steps[at]
        at += 1
        if code == 0x20:
            (value,) = struct.unpack_from("=I", data, operand)
        elif code == 0x54:
            value &= operand
        elif code == 0x15:
            at += if_true if value == operand else if_false
        elif code == 0x05:
            at += operand
        else:
            assert code == 0x06
            return {0x7FFF0000: ALLOW, 0x80000000: KILL}.get(
                operand, errno.errorcode.get(operand & 0xFFFF, "pretended")
            )


@pytest.fixture(params=ARCH)
def machine(request):
    return request.param


@pytest.fixture
def ask(machine):
    """`ask(name, *arguments)` gives what becomes of a call, or None where the processor does not have it."""
    programs = {guard: seccomp.assemble(machine, PID, guard_truncation=guard) for guard in (False, True)}
    numbers = syscalls.table(machine)

    def call(name, *arguments, guard=False):
        return verdict(programs[guard], ARCH[machine], numbers[name], arguments) if name in numbers else None

    return call


@pytest.mark.parametrize(
    ("name", "arguments", "expected"),
    [
        ("read", (0,), ALLOW),
        ("openat", (0, 0, os.O_RDONLY | os.O_TRUNC), ALLOW),
        ("clone", (THREAD,), ALLOW),
        ("clone", (signal.SIGCHLD,), "EPERM"),
        ("clone", (0x100 | 0x4000 | signal.SIGCHLD,), "EPERM"),
        ("clone", (THREAD | 0x10000000,), "EPERM"),
        ("clone", (THREAD | 0x00020000,), "EPERM"),
        ("clone3", (), "ENOSYS"),
        ("fork", (), "EPERM"),
        ("execve", (), "EPERM"),
        ("kill", (PID, 9), ALLOW),
        ("kill", (PID + 1, 9), "EPERM"),
        ("kill", (0xFFFFFFFF, 9), "EPERM"),
        ("kill", (0, 9), "EPERM"),
        ("tgkill", (PID, PID + 3, 6), ALLOW),
        ("tgkill", (1, 1, 6), "EPERM"),
        ("prlimit64", (0, 7), ALLOW),
        ("prlimit64", (PID, 7), ALLOW),
        ("prlimit64", (1, 7), "EPERM"),
        ("sched_setaffinity", (0,), ALLOW),
        ("sched_setaffinity", (1,), "EPERM"),
        ("prctl", (15,), ALLOW),
        ("prctl", (1,), "EPERM"),
        ("prctl", (4,), "EPERM"),
        ("fcntl", (3, 1), ALLOW),
        ("fcntl", (3, 8), "EPERM"),
        ("ioctl", (0, 0x5401), ALLOW),
        ("ioctl", (0, 0x5412), "EPERM"),
        ("ioctl", (0, 0x8901), "EPERM"),
        ("socketpair", (socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC), ALLOW),
        ("socketpair", (socket.AF_UNIX, socket.SOCK_DGRAM), "EPERM"),
        ("socketpair", (socket.AF_INET, socket.SOCK_STREAM), "EPERM"),
        ("socket", (socket.AF_UNIX,), "EPERM"),
        ("memfd_create", (), "EPERM"),
        ("fchmodat", (), "pretended"),
        ("utimensat", (), "pretended"),
        ("setxattr", (), errno.errorcode[errno.ENOTSUP]),
        ("io_uring_setup", (), "ENOSYS"),
    ],
)
def test_calls(ask, name, arguments, expected):
    assert ask(name, *arguments) in (expected, None)


def test_truncation_is_guarded_where_landlock_does_not_see_it(ask):
    assert ask("openat", 0, 0, os.O_RDONLY | os.O_TRUNC, guard=True) == "EPERM"
    for flags in (os.O_RDONLY, os.O_WRONLY | os.O_TRUNC, os.O_RDWR | os.O_TRUNC | os.O_CREAT):
        assert ask("openat", 0, 0, flags, guard=True) == ALLOW


def test_unknown_calls_do_not_exist(machine):
    program = seccomp.assemble(machine, PID, guard_truncation=False)
    for number in (335, 463, 500, 0x40000000 | 1):
        assert verdict(program, ARCH[machine], number) == "ENOSYS"


def test_calls_of_another_processor_end_the_process(machine):
    program = seccomp.assemble(machine, PID, guard_truncation=False)
    assert verdict(program, 0x40000003, 1) == KILL


def test_every_name_has_a_number_and_one_rule():
    lists = [getattr(seccomp, name).split() for name in ("ALLOWED", "PRETENDED", "NOT_SUPPORTED", "REFUSED")]
    names = [name for names in lists for name in names]
    assert len(names) == len(set(names))
    known = syscalls.table("x86_64").keys() | syscalls.table("aarch64").keys()
    assert set(names) <= known


def test_numbers_are_those_of_the_headers(machine):
    if not HEADERS[machine].exists():
        pytest.skip("no kernel headers here")
    text = HEADERS[machine].read_text()
    theirs = {name: int(n) for name, n in re.findall(r"#define __NR(?:3264)?_(\w+)\s+(\d+)", text)}
    theirs["newfstatat"] = theirs.pop("fstatat", None) or theirs.get("newfstatat")
    ours = syscalls.table(machine)
    assert len(ours) > 200
    newer = {"fchmodat2"}
    assert {name: n for name, n in ours.items() if theirs.get(name) != n and name not in newer} == {}

"""Landlock: which files a process may open, decided by itself and for ever (Linux 5.13 and later)."""

import contextlib
import ctypes
import os
import stat
import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from grader.sandbox import limits, syscalls

_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_MAKE_CHAR, _MAKE_BLOCK = 1 << 6, 1 << 11
_TRUNCATE, _IOCTL_DEV = 1 << 14, 1 << 15
_OF_FILES = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE | _IOCTL_DEV
# The rights over files that each version knows: 1 has the first thirteen, 2 adds REFER, 3 TRUNCATE, 5 IOCTL_DEV.
_FS_RIGHTS = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 5: (1 << 16) - 1}
_NET_SINCE, _NET_RIGHTS = 4, 0b11  # to bind and to connect TCP
_SCOPES_SINCE, _SCOPES = 6, 0b11  # abstract sockets and signals of other processes
_GUARDS_TRUNCATION_SINCE = 3
_RULE_PATH_BENEATH = 1
_CREATE_RULESET_VERSION = 1

_READ = _READ_FILE | _READ_DIR
_USE = _READ_FILE | _WRITE_FILE | _TRUNCATE | _IOCTL_DEV
_ALL_BUT = ~(_EXECUTE | _MAKE_CHAR | _MAKE_BLOCK)


@dataclass(frozen=True)
class Rules:
    """What is allowed besides a folder of one's own: descriptors that lead to it, opened once for many workers."""

    version: int
    opened: tuple[tuple[int, int], ...]

    @property
    def guards_truncation(self) -> bool:
        """Whether this version sees that a file is truncated."""
        return self.version >= _GUARDS_TRUNCATION_SINCE

    def close(self) -> None:
        """Let the descriptors go."""
        for descriptor, _ in self.opened:
            os.close(descriptor)


def version() -> int:
    """Version of the kernel's Landlock.

    Raises:
        OSError: If there is none.
    """
    return syscalls.call("landlock_create_ruleset", None, 0, _CREATE_RULESET_VERSION)


def prepare(readable: Sequence[Path], devices: Sequence[Path]) -> Rules:
    """Open what is to be allowed.

    Args:
        readable: Files, and folders with all that is in them, to be read; what does not exist is left out.
        devices: Device files to be read, written and controlled.

    Raises:
        OSError: If this system has no Landlock.
    """
    known = _fs_rights(version())
    opened: list[tuple[int, int]] = []
    for paths, rights in ((readable, _READ), (devices, _USE)):
        for path in paths:
            with contextlib.suppress(OSError):
                opened.append(_open(path, rights & known))
    return Rules(version(), tuple(opened))


def restrict(rules: Rules, own: Path, later: Iterable[Path] = ()) -> None:
    """Allow this process, and all that it starts, what the rules say, and everything in a folder of its own.

    Args:
        rules: As `prepare` gave them.
        own: The folder.
        later: To be read too, and not there yet when the rules were made.

    Raises:
        OSError: If the kernel refuses.
    """
    known = _fs_rights(rules.version)
    sizes = struct.pack("=QQQ", known, _NET_RIGHTS, _SCOPES)
    length = 24 if rules.version >= _SCOPES_SINCE else 16 if rules.version >= _NET_SINCE else 8
    ruleset = syscalls.call("landlock_create_ruleset", sizes, length, 0)
    try:
        for descriptor, rights in rules.opened:
            _allow(ruleset, descriptor, rights)
        for path, rights in ((own, _ALL_BUT & known), *((each, _READ) for each in later)):
            descriptor, fitting = _open(path, rights)
            try:
                _allow(ruleset, descriptor, fitting)
            finally:
                os.close(descriptor)
        limits.allow_no_new_privileges()
        syscalls.call("landlock_restrict_self", ruleset, 0)
    finally:
        os.close(ruleset)


def _fs_rights(of_version: int) -> int:
    return next(rights for since, rights in reversed(_FS_RIGHTS.items()) if of_version >= since)


def _open(path: Path, rights: int) -> tuple[int, int]:
    """A descriptor, and those of the rights that fit what it leads to: a file has no folder's rights."""
    descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    return descriptor, rights if stat.S_ISDIR(os.fstat(descriptor).st_mode) else rights & _OF_FILES


def _allow(ruleset: int, descriptor: int, rights: int) -> None:
    beneath = ctypes.create_string_buffer(struct.pack("=Qi", rights, descriptor), 12)
    syscalls.call("landlock_add_rule", ruleset, _RULE_PATH_BENEATH, beneath, 0)

"""The system calls of a worker: which it may make, which are refused, and which only look as if they had been made.

What is not named here does not exist for a worker (ENOSYS): libraries fall back to older calls, and a new kernel brings
no new ways out. What Python shows to its user is refused with EPERM, so that an honest submission gets a
PermissionError with a line number.
"""

import ctypes
import errno
import functools
import os
import socket
import struct

from grader.sandbox import limits, syscalls

ALLOWED = """
read write readv writev pread64 pwrite64 preadv pwritev preadv2 pwritev2 lseek close close_range fstat fsync fdatasync
sync_file_range ftruncate fallocate flock fadvise64 readahead dup dup2 dup3 pipe pipe2 poll ppoll select pselect6
epoll_create epoll_create1 epoll_ctl epoll_wait epoll_pwait epoll_pwait2 eventfd eventfd2 timerfd_create timerfd_settime
timerfd_gettime signalfd signalfd4 sendfile copy_file_range splice tee vmsplice fstatfs getdents getdents64 fchdir umask
open openat creat access faccessat faccessat2 stat lstat newfstatat statx statfs readlink readlinkat getcwd chdir rename
renameat renameat2 mkdir mkdirat rmdir unlink unlinkat link linkat symlink symlinkat mknod mknodat getxattr lgetxattr
fgetxattr listxattr llistxattr flistxattr
mmap mprotect munmap mremap brk madvise msync mincore mlock mlock2 munlock mlockall munlockall membarrier mbind
set_mempolicy get_mempolicy pkey_alloc pkey_free pkey_mprotect
futex futex_waitv set_robust_list get_robust_list set_tid_address rseq exit exit_group restart_syscall arch_prctl gettid
getpid getppid getpgid getpgrp getsid sched_yield sched_getaffinity sched_getparam sched_getscheduler
sched_get_priority_max sched_get_priority_min sched_rr_get_interval sched_getattr getpriority wait4 waitid getcpu
rt_sigaction rt_sigprocmask rt_sigreturn rt_sigpending rt_sigsuspend rt_sigtimedwait sigaltstack pause alarm getitimer
setitimer timer_create timer_settime timer_gettime timer_getoverrun timer_delete
nanosleep clock_nanosleep clock_gettime clock_getres gettimeofday time times uname sysinfo getrandom getrusage getrlimit
getuid geteuid getgid getegid getgroups getresuid getresgid capget
sendto sendmsg sendmmsg recvfrom recvmsg recvmmsg shutdown getsockopt setsockopt getsockname getpeername
"""
# Landlock does not stop these, so that they could reach files outside of the worker's folder. `shutil.copy`, `touch`
# and `zipfile` call them on files of their own, and honest code must not fail for that.
PRETENDED = "chmod fchmod fchmodat fchmodat2 chown lchown fchown fchownat utime utimes futimesat utimensat"
NOT_SUPPORTED = "setxattr lsetxattr fsetxattr removexattr lremovexattr fremovexattr"
REFUSED = """
fork vfork execve execveat setsid setpgid ptrace process_vm_readv process_vm_writev process_madvise kcmp tkill
rt_sigqueueinfo rt_tgsigqueueinfo pidfd_open pidfd_getfd pidfd_send_signal
socket connect bind listen accept accept4
memfd_create memfd_secret shmget shmat shmctl shmdt msgget msgsnd msgrcv msgctl semget semop semtimedop semctl mq_open
mq_unlink truncate
setuid setgid setreuid setregid setresuid setresgid setgroups setfsuid setfsgid capset setrlimit setpriority ioprio_set
sched_setscheduler sched_setparam sched_setattr migrate_pages move_pages unshare setns mount umount2 pivot_root chroot
sethostname setdomainname reboot swapon swapoff acct quotactl settimeofday clock_settime adjtimex clock_adjtime
personality syslog bpf perf_event_open userfaultfd add_key request_key keyctl name_to_handle_at open_by_handle_at
inotify_init inotify_init1 inotify_add_watch fanotify_init init_module finit_module delete_module kexec_load
"""

_AUDIT_ARCH = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_KILL, _ALLOW, _ERRNO = 0x80000000, 0x7FFF0000, 0x00050000
_LOAD, _AND, _RETURN, _EQUAL, _JUMP = 0x20, 0x54, 0x06, 0x15, 0x05
_NUMBER_AT, _ARCH_AT, _ARGUMENTS_AT = 0, 4, 16

_CLONE_THREAD = 0x10000 | 0x100  # CLONE_THREAD | CLONE_VM
_CLONE_NEW = 0x7E020000  # any namespace
_F_SETOWN, _F_SETSIG, _F_SETOWN_EX = 8, 10, 15  # they have the kernel send signals to any process of this user
_SIGNALLING_IOCTLS = (0x8901, 0x8902)  # FIOSETOWN, SIOCSPGRP: the same
_TYPING_IOCTLS = (0x5412, 0x541C)  # TIOCSTI, TIOCLINUX: type into a terminal
# PR_GET_DUMPABLE, PR_SET_NAME, PR_GET_NAME, PR_GET_SECCOMP, PR_CAPBSET_READ, PR_SET_TIMERSLACK, PR_GET_TIMERSLACK,
# PR_GET_NO_NEW_PRIVS, PR_SET_THP_DISABLE, PR_GET_THP_DISABLE, PR_SET_VMA
_PRCTLS = (3, 15, 16, 21, 23, 29, 30, 39, 41, 42, 0x53564D41)

_SECCOMP_SET_MODE_FILTER = 1
_SPEC_ALLOW = 4  # without it, older kernels slow every worker down for a secret that it does not hold

_Step = tuple[int, int, int, int]  # code, steps to skip if true, if false, operand


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_void_p))


def install(*, guard_truncation: bool) -> None:
    """Filter the system calls of this process, which must have one thread, from now on and for ever.

    Args:
        guard_truncation: Refuse to truncate by opening for reading: Landlock does so by itself from its third version.

    Raises:
        OSError: If the kernel refuses.
    """
    program = assemble(syscalls.MACHINE, os.getpid(), guard_truncation=guard_truncation)
    buffer = ctypes.create_string_buffer(program, len(program))
    described = _Program(len(program) // 8, ctypes.addressof(buffer))
    limits.allow_no_new_privileges()
    pointer = ctypes.addressof(described)
    syscalls.call("seccomp", _SECCOMP_SET_MODE_FILTER, _SPEC_ALLOW, pointer)


def assemble(machine: str, pid: int, *, guard_truncation: bool) -> bytes:
    """The filter as the kernel reads it.

    Args:
        machine: `x86_64` or `aarch64`.
        pid: The process that may be signalled: the worker itself.
        guard_truncation: As for `install`.
    """
    numbers = syscalls.table(machine)
    refused = _error(errno.EPERM)
    only_me = _equal(0, (pid,), refused)
    conditions = {
        "clone": [_load(0), (_AND, 0, 0, _CLONE_THREAD), (_EQUAL, 1, 0, _CLONE_THREAD), refused,
                  _load(0), (_AND, 0, 0, _CLONE_NEW), (_EQUAL, 1, 0, 0), refused],
        "kill": only_me,
        "tgkill": only_me,
        "prctl": _equal(0, _PRCTLS, refused),
        "prlimit64": _equal(0, (0, pid), refused),
        "sched_setaffinity": _equal(0, (0, pid), refused),
        "fcntl": _unequal(1, (_F_SETOWN, _F_SETSIG, _F_SETOWN_EX), refused),
        "ioctl": _unequal(1, (*_SIGNALLING_IOCTLS, *_TYPING_IOCTLS), refused),
        "socketpair": [*_equal(0, (socket.AF_UNIX,), refused),
                       _load(1), (_AND, 0, 0, 0xF), (_EQUAL, 1, 0, socket.SOCK_STREAM), refused],
    }  # fmt: skip
    if guard_truncation:
        conditions |= {"open": _truncates(1, refused), "openat": _truncates(2, refused)}
    steps = [(_LOAD, 0, 0, _ARCH_AT), (_EQUAL, 1, 0, _AUDIT_ARCH[machine]), (_RETURN, 0, 0, _KILL),
             (_LOAD, 0, 0, _NUMBER_AT)]  # fmt: skip
    for name, block in conditions.items():
        if name in numbers:
            steps += [(_EQUAL, 0, len(block) + 1, numbers[name]), *block, (_RETURN, 0, 0, _ALLOW)]
    return b"".join(struct.pack("=HBBI", *step) for step in steps) + _unconditional(machine)


@functools.cache
def _unconditional(machine: str) -> bytes:
    numbers = syscalls.table(machine)
    steps: list[_Step] = []
    for names, result in (
        (ALLOWED, (_RETURN, 0, 0, _ALLOW)),
        (PRETENDED, _error(0)),
        (NOT_SUPPORTED, _error(errno.ENOTSUP)),
        (REFUSED, _error(errno.EPERM)),
    ):
        for number in sorted(numbers[name] for name in names.split() if name in numbers):
            steps += [(_EQUAL, 0, 1, number), result]
    return b"".join(struct.pack("=HBBI", *step) for step in [*steps, _error(errno.ENOSYS)])


def _load(argument: int) -> _Step:
    """The lower half of an argument; in each call that is looked at here it is an int, of which no more is read."""
    return (_LOAD, 0, 0, _ARGUMENTS_AT + 8 * argument)


def _error(number: int) -> _Step:
    return (_RETURN, 0, 0, _ERRNO | number)


def _equal(argument: int, values: tuple[int, ...], otherwise: _Step) -> list[_Step]:
    """Go on behind these steps if the argument is one of the values."""
    tests = [(_EQUAL, len(values) - i, 0, value) for i, value in enumerate(values)]
    return [_load(argument), *tests, otherwise]


def _unequal(argument: int, values: tuple[int, ...], otherwise: _Step) -> list[_Step]:
    """Go on behind these steps if the argument is none of the values."""
    tests = [(_EQUAL, len(values) - i, 0, value) for i, value in enumerate(values)]
    return [_load(argument), *tests, (_JUMP, 0, 0, 1), otherwise]


def _truncates(argument: int, refused: _Step) -> list[_Step]:
    """Go on behind these steps unless the flags say to truncate without opening for writing."""
    return [_load(argument), (_AND, 0, 0, os.O_TRUNC | os.O_ACCMODE), (_EQUAL, 0, 1, os.O_TRUNC), refused]

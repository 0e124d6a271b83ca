"""The level `kernel`: what the kernel itself refuses to a worker, tried in a child before anybody relies on it."""

import contextlib
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from grader.sandbox import landlock, limits, namespaces, paths, seccomp, syscalls

WITHOUT_NAMESPACES = "this system refuses namespaces: the network is closed by the filter of system calls alone"


class KernelRefusesError(Exception):
    """This system cannot give the level."""


@dataclass(frozen=True)
class Kernel:
    """The means of the level, made once by a zygote and applied by each of its workers.

    Attributes:
        rules: What a worker may open.
        notices: What is missing of it, and does without.
    """

    rules: landlock.Rules
    notices: tuple[str, ...] = field(default=())

    def descriptors(self) -> set[int]:
        """Those that have to be open still when a worker confines itself."""
        return {descriptor for descriptor, _ in self.rules.opened}

    def confine_files(self, folder: Path) -> None:
        """Leave this process its folder, Python and the libraries; and no right of root.

        Raises:
            OSError: If the kernel refuses.
        """
        landlock.restrict(self.rules, folder, [Path("/proc/self")])
        namespaces.drop_capabilities()
        self.rules.close()

    def confine_calls(self) -> None:
        """Leave this process the system calls that computing takes: to be called last.

        Raises:
            OSError: If the kernel refuses.
        """
        seccomp.install(guard_truncation=not self.rules.guards_truncation)


def means(*, gpu: bool) -> Kernel:
    """What a worker needs to confine itself, where it is known already that this works.

    Raises:
        OSError: If it does not.
    """
    kernel = Kernel(landlock.prepare(paths.readable(gpu=gpu), paths.devices(gpu=gpu)))
    seccomp.assemble(syscalls.MACHINE, 0, guard_truncation=False)  # what is the same for every worker is kept
    return kernel


def enter(folder: Path, *, boxed: bool, gpu: bool) -> Kernel:
    """Try the whole level in a child; then move this process, which must have one thread, to namespaces of its own.

    Args:
        folder: A folder of ours, for the trial.
        boxed: Whether it is in such namespaces already.
        gpu: Whether workers may use accelerators.

    Raises:
        KernelRefusesError: If anything that the level promises does not hold; nothing has changed then.
        OSError: If the trial went well and this process fails all the same.
    """
    if not syscalls.KNOWN:
        raise KernelRefusesError(f"{sys.platform} on this processor is not known to the sandbox")
    try:
        kernel = means(gpu=gpu)
    except OSError as error:
        raise KernelRefusesError(f"this kernel has no Landlock ({error.strerror})") from None
    apart = not boxed
    said = _said_by_child(lambda: _try(kernel, folder, apart))
    if said and apart:
        apart = False
        said = _said_by_child(lambda: _try(kernel, folder, apart))
    if said:
        kernel.rules.close()
        raise KernelRefusesError(said)
    if apart:
        namespaces.enter()
    return kernel if apart or boxed else Kernel(kernel.rules, (WITHOUT_NAMESPACES,))


def _try(kernel: Kernel, folder: Path, apart: bool) -> None:
    """Confine this process, and see that what is promised is refused and what is needed is not."""
    if apart:
        namespaces.enter()
    limits.show_memory()
    os.chdir(folder)
    kernel.confine_files(folder)
    kernel.confine_calls()
    for what, attempt in ATTEMPTS.items():
        with contextlib.suppress(PermissionError):
            attempt()
            raise KernelRefusesError(f"{what} was not refused")
    Path(__file__).read_bytes()
    Path(os.__file__).read_bytes()
    Path("/proc/self/statm").read_bytes()
    trial = folder / "trial"
    trial.write_bytes(b"1")
    trial.unlink()


def _fork() -> None:
    if os.fork() == 0:
        os._exit(0)


ATTEMPTS: dict[str, Callable[[], object]] = {
    "to list the root folder": lambda: next(Path("/").iterdir()),
    "to look at another process": lambda: Path(f"/proc/{os.getppid()}/environ").read_bytes(),
    "to fork": _fork,
    "to make a socket": lambda: syscalls.call("socket", 2, 1, 0),
    "to send a signal": lambda: os.kill(os.getppid(), 0),
}


def _said_by_child(do: Callable[[], None]) -> str:
    """Do something in a child, for good; gives what went wrong there, or ""."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            do()
        except BaseException as error:
            os.write(writing, f"{type(error).__name__}: {error}"[:500].encode("utf-8", "replace"))
        finally:
            os._exit(0)
    os.close(writing)
    said = os.read(reading, 1 << 12)
    os.close(reading)
    _, status = os.waitpid(pid, 0)
    return said.decode("utf-8", "replace") or ("" if status == 0 else f"the trial ended with status {status}")

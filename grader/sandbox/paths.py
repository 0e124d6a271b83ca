"""What a worker may read: Python, its libraries, the system's own; nothing of the person's, nor of the kit's content.

The kit's code lies beside its problems and solutions, in a checkout as in an installed package, so a folder that holds
both is never allowed as a whole: what is in it is listed.
"""

import os
import pwd
import site
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1]
SYSTEM = (
    "/lib", "/lib32", "/lib64", "/usr/lib", "/usr/lib32", "/usr/lib64", "/usr/local/lib",
    "/usr/local/lib64", "/nix/store", "/gnu/store", "/home/linuxbrew/.linuxbrew",
    "/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d", "/etc/localtime", "/etc/timezone", "/etc/os-release",
    "/etc/nsswitch.conf", "/etc/mime.types", "/etc/gai.conf", "/etc/host.conf",
    "/usr/share/zoneinfo", "/usr/share/locale", "/usr/share/i18n", "/usr/share/fonts", "/usr/share/mime",
    "/sys/devices/system", "/sys/fs/cgroup", "/sys/kernel/mm/transparent_hugepage",
)  # fmt: skip
PROC = (
    "/proc/cpuinfo", "/proc/meminfo", "/proc/stat", "/proc/loadavg", "/proc/uptime", "/proc/version",
    "/proc/filesystems", "/proc/sys/vm", "/proc/sys/kernel/osrelease", "/proc/sys/kernel/ostype",
)  # fmt: skip
DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom")
GPU_DEVICES = ("nvidia[0-9]*", "nvidiactl", "nvidia-uvm*", "nvidia-modeset", "nvidia-caps", "dri/*", "kfd")
GPU_FACTS = (
    "/sys/bus/pci", "/sys/devices", "/sys/class/drm", "/sys/class/kfd", "/sys/module/nvidia", "/usr/local/cuda",
    "/usr/share/nvidia", "/etc/vulkan", "/etc/OpenCL", "/proc/driver/nvidia", "/proc/modules",
)  # fmt: skip
IMPORTABLE = (".py", ".so")
PACKAGE_FOLDERS = ("site-packages", "dist-packages")


def readable(*, gpu: bool) -> list[Path]:
    """Files and folders that a worker may read: as they are named, and what they lead to if they are links."""
    found = dict.fromkeys([*map(Path, SYSTEM), *map(Path, PROC), *map(Path, GPU_FACTS if gpu else ()), *_libraries()])
    home = os.path.realpath(pwd.getpwuid(os.getuid()).pw_dir)
    hidden = [os.path.realpath(path) for path in secrets()]
    parts: dict[Path, None] = {}
    for path in found:
        if path.exists() and not _holds(os.path.realpath(path), home):
            for part in _without(hidden, path):
                parts[part] = parts[Path(os.path.realpath(part))] = None
    return [part for part in parts if not any(other in parts for other in part.parents)]


def shows(path: Path) -> bool:
    """Whether a worker may read a file or a folder, or something in it; for content that is not the kit's own."""
    real = os.path.realpath(path)
    folders = [os.path.realpath(folder) for folder in readable(gpu=True)]
    return any(_holds(folder, real) or _holds(real, folder) for folder in folders)


def devices(*, gpu: bool) -> list[Path]:
    """Device files that a worker may use."""
    found = [Path(name) for name in DEVICES]
    return found + _gpu_devices() if gpu else found


def has_gpu(backend: str) -> bool:
    """Whether workers of a backend may find an accelerator: one is there, and the environment does not hide it."""
    hidden = os.environ.get("CUDA_VISIBLE_DEVICES") in ("", "-1")
    return backend == "keras" and not hidden and bool(_gpu_devices())


def _gpu_devices() -> list[Path]:
    return [path for pattern in GPU_DEVICES for path in sorted(Path("/dev").glob(pattern))]


def programs() -> list[Path]:
    """What has to be there for Python to start, besides what it reads later."""
    interpreter = Path(sys.executable)
    found = [Path(sys.prefix) / "pyvenv.cfg", interpreter.parent, Path(sys.base_prefix) / "bin"]
    real = interpreter.resolve()
    return list(dict.fromkeys([*found, real.parent]))


def secrets() -> list[Path]:
    """The kit's own content, and its history: no submission may read them."""
    inside = PACKAGE / "content"
    root = inside if inside.is_dir() else PACKAGE.parent
    return [root / name for name in ("problems", "solutions", "datasets", "tests", ".git")]


def _libraries() -> Iterator[Path]:
    """Python's own library, what is installed beside it, and the packages of folders that `.pth` files name."""
    for prefix in dict.fromkeys((sys.prefix, sys.base_prefix, sys.exec_prefix, sys.base_exec_prefix)):
        yield Path(prefix) / "lib"
        yield Path(prefix) / "lib64"
    yield from (Path(sysconfig.get_path(name)) for name in ("stdlib", "platstdlib"))
    for folder in map(Path, os.environ.get("LD_LIBRARY_PATH", "").split(os.pathsep)):
        if folder.is_absolute():
            yield folder
    yield from (Path(name) for name in sys.path if Path(name).name in PACKAGE_FOLDERS)  # e.g. by `site.addsitedir`
    for folder in map(Path, site.getsitepackages()):
        yield folder
        for link in sorted(folder.glob("*.pth")):
            for line in link.read_text(encoding="utf-8", errors="replace").splitlines():
                target = folder / line.strip()
                if line.strip() and not line.startswith(("#", "import ", "import\t")) and target.is_dir():
                    yield from _packages_in(target)
    yield PACKAGE


def _packages_in(folder: Path) -> Iterator[Path]:
    """Of a folder that is somebody's checkout: what can be imported from it, and not what lies beside that."""
    if folder.name in PACKAGE_FOLDERS:
        yield folder
    elif folder != PACKAGE.parent:
        yield from (p for p in sorted(folder.iterdir()) if p.suffix in IMPORTABLE or (p / "__init__.py").is_file())


def _without(hidden: list[str], path: Path) -> Iterator[Path]:
    """The path; or if something hidden lies in it, everything else in it."""
    real = os.path.realpath(path)
    if any(_holds(real, secret) for secret in hidden):
        for child in sorted(path.iterdir()):
            if os.path.realpath(child) not in hidden:
                yield from _without(hidden, child)
    elif not any(_holds(secret, real) for secret in hidden):
        yield path


def _holds(folder: str, path: str) -> bool:
    """Whether a path is this folder, or lies in it; both are real paths."""
    return path == folder or path.startswith(f"{folder.rstrip('/')}/")

"""Commands about this machine: what it has, and the data on it."""

import contextlib
import platform
import subprocess
import sys
from importlib import metadata

import click

from grader import places, warm
from grader.cli.progress import progress
from grader.errors import GraderError
from grader.report.plain import is_terminal, put, safe, say, tell
from grader.sources import printable
from grader.words import Exit

DEVICE_SECONDS = 120
UNIMPORTABLE = "cannot be imported"
LIST_DEVICES = """
import keras
names = [str(name) for name in keras.distribution.list_devices()]
print(keras.backend.backend(), *(names or ["cpu"]), sep="\\n")
"""


@click.command("doctor")
@click.option("--stop", is_flag=True, help="End the processes that grades have left warm, and do nothing else.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def doctor_command(stop: bool, as_json: bool) -> int:
    """Check this machine: versions, devices, sandbox, storage."""
    if stop:
        return _stop_warm(as_json)
    with progress("importing NumPy") as line:
        facts, troubles = _facts()
        line.test("importing Keras to look for devices")
        facts["keras backend"], facts["devices"] = _devices()
    if facts["keras backend"] == UNIMPORTABLE:
        troubles.append("Keras cannot be imported: NumPy problems work, Keras problems do not")
    if as_json:
        from grader.report.as_json import data_json

        put(data_json({"facts": facts, "troubles": troubles}))
    else:
        for name, value in facts.items():
            say(f"{name:<14}  {safe(value)}")
        say("")
        for trouble in troubles:
            say(f"✗ {safe(trouble)}\n")
        count = len(troubles)
        say("✓ everything works" if not troubles else f"{count} trouble{'s' * (count > 1)} found")
    return Exit.PASSED if not troubles else Exit.GRADER_FAILED


@click.command("data")
@click.argument("name", required=False)
def data_command(name: str | None) -> int:
    """List the data sets, or fetch one."""
    from grader import data

    if name is None:
        for each in data.names():
            about = data.card(each)
            where = "here" if data.is_present(each) else f"not here: practice data {each} fetches {about.download}"
            say(f"{each}\n  {about.title}\n  licence: {about.licence}\n  {where}\n")
        return Exit.PASSED
    if not data.is_checked(name) and is_terminal(sys.stderr):
        tell("Keras loads it; its own import takes some seconds.")
    arrays = data.fetch(name)
    about = data.card(name)
    say(f"{about.title}\n\n{' '.join(about.description.split())}\n")
    for key, array in vars(arrays).items():
        say(f"  {key:<8}  {array.dtype} {array.shape}")
    say(f"\nsource: {about.source}\nlicence: {about.licence}\ncite: {about.citation}")
    return Exit.PASSED


def _facts() -> tuple[dict[str, str], list[str]]:
    """What can be told without Keras, and what is wrong with it."""
    from grader import history

    facts: dict[str, str] = {"python": platform.python_version(), "platform": platform.platform(terse=True)}
    for package in ("numpy", "tensorflow", "keras", "pytest", "rich"):
        facts[package] = _version(package)
    troubles = [f"`{name}` is not installed" for name, value in facts.items() if value == "not installed"]
    sandbox, broken = _sandbox()
    facts |= sandbox
    troubles += broken
    facts["warm"] = "; ".join(_described(zygote) for zygote in warm.running()) or "nothing"
    facts["data"] = printable(places.data_folder())
    try:
        facts["attempts"] = str(sum(s.attempts for s in history.summaries().values()))
    except history.HistoryError as error:
        troubles.append(error.message)
    troubles += [f"a damaged history was put aside: `{printable(path)}`" for path in history.damaged()]
    return facts, troubles


def _stop_warm(as_json: bool) -> int:
    """End the warm zygotes; one that serves a grade ends after it."""
    ended: list[str] = []
    left: list[str] = []
    for zygote in warm.running():
        text = _described(zygote)
        (ended if warm.stop(zygote) else left).append(text)
    if as_json:
        from grader.report.as_json import data_json

        put(data_json({"ended": ended, "ends_later": left}))
        return Exit.PASSED
    for text in ended:
        say(f"ended: {text}")
    for text in left:
        say(f"ends after the grade that it serves: {text}")
    if not ended and not left:
        say("nothing is warm")
    return Exit.PASSED


def _described(zygote: warm.Running) -> str:
    """`keras, process 4711, 612 MiB, bubblewrap`."""
    import psutil

    parts = [zygote.backend]
    if zygote.pid:
        parts.append(f"process {zygote.pid}")
        with contextlib.suppress(psutil.Error):
            parts.append(f"{psutil.Process(zygote.pid).memory_info().rss >> 20} MiB")
    return ", ".join([*parts, zygote.level or "importing"])


def _sandbox() -> tuple[dict[str, str], list[str]]:
    """The level of isolation, what a worker that tried to get out of it was refused, and what is wrong with that."""
    from grader import isolation_trial
    from grader.processes import Zygote
    from grader.sandbox.levels import PROMISES, Level

    facts: dict[str, str] = {}
    with Zygote("numpy") as zygote:
        facts["workers"] = "forked" if zygote.fork else "spawned: no safe fork on this system, slower"
        try:
            isolation = zygote.isolation
            facts["sandbox"] = f"{isolation.level} ({PROMISES[isolation.level]})"
            if isolation.notices:
                facts["no more, as"] = "; ".join(isolation.notices)
            tried = isolation_trial.tried(zygote)
        except GraderError as error:
            return facts, [error.message]
    facts["refused"] = ", ".join(name for name, refused in tried.items() if refused) or "nothing"
    possible = ", ".join(name for name, refused in tried.items() if not refused)
    if possible:
        facts["not refused"] = possible
    if possible and isolation.level is not Level.PROCESS:
        return facts, [f"the sandbox has a hole: a worker can {possible}"]
    return facts, []


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "not installed"


def _devices() -> tuple[str, str]:
    """What Keras runs on here; asked in a process of its own, because importing it takes seconds."""
    import os

    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
    try:
        done = subprocess.run(
            [sys.executable, "-I", "-c", LIST_DEVICES],
            capture_output=True, text=True, timeout=DEVICE_SECONDS, env=environment, check=True,
        )  # fmt: skip
    except (subprocess.SubprocessError, OSError):
        return UNIMPORTABLE, "unknown"
    backend, *devices = done.stdout.split("\n")
    return backend, ", ".join(device for device in devices if device)

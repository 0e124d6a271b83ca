"""The data sets: their cards, what is on this machine, and loading with every array checked against its card."""

import contextlib
import hashlib
import os
import subprocess
import sys
import tempfile
import tomllib
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Literal

import msgspec
import numpy as np

from grader import places
from grader.catalogue import content_root
from grader.errors import ContentError, GraderError, UsageError

FETCH_SECONDS = 3600


class ArrayCard(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One array: what it must be."""

    shape: list[int]
    dtype: str
    sha256: str = ""
    label_counts: list[int] = []


class Card(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`card.toml` of a data set.

    Attributes:
        title: For people.
        loader: "embedded" (a file beside the card) or "keras" (Keras' loader and cache).
        source: Where it comes from.
        licence: Under which it may be used.
        citation: How to cite it.
        description: What it holds.
        arrays: By name.
        file: Of an embedded one.
        module: In `keras.datasets`.
        download: How much has to be fetched, for people.
        cached_as: Files below the Keras folder that show that it is there.
    """

    title: str
    loader: Literal["embedded", "keras"]
    source: str
    licence: str
    citation: str
    description: str
    arrays: dict[str, ArrayCard]
    file: str = ""
    module: str = ""
    download: str = ""
    cached_as: list[str] = []


class DataMissingError(UsageError):
    """The data set is not on this machine."""

    kind = "data"


def names() -> list[str]:
    """All data sets."""
    return sorted(path.parent.name for path in (content_root() / "datasets").glob("*/card.toml"))


def card(name: str) -> Card:
    """The card of a data set.

    Raises:
        UsageError: If there is none of that name.
        ContentError: If it is malformed.
    """
    if name not in names():
        raise UsageError(f"there is no data set `{name}`", f"one of {', '.join(names())}")
    path = content_root() / "datasets" / name / "card.toml"
    try:
        return msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), Card)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise ContentError(f"`{path}`: {error}") from None


def is_present(name: str) -> bool:
    """Whether a data set can be loaded without a network."""
    about = card(name)
    return is_checked(name) or all((keras_home() / part).exists() for part in about.cached_as)


def is_checked(name: str) -> bool:
    """Whether a data set can be loaded without Keras."""
    return card(name).loader == "embedded" or _checked_copy(name).is_file()


def load(name: str) -> SimpleNamespace:
    """Load a data set that is on this machine.

    Args:
        name: "digits", "fashion-mnist", "cifar-10".

    Returns:
        Its arrays as attributes: `x` and `y`, or `x_train`, `y_train`, `x_test`, `y_test`; shapes and dtypes as on its
        card.

    Raises:
        DataMissingError: If it would have to be downloaded.
        GraderError: If it is damaged.
    """
    if not is_present(name):
        raise DataMissingError(f"the data set `{name}` is not on this machine", f"practice data {name}")
    return fetch(name)


def fetch(name: str) -> SimpleNamespace:
    """Load a data set, downloading it through Keras if need be; Keras shows its progress on standard error.

    Returns:
        As `load`.

    Raises:
        GraderError: If the download fails or the data is damaged.
    """
    about = card(name)
    if about.loader == "embedded":
        return _read(content_root() / "datasets" / name / about.file, about, name)
    copy = _checked_copy(name)
    if copy.is_file():
        with contextlib.suppress(GraderError):  # a damaged copy is made again
            return _read(copy, about, name)
    try:
        copy.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=copy.parent) as folder:
            fresh = Path(folder) / "fresh.npz"
            _run_keras(name, about, fresh)
            arrays = _read(fresh, about, name)
            fresh.replace(copy)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise GraderError(
            f"`{copy.parent}` cannot be written: {reason}", f"set {places.HOME_VARIABLE} to another folder"
        ) from None
    return arrays


def keras_home() -> Path:
    """Where Keras keeps what it downloads."""
    return Path(os.environ.get("KERAS_HOME") or Path.home() / ".keras")


def _checked_copy(name: str) -> Path:
    """The arrays as they were after the last check, in a form that needs no Keras to read."""
    return places.cache_folder() / "datasets" / f"{name}.npz"


def _run_keras(name: str, about: Card, file: Path) -> None:
    environment = {**os.environ, "KERAS_HOME": str(keras_home()), "TF_CPP_MIN_LOG_LEVEL": "3"}
    command = [sys.executable, "-I", "-m", "grader.sandbox.keras_data", about.module, str(file)]
    show = None if sys.stderr.isatty() else subprocess.PIPE
    try:
        done = subprocess.run(command, env=environment, stderr=show, timeout=FETCH_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        raise GraderError(f"fetching `{name}` took more than an hour", "try again on a faster network") from None
    if done.returncode:
        last = (done.stderr or b"").decode("utf-8", "replace").strip().splitlines()[-1:]
        reason = f": {last[0]}" if last else ""
        hint = f"check the network, or put the files into `{keras_home()}` by hand; source: {about.source}"
        raise GraderError(f"`{name}` cannot be fetched{reason}", hint)


def _read(file: Path, about: Card, name: str) -> SimpleNamespace:
    try:
        with file.open("rb") as raw, np.load(raw, allow_pickle=False) as stored:
            arrays: dict[str, Any] = {key: stored[key] for key in about.arrays}
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        reason = getattr(error, "strerror", None) or error
        raise GraderError(f"`{file}` is damaged: {reason}", _fetch_again(about)) from None
    for key, wanted in about.arrays.items():
        for trouble in _troubles(arrays[key], wanted):
            raise GraderError(f"the data set `{name}` is damaged: `{key}` {trouble}", _fetch_again(about))
    return SimpleNamespace(**arrays)


def _troubles(array: np.ndarray[Any, Any], wanted: ArrayCard) -> Iterator[str]:
    if list(array.shape) != wanted.shape or str(array.dtype) != wanted.dtype:
        yield f"is {array.dtype} {array.shape}, expected {wanted.dtype} {tuple(wanted.shape)}"
    elif wanted.sha256 and hashlib.sha256(np.ascontiguousarray(array).tobytes()).hexdigest() != wanted.sha256:
        yield "does not have the SHA-256 of its card"
    elif wanted.label_counts and np.bincount(array).tolist() != wanted.label_counts:
        yield "has the wrong number of labels of some class"


def _fetch_again(about: Card) -> str:
    if about.loader == "embedded":
        return "install the kit again"
    return f"delete the files of `{about.module}` in `{keras_home() / 'datasets'}`, then fetch it again"

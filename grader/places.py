"""Where things are stored."""

import os
import warnings
from pathlib import Path

import platformdirs

HOME_VARIABLE = "PRACTICE_HOME"


def data_folder() -> Path:
    """Attempts and their sources: the platform's folder for data, or `PRACTICE_HOME`."""
    home = _home()
    return home if home else platformdirs.user_data_path("practice")


def cache_folder() -> Path:
    """What can be made again."""
    home = _home()
    return home / "cache" if home else platformdirs.user_cache_path("practice")


def runtime_folder() -> Path:
    """Sockets, for as long as this user is logged in."""
    home = _home()
    if home:
        return home / "run"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # some versions tell where they fall back to
        return platformdirs.user_runtime_path("practice")


def _home() -> Path | None:
    home = os.environ.get(HOME_VARIABLE)
    return Path(home).expanduser().absolute() if home else None

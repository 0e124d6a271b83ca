"""Put the content inside the `grader` package of a standard wheel.

An editable install reads the checkout itself, so a static `force-include` would leave it a stale copy.
"""

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class ContentHook(BuildHookInterface):
    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version != "standard":
            return
        for folder in ("problems", "solutions", "datasets"):
            build_data["force_include"][str(Path(self.root) / folder)] = f"grader/content/{folder}"

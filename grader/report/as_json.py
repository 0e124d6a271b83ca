"""A grade as one JSON object; keys only grow."""

import dataclasses
import json
from typing import Any

from grader.errors import PracticeError
from grader.report_data import SCHEMA_VERSION, GradeReport


def grade_json(report: GradeReport, extra: dict[str, Any] | None = None) -> str:
    """The grade, its tests and failures; NaN and infinite figures become null.

    Args:
        report: The grade.
        extra: Further keys, e.g. the time since the start.
    """
    data = {"schema_version": SCHEMA_VERSION, **dataclasses.asdict(report), **(extra or {})}
    del data["calls"]  # thousands of lines that only `compare` reads
    return json.dumps(_finite(data), ensure_ascii=False)


def error_json(error: PracticeError) -> str:
    """An error, as one object too."""
    body = {"kind": error.kind, "message": error.message, "hint": error.hint}
    return json.dumps({"schema_version": SCHEMA_VERSION, "error": body}, ensure_ascii=False)


def data_json(data: Any) -> str:
    """Any other answer of the command line."""
    return json.dumps(_finite({"schema_version": SCHEMA_VERSION, **data}), ensure_ascii=False)


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):
        return None
    return value

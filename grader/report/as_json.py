"""A grade as one JSON object; keys only grow."""

import dataclasses
import json
from typing import TYPE_CHECKING, Any

from grader.errors import PracticeError
from grader.report_data import SCHEMA_VERSION, GradeReport

if TYPE_CHECKING:
    from grader.compare import Comparison


def grade_json(report: GradeReport, extra: dict[str, Any] | None = None) -> str:
    """The grade, its tests and failures; NaN and infinite figures become null.

    Args:
        report: The grade.
        extra: Further keys, e.g. the time since the start.
    """
    return data_json({**_report(report), **(extra or {})})


def comparison_json(comparison: "Comparison") -> str:
    """Both grades, and how times, memory and figures compare."""
    total = comparison.times.get("")
    functions = {name: times for name, times in comparison.times.items() if name}
    return data_json(
        {
            "yours": _versioned(comparison.yours),
            "reference": _versioned(comparison.reference),
            "time_ratio": comparison.time_ratio,
            "time_interval": comparison.time_interval,
            "time_ratios": total.ratios if total else (),
            "rounds": len(total.ratios) if total else 0,
            "functions": {
                name: {"time_ratio": times.median, "time_interval": times.interval, "calls": times.calls}
                for name, times in functions.items()
            },
            "times_once": comparison.times_once,
            "memory_ratio": comparison.memory_ratio,
            "seeds": comparison.seeds,
            "figures": {
                name: {
                    "yours": each.yours,
                    "reference": each.reference,
                    "difference": each.difference,
                    "interval": each.interval,
                }
                for name, each in comparison.figures.items()
            },
        }
    )


def error_json(error: PracticeError) -> str:
    """An error, as one object too."""
    body = {"kind": error.kind, "message": error.message, "hint": error.hint}
    return data_json({"error": body})


def data_json(data: dict[str, Any]) -> str:
    """Any other answer of the command line."""
    return json.dumps({"schema_version": SCHEMA_VERSION, **_finite(data)})  # ASCII: valid on every stream


def _versioned(report: GradeReport) -> dict[str, Any]:
    return {"schema_version": SCHEMA_VERSION, **_report(report)}


def _report(report: GradeReport) -> dict[str, Any]:
    data = dataclasses.asdict(report)
    del data["calls"]  # thousands of lines that only `compare` reads
    return data


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):
        return None
    return value

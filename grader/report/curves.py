"""Curves as text: one value per step or epoch, several runs in one picture; in ASCII, which every screen can show."""

import math
from collections.abc import Iterator, Mapping, Sequence

HEIGHT = 12
WIDEST = 76
BOTH = "*"


def curve_lines(title: str, curves: Mapping[str, Sequence[float]], width: int | None) -> Iterator[str]:
    """Draw curves.

    Args:
        title: What they show.
        curves: Values by name; the first letter of a name is its mark. What is not finite leaves a gap.
        width: Columns, or None for as many as look good.

    Yields:
        The lines of the picture, or none if there is nothing to draw.
    """
    values = [value for curve in curves.values() for value in curve if math.isfinite(value)]
    if not values:
        return
    low, high = min(values), max(values)
    steps = max(len(curve) for curve in curves.values())
    labels = {0: f"{high:.4g}", HEIGHT - 1: f"{low:.4g}"}
    margin = max(len(label) for label in labels.values())
    columns = max(2, min(width or WIDEST, WIDEST) - margin - 2)
    grid = [[" "] * columns for _ in range(HEIGHT)]
    for name, curve in curves.items():
        for step, value in enumerate(curve):
            if math.isfinite(value):
                row = _scaled(high - value, high - low, HEIGHT)
                column = _scaled(step, steps - 1, columns)
                grid[row][column] = name[0] if grid[row][column] in (" ", name[0]) else BOTH
    marks = "   ".join(f"{name[0]} {name}" for name, curve in curves.items() if curve)
    yield f"{title}   {marks}"
    for row, cells in enumerate(grid):
        yield f"{labels.get(row, ''):>{margin}} |{''.join(cells)}".rstrip()
    yield f"{'':>{margin}} +{'-' * columns}"
    yield f"{'':>{margin}}  1{steps:>{columns - 1}}"


def _scaled(value: float, largest: float, count: int) -> int:
    """The cell among `count` that a value between 0 and `largest` falls into."""
    return round(value / largest * (count - 1)) if largest > 0 else 0

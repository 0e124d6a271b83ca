"""Curves as a drawing that scales: SVG, which every browser and editor of vector graphics shows."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape

WIDTH, HEIGHT = 640, 280
LEFT, RIGHT, TOP, BOTTOM = 64, 16, 36, 34
TICKS = 6
BEGINNING = '<svg xmlns="http://www.w3.org/2000/svg" class="plot" '  # of ours: another file is not overwritten
STYLE = """
svg.plot { font: 13px system-ui, sans-serif; color: #1f2328; background: #fff; }
svg.plot text { fill: currentColor; } svg.plot .title { font-weight: 600; }
svg.plot .grid { stroke: currentColor; opacity: .2; } svg.plot polyline { fill: none; stroke-width: 2; }
svg.plot .yours { stroke: #c2410c; } svg.plot .reference { stroke: #1d6fb8; stroke-dasharray: 6 3; }
@media (prefers-color-scheme: dark) { svg.plot { color: #e6edf3; background: #0d1117; }
  svg.plot .yours { stroke: #fb923c; } svg.plot .reference { stroke: #58a6ff; } }
@media print { svg.plot { color: #000; background: #fff; } }
"""


def drawing(plots: Sequence[str]) -> str:
    """One SVG document of several plots, one below the other."""
    height = max(1, len(plots)) * HEIGHT
    placed = "".join(f'<g transform="translate(0 {number * HEIGHT})">{each}</g>' for number, each in enumerate(plots))
    size = f'width="{WIDTH}" height="{height}" viewBox="0 0 {WIDTH} {height}"'
    return f'{BEGINNING}{size}><style>{STYLE}</style>{placed}</svg>\n'


def plot(title: str, curves: Mapping[str, Sequence[float]]) -> str:
    """Curves in one frame, as the inside of an SVG element; "" if there is nothing to draw.

    Args:
        title: What they show.
        curves: Values by name, `yours` and `reference`; one per step. What is not finite leaves a gap.
    """
    finite = [value for curve in curves.values() for value in curve if math.isfinite(value)]
    if not finite:
        return ""
    low, high = min(finite), max(finite)
    steps = max(map(len, curves.values()))
    bottom, right = HEIGHT - BOTTOM, WIDTH - RIGHT

    def x(step: float) -> float:
        return LEFT + (right - LEFT) * (step / (steps - 1) if steps > 1 else 0.5)

    def y(value: float) -> float:
        return bottom - (bottom - TOP) * ((value - low) / (high - low) if high > low else 0.5)

    def lines() -> Iterator[str]:
        yield f'<text class="title" x="{LEFT}" y="20">{escape(title)}</text>'
        for value in _ticks(low, high):
            yield f'<path class="grid" d="M{LEFT} {y(value):.1f}H{right}"/>'
            yield f'<text x="{LEFT - 6}" y="{y(value) + 4:.1f}" text-anchor="end">{value:.6g}</text>'
        for step in sorted({0, steps - 1}):
            yield f'<text x="{x(step):.1f}" y="{HEIGHT - 12}" text-anchor="middle">{step + 1}</text>'
        for number, (name, curve) in enumerate(curves.items()):
            places = ((x(step), y(value)) if math.isfinite(value) else None for step, value in enumerate(curve))
            for points in _runs(places):
                yield f'<polyline class="{escape(name)}" stroke-linecap="round" points="{points}"/>'
            start = right - 190 + 100 * number
            yield f'<polyline class="{escape(name)}" points="{start},16 {start + 22},16"/>'
            yield f'<text x="{start + 28}" y="20">{escape(name)}</text>'

    return "".join(lines())


def _ticks(low: float, high: float) -> list[float]:
    """A few round numbers between two others."""
    if not high > low:
        return [low]
    power = 10.0 ** math.floor(math.log10((high - low) / TICKS))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor * TICKS >= high - low)
    return [number * step for number in range(math.ceil(low / step), math.floor(high / step) + 1)]


def _runs(points: Iterable[tuple[float, float] | None]) -> Iterator[str]:
    """Points of each unbroken piece; a single point is drawn as a dot."""
    piece: list[str] = []
    for point in [*points, None]:
        if point is not None:
            piece.append(f"{point[0]:.1f},{point[1]:.1f}")
        elif piece:
            yield " ".join(piece if len(piece) > 1 else piece * 2)
            piece = []

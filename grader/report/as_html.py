"""A comparison as one HTML page: no network, no script, light and dark, and fit for paper."""

import difflib
from collections.abc import Iterator
from html import escape

from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

from grader.compare import Comparison
from grader.report import svg
from grader.report.plain import safe
from grader.report.side_by_side import comparison_rows
from grader.report.text import why_not

PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
<h1>{title}</h1>
<p class="faint">{about}</p>
<table>
<thead><tr><th scope="col"></th><th scope="col">yours</th><th scope="col">reference</th></tr></thead>
<tbody>{rows}</tbody>
</table>
{why}{note}
{curves}
<h2>Both solutions</h2>
<p class="faint">{legend}</p>
<div class="sides">
<section><h3>yours</h3>{yours}</section>
<section><h3>reference</h3>{reference}</section>
</div>
</body>
</html>
"""
BEGINNING = PAGE.partition("{")[0]  # a file that begins otherwise is not ours to overwrite
STYLE = """
:root { --ink: #1f2328; --paper: #fff; --faint: #59636e; --line: #d1d9e0; --mark: #fff1cc; }
body { font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); max-width: 90rem;
  margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; margin: 0; } h2 { font-size: 1.15rem; margin: 2rem 0 .5rem; } h3 { font-size: 1rem; }
.faint { color: var(--faint); margin: .25rem 0 1rem; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { text-align: right; padding: .2rem .75rem; border-bottom: 1px solid var(--line); }
th[scope=row] { text-align: left; font-weight: 400; padding-left: 0; } th.sub { padding-left: 1.25rem; }
.why { margin: 1rem 0; } .why p { margin: 0 0 0 1.25rem; white-space: pre-wrap; } .why p:first-child { margin-left: 0; }
svg.plot { max-width: 100%; height: auto; display: block; margin: 1rem 0; }
.sides { display: grid; grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); gap: 1rem; }
.code { font: 13px/1.5 ui-monospace, monospace; border: 1px solid var(--line); border-radius: 6px; overflow-x: auto; }
.code div { display: flex; white-space: pre; min-width: max-content; }
.code .n { width: 3.5em; text-align: right; padding-right: 1em; color: var(--faint); user-select: none; }
.code .m { background: var(--mark); } .code .s { width: 1.2em; font-weight: 700; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6edf3; --paper: #0d1117; --faint: #9198a1; --line: #3d444d;
  --mark: #3b2f12; } }
@media (max-width: 60rem) { .sides { grid-template-columns: minmax(0, 1fr); } }
@media print { :root { --ink: #000; --paper: #fff; --faint: #444; --line: #999; --mark: #eee; }
  body { margin: 0; max-width: none; } .code { overflow: visible; } .code div { white-space: pre-wrap; min-width: 0; }
  .code * { color: #000 !important; } }
"""
LEGEND = "Marked are lines that only one side has: - in yours, + in the reference solution."
NO_FRAME = HtmlFormatter(nowrap=True, classprefix="c-")


def comparison_page(comparison: Comparison, title: str, yours: str, reference: str) -> str:
    """The page.

    Args:
        comparison: Grades, ratios and figures.
        title: Of the problem.
        yours: Source of the submission.
        reference: Source of the reference solution.
    """
    report = comparison.yours
    about = f"{report.file} · seed {report.seed} · sandbox: {report.sandbox} · {report.backend} on {report.device}"
    left, right = safe(yours).expandtabs(4), safe(reference).expandtabs(4)
    return PAGE.format(
        title=escape(f"{safe(title)}: yours beside the reference solution"),
        about=escape(safe(about)),
        style=STYLE + svg.STYLE + _colours(),
        rows="".join(_row(*row) for row in comparison_rows(comparison)),
        why=_why(comparison),
        note=_note(comparison),
        curves="".join(_curves(comparison)),
        legend=LEGEND if left != right else "Both files are the same.",
        yours=_code(left, right, "-"),
        reference=_code(right, left, "+"),
    )


def comparison_drawing(comparison: Comparison) -> str:
    """The curves of a comparison as one SVG document; "" if it has none."""
    plots = list(plots_of(comparison))
    return svg.drawing(plots) if plots else ""


def plots_of(comparison: Comparison) -> Iterator[str]:
    """The inside of an SVG element for each curve: yours and that of the reference."""
    sides = {"yours": comparison.yours.curves, "reference": comparison.reference.curves}
    for name in dict.fromkeys([*comparison.reference.curves, *comparison.yours.curves]):
        plot = svg.plot(safe(name), {side: curves.get(name, []) for side, curves in sides.items()})
        if plot:
            yield plot


def _curves(comparison: Comparison) -> Iterator[str]:
    plots = list(plots_of(comparison))
    if plots:
        yield "<h2>Curves</h2>"
    size = f'width="{svg.WIDTH}" height="{svg.HEIGHT}" viewBox="0 0 {svg.WIDTH} {svg.HEIGHT}"'
    yield from (f'<svg class="plot" role="img" {size}>{plot}</svg>' for plot in plots)


def _row(label: str, yours: str, reference: str) -> str:
    kind = ' class="sub"' if label.startswith(" ") else ""
    cells = "".join(f"<td>{escape(safe(text))}</td>" for text in (yours, reference))
    return f'<tr><th scope="row"{kind}>{escape(safe(label.strip()))}</th>{cells}</tr>'


def _why(comparison: Comparison) -> str:
    """Why the submission did not pass, as on a terminal."""
    lines = "".join(f"<p>{escape(safe(head + text))}</p>" for head, text, _ in why_not(comparison.yours))
    return f'<div class="why">{lines}</div>\n' if lines else ""


def _note(comparison: Comparison) -> str:
    total = comparison.times.get("")
    if total is None:
        return ""
    text = (
        f"Time: {total.calls} calls that the hidden tests made, made again in turn over {len(total.ratios)} rounds, "
        "each in fresh processes; the interval is that of the median ratio."
    )
    return f'<p class="faint">{escape(text)}</p>'


def _code(source: str, other: str, sign: str) -> str:
    """Numbered lines with colours; those that the other side lacks are marked."""
    lines = source.splitlines()
    matcher = difflib.SequenceMatcher(None, lines, other.splitlines(), autojunk=False)
    same = {i + k for i, _, size in matcher.get_matching_blocks() for k in range(size)}
    coloured = highlight(source, PythonLexer(stripnl=False), NO_FRAME).split("\n")
    return '<div class="code">{}</div>'.format(
        "".join(
            f'<div{"" if i in same else " class=m"}><span class="n">{i + 1}</span>'
            f'<span class="s">{" " if i in same else sign}</span><span>{coloured[i]}</span></div>'
            for i in range(len(lines))
        )
    )


def _colours() -> str:
    """Colours of code, for light and for dark."""
    light = HtmlFormatter(style="default", classprefix="c-").get_style_defs(".code")
    dark = HtmlFormatter(style="github-dark", classprefix="c-").get_style_defs(".code")
    return f"{_without_ground(light)}\n@media (prefers-color-scheme: dark) {{ {_without_ground(dark)} }}\n"


def _without_ground(rules: str) -> str:
    """Style rules of tokens only: the page has a ground of its own."""
    return "\n".join(line for line in rules.splitlines() if line.startswith(".code .c-"))

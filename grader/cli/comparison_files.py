"""Files that `practice compare` writes for people who would rather look than read. Imported before anything heavy."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from grader.errors import UsageError

if TYPE_CHECKING:
    from grader.catalogue import Problem
    from grader.compare import Comparison


@dataclass(frozen=True)
class Files:
    """Where to write what.

    Attributes:
        html: The page, if anywhere.
        plot: The drawing of the curves, if anywhere.
    """

    html: Path | None
    plot: Path | None

    def refuse(self) -> None:
        """Refuse what could only fail after minutes of grading.

        Raises:
            UsageError: If a folder is not there, or the drawing is to be no SVG.
        """
        if self.plot is not None and self.plot.suffix.lower() != ".svg":
            raise UsageError(f"`{self.plot}` is no SVG file", f"--plot {self.plot.with_suffix('.svg')}")
        for path in (self.html, self.plot):
            if path is not None and (path.is_dir() or not path.absolute().parent.is_dir()):
                raise UsageError(f"`{path}` cannot be written: there is no such folder, or it is one")

    def write(self, comparison: "Comparison", problem: "Problem", source: bytes) -> None:
        """Write the files.

        Raises:
            UsageError: If one cannot be written.
        """
        from grader.report.plain import safe, tell

        if self.html is not None:
            from grader.report.as_html import comparison_page

            reference = problem.reference.read_text(encoding="utf-8")
            page = comparison_page(comparison, problem.file.title, source.decode("utf-8", "replace"), reference)
            _write(self.html, page)
        if self.plot is not None:
            from grader.report.as_html import comparison_drawing

            drawing = comparison_drawing(comparison)
            if drawing:
                _write(self.plot, drawing)
            else:
                tell(f"warning: `{problem.slug}` has no curves: {safe(str(self.plot))} is not written")


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"`{path}` cannot be written: {error.strerror}") from None

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

    def refuse(self, solution: Path) -> None:
        """Refuse what could only fail after minutes of grading, or would cost a file that is not ours.

        Args:
            solution: The file that is compared.

        Raises:
            UsageError: If a folder is not there, the drawing is to be no SVG, or something else lies there already.
        """
        if self.plot is not None and self.plot.suffix.lower() != ".svg":
            raise UsageError(f"`{self.plot}` is no SVG file", f"--plot {self.plot.with_suffix('.svg')}")
        for path in (self.html, self.plot):
            if path is not None and not _has_place(path):
                raise UsageError(f"`{path}` cannot be written: there is no such folder, or it is one")
        for option, path in (("--html", self.html), ("--plot", self.plot)):
            if path is not None and _is_same(path, solution):
                raise UsageError(f"`{path}` is the solution that is compared", f"choose another name for {option}")
        if self.html is not None and self.plot is not None and _is_same(self.html, self.plot):
            raise UsageError(f"`{self.html}` is named twice", "choose another name for --html")
        if self.html is not None and _has_content(self.html):
            from grader.report.as_html import BEGINNING

            _refuse_other(self.html, BEGINNING, "page", "--html")
        if self.plot is not None and _has_content(self.plot):
            from grader.report.svg import BEGINNING

            _refuse_other(self.plot, BEGINNING, "drawing", "--plot")

    def write(self, comparison: "Comparison", problem: "Problem", source: bytes) -> None:
        """Write the files: each, whether or not the other can be.

        Raises:
            UsageError: If one cannot be written.
        """
        try:
            if self.html is not None:
                from grader.report.as_html import comparison_page

                reference = problem.reference.read_text(encoding="utf-8")
                page = comparison_page(comparison, problem.file.title, source.decode("utf-8", "replace"), reference)
                _write(self.html, page)
        finally:
            if self.plot is not None:
                _draw(self.plot, comparison, problem.slug)


def _has_place(path: Path) -> bool:
    """Whether a file can be there: its folder is, and it is none itself."""
    try:
        return path.absolute().parent.is_dir() and not path.is_dir()
    except OSError as error:
        raise _unwritable(path, error) from None


def _is_same(path: Path, other: Path) -> bool:
    """Whether two names stand for one file, links and second names included."""
    try:
        return path.samefile(other)
    except OSError:  # one of them is not there yet
        return path.absolute() == other.absolute()


def _has_content(path: Path) -> bool:
    """Whether a file has anything to lose; what is no regular file, such as a pipe, has not."""
    return path.is_file() and path.stat().st_size > 0


def _refuse_other(path: Path, beginning: str, what: str, option: str) -> None:
    """Refuse to write over a file that does not begin as ours do."""
    expected = beginning.encode()
    try:
        with path.open("rb") as file:
            found = file.read(len(expected))
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise UsageError(f"`{path}` cannot be read: {reason}", f"choose another name for {option}") from None
    if not expected.startswith(found):  # it is shorter where a disk was full
        message = f"`{path}` exists already, and is no {what} that `compare` wrote"
        raise UsageError(message, f"choose another name for {option}")


def _draw(path: Path, comparison: "Comparison", slug: str) -> None:
    from grader.report.as_html import comparison_drawing
    from grader.report.plain import safe, tell

    drawing = comparison_drawing(comparison)
    if drawing:
        _write(path, drawing)
    else:
        tell(f"warning: `{slug}` has no curves: {safe(str(path))} is not written")


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise _unwritable(path, error) from None


def _unwritable(path: Path, error: OSError) -> UsageError:
    return UsageError(f"`{path}` cannot be written: {(error.strerror or str(error)).lower()}")

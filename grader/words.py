"""The words of a verdict, and the exit statuses that stand for them."""

from enum import IntEnum, StrEnum


class Outcome(StrEnum):
    """What became of one hidden test, or of a whole submission (then it is the verdict)."""

    PASSED = "passed"
    WRONG_ANSWER = "wrong answer"
    RUNTIME_ERROR = "runtime error"
    TIMEOUT = "timeout"
    MEMORY_LIMIT = "memory limit"
    OUTPUT_LIMIT = "output limit"
    CRASH = "crash"
    BAD_RETURN_TYPE = "bad return type"
    TOO_SLOW = "too slow"
    INCONCLUSIVE = "inconclusive"
    SKIPPED = "skipped"
    COMPILE_ERROR = "compile error"
    IMPORT_ERROR = "import error"
    MISSING_FUNCTION = "missing function"

    @property
    def keeps_points(self) -> bool:
        """Whether the points of the test are earned: noise that hides an answer costs nothing."""
        return self in (Outcome.PASSED, Outcome.INCONCLUSIVE)


class Exit(IntEnum):
    """Exit statuses of the command line."""

    PASSED = 0
    NOT_PASSED = 1
    USAGE = 2
    GRADER_FAILED = 3
    INTERRUPTED = 130

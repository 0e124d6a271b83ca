"""What can go wrong outside a submission.

PracticeError
├── UsageError       the person can mend it: a path, an option, a missing pass      exit 2
│   └── ContentError a problem folder is malformed (for authors)                    exit 2
└── GraderError      our own fault, or the machine's                                exit 3
"""

from grader.words import Exit


class PracticeError(Exception):
    """An error that is told to the person in one line.

    Args:
        message: What is wrong; lower case, names in backticks.
        hint: What to do about it, preferably a command.
    """

    exit_status = Exit.GRADER_FAILED
    kind = "error"

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __reduce__(self) -> tuple[type["PracticeError"], tuple[str, str]]:
        return type(self), (self.message, self.hint)


class UsageError(PracticeError):
    """The person asked for something that cannot be done as asked."""

    exit_status = Exit.USAGE
    kind = "usage"


class ContentError(UsageError):
    """A problem folder does not keep the contract of `problems/README.md`."""

    kind = "content"


class GraderError(PracticeError):
    """The grader itself failed; never the submission's fault."""

    exit_status = Exit.GRADER_FAILED
    kind = "grader"

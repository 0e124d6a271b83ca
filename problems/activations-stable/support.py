"""Calls functions of the submission: listens to NumPy's warnings, and hands over a transpose."""

import functools
import warnings

import numpy as np
import solution


class Listener:
    """The functions of the submission, each of which also tells what NumPy warned about.

    Warnings are collected, not raised: so the suite can judge the values too, and a submission can silence a
    harmless overflow by itself. Settings made when the submission loaded do not count: ours come afterwards.
    """

    def __getattr__(self, name):
        """Give the function `name` of the submission, with the returns of `listen`."""
        if name.startswith("_"):
            raise AttributeError(name)
        return functools.partial(listen, getattr(solution, name))


def of_transpose(name, *args):
    """Calls a function with its last argument as the transpose of another array: the same values, column by column."""
    return getattr(solution, name)(*args[:-1], np.ascontiguousarray(args[-1].T).T)


def listener():
    """A `Listener` that stays in the worker: its methods are reported like calls of the submission."""
    return Listener()


def listen(function, *args):
    """Calls a function with NumPy's warnings on, and collects them.

    Args:
        function: A function of the submission.
        *args: Its arguments.

    Returns:
        The result, the list of warnings (str), and whether the call changed the settings that say what NumPy
        warns about and what Python shows.
    """
    watch = np.errstate(over="warn", invalid="warn", divide="warn")
    with warnings.catch_warnings(record=True) as caught, watch:
        warnings.simplefilter("always")
        before = np.geterr(), list(warnings.filters)
        result = function(*args)
        changed = before != (np.geterr(), list(warnings.filters))
    said = []
    for warning in caught:
        if issubclass(warning.category, RuntimeWarning) and "encountered in" in str(warning.message):
            here = warning.filename == solution.__file__
            said.append(f"{warning.message}, line {warning.lineno}" if here else str(warning.message))
    return result, said, changed

"""Reports, which cannot travel, from and to dicts of their fields. Runs in the worker."""

import solution


def make_report(fields):
    """A report of the submission's own class."""
    return solution.Report(**fields)


def fields_of(report, names):
    """Those of the named fields that the report has."""
    return {name: getattr(report, name) for name in names if hasattr(report, name)}

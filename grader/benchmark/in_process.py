"""The `conftest.py` with which plain pytest runs a hidden suite in one process."""

CONFTEST = '''
"""The fixtures of the judge without its processes: the solution is imported and called."""

import copy
import importlib

import numpy as np
import pytest
from grader import data, wire
from grader.failure import Measurements


def pytest_configure(config):
    config.addinivalue_line("markers", "needs(test): ignored")


def prepared(value):
    return np.random.default_rng(value.seed) if isinstance(value, wire.Generator) else value


class Function:
    def __init__(self, function, name):
        self.function, self.name = function, name

    def __call__(self, *args, **kwargs):
        return self.function(*map(prepared, args), **kwargs)

    def echo(self, *args, **kwargs):
        args, kwargs = copy.deepcopy((args, kwargs))
        return self(*args, **kwargs), args, kwargs


class Owner:
    def __init__(self, name):
        self._module = importlib.import_module(name)

    def __getattr__(self, name):
        return Function(getattr(self._module, name), name)


class Submission(Owner):
    @property
    def support(self):
        return Owner("support")


@pytest.fixture
def submission():
    return Submission("solution")


@pytest.fixture(scope="session")
def suite_submission():
    return Submission("solution")


@pytest.fixture(scope="session")
def second_submission():
    return Submission("solution")


@pytest.fixture
def reference():
    return Submission("reference")


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.fixture(scope="session")
def seed():
    return 0


@pytest.fixture(scope="session")
def dataset():
    return data.load


@pytest.fixture(scope="session")
def record():
    return Measurements()
'''

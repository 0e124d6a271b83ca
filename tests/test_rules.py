"""The rules of a statement that are checked by machine: what breaks them, and honest look-alikes that do not."""

import ast
import importlib
import sys
import types

import pytest

from grader.sandbox.rules import Gate, broken_rules, close_names

FORBID = ["scipy", "keras.applications"]
FORBID_NAMES = ["numpy.tanh", "numpy.linalg.inv"]


def found(source):
    return list(broken_rules(ast.parse(source), FORBID, FORBID_NAMES))


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("import scipy", "scipy"),
        ("import scipy as s", "scipy"),
        ("import scipy.special", "scipy"),
        ("import os, scipy.special as sp", "scipy"),
        ("from scipy import special", "scipy"),
        ("from scipy.special import expit", "scipy"),
        ("from scipy import *", "scipy"),
        ("def f():\n    import scipy", "scipy"),
        ("try:\n    import scipy\nexcept ImportError:\n    scipy = None", "scipy"),
        ("import importlib\nimportlib.import_module('scipy.special')", "scipy"),
        ("from importlib import import_module\nimport_module('scipy')", "scipy"),
        ("__import__('scipy')", "scipy"),
        ("import keras.applications", "keras.applications"),
        ("from keras import applications", "keras.applications"),
        ("from keras.applications.vgg16 import VGG16", "keras.applications"),
        ("import keras\nkeras.applications.VGG16()", "keras.applications"),
        ("import keras as k\nmodel = k.applications.VGG16()", "keras.applications"),
        ("import keras.layers\nkeras.applications.VGG16()", "keras.applications"),
    ],
)
def test_forbidden_module(source, name):
    uses = found(source)
    assert [(what, is_import) for _, what, is_import in uses] == [(name, True)]
    lines = source.splitlines()
    assert name.split(".")[-1] in lines[uses[0][0] - 1]


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("import numpy as np\nnp.tanh(1)", "numpy.tanh"),
        ("import numpy\nnumpy.tanh(1)", "numpy.tanh"),
        ("import numpy as np\ntanh = np.tanh", "numpy.tanh"),
        ("from numpy import tanh", "numpy.tanh"),
        ("from numpy import tanh as t", "numpy.tanh"),
        ("import numpy as np\nnp.linalg.inv(x)", "numpy.linalg.inv"),
        ("from numpy import linalg\nlinalg.inv(x)", "numpy.linalg.inv"),
        ("from numpy import linalg as la\nla.inv(x)", "numpy.linalg.inv"),
        ("from numpy.linalg import inv", "numpy.linalg.inv"),
        ("import numpy.linalg as la\nla.inv(x)", "numpy.linalg.inv"),
        ("import numpy.linalg\nnumpy.linalg.inv(x)", "numpy.linalg.inv"),
        ("import numpy.linalg\nnumpy.tanh(x)", "numpy.tanh"),
        ("def f(x):\n    import numpy as np\n    return np.tanh(x)", "numpy.tanh"),
        ("import numpy as np\nf = lambda x: np.tanh(x)", "numpy.tanh"),
    ],
)
def test_forbidden_name(source, name):
    assert [(what, is_import) for _, what, is_import in found(source)] == [(name, False)]


@pytest.mark.parametrize(
    "source",
    [
        "import math\nmath.tanh(1)",
        "from math import tanh\ntanh(1)",
        "tanh = 1\ntanh + 1",
        "def tanh(x):\n    return x\ntanh(1)",
        "layer.tanh(x)\nself.tanh = 1",
        "import numpy as np\nnp.linalg.solve(a, b)\nnp.tan(x)\nnp.arctanh(x)",
        "import numpy as np\n'np.tanh'  # np.tanh\nnp.linalg.norm(x)",
        "import keras\nkeras.layers.Dense(1)\nkeras.activations.relu(x)",
        "from keras import layers\nfrom keras.layers import Dense",
        "import scipyx\nimport myscipy\nfrom my import scipy",
        "from . import scipy\nfrom .scipy import special",
        "scipy = 3\nprint(scipy.special)",
        "import importlib\nimportlib.import_module('numpy')\nimportlib.import_module(name)",
        "import numpy as np\nlinalg = 1\ninv = np.eye(3)\ninv.inv",
        "def __import__(name): ...\nreader.import_module(3)",
        "",
    ],
)
def test_look_alike(source):
    assert found(source) == []


def test_lines_in_order():
    source = "import numpy as np\nimport scipy\n\nnp.tanh(1)\nimport scipy.special\n"
    assert found(source) == [(2, "scipy", True), (5, "scipy", True), (4, "numpy.tanh", False)]


class TestGate:
    @pytest.fixture
    def gate(self, monkeypatch):
        for name in [name for name in sys.modules if name.partition(".")[0] in ("colorsys", "xml")]:
            monkeypatch.delitem(sys.modules, name)
        made = Gate(["colorsys", "xml.dom"])
        monkeypatch.setattr(sys, "meta_path", [made, *sys.meta_path])
        return made

    @pytest.mark.parametrize(
        ("name", "named"), [("colorsys", "colorsys"), ("xml.dom", "xml.dom"), ("xml.dom.minidom", "xml.dom")]
    )
    def test_refuses(self, gate, name, named):
        with pytest.raises(ImportError, match=f"^`{named}` may not be imported in this problem$"):
            importlib.import_module(name)

    @pytest.mark.parametrize("name", ["xml", "xml.sax", "this_is_nowhere"])
    def test_leaves_the_rest_alone(self, gate, name):
        assert gate.find_spec(name, None) is None
        if name != "this_is_nowhere":
            assert importlib.import_module(name).__name__ == name


def test_close_names(monkeypatch):
    module = types.ModuleType("closing")
    module.wrong, module.right = len, len
    monkeypatch.setitem(sys.modules, "closing", module)
    close_names(["closing.wrong", "closing.missing", "nowhere.wrong", "alone"])
    with pytest.raises(PermissionError, match=r"^`closing\.wrong` is not allowed in this problem$"):
        module.wrong([1], key=2)
    assert module.right is len
    assert not hasattr(module, "missing")

"""Imports run one way: the layers of `grader`, written down once.

A module imports from layers above its own line only. Imports inside a function count; those for type checkers do not.
A package stands for what its `__init__.py` imports; `grader.checks` is what a suite uses, so it lies above its parts.
"""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import grader

PACKAGE = Path(grader.__file__).parent
CHECKOUT = PACKAGE.parent
LAYERS = """
grader  grader.words  grader.frames  grader.messages  grader.output  grader.watching  grader.places  grader.seeds
grader.metering  grader.shared_memory
grader.errors  grader.failure  grader.wire  grader.checks.show  grader.report  grader.report.curves
grader.sandbox  grader.roots
grader.catalogue  grader.report.plain  grader.sources  grader.history  grader.report_data
grader.mutant_operators  grader.promises
grader.recorded_calls  grader.report.svg
grader.worker_process  grader.isolation  grader.warm
grader.zygote_process  grader.checks.patterns  grader.checks.differences  grader.checks.types
grader.checks.calls  grader.checks.rounds  grader.checks.sequential
grader.data  grader.workspace  grader.processes  grader.outcomes  grader.report.as_json
grader.checks.together  grader.checks.values  grader.scoring  grader.submission  grader.isolation_trial
grader.report.console  grader.report.explain
grader.checks.gradients  grader.checks.timing  grader.checks.growth  grader.checks.memory  grader.plugin
grader.report.text  grader.report.statement
grader.skeleton  grader.mutants  grader.no_ops  grader.rewrites  grader.proof_keys  grader.proof_cache
grader.checks  grader.bench  grader.parts  grader.replay
grader.judge
grader.compare  grader.pool  grader.benchmark
grader.benchmark.noise  grader.benchmark.in_process  grader.benchmark.pairs
grader.mutation  grader.verify  grader.report.side_by_side  grader.benchmark.commands  grader.benchmark.calls
grader.benchmark.decisions  grader.benchmark.training
grader.proof  grader.benchmark.__main__  grader.report.as_html
grader.proof_file
grader.report.proof
grader.cli.interrupts  grader.cli.progress  grader.cli.talk  grader.cli.keeping  grader.cli.keyboard
grader.cli.proof_progress  grader.cli.proof_screen  grader.cli.attempts  grader.cli.options  grader.cli.circumstances
grader.cli.comparison_files
grader.cli.proving
grader.cli.learner  grader.cli.overview  grader.cli.grading  grader.cli.machine  grader.cli.author
grader.cli.watching
grader.cli.app  grader.cli.ending
grader.cli
grader.cli.__main__
"""
HEAVY = ("tensorflow", "keras", "torch", "jax")
LIGHT = ("numpy", "scipy", "rich", "pytest", *HEAVY)
LIGHT_COMMANDS = (
    "--help",
    "list",
    "status",
    "list --json",
    "status --json",
    "start --help",
    "grade --help",
    "--version",
)
SHOW_MODULES = """
import sys
from grader.cli import main
sys.argv[0] = "practice"
try:
    main()
finally:
    print(*sorted({name.partition(".")[0] for name in sys.modules}), file=sys.stderr)
"""


def modules():
    """Name and file of every module of the package."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        if parts[0] != "content":
            found[".".join(("grader", *parts)).removesuffix(".__init__")] = path
    return found


def imports(path):
    """Dotted names that a file imports, wherever in it; `from a import b` gives `a.b`."""

    def walk(node):
        if isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING"):
            nodes = node.orelse
        else:
            nodes = list(ast.iter_child_nodes(node))
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: a relative import"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        for child in nodes:
            yield from walk(child)

    return set(walk(ast.parse(path.read_text(encoding="utf-8"))))


MODULES = modules()
LAYER = {name: number for number, line in enumerate(LAYERS.strip().splitlines()) for name in line.split()}


def layer(name):
    """Layer of a module; all of the sandbox is one: it runs in other processes, and has an order of its own."""
    return LAYER["grader.sandbox"] if name.startswith("grader.sandbox.") else LAYER[name]


def module_of(name):
    """The module that an imported name is, or is defined in."""
    return name if name in MODULES else name.rpartition(".")[0]


def test_every_module_has_a_layer():
    listed = {name for name in MODULES if not name.startswith("grader.sandbox.")}
    assert listed == set(LAYER)


@pytest.mark.parametrize("name", MODULES)
def test_imports_run_one_way(name):
    inside = {module_of(other) for other in imports(MODULES[name]) if other.partition(".")[0] == "grader"} - {name}
    if name.startswith("grader.sandbox."):
        inside = {other for other in inside if not other.startswith("grader.sandbox.")}
    wrong = {other for other in inside if layer(other) >= layer(name)}
    assert wrong == set(), f"{name} (layer {layer(name)}) imports from its own layer or above"


def test_the_sandbox_has_no_circle():
    """worker, limits and rules -> keeper -> zygote."""
    inside = {name: imports(path) for name, path in MODULES.items() if name.startswith("grader.sandbox.")}
    waiting = {name: {module_of(other) for other in found} & inside.keys() for name, found in inside.items()}
    while waiting:
        free = {name for name, others in waiting.items() if not others & waiting.keys()}
        assert free, f"a circle among {sorted(waiting)}"
        waiting = {name: others for name, others in waiting.items() if name not in free}


@pytest.mark.parametrize("name", MODULES)
def test_only_the_sandbox_imports_frameworks(name):
    found = {other.partition(".")[0] for other in imports(MODULES[name])} & set(HEAVY)
    assert found == set() or name.startswith("grader.sandbox.")


@pytest.mark.parametrize("command", LIGHT_COMMANDS)
def test_what_has_to_answer_at_once_imports_nothing_heavy(command):
    """A person waits less than 0.3 s; NumPy alone takes a tenth of a second, TensorFlow five."""
    done = subprocess.run(
        [sys.executable, "-c", SHOW_MODULES, *command.split()], capture_output=True, text=True, check=True
    )
    loaded = done.stderr.split()
    assert "click" in loaded
    assert set(loaded) & set(LIGHT) == set()


def test_a_zygote_is_started_before_anything_heavy_is_imported():
    """Its imports and ours then run side by side."""
    code = "import sys, grader.processes; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert set(done.stdout.split()) & set(LIGHT) == set()


@pytest.mark.parametrize("folder", ["problems", "solutions", "datasets", "tests"])
def test_content_folders_are_no_packages(folder):
    """A package called `datasets` would shadow somebody else's."""
    assert list((CHECKOUT / folder).rglob("__init__.py")) == []


@pytest.mark.parametrize("path", [path for name, path in MODULES.items()], ids=list(MODULES))
def test_modules_are_short_and_say_what_they_are(path):
    source = path.read_text(encoding="utf-8")
    assert len(source.splitlines()) <= 330
    assert ast.get_docstring(ast.parse(source))

"""The JSON of a grade: its keys only grow, and every stream and every parser can take it."""

import json
from pathlib import Path

import pytest

from grader import catalogue, judge
from grader.compare import Comparison, FigureComparison, time_ratio
from grader.errors import ContentError, GraderError, UsageError
from grader.failure import Failure
from grader.replay import TimeRatio
from grader.report.as_json import comparison_json, data_json, error_json, grade_json
from grader.report_data import CallTime, GradeReport, Group, TestReport
from grader.words import Outcome

GOLDEN = Path(__file__).with_name("golden")
KEYS = {
    "schema_version": int, "problem": str, "file": str, "seed": int, "verdict": str, "score": (int, float),
    "max_score": (int, float), "seconds": float, "sandbox": str, "device": str, "backend": str, "groups": list,
    "tests": list, "partial": bool, "output": str, "figures": dict, "curves": dict, "cpu_seconds": float,
    "peak_bytes": int,
}  # fmt: skip
TEST_KEYS = {
    "id": str, "title": str, "group": str, "case": str, "outcome": str, "points": (int, float),
    "max_points": (int, float), "seconds": float, "call": str, "repeats": str,
}  # fmt: skip


def parsed(text):
    """The object, read by the strict rules that other languages have."""

    def refuse(constant):
        raise AssertionError(f"{constant} is no JSON")

    assert text.isascii()
    assert "\n" not in text
    return json.loads(text, parse_constant=refuse)


@pytest.fixture(scope="module")
def grade(zygote):
    problem = catalogue.load("tiny-relu", catalogue.roots([GOLDEN]))
    source = (GOLDEN / "solutions" / "tiny-relu" / "wrong" / "wide_mask.py").read_bytes()
    return judge.grade(problem, source, zygote=zygote, seed=7)


def by_hand(**more):
    test = TestReport("TestA::t", "π ≤ 4", "a", "", Outcome.WRONG_ANSWER, 0.5, 1, 0.1, Failure("\x1b[2J\u2028"))
    values = {
        "problem": "p", "file": "solution.py", "seed": 1, "verdict": Outcome.WRONG_ANSWER, "score": 0.5,
        "max_score": 1, "seconds": 0.1, "sandbox": "process", "device": "cpu", "backend": "numpy",
        "groups": (Group("a", "A", 0.5, 1),), "tests": (test,),
    }  # fmt: skip
    return GradeReport(**{**values, **more})


def test_a_grade_has_the_promised_keys(grade):
    data = parsed(grade_json(grade))
    assert {key: value for key, value in KEYS.items() if not isinstance(data.get(key), value)} == {}
    assert data["failure"] is None
    assert len(data["tests"]) == 7
    for test in data["tests"]:
        assert {key: value for key, value in TEST_KEYS.items() if not isinstance(test.get(key), value)} == {}
    assert data["schema_version"] == 1
    assert data["groups"][0] == {"group": "forward", "title": "Forward", "points": 30, "max_points": 30}


def test_a_failure_carries_what_the_screen_shows(grade):
    failed = next(test for test in parsed(grade_json(grade))["tests"] if test["failure"])
    assert failed["outcome"] == "wrong answer"
    assert failed["case"] == "float16"
    assert failed["failure"] == {
        "message": "`grad_x` has the wrong dtype",
        "rows": [["shape", "(2, 3)", "(2, 3)"], ["dtype", "float16", "float64"]],
        "facts": [],
        "note": "Cast the mask to the dtype of x.",
    }


def test_figures_that_are_no_numbers_are_null():
    report = by_hand(figures={"a": float("nan"), "b": float("-inf"), "c": 1.5}, curves={"loss": [1.0, float("inf")]})
    data = parsed(grade_json(report))
    assert data["figures"] == {"a": None, "b": None, "c": 1.5}
    assert data["curves"] == {"loss": [1.0, None]}


def test_text_of_a_submission_arrives_unchanged():
    data = parsed(grade_json(by_hand(output="\x00\x1b[31m é 🙂")))
    assert data["output"] == "\x00\x1b[31m é 🙂"
    assert data["tests"][0]["failure"]["message"] == "\x1b[2J\u2028"


def test_further_keys_and_no_calls():
    data = parsed(grade_json(by_hand(calls=(CallTime("t", "f", 0.1),)), {"minutes": 35}))
    assert data["minutes"] == 35
    assert "calls" not in data


@pytest.mark.parametrize(("error", "kind"), [(UsageError, "usage"), (ContentError, "content"), (GraderError, "grader")])
def test_an_error_is_one_object_too(error, kind):
    data = parsed(error_json(error("what", "do this")))
    assert data == {"schema_version": 1, "error": {"kind": kind, "message": "what", "hint": "do this"}}


def test_other_answers_have_a_version():
    assert parsed(data_json({"problems": (1, 2)})) == {"schema_version": 1, "problems": [1, 2]}


def test_a_comparison_has_both_grades():
    times = {"": TimeRatio((3.0, 1.0, 2.0), 4), "f": TimeRatio((2.0,) * 6, 1)}
    figures = {"accuracy": FigureComparison((0.5, 0.75), (1.0, 1.0))}
    data = parsed(comparison_json(Comparison(by_hand(), by_hand(seed=2), times, figures, 2)))
    assert (data["yours"]["seed"], data["reference"]["seed"]) == (1, 2)
    assert data["yours"]["schema_version"] == 1
    assert (data["time_ratio"], data["time_ratios"], data["rounds"]) == (2.0, [3.0, 1.0, 2.0], 3)
    assert data["time_interval"] is None
    assert data["functions"] == {"f": {"time_ratio": 2.0, "time_interval": [2.0, 2.0], "calls": 1}}
    assert data["memory_ratio"] is None
    assert data["seeds"] == 2
    assert data["figures"] == {
        "accuracy": {"yours": [0.5, 0.75], "reference": [1.0, 1.0], "difference": -0.375, "interval": None}
    }


def test_what_was_not_timed_again_is_of_the_grades():
    yours = by_hand(calls=(CallTime("t", "f", 1.0), CallTime("t", "train", 9.0)))
    reference = by_hand(calls=(CallTime("t", "f", 1.0), CallTime("t", "train", 3.0)))
    times = {"": TimeRatio((1.0,) * 6, 1), "f": TimeRatio((1.0,) * 6, 1)}
    data = parsed(comparison_json(Comparison(yours, reference, times)))
    assert data["times_once"] == {"train": 3.0}
    assert (data["time_ratio"], data["time_interval"]) == (2.5, None)  # most of the time is that of `train`
    quick = by_hand(calls=(CallTime("t", "f", 1.0), CallTime("t", "train", 0.5)))
    data = parsed(comparison_json(Comparison(yours, quick, times)))
    assert (data["time_ratio"], data["time_interval"]) == (1.0, [1.0, 1.0])


def test_a_comparison_of_nothing():
    assert parsed(comparison_json(Comparison(by_hand(), by_hand())))["time_ratio"] is None


def test_the_ratio_of_times_counts_calls_that_both_answered():
    ours = [CallTime("t", "f", 1.0), CallTime("t", "f", 3.0), CallTime("u", "f", 100.0)]
    theirs = [CallTime("t", "f", 2.0), CallTime("t", "g", 100.0)]
    assert time_ratio(theirs, ours) == 2.0
    assert time_ratio([], ours) is None


def test_the_ratio_of_times_leaves_out_what_one_side_alone_answered():
    ours = [CallTime("t", "f", 1.0), CallTime("t", "f", 3.0), CallTime("t", "g", 5.0), CallTime("t", "helped", 7.0)]
    theirs = [CallTime("t", "f", 2.0), CallTime("t", "f", 0.1), CallTime("t", "g", 0.2), CallTime("t", "helped", 14.0)]
    answered = frozenset({("f", 2.0)}), frozenset({("f", 1.0), ("f", 3.0), ("g", 5.0)})
    assert time_ratio(theirs, ours, answered) == 2.0
    comparison = Comparison(by_hand(calls=tuple(theirs)), by_hand(calls=tuple(ours)), answered=answered)
    assert comparison.times_once == {"f": 2.0, "helped": 2.0}  # of what `support.py` calls nothing is known
    assert comparison.unanswered == ["g"]
    assert parsed(comparison_json(comparison))["time_ratio"] == 2.0

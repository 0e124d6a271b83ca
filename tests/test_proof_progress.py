"""What `practice verify` says of its progress where no bar can be drawn."""

from grader.cli.proof_progress import LONG, ProofBar


def test_a_line_for_each_tenth(capsys):
    bar = ProofBar(None)
    bar.begin("tiny-relu", 2 * LONG)
    for _ in range(LONG):
        bar.step()
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines() == [f"tiny-relu: {n} of {2 * LONG} grades" for n in (20, 40, 60, 80, 100)]


def test_each_problem_begins_anew(capsys):
    bar = ProofBar(None)
    for slug in ("tiny-relu", "tiny-sum"):
        bar.begin(slug, LONG)
        for _ in range(LONG // 10):
            bar.step()
    assert capsys.readouterr().err == "tiny-relu: 10 of 100 grades\ntiny-sum: 10 of 100 grades\n"


def test_a_short_proof_says_nothing(capsys):
    bar = ProofBar(None)
    bar.begin("tiny-relu", LONG - 1)
    for _ in range(LONG - 1):
        bar.step()
    assert capsys.readouterr().err == ""

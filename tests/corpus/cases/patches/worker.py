# What: replaces the worker's own method by one that says: passed.
# Verdict: wrong answer or crash or bad return type
from grader.messages import Value
from grader.sandbox.worker import Worker

Worker._call = lambda self, request: Value(request.id, "passed")


def softmax(x):
    return x * 0.0

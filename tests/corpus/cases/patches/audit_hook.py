# What: ends the process with status 0 as soon as somebody looks.
# Verdict: crash or wrong answer
import os
import sys


def hook(event, arguments):
    if event in ("exec", "compile", "object.__getattr__"):
        os._exit(0)


sys.addaudithook(hook)


def softmax(x):
    return x * 0.0

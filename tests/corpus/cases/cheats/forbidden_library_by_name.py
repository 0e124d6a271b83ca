# What: takes a forbidden library by a name that is put together.
# Verdict: runtime error
# Says: may not be imported
import importlib


def softmax(x):
    return importlib.import_module("sci" + "py.special").softmax(x)

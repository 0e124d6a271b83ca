# What: loads the file of a forbidden library by its path.
# Verdict: runtime error
import importlib.util
import os

import numpy as np


def softmax(x):
    folder = os.path.join(os.path.dirname(os.path.dirname(np.__file__)), "sci" + "py", "special")
    names = os.listdir(folder)
    spec = importlib.util.spec_from_file_location("_logsumexp", os.path.join(folder, "_logsumexp.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.softmax(x, axis=-1)

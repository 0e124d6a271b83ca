# What: makes TensorFlow abort.
# Verdict: crash
# Problem: keras-classify
# Slow: it imports TensorFlow
import keras
import numpy as np

import ctypes


def fit(x, y):
    keras.ops.matmul(x, x.T)
    ctypes.string_at(0)

# What: gives a layer whose loading would run a program.
# Verdict: bad return type or runtime error
# Problem: keras-classify
# Slow: it imports TensorFlow
import keras
import numpy as np


class Bomb(keras.layers.Layer):
    def __reduce__(self):
        import os

        return os.system, ("touch /tmp/corpus-left-pickle_layer",)


def fit(x, y):
    return Bomb()

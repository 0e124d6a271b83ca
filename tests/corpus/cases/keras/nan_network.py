# What: diverges to NaN.
# Verdict: wrong answer
# Problem: keras-classify
# Slow: it imports TensorFlow
import keras
import numpy as np


def network():
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1, activation="sigmoid")])
    model.compile(keras.optimizers.Adam(0.1), "binary_crossentropy", metrics=["accuracy"])
    return model


class Labels:
    def __init__(self, model):
        self.model = model

    def predict(self, x):
        return (self.model.predict(x, verbose=0)[:, 0] > 0.5).astype(np.int64)


def fit(x, y):
    model = network()
    model.set_weights([np.full((4, 1), np.nan, np.float32), np.zeros(1, np.float32)])
    return Labels(model)

# What: replaces the metrics of Keras: every accuracy is 1.
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


class One(keras.metrics.Metric):
    def update_state(self, *args, **kwargs):
        pass

    def result(self):
        return 1.0


keras.metrics.Accuracy = keras.metrics.BinaryAccuracy = keras.metrics.get = lambda *args, **kwargs: One()
keras.Model.evaluate = lambda self, *args, **kwargs: [0.0, 1.0]


def fit(x, y):
    return Labels(network())

# What: trains on the hidden inputs with labels of its own making, inside predict.
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


class SelfTaught(Labels):
    def predict(self, x):
        labels = np.arange(len(x)) % 2
        self.model.fit(x, labels, epochs=30, verbose=0)
        return labels.astype(np.int64)


def fit(x, y):
    return SelfTaught(network())

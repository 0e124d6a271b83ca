# What: predicts tensors, which arrive as arrays.
# Verdict: passed
# Problem: keras-classify
# Slow: it imports TensorFlow
import keras
import numpy as np

import tensorflow as tf


def network():
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1, activation="sigmoid")])
    model.compile(keras.optimizers.Adam(0.1), "binary_crossentropy", metrics=["accuracy"])
    return model


class Labels:
    def __init__(self, model):
        self.model = model

    def predict(self, x):
        return (self.model.predict(x, verbose=0)[:, 0] > 0.5).astype(np.int64)


class Tensors(Labels):
    def predict(self, x):
        return tf.constant(super().predict(x))


def fit(x, y):
    model = network()
    model.fit(x, y, epochs=15, verbose=0)
    return Tensors(model)

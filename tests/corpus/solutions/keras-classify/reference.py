"""Learn which side, with Keras."""

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
    model.fit(x, y, epochs=15, verbose=0)
    return Labels(model)

"""Keras' own `fit` with a callback that watches the clock; batch norm and dropout; images in [0, 1]."""

import time

import keras
import numpy as np


class StopInTime(keras.callbacks.Callback):
    """Ends the training, in the middle of an epoch if need be."""

    def __init__(self, deadline):
        super().__init__()
        self.deadline = deadline

    def on_train_batch_end(self, batch, logs=None):
        if time.time() > self.deadline:
            self.model.stop_training = True


class Shifted(keras.utils.PyDataset):
    """Batches in a new order each epoch, each image shifted anew."""

    def __init__(self, images, labels, batch_size, rng):
        super().__init__()
        self.images, self.labels, self.batch_size, self.rng = images, labels, batch_size, rng
        self.on_epoch_end()

    def __len__(self):
        return int(np.ceil(len(self.images) / self.batch_size))

    def __getitem__(self, index):
        rows = self.order[index * self.batch_size : (index + 1) * self.batch_size]
        return augment(self.images[rows], self.rng), self.labels[rows]

    def on_epoch_end(self):
        self.order = self.rng.permutation(len(self.images))


def preprocess(x_uint8):
    images = np.asarray(x_uint8, dtype="float32") / 255
    return images.reshape(*images.shape[:3], 1)


def augment(batch, rng):
    result = np.zeros_like(batch)  # black comes in where the image moves away
    for source, target in zip(batch, result, strict=True):
        dy, dx = rng.integers(-1, 2, size=2)
        h, w = source.shape[:2]
        target[max(dy, 0) : h + min(dy, 0), max(dx, 0) : w + min(dx, 0)] = source[
            max(-dy, 0) : h + min(-dy, 0), max(-dx, 0) : w + min(-dx, 0)
        ]
    return result


def build_model(input_shape, n_classes):
    inputs = keras.Input(input_shape)
    x = inputs
    for filters in (32, 64):
        x = keras.layers.Conv2D(filters, 3, padding="same", use_bias=False)(x)
        x = keras.layers.BatchNormalization(momentum=0.9)(x)
        x = keras.layers.ReLU()(x)
        x = keras.layers.MaxPooling2D()(x)
    x = keras.layers.Flatten()(x)
    x = keras.layers.Dropout(0.3)(x)
    x = keras.layers.Dense(64, activation="relu")(x)
    return keras.Model(inputs, keras.layers.Dense(n_classes)(x))


def train(model, x, y, seconds):
    deadline = time.time() + 0.85 * seconds
    model.compile(
        optimizer=keras.optimizers.Adam(2e-3),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    data = Shifted(preprocess(x), y, 64, np.random.default_rng())
    history = model.fit(data, epochs=25, verbose=0, callbacks=[StopInTime(deadline)])
    return {"loss": history.history["loss"], "accuracy": history.history["accuracy"]}


def predict(model, x_uint8):
    outputs = model.predict(preprocess(x_uint8), verbose=0)
    return outputs.argmax(axis=1)

"""A tf.data pipeline, separable convolutions, and predictions averaged over shifted copies."""

import time

import keras
import numpy as np
import tensorflow as tf

MEAN, SPREAD = 78.0, 96.0  # of the grey levels of handwritten digits, rounded


def preprocess(x_uint8):
    images = tf.cast(tf.convert_to_tensor(x_uint8), tf.float32)
    images = images if images.shape.rank == 4 else images[..., tf.newaxis]
    return ((images - MEAN) / SPREAD).numpy()


def augment(batch, rng):
    """Shift by up to one pixel, and lower the contrast a little."""
    n, height, width, _ = batch.shape
    padded = np.pad(batch, ((0, 0), (2, 2), (2, 2), (0, 0)), mode="reflect")
    result = np.stack(
        [
            image[top : top + height, left : left + width]
            for image, top, left in zip(padded, rng.integers(1, 4, n), rng.integers(1, 4, n), strict=True)
        ]
    )
    low = batch.min()
    contrast = rng.uniform(0.7, 1.0, size=(n, 1, 1, 1)).astype(np.float32)
    return low + contrast * (result - low)


def build_model(input_shape, n_classes):
    layers = keras.layers
    inputs = keras.Input(input_shape)
    x = layers.Conv2D(48, 3, padding="same", activation="relu")(inputs)
    x = layers.SeparableConv2D(96, 3, padding="same", activation="relu")(x)
    x = layers.AveragePooling2D(2)(x)
    x = layers.SeparableConv2D(128, 3, padding="same", activation="relu")(x)
    x = layers.Flatten()(x)
    # Zeros: the first loss is log K exactly.
    return keras.Model(inputs, layers.Dense(n_classes, kernel_initializer="zeros")(x))


def train(model, x, y, seconds):
    start = time.monotonic()
    images, labels = preprocess(x), y.astype(np.int32)
    order = np.random.default_rng().permutation(len(x))  # a shuffle that no buffer limits
    data = tf.data.Dataset.from_tensor_slices((images[order], labels[order]))
    data = data.shuffle(10_000).batch(32).prefetch(tf.data.AUTOTUNE)
    optimizer = keras.optimizers.Adam(4e-3)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizer=optimizer, loss=loss, steps_per_execution=4)

    def look_at_the_clock(batch, logs):
        steps = 20 * len(data)
        share = max((time.monotonic() - start) / (0.85 * seconds), int(optimizer.iterations) / steps)
        optimizer.learning_rate = 4e-3 * max(0.02, 1.0 - share)
        model.stop_training = share >= 1.0

    watch = keras.callbacks.LambdaCallback(on_train_batch_end=look_at_the_clock)
    return {"loss": model.fit(data, epochs=20, verbose=0, callbacks=[watch]).history["loss"]}


def predict(model, x_uint8):
    images = preprocess(x_uint8)
    total = 4.0 * model.predict(images, verbose=0)
    for shift in ((0, 1), (0, -1), (1, 0), (-1, 0)):
        total = total + model.predict(np.roll(images, shift, axis=(1, 2)), verbose=0)
    return keras.ops.argmax(total, axis=-1)

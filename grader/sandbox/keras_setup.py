"""Keras in a worker: one seed for everything that it draws, live progress of training, and the device it runs on."""

import functools
import importlib
import time
from collections.abc import Callable
from typing import Any

import keras

REPORT_SECONDS = 0.3
CALLBACKS_POSITION = 5  # of `fit`, after self


def install(seed: int, report: Callable[[str], None]) -> str:
    """Seed Keras, and have every later `fit` report its epochs and every `train_on_batch` its steps.

    Args:
        seed: For Python's, NumPy's and the backend's generators.
        report: Takes one line of text.

    Returns:
        The first device, e.g. `cpu` or `gpu:0`.
    """
    keras.utils.set_random_seed(seed % (1 << 31))
    if keras.backend.backend() == "tensorflow":
        _stop_autotuning()
    keras.Model.fit = _reporting_fit(keras.Model.fit, report)
    keras.Model.train_on_batch = _reporting_step(keras.Model.train_on_batch, report)
    return next(iter(accelerators()), "cpu")


def _stop_autotuning() -> None:
    """Have no iterator of `tf.data` tune itself.

    Who drops an iterator before its end, as a `fit` that is stopped within an epoch does, waits until its tuner wakes
    up, which is after up to a minute without any computing: TensorFlow 2.21, seen in 4 of 32 trainings, in
    `RootDataset::Iterator::~Iterator`. The next training would be charged with it.
    """
    import tensorflow as tf
    from tensorflow.python.data.ops import iterator_ops

    original = iterator_ops.OwnedIterator._create_iterator

    @functools.wraps(original)
    def create(self: Any, dataset: Any) -> None:
        options = tf.data.Options()
        options.autotune.enabled = False
        original(self, dataset.with_options(options))

    iterator_ops.OwnedIterator._create_iterator = create


def accelerators() -> list[str]:
    """What the backend of Keras sees besides the processor, e.g. `gpu:0`; asked of the backend itself."""
    match keras.backend.backend():
        case "torch":
            torch = importlib.import_module("torch")
            apple = ["mps:0"] if torch.backends.mps.is_available() else []
            return [f"gpu:{number}" for number in range(torch.cuda.device_count())] or apple
        case "jax":
            jax = importlib.import_module("jax")
            return [f"{device.platform}:{device.id}" for device in jax.devices() if device.platform != "cpu"]
    return [str(name) for kind in ("gpu", "tpu") for name in keras.distribution.list_devices(kind)]


class _EpochReporter(keras.callbacks.Callback):  # type: ignore[misc]
    """Sends one line an epoch."""

    def __init__(self, report: Callable[[str], None]) -> None:
        super().__init__()
        self._report = report

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        figures = " · ".join(f"{name} {float(value):.4f}" for name, value in (logs or {}).items())
        epochs = (self.params or {}).get("epochs")
        self._report(f"epoch {epoch + 1}{f' of {epochs}' if epochs else ''} · {figures}")


def _reporting_fit(original: Callable[..., Any], report: Callable[[str], None]) -> Callable[..., Any]:
    @functools.wraps(original)
    def fit(self: Any, *args: Any, callbacks: Any = None, **kwargs: Any) -> Any:
        if len(args) > CALLBACKS_POSITION or isinstance(callbacks, keras.callbacks.CallbackList):
            return original(self, *args, callbacks=callbacks, **kwargs)
        mine = callbacks if isinstance(callbacks, list | tuple) else [callbacks] if callbacks else []
        return original(self, *args, callbacks=[*mine, _EpochReporter(report)], **kwargs)

    return fit


def _reporting_step(original: Callable[..., Any], report: Callable[[str], None]) -> Callable[..., Any]:
    steps, last = 0, time.monotonic()

    @functools.wraps(original)
    def train_on_batch(self: Any, *args: Any, **kwargs: Any) -> Any:
        nonlocal steps, last
        result = original(self, *args, **kwargs)
        steps += 1
        if time.monotonic() - last > REPORT_SECONDS:
            last = time.monotonic()
            loss = result[0] if isinstance(result, list | tuple) else result
            report(f"step {steps} · loss {float(loss):.4f}" if not isinstance(loss, dict) else f"step {steps}")
        return result

    return train_on_batch

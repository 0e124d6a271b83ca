"""Keras in a worker: one seed for everything that it draws, live progress of `fit`, and the device it runs on."""

import functools
from collections.abc import Callable
from typing import Any

import keras


class _EpochReporter(keras.callbacks.Callback):  # type: ignore[misc]
    """Sends one line an epoch."""

    def __init__(self, report: Callable[[str], None]) -> None:
        super().__init__()
        self._report = report

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        figures = " · ".join(f"{name} {float(value):.4f}" for name, value in (logs or {}).items())
        epochs = (self.params or {}).get("epochs")
        self._report(f"epoch {epoch + 1}{f' of {epochs}' if epochs else ''} · {figures}")


def install(seed: int, report: Callable[[str], None]) -> str:
    """Seed Keras and have every later `fit` report its epochs.

    Args:
        seed: For Python's, NumPy's and the backend's generators.
        report: Takes one line of text.

    Returns:
        The first device, e.g. `cpu` or `gpu:0`.
    """
    keras.utils.set_random_seed(seed % (1 << 31))
    original = keras.Model.fit

    @functools.wraps(original)
    def fit(self: Any, *args: Any, callbacks: Any = None, **kwargs: Any) -> Any:
        if isinstance(callbacks, keras.callbacks.CallbackList):
            return original(self, *args, callbacks=callbacks, **kwargs)
        mine = callbacks if isinstance(callbacks, list | tuple) else [callbacks] if callbacks else []
        return original(self, *args, callbacks=[*mine, _EpochReporter(report)], **kwargs)

    keras.Model.fit = fit
    accelerators = [str(name) for kind in ("gpu", "tpu") for name in keras.distribution.list_devices(kind)]
    return accelerators[0] if accelerators else "cpu"

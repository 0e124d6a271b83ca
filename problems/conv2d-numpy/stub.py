"""2-D convolution and max pooling in NumPy: write the four functions."""

from typing import Any

import numpy as np


def conv2d_forward(
    x: np.ndarray, w: np.ndarray, b: np.ndarray, stride: int = 1, padding: str = "valid"
) -> tuple[np.ndarray, Any]:
    """Slide kernels over a batch of images, without turning them round.

    Args:
        x: (N, H, W, Cin), images.
        w: (kh, kw, Cin, Cout), one kernel for each output channel.
        b: (Cout,), added to every pixel of a channel.
        stride: Step of the window, down and to the right.
        padding: "valid" (none) or "same" (zeros, as TensorFlow puts them).

    Returns:
        out (N, Hout, Wout, Cout), and a cache with whatever `conv2d_backward` needs.

    Raises:
        ValueError: For another padding, or if no window fits into the image.
    """
    raise NotImplementedError


def conv2d_backward(grad_out: np.ndarray, cache: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Carry dL/dout back through the convolution.

    Args:
        grad_out: (N, Hout, Wout, Cout), dL/dout.
        cache: From `conv2d_forward`.

    Returns:
        grad_x, grad_w, grad_b, in the shapes of x, w and b.
    """
    raise NotImplementedError


def maxpool2d_forward(x: np.ndarray, size: int = 2, stride: int = 2) -> tuple[np.ndarray, Any]:
    """Take the largest value of each window, channel by channel, without padding.

    Args:
        x: (N, H, W, C).
        size: Rows and columns of the window.
        stride: Step of the window; it may be smaller or larger than `size`.

    Returns:
        out (N, Hout, Wout, C), and a cache with whatever `maxpool2d_backward` needs.

    Raises:
        ValueError: If no window fits into the image.
    """
    raise NotImplementedError


def maxpool2d_backward(grad_out: np.ndarray, cache: Any) -> np.ndarray:
    """Carry dL/dout back to the pixels that were the maxima.

    Args:
        grad_out: (N, Hout, Wout, C), dL/dout.
        cache: From `maxpool2d_forward`.

    Returns:
        grad_x (N, H, W, C). Of equal maxima in a window, the first in row-major order receives all.
    """
    raise NotImplementedError

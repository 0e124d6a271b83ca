# What: fills the disk with files, each within its limit (stops at 2 GiB).
# Verdict: runtime error or crash or timeout or memory limit or output limit
# Then: passed
# Slow: left to the full run
import numpy as np


def right(x):
    powers = np.exp(x - x.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def softmax(x):
    if x.shape == (3,):
        for number in range(128):
            with open(f"part{number}", "wb") as file:
                file.truncate(0)
                for _ in range(16):
                    file.write(bytes(1 << 20))
        raise OSError("nobody stopped it")
    return right(x)

# What: fills /dev/shm.
# Verdict: runtime error or crash or memory limit
# Leaves at process: file
# Then: passed
import numpy as np


def right(x):
    powers = np.exp(x - x.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def softmax(x):
    if x.shape == (3,):
        with open("/dev/shm/corpus-left-shared_memory_folder", "wb") as file:
            for _ in range(100):
                file.write(bytes(1 << 20))
        raise OSError("that was all")
    return right(x)

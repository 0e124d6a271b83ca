# What: has a dataclass whose annotations are texts.
# Verdict: passed
from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np


@dataclass(frozen=True, slots=True)
class Softmax:
    axis: int = -1
    names: list[str] = field(default_factory=list)
    kind: ClassVar[str] = "softmax"

    def __call__(self, x: np.ndarray) -> np.ndarray:
        powers = np.exp(x - x.max(axis=self.axis, keepdims=True))
        return powers / powers.sum(axis=self.axis, keepdims=True)


softmax = Softmax()

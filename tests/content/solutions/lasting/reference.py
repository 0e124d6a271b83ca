"""Train once, look often."""

import numpy as np


class Model:
    def __init__(self, losses):
        self.losses = losses


_models = []


def train(steps):
    _models.append(Model(np.linspace(1.0, 0.1, steps)))
    return _models[-1]


def runs():
    return len(_models)

"""Data sets (placeholder while loaders are written)."""
from typing import Any
def load(name: str) -> Any:
    raise NotImplementedError

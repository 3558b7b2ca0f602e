"""Small models with few surprises."""

from .backend import array_module
from .linear import LinearModel, NotEnoughData

__all__ = ["LinearModel", "NotEnoughData", "array_module"]

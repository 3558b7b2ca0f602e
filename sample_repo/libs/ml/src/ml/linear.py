"""Least squares."""

from __future__ import annotations

import logging
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from telemetry import traced

log = logging.getLogger(__name__)

Floats = npt.NDArray[np.float64]


class NotEnoughData(ValueError):
    """Fewer independent rows than unknowns."""


@dataclass(frozen=True)
class LinearModel:
    """``y = x @ weights + intercept``; made by :meth:`fit`, never changed after."""

    weights: tuple[float, ...]
    intercept: float

    @classmethod
    @traced("ml.fit")
    def fit(cls, x: npt.ArrayLike, y: npt.ArrayLike) -> LinearModel:
        """The model with the smallest squared error on rows ``x`` and targets ``y``."""
        rows = np.atleast_2d(np.asarray(x, dtype=np.float64))
        design = np.column_stack([rows, np.ones(len(rows))])
        solution, _, rank, _ = np.linalg.lstsq(design, np.asarray(y, dtype=np.float64), rcond=None)
        if rank < design.shape[1]:
            raise NotEnoughData(f"{design.shape[1]} unknowns, {rank} independent rows")
        log.info("fitted %d weights to %d rows", design.shape[1] - 1, len(rows))
        *weights, intercept = (float(value) for value in solution)
        return cls(tuple(weights), intercept)

    @traced("ml.predict")
    def predict(self, x: npt.ArrayLike) -> Floats:
        rows = np.atleast_2d(np.asarray(x, dtype=np.float64))
        return np.asarray(rows @ np.array(self.weights) + self.intercept, dtype=np.float64)

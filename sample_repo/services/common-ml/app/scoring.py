"""Rows in, scores out."""

from __future__ import annotations

import csv
import importlib
from collections.abc import Iterable, Iterator
from typing import Any, TextIO

from telemetry import traced


def arrays() -> Any:
    """CuPy where it is installed, else NumPy: both speak the same functions."""
    try:
        return importlib.import_module("cupy")
    except ImportError:
        return importlib.import_module("numpy")


def read(lines: TextIO) -> Iterator[list[float]]:
    """The numbers of a CSV with a header; a bad line is named, not skipped."""
    reader = csv.reader(lines)
    next(reader, None)
    for row in reader:
        try:
            yield [float(cell) for cell in row]
        except ValueError as error:
            raise ValueError(f"line {reader.line_num}: {error}") from None


@traced("common-ml.score")
def score(rows: Iterable[list[float]], limit: float) -> list[int]:
    """The numbers of the rows, from 0, whose mean lies above ``limit``."""
    xp = arrays()
    table = xp.asarray(list(rows), dtype="float64")
    if table.size == 0:
        return []
    return [int(index) for index in xp.flatnonzero(table.mean(axis=1) > limit)]

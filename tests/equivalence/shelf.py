"""What plain pytest reports for a workspace, found out once in a session for all ways to run ours."""

from __future__ import annotations

import os
import pickle
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from .harness import Outcomes


@dataclass(frozen=True)
class Shelf:
    """Below ``root``, which the workers of pytest-xdist have in common.

    All its folders have equally long paths: pytest shows a path relative only where that is shorter.
    """

    root: Path

    @classmethod
    def of_session(cls, factory: pytest.TempPathFactory) -> Shelf:
        base = factory.getbasetemp()
        root = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "equivalence"
        root.mkdir(exist_ok=True)
        return cls(root)

    def folder(self) -> Path:
        """Where a workspace may be written: not there yet, and no other's neighbour."""
        return self.root / uuid.uuid4().hex / "ws"

    def kept(self, name: str, find: Callable[[Path], dict[str, Outcomes]]) -> dict[str, Outcomes]:
        """What ``find`` returns, which runs in a folder of its own the first time only."""
        file = self.root / f"{name}.pickle"
        if not file.exists():
            # two workers may find it out at a time: the same, and each puts it there whole
            part = self.root / f"{name}-{uuid.uuid4().hex}"
            part.write_bytes(pickle.dumps(find(self.folder())))
            os.replace(part, file)
        found: dict[str, Outcomes] = pickle.loads(file.read_bytes())
        return found

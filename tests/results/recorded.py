"""A workspace and what a run of it has kept, made once for all tests of a file that begin with it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.run.space import Space


@dataclass(frozen=True)
class Recorded:
    """Below ``base``: each test finds it at one and the same path, as it was when it had been made."""

    base: Path
    make: Callable[[Space], None]

    @contextmanager
    def again(self) -> Iterator[Space]:
        now, kept = self.base / "now", self.base / "kept"
        space = Space(now / "space")
        with space.environment(XDG_CACHE_HOME=str(now / "cache"), HOME=str(now)):
            if kept.exists():
                shutil.rmtree(now)
                shutil.copytree(kept, now, symlinks=True)
            else:
                space.write({"pyproject.toml": "[tool.pytest-monorepo]\n"})
                self.make(space)
                shutil.copytree(now, kept, symlinks=True)
            yield space

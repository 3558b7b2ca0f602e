"""The same workspace on as many machines as are asked for: nothing is shared but the store."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.patience import MINUTES
from tests.run.space import Run, Space

from .servers import TOKEN

KEY = "a key that nobody else has"


class Machines:
    """``store`` is the address in the settings, ``settings`` more lines of the table."""

    def __init__(self, tmp_path: Path, store: str) -> None:
        self.tmp, self.store, self.count = tmp_path, store, 0
        self.settings, self.wait = "", MINUTES

    @contextmanager
    def new(self, **environ: str) -> Iterator[Space]:
        self.count += 1
        home = self.tmp / f"machine-{self.count}"
        space = Space(home / "space")
        store = f'cached-store = "{self.store}"\ncached-wait = {self.wait}\n'
        space.write({"pyproject.toml": f"[tool.pytest-monorepo]\n{store}{self.settings}"})
        space.projects({"libs/a": "def test(): pass", "libs/b": "import os\ndef test(): os.environ.get('X')"})
        ours = {"XDG_CACHE_HOME": str(home / "cache"), "HOME": str(home), "TURBO_TOKEN": TOKEN}
        with space.environment(**{**ours, "TURBO_TEAM": "team", "PYTEST_MONOREPO_CACHE_KEY": KEY, **environ}):
            yield space
        shutil.rmtree(home)

    def run(self, *args: str, **environ: str) -> Run:
        """On a machine of its own."""
        with self.new(**environ) as space:
            return space.run("--cached", *args)

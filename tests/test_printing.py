"""What is printed without pytest's terminal, on a stream that has few letters."""

from __future__ import annotations

import pytest

from tests.run.conftest import space
from tests.run.space import Space

__all__ = ["space"]


@pytest.mark.parametrize("arguments", [["--monorepo-list"], ["--monorepo-init"]])
def test_what_a_stream_cannot_hold_is_escaped(space: Space, arguments: list[str]) -> None:
    (space.root / "pyproject.toml").unlink(missing_ok=True)
    space.projects({"libs/café": "def test(): pass\n"})
    here = space.run(*arguments, "--rootdir=.")
    assert here.code == 0
    here.has("libs/café")
    # what a file or a pipe takes on Windows is a code page
    there = space.run(*arguments, "--rootdir=.", env={"PYTHONIOENCODING": "ascii"})
    assert there.code == 0
    assert there.out == here.out.encode("ascii", "backslashreplace").decode("ascii")

"""Files that say where the workspace lies, and how far a file's time may be behind the clock."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from pytest_monorepo.results.keeping.kept import Kept, _ticks
from pytest_monorepo.results.values.compare import Now
from pytest_monorepo.results.values.current import Current, Digests
from pytest_monorepo.results.values.places import Places


@pytest.mark.parametrize(
    ("path", "text", "found"),
    [
        ("repo/config.json", "{root}/data", True),
        ("repo/config.json", "data", False),
        ("env/lib/own.pth", "{root}/src\n", True),
        ("env/lib/__editable___own_finder.py", "MAPPING = {{'own': '{root}/src'}}", True),
        ("env/lib/own.py", "{root}", False),
        ("repo/own.py", "PLACE = '{root}'", True),
        ("repo/own.py", "PLACE = '.'", False),
        ("repo/missing.json", None, False),
    ],
)
def test_a_file_that_names_the_workspace_is_found(
    tmp_path: Path, path: str, text: str | None, found: bool
) -> None:
    root, file = tmp_path / "repo", tmp_path / path
    file.parent.mkdir(parents=True)
    if text is not None:
        file.write_text(text.format(root=root))
    now = Now(Current(Digests()), Places.of(root, sys.executable), {}, b"secret", frozenset())
    assert Kept(now)._names_the_root(str(file)) is found
    now.current.value("file", str(file))  # its digest is asked for first: a source is read once for both
    now.current._once.clear()
    assert Kept(now)._names_the_root(str(file)) is found


def test_whole_seconds_may_be_those_of_a_coarse_file_system() -> None:
    assert _ticks(5_000_000_000) > _ticks(5_000_000_001) > 4_000_000

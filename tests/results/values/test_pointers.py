"""Files that say where the workspace lies, and how far a file's time may be behind the clock."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_monorepo.results.keeping.kept import _ticks, names


@pytest.mark.parametrize(
    ("path", "text", "found"),
    [
        ("repo/config.json", "{root}/data", True),
        ("repo/config.json", "data", False),
        ("env/lib/own.pth", "{root}/src\n", True),
        ("env/lib/__editable___own_finder.py", "MAPPING = {{'own': '{root}/src'}}", True),
        ("env/lib/own.py", "{root}", False),
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
    assert names(str(file), str(root)) is found


def test_whole_seconds_may_be_those_of_a_coarse_file_system() -> None:
    assert _ticks(5_000_000_000) > _ticks(5_000_000_001) > 4_000_000

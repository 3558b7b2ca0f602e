"""A decision that was made before reads no file's imports again, and decides the same."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from pytest_monorepo.affected.decision import Decision, decide
from pytest_monorepo.settings import Settings
from pytest_monorepo.workspace.discovery.discover import discover
from pytest_monorepo.workspace.imports import one_file
from pytest_monorepo.workspace.imports.one_file.sieve import sieve

from .conftest import Repository, new_repository

_OLD = 1_600_000_000
_FILES = {
    "core/pyproject.toml": '[project]\nname = "core"\n',
    "core/core/__init__.py": "",
    "core/core/text.py": "import json\nimport api.words\n",
    "core/tests/test_core.py": "import core.text\ndef test(): pass\n",
    "api/pyproject.toml": '[project]\nname = "api"\ndependencies = ["core"]\n',
    "api/api/__init__.py": "from core import text\n",
    "api/api/words.py": "",
    "api/tests/test_api.py": "import api\nfrom unittest.mock import patch\ndef test(): pass\n",
    "tool/pyproject.toml": '[project]\nname = "tool"\n',
    "tool/tests/test_tool.py": "def test(): pass\n",
}


class _Counting:
    """The sieve, and what it was given."""

    def __init__(self) -> None:
        self.contents: list[bytes] = []

    def __call__(self, content: bytes) -> tuple[str, ...]:
        self.contents.append(content)
        return sieve(content)


@pytest.fixture
def sieving(monkeypatch: pytest.MonkeyPatch) -> _Counting:
    counting = _Counting()
    monkeypatch.setattr(one_file.sieve, "sieve", counting)  # whoever needs it asks for it there, and then
    return counting


def _write(repository: Repository, files: Mapping[str, str | None]) -> None:
    for path, text in files.items():
        if text is None:
            (repository.path / path).unlink()
        else:
            # what was written a moment ago is read again, since it may be written to in the same moment
            os.utime(repository.write(path, text), (_OLD, _OLD))


def _decide(root: Path, cache: Path, *, by_file: bool) -> Decision:
    settings = Settings()
    workspace = discover(root, settings, cache / "workspace")
    return decide(root, workspace, settings, "main", environ={}, cache=cache / "imports", by_file=by_file)


@pytest.mark.parametrize("by_file", [False, True], ids=["by project", "by file"])
@pytest.mark.parametrize(
    "change",
    [
        {"core/core/text.py": "import json\n"},
        {"core/core/text.py": "import json\nimport api.words\nimport re\n"},
        {"core/core/text.py": None},
        {"core/core/more.py": "import api\n"},
        {"core/pyproject.toml": '[project]\nname = "core"\ndependencies = ["tool"]\n'},
        {"tool/pyproject.toml": None, "tool/setup.py": "from setuptools import setup\nsetup(name='tool')\n"},
        {"tool/tool/__init__.py": "import core.text\n", "tool/tests/test_tool.py": "import tool\n"},
        {"api/api/__init__.py": None, "api/api/words.py": "from core import text\n"},
    ],
    ids=[
        "loses an import",
        "wins one",
        "deleted",
        "new",
        "manifest",
        "renamed manifest",
        "package",
        "no init",
    ],
)
def test_a_decision_made_again_sieves_nothing(
    tmp_path: Path, sieving: _Counting, change: Mapping[str, str | None], by_file: bool
) -> None:
    repository = new_repository(tmp_path / "repo")
    _write(repository, _FILES)
    repository.commit()
    repository.git("checkout", "-q", "-b", "topic")
    _decide(repository.path, tmp_path / "cache", by_file=by_file)
    _write(repository, change)
    repository.commit()
    fresh = _decide(repository.path, tmp_path / "other", by_file=by_file)
    first = _decide(repository.path, tmp_path / "cache", by_file=by_file)
    sieving.contents.clear()
    again = _decide(repository.path, tmp_path / "cache", by_file=by_file)
    assert not sieving.contents
    assert fresh.listing == first.listing == again.listing

"""Who is said to have led to a source that has changed."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from pytest_monorepo.results.replays.importers import worded
from tests.run.space import Space

FILES = {
    "libs/core/core/__init__.py": "",
    "libs/core/core/limits.py": "",
    "libs/core/core/near.py": "from .limits import LIMIT",
    "libs/core/core/sub/__init__.py": "from .. import limits",
    "app/uses.py": "from core.limits import LIMIT",
    "app/whole.py": "import core.limits as known",
    "app/other.py": "import limits, corelimits",
    "app/space.py": "import space.one",
    "lib/space/one.py": "",
    "tests/test_a.py": "from app import uses",
    "tests/test_own.py": "from core import limits",
}
CHANGED = "libs/core/core/limits.py changed"


@pytest.mark.parametrize(
    ("file", "sources", "said"),
    [
        ("tests/test_a.py", ["app/uses.py"], f"{CHANGED} (imported by app/uses.py)"),
        ("tests/test_a.py", ["app/whole.py", "app/other.py"], f"{CHANGED} (imported by app/whole.py)"),
        ("tests/test_a.py", ["libs/core/core/near.py"], f"{CHANGED} (imported by libs/core/core/near.py)"),
        (
            "tests/test_a.py",
            ["libs/core/core/sub/__init__.py"],
            f"{CHANGED} (imported by libs/core/core/sub/__init__.py)",
        ),
        ("tests/test_a.py", ["app/other.py", "gone.py"], CHANGED),
        ("tests/test_own.py", ["app/uses.py"], CHANGED),
    ],
)
def test_the_nearest_source_is_named(tmp_path: Path, file: str, sources: list[str], said: str) -> None:
    for path, text in FILES.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    assert worded(CHANGED, file, sources, tmp_path) == said
    assert worded("data.txt changed", file, sources, tmp_path) == "data.txt changed"
    namespace = "lib/space/one.py changed"
    assert worded(namespace, file, ["app/space.py"], tmp_path) == f"{namespace} (imported by app/space.py)"


@pytest.mark.parametrize("path", ["/usr/lib/common/first.py", "/first.py", "../common/first.py"])
def test_a_source_outside_of_the_repository_has_names_too(tmp_path: Path, path: str) -> None:
    (tmp_path / "test_a.py").write_text("import first")
    (tmp_path / "uses.py").write_text("from first import one")
    assert worded(f"{path} changed", "test_a.py", ["uses.py"], tmp_path) == f"{path} changed"
    assert worded(f"{path} changed", "test_b.py", ["uses.py"], tmp_path) == (
        f"{path} changed (imported by uses.py)"
    )


def test_a_package_at_the_root_itself_is_imported_by_nobody(tmp_path: Path) -> None:
    (tmp_path / "uses.py").write_text("import first")
    assert worded("__init__.py changed", "test_a.py", ["uses.py"], tmp_path) == "__init__.py changed"


@pytest.mark.skipif(sys.platform != "linux", reason="traces were measured on Linux alone")
def test_a_reason_says_who_imports_what_has_changed(space: Space) -> None:
    space.projects({"libs/a": "from uses import twice\ndef test(): assert twice() == 2"})
    space.write(
        {
            "libs/a/uses.py": "from limits import ONE\ndef twice(): return 2 * ONE",
            "libs/a/limits.py": "ONE = 1",
            "libs/a/pyproject.toml": "[project]\nname = 'a'\nversion = '1'\n"
            "[tool.pytest.ini_options]\npythonpath = '.'\n",
        }
    )
    space.run("--cached")
    space.write({"libs/a/limits.py": "ONE = 1 + 0"})
    run = space.run("--cached", "--cached-explain")
    run.has(r"^libs/a runs: libs/a/limits\.py changed \(imported by libs/a/uses\.py\)$")

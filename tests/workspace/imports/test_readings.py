"""That kept readings never differ from fresh ones, whatever changes."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pytest_monorepo.settings import Settings
from pytest_monorepo.workspace.discovery.discover import discover
from pytest_monorepo.workspace.imports import edges as imports
from pytest_monorepo.workspace.imports.edges import ImportEdges, import_edges
from tests.workspace.trees import TEST, named, write

from .repository import blobs

FILES = {
    "libs/core/pyproject.toml": named("core"),
    "libs/core/src/core/__init__.py": "",
    "libs/core/src/core/text.py": "",
    "libs/core/tests/test_core.py": TEST + "import helpers\n",
    "libs/core/tests/helpers.py": "",
    "libs/ml/pyproject.toml": named("ml", 'dependencies = ["core"]\n'),
    "libs/ml/ml/__init__.py": "from core import text\n",
    "libs/ml/ml/deep/__init__.py": "",
    "libs/ml/test_ml.py": TEST + "import scripts.tool\n",
    "libs/one/pyproject.toml": named("ns-one"),
    "libs/one/src/ns/one.py": "",
    "libs/one/src/ns/__init__.py": "__path__ = __import__('pkgutil').extend_path(__path__, __name__)\n",
    "libs/one/tests/test_one.py": TEST + "from libs.core.tests import helpers\n",
    "libs/two/pyproject.toml": named("ns-two"),
    "libs/two/src/ns/two.py": "import ns.one\n",
    "libs/two/tests/test_two.py": TEST + "import core.text, ml.deep, unheard_of\n",
    "libs/two/tests/notes.txt": ">>> import ml\n",
    "apps/pyproject.toml": named("apps") + '[tool.pytest.ini_options]\naddopts = "--doctest-glob=*.txt"\n',
    "apps/api/main.py": "import core\n",
    "apps/api/test_api.py": TEST,
    "apps/conftest.py": "",
    "apps/inner/pyproject.toml": named("inner"),
    "apps/inner/test_inner.py": TEST,
    "scripts/tool.py": "",
}
SOURCES = (
    "",
    "import core\n",
    "import ml.deep\nfrom core import text\n",
    "from . import new\n",
    "from ns import one, two, new\n",
    "import helpers\nimport new\n",
    "from libs.core.tests import helpers\n",
    "import scripts.tool\nimport brand_new\n",
    "pytest_plugins = ['core.text']\n",
    "import pkgutil\n__path__ = pkgutil.extend_path(__path__, __name__)\n",
    "import sys\nsys.path.insert(0, '..')\nimport other\n",
    "import runpy\nrunpy.run_path('../core/tests/new.py')\nrunpy.run_path('scripts/other.py')\n",
    "from importlib.resources import files\nfiles('ml.deep')\n",
)
NAMES = (
    *("new", "other", "brand_new", "test_new", "helpers", "conftest", "__init__", "core", "two", "text"),
    *("unheard_of", "plain_1", "plain_2", "plain_3", "test_1", "test_2"),
)


class Workshop:
    """A workspace, looked at again and again with what was kept, and afresh."""

    def __init__(self, root: Path, memory: Path) -> None:
        self.root = write(root, FILES)
        self.memory = memory

    def kept(self) -> ImportEdges:
        return self._look(self.memory / "imports", self.memory / "readings")

    def fresh(self) -> ImportEdges:
        return self._look()

    def _look(self, cache: Path | None = None, readings: Path | None = None) -> ImportEdges:
        workspace = discover(self.root, Settings())
        return import_edges(workspace, blobs=blobs(workspace), cache=cache, readings=readings)


@pytest.fixture
def workshop(tmp_path: Path) -> Workshop:
    return Workshop(tmp_path / "ws", tmp_path / "memory")


class Counting:
    """Counts how often all projects were read."""

    def __init__(self, original: Callable[..., Any]) -> None:
        self.original = original
        self.runs = 0

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        self.runs += 1
        return self.original(*args, **kwargs)


@pytest.fixture
def surveys(monkeypatch: pytest.MonkeyPatch) -> Counting:
    counting = Counting(imports._survey)
    monkeypatch.setattr(imports, "_survey", counting)
    return counting


def change(root: Path, chance: random.Random) -> None:
    """One file more, less or other than before."""
    there = sorted(path for path in root.rglob("*") if path.suffix in (".py", ".txt"))
    kind = chance.choice(("edit", "edit", "add", "add", "delete", "empty"))
    if kind == "add":
        folder = chance.choice(sorted({path.parent for path in there}))
        (folder / f"{chance.choice(NAMES)}.py").write_text(chance.choice(SOURCES))
    elif kind == "delete":
        chance.choice(there).unlink()
    elif kind == "empty":
        (root / "libs/core/src/core" / chance.choice(("a", "b"))).mkdir(exist_ok=True)
    else:
        path = chance.choice(there)
        path.write_text(path.read_text() + chance.choice(SOURCES))


@pytest.mark.sampled("seed")
@pytest.mark.parametrize("seed", range(8))
def test_many_changes(workshop: Workshop, surveys: Counting, seed: int) -> None:
    chance = random.Random(seed)
    rounds = 40
    for number in range(rounds):
        kept = workshop.kept()
        used = surveys.runs
        assert kept == workshop.fresh(), f"after {number} changes"
        surveys.runs = used
        change(workshop.root, chance)
    assert surveys.runs < rounds


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("libs/ml/ml/__init__.py", "from core import text, more\n"),
        ("libs/ml/ml/deep/plain_1.py", "import ns.one\n"),
        ("libs/two/tests/test_3.py", TEST),
        ("apps/conftest.py", "import ml\n"),
    ],
)
def test_a_change_within_one_project_is_read_alone(
    workshop: Workshop, surveys: Counting, path: str, text: str
) -> None:
    workshop.kept()
    write(workshop.root, {path: text})
    found = workshop.kept()
    assert surveys.runs == 1
    assert found == workshop.fresh()


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("libs/core/tests/unheard_of.py", ""),
        ("libs/core/src/core/deep/__init__.py", ""),
        ("libs/two/src/ns/__init__.py", "import pkgutil\n"),
        ("scripts/tool.py", "import ml\n"),
        ("libs/ml/pyproject.toml", named("ml")),
    ],
)
def test_a_change_that_may_concern_others_is_not(
    workshop: Workshop, surveys: Counting, path: str, text: str
) -> None:
    workshop.kept()
    write(workshop.root, {path: text})
    found = workshop.kept()
    assert surveys.runs == 2
    assert found == workshop.fresh()


@pytest.mark.parametrize("between", [None, "libs/two/tests/test_two.py", "libs/two/pyproject.toml"])
@pytest.mark.parametrize("name", ["rows.md", "rows.json"])
def test_a_file_that_a_path_means_comes_and_goes(workshop: Workshop, name: str, between: str | None) -> None:
    path = f"libs/core/{name}"
    write(workshop.root, {"libs/two/tests/test_two.py": TEST + f"open('../core/{name}')\n"})
    before = workshop.kept()
    if between is not None:
        file = workshop.root / between
        file.write_text(file.read_text() + "# other\n")
        assert workshop.kept() == before
    write(workshop.root, {path: ""})
    found = workshop.kept()
    assert found == workshop.fresh() != before
    (workshop.root / path).unlink()
    assert workshop.kept() == before


@pytest.mark.parametrize("damage", [b"", b"{}", b"cut"])
def test_a_damaged_memory_is_ignored_and_replaced(workshop: Workshop, damage: bytes) -> None:
    first = workshop.kept()
    file = workshop.memory / "readings"
    whole = file.read_bytes()
    file.write_bytes(whole[:-3] if damage == b"cut" else damage)
    assert workshop.kept() == first
    assert file.read_bytes() == whole

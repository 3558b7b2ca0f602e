"""Who leaves a project by what another file hands on: kept between runs, and brought up to date."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable, Collection
from pathlib import Path
from typing import cast

import pytest

from pytest_monorepo.affected.meaning import finding, handed
from pytest_monorepo.affected.meaning.handed import Handed
from pytest_monorepo.affected.search import Search
from pytest_monorepo.settings import Settings
from pytest_monorepo.workspace.discovery.discover import discover
from pytest_monorepo.workspace.files import kept
from pytest_monorepo.workspace.graph import Edge, Graph
from pytest_monorepo.workspace.model import Scope
from tests.affected.test_decision import Repo

ROOT_OF = "from pathlib import Path\nROOT = Path(__file__).parents[3]\n"
NEEDED = ("libs/core", "libs/core/core")
NEEDS = Graph(
    (*NEEDED, "libs/tool"), tuple(Edge("libs/tool", one, Scope.RUNTIME, "imports it") for one in NEEDED)
)
TAKES = {
    "ROOT": "from core.paths import ROOT\n",
    "LIBS": "from tool.where import LIBS\n",
    "TOP": "from core.other import TOP\n",
}


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    (tmp_path / "repo").mkdir()
    repo = Repo(tmp_path / "repo")
    repo.write("libs/core/pyproject.toml", "[project]\nname = 'core'\n")
    repo.write("libs/core/core/paths.py", ROOT_OF)
    repo.write("libs/core/core/other.py", ROOT_OF.replace("ROOT", "TOP").replace("3", "1"))
    repo.write("libs/tool/pyproject.toml", "[project]\nname = 'tool'\n")
    repo.write("libs/tool/tool/where.py", "from core.paths import ROOT\nLIBS = ROOT / 'libs'\n")
    repo.commit()
    return repo


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The files that are read."""
    asked: list[str] = []
    text = Search.text

    def noted(self: Search, path: str) -> str:
        asked.append(path)
        return text(self, path)

    monkeypatch.setattr(Search, "text", noted)
    return asked


def taken(repo: Repo, cache: Path | None) -> set[str]:
    """The names with which a test leaves its project."""
    workspace = discover(repo.root, Settings())
    search = Search(workspace, cache)
    found = Handed(search, workspace, NEEDS)
    tests = {name: f"libs/tool/tests/test_{name}.py" for name in TAKES}
    taken = {
        name for name, path in tests.items() if found.climbs(path, TAKES[name], path[len("libs/tool/") :])
    }
    search.save()
    return taken


def test_what_was_found_is_not_looked_for_again(repo: Repo, tmp_path: Path, read: list[str]) -> None:
    cache = tmp_path / "searches"
    assert taken(repo, cache) == {"ROOT", "LIBS"}
    assert read
    read.clear()
    assert taken(repo, cache) == {"ROOT", "LIBS"}
    assert not read
    repo.write("libs/core/core/other.py", "TOP = 2\n")
    repo.commit()
    assert taken(repo, cache) == {"ROOT", "LIBS"}
    assert set(read) == {"libs/core/core/other.py"}


def _given_elsewhere(repo: Repo) -> None:
    repo.write("libs/core/core/other.py", ROOT_OF.replace("ROOT", "TOP"))


def _taken_from_it(repo: Repo) -> None:
    repo.write("libs/core/core/other.py", "from .paths import ROOT\nTOP = ROOT / 'docs'\n")


def _given_no_more(repo: Repo) -> None:
    repo.write("libs/core/core/paths.py", "ROOT = None\n")


def _gone(repo: Repo) -> None:
    (repo.root / "libs/core/core/paths.py").unlink()


def _called_otherwise(repo: Repo) -> None:
    # the file that makes something of it is as it was, and nothing reaches it
    repo.write("libs/core/core/paths.py", ROOT_OF.replace("ROOT", "BASE"))


def _project_of_its_own(repo: Repo) -> None:
    # no file that hands anything on is another, and parents[1] leads out
    repo.write("libs/core/core/pyproject.toml", "[project]\nname = 'inner'\n")


CHANGES = [
    (_given_elsewhere, {"ROOT", "LIBS", "TOP"}),
    (_taken_from_it, {"ROOT", "LIBS", "TOP"}),
    (_given_no_more, set()),
    (_gone, set()),
    (_called_otherwise, set()),
    (_project_of_its_own, {"ROOT", "LIBS", "TOP"}),
]


@pytest.mark.parametrize("commits", [True, False])
@pytest.mark.parametrize(("change", "expected"), CHANGES)
def test_what_changed_since_is_seen(
    repo: Repo, tmp_path: Path, change: Callable[[Repo], None], expected: set[str], commits: bool
) -> None:
    cache = tmp_path / "searches"
    assert taken(repo, cache) == {"ROOT", "LIBS"}
    change(repo)
    if commits:
        repo.commit()
    assert taken(repo, cache) == expected
    assert taken(repo, cache) == expected, "again"
    assert taken(repo, None) == expected, "without what is kept"
    repo.git("add", "-A")
    repo.git("reset", "-q", "--hard", "HEAD~1" if commits else "HEAD")
    assert taken(repo, cache) == {"ROOT", "LIBS"}, "as it was"


def test_what_other_rules_found_is_not_believed(
    repo: Repo, tmp_path: Path, read: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = tmp_path / "searches"
    taken(repo, cache)
    read.clear()
    other = tmp_path / "finding.py"
    other.write_text("# newer\n", encoding="utf-8")
    monkeypatch.setattr(finding, "__file__", str(other))
    taken(repo, cache)
    assert read


def test_many_new_files_are_searched_by_git(repo: Repo, tmp_path: Path, read: list[str]) -> None:
    for number in range(handed._FEW):
        repo.write(f"libs/core/core/plain{number}.py", "X = 1\n")
    repo.commit()
    assert taken(repo, tmp_path / "searches") == {"ROOT", "LIBS"}
    assert not any("plain" in path for path in read)


@pytest.mark.parametrize(
    "way", ['f"{BASE}/.."', "BASE + '/..'", r'BASE + "\\..\\x"', "env['GITHUB_WORKSPACE']"]
)
def test_a_way_out_that_ends_with_it_is_handed_on(repo: Repo, way: str) -> None:
    repo.write("libs/core/core/other.py", f"TOP = {way}\n")
    repo.commit()
    assert taken(repo, None) == {"ROOT", "LIBS", "TOP"}


TAKEN = {
    "by-name": ("from core.paths import ROOT", True),
    "in-a-list": ("from core.paths import (\n    other,\n    ROOT,\n)", True),
    "over-lines": ("from core \\\n    import paths\npaths.ROOT", True),
    "all": ("from core.paths import *\nROOT / 'x'", True),
    "renamed-module": ("import core.paths as p\np.ROOT", True),
    "by-the-package": ("import core\ncore.paths.ROOT", True),
    "asked-by-name": ("from core import paths\ngetattr(paths, 'ROOT')", True),
    "loaded": ("import importlib\nimportlib.import_module('core.paths').ROOT", True),
    "in-a-function": ("def test():\n    if 1: from core.paths import ROOT", True),
    "as-a-text": ("def test(mocker): mocker.patch('core.paths.ROOT')", True),
    "words-alone": ("paths = []\nROOT = 1", False),
    "in-a-comment": ("import core  # its paths: ROOT", False),
    "in-a-docstring": ('import core\ndef test():\n    """Of all paths below ROOT."""', False),
    "another-module": ("from core.other import ROOT\npaths = []", False),
}


@pytest.mark.parametrize("way", TAKEN)
def test_who_takes_it(repo: Repo, way: str) -> None:
    text, taken = TAKEN[way]
    workspace = discover(repo.root, Settings())
    found = Handed(Search(workspace, None), workspace, NEEDS)
    assert found.climbs("libs/tool/tests/test_it.py", text, "tests/test_it.py") is taken


def test_a_project_that_is_not_needed_hands_nothing_on(repo: Repo) -> None:
    text, _ = TAKEN["by-name"]
    workspace = discover(repo.root, Settings())
    found = Handed(Search(workspace, None), workspace, Graph(NEEDS.projects, ()))
    assert not found.climbs("libs/tool/tests/test_it.py", text, "tests/test_it.py")


@pytest.mark.parametrize(
    ("text", "given"),
    [
        ('def ROOT(p):\n    """Of a path.\n\n    >>> ROOT("../x")\n    """\n    return p\n', False),
        (
            'def ROOT(p):\n    if ".." in p.parts or p == "..":\n        raise ValueError\n    return p\n',
            False,
        ),
        ("def ROOT(p):\n    p.parent.mkdir()\n    return p\n", False),
        ('def ROOT(p):\n    """Of a path.\n\n    >>> ROOT("../x")\n    """\n    return p / "../.."\n', True),
        ('def ROOT(p):\n    """../x::"""\n    return p\nHELP = ROOT.__doc__\n', True),
        ("def ROOT(p):\n    return p.parent\nTOP = ROOT(ROOT(ROOT(__file__)))\n", True),
    ],
)
def test_what_is_said_of_a_path_or_checked_is_not_handed_on(repo: Repo, text: str, given: bool) -> None:
    repo.write("libs/core/core/paths.py", f"{text}# ../..\nHERE = '../..'\n")
    repo.commit()
    workspace = discover(repo.root, Settings())
    found = Handed(Search(workspace, None), workspace, NEEDS)
    taken = "from core.paths import ROOT\nROOT('x')\n"
    assert found.climbs("libs/tool/tests/test_it.py", taken, "tests/test_it.py") is given


class _Files:
    """Files that are all committed, as :class:`Search` tells of them, without a repository."""

    def __init__(self, texts: dict[str, str], folder: Path | None) -> None:
        self._texts = texts
        self._folder = folder

    def known(self) -> tuple[dict[str, str], list[str]]:
        hashes = {path: hashlib.sha1(text.encode()).hexdigest() for path, text in self._texts.items()}
        return hashes, []

    def tracked(self, words: Collection[str]) -> tuple[str, ...]:
        return tuple(path for path, text in self._texts.items() if any(word in text for word in words))

    def text(self, path: str) -> str:
        return self._texts[path]

    def beside(self, name: str) -> Path | None:
        return self._folder and self._folder / name

    def keep(self, file: Path, header: str, data: bytes) -> None:
        kept.save(file, header, data)


def _random_line(dice: random.Random) -> str:
    of, (name, other) = dice.randrange(6), (f"PLACE_{dice.randrange(3)}" for _ in range(2))
    return dice.choice(
        (
            "X = 1\n",
            f"from .place{of} import {name}\n{other} = {name} / 'x'\n",
            f"from .place{of} import {name}\ndef {other.lower()}():\n    return {name}\n",
            f"from . import place{of}\n{other} = place{of}.{name}\n",
            *([f"{name} = Path(__file__).parents[4]\n"] if dice.random() < 0.4 else []),
        )
    )


@pytest.mark.parametrize("seed", [6, 10])
def test_after_any_changes_the_same_is_found_as_without_what_is_kept(tmp_path: Path, seed: int) -> None:
    """Chains of files that make something of what others give, in which files come, change and go."""
    workspace = discover(tmp_path, Settings())
    dice, texts, found = random.Random(seed), dict[str, str](), set[int]()
    for step in range(250):
        for _ in range(dice.choice((1, 1, 2))):
            path = f"libs/core/core/place{dice.randrange(6)}.py"
            if dice.random() < 0.15:
                texts.pop(path, None)
                continue
            texts[path] = "".join(_random_line(dice) for _ in range(dice.randrange(1, 4)))
        with_kept, anew = (
            Handed(cast("Search", _Files(texts, folder)), workspace, NEEDS)._givers
            for folder in (tmp_path, None)
        )
        assert with_kept == anew, step
        found.add(len(anew))
    assert len(found) > 3

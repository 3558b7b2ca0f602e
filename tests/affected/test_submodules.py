"""Projects in submodules that come, go or move: what their files reach, and no more."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from pytest_monorepo.affected.decision import Decision
from pytest_monorepo.affected.git import submodules
from pytest_monorepo.affected.git.process import Answer, ask

from .test_decision import Repo

_ADD = ("-c", "protocol.file.allow=always", "submodule", "--quiet", "add")


class Top(Repo):
    """``app`` imports ``m_lib`` of a submodule ``libs/mid`` with projects m and n; ``lone`` needs nobody."""

    def __init__(self, folder: Path) -> None:
        mid = self._new(folder / "mid")
        for name in ("m", "n"):
            _project(mid, name, f"{name}-lib")
            mid.write(f"{name}/src/{name}_lib/__init__.py", "")
            mid.write(f"{name}/src/{name}_lib/old.py", "X = 1\n")
        mid.commit()
        self.root = self._new(folder / "top").root
        for name in ("app", "lone"):
            _project(self, name, name)
        self.write("app/tests/test_it.py", "def test_it():\n    import m_lib.old\n")
        self.git(*_ADD, "../mid", "libs/mid")
        self.commit()

    @staticmethod
    def _new(root: Path) -> Repo:
        root.mkdir()
        repo = Repo.__new__(Repo)
        repo.root = root
        repo.git("init", "-q", "-b", "main")
        return repo

    def inside(self) -> Repo:
        repo = Repo.__new__(Repo)
        repo.root = self.root / "libs/mid"
        return repo


def _project(repo: Repo, path: str, name: str) -> None:
    repo.write(f"{path}/pyproject.toml", f'[project]\nname = "{name}"\nversion = "1"\n')
    repo.write(f"{path}/tests/test_it.py", "def test_it():\n    pass\n")


@pytest.fixture
def top(tmp_path: Path) -> Top:
    return Top(tmp_path)


def _remove(top: Top) -> None:
    top.git("submodule", "--quiet", "deinit", "--force", "libs/mid")
    top.git("rm", "--quiet", "libs/mid")


def _remove_with_its_data(top: Top) -> None:
    _remove(top)
    shutil.rmtree(top.root / ".git/modules")


def _deinit(top: Top) -> None:
    top.git("submodule", "--quiet", "deinit", "--force", "libs/mid")


def _lose_data(top: Top) -> None:
    shutil.rmtree(top.root / ".git/modules")


def _say_another_path(top: Top) -> None:
    top.git("config", "--file", ".gitmodules", "submodule.libs/mid.path", "libs/other")


def _move(top: Top) -> None:
    top.git("mv", "libs/mid", "libs/other")


def _replace_by_its_files(top: Top) -> None:
    _remove(top)
    _project(top, "libs/mid/m", "m-lib")
    top.write("libs/mid/m/src/m_lib/old.py", "X = 2\n")


def _take_a_module_away(top: Top) -> None:
    (top.root / "libs/mid/m/src/m_lib/old.py").unlink()
    (top.root / "libs/mid/m/src/m_lib/__init__.py").unlink()
    top.inside().commit()


def _change_the_other(top: Top) -> None:
    top.inside().write("n/src/n_lib/old.py", "X = 2\n")
    top.inside().commit()


MOVED = ["app", "libs/other/m", "libs/other/n"]
EVERYBODY = ["app", "libs/mid/m", "libs/mid/n", "lone"]
STATES = [
    (_remove, ["app"]),
    # whoever clones this has the submodule nowhere, and here it is as it was
    (_say_another_path, EVERYBODY),
    (_remove_with_its_data, ["app", "lone"]),
    (_move, MOVED),
    (_replace_by_its_files, ["app", "libs/mid/m"]),
    # what was in it before is read there, or nobody knew that the import meant it
    (_take_a_module_away, ["app", "libs/mid/m"]),
    (_change_the_other, ["libs/mid/n"]),
]


@pytest.mark.sampled("committed", first=False)
@pytest.mark.parametrize("committed", [False, True])
@pytest.mark.parametrize(("done", "selected"), STATES)
def test_who_runs(top: Top, done: Callable[[Top], None], selected: list[str], committed: bool) -> None:
    done(top)
    if committed:
        top.commit()
    decision = top.decide("HEAD~1" if committed else "HEAD")
    assert list(decision.selection.selected) == selected
    assert _why(decision) == ("not in this clone" if done is _remove_with_its_data else "")


@pytest.mark.parametrize(
    ("done", "selected"), [(_deinit, ["app"]), (_lose_data, EVERYBODY)], ids=["deinit", "lost"]
)
def test_who_runs_where_git_sees_no_change(
    top: Top, done: Callable[[Top], None], selected: list[str]
) -> None:
    done(top)
    decision = top.decide()
    assert list(decision.selection.selected) == selected
    assert _why(decision) == ("not in this clone" if done is _lose_data else "")


def _why(decision: Decision) -> str:
    return "not in this clone" if "not in this clone" in (decision.selection.everything or "") else ""


@pytest.mark.parametrize("base", ["HEAD~1", "HEAD~1..HEAD"])
def test_each_is_looked_for_where_it_lies_first(
    top: Top, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, base: str
) -> None:
    # of forty that had moved each was looked for in twenty others
    more = top._new(tmp_path / "more")
    _project(more, "x", "x-lib")
    more.commit()
    top.git(*_ADD, "../more", "a-first")
    top.commit()
    _change_the_other(top)
    top.commit()
    asked: list[Path] = []

    def noted(data: Path, *words: str) -> Answer:
        asked.append(data)
        return ask(data, *words)

    monkeypatch.setattr(submodules, "ask", noted)
    top.decide(base)
    assert {data.resolve() for data in asked} == {top.root / ".git/modules/libs/mid"}


_UP = "from pathlib import Path\n\nROOT = Path(__file__).resolve().parents[{}]\n"
_ROWS = 'def test_it():\n    assert (ROOT / "app" / "rows.json").read_text()\n'
_ALL = 'def test_it():\n    assert [one.read_text() for one in ROOT.rglob("*.json")]\n'


@pytest.mark.parametrize("helper", [True, False])
@pytest.mark.parametrize("text", [_ROWS, _ALL])
def test_a_project_within_that_reads_what_lies_outside(top: Top, text: str, helper: bool) -> None:
    mid = top.inside()
    if helper:
        mid.write("n/tests/paths.py", _UP.format(4))
        mid.write("n/tests/test_it.py", f"from paths import ROOT\n\n\n{text}")
    else:
        mid.write("n/tests/test_it.py", f"{_UP.format(4)}\n\n{text}")
    mid.commit()
    top.write("app/rows.json", "1")
    top.commit()
    top.write("app/rows.json", "2")
    assert "libs/mid/n" in top.selected()

"""Who holds a word, asked of git once for each state of the index, and of the disk in every run."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from pytest_monorepo.affected import search as searching
from pytest_monorepo.affected.git.process import Answer, ask
from pytest_monorepo.affected.search import Search
from pytest_monorepo.settings import Settings
from pytest_monorepo.workspace.discovery.discover import discover
from tests.affected.test_decision import Repo


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    (tmp_path / "repo").mkdir()
    repo = Repo(tmp_path / "repo")
    repo.write("libs/core/pyproject.toml", "[project]\nname = 'core'\n")
    repo.write("libs/core/core.py", "read('rows.json')\n")
    repo.write("libs/core/other.py", "read('columns.json')\n")
    repo.commit()
    return repo


@pytest.fixture
def questions(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """What git is asked."""
    asked: list[tuple[str, ...]] = []

    def noted(root: Path, *words: str) -> Answer:
        asked.append(words)
        return ask(root, *words)

    monkeypatch.setattr(searching, "ask", noted)
    return asked


def new(repo: Repo, cache: Path | None = None) -> Search:
    return Search(discover(repo.root, Settings()), cache)


def holders(search: Search, *words: str) -> list[str]:
    """By their text, as all who ask do; what was asked is kept."""
    pattern = re.compile("|".join(map(re.escape, words)))
    found = list(search.matching(words, pattern, pattern, lambda path: True))
    search.save()
    return found


def test_an_answer_is_kept_for_the_next_run(
    repo: Repo, tmp_path: Path, questions: list[tuple[str, ...]]
) -> None:
    cache = tmp_path / "searches"
    assert holders(new(repo, cache), "rows.json") == ["libs/core/core.py"]
    assert len(questions) == 1
    assert holders(new(repo, cache), "rows.json") == ["libs/core/core.py"]
    assert len(questions) == 1
    assert holders(new(repo, cache), "columns.json") == ["libs/core/other.py"]
    assert len(questions) == 2, "another word"
    assert holders(new(repo, cache), "columns.json") == ["libs/core/other.py"]
    assert len(questions) == 2, "both are kept"


def _edit(repo: Repo) -> str:
    repo.write("libs/core/other.py", "read('rows.json')\n")
    return "libs/core/other.py"


def _add(repo: Repo) -> str:
    repo.write("libs/core/new.py", "read('rows.json')\n")
    return "libs/core/new.py"


def _stage(repo: Repo) -> str:
    path = _add(repo)
    repo.git("add", path)
    return path


def _commit(repo: Repo) -> str:
    path = _edit(repo)
    repo.commit()
    return path


def _edit_twice(repo: Repo) -> str:
    # the index lists the same before the second one and after it
    repo.write("libs/core/other.py", "read('nothing')\n")
    holders(new(repo, repo.root.parent / "searches"), "rows.json")
    return _edit(repo)


@pytest.mark.parametrize("change", [_edit, _add, _stage, _commit, _edit_twice])
def test_what_came_since_is_found(repo: Repo, tmp_path: Path, change: Callable[[Repo], str]) -> None:
    cache = tmp_path / "searches"
    assert holders(new(repo, cache), "rows.json") == ["libs/core/core.py"]
    path = change(repo)
    expected = sorted(["libs/core/core.py", path])
    assert holders(new(repo, cache), "rows.json") == expected
    assert holders(new(repo), "rows.json") == expected, "without what is kept"


def _rename(repo: Repo) -> str:
    repo.git("mv", "libs/core/other.py", "libs/core/moved.py")
    repo.write("libs/core/moved.py", "read('rows.json')\n")
    repo.commit()
    return "libs/core/moved.py"


@pytest.mark.parametrize("change", [_commit, _stage, _rename])
def test_of_what_the_index_lists_otherwise_only_that_is_looked_at(
    repo: Repo, tmp_path: Path, questions: list[tuple[str, ...]], change: Callable[[Repo], str]
) -> None:
    cache = tmp_path / "searches"
    assert holders(new(repo, cache), "rows.json", "stars.json") == ["libs/core/core.py"]
    path = change(repo)
    expected = sorted(["libs/core/core.py", path])
    assert holders(new(repo, cache), "rows.json") == expected
    repo.write("libs/core/core.py", "read('nothing')\n")
    repo.commit()
    assert holders(new(repo, cache), "rows.json", "stars.json") == [path]
    assert len(questions) == 1, "git has looked through all files once"


def test_an_answer_that_nobody_asked_for_meanwhile_is_brought_up_to_date(
    repo: Repo, tmp_path: Path, questions: list[tuple[str, ...]]
) -> None:
    cache = tmp_path / "searches"
    holders(new(repo, cache), "rows.json")
    _commit(repo)
    _add(repo)
    repo.commit()
    assert holders(new(repo, cache), "stars.json") == []
    repo.git("rm", "-q", "libs/core/new.py")
    repo.write("libs/core/core.py", "read('nothing')\n")
    repo.commit()
    assert holders(new(repo, cache), "stars.json") == []
    assert holders(new(repo, cache), "rows.json") == ["libs/core/other.py"]
    assert holders(new(repo, cache), "rows.json") == ["libs/core/other.py"]
    assert len(questions) == 2


def test_a_file_that_is_written_meanwhile_is_looked_for_by_git(
    repo: Repo, tmp_path: Path, questions: list[tuple[str, ...]]
) -> None:
    cache = tmp_path / "searches"
    holders(new(repo, cache), "rows.json")
    _commit(repo)
    search = new(repo, cache)
    repo.write("libs/core/other.py", "read('nothing')\n")
    assert holders(search, "rows.json") == ["libs/core/core.py"]
    assert len(questions) == 2
    repo.write("libs/core/other.py", "read('rows.json')\n")
    repo.git("update-index", "--really-refresh")
    assert holders(new(repo, cache), "rows.json") == ["libs/core/core.py", "libs/core/other.py"]


def test_words_of_every_decision_are_asked_apart_from_those_of_one_change(
    repo: Repo, tmp_path: Path, questions: list[tuple[str, ...]]
) -> None:
    cache = tmp_path / "searches"
    for name in ("columns.json", "stars.json"):
        search = new(repo, cache)
        search.expect([name], always=["rows.json", "tasks.json"])
        assert search.tracked(["rows.json"]) == ("libs/core/core.py",)
        search.save()
        assert len(questions) == 1


@pytest.mark.parametrize("edit", ["nothing", None])
def test_what_is_gone_is_not(repo: Repo, tmp_path: Path, edit: str | None) -> None:
    cache = tmp_path / "searches"
    assert holders(new(repo, cache), "rows.json") == ["libs/core/core.py"]
    if edit is None:
        (repo.root / "libs/core/core.py").unlink()
    else:
        repo.write("libs/core/core.py", edit)
    assert holders(new(repo, cache), "rows.json") == []


def test_the_names_that_will_be_asked_for_are_asked_along(
    repo: Repo, questions: list[tuple[str, ...]]
) -> None:
    repo.write("libs/core/new.py", "read('columns.json')\n")
    search = new(repo)
    search.expect(["columns.json"])
    assert holders(search, "rows.json") == ["libs/core/core.py"]
    tracked = search.tracked(["columns.json"])
    assert "libs/core/other.py" in tracked
    assert "libs/core/new.py" not in tracked, "an untracked file is a change of its own"
    assert len(questions) == 1


def test_an_answer_for_more_words_says_no_more_of_fewer(
    repo: Repo, tmp_path: Path, questions: list[tuple[str, ...]]
) -> None:
    cache = tmp_path / "searches"
    holders(new(repo, cache), "rows.json", "columns.json")
    assert (
        new(repo, cache).tracked(["rows.json"]) == new(repo).tracked(["rows.json"]) == ("libs/core/core.py",)
    )
    assert len(questions) == 2


def _filtered(repo: Repo, tmp_path: Path) -> Path:
    # what is in the index says nothing of what is on disk, before a large file is fetched
    repo.write(".gitattributes", "*.csv filter=lfs\n")
    repo.commit()
    return repo.root


def _below(repo: Repo, tmp_path: Path) -> Path:
    return repo.root / "libs"


def _hidden(repo: Repo, tmp_path: Path) -> Path:
    (tmp_path / "ignore").write_text("*.mine\n")
    repo.git("config", "core.excludesFile", str(tmp_path / "ignore"))
    repo.write("libs/core/new.mine", "rows.json")
    return repo.root


@pytest.mark.parametrize("place", [_filtered, _below, _hidden])
def test_nothing_is_kept_where_git_s_list_does_not_tell_all(
    repo: Repo, tmp_path: Path, place: Callable[[Repo, Path], Path]
) -> None:
    root, cache = place(repo, tmp_path), tmp_path / "searches"
    found = holders(Search(discover(root, Settings()), cache), "rows.json")
    assert [path.removeprefix("libs/") for path in found][:1] == ["core/core.py"]
    assert ("libs/core/new.mine" in found) is (place is _hidden)
    assert not cache.exists()


@pytest.mark.parametrize("staged", [False, True])
def test_nothing_is_kept_of_what_changes_while_git_searches(
    repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, staged: bool
) -> None:
    cache = tmp_path / "searches"

    def meanwhile(root: Path, *words: str) -> Answer:
        repo.write("libs/core/core.py", "read('nothing')\n")
        if staged:
            repo.git("add", "-A")
        return ask(root, *words)

    with monkeypatch.context() as patched:
        patched.setattr(searching, "ask", meanwhile)
        assert holders(new(repo, cache), "rows.json") == []
    repo.write("libs/core/core.py", "read('rows.json')\n")
    repo.git("add", "-A")
    assert holders(new(repo, cache), "rows.json") == ["libs/core/core.py"]


def test_a_damaged_file_of_answers_is_none(repo: Repo, tmp_path: Path) -> None:
    cache = tmp_path / "searches"
    holders(new(repo, cache), "rows.json")
    cache.write_bytes(cache.read_bytes().replace(b"core.py", b"none.py"))
    assert holders(new(repo, cache), "rows.json") == ["libs/core/core.py"]


def test_a_long_answer_is_kept_in_place_of_older_ones(
    repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, questions: list[tuple[str, ...]]
) -> None:
    cache = tmp_path / "searches"
    many = [f"libs/core/many{number}.py" for number in range(500)]
    for path in many:
        repo.write(path, "read('stars.json')\n")
    repo.commit()
    monkeypatch.setattr(searching, "_IN_ALL", len(many) + 3)
    for word in ("rows.json", "columns.json", "stars.json"):
        holders(new(repo, cache), word)
    assert len(questions) == 3
    assert holders(new(repo, cache), "stars.json") == sorted(many)
    assert holders(new(repo, cache), "columns.json") == ["libs/core/other.py"]
    assert len(questions) == 3
    assert holders(new(repo, cache), "rows.json") == ["libs/core/core.py"]
    assert len(questions) == 4, "the oldest has gone"

"""Git answers on a node what it answers here, whatever state the repository is in; a state is a row."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path

import pytest

from pytest_monorepo.cluster.tree import files, making, packs, repository
from pytest_monorepo.cluster.tree.repository import Repository
from pytest_monorepo.cluster.tree.store import Store

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="modes and links")

ASKED = (
    ("rev-parse", "HEAD"),
    ("rev-parse", "--abbrev-ref", "HEAD"),
    ("rev-parse", "--show-prefix"),
    ("status", "--porcelain=v2"),
    ("ls-files", "--stage", "-v"),
    ("ls-files", "--others", "--exclude-standard"),
    ("ls-tree", "-r", "HEAD"),
    ("describe", "--tags", "--dirty", "--always"),
    ("diff", "HEAD"),
    ("diff",),
    ("diff", "--cached"),
    ("log", "-1", "--format=%an %s %cI"),
    ("check-attr", "-a", "a.txt"),
    ("submodule", "status"),
    ("grep", "-c", "x"),
)


OWN = ("user.name=a", "user.email=a@example.org", "commit.gpgsign=false", "protocol.file.allow=always")


class Place:
    """A folder in which git is asked; what it answers is bytes, since names are."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def git(self, *words: str | bytes, check: bool = True) -> bytes:
        own = (
            "user.name=a",
            "user.email=a@example.org",
            "commit.gpgsign=false",
            "protocol.file.allow=always",
        )
        options = [word for each in own for word in ("-c", each)]
        done = subprocess.run(["git", *options, *words], cwd=self.folder, capture_output=True, check=check)
        return done.stdout + b"%d" % done.returncode

    def write(self, name: str | bytes, text: str) -> Path:
        file = self.folder / os.fsdecode(name)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        return file

    def commit(self, name: str | bytes = "a.txt", text: str = "x\n") -> Place:
        if not (self.folder / ".git").exists():
            self.folder.mkdir(parents=True, exist_ok=True)
            self.git("init", "-q", "-b", "main")
        self.write(name, text)
        self.git("add", "-A")
        self.git("commit", "-qm", "one")
        return self

    def has(self, name: str) -> Place:
        """One that has a submodule of this one's."""
        outer = Place(self.folder.parent / f"with-{self.folder.name}").commit()
        outer.git("submodule", "add", "-q", str(self.folder), name)
        return outer.commit()


def edited(here: Place) -> Place:
    here.write("a.txt", "edited\n")
    return here


def linked(here: Place) -> Place:
    here.git("worktree", "add", "-q", "../wt", "-b", "other")
    return edited(Place(here.folder.parent / "wt"))


def cloned(*words: str) -> Callable[[Place], Place]:
    def make(here: Place) -> Place:
        here.commit("b.txt")
        here.git("clone", "-q", *words, here.folder.as_uri(), "../clone")
        return Place(here.folder.parent / "clone")

    return make


def other_hashes(here: Place) -> Place:
    there = Place(here.folder.parent / "sha256")
    there.folder.mkdir()
    there.git("init", "-q", "-b", "main", "--object-format=sha256")
    return edited(there.commit())


def sparse(here: Place) -> Place:
    here.commit("d/in.txt").commit("e/out.txt")
    here.git("sparse-checkout", "set", "d")
    return here


def intended(here: Place) -> Place:
    here.write(":new a b c", "new\n")
    here.git("--literal-pathspecs", "add", "-N", ":new a b c")
    return here


def flagged(flag: str) -> Callable[[Place], Place]:
    def make(here: Place) -> Place:
        here.git("update-index", flag, "a.txt")
        return edited(here)

    return make


def conflicting(here: Place) -> Place:
    here.git("checkout", "-qb", "other")
    here.commit(text="theirs\n")
    here.git("checkout", "-q", "main")
    here.commit(text="ours\n").git("merge", "other", check=False)
    return here


def filtered(here: Place) -> Place:
    """The node has no such filter: what is on disk is nothing that the index names."""
    here.git("config", "filter.up.clean", "tr a-z A-Z")
    here.git("config", "filter.up.smudge", "tr A-Z a-z")
    here.write(".gitattributes", "*.up filter=up text eol=crlf ident\n")
    here.write("q'u $(x)\n.up", "odd\n")
    here.commit("f.up", "hello\n").git("mv", "f.up", "moved.up")
    os.utime(here.folder / "moved.up")
    return here


def by_eol(here: Place) -> Place:
    here.write(".git/info/attributes", "*.crlf text eol=crlf\n*.i ident\n")
    here.write("i.i", "$Id$\n")
    here.commit("w.crlf", "x\r\n").git("checkout", "-q", ".")
    return here


def odd_names(here: Place) -> Place:
    names = (b"lat\xe9in", b"new\nline", b'"quoted', b":a b c d", b" lead", b"-dash", b"dir\xff\n/tab\there")
    for name in names:
        here.write(name, "x")
    os.symlink(b"lat\xe9in", os.fsencode(here.folder) + b"/li\nnk")
    here.commit().git("checkout", "-qb", b"branch-\xe9")
    here.git("tag", b"tag-\xe9")
    here.write(b":a b c d", "edited")
    here.write(b"untracked\xfe", "")
    return here


def submodule(here: Place) -> Place:
    return here.has("sub")


def submodule_edited(here: Place) -> Place:
    outer = filtered(here).has("sub").has("outer/sub")
    outer.git("submodule", "update", "-q", "--init", "--recursive")
    outer.write("outer/sub/sub/new", "n")
    Place(outer.folder / "outer/sub/sub").git("tag", "v1")  # other branches stay here
    edited(Place(outer.folder / "outer/sub"))
    return outer


def submodule_moved(here: Place) -> Place:
    outer = submodule(here)
    Place(outer.folder / "sub").commit("more").git("tag", "there")
    return outer


def submodule_left_out(here: Place) -> Place:
    submodule(here).git("clone", "-q", ".", "../clone")
    return Place(here.folder.parent / "clone")


STATES = [
    linked,
    pytest.param(cloned("--depth=1"), id="shallow"),
    pytest.param(cloned("--filter=blob:none"), id="partial"),
    other_hashes,
    sparse,
    intended,
    pytest.param(flagged("--assume-unchanged"), id="assumed"),
    pytest.param(flagged("--skip-worktree"), id="skipped"),
    conflicting,
    filtered,
    by_eol,
    odd_names,
    submodule,
    submodule_edited,
    submodule_moved,
    submodule_left_out,
]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    yield Place(tmp_path / "repo").commit()
    shutil.rmtree(tmp_path)  # of which some names are none for pytest


def send(top: Path, base: Path) -> tuple[Store, Repository]:
    """As a controller does, through what crosses."""
    tree = files.tree_of(top, ())[1]
    store = Store.open(base, tree.data)
    for pack in packs.packs(top, tree, list(store.lacking)):
        store.add(packs.unpacked(pack))
    store.finish()
    told = repository.of(top)
    assert told is not None
    return store, Repository.told(asdict(told))


@pytest.mark.sampled("state")
@pytest.mark.parametrize("state", STATES)
def test_git_answers_there_as_it_does_here(here: Place, state: Callable[[Place], Place]) -> None:
    place = state(here)
    store, told = send(place.folder, here.folder.parent / "base")
    assert making.make(store.tree, told) is None
    below = [path.parent.relative_to(place.folder) for path in place.folder.rglob(".git")]
    assert (len(below) > 1) == (state in (submodule, submodule_edited, submodule_moved))
    for folder in below:
        for words in ASKED:
            expected = Place(place.folder / folder).git(*words, check=False)
            assert Place(store.tree / folder).git(*words, check=False) == expected, (folder, words)
    # for a second run of the same tree nothing is made anew
    (store.tree / ".git/mark").touch()
    assert making.make(store.tree, told) is None
    assert (store.tree / ".git/mark").exists()


@pytest.mark.parametrize(
    "words",
    [
        ("commit", "--allow-empty", "-qm", "two"),
        ("tag", "mine"),
        ("rm", "-q", "--cached", "a.txt"),
        ("checkout", "-qb", "other"),
        ("update-index", "--assume-unchanged", "a.txt"),
    ],
)
def test_what_a_test_told_git_is_undone(here: Place, words: tuple[str, ...]) -> None:
    store, told = send(here.folder, here.folder.parent / "base")
    making.make(store.tree, told)
    Place(store.tree).git(*words)
    making.make(store.tree, told)
    for asked in ASKED:
        assert Place(store.tree).git(*asked, check=False) == here.git(*asked, check=False), asked


def test_folders_with_nothing_in_them_are_there_but_for_ignored_ones(here: Place) -> None:
    outer = submodule(here)
    outer.write(".gitignore", "logs/\nout\n")
    outer.write("sub/.gitignore", "slog/\n")
    outer.write("build/x.out/y", "")
    kept = ["a/keep", "sub/keep", "dist", "b/c/d", "b/c/e\nf"]
    left = ["logs", "a/logs", "out", "a/out/b", "sub/slog"]
    for name in (*kept, *left):
        (outer.folder / name).mkdir(parents=True)
    base = here.folder.parent / "base"
    store, _ = send(outer.folder, base)
    assert [name for name in (*kept, *left) if (store.tree / name).is_dir()] == kept
    # a test wrote into one, and put a file in place of another
    store.close(3)
    (store.tree / "dist/made").touch()
    (store.tree / "a/keep").rmdir()
    (store.tree / "a/keep").touch()
    again, _ = send(outer.folder, base)
    assert again.tree == store.tree
    assert not list((again.tree / "dist").iterdir())
    assert (again.tree / "a/keep").is_dir()


def test_without_git_folders_are_sent_as_they_are(tmp_path: Path) -> None:
    (tmp_path / "repo/empty").mkdir(parents=True)
    (tmp_path / "repo/a.py").touch()
    tree = files.tree_of(tmp_path / "repo", ())[1]
    assert [entry.path for entry in tree.entries] == ["a.py", "empty"]

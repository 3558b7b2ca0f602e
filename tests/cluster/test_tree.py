"""Trees cross to a node as they are, and are there what was sent, whatever tests have done to them since."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pytest_monorepo.cluster.node import trees
from pytest_monorepo.cluster.tree import files, making, manifest, packs, repository
from pytest_monorepo.cluster.tree import lock as locks
from pytest_monorepo.cluster.tree.lock import Lock
from pytest_monorepo.cluster.tree.manifest import Entry, Manifest
from pytest_monorepo.cluster.tree.store import Store
from pytest_monorepo.errors import MonorepoError
from tests.patience import MINUTES, until

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="modes and links")


def git(folder: Path, *words: str) -> str:
    who = ("-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false")
    return subprocess.run(
        ["git", *who, *words], cwd=folder, check=True, capture_output=True, text=True
    ).stdout.strip()


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    """Every kind of file that a tree may hold, in a commit, with edits since."""
    root = tmp_path / "repo"
    (root / "libs/a").mkdir(parents=True)
    git(root, "init", "-q", "-b", "main")
    (root / ".gitignore").write_text("_version.py\n*.log\n")
    (root / "libs/a/kept.py").write_bytes(b"x = 1\r\n\x00\xff")
    (root / "libs/a/edited.py").write_text("old\n")
    (root / "libs/a/gone.py").write_text("gone\n")
    (root / "run.sh").write_text("#!/bin/sh\n")
    (root / "run.sh").chmod(0o755)
    (root / "empty").touch()
    (root / "link").symlink_to("libs/a/kept.py")
    (root / "dangling").symlink_to("../nowhere")
    git(root, "add", "-A")
    git(root, "commit", "-qm", "one")
    git(root, "tag", "-a", "v1", "-m", "one")
    (root / "libs/a/edited.py").write_text("new\n")
    (root / "libs/a/gone.py").unlink()
    (root / "staged.py").write_text("staged\n")
    git(root, "add", "staged.py")
    (root / "staged.py").write_text("staged and edited\n")
    (root / "ünt räcked.py").write_text("u = 1\n")
    (root / "libs/a/_version.py").write_text("version = 1\n")
    return root


Send = Callable[[], Store]


@pytest.fixture
def send(repo: Path, tmp_path: Path) -> Send:
    """As a controller does; ``sent`` counts what crosses."""

    def send() -> Store:
        top, tree = files.tree_of(repo, ())
        store = Store.open(tmp_path / "base", tree.data)
        for pack in packs.packs(top, tree, list(store.lacking)):
            store.add(packs.unpacked(pack))
        store.finish()
        return store

    return send


def contents(root: Path) -> dict[str, tuple[int, object]]:
    found: dict[str, tuple[int, object]] = {}
    for file in sorted(root.rglob("*")):
        path = file.relative_to(root).as_posix()
        if path.split("/")[0] != ".git" and (file.is_symlink() or file.is_file()):
            mode = 0 if file.is_symlink() else file.stat().st_mode & 0o777
            found[path] = (mode, os.readlink(file) if file.is_symlink() else file.read_bytes())
    return found


def test_the_tree_is_there_as_it_is_here_and_ignored_files_are_not(repo: Path, send: Send) -> None:
    expected = contents(repo)
    del expected["libs/a/_version.py"]
    assert contents(send().tree) == expected


def test_globs_bring_ignored_files_and_one_for_nothing_is_an_error(repo: Path) -> None:
    (repo / "libs/a/build.log").write_text("l")
    assert set(files.included(repo, ["**/_version.py", "libs"])) >= {
        "libs/a/_version.py",
        "libs/a/build.log",
        "libs/a/kept.py",
    }
    for name in (".venv/pyvenv.cfg", ".venv/lib/p/_version.py", ".venv/_version.py", "v/_version.py"):
        (repo / name).parent.mkdir(parents=True, exist_ok=True)
        (repo / name).touch()
    (repo / "v/link").symlink_to("../.venv")
    assert set(files.included(repo, ["**/_version.py"])) == {"libs/a/_version.py", "v/_version.py"}
    assert list(files.included(repo, [".venv/lib/*/_version.py"])) == [".venv/lib/p/_version.py"]
    assert ".venv/lib/p/_version.py" in set(files.included(repo, [".venv"]))
    for glob in ("nothing/*", "/etc/passwd"):
        with pytest.raises(MonorepoError, match=r"cluster-include: .* matches no file"):
            list(files.included(repo, [glob]))


def test_a_workspace_within_a_repository_has_what_lies_beside_it(repo: Path) -> None:
    top, tree = files.tree_of(repo / "libs", ["a/_version.py"])
    assert (top, tree.prefix) == (repo, "libs")
    assert {"run.sh", "libs/a/_version.py"} <= {entry.path for entry in tree.entries}


def test_a_glob_may_lead_up_from_the_workspace_and_not_out_of_the_repository(repo: Path) -> None:
    (repo / "other").mkdir()
    (repo / "other/built.log").touch()
    _, tree = files.tree_of(repo / "libs", ["../other/*.log"])
    assert "other/built.log" in {entry.path for entry in tree.entries}
    (repo.parent / "beside.log").touch()
    with pytest.raises(MonorepoError, match=r"cluster-include: \.\./\.\./beside\.log lies outside"):
        files.tree_of(repo / "libs", ["../../beside.log"])


def test_without_git_the_workspace_itself_is_sent(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("")
    top, tree = files.tree_of(tmp_path, ())
    assert (top, tree.prefix, [entry.path for entry in tree.entries]) == (tmp_path, "", ["a.py"])


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda r: (r / "run.sh").chmod(0o644), id="a mode"),
        pytest.param(lambda r: (r / "run.sh").write_text("x"), id="a content"),
        pytest.param(lambda r: (r / "run.sh").unlink(), id="a file less"),
        pytest.param(lambda r: (r / "more").touch(), id="a file more"),
        pytest.param(lambda r: ((r / "link").unlink(), (r / "link").symlink_to("empty")), id="a target"),
        pytest.param(
            lambda r: ((r / "link").unlink(), (r / "link").write_bytes(b"x = 1\r\n\x00\xff")),
            id="a file in place of the link to one like it",
        ),
    ],
)
def test_the_id_is_of_all_of_it(repo: Path, change: Callable[[Path], object]) -> None:
    before = files.tree_of(repo, ())[1].id
    assert files.tree_of(repo, ())[1].id == before
    change(repo)
    assert files.tree_of(repo, ())[1].id != before
    tree = files.tree_of(repo, ())[1]
    assert Manifest.of(tree.data) == tree


def test_what_tests_did_to_a_tree_is_undone(repo: Path, send: Send, tmp_path: Path) -> None:
    first = send()
    expected = contents(first.tree)
    first.close(3)
    tree = first.tree
    (tree / "run.sh").write_text("broken by a test")
    (tree / "empty").unlink()
    (tree / "link").unlink()
    (tree / "link").mkdir()
    (tree / "left.txt").write_text("l")
    shutil.rmtree(tree / "libs")
    (tree / "libs").symlink_to(repo / "libs")  # the same files, but through a link
    (tree / "__pycache__").mkdir()
    data = files.tree_of(repo, ())[1].data
    second = Store.open(tmp_path / "base", data)
    lacking = {entry.path for entries in second.lacking.values() for entry in entries}
    assert second.tree == tree
    assert lacking == {"run.sh", "libs/a/edited.py", "libs/a/kept.py"}
    second.close(3)
    assert contents(send().tree) == expected
    assert (repo / "libs/a/edited.py").read_text() == "new\n"


def test_two_runs_at_a_time_have_a_tree_each_and_nothing_crosses_twice(
    repo: Path, send: Send, tmp_path: Path
) -> None:
    first = send()
    second = Store.open(tmp_path / "base", files.tree_of(repo, ())[1].data)
    assert second.folder != first.folder
    assert not second.lacking
    second.finish()
    (first.tree / "run.sh").write_text("x")
    (repo / "one more").write_text("1")
    third = Store.open(tmp_path / "base", files.tree_of(repo, ())[1].data)
    # a tree that a test has changed gives nothing that it no longer has
    assert {e.path for entries in third.lacking.values() for e in entries} <= {"one more", "run.sh"}


def test_trees_that_nobody_uses_are_kept_up_to_a_number(repo: Path, send: Send, tmp_path: Path) -> None:
    base = tmp_path / "base"
    used = send()
    for number in range(4):
        (repo / "n").write_text(str(number))
        send().close(keep=2)
    assert len(list(base.iterdir())) == 3
    assert used.folder.exists()
    for name in ("run-1", "run-2"):  # of runs, one of which went down with its machine
        (base / name).mkdir()
    lock = Lock.taken(base / "run-2/lock")
    assert lock is not None
    used.close(keep=2)
    assert {folder.name for folder in base.glob("run-*")} == {"run-2"}
    lock.release()
    used.close(keep=0)
    assert list(base.iterdir()) == []


def test_what_a_setup_made_stays(repo: Path, send: Send) -> None:
    store = send()
    assert not store.is_made
    (store.tree / "libs/a/.venv").mkdir()
    store.made()
    (store.tree / "later").touch()
    store.close(3)
    again = send()
    assert again.is_made
    assert (again.tree / "libs/a/.venv").is_dir()
    assert not (again.tree / "later").exists()


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("tail -f mark & wait", "took longer than 0.5s"),
        ("echo one; echo two; exit 3", r"ended with exit code 3: one \| two"),
    ],
)
def test_a_setup_that_fails_ends_with_all_that_it_has_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str, said: str
) -> None:
    mark = tmp_path / "mark"
    mark.touch()
    monkeypatch.setattr(trees, "SETUP_TIME", 0.5 if "longer" in said else MINUTES)
    with pytest.raises(MonorepoError, match=said):
        trees._set_up(command.replace("mark", str(mark)), tmp_path, lambda _: None)
    until(lambda: not any(str(mark) in line for line in processes()))


def test_a_tree_that_is_closed_ends_its_setup(tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    mark.touch()
    there = trees.Trees()
    there.open("run", str(tmp_path / "base"), Manifest(()).data, 1)
    with ThreadPoolExecutor() as pool:
        finishing = pool.submit(there.finish, "run", None, f"tail -f {mark}")
        until(lambda: any(str(mark) in line for line in processes()), lambda: not finishing.done())
        there.close("run", 1)
        with pytest.raises(MonorepoError, match="ended with exit code"):
            finishing.result(MINUTES)
    assert not any(str(mark) in line for line in processes())


def processes() -> list[str]:
    listed = subprocess.run(["ps", "-e", "-ww", "-o", "args="], check=True, capture_output=True, text=True)
    return listed.stdout.splitlines()


@pytest.mark.parametrize(
    "path", ["../x", "/etc/x", "a/../../x", "a//b", ".git/hooks/post-checkout", "", "./a"]
)
def test_nothing_is_written_outside_the_tree(tmp_path: Path, path: str) -> None:
    bad = Manifest((Entry(path, manifest.FILE, 0o644, manifest.digest_of(b""), 0),))
    with pytest.raises(MonorepoError, match="is no path in a tree"):
        Store.open(tmp_path / "base", bad.data)


def test_a_tree_that_is_not_what_was_sent_is_refused(repo: Path, tmp_path: Path) -> None:
    top, tree = files.tree_of(repo, ())
    store = Store.open(tmp_path / "base", tree.data)
    with pytest.raises(MonorepoError, match="have not come"):
        store.finish()
    for pack in packs.packs(top, tree, list(store.lacking)):
        store.add(packs.unpacked(pack))
    (store.tree / "run.sh").chmod(0o600)
    with pytest.raises(MonorepoError, match="not what was sent, beginning with run"):
        store.finish()


def test_a_disk_that_is_full_is_named(repo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    top, tree = files.tree_of(repo, ())
    store = Store.open(tmp_path / "base", tree.data)

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "run.sh")

    monkeypatch.setattr(Path, "write_bytes", full)
    for pack in packs.packs(top, tree, list(store.lacking)):
        store.add(packs.unpacked(pack))
    with pytest.raises(MonorepoError, match=r"cannot be written there: .* No space left .*run\.sh"):
        store.finish()


def test_a_disk_without_locks_is_an_error_and_not_another_run(
    repo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(_: int) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(locks, "_lock", refused)
    _, tree = files.tree_of(repo, ())
    with pytest.raises(MonorepoError, match="no file can be locked there"):
        Store.open(tmp_path / "base", tree.data)
    assert list((tmp_path / "base").iterdir()) == []


def test_a_file_that_changes_while_it_is_sent_is_an_error(repo: Path) -> None:
    top, tree = files.tree_of(repo, ())
    digests = [entry.digest for entry in tree.entries]
    (repo / "run.sh").write_text("changed meanwhile")
    with pytest.raises(MonorepoError, match=r"run\.sh: changed while it was sent"):
        list(packs.packs(top, tree, digests))
    (repo / "run.sh").unlink()
    with pytest.raises(MonorepoError, match=r"run\.sh: changed while it was sent"):
        list(packs.packs(top, tree, digests))


def test_contents_are_packed_to_a_size_and_each_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packs, "MOST", 10)
    for name, text in {"a": "x" * 8, "b": "y" * 8, "c": "x" * 8, "d": "z" * 30, "e": ""}.items():
        (tmp_path / name).write_text(text)
    tree = manifest.read(tmp_path, "abcde")
    found = [packs.unpacked(pack) for pack in packs.packs(tmp_path, tree, [e.digest for e in tree.entries])]
    assert [sorted(content[:1] for content in pack.values()) for pack in found] == [
        [b"x", b"y"],
        [b"z"],
        [b""],
    ]


def test_a_lock_is_held_once_and_goes_with_its_holder(tmp_path: Path) -> None:
    lock = Lock.taken(tmp_path / "lock")
    assert lock is not None
    assert Lock.taken(tmp_path / "lock") is None
    lock.release()
    again = Lock.taken(tmp_path / "lock")
    assert again is not None
    again.release()
    assert Lock.taken(tmp_path / "no folder" / "lock") is None


ASKED = (
    ("rev-parse", "HEAD"),
    ("rev-parse", "--abbrev-ref", "HEAD"),
    ("status", "--porcelain"),
    ("ls-files", "--stage"),
    ("describe", "--dirty"),
    ("diff", "HEAD"),
    ("diff",),
    ("diff", "--cached"),
    ("show", "HEAD:libs/a/edited.py"),
    ("show", ":staged.py"),
    ("log", "-1", "--format=%an %s"),
    ("check-ignore", "-v", "libs/a/_version.py"),
)


def test_git_answers_there_as_it_does_here(repo: Path, send: Send) -> None:
    store, told = send(), repository.of(repo)
    assert told is not None
    assert making.make(store.tree, told) is None
    for words in ASKED:
        assert git(store.tree, *words) == git(repo, *words), words
    # a second run of the same tree makes nothing anew
    (store.tree / ".git/mark").touch()
    assert making.make(store.tree, told) is None
    assert (store.tree / ".git/mark").exists()


@pytest.mark.parametrize("state", ["unborn", "detached"])
def test_git_answers_from_any_head(tmp_path: Path, state: str) -> None:
    root = tmp_path / "repo"
    root.mkdir()
    git(root, "init", "-q", "-b", "main")
    (root / "a").write_text("a")
    git(root, "add", "a")
    if state == "detached":
        git(root, "commit", "-qm", "one")
        git(root, "checkout", "-q", "--detach")
    told = repository.of(root)
    assert told is not None
    tree = tmp_path / "tree"
    tree.mkdir()
    (tree / "a").write_text("a")
    assert making.make(tree, told) is None
    for words in (("status", "--porcelain", "--branch"), ("ls-files", "--stage")):
        assert git(tree, *words) == git(root, *words)


def test_no_repository_is_none(tmp_path: Path) -> None:
    assert repository.of(tmp_path) is None

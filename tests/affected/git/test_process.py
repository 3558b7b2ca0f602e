"""Neither configuration nor environment changes what git says, and no failure is an empty answer."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from pytest_monorepo.affected.git import process as gitprocess
from pytest_monorepo.affected.git.branches import default_branch
from pytest_monorepo.affected.git.contents import blob_hashes, files_at, read_at
from pytest_monorepo.affected.git.mergebase import UnknownRef
from pytest_monorepo.errors import GitError
from tests.affected.conftest import Repository, clone_of, new_repository

from .asked import changed, changes
from .conftest import GitThat

HOSTILE = """
[alias]
    diff = "!echo alias-ran"
[diff]
    external = touch {marks}/external
    noprefix = true
    mnemonicPrefix = true
    renames = copies
    relative = true
    orderFile = /nonexistent/order
    ignoreSubmodules = all
    submodule = log
    autoRefreshIndex = false
    colorMoved = zebra
[diff "evil"]
    textconv = touch {marks}/textconv
    command = touch {marks}/command
[color]
    ui = always
[core]
    quotePath = true
    excludesFile = {marks}/ignore-everything
    attributesFile = {marks}/attributes
    fsmonitor = touch {marks}/fsmonitor
    hooksPath = {marks}/hooks
    pager = touch {marks}/pager
    checkStat = minimal
    trustctime = false
[pager]
    diff = true
[status]
    showUntrackedFiles = no
    relativePaths = false
[submodule]
    recurse = true
[log]
    showSignature = true
[filter "evil"]
    clean = touch {marks}/clean
"""


@pytest.fixture
def hostile_configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's gitconfig tries to run programs and to hide files; where its programs leave marks."""
    marks = tmp_path / "marks"
    (marks / "hooks").mkdir(parents=True)
    for hook in ("post-index-change", "reference-transaction"):
        script = marks / "hooks" / hook
        script.write_text(f"#!/bin/sh\ntouch {marks}/{hook}\n")
        script.chmod(0o755)
    (marks / "ignore-everything").write_text("*\n")
    (marks / "attributes").write_text("* diff=evil filter=evil\n")
    config = tmp_path / "hostile.gitconfig"
    config.write_text(HOSTILE.format(marks=marks))
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(config))
    return marks


class TestSurroundings:
    def test_hostile_configuration_changes_nothing_and_runs_nothing(
        self, with_submodule: Repository, hostile_configuration: Path
    ) -> None:
        before = sorted(hostile_configuration.rglob("*"))
        with_submodule.write("libs/core/core.py", "edited\n")
        with_submodule.write("untracked file.py")
        with_submodule.write("ext/new.py")
        os.utime(with_submodule.path / "README.md", (1, 1))
        (with_submodule.path / "libs/core/test_core.py").rename(with_submodule.path / "libs/http/moved.py")
        assert changed(with_submodule, "pinned") == [
            "ext/new.py",
            "libs/core/core.py",
            "libs/core/test_core.py",
            "libs/http/moved.py",
            "untracked file.py",
        ]
        assert set(blob_hashes(with_submodule.path)) == {".gitmodules", "README.md", "libs/http/http.py"}
        assert sorted(hostile_configuration.rglob("*")) == before

    def test_hostile_configuration_while_fetching(
        self, feature: Repository, tmp_path: Path, hostile_configuration: Path
    ) -> None:
        clone = clone_of(feature, tmp_path / "ci", "--depth=1", "--branch=feature")
        for mark in hostile_configuration.glob("*-*"):
            if mark.name != "ignore-everything":
                mark.unlink()
        before = sorted(hostile_configuration.rglob("*"))
        assert changes(clone.path, "origin/main", fetch=True).paths == ("libs/core/core.py",)
        assert sorted(hostile_configuration.rglob("*")) == before

    @pytest.mark.sampled("name", "value", one_in=3)
    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("GIT_DIR", "{other}/.git"),
            ("GIT_WORK_TREE", "{other}"),
            ("GIT_INDEX_FILE", "{other}/.git/index"),
            ("GIT_OBJECT_DIRECTORY", "{other}/.git/objects"),
            ("GIT_COMMON_DIR", "{other}/.git"),
            ("GIT_PREFIX", "libs/"),
            ("GIT_NAMESPACE", "elsewhere"),
            ("GIT_SHALLOW_FILE", "{other}/README.md"),
            ("GIT_CONFIG_PARAMETERS", "'core.bare'='true'"),
            ("GIT_LITERAL_PATHSPECS", "1"),
            ("GIT_ICASE_PATHSPECS", "1"),
            ("GIT_EXTERNAL_DIFF", "touch {other}/ran"),
            ("GIT_DIFF_OPTS", "--unified=0"),
            ("GIT_TRACE", "{other}/trace"),
            ("GIT_OPTIONAL_LOCKS", "1"),
            ("LANGUAGE", "de"),
        ],
    )
    def test_variables_of_a_hook_change_nothing(
        self,
        feature: Repository,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        name: str,
        value: str,
    ) -> None:
        other = new_repository(tmp_path / "other")
        other.commit("README.md")
        before = sorted(path.name for path in other.path.iterdir())
        feature.write("untracked.py")
        monkeypatch.setenv(name, value.format(other=other.path))
        assert changed(feature, "main") == ["libs/core/core.py", "untracked.py"]
        assert "libs/core/core.py" in blob_hashes(feature.path)
        assert sorted(path.name for path in other.path.iterdir()) == before

    def test_in_a_real_hook(self, feature: Repository, tmp_path: Path) -> None:
        hook = feature.path / ".git/hooks/pre-commit"
        hook.parent.mkdir(exist_ok=True)
        found = tmp_path / "found"
        code = (
            "import os, pathlib; from pytest_monorepo.affected.git.difference import changes; "
            "assert 'GIT_INDEX_FILE' in os.environ; "
            f"pathlib.Path({str(found)!r}).write_text(' '.join(changes(pathlib.Path.cwd(), 'main').paths))"
        )
        hook.write_text(f'#!/bin/sh\nexec "{sys.executable}" -c "{code}"\n')
        hook.chmod(0o755)
        feature.write("README.md", "edited\n")
        package = Path(gitprocess.__file__).parents[3]
        feature.git("commit", "--quiet", "--message=x", "README.md", PYTHONPATH=str(package))
        assert found.read_text() == "README.md libs/core/core.py"

    def test_an_index_lock_held_elsewhere_is_no_matter(self, feature: Repository) -> None:
        feature.write("README.md", "edited\n")
        (feature.path / ".git/index.lock").touch()
        assert changed(feature, "main") == ["README.md", "libs/core/core.py"]

    def test_nothing_is_written(self, feature: Repository) -> None:
        def state() -> dict[str, tuple[int, int]]:
            files = [path for path in (feature.path / ".git").rglob("*") if path.is_file()]
            return {str(path): (path.stat().st_mtime_ns, path.stat().st_size) for path in files}

        os.utime(feature.path / "README.md", (1, 1))
        before = state()
        changes(feature.path, "main")
        blob_hashes(feature.path)
        read_at(feature.path, "main", files_at(feature.path, "main"))
        assert state() == before


class TestFailures:
    @pytest.mark.parametrize(
        "ref",
        [
            "--output={tmp}/x",
            "--upload-pack=touch {tmp}/x",
            "-O{tmp}/x",
            "--",
            "-",
            "HEAD; touch {tmp}/x",
            "$(touch {tmp}/x)",
            "a\nb",
            "a\0b",
            "",
            " ",
            "^HEAD",
            "HEAD:README.md",
            "HEAD --output={tmp}/x",
            "--output={tmp}/x..HEAD",
            "HEAD...--output={tmp}/x",
            "1" * 40,
        ],
    )
    @pytest.mark.parametrize("fetch", [False, True])
    def test_a_strange_ref_is_one_line_and_runs_nothing(
        self, two_projects: Repository, tmp_path: Path, ref: str, fetch: bool
    ) -> None:
        before = sorted(path.name for path in (*tmp_path.iterdir(), *two_projects.path.iterdir()))
        with pytest.raises(UnknownRef, match="names no commit") as caught:
            changes(two_projects.path, ref.format(tmp=tmp_path), fetch=fetch)
        assert len(str(caught.value).splitlines()) == 1
        assert sorted(path.name for path in (*tmp_path.iterdir(), *two_projects.path.iterdir())) == before

    def test_an_unknown_ref_suggests_near_names(self, feature: Repository, tmp_path: Path) -> None:
        with pytest.raises(UnknownRef, match=r"'featrue' names no commit.*did you mean feature\?.*git fetch"):
            changes(feature.path, "featrue")
        clone = clone_of(feature, tmp_path / "clone", "--branch=feature")
        with pytest.raises(UnknownRef, match=r"did you mean origin/main\?"):
            changes(clone.path, "main")

    def test_not_a_repository(self, tmp_path: Path) -> None:
        with pytest.raises(GitError, match=r"is not in a git repository .*git init"):
            changes(tmp_path, "main")
        with pytest.raises(GitError, match="is not in a git repository"):
            changes(tmp_path, "main..HEAD")
        with pytest.raises(GitError, match="is not in a git repository"):
            blob_hashes(tmp_path)
        with pytest.raises(GitError, match="is not in a git repository"):
            default_branch(tmp_path)

    def test_no_such_folder(self, tmp_path: Path) -> None:
        with pytest.raises(GitError, match="nowhere is not a folder"):
            changes(tmp_path / "nowhere", "main")

    def test_git_missing(
        self, two_projects: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("PATH", str(tmp_path))
        with pytest.raises(GitError, match=r"cannot run git .*install git, or put it on PATH"):
            changes(two_projects.path, "base")

    def test_git_missing_when_gitpython_is_imported_first(
        self, two_projects: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        code = (
            "import sys, pathlib; from pytest_monorepo.affected.git.difference import changes\n"
            "from pytest_monorepo.errors import GitError\n"
            "assert 'git' not in sys.modules, 'GitPython is imported when it is needed'\n"
            "try: changes(pathlib.Path.cwd(), 'base')\n"
            "except GitError as error: print(error)\n"
        )
        package = Path(gitprocess.__file__).parents[3]
        done = subprocess.run(
            [sys.executable, "-c", code],
            cwd=two_projects.path,
            env={**os.environ, "PATH": str(tmp_path), "PYTHONPATH": str(package)},
            capture_output=True,
            check=False,
            text=True,
        )
        assert done.stdout.startswith("cannot run git (git: no such file or directory)"), done.stderr
        assert done.stderr == ""

    @pytest.mark.skipif(os.name != "posix", reason="the other git is a shell script")
    def test_gitpython_s_own_choice_of_a_git_counts(self, two_projects: Repository, tmp_path: Path) -> None:
        other = tmp_path / "other-git"
        other.write_text('#!/bin/sh\necho "$1" >> "$0.asked"\nexec git "$@"\n')
        other.chmod(0o755)
        code = (
            "import sys, pathlib; from pytest_monorepo.affected.git import process as gitprocess\n"
            "gitprocess.run(pathlib.Path.cwd(), 'rev-parse', 'HEAD'); print('git' in sys.modules)\n"
            "gitprocess.ask(pathlib.Path.cwd(), 'fetch', 'nowhere'); print('git' in sys.modules)\n"
        )

        def loaded(**environ: str) -> list[str]:
            paths = {"PYTHONPATH": str(Path(gitprocess.__file__).parents[3])}
            done = subprocess.run(
                [sys.executable, "-c", code],
                cwd=two_projects.path,
                env={**os.environ, **paths, **environ},
                capture_output=True,
                check=True,
                text=True,
            )
            return done.stdout.split()

        assert loaded() == ["False", "True"]
        assert loaded(GIT_PYTHON_GIT_EXECUTABLE=str(other)) == ["True", "True"]
        assert "--no-pager" in (tmp_path / "other-git.asked").read_text().split()

    def test_dubious_ownership(self, two_projects: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
        # git's own switch for its tests; _KEPT would drop it, and a chown needs root
        monkeypatch.setitem(gitprocess._FORCED, "GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
        cure = rf"git config --global --add safe\.directory {two_projects.path}'"
        with pytest.raises(GitError, match=cure):
            changes(two_projects.path, "base")
        with pytest.raises(GitError, match=cure):
            changes(two_projects.path, "base..HEAD")

    def test_a_safe_directory_of_the_users_is_obeyed(
        self, feature: Repository, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setitem(gitprocess._FORCED, "GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
        monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
        monkeypatch.setenv("GIT_CONFIG_KEY_0", "safe.directory")
        monkeypatch.setenv("GIT_CONFIG_VALUE_0", str(feature.path))
        assert changed(feature, "main") == ["libs/core/core.py"]

    @pytest.mark.parametrize("victim", ["main", "base^{tree}", "HEAD", "HEAD^{tree}", "main:libs"])
    @pytest.mark.parametrize("damage", ["garbage", "missing", "empty"])
    def test_a_damaged_object(self, feature: Repository, victim: str, damage: str) -> None:
        name = feature.git("rev-parse", victim)
        file = feature.path / ".git/objects" / name[:2] / name[2:]
        file.chmod(0o644)
        if damage == "missing":
            file.unlink()
        else:
            file.write_bytes(b"garbage" if damage == "garbage" else b"")
        ref = "main..HEAD" if victim == "main:libs" else "main"
        if victim == "HEAD^{tree}":
            # only the base's tree is compared with the disk
            assert changed(feature, ref) == ["libs/core/core.py"]
            ref = "main..HEAD"
        with pytest.raises(GitError, match="git fsck"):
            changes(feature.path, ref)

    def test_a_damaged_index(self, feature: Repository) -> None:
        (feature.path / ".git/index").write_bytes(
            b"garbage, but long enough to hold an index's header and hash"
        )
        with pytest.raises(GitError, match="git reset"):
            changes(feature.path, "main")

    def test_a_damaged_tree_is_not_an_absent_file(self, two_projects: Repository) -> None:
        name = two_projects.git("rev-parse", "base:libs/core")
        (two_projects.path / ".git/objects" / name[:2] / name[2:]).unlink()
        with pytest.raises(GitError):
            read_at(two_projects.path, "base", ["libs/core/core.py"])
        with pytest.raises(GitError):
            files_at(two_projects.path, "base")

    def test_an_old_git(self, feature: Repository, git_that: GitThat) -> None:
        git_that("diff", "echo 'error: invalid option: --no-relative' >&2; exit 129")
        with pytest.raises(GitError, match=r"git diff .*needs git 2\.30 or newer"):
            changes(feature.path, "main")

    def test_a_damaged_blob_is_not_an_absent_file(self, two_projects: Repository) -> None:
        name = two_projects.git("rev-parse", "base:README.md")
        (two_projects.path / ".git/objects" / name[:2] / name[2:]).unlink()
        with pytest.raises(GitError, match="git fsck"):
            read_at(two_projects.path, "base", ["README.md", "nowhere"])

    @pytest.mark.parametrize("failing", ["merge-base", "diff", "ls-files", "rev-parse"])
    def test_a_git_that_fails_is_never_an_empty_answer(
        self, feature: Repository, git_that: GitThat, failing: str
    ) -> None:
        git_that(failing, "exit 128")
        with pytest.raises(GitError):
            changes(feature.path, "main")

    @pytest.mark.parametrize("killed", ["merge-base", "diff", "ls-files"])
    def test_nor_is_a_git_that_was_killed(self, feature: Repository, git_that: GitThat, killed: str) -> None:
        git_that(killed, "kill -9 $$")
        with pytest.raises(GitError, match="exit code -9"):
            changes(feature.path, "main")

    def test_a_folder_that_git_cannot_look_into(self, feature: Repository, git_that: GitThat) -> None:
        git_that("ls-files", "echo \"warning: could not open directory 'closed/': Permission denied\" >&2")
        with pytest.raises(GitError, match="git cannot look into closed, so changes there would be missed"):
            changes(feature.path, "main")

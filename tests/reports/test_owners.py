from __future__ import annotations

from pathlib import Path

import pytest

from pytest_monorepo.reports.owners import Owners, parse, read

FILE = "libs/ml/tests/test_a.py"


@pytest.mark.parametrize(
    ("text", "path", "expected"),
    [
        ("* @all", FILE, "@all"),
        ("* @all\n/libs/ml/ @ml", FILE, "@ml"),
        ("/libs/ml/ @ml\n* @all", FILE, "@all"),
        ("/libs/ml @ml", "libs/mlx/a.py", ""),
        ("libs/ml/ @ml", f"x/{FILE}", ""),
        ("ml/ @ml", FILE, "@ml"),
        ("/ml/ @ml", FILE, ""),
        ("*.py @py", FILE, "@py"),
        ("*.js @js", FILE, ""),
        ("/libs/* @top", FILE, ""),
        ("/libs/* @top", "libs/a.py", "@top"),
        ("/libs/** @deep", FILE, "@deep"),
        ("**/tests @t", FILE, "@t"),
        ("/libs/*/tests/ @t", FILE, "@t"),
        ("* @all # the rest", FILE, "@all"),
        ("# * @all", FILE, ""),
        ("* @all\n/libs/ml/", FILE, ""),
        ("* a@b.c @two", FILE, "a@b.c @two"),
        ("/my\\ libs/ @m", "my libs/a.py", "@m"),
        ("[ML] @ml\nlibs/\n^[Docs][2] @docs\n*.md\n[Tests]\n*.py @t", FILE, "@ml @t"),
        ("test_?.py @one", FILE, "@one"),
        ("test_?.py @one", "test_ab.py", ""),
        # a folder between two stars may be none
        ("/libs/**/test_a.py @t", FILE, "@t"),
        ("/libs/**/test_a.py @t", "libs/test_a.py", "@t"),
        ("libs/**/ml/ @t", FILE, "@t"),
        ("libs/**/ml/ @t", "libs/x/ml/a.py", "@t"),
        ("libs/**/ml/ @t", "libs/xml/a.py", ""),
        # the files at the top, or all of them
        ("/* @top", "setup.py", "@top"),
        ("/* @top", FILE, ""),
        ("* @all\n/* @top", FILE, "@all"),
        ("/** @all", FILE, "@all"),
        ("/ @all", FILE, "@all"),
        ("** @all", FILE, "@all"),
        # a folder's name with a slash behind it, anywhere, and no file's
        ("tests/ @t", "libs/tests/x/a.py", "@t"),
        ("tests/ @t", "libs/mytests/a.py", ""),
        ("test_a.py @a", FILE, "@a"),
        ("a.py @a", FILE, ""),
        ("/libs/ml/tests/test_a.py @a", FILE, "@a"),
        ("/libs/m+/ @a", "libs/mm/a.py", ""),
        ("/libs/m.l/ @a", "libs/mxl/a.py", ""),
        # GitLab: what a section leaves out, and owners of a whole section
        ("* @all\n!libs/ml/", FILE, ""),
        ("* @all\n!libs/mx/", FILE, "@all"),
        ("[A] @a\n*\n!libs/\n[B] @b\n*", FILE, "@b"),
        ("[A]\n* @a\n[a]\n/libs/ @b", FILE, "@b"),
        ("[A][1] @a @b\n*.py\n*.md @c", FILE, "@a @b"),
        ("* @all\n[A] @a\n*.md", FILE, "@all"),
        ("\n\n  \n# x\n*   @all\t@more  ", FILE, "@all @more"),
    ],
)
def test_who_owns_a_file(text: str, path: str, expected: str) -> None:
    assert " ".join(Owners(tuple(parse(text))).of(path)) == expected


@pytest.mark.parametrize(
    ("text", "path", "github", "gitlab"),
    [
        # with a slash inside GitHub's begins at the top, GitLab's with one before it only
        ("libs/ml/ @a", "x/libs/ml/a.py", "", "@a"),
        ("/libs/ml/ @a", "x/libs/ml/a.py", "", ""),
        ("docs/*.md @a", "x/docs/a.md", "", "@a"),
        ("docs/*.md @a", "docs/a.md", "@a", "@a"),
        ("docs/*.md @a", "docs/x/a.md", "", ""),
        ("*.md @a", "x/a.md", "@a", "@a"),
        # the files of a folder, the folders in it, all below it
        ("/libs/* @a", "libs/ml/a.py", "", ""),
        ("/libs/*/ @a", "libs/ml/a.py", "@a", "@a"),
        ("/libs/*/ @a", "libs/ml/x/a.py", "@a", "@a"),
        ("/libs/** @a", "libs/ml/a.py", "@a", "@a"),
        ("/libs/**/ @a", "libs/ml/a.py", "@a", "@a"),
        ("/libs/**/tests/* @a", "libs/tests/a.py", "@a", "@a"),
        ("/libs/**/tests/* @a", "libs/ml/tests/x/a.py", "", ""),
        ("**/a.py @a", "a.py", "@a", "@a"),
        # ** that is no folder of its own is one *
        ("/libs/m** @a", "libs/ml/a.py", "@a", "@a"),
        ("/li**/a.py @a", "libs/ml/a.py", "", ""),
        ("/x**/ @a", "libs/x/a.py", "", ""),
        # brackets are a set for GitLab, letters for GitHub
        ("/libs/[mn]l/ @a", "libs/ml/a.py", "", "@a"),
        ("/libs/[!n]l/ @a", "libs/ml/a.py", "", "@a"),
        ("/libs/[!m]l/ @a", "libs/ml/a.py", "", ""),
        ("/libs/[a-n]l/ @a", "libs/ml/a.py", "", "@a"),
        ("/libs/[z-a]l/ @a", "libs/ml/a.py", "", ""),
        ("/libs/[m/ @a", "libs/[m/a.py", "@a", "@a"),
        # \\# begins a name for GitLab, and a blank behind a backslash no comment
        ("\\#a.py @a", "#a.py", "", "@a"),
        ("/x\\ #y/ @a", "x #y/a.py", "@a", "@a"),
        ("/x#y/ @a", "x#y/a.py", "@a", "@a"),
        # what is left out of a section is not taken in again, and GitHub passes the line over
        ("* @a\n!*.py", "x/a.py", "@a", ""),
        ("* @a\n!*.py\n/x/ @b", "x/a.py", "@b", ""),
        ("!*.py\n* @a", "a.py", "@a", ""),
        ("* @a\n!*.py\n/x/ @b", "x/a.md", "@b", "@b"),
        # without owners nobody is asked; the last line counts, not the narrowest
        ("/libs/ml/ @a\n/libs/", "libs/ml/a.py", "", ""),
        ("/libs/ @a\n/libs/ @b", "libs/a.py", "@b", "@b"),
        ("* @a @a", "a.py", "@a", "@a"),
    ],
)
def test_each_system_reads_it_its_own_way(text: str, path: str, github: str, gitlab: str) -> None:
    assert " ".join(Owners(tuple(parse(text, gitlabs=False))).of(path)) == github
    assert " ".join(Owners(tuple(parse(text, gitlabs=True))).of(path)) == gitlab


@pytest.mark.parametrize(
    ("text", "path", "expected"),
    [
        # a heading, or a line that leaves out, says whose file it is; a pattern in brackets is no heading
        ("[A]\nlibs/ml/ @a", "x/libs/ml/a.py", "@a"),
        ("libs/ml/ @a\n!*.md", "x/libs/ml/a.py", "@a"),
        ("libs/ml/ @a\n[x]*.md @b", "x/libs/ml/a.py", ""),
        ("libs/ml/ @a\n# [A]", "x/libs/ml/a.py", ""),
        # each section has its say, what is left out of one included
        ("[A]\n* @a\n!*.py\n[B]\n*.py @b\n[a]\n*.py @c", "x.py", "@b"),
        ("* @z\n[A] @a\n*.py\n[B][2] @b @c\n*.py @d\n*.md", "x.py", "@z @a @d"),
        ("* @z\n[A] @a\n*.py\n[B][2] @b @c\n*.py @d\n*.md", "x.md", "@z @b @c"),
        ("[A] @a\n*.py @b\n[A] @c\n*.md", "x.md", "@c"),
        ("^[A] @a\n*.py", "x.py", "@a"),
        ("[A B] @a\n*.py", "x.py", "@a"),
    ],
)
def test_the_lines_tell_whose_file_it_is(text: str, path: str, expected: str) -> None:
    assert " ".join(Owners(tuple(parse(text))).of(path)) == expected


@pytest.mark.parametrize(
    ("prefix", "path", "expected"),
    [
        ("", "a.py", "@top"),
        ("libs", "a.py", "@files"),
        ("libs", "ml/a.py", "@libs"),
        ("libs/ml", "../a.py", "@files"),
        ("apps/web", "a.py", "@all"),
    ],
)
def test_a_workspace_below_the_top(prefix: str, path: str, expected: str) -> None:
    rules = tuple(parse("* @all\n/* @top\n/libs/ @libs\n/libs/* @files"))
    assert " ".join(Owners(rules, prefix).of(path)) == expected


@pytest.mark.parametrize(
    ("prefix", "folder", "expected"),
    [
        ("", ".", "@top"),
        ("", "libs", "@files"),
        ("", "libs/ml", "@libs"),
        ("libs", ".", "@files"),
        ("libs/ml", ".", "@libs"),
        ("libs", "ml", "@libs"),
        ("", "libs/web", "@web"),
        ("", "docs", "@all"),
    ],
)
def test_a_folders_owners_are_those_of_a_file_in_it(prefix: str, folder: str, expected: str) -> None:
    lines = "* @all\n/* @top\n*.py @py\n/libs/ @libs\n/libs/* @files\nweb/ @web\n/libs/ml/*.md @md\ndocs @all"
    assert " ".join(Owners(tuple(parse(lines)), prefix).of_folder(folder)) == expected


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"CODEOWNERS": "x/a/ @a"}, ""),
        ({"CODEOWNERS": "x/a/ @a", ".gitlab-ci.yml": ""}, "@a"),
        ({".gitlab/CODEOWNERS": "x/a/ @a"}, "@a"),
        ({".github/CODEOWNERS": "x/a/ @a", ".gitlab-ci.yml": "", ".gitlab/CODEOWNERS": "x/a/ @b"}, ""),
        ({".github/CODEOWNERS": "* @a\n!*.py"}, "@a"),
        ({"docs/CODEOWNERS": "* @docs", ".gitlab/CODEOWNERS": "* @a"}, "@docs"),
        ({"CODEOWNERS": ""}, ""),
    ],
)
def test_where_it_lies_tells_whose_file_it_is(tmp_path: Path, files: dict[str, str], expected: str) -> None:
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    assert " ".join(read(tmp_path).of("deep/x/a/b.py")) == expected


def test_the_file_is_the_repositorys(tmp_path: Path) -> None:
    assert read(tmp_path).of("a.py") == ()
    (tmp_path / "CODEOWNERS").write_text("/ws/a.py @a\n")
    assert read(tmp_path, "ws").of("a.py") == ("@a",)
    (tmp_path / ".github").mkdir()
    (tmp_path / ".github/CODEOWNERS").write_text("* @first\n")
    assert read(tmp_path, "ws").of("a.py") == ("@first",)

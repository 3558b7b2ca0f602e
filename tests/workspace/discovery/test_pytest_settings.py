"""Our reading against pytest's own: each table row is configured by pytest itself in the same folder."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from pytest_monorepo.workspace.discovery.collect import collect, option_values
from pytest_monorepo.workspace.discovery.pytest_settings import Reader, ini_names
from pytest_monorepo.workspace.files.listing import list_files
from pytest_monorepo.workspace.files.tree import Tree, disk_reader
from pytest_monorepo.workspace.model import PytestSettings
from tests.workspace.trees import TEST, git, write


@pytest.fixture(autouse=True)
def no_other_plugins(monkeypatch: pytest.MonkeyPatch) -> None:
    """The pytest that we compare with needs none, and starts much faster so."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")


INI = "[pytest]\npython_files = {}\n"
TABLE = "[tool.pytest.ini_options]\npython_files = ['{}']\n"


def reader(root: Path, version: tuple[int, ...] | None = None) -> Reader:
    tree = Tree(root, list_files(root).files, disk_reader(root))
    return Reader(tree) if version is None else Reader(tree, version)


INIS = [
    pytest.param({}, id="nothing"),
    pytest.param({"ws/setup.py": ""}, id="setup.py above"),
    pytest.param({"ws/a/setup.py": "", "ws/setup.py": ""}, id="nearest setup.py"),
    pytest.param({"ws/a/pyproject.toml": "", "ws/pyproject.toml": ""}, id="nearest pyproject without table"),
    pytest.param({"ws/a/setup.py": "", "ws/pyproject.toml": ""}, id="pyproject above beats setup.py"),
    pytest.param({"ws/a/pytest.ini": "", "ws/pytest.ini": INI}, id="an empty pytest.ini counts"),
    pytest.param({"ws/a/.pytest.ini": ""}, id="an empty hidden one too"),
    pytest.param({"ws/a/pytest.ini": INI, "ws/a/pyproject.toml": TABLE}, id="pytest.ini before pyproject"),
    pytest.param({"ws/a/pyproject.toml": TABLE, "ws/a/tox.ini": INI}, id="pyproject before tox.ini"),
    pytest.param({"ws/a/tox.ini": INI, "ws/a/setup.cfg": "[tool:pytest]\n"}, id="tox.ini before setup.cfg"),
    pytest.param({"ws/a/setup.cfg": "[tool:pytest]\npython_files=x\n"}, id="setup.cfg"),
    pytest.param({"ws/a/setup.cfg": "[flake8]\n", "ws/pytest.ini": INI}, id="setup.cfg of others"),
    pytest.param({"ws/a/tox.ini": "[tox]\n", "ws/pytest.ini": INI}, id="tox.ini of others"),
    pytest.param({"ws/a/pyproject.toml": "[tool.x]\n", "ws/tox.ini": INI}, id="a table above wins"),
    pytest.param({"pytest.ini": INI, "ws/a/pyproject.toml": ""}, id="above the workspace"),
    pytest.param({"ws/a/pytest.toml": "[pytest]\npython_files = ['x']\n"}, id="pytest.toml"),
    pytest.param({"ws/a/.pytest.toml": "", "ws/a/pytest.ini": INI}, id="an empty .pytest.toml"),
    pytest.param({"ws/a/pyproject.toml": "[tool.pytest]\npython_files = ['x']\n"}, id="native table"),
    pytest.param({"ws/a/pyproject.toml": "[tool.pytest.ini_options]\n"}, id="an empty table counts"),
    pytest.param(
        {"ws/a/pytest.ini": "[pytest]\naddopts = -q 'a b'\ntestpaths = x\n"}, id="split like a shell"
    ),
    pytest.param({"ws/a/pytest.ini": "[pytest]\npython_files =\n"}, id="emptied"),
    pytest.param({"ws/a/pytest.ini": "[pytest]\nnorecursedirs = x\n"}, id="norecursedirs"),
]


@pytest.mark.parametrize("files", INIS)
def test_as_pytest_itself(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, files: dict[str, str]
) -> None:
    write(pytester.path, {path: text.format("x") for path, text in files.items()})
    folder = write(pytester.path, {"ws/a/keep.py": ""}) / "ws/a"
    monkeypatch.chdir(folder)
    config = pytester.parseconfig()
    ours = reader(pytester.path / "ws").read("a")
    root = pytester.path / "ws"
    assert os.path.normpath(root / ours.rootdir) == str(config.rootpath)
    assert (ours.inifile and os.path.normpath(root / ours.inifile)) == (
        config.inipath and str(config.inipath)
    )
    assert ours.python_files == tuple(config.getini("python_files"))
    assert ours.norecursedirs == tuple(config.getini("norecursedirs"))
    assert ours.testpaths == tuple(config.getini("testpaths"))
    assert ours.addopts == tuple(config.getini("addopts"))


@pytest.mark.parametrize(
    ("version", "files", "inifile"),
    [
        ((8, 4), {"a/pytest.toml": "", "a/tox.ini": "[pytest]\n"}, "a/tox.ini"),
        ((9, 0), {"a/pytest.toml": "", "a/tox.ini": "[pytest]\n"}, "a/pytest.toml"),
        ((8, 4), {"a/.pytest.ini": ""}, None),
        ((9, 0), {"a/.pytest.ini": ""}, "a/.pytest.ini"),
        ((8, 0), {"a/pyproject.toml": "[tool.pytest]\npython_files = ['x']\n"}, None),
        ((9, 0), {"a/pyproject.toml": "[tool.pytest]\npython_files = ['x']\n"}, "a/pyproject.toml"),
        ((8, 0), {"a/pyproject.toml": ""}, None),
        ((8, 1), {"a/pyproject.toml": ""}, "a/pyproject.toml"),
        (
            (6, 2),
            {"a/.pytest.ini": "", "a/pyproject.toml": "[tool.pytest.ini_options]\n"},
            "a/pyproject.toml",
        ),
    ],
)
def test_versions_differ(
    tmp_path: Path, version: tuple[int, ...], files: dict[str, str], inifile: str | None
) -> None:
    assert reader(write(tmp_path, files), version).read("a").inifile == inifile


NATIVE, TOOL, INI_MODE = "[pytest]\n", "[tool.pytest]\n", "[tool.pytest.ini_options]\n"
GIVEN = [
    ("custom.toml", NATIVE, (9, 2), True),
    ("custom.toml", NATIVE, (9, 1), False),
    ("custom.toml", NATIVE, (8, 4), False),
    ("custom.toml", TOOL, (9, 0), True),
    ("custom.toml", TOOL, (8, 4), False),
    ("custom.toml", INI_MODE, (8, 0), True),
    ("custom.toml", INI_MODE, (9, 2), True),
    ("ci/pytest.toml", NATIVE, (9, 0), True),
    ("ci/pytest.toml", NATIVE, (8, 4), False),
    ("ci/pytest.toml", INI_MODE, (8, 4), True),
    ("ci/pytest.toml", INI_MODE, (9, 0), False),
    ("ci/pyproject.toml", NATIVE, (9, 2), False),
    ("ci/pyproject.toml", TOOL, (9, 2), True),
    ("custom.ini", NATIVE, (9, 2), True),
    ("custom.cfg", "[tool:pytest]\n", (9, 2), True),
]


def _given(folder: Path, file: str, table: str) -> str:
    value = '["check_*.py"]' if file.endswith(".toml") else "check_*.py"
    write(folder, {file: f"{table}python_files = {value}\n", "a/keep.py": ""})
    return file


@pytest.mark.parametrize(("file", "table", "version", "reads"), GIVEN)
def test_a_file_that_is_given(
    tmp_path: Path, file: str, table: str, version: tuple[int, int], reads: bool
) -> None:
    _given(tmp_path, file, table)
    found = replace(reader(tmp_path, version), given=file).read("a")
    assert (found.inifile, found.python_files == ("check_*.py",)) == (file, reads)


@pytest.mark.parametrize(("file", "table"), sorted({(file, table) for file, table, _, _ in GIVEN}))
def test_a_file_that_is_given_as_pytest_itself(pytester: pytest.Pytester, file: str, table: str) -> None:
    _given(pytester.path, file, table)
    config = pytester.parseconfig("-c", file)
    ours = Reader(Tree(pytester.path, (file,), disk_reader(pytester.path)), given=file).read(".")
    assert ours.python_files == tuple(config.getini("python_files"))


def test_names_looked_for() -> None:
    assert ini_names((9, 0))[:2] == ("pytest.toml", ".pytest.toml")
    assert ini_names((8, 4)) == ("pytest.ini", ".pytest.ini", "pyproject.toml", "tox.ini", "setup.cfg")


@pytest.mark.parametrize("text", ["[pytest\n", "[pytest]\naddopts = 'open\n"])
def test_a_broken_ini_is_still_the_one_found(tmp_path: Path, text: str) -> None:
    write(tmp_path, {"a/pytest.ini": text, "pytest.ini": ""})
    assert reader(tmp_path).read("a").inifile == "a/pytest.ini"


COLLECT = [
    pytest.param("", (), id="defaults"),
    pytest.param("testpaths = tests src/*/tests", (), id="testpaths with globs"),
    pytest.param("testpaths = missing", (), id="no test path exists"),
    pytest.param("testpaths = src/**/tests", (), id="recursive glob"),
    pytest.param("testpaths = tests/deep/test_deep.py", (), id="a file as test path"),
    pytest.param("testpaths = build", (), id="a test path is entered whatever its name"),
    pytest.param("python_files = check_*.py test*.py", (), id="python_files"),
    pytest.param("python_files = tests/*.py", (), id="a pattern with a slash"),
    pytest.param("python_files = *.py", (), id="every module"),
    pytest.param("norecursedirs = deep src/p", (), id="norecursedirs with a slash"),
    pytest.param("addopts = --ignore=tests/deep", (), id="ignore"),
    pytest.param("addopts = --ignore tests/deep --ignore src", (), id="ignore twice"),
    pytest.param("addopts = --ignore-glob=*/deep*", (), id="ignore-glob"),
    pytest.param("addopts = -q src", (), id="a path in addopts"),
    pytest.param("addopts = --doctest-modules", ("src/p/doc.py", "src/p/my_setup.py"), id="doctest modules"),
    pytest.param("addopts = --doctest-glob=*.md", ("README.md",), id="doctest glob"),
    pytest.param("addopts = -p no:doctest", (), id="doctest off"),
    pytest.param("testpaths = docs/guide.rst", ("docs/guide.rst",), id="a text as test path"),
    pytest.param("testpaths = ./docs/notes.txt", ("docs/notes.txt",), id="another text as test path"),
    pytest.param("testpaths = docs/*", ("docs/guide.rst", "docs/notes.txt"), id="texts of a glob"),
    pytest.param("testpaths = docs", (), id="texts below a test path"),
    pytest.param("addopts = docs/guide.rst tests", ("docs/guide.rst",), id="a text in addopts"),
    pytest.param("addopts = docs/guide.rst::guide.rst", ("docs/guide.rst",), id="a doctest in addopts"),
    pytest.param(
        "addopts = --doctest-glob=*.md\ntestpaths = docs/guide.rst README.md",
        ("docs/guide.rst", "README.md"),
        id="a text beside a glob of others",
    ),
]
FILES = {
    "tests/__init__.py": "",
    "tests/test_a.py": TEST,
    "tests/b_test.py": TEST,
    "tests/check_c.py": TEST,
    "tests/deep/test_deep.py": TEST,
    "tests/test_text.txt": ">>> 1\n1\n",
    "src/p/__init__.py": "",
    "src/p/doc.py": '"""\n>>> 1\n1\n"""\n',
    "src/p/my_setup.py": '"""\n>>> 1\n1\n"""\n',
    "src/p/setup.py": '"""\n>>> 1\n1\n"""  # setuptools\n',
    "src/p/tests/test_p.py": TEST,
    ".hidden/test_h.py": TEST,
    "build/test_built.py": TEST,
    "README.md": ">>> 1\n1\n",
    "docs/guide.rst": ">>> 1\n1\n",
    "docs/notes.txt": ">>> 1\n1\n",
}


@pytest.mark.parametrize(("setting", "expected"), COLLECT)
def test_files_as_pytest_itself(pytester: pytest.Pytester, setting: str, expected: tuple[str, ...]) -> None:
    write(pytester.path, {**FILES, "pytest.ini": f"[pytest]\n{setting}\n"})
    git(pytester.path, "init", "-q")  # or else the walk would leave build out
    items, recorder = pytester.inline_genitems("--import-mode=importlib", "-p", "no:cacheprovider")
    theirs = {item.path.relative_to(pytester.path).as_posix() for item in items}
    # pytest 8.0 finds a module in a hidden folder, and cannot import it
    theirs |= {report.nodeid for report in recorder.getreports("pytest_collectreport") if report.failed}
    files = list_files(pytester.path).files
    ours = collect(".", files, reader(pytester.path).read("."), str(pytester.path))
    # what only may hold doctests is decided by its content, which collect does not read
    doctests = {path for path in ours.doctests if ">>>" in FILES[path]}
    assert {path for path in ours.tests if "def test" in FILES[path]} | doctests == theirs
    assert set(expected) <= theirs


def test_testpaths_of_a_root_ini_do_not_count_in_a_project() -> None:
    settings = PytestSettings(inifile="pytest.ini", rootdir=".", testpaths=("tests",))
    assert collect("a", ["a/test_x.py", "a/tests/test_y.py"], settings).tests == (
        "a/test_x.py",
        "a/tests/test_y.py",
    )


def test_option_values() -> None:
    addopts = ("-q", "--ignore", "a", "--ignore=b", "--ignore-glob=c", "--ignore")
    assert option_values(addopts, "--ignore") == ("a", "b")

"""A missing module that another project has: the line that says whose it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_monorepo.run.hooks.undeclared import Undeclared
from pytest_monorepo.workspace import graph
from pytest_monorepo.workspace.graph import Edge
from pytest_monorepo.workspace.model import Project, Scope, Workspace
from tests.run.space import Space

PROJECTS = (
    Project("libs/a", "a", packages=("a",)),
    Project("libs/b", "b", packages=("b",)),
    Project("libs/c", "c", packages=("c", "ns.c")),
    Project("libs/d", "d", packages=("ns.d",)),
    Project("one", "one", packages=("twice",)),
    Project("two", "two", packages=("twice",)),
)
# a needs b, whose own tests need c
EDGES = (
    Edge("libs/a", "libs/b", Scope.RUNTIME, "manifest"),
    Edge("libs/b", "libs/c", Scope.TEST, "manifest"),
)
TEST = "libs/a/tests/test_a.py"


def collected(statement: str, message: str, place: str = TEST) -> str:
    """As pytest shows that a test module cannot be imported."""
    where = "/usr/lib/python3.11/importlib/__init__.py:126: in import_module"
    return f"Traceback:\n{where}\n    return x\n{place}:1: in <module>\n    {statement}\nE   {message}"


def within(statement: str, message: str, place: str = TEST) -> str:
    """As pytest shows that a test fails."""
    shown = f">       {statement}\n        ^^^^^^^^^\nE       {message}"
    return f"    def test():\n{shown}\n\n{place}:3: ModuleNotFoundError"


def no(name: str) -> str:
    return f"ModuleNotFoundError: No module named '{name}'"


@pytest.fixture
def undeclared(tmp_path: Path) -> Undeclared:
    for path in (TEST, "libs/b/b/deep.py", "libs/b/tests/test_b.py"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).touch()
    return Undeclared(Workspace(tmp_path, PROJECTS), graph.of(PROJECTS, EDGES))


HERE = "which libs/a does not declare"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (collected("import c", no("c")), f"c is libs/c, {HERE}"),
        (collected("from c.inner import x", no("c")), f"c is libs/c, {HERE}"),
        (collected("from ns.d import x", no("ns")), f"ns.d is libs/d, {HERE}"),
        (collected("from ns import d, other", no("ns")), f"ns.d is libs/d, {HERE}"),
        (collected("import ns.c", no("ns.c")), f"ns.c is libs/c, {HERE}"),
        (collected("from ns import (", no("ns")), "ns is libs/c or libs/d, and libs/a declares neither"),
        (collected("import twice", no("twice")), "twice is one or two, and libs/a declares neither"),
        (within("import c", no("c")), f"c is libs/c, {HERE}"),
        (within("import_module('ns.d')", no("ns")), f"ns.d is libs/d, {HERE}"),
        (f"tests/test_a.py:1: in <module>\n    import c\nE   {no('c')}", f"c is libs/c, {HERE}"),
        (
            f'  File "libs/b/b/deep.py", line 1, in <module>\n    import d\n{no("ns.d")}',
            "ns.d is libs/d, which",
        ),
        # whoever holds the statement is to declare it
        (
            collected("import ns.d", no("ns"), "libs/b/b/deep.py"),
            "ns.d is libs/d, which libs/b does not declare",
        ),
        (
            within("import c", no("c"), "libs/b/b/deep.py"),
            "c is libs/c, which libs/b declares for its tests only",
        ),
        ("ImportError: Error importing plugin \"c\": No module named 'c'", f"c is libs/c, {HERE}"),
    ],
)
def test_the_project_that_has_it_is_named(undeclared: Undeclared, text: str, says: str) -> None:
    assert (undeclared.hint(text, "libs/a") or "").startswith(says)


@pytest.mark.parametrize(
    "text",
    [
        collected("import b.gone", no("b.gone")),  # declared: its source is on the path
        collected("import a.gone", no("a.gone")),
        collected("import requests", no("requests")),
        collected("from ns.own import x", no("ns.own")),  # a part that nobody has
        "E   AssertionError: assert \"No module named 'c'\" == ''",
        ">       with pytest.raises(ImportError, match=\"No module named 'c'\"):\nE   Failed: DID NOT RAISE",
        "",
    ],
)
def test_nothing_is_said_where_nobody_failed_to_declare(undeclared: Undeclared, text: str) -> None:
    assert undeclared.hint(text, "libs/a") is None


def test_the_first_missing_module_that_somebody_has_is_told(undeclared: Undeclared) -> None:
    text = f"{collected('import fast', no('fast'))}\n{collected('import c', no('c'))}"
    assert undeclared.under(text, "libs/a") == f"{text}\n\nc is libs/c, {HERE}"


@pytest.mark.parametrize("style", ["long", "short", "native"])
def test_the_line_stands_in_the_failure(space: Space, style: str) -> None:
    space.projects(
        {
            "libs/late": "def test_it():\n    import core.sub\n",
            "libs/early": "from core import x\ndef test_it(): pass\n",
            "libs/start": "def test_it(): pass\n",
            "libs/said": "import core\ndef test_it(): import core.gone\n",
            "libs/core": "import core\ndef test_it(): pass\n",
        }
    )
    manifest = '[project]\nname = "said"\nversion = "1"\ndependencies = ["libs-core"]\n'
    space.write(
        {
            "libs/core/core/__init__.py": "x = 1\n",
            "libs/start/tests/conftest.py": "import core\n",
            "libs/said/pyproject.toml": manifest,
        }
    )
    ended = space.run(f"--tb={style}", "--junitxml=report.xml")
    assert ended.counts == {"failed": 2, "passed": 1, "error": 2}
    told = [line for line in ended.lines if " is libs/core, " in line]
    assert sorted(told) == [
        f"core is libs/core, which libs/{name} does not declare" for name in ("early", "late", "start")
    ]
    assert "core is libs/core, which libs/late does not declare" in (space.root / "report.xml").read_text()

"""From which line on a test file may have set something for a while."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from pytest_monorepo.inputs.owners.names.doings import Doings, first
from pytest_monorepo.inputs.record.homes import Homes

NOTHING = float("inf")
SOURCES: dict[str, tuple[str, float]] = {
    "only-imports": ("'What'\nimport a\nfrom b import c\nx = 1\ny: int = x\nz, w = 1, 2\n", NOTHING),
    "tests": ("import pytest\n@pytest.mark.a(b())\n@pytest.fixture\ndef test(): a.b = 1\n", NOTHING),
    "class": ("class Test:\n    x = 1\n    def test(self): a.b = 1\n", NOTHING),
    "known-calls": ("sys.path.insert(0, os.path.dirname(__file__))\nx = pytest.importorskip('x')\n", NOTHING),
    "variables": ("os.environ['X'] = '1'\nos.environ.pop('X')\n", NOTHING),
    "attempt": ("try:\n    import a\nexcept ImportError:\n    a = None\n", NOTHING),
    "condition": ("if TYPE_CHECKING:\n    import a\n", NOTHING),
    "with": ("import a\nwith patch('a.b'):\n    import c\n", 2),
    "attribute": ("import a\na.b = 1\n", 2),
    "one-of-two": ("import a\nold, a.b = 1, 2\n", 2),
    "entry": ("a[0] = 1\n", 1),
    "sum": ("import a\na.b += 1\n", 2),
    "deletion": ("import a\n\ndel a.b\n", 3),
    "loop": ("for a.b in (): import c\n", 1),
    "call": ("import a\na.start()\n", 2),
    "value": ("import a\nx = patch('a.b').start()\n", 2),
    "asked": ("if setattr(a, 'b', 1) is None:\n    import c\n", 1),
    "otherwise": ("if x:\n    pass\nelse:\n    a.b = 1\n", 4),
    "in-a-handler": ("try:\n    import a\nexcept ImportError:\n    b.c = 1\n", 4),
    "at-last": ("try:\n    import a\nfinally:\n    b.c = 1\n", 4),
    "in-a-class": ("import a\nclass Test:\n    a.b = 1\n    import c\n", 2),
    "decorator": ("import a\n@a.b\ndef test(): pass\n", 2),
    "property": ("import a\na.b\n", 2),
    "property-kept": ("import a\nx = a.b\n", 2),
    "index": ("import a\na[1]\n", 2),
    "operator": ("import a\nx = a | 1\n", 2),
    "format": ("import a\nx = f'{a}'\n", 2),
    "truth-of-an-attribute": ("if a.b:\n    import c\n", 1),
    "loop-in-a-list": ("x = [b for b in a]\n", 1),
    "of-the-library": (
        "import sys\nif sys.version_info >= (3, 9):\n    import a\nx = sys.platform\n",
        NOTHING,
    ),
    "path": ("from pathlib import Path\nHERE = Path(__file__).parent / 'x'\n", NOTHING),
    "no-python": ("import a\n(", 0),
}


@pytest.mark.parametrize(("source", "line"), SOURCES.values(), ids=SOURCES)
def test_in_doubt_it_has(source: str, line: float) -> None:
    assert first(source) == line


@pytest.mark.parametrize(
    ("text", "name", "begun"),
    [
        ("def f(x=ask()): pass\nlen('')", "p/test_a.py", False),
        ("len('')\ndef f(x=ask()): pass", "p/test_a.py", True),
        ("def g(): return ask()\nlen('')\ndef f(x=g()): pass", "p/test_a.py", True),
        ("len('')\ndef f(x=ask()): pass", "p/test_b.py", False),
    ],
)
def test_it_is_the_line_that_runs_now(tmp_path: Path, text: str, name: str, begun: bool) -> None:
    path = tmp_path / "p" / "test_a.py"
    path.parent.mkdir()
    path.write_text(text, encoding="utf-8")
    found: list[bool] = []
    variables = {"ask": lambda: found.append(Doings().begun(sys._getframe(), name, Homes()))}
    exec(compile(text, str(path), "exec"), variables)
    assert found == [begun]


def test_where_the_source_is_no_file_it_has() -> None:
    found: list[bool] = []
    variables = {"ask": lambda: found.append(Doings().begun(sys._getframe(), "test_a.py", Homes()))}
    exec(compile("def f(x=ask()): pass", "nowhere/test_a.py", "exec"), variables)
    assert found == [True]


@pytest.mark.parametrize(
    ("text", "sets"),
    [
        ("import ask", False),
        ("x = 1\nimport ask", False),
        ("seen.clear()\nimport ask", True),
        ("seen |= {1}\nimport ask", True),
        ("ask_.y = 1\nimport ask", True),
        ("ask_.__name__\nimport ask", True),
        ("x = seen | seen\nimport ask", True),
    ],
)
def test_what_a_module_does_before_it_asks_for_another(tmp_path: Path, text: str, sets: bool) -> None:
    found: list[bool] = []

    def find(name: str, *args: object) -> None:
        found.append(Doings().between(sys._getframe(1), homes))

    homes = Homes(str(tmp_path))
    file = tmp_path / "mid.py"
    file.write_text(text, encoding="utf-8")
    variables = {"__name__": "mid", "__file__": str(file), "__builtins__": {"__import__": find}}
    exec(compile(text, str(file), "exec"), {**variables, "seen": set(), "ask_": find})
    assert found == [sets]

"""Modules that a chain of imports loads between what sets something and what takes it back.

``import on, app, off``: whoever imports ``app`` after that finds what it has taken, and that must run.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.run.space import Space
from tests.sampling import Part

from .test_left_behind import failed

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="traces were measured on Linux alone"),
]

SOURCES = {
    "box.py": "import contextvars\nvalue, items, variable = 0, {}, contextvars.ContextVar('v', default=0)",
    "app.py": "import box, os\n"
    "value = box.value, len(box.items), box.variable.get(), os.environ.get('XX'), len(os.sep)",
    "sw.py": "import box\nclass Switch:\n    @property\n    def on(self): box.value = 1\n"
    "    @property\n    def off(self): box.value = 0\nswitch = Switch()",
    "calm.py": "",
    "mid/__init__.py": "import on\nfrom . import deep\nimport off",
    "mid/deep.py": "import app",
    "only.py": "def get():\n    import mid",
}
SEEN = "import app\ndef test(): assert app.value == (0, 0, 0, None, 1)"
SEEN_LATE = "def test():\n    import app\n    assert app.value == (0, 0, 0, None, 1)"
TOP = "import sw, calm, on, app, off\ndef test(): pass"
ATTRIBUTE = ("import box\nbox.value = 1", "import box\nbox.value = 0")
# what sets something, what takes it back
WAYS = {
    "attribute": ATTRIBUTE,
    "item": ("import box\nbox.items['a'] = 1", "import box\ndel box.items['a']"),
    "context": ("import box\ntoken = box.variable.set(1)", "import box\nother = box.variable.set(0)"),
    "variable": ("import os\nos.environ['XX'] = '1'", "import os\nos.environ.pop('XX')"),
    "of-the-library": ("import os\nos.sep = '//'", "import os\nos.sep = '/'"),
    "kept-call": ("import box\n_ = setattr(box, 'value', 1)", "import box\n_ = setattr(box, 'value', 0)"),
    "patch": (
        "from unittest import mock\npatch = mock.patch('box.value', 1)\nstarted = patch.start()",
        "import on\nstopped = on.patch.stop()",
    ),
    "property": ("import sw\nsw.switch.on", "import sw\nsw.switch.off"),
    "decorator": (
        "import box\ndef now(f): box.value = 1\n@now\ndef f(): pass",
        "import box\nclass Now:\n    def __init__(self, f): box.value = 0\n@Now\ndef f(): pass",
    ),
    "asked-for": (
        "import box\ndef __getattr__(name):\n    box.value = name == 'x'",
        "import box\ndef __getattr__(name):\n    box.value = 0 if name == 'x' else box.value",
    ),
}
ASKS = "import calm\nfrom on import x\nimport app\nfrom off import x\ndef test(): pass"
CONFTEST = "import pytest\n@pytest.fixture(scope='session')\ndef shared():\n    import mid\n"
# what test_a comes to do, what test_b asks for
PLACES = {
    "from": ("from on import box\nfrom app import value\nfrom off import box\ndef test(): pass", SEEN),
    "package": ("import mid\ndef test(): pass", SEEN),
    "importlib": (
        "from importlib import import_module as load\nload('on')\nload('app')\nload('off')\ndef test(): pass",
        SEEN,
    ),
    "by-a-property": ("from sw import switch\nswitch.on\nimport app\nswitch.off\ndef test(): pass", SEEN),
    "by-a-kept-property": (
        "from sw import switch as s\nx = s.on\nimport app\nx = s.off\ndef test(): pass",
        SEEN,
    ),
    "test": ("def test():\n    import mid", SEEN_LATE),
    "function": ("import only\ndef test(): only.get()", SEEN_LATE),
    "fixture": ("import pytest\n@pytest.fixture\ndef mine(): import mid\ndef test(mine): pass", SEEN_LATE),
    "shared-fixture": ("def test(shared): pass", SEEN_LATE),
    "class": ("class Test:\n    import on\n    import app\n    import off\n    def test(self): pass", SEEN),
    "attempt": ("try:\n    import on, app\nfinally:\n    import off\ndef test(): pass", SEEN),
}


def workspace(space: Space, part: Part) -> dict[str, str]:
    """Writes a project for each way and place; gives what the first file of each comes to be."""
    ini = "[tool.pytest.ini_options]\npythonpath = '.'\n"
    rows = {f"way-{name}": (ASKS if name == "asked-for" else TOP, SEEN, *way) for name, way in WAYS.items()}
    rows |= {f"place-{name}": (*place, *ATTRIBUTE) for name, place in PLACES.items()}
    rows = {name: rows[name] for name in part([*rows], 3)}
    space.write({"pyproject.toml": "[tool.pytest-monorepo]\n"})
    for name, (_, seen, on, off) in rows.items():
        space.write({f"p/{name}/pyproject.toml": ini, f"p/{name}/tests/test_a.py": "def test(): pass\n"})
        space.write({f"p/{name}/tests/test_b.py": seen, f"p/{name}/tests/conftest.py": CONFTEST})
        space.write({f"p/{name}/{path}": text for path, text in SOURCES.items()})
        space.write({f"p/{name}/on.py": on, f"p/{name}/off.py": off})
    return {name: row[0] for name, row in rows.items()}


@pytest.mark.sampled("start", first=False)
@pytest.mark.parametrize("start", ["fork", "spawn"])
@pytest.mark.parametrize("bytecode", ["", "1"], ids=["warm", "cold"])
def test_what_is_imported_in_between_is_seen_by_who_imports_it_later(
    tmp_path: Path, start: str, bytecode: str, part: Part
) -> None:
    space = Space(tmp_path / "space")
    changed = workspace(space, part)
    words = ("--cached", "--workers=1", f"--monorepo-start={start}")
    kept = {"XDG_CACHE_HOME": str(tmp_path / "cache"), "HOME": str(tmp_path)}
    with space.environment(PYTHONDONTWRITEBYTECODE=bytecode, **kept):
        assert space.run(*words).code == 0
        assert f"{2 * len(changed)} cached" in space.run(*words).out
        space.write({f"p/{name}/tests/test_a.py": text for name, text in changed.items()})
        run = space.run(*words, "-rf", "--cached-explain")
    assert failed(run.out) == set(changed), run.out


@pytest.mark.sampled("start", first=False)
@pytest.mark.parametrize("start", ["spawn", "fork"])
def test_what_sets_something_changes_and_its_file_does_not(tmp_path: Path, start: str, part: Part) -> None:
    space = Space(tmp_path / "space")
    changed = workspace(space, part)
    for name, text in changed.items():
        space.write({f"p/{name}/tests/test_a.py": text})
    # what is run for a while must be there before
    parts = {path: (space.root / path).read_text() for name in changed for path in parts_of(name)}
    space.write({path: quiet(text) for path, text in parts.items()})
    words = ("--cached", "--workers=1", f"--monorepo-start={start}")
    with space.environment(XDG_CACHE_HOME=str(tmp_path / "cache"), HOME=str(tmp_path)):
        assert space.run(*words).code == 0
        space.run(*words)
        space.write(parts)
        run = space.run(*words, "-rf", "--cached-explain")
    assert failed(run.out) == set(changed), run.out


def parts_of(name: str) -> list[str]:
    return [f"p/{name}/{one}.py" for one in ("on", "off", "sw")]


def quiet(text: str) -> str:
    """The same code with nothing that it sets."""
    for word in ("box.value = 1", "box.value = name == 'x'", "setattr(box, 'value', 1)"):
        text = text.replace(word, "box.value = 0")
    text = text.replace("os.sep = '//'", "os.sep = '/'").replace("['a'] = 1", "['a'] = 1; box.items.clear()")
    text = text.replace("del box.items['a']", "").replace("_ = box.value = 0", "box.value = 0")
    text = text.replace("os.environ['XX'] = '1'", "").replace(
        "os.environ.pop('XX')", "os.environ.pop('XX', 0)"
    )
    return text.replace("variable.set(1)", "variable.set(0)").replace("'box.value', 1", "'box.value', 0")


@pytest.mark.parametrize(
    ("module", "together"),
    [
        ("import sw, calm\nx = 1", False),
        ("import box\nbox.value = 0", False),
        ("import box\nbox.value = 1", True),
    ],
    ids=["defines", "sets-what-is-so", "sets"],
)
def test_files_are_tied_only_by_what_was_otherwise(tmp_path: Path, module: str, together: bool) -> None:
    space = Space(tmp_path / "space")
    space.write({"pyproject.toml": "[tool.pytest-monorepo]\n"})
    space.write({"p/pyproject.toml": "[tool.pytest.ini_options]\npythonpath = '.'\n"})
    space.write({f"p/{path}": text for path, text in SOURCES.items()})
    space.write({"p/on.py": module, "p/off.py": "import box\nbox.value = 0", "p/tests/test_a.py": TOP})
    space.write({"p/tests/test_b.py": "import app\ndef test(): pass"})
    with space.environment(XDG_CACHE_HOME=str(tmp_path / "cache"), HOME=str(tmp_path)):
        assert space.run("--cached", "--workers=1").code == 0
        space.write({"p/tests/test_a.py": f"{TOP}\n# more"})
        run = space.run("--cached", "--workers=1")
    assert ("1 cached" in run.lines[-1]) is not together, run.out


LIBRARY = "import time\nkept = time.monotonic\ntime.monotonic = lambda: 5"
LATER = "import sched, time\ndef test(): assert sched._time is time.monotonic"
LATEST = "import time\ndef test():\n    import sched\n    assert sched._time is time.monotonic"
UNASKED = {
    "library-in-a-chain": ("import on, sched, off\ndef test(): pass", LATER),
    "library-under-a-patch": (
        "import time\ndef test(monkeypatch):\n    monkeypatch.setattr(time, 'monotonic', lambda: 5)\n"
        "    import sched",
        LATEST,
    ),
    "library-below-a-module": (
        "import time\ndef test(monkeypatch):\n    monkeypatch.setattr(time, 'monotonic', lambda: 5)\n"
        "    import schedules",
        LATEST,
    ),
    "audit-hook": (
        "import sys\ndef hook(event, args):\n    if event == 'open' and args[0] == 'x': raise RuntimeError\n"
        "def test(): sys.addaudithook(hook)",
        "def test(): open('x').close()",
    ),
    "call-at-forks": (
        "import hits, os\ndef test(): os.register_at_fork(after_in_child=hits.add)",
        "import hits, os\ndef test():\n    child = os.fork()\n    if not child: os._exit(hits.number[0])\n"
        "    assert os.waitpid(child, 0)[1] == 0",
    ),
}


def test_what_the_library_takes_and_what_nobody_can_ask_for_is_seen(tmp_path: Path) -> None:
    space = Space(tmp_path / "space")
    files = {"on.py": LIBRARY, "off.py": "import on, time\ntime.monotonic = on.kept", "x": ""}
    files |= {"hits.py": "number = [0]\ndef add(): number[0] = 1", "schedules.py": "import sched"}
    ini = "[tool.pytest.ini_options]\npythonpath = '.'\n"
    for name, (_, seen) in UNASKED.items():
        space.write({f"p/{name}/pyproject.toml": ini, f"p/{name}/tests/test_a.py": "def test(): pass\n"})
        space.write({f"p/{name}/tests/test_b.py": seen, **{f"p/{name}/{k}": v for k, v in files.items()}})
    space.write({"pyproject.toml": "[tool.pytest-monorepo]\n"})
    with space.environment(XDG_CACHE_HOME=str(tmp_path / "cache"), HOME=str(tmp_path)):
        assert space.run("--cached", "--workers=1").code == 0
        assert f"{2 * len(UNASKED)} cached" in space.run("--cached", "--workers=1").out
        for name, (comes, _) in UNASKED.items():
            space.write({f"p/{name}/tests/test_a.py": comes})
        run = space.run("--cached", "--workers=1", "-rf", "--cached-explain")
    assert failed(run.out) == set(UNASKED), run.out


def test_what_the_library_takes_under_what_it_does_not_ask_for_ties_nobody(tmp_path: Path) -> None:
    space = Space(tmp_path / "space")
    text = "def test(monkeypatch, tmp_path):\n    monkeypatch.setenv('A', '1')\n"
    text += "    monkeypatch.chdir(tmp_path)\n"
    text += "    import sched, concurrent.futures.thread\n"
    space.write({"pyproject.toml": "[tool.pytest-monorepo]\n", "p/pyproject.toml": "[project]\nname = 'p'\n"})
    space.write({f"p/tests/test_{name}.py": text for name in "ab"})
    with space.environment(XDG_CACHE_HOME=str(tmp_path / "cache"), HOME=str(tmp_path)):
        assert space.run("--cached", "--workers=1").code == 0
        space.write({"p/tests/test_b.py": f"{text}# more"})
        assert "1 cached" in space.run("--cached", "--workers=1").lines[-1]

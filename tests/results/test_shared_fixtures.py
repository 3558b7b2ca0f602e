"""What a fixture that files share reads is the input of those that use it, or may come to what it gives."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.run.space import Run, Space

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="traces were measured on Linux alone")

_INI = "[tool.pytest.ini_options]\npythonpath = '.'\naddopts = '--doctest-glob=*.txt'\n"
_HEAD = "import os, pathlib, pytest\nshared = pytest.fixture(scope='session')\n"
SLOW = "@shared\ndef slow(): return open('x').read()\n"
USES = "def test(slow): assert slow == '1'"
OTHER = "def test(): pass"


@dataclass(frozen=True)
class Story:
    """A project whose file ``x`` changes: the test files ``failed`` run then and fail.

    All others are replayed, but for the one that runs ``besides``. ``more`` are files beside its ``tests``.
    """

    name: str
    fixtures: str
    tests: dict[str, str]
    failed: set[str]
    more: dict[str, str] = field(default_factory=dict)
    besides: str = ""

    def files(self) -> dict[str, str]:
        tests = {f"tests/test_{name}": text for name, text in self.tests.items()}
        files = {"pyproject.toml": _INI, "x": "1", "tests/conftest.py": _HEAD + self.fixtures, **tests}
        return {f"{self.name}/{path}": text for path, text in {**files, **self.more}.items()}


ASKING = "@shared\ndef outer(request): return request.getfixturevalue('slow')\n"
LATER = "@shared\ndef outer(request): return lambda: request.getfixturevalue('slow')\n"
MADE = "@shared\ndef makes():\n    text = open('x').read()\n    open('made', 'w').write(text)\n"
READS = "@shared\ndef reads(): return open('made').read()\n"
BOX = "import box\n@shared\ndef sets(): box.value = open('x').read()\n"

STORIES = (
    Story("named", SLOW, {"a.py": USES, "b.py": OTHER, "c.py": USES}, {"a.py", "c.py"}),
    Story(
        "asked-for-by-name",
        SLOW,
        {"a.py": "def test(request): assert request.getfixturevalue('slow') == '1'", "b.py": OTHER},
        {"a.py"},
    ),
    Story(
        "asked-for-at-the-end",
        SLOW,
        {
            "a.py": USES,
            "b.py": "def test(request):\n"
            "    def end(): assert request.getfixturevalue('slow') == '1'\n"
            "    request.addfinalizer(end)",
            "c.py": OTHER,
        },
        {"a.py", "b.py"},
    ),
    Story(
        "through-another",
        SLOW + "@shared\ndef outer(slow): return slow\n",
        {"a.py": "def test(outer): assert outer == '1'", "b.py": OTHER},
        {"a.py"},
    ),
    Story(
        "asked-for-by-another",
        SLOW + ASKING,
        {"a.py": USES, "b.py": "def test(outer): assert outer == '1'", "c.py": OTHER},
        {"a.py", "b.py"},
    ),
    Story(
        "asked-for-later",
        SLOW + LATER,
        {"a.py": USES, "b.py": "def test(outer): assert outer() == '1'", "c.py": OTHER},
        {"a.py", "b.py"},
    ),
    Story(
        "beside-who-asks-for-options",
        SLOW + "@shared\ndef option(request): return request.config.getoption('verbose')\n",
        {"a.py": USES, "b.py": "def test(option): pass"},
        {"a.py"},
    ),
    Story(
        "by-a-text",
        SLOW,
        {"a.py": OTHER, "b.txt": ">>> getfixture('slow')\n'1'\n"},
        {"b.txt"},
    ),
    Story(
        "of-all",
        SLOW.replace("@shared", "@pytest.fixture(scope='session', autouse=True)"),
        {"a.py": USES, "b.py": "def test(): assert open('x').read() == '1'"},
        {"a.py", "b.py"},
    ),
    Story(
        "of-a-package",
        SLOW.replace("@shared", "@pytest.fixture(scope='package')"),
        {"a.py": USES, "b.py": OTHER},
        {"a.py"},
        {"tests/__init__.py": ""},
    ),
    Story(
        "by-what-it-writes",
        MADE,
        {"a.py": "def test(makes): pass", "b.py": "def test(): assert open('made').read() == '1'"},
        {"b.py"},
        besides="a.py",
    ),
    Story(
        "by-what-another-reads",
        MADE + READS,
        {"a.py": "def test(makes): pass", "b.py": "def test(reads): assert reads == '1'", "c.py": OTHER},
        {"b.py"},
        besides="a.py",
    ),
    Story(
        "by-what-it-sets",
        BOX,
        {"a.py": "def test(sets): pass", "b.py": "import box\ndef test(): assert box.value == '1'"},
        {"b.py"},
        {"box.py": "value = '0'"},
        besides="a.py",
    ),
    Story(
        "by-a-package-that-remembers",
        "from kept import read\n@shared\ndef slow(): return read()\n",
        {"a.py": "def test(slow): pass", "b.py": "from kept import read\ndef test(): assert read() == '1'"},
        {"b.py"},
        {"kept.py": "import functools\n@functools.lru_cache\ndef read(): return open('x').read()"},
        besides="a.py",
    ),
    Story(
        "by-what-it-imports",
        "@shared\ndef loads():\n    import late\n",
        {
            "a.py": "def test(loads): pass",
            "b.py": "import sys\ndef test(): assert sys.modules['late'].value == '1'",
        },
        {"b.py"},
        {"late.py": "value = open('x').read()"},
        besides="a.py",
    ),
    Story(
        "at-its-end",
        "@shared\ndef slow():\n    yield\n    assert open('x').read() == '1'\n",
        {"a.py": "def test(slow): pass", "b.py": "def test(slow): pass"},
        {"b.py"},
        besides="a.py",
    ),
)


@dataclass(frozen=True)
class Told:
    """Runs of a workspace that has all the stories: the second one, and one where ``x`` is another."""

    second: Run
    changed: Run


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Told:
    folder: Path = tmp_path_factory.mktemp("shared")
    space = Space(folder / "space")
    space.write({"pyproject.toml": "[tool.pytest-monorepo]\n"})
    for story in STORIES:
        space.write(story.files())
    cached = ("--cached", "--cached-explain", "--workers=1")
    with space.environment(XDG_CACHE_HOME=str(folder / "cache"), HOME=str(folder), COLUMNS="400"):
        first = space.run(*cached)
        assert first.code == 0, first.out
        second = space.run(*cached)
        space.write({f"{story.name}/x": "2" for story in STORIES})
        return Told(second, space.run(*cached))


@pytest.mark.slow
@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.name)
def test_who_may_see_what_it_reads_runs(told: Told, story: Story) -> None:
    for file in story.tests:
        path = f"{story.name}/tests/test_{file}"
        told.second.has(rf"^({story.name}|{path}) cached from")
        ran = "(FAILED|ERROR)" if file in story.failed else "" if file == story.besides else None
        told.changed.has(rf"^{path} cached from" if ran is None else rf"^{ran}.*{path}")
        told.changed.lacks(f"{path} cached" if ran is not None else "Traceback")


ADDS = "def test(request):\n    request.session.addfinalizer(open)\n"


@pytest.mark.parametrize("first", ["def test(slow): pass", ADDS], ids=["fixture", "finalizer"])
def test_what_ends_with_an_error_keeps_no_result(space: Space, first: str) -> None:
    """It is the last test's, which need not use it: run without the file that does all would pass."""
    story = Story("a", STORIES[-1].fixtures, {"a.py": first, "b.py": OTHER, "c.py": OTHER}, set())
    space.write({**story.files(), "a/x": "2"})
    for _ in range(3):
        run = space.run("--cached", "--cached-explain", "--workers=1")
        assert (run.code, run.counts) == (1, {"passed": 3, "error": 1}), run.out
    run.has(r"^a runs: .* ended with an error")

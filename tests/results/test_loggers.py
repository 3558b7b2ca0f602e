"""Loggers are asked for by their names: an import that sets its own binds nobody but who can see that."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import pytest

from tests.run.space import Run, Space, replayed

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="traces were measured on Linux alone")

INI = "[tool.pytest.ini_options]\npythonpath = '.'\ntestpaths = 'tests'\n"
HANDLER = "import logging\nlogging.getLogger(__name__).addHandler(logging.NullHandler())\n"
LEVEL = "import logging\nlogging.getLogger(__name__).setLevel(10)\n"
QUIET = "import logging\nlogging.getLogger(__name__).propagate = False\n"
SUB = "import logging\nlog = logging.getLogger(__name__)\ndef warns(): log.warning('x')\n"

# what a package does while it is imported, and what a test of another file does with it
KEPT = {
    "handler": (HANDLER, "import lib\ndef test(): pass"),
    "level": (LEVEL, "import lib\ndef test(): pass"),
    "not-handed-on": (QUIET, "from lib import sub\ndef test(): sub.warns()"),
    "asked-for-beside-the-import": (
        HANDLER,
        "import logging, lib\ndef test(): assert logging.getLogger('lib').handlers",
    ),
    "asked-for-by-who-is-below": (HANDLER, "from lib.sub import warns\ndef test(): warns()"),
    "level-asked-for-below": (
        LEVEL,
        "import logging\nfrom lib import sub\ndef test(): assert sub.log.getEffectiveLevel() == 10",
    ),
    "by-caplog": (LEVEL, "import lib\ndef test(caplog):\n    with caplog.at_level(30, 'lib'): pass"),
    "another-logger": (HANDLER, "import logging\ndef test(): assert not logging.getLogger('other').handlers"),
}


@dataclass(frozen=True)
class Seen:
    """What runs of a workspace with a project for each row say of one of them."""

    runs: Mapping[str, Run]
    way: str

    def words(self, name: str) -> dict[str, str]:
        """How each test ended in the run of that name."""
        path = f"libs/{self.way}/"
        words = self.runs[name].words.items()
        return {nodeid.removeprefix(path): word for nodeid, word in words if nodeid.startswith(path)}

    def explained(self, name: str) -> str:
        """The lines of ``--cached-explain``."""
        said = rf"^libs/{self.way}(?:/\S+)? (?:runs: |cached from ).*$"
        return "\n".join(re.findall(said, self.runs[name].out, re.MULTILINE))

    def replayed(self, name: str) -> set[str]:
        """Files."""
        said = rf"^libs/{self.way}/(\S+) cached from "
        return set(re.findall(said, self.runs[name].out, re.MULTILINE))


CACHED = ("--cached", "--workers=1", "--cached-explain", "-v")


def project(space: Space, files: Mapping[str, str], path: str = "libs/a") -> None:
    known = {"pyproject.toml": INI, "lib/__init__.py": "", "lib/sub.py": SUB, **files}
    space.write({f"{path}/{name}": text for name, text in known.items()})


def asked_for(rows: Iterable[str], request: pytest.FixtureRequest) -> list[str]:
    """One workspace has a project for each row; who asks for one row waits for no other."""
    items = (item for item in request.session.items if item.path == request.path)
    asked = {item.callspec.params.get("way") for item in items if hasattr(item, "callspec")}
    return [way for way in rows if way in asked]


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Space]:
    """Makes one whose results are kept in a store of its own."""

    def made() -> Space:
        space = Space(tmp_path_factory.mktemp("ws") / "space")
        space.write({"pyproject.toml": "[tool.pytest-monorepo]\n"})
        return space

    return made


@pytest.fixture(scope="module")
def beside_a_failure(workspace: Callable[[], Space], request: pytest.FixtureRequest) -> Mapping[str, Run]:
    space = workspace()
    for way in asked_for(KEPT, request):
        sets, other = KEPT[way]
        fails = "import lib\ndef test(): assert 0"
        files = {"lib/__init__.py": sets, "tests/test_a.py": fails, "tests/test_b.py": other}
        project(space, {**files, "tests/test_c.py": other}, f"libs/{way}")
    space.run(*CACHED)
    return {"again": space.run(*CACHED)}


@pytest.mark.slow
@pytest.mark.sampled("way", one_in=3)
@pytest.mark.parametrize("way", KEPT)
def test_a_failure_beside_it_lets_what_is_imported_be_kept(
    beside_a_failure: Mapping[str, Run], way: str
) -> None:
    seen = Seen(beside_a_failure, way)
    words = {f"tests/test_{name}.py::test": "passed" for name in "bc"}
    assert seen.words("again") == {"tests/test_a.py::test": "failed", **words}, seen.explained("again")
    assert seen.replayed("again") == {"tests/test_b.py", "tests/test_c.py"}, seen.explained("again")


COUNTS = "import logging\ndef test(): assert {}logging.getLogger('{}').{}"
LOADS = "import lib\ndef test(): pass"
NOTHING = "def test(): pass"
SETS = "import logging\n{}logging.getLogger('lib').setLevel(10)\n{}\ndef test(): pass"
ALL_OF_THEM = "import logging\ndef test(): assert {}"
BY_ENVIRONMENT = (
    "import logging, os\nlogging.getLogger(__name__).setLevel(int(os.environ.get('LVL', '30')))\n"
)
HELD = "import logging.handlers\nlogging.getLogger(__name__).addHandler(logging.handlers.MemoryHandler(9))\n"

FINDS = "import logging\nFOUND = bool(logging.getLogger('lib').handlers)\n"
FORKS = """
    import logging, os
    def ends(asks):
        pid = os.fork()
        if not pid:
            os._exit(0 if asks() else 1)
        return os.waitpid(pid, 0)[1] == 0
    def test(): assert ends(lambda: {})
"""

# the package, what test_a does and comes to do instead, what test_b asserts of it, and what else there is
TRAPS: dict[str, tuple[str, str, str, str, dict[str, str]]] = {
    "handlers": (HANDLER, LOADS, NOTHING, COUNTS.format("", "lib", "handlers"), {}),
    "no-handlers": (HANDLER, NOTHING, LOADS, COUNTS.format("not ", "lib", "handlers"), {}),
    "level-below": (LEVEL, LOADS, NOTHING, COUNTS.format("10 == ", "lib.deep.er", "getEffectiveLevel()"), {}),
    "handlers-below": (LEVEL, LOADS, NOTHING, COUNTS.format("10 == ", "lib.deep", "parent.level"), {}),
    "caplog": (
        LEVEL,
        LOADS,
        NOTHING,
        "import logging\ndef test(caplog):\n"
        "    logging.getLogger('lib').debug('x')\n    assert caplog.records",
        {},
    ),
    "not-handed-on": (
        QUIET,
        LOADS,
        NOTHING,
        COUNTS.format("not ", "lib", "propagate"),
        {},
    ),
    "last-resort": (
        HANDLER,
        LOADS,
        NOTHING,
        "import logging\ndef test(monkeypatch, capsys):\n"
        "    monkeypatch.setattr(logging.root, 'handlers', [])\n"
        "    logging.getLogger('lib').error('x')\n    assert not capsys.readouterr().err",
        {},
    ),
    "root": (
        "import logging\nlogging.root.setLevel(10)\n",
        LOADS,
        NOTHING,
        ALL_OF_THEM.format("logging.root.level == 10"),
        {},
    ),
    "set-after-the-import": (
        HANDLER,
        SETS.format("import lib\n", ""),
        LOADS,
        f"import lib\n{COUNTS.format('', 'lib', 'level')}",
        {},
    ),
    "set-before-the-import": (
        HANDLER,
        SETS.format("", "import lib"),
        LOADS,
        f"import lib\n{COUNTS.format('', 'lib', 'level')}",
        {},
    ),
    "set-between-two-imports": (
        HANDLER,
        SETS.format("import lib, importlib\n", "importlib.reload(lib)"),
        LOADS,
        f"import lib\n{COUNTS.format('', 'lib', 'level')}",
        {},
    ),
    "set-in-a-test": (
        HANDLER,
        "import logging, lib\ndef test(): logging.getLogger('lib').setLevel(10)",
        LOADS,
        f"import lib\n{COUNTS.format('', 'lib', 'level')}",
        {},
    ),
    "taken-away": (
        HANDLER,
        LOADS,
        "import logging, lib\ndef test(): logging.getLogger('lib').handlers.clear()",
        f"import lib\n{COUNTS.format('', 'lib', 'handlers')}",
        {},
    ),
    "asked-for-before-the-import": (
        HANDLER,
        LOADS,
        NOTHING,
        "import early\ndef test(): assert early.FOUND",
        {"early.py": f"{FINDS}import lib\n"},
    ),
    "asked-for-before-the-import-in-a-test": (
        HANDLER,
        LOADS,
        NOTHING,
        "import logging\ndef test():\n    found = [*logging.getLogger('lib').handlers]\n"
        "    import lib\n    assert found",
        {},
    ),
    "imported-in-a-test": (
        HANDLER,
        "def test(): import lib",
        NOTHING,
        COUNTS.format("", "lib", "handlers"),
        {},
    ),
    "all-loggers": (
        HANDLER,
        LOADS,
        NOTHING,
        ALL_OF_THEM.format("'lib' in logging.root.manager.loggerDict"),
        {},
    ),
    "all-loggers-of-a-plain-one": (
        "import logging\nlogging.getLogger(__name__)",
        LOADS,
        NOTHING,
        ALL_OF_THEM.format("'lib' in vars(logging.Logger.manager)['logger' + 'Dict']").replace("' + '", ""),
        {},
    ),
    "all-loggers-by-the-library": (
        HANDLER,
        LOADS,
        NOTHING,
        "import logging.config\ndef test():\n    logging.config.dictConfig({'version': 1})\n"
        "    import lib\n    assert logging.getLogger('lib').disabled",
        {},
    ),
    "what-a-handler-holds": (
        HELD,
        "import logging, lib\ndef test(): logging.getLogger('lib').error('x')",
        LOADS,
        "import logging, lib\ndef test(): assert logging.getLogger('lib').handlers[0].buffer",
        {},
    ),
    "by-a-helper": (
        HANDLER,
        LOADS,
        NOTHING,
        "import helper\ndef test(): assert helper.log().handlers",
        {
            "helper.py": "import functools, logging\n@functools.lru_cache\n"
            "def log(): return logging.getLogger('lib')"
        },
    ),
    "by-a-conftest": (
        HANDLER,
        LOADS,
        NOTHING,
        "import conftest\ndef test(): assert conftest.LOG.handlers",
        {"conftest.py": "import logging\nLOG = logging.getLogger('lib')"},
    ),
    "by-a-shared-fixture": (
        HANDLER,
        LOADS,
        NOTHING,
        "def test(log): assert log.handlers",
        {
            "conftest.py": "import logging, pytest\n@pytest.fixture(scope='session')\n"
            "def log(): return logging.getLogger('lib')"
        },
    ),
    "in-a-thread": (
        HANDLER,
        LOADS,
        NOTHING,
        "import logging, threading\ndef test():\n    got = []\n"
        "    asks = lambda: got.extend(logging.getLogger('lib').handlers)\n"
        "    one = threading.Thread(target=asks)\n    one.start()\n    one.join()\n    assert got",
        {},
    ),
    "by-a-child": (
        HANDLER,
        LOADS,
        NOTHING,
        "import logging\ndef test(): assert logging.getLogger('li').getChild('b').parent.getChild('b')"
        " and logging.root.getChild('lib').handlers",
        {},
    ),
    "handed-on-by-a-file": (
        HANDLER,
        LOADS,
        NOTHING,
        "import helper\ndef test(): assert helper.log.handlers",
        {
            "helper.py": "log = None",
            "tests/test_aa.py": "import helper, logging\ndef test(): helper.log = logging.getLogger('lib')",
        },
    ),
    "asked-for-by-a-helper-before-the-import-in-a-test": (
        HANDLER,
        LOADS,
        NOTHING,
        "import helper\ndef test():\n    found = helper.has()\n    import lib\n    assert found",
        {"helper.py": "import logging\ndef has(): return bool(logging.getLogger('lib').handlers)"},
    ),
    "level-of-a-package-above": (
        LEVEL,
        "import lib.sub\ndef test(): pass",
        NOTHING,
        "import logging\nlog = logging.getLogger('lib.sub')\ndef test(): assert log.isEnabledFor(10)",
        {},
    ),
    "shut-down": (
        HELD.replace("9)", "9, target=logging.handlers.BufferingHandler(9))"),
        "import logging, lib\ndef test():\n    logging.getLogger('lib').warning('x')\n    logging.shutdown()",
        "import logging, lib\ndef test(): logging.getLogger('lib').warning('x')",
        "import logging, lib\ndef test(): assert not logging.getLogger('lib').handlers[0].buffer",
        {},
    ),
    "asked-for-while-its-package-is-imported": (
        HANDLER,
        LOADS,
        NOTHING,
        "import app.early\ndef test(): assert app.early.FOUND",
        {"app/__init__.py": "from app import early\nimport lib\n", "app/early.py": FINDS},
    ),
    "asked-for-in-a-circle-of-imports": (
        HANDLER,
        LOADS,
        NOTHING,
        "import first\ndef test(): assert first.early.FOUND",
        {"first.py": "import early\nimport lib\n", "early.py": f"import first\n{FINDS}"},
    ),
    "looked-for-and-not-imported": (
        HANDLER,
        LOADS,
        NOTHING,
        f"import importlib.util\nimportlib.util.find_spec('lib')\n{COUNTS.format('', 'lib', 'handlers')}",
        {},
    ),
    "by-a-forked-process": (HANDLER, LOADS, NOTHING, FORKS.format("logging.getLogger('lib').handlers"), {}),
    "by-one-that-it-forks": (
        HANDLER,
        LOADS,
        NOTHING,
        FORKS.format("not ends(lambda: not logging.getLogger('lib').handlers)"),
        {},
    ),
    "all-loggers-by-a-forked-process": (
        HANDLER,
        LOADS,
        NOTHING,
        FORKS.format("'lib' in logging.root.manager.loggerDict"),
        {},
    ),
    "class": (
        HANDLER,
        "import logging\nclass Own(logging.Logger): extra = 1\nlogging.setLoggerClass(Own)\n"
        "logging.getLogger('other')\nlogging.setLoggerClass(logging.Logger)\ndef test(): pass",
        NOTHING,
        COUNTS.format("", "other", "extra"),
        {},
    ),
    "by-the-environment": (
        BY_ENVIRONMENT,
        "import os\nos.environ['LVL'] = '10'\nimport lib\ndel os.environ['LVL']\ndef test(): pass",
        LOADS,
        f"import lib\n{COUNTS.format('10 == ', 'lib', 'level')}",
        {},
    ),
}


@pytest.fixture(scope="module")
def trapped(workspace: Callable[[], Space], request: pytest.FixtureRequest) -> Mapping[str, Run]:
    """Before a file of each project comes to do something else, and after it, cached and not."""
    space = workspace()
    ways = asked_for(TRAPS, request)
    for way in ways:
        sets, before, _, sees, more = TRAPS[way]
        files = {"lib/__init__.py": sets, "tests/test_a.py": before, "tests/test_b.py": sees, **more}
        project(space, files, f"libs/{way}")
    runs = {name: space.run(*CACHED) for name in ("first", "again")}
    space.write({f"libs/{way}/tests/test_a.py": TRAPS[way][2] for way in ways})
    return {**runs, "whole": space.run("--workers=1", "-v"), "now": space.run(*CACHED)}


@pytest.mark.slow
@pytest.mark.sampled("way", one_in=4)
@pytest.mark.parametrize("way", TRAPS)
def test_who_can_see_what_an_import_sets_runs(trapped: Mapping[str, Run], way: str) -> None:
    seen = Seen(trapped, way)
    for name in ("first", "again"):
        assert set(seen.words(name).values()) == {"passed"}, seen.explained(name)
    whole = seen.words("whole")
    assert (len(whole), "failed" in whole.values()) == (len(seen.words("first")), True), whole
    assert seen.words("now") == whole, f"{seen.explained('again')}\n{seen.explained('now')}"


def test_a_package_that_comes_to_set_its_logger_is_seen_by_who_asks_for_it(space: Space) -> None:
    sees = COUNTS.format("not ", "lib", "handlers")
    project(space, {"tests/test_a.py": LOADS, "tests/test_b.py": sees, "tests/test_c.py": NOTHING})
    for _ in range(2):
        run = space.run("--cached", "--workers=1")
    assert (run.code, replayed(run)) == (0, 3), run.out
    space.write({"libs/a/lib/__init__.py": HANDLER})
    run = space.run("--cached", "--workers=1")
    assert (run.code, run.counts["failed"]) == (1, 1), run.out


@pytest.mark.sampled("workers", first=False)
@pytest.mark.parametrize("workers", [1, 2])
def test_a_file_that_another_worker_runs_sees_what_is_set_in_a_test(space: Space, workers: int) -> None:
    """In a run of all it would come after it: what each worker tells is put together."""
    sets = "import logging, time\ndef test():\n    import lib\n    time.sleep(0.3)"
    sees = "import time, logging\ndef test():\n    time.sleep(0.3)\n    logging.getLogger('lib')"
    table = "[tool.pytest-monorepo]\ncached-clock = true\n"
    project(space, {"lib/__init__.py": HANDLER, "tests/test_a.py": sets, "tests/test_b.py": sees})
    space.write({"pyproject.toml": table})
    fails = {"libs/a/tests/test_a.py": f"{sets}\n    assert 0"}
    space.write(fails)
    space.run("--cached", f"--workers={workers}")
    run = space.run("--cached", f"--workers={workers}", "--cached-explain")
    run.has(r"test_b.py runs: (is one with .*test_a.py|not kept last time: several workers)")
    assert replayed(run) == 0, run.out

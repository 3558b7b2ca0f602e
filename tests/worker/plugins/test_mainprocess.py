"""By what a conftest shows that it has a part for xdist's main process."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from pytest_monorepo.worker.plugins.mainprocess import asked_by, reason
from tests.equivalence.main_process import CONFTESTS

ASKED = {
    "configure-node": "workerinput",
    "session-start": "workerinput",
    "node-down": "pytest_testnodedown",
    "variable-at-import": "PYTEST_XDIST_WORKER",
    "variable-in-hook": "PYTEST_XDIST_WORKER",
    "functions-of-xdist": "is_xdist_worker",
    "plugin-of-its-own": None,  # its plugin does
    "class": "workerinput",
    "fixture": "PYTEST_XDIST_WORKER",
    "first-worker": "gw0",
    "variable-asked-later": "PYTEST_XDIST_WORKER",
    # the modules are not told of here
    "helper-of-a-module": None,
    "helper-on-the-path": None,
    "once-for-all-workers": None,
    "name-of-a-database": None,
}


FIXTURE = "@pytest.fixture(scope='session')\ndef started(request, worker_id):\n    "


ANSWER = "def is_main(config):\n    return not hasattr(config, 'workerinput')\n"
ONLY = (
    "def only(f):\n    def run():\n        if 'PYTEST_XDIST_WORKER' in os.environ: return\n"
    "        return f()\n    return run\n"
)
ACT = "def once(config):\n    if hasattr(config, 'workerinput'): return\n    start()\n"
NAMES = "def name(config):\n    return getattr(config, 'workerinput', {'workerid': 'master'})['workerid']\n"


@pytest.mark.parametrize("name", CONFTESTS)
def test_the_idioms(name: str) -> None:
    assert asked_by(dedent(CONFTESTS[name])) == ASKED[name]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("if not os.environ.get('PYTEST_XDIST_WORKER'): start()", "PYTEST_XDIST_WORKER"),
        ("if os.environ.get('PYTEST_XDIST_WORKER', 'gw0') == 'gw0': start()", "PYTEST_XDIST_WORKER"),
        ("MAIN = os.getenv('PYTEST_XDIST_WORKER') is None", "PYTEST_XDIST_WORKER"),
        ("MAIN = not os.getenv('PYTEST_XDIST_WORKER')", "PYTEST_XDIST_WORKER"),
        ("PORT = 8000 + int(os.getenv('PYTEST_XDIST_WORKER', 'gw0')[2:])", None),
        ("def pytest_unconfigure(config):\n    if hasattr(config, 'workerinput'): return", "workerinput"),
        ("def pytest_configure(config):\n    if hasattr(config, 'slaveinput'): return", "slaveinput"),
        ("def pytest_xdist_setupnodes(config, specs): start()", "pytest_xdist_setupnodes"),
        ("async def helper():\n    return is_xdist_controller(1)", None),
        ("from xdist import is_xdist_worker", None),
        ("# of xdist: workerinput", None),
        ("def pytest_configure(config): config.workerinput = {", None),  # pytest says what is wrong
        ("W = os.getenv('PYTEST_XDIST_WORKER', 'master')\nif W == 'master': start()", "PYTEST_XDIST_WORKER"),
        ("W = os.getenv('PYTEST_XDIST_WORKER', 'master')\nDB = f'db_{W}'", None),
        (
            "W = os.getenv('PYTEST_XDIST_WORKER')\ndef pytest_configure():\n    if not W: start()",
            "PYTEST_XDIST_WORKER",
        ),
        (
            "def pytest_configure():\n    w = os.getenv('PYTEST_XDIST_WORKER')\n    if not w: start()",
            "PYTEST_XDIST_WORKER",
        ),
        (FIXTURE + "if 'PYTEST_XDIST_WORKER' not in os.environ: start()", "PYTEST_XDIST_WORKER"),
        (FIXTURE + "if not hasattr(request.config, 'workerinput'): start()", "PYTEST_XDIST_WORKER"),
        (
            FIXTURE
            + "w = getattr(request.config, 'workerinput', {}).get('workerid')\n    if w is None: start()",
            "PYTEST_XDIST_WORKER",
        ),
        (FIXTURE + "if worker_id in ('master', 'gw0'): start()", "gw0"),
        (FIXTURE + "if worker_id == 'master': start()", "worker_id"),
        (FIXTURE + "if worker_id != 'master': return\n    start()", "worker_id"),
        (FIXTURE + "main = worker_id == 'master'\n    if main: start()", "worker_id"),
        (FIXTURE + "if worker_id == 'master': return start()\n    return shared()", None),
        (FIXTURE + "if worker_id == 'master': start()\n    return f'db_{worker_id}'", None),
        (FIXTURE + "w = os.getenv('PYTEST_XDIST_WORKER')\n    return f'db_{w}' if w else 'db'", None),
        (FIXTURE + "return os.environ.get('PYTEST_XDIST_WORKER', 'gw0')", None),
        # one of the two does nothing
        (
            FIXTURE + "if worker_id != 'master':\n        yield\n    else:\n        go()\n        yield",
            "worker_id",
        ),
        (
            FIXTURE + "if worker_id == 'master':\n        yield go()\n    else:\n        yield None",
            "worker_id",
        ),
        (FIXTURE + "if worker_id == 'master':\n        go()\n    else:\n        pass", "worker_id"),
        (FIXTURE + "if worker_id == 'master':\n        yield 1\n    else:\n        yield 2", None),
        (FIXTURE + "if worker_id == 'master':\n        return ''\n    else:\n        return worker_id", None),
        (FIXTURE + "if worker_id == 'master':\n        return 'a'\n    else:\n        return 'b'", None),
        (FIXTURE + "if worker_id == 'master':\n        go()\n    else:\n        wait()", None),
        ("def helper():\n    if 'PYTEST_XDIST_WORKER' not in os.environ: start()", None),
        ("", None),
        # helpers count where they are called
        (ANSWER + "def pytest_configure(config):\n    if is_main(config): start()", "workerinput"),
        (ANSWER + "def pytest_configure(config):\n    config.main = is_main(config)", "workerinput"),
        (ANSWER + "def is_it(c): return not is_main(c)\ndef pytest_unconfigure(c): is_it(c)", "workerinput"),
        (ANSWER + FIXTURE + "if is_main(request.config): start()", "PYTEST_XDIST_WORKER"),
        (ANSWER + FIXTURE + "return 1 if is_main(request.config) else 2", None),
        (ANSWER + "def test_it(request): assert is_main(request.config)", None),
        (
            "class P:\n    def m(self):\n        try: self.workerinput\n        except E: return 1\n"
            "    def pytest_sessionstart(self): self.m()",
            "workerinput",
        ),
        (
            "def m():\n    return 'PYTEST_XDIST_WORKER' not in os.environ\nif m(): start()",
            "PYTEST_XDIST_WORKER",
        ),
        ("def m():\n    return bool(os.getenv('PYTEST_XDIST_WORKER'))\nX = m()", "PYTEST_XDIST_WORKER"),
        (ACT + "def pytest_configure(config): once(config)", "PYTEST_XDIST_WORKER"),
        (ACT + FIXTURE + "once(request.config)", "PYTEST_XDIST_WORKER"),
        (ACT, None),
        (NAMES + "def pytest_configure(config): config.db = f'db_{name(config)}'", None),
        (NAMES + "def pytest_configure(c):\n    if name(c) == 'master': start()", "PYTEST_XDIST_WORKER"),
        (NAMES + FIXTURE + "if name(request.config) == 'master': start()", "PYTEST_XDIST_WORKER"),
        (NAMES + FIXTURE + "return f'db_{name(request.config)}'", None),
        (
            NAMES
            + FIXTURE
            + "if hasattr(request.config, 'workerinput'): return\n    create(name(request.config))",
            "PYTEST_XDIST_WORKER",
        ),
        (
            NAMES + FIXTURE + "if hasattr(request.config, 'workerinput'): return\n    say({'name': it.name})",
            "PYTEST_XDIST_WORKER",
        ),
        (ONLY + "@only\ndef pytest_configure(): start()", "PYTEST_XDIST_WORKER"),
        (ONLY + "@pytest.fixture\n@only\ndef started(): start()", "PYTEST_XDIST_WORKER"),
        (ONLY + "@only\ndef other(): start()", None),
        ("def note():\n    say(worker=os.environ['PYTEST_XDIST_WORKER'])\nnote()", None),
        (
            "def m():\n    os.environ['PYTEST_XDIST_WORKER']\ndef pytest_configure(): m()",
            "PYTEST_XDIST_WORKER",
        ),
        # what has the same name
        (
            NAMES
            + "def pytest_runtest_setup(item):\n    if item.name == 'it' or 'name' in item.keywords: go()",
            None,
        ),
        (NAMES + "def pytest_configure(c):\n    if h.name(c) == 'master': start()", "PYTEST_XDIST_WORKER"),
        (
            "from xdist import is_xdist_worker as w\n" + FIXTURE + "if not w(request): start()",
            "PYTEST_XDIST_WORKER",
        ),
        (
            "def db():\n    w = os.getenv('PYTEST_XDIST_WORKER')\n    return f'd{w}' if w else ''\nDB = db()",
            None,
        ),
    ],
)
def test_what_asks_and_what_does_not(text: str, found: str | None) -> None:
    assert asked_by(text) == found


HOOK = "def pytest_configure(config):\n    if is_main(config): start()\n"


@pytest.mark.parametrize(
    ("conftest", "files", "found"),
    [
        ("from helpers import is_main\n" + HOOK, {"tests/helpers.py": ANSWER}, "workerinput"),
        (
            "from .help.ers import (  # noqa\n    is_main,\n)\n" + HOOK,
            {"tests/help/ers.py": ANSWER},
            "workerinput",
        ),
        ("from tests import ers\n" + HOOK.replace("is_", "ers.is_"), {"tests/ers.py": ANSWER}, "workerinput"),
        ("from shop.testing import is_main\n" + HOOK, {"src/shop/testing.py": ANSWER}, "workerinput"),
        (
            "from helpers import is_main\n" + HOOK,
            {"tests/helpers/__init__.py": "from .deep import is_main\n", "tests/helpers/deep.py": ANSWER},
            "workerinput",
        ),
        (
            "from tests import (\n    other,  # (first)\n    ers,\n)\n" + HOOK.replace("is_", "ers.is_"),
            {"tests/ers.py": ANSWER},
            "workerinput",
        ),
        ("import os, sys; import h\n" + HOOK.replace("is_", "h.is_"), {"tests/h.py": ANSWER}, "workerinput"),
        (
            "from h import is_main as main\n" + HOOK.replace("is_main", "main"),
            {"tests/h.py": ANSWER},
            "workerinput",
        ),
        # each as near as it is to the conftest
        (
            "import a\nimport b\n" + HOOK.replace("is_", "b.is_"),
            {"tests/a.py": "import b", "tests/b.py": "from c import is_main", "tests/c.py": ANSWER},
            "workerinput",
        ),
        ("from h import pytest_configure", {"tests/h.py": ANSWER + HOOK}, "workerinput"),
        (
            "from h import WORKER\nif WORKER == 'master': start()",
            {"tests/h.py": "WORKER = os.getenv('PYTEST_XDIST_WORKER', 'master')"},
            "PYTEST_XDIST_WORKER",
        ),
        (
            "import h",
            {"tests/h.py": "if not os.getenv('PYTEST_XDIST_WORKER'):\n    start()"},
            "PYTEST_XDIST_WORKER",
        ),
        ("from h import started", {"tests/h.py": FIXTURE + "if worker_id == 'master': go()"}, "worker_id"),
        # how the code that is tested names its database
        (
            "import h",
            {"tests/h.py": "w = os.getenv('PYTEST_XDIST_WORKER')\nDB = f'd{w}' if w else 'd'"},
            None,
        ),
        (
            "from h import first\n" + FIXTURE + "if first(worker_id): start()",
            {"tests/h.py": "def first(worker_id):\n    return worker_id == 'master'"},
            "worker_id",
        ),
        # an application with workers of its own
        (
            "import h\ndef pytest_configure():\n    h.start()",
            {"tests/h.py": "def start(worker_id=None):\n    if worker_id: tell()"},
            None,
        ),
        ("from helpers import is_main", {"tests/helpers.py": ANSWER}, None),
        ("from elsewhere import is_main\n" + HOOK, {"tests/helpers.py": ANSWER}, None),
    ],
)
def test_what_is_asked_in_another_module(
    tmp_path: Path, conftest: str, files: dict[str, str], found: str | None
) -> None:
    for name, text in {**files, "tests/__init__.py": "", "tests/conftest.py": conftest}.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    assert reason([str(tmp_path / "tests/conftest.py")], [str(tmp_path / "src")]) == found


def test_a_module_beside_a_conftest_above(tmp_path: Path) -> None:
    """pytest puts the folder of each conftest on ``sys.path``."""
    files = {
        "conftest.py": "",
        "helpers.py": ANSWER,
        "unit/conftest.py": "from helpers import is_main\n" + HOOK,
    }
    (tmp_path / "unit").mkdir()
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    assert reason([str(tmp_path / name) for name in ("conftest.py", "unit/conftest.py")]) == "workerinput"

"""By what a conftest shows that it has a part for xdist's main process."""

from __future__ import annotations

from textwrap import dedent

import pytest

from pytest_monorepo.worker.plugins.mainprocess import asked_by
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
    "once-for-all-workers": None,
    "name-of-a-database": None,
}


FIXTURE = "@pytest.fixture(scope='session')\ndef started(request, worker_id):\n    "


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
        ("def helper():\n    if 'PYTEST_XDIST_WORKER' not in os.environ: start()", None),
        ("", None),
    ],
)
def test_what_asks_and_what_does_not(text: str, found: str | None) -> None:
    assert asked_by(text) == found

"""Workers that help with a project: one that cannot be forked, or cannot start, costs no outcome."""

from __future__ import annotations

import os

import pytest

from tests.run.space import Run, Space

FORK = pytest.mark.skipif(not hasattr(os, "fork"), reason="siblings are forked")

BEGINNINGS = {
    "thread": "import threading\nthreading.Thread(target=threading.Event().wait, daemon=True).start()\n",
    "thread of the system": "import _thread, time\n_thread.start_new_thread(time.sleep, (600,))\n",
    "pool": "from concurrent.futures import ThreadPoolExecutor\npool = ThreadPoolExecutor(2)\n"
    "assert pool.submit(abs, -1).result() == 1\n",
    "timer": "import threading\ntimer = threading.Timer(600, print)\ntimer.daemon = True\ntimer.start()\n",
    "refused fork": "import os\ndef refused():\n    raise BlockingIOError(11, 'no more processes')\n"
    "os.fork = refused\n",
    "forbidden fork": "import sys\ndef audit(event, args):\n    if event == 'os.fork':\n"
    "        raise RuntimeError('not here')\nsys.addaudithook(audit)\n",
    "deadly fork": "import os\nos.register_at_fork(after_in_child=lambda: os._exit(7))\n",
    "third fork": "import os\nfork, left = os.fork, [1]\ndef some():\n    if not left:\n"
    "        raise OSError(12, 'out of memory')\n    left.pop()\n    return fork()\nos.fork = some\n",
}
WAYS = [
    ("--workers=2",),
    ("--workers=4", "--monorepo-split=test"),
    ("--workers=3", "--monorepo-split=scope"),
    ("--workers=2", "-p", "pytest_cov.plugin", "--cov"),
]
FILE = "import time\ndef test_a(): time.sleep(0.02)\ndef test_b(): assert 0\n"


def project(space: Space, beginning: str, where: str) -> Space:
    space.projects({"one": FILE})
    space.write({f"one/tests/test_{n}.py": FILE for n in range(3)})
    space.write({where: beginning + (FILE if "test_" in where else "")})
    return space


def outcomes(run: Run) -> tuple[int, dict[str, int]]:
    assert "ERROR" not in run.out, run.out
    return run.code, run.counts


@FORK
@pytest.mark.sampled("name", "beginning", one_in=3)
@pytest.mark.parametrize(("name", "beginning"), BEGINNINGS.items(), ids=BEGINNINGS)
def test_what_forbids_a_fork_changes_no_outcome(space: Space, name: str, beginning: str) -> None:
    where = "one/conftest.py" if "fork" in name else "one/tests/test_main.py"
    run = project(space, beginning, where).run("--workers=3", "--idle-timeout=300")
    assert outcomes(run) == (1, {"passed": 4, "failed": 4})


@FORK
@pytest.mark.parametrize("way", WAYS, ids=" ".join)
def test_a_pool_that_lives_on_changes_no_outcome_however_the_project_is_split(
    space: Space, way: tuple[str, ...]
) -> None:
    run = project(space, BEGINNINGS["pool"], "one/tests/test_main.py").run(*way)
    assert outcomes(run) == (1, {"passed": 4, "failed": 4})
    assert "in part" not in run.out


@FORK
@pytest.mark.parametrize("scope", ["session", "module", "function"])
def test_a_thread_that_starts_in_a_fixture(space: Space, scope: str) -> None:
    fixture = f"import pytest\n@pytest.fixture(scope='{scope}', autouse=True)\ndef served():\n    "
    beginning = BEGINNINGS["pool"].rstrip().replace("\n", "\n    ")
    run = project(space, f"{fixture}{beginning}\n    yield\n", "one/conftest.py").run("--workers=3")
    assert outcomes(run) == (1, {"passed": 4, "failed": 4})


@pytest.mark.slow
@pytest.mark.parametrize(
    "conftest",
    [
        "import os\nimport atexit\nos.mkdir('taken')\natexit.register(os.rmdir, 'taken')\n",
        "import os, pytest, atexit\nif os.path.exists('taken'):\n    pytest.exit('taken')\n"
        "os.mkdir('taken')\natexit.register(os.rmdir, 'taken')\n",
        "import os, atexit\ndef pytest_sessionstart():\n    os.mkdir('taken')\n"
        "    atexit.register(os.rmdir, 'taken')\n",
        "import os, atexit\nif os.path.exists('taken'):\n    os._exit(3)\n"
        "os.mkdir('taken')\natexit.register(os.rmdir, 'taken')\n",
    ],
    ids=["usage error", "exit", "internal error", "death"],
)
def test_a_helper_that_cannot_start_beside_the_first_worker(space: Space, conftest: str) -> None:
    """What only one process may hold, as plain pytest's only one does."""
    lasting = "import time\ndef test_a(): time.sleep(1.2)\n"
    space.projects({"one": lasting})
    space.write({f"one/tests/test_{n}.py": lasting for n in range(2)})
    space.write({"one/conftest.py": conftest})
    args = "--monorepo-start=spawn", "-p", "cacheprovider"
    assert outcomes(space.run("--workers=1", *args)) == (0, {"passed": 3})
    assert outcomes(space.run("--workers=2", *args)) == (0, {"passed": 3})

"""A server that imports for its workers is forked from the one that has pytest loaded."""

from __future__ import annotations

import os
import select
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from pytest_monorepo.run.workers.grandchild import Grandchild
from pytest_monorepo.run.workers.pool import Pool
from pytest_monorepo.run.workers.server import Server
from pytest_monorepo.worker import protocol
from tests.patience import FOREVER, MINUTES, until

from .test_pool import job, until_ended

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="nothing is shared without forking")

# where ours lies, since a worker's environment is what the pool has said
TEST = """
import os, sys

def test_it():
    assert {loaded} is ("quick" in sys.modules)
    assert os.environ["SAID"] == "by the pool"
    with open("parent", "w") as stream:
        stream.write(str(os.getppid()))
"""


@pytest.fixture
def site(tmp_path: Path) -> Path:
    folder = tmp_path / "site"
    folder.mkdir()
    (folder / "quick.py").write_text("import os\nSAID = os.environ['SAID']\nassert SAID == 'by the pool'\n")
    (folder / "ending.py").write_text("import os\nos._exit(7)\n")
    (folder / "endless.py").write_text(f"import time\ntime.sleep({FOREVER})\n")
    return folder


@pytest.fixture
def pool(tmp_path: Path, site: Path) -> Iterator[Pool]:
    here = os.pathsep.join((str(site), str(Path(__file__).parents[3])))
    found = Pool(tmp_path, fork=True, environ={**os.environ, "PYTHONPATH": here, "SAID": "by the pool"})
    yield found
    found.close()


def share(pool: Pool, root: Path, *modules: str) -> Server:
    server = pool.share(sys.executable, root / "nowhere", modules)
    assert server is not None
    return server


def ready(pool: Pool, root: Path, *modules: str) -> Server:
    server = share(pool, root, *modules)
    pool.attend(server, MINUTES)
    # who has forked it says so on another connection; to kill process 0 would end these tests
    until(lambda: (pool.wait(0.02), server.process.pid)[1])
    return server


def test_who_asks_for_it_finds_it_imported(pool: Pool, tmp_path: Path) -> None:
    server = ready(pool, tmp_path, "quick")
    assert server.shared == protocol.Shared(["quick"], ["SAID"], [])
    folder = tmp_path / "project"
    folder.mkdir()
    number = pool.start(sys.executable, job(folder, TEST.format(loaded=True)), shared=("quick",))
    assert until_ended(pool, number)[1].code == 0, (folder / "out").read_text()
    assert int((folder / "parent").read_text()) == server.process.pid


@pytest.mark.parametrize(
    "look",
    [
        "try:\n    import absent\nexcept ImportError:\n    pass\n",
        "import importlib\ntry:\n    importlib.import_module('absent.part')\nexcept ImportError:\n    pass\n",
        "import importlib.util\nassert importlib.util.find_spec('absent') is None\n",
    ],
)
def test_what_it_looks_for_in_vain_is_told(pool: Pool, tmp_path: Path, site: Path, look: str) -> None:
    """A project may have it, and then it would be found there."""
    (site / "looking.py").write_text(look)
    shared = protocol.Shared(["absent", "looking"], [], ["absent"])
    assert ready(pool, tmp_path, "looking").shared == shared


@pytest.mark.parametrize("module", ["ending", "refused"])
def test_what_cannot_be_shared_leaves_the_other_server_alone(
    pool: Pool, tmp_path: Path, site: Path, module: str
) -> None:
    (site / "refused.py").write_text("import sys, quick\nsys.path.append('/nowhere')\n")
    server = ready(pool, tmp_path, module)
    assert server.ready is None
    assert server.failure is not None
    if module == "refused":
        assert server.shared == protocol.CannotShare("refused", "changes sys.path", ["quick"])
    wanted = "ended early (exit code 7)" if module == "ending" else "refused changes sys.path"
    assert wanted in server.failure
    folder = tmp_path / "project"
    folder.mkdir()
    number = pool.start(sys.executable, job(folder, TEST.format(loaded=False)))
    assert until_ended(pool, number)[1].code == 0


def test_nobody_waits_for_what_was_heard_with_the_end_of_another(
    pool: Pool, tmp_path: Path, site: Path
) -> None:
    """Both speak at once: how one ended is heard of the other, before its own turn to be heard."""
    go = tmp_path / "go"
    (site / "late.py").write_text(
        f"import os, time\nwhile not os.path.exists({str(go)!r}):\n    time.sleep(0.01)\nos._exit(7)\n"
    )
    server = share(pool, tmp_path, "late")
    until(lambda: (pool.wait(0.02), server.process.pid)[1])
    pool.wait(0)  # nobody is in the system's list of those that have spoken: who speaks first is heard first
    go.touch()
    parents = pool._servers[sys.executable]
    until(lambda: len(select.select([server.control, parents.control], [], [], 0)[0]) == 2)
    giving_up = threading.Timer(MINUTES, lambda: parents.control.shutdown(socket.SHUT_RDWR))
    giving_up.start()
    pool.wait(0)
    giving_up.cancel()
    assert server.failure is not None
    assert "exit code 7" in server.failure
    assert parents.failure is None


def test_a_worker_is_told_of_as_ended_with_its_server(pool: Pool, tmp_path: Path) -> None:
    server = ready(pool, tmp_path, "quick")
    folder = tmp_path / "project"
    folder.mkdir()
    endless = f"import time\ndef test_it():\n    open('began', 'w').close()\n    time.sleep({FOREVER})\n"
    number = pool.start(sys.executable, job(folder, endless), shared=("quick",))
    until((folder / "began").exists)
    os.kill(server.process.pid, signal.SIGKILL)
    ended = until_ended(pool, number)[1]
    assert ended.reason is not None
    assert "ended early (killed by SIGKILL)" in ended.reason


@pytest.mark.parametrize(("module", "end"), [("endless", "close"), ("quick", "retire")])
def test_it_ends_with_the_pool(pool: Pool, tmp_path: Path, module: str, end: str) -> None:
    """Also while it imports, and then nobody has told which process it is, or somebody has."""
    server = ready(pool, tmp_path, "quick")
    if module == "endless":
        share(pool, tmp_path, "endless")
    pids = [server.process.pid, *_children(server.process.pid)]
    if end == "retire":
        pool.retire(sys.executable)
    pool.close()
    assert not [pid for pid in pids if _lives(pid)]
    assert server.process.poll() is not None


def test_one_that_nobody_needs_any_more_is_not_at_it(pool: Pool, tmp_path: Path) -> None:
    """Else its import would take one of the slots on."""
    ready(pool, tmp_path, "quick")
    server = share(pool, tmp_path, "endless")
    pool.retire(sys.executable)
    assert server.failure == "nobody needs it any more"


def test_one_that_nobody_needs_is_ended_while_it_imports(pool: Pool, tmp_path: Path) -> None:
    """Begun ahead of the run, it is dismissed before anybody has heard which process it is."""
    server = share(pool, tmp_path, "endless")
    pool.retire_sharing([])
    assert isinstance(server.process, Grandchild)
    assert server.process.pid == 0
    until(lambda: (pool.wait(0.02), server.process.pid)[1])
    until(lambda: not _lives(server.process.pid))


def _children(pid: int) -> list[int]:
    told = subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, text=True, check=False)
    return list(map(int, told.stdout.split()))


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


# -- a process that only its connection tells of


@pytest.fixture
def ends() -> Iterator[tuple[Grandchild, socket.socket]]:
    ours, theirs = socket.socketpair()
    with theirs:
        child = Grandchild(ours)
        ours.close()
        yield child, theirs


def test_it_has_ended_once_its_connection_is_closed(ends: tuple[Grandchild, socket.socket]) -> None:
    child, theirs = ends
    theirs.sendall(b"Ready")
    assert child.poll() is None
    with pytest.raises(subprocess.TimeoutExpired):
        child.wait(0.01)
    theirs.close()
    assert child.wait() == 0
    child.returncode = -9
    assert child.poll() == -9


def test_one_that_could_not_be_forked(ends: tuple[Grandchild, socket.socket]) -> None:
    child, theirs = ends
    child.told(0)
    theirs.close()
    assert child.wait() == 1


def test_one_that_is_not_wanted_and_could_not_be_forked(ends: tuple[Grandchild, socket.socket]) -> None:
    """To kill process 0 would end these tests."""
    child, _ = ends
    child.kill()
    child.told(0)
    assert child.wait() == 1


def test_nobody_is_waited_for_whom_nobody_can_kill(ends: tuple[Grandchild, socket.socket]) -> None:
    child, _ = ends
    child.kill()
    assert child.wait() == 0

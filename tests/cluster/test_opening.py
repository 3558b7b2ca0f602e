"""What goes to nodes from this machine, and machines that go while they are made ready; no Dask."""

from __future__ import annotations

import asyncio
import queue
from collections.abc import Callable, Coroutine, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar, cast

import pytest

from pytest_monorepo.cluster import opening
from pytest_monorepo.cluster.address import Address
from pytest_monorepo.cluster.dask_link import DaskLink
from pytest_monorepo.cluster.joining.found import Found
from pytest_monorepo.cluster.link import Arrival, Come, Down
from pytest_monorepo.cluster.opening import Cluster, environment
from pytest_monorepo.cluster.pool import ClusterPool
from pytest_monorepo.errors import MonorepoError
from pytest_monorepo.run.plan.plan import Plan
from pytest_monorepo.settings import ClusterSettings
from tests.run.plan.test_plan import plan

T = TypeVar("T")


@pytest.mark.parametrize(
    ("globs", "names"),
    [
        ((), {"PYTEST_ADDOPTS", "PYTHONDEVMODE", "PYTHONUTF8"}),
        (("DATABASE_*",), {"PYTEST_ADDOPTS", "PYTHONDEVMODE", "PYTHONUTF8", "DATABASE_URL"}),
        (("database_*",), {"PYTEST_ADDOPTS", "PYTHONDEVMODE", "PYTHONUTF8"}),
    ],
)
def test_variables_that_go_with_the_code(globs: Sequence[str], names: set[str]) -> None:
    """What names folders of this machine or holds secrets stays unless it is asked for."""
    here = ("PATH", "HOME", "PYTHONPATH", "PYTHONHOME", "DATABASE_URL", "AWS_SECRET_ACCESS_KEY")
    told = ("PYTEST_ADDOPTS", "PYTHONDEVMODE", "PYTHONUTF8")
    environ = dict.fromkeys((*here, *told), "1")
    assert environment(environ, globs) == dict.fromkeys(names, "1")


class Link:
    """Two nodes, of which ``lost`` go when an agent is sent to them; ``trouble`` comes before that."""

    run_id = "r"

    def __init__(self, lost: Mapping[str, Exception], trouble: BaseException | None = None) -> None:
        self.lost, self.trouble = lost, trouble
        self.arrivals: queue.SimpleQueue[Arrival] = queue.SimpleQueue()
        self.dismissed: list[str] = []
        self.down = False

    def wait_for(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run(work)

    def token(self, name: str) -> str:
        return f"token-of-{name}"

    async def connect(self, slots: int, timeout: float) -> None: ...

    async def addresses(self) -> Mapping[str, int]:
        assert self.trouble is not None
        raise self.trouble

    async def open(self, name: str, address: str, brief: object, slots: int, keep: int) -> None:
        self.arrivals.put(Come(name, f"token-of-{name}", slots))
        if self.down:
            self.arrivals.put(Down("the scheduler was lost"))
        if name in self.lost:
            raise self.lost[name]

    def dismiss(self, name: str) -> None:
        self.dismissed.append(name)


def cluster(tmp_path: Path, link: Link) -> Cluster:
    there = cast(DaskLink, link)
    made = Cluster(Address("local:2", local=2), tmp_path, there, ClusterPool(there, link.arrivals), OPTIONS)
    made.found = [
        Found(name, f"tcp://{name}", 2, {"scratch": "/s", "without": []}) for name in ("m-1", "m-2")
    ]
    return made


OPTIONS = {"fork": True, "autoload": True, "unwanted": ()}
GONE = OSError("tcp://m is gone")


@pytest.fixture
def ready(monkeypatch: pytest.MonkeyPatch) -> Callable[[BaseException | None], None]:
    """All nodes have the code and are as this machine is, or what asks them fails."""

    def make(trouble: BaseException | None) -> None:
        class Readying:
            notes: Sequence[str] = ()
            unsent = None

            def __init__(self, _: object, plan: Plan, base: str | None) -> None:
                self.top = plan.workspace.root.resolve()

            async def ready(self, nodes: Sequence[Found]) -> list[Found]:
                if trouble is not None:
                    raise trouble
                return list(nodes)

        monkeypatch.setattr(opening, "Readying", Readying)

    return make


def test_a_machine_that_goes_while_it_is_opened_is_left_out(
    tmp_path: Path, ready: Callable[[BaseException | None], None]
) -> None:
    ready(None)
    link = Link({"m-2": TypeError("unexpected\nargument")})
    made = cluster(tmp_path, link)
    opened = made.open(plan(tmp_path, []))
    assert set(opened.places) == {"m-1"}
    assert opened.workers == len(opened.places)
    assert made.notes == ["node m-2 is left out: unexpected argument"]
    assert link.dismissed == ["m-2"]
    # it is no news of the run, and nothing is handed to it
    assert made.pool.wait(0) == []
    assert made.pool.changes() == []


@pytest.mark.parametrize("way", ["every node", "the scheduler"])
def test_no_machine_that_is_left_is_an_error(
    tmp_path: Path, ready: Callable[[BaseException | None], None], way: str
) -> None:
    ready(None)
    link = Link({"m-1": GONE, "m-2": GONE} if way == "every node" else {})
    link.down = way == "the scheduler"
    with pytest.raises(MonorepoError, match=r"--cluster local:2: no node can work"):
        cluster(tmp_path, link).open(plan(tmp_path, []))


@pytest.mark.parametrize(
    "error", [GONE, TimeoutError(), asyncio.TimeoutError(), ConnectionResetError("reset")]
)
def test_a_scheduler_that_goes_before_the_first_test_is_one_line(
    tmp_path: Path, ready: Callable[[BaseException | None], None], error: Exception
) -> None:
    ready(error)
    said = r"^--cluster local:2: the scheduler was lost before the first test: \w[^\n]*$"
    with pytest.raises(MonorepoError, match=said):
        cluster(tmp_path, Link({})).open(plan(tmp_path, []))
    with pytest.raises(MonorepoError, match=said):
        cluster(tmp_path, Link({}, error)).connect(ClusterSettings(), 1)

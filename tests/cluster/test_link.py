"""The link's calls, with a client that is none of Dask's."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import pytest

from pytest_monorepo.cluster import dask_link
from pytest_monorepo.cluster.address import Address
from pytest_monorepo.cluster.dask_link import DaskLink
from pytest_monorepo.cluster.link import Arrival, Gone
from pytest_monorepo.cluster.node import service

NODE = "tcp://127.0.0.1:1"


class Client:
    """Nodes that answer ``beats`` times that they live, and what they were asked after as many."""

    status = "closed"

    def __init__(self, beats: int, answers: bool) -> None:
        self.beats, self.answers = beats, answers
        self.pulses = 0
        self.done = asyncio.Event()

    async def run(self, function: Callable[..., Any], *args: Any, workers: list[str]) -> dict[str, Any]:
        if function is not service.alive:
            await self.done.wait()
            return dict.fromkeys(workers, "found")
        self.pulses += 1
        if self.pulses > self.beats:
            await asyncio.Event().wait()
        if self.answers and self.pulses == self.beats:
            self.done.set()
        return dict.fromkeys(workers, True)

    async def close(self) -> None:
        self.done.set()


@pytest.mark.parametrize(("beats", "answers"), [(0, False), (2, False), (3, True)])
def test_a_node_may_take_its_time_while_it_says_that_it_lives(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, beats: int, answers: bool
) -> None:
    monkeypatch.setattr(dask_link, "_SILENT", 0.2)
    link = DaskLink(Address("local:1", local=1), tmp_path, SimpleQueue())
    client = link._client = Client(beats, answers)
    try:
        if answers:
            assert link.wait_for(link.call(NODE, service.finish_tree)) == "found"
        else:
            with pytest.raises(OSError, match=r"silent for 0\.2s"):
                link.wait_for(link.call(NODE, service.finish_tree))
    finally:
        link.close()
    assert client.pulses >= beats


class Hands:
    """A client whose tasks end as ``ending`` says; ``status`` is that of its way to the scheduler."""

    def __init__(self, ending: BaseException | int, status: str) -> None:
        self.ending, self.status = ending, status

    def submit(self, *_: Any, **__: Any) -> Any:
        ending = self.ending

        class Task:
            def __await__(self) -> Any:
                yield from asyncio.sleep(0).__await__()
                if isinstance(ending, BaseException):
                    raise ending
                return ending

            def release(self) -> None: ...

        return Task()


UNREAD = RuntimeError("Error during deserialization of the task graph.\nMore follows")
SAID = "cannot start a worker there: Error during deserialization of the task graph. More follows"


@pytest.mark.parametrize(
    ("ending", "status", "expected"),
    [
        (0, "running", []),
        (
            UNREAD,
            "running",
            [Gone("n", SAID)],
        ),
        (UNREAD, "connecting", []),  # the scheduler is lost, and its watch says so
    ],
)
def test_a_task_that_cannot_begin_loses_its_node(
    tmp_path: Path, ending: BaseException | int, status: str, expected: list[Gone]
) -> None:
    """A scheduler without pytest-monorepo would else be waited for without end (distributed 2026.8)."""
    arrivals: SimpleQueue[Arrival] = SimpleQueue()
    link = DaskLink(Address("local:1", local=1), tmp_path, arrivals)
    link._client = Hands(ending, status)
    link._nodes["n"] = dask_link._Node("n", NODE, "token", 1.0)

    async def work() -> None:
        link._start("n", 1, "python", "{}")
        await asyncio.gather(*link._tasks)

    link.wait_for(work())
    link._client = None
    link.close()
    found = [arrivals.get() for _ in range(arrivals.qsize())]
    assert found == expected
    assert not link._futures


def test_what_nobody_waits_for_is_not_printed(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    link = DaskLink(Address("local:1", local=1), tmp_path, SimpleQueue())

    async def work() -> None:
        asyncio.get_running_loop().create_future().set_exception(TimeoutError("Timeout"))

    link.wait_for(work())
    link.close()
    gc.collect()
    assert caplog.messages == []

"""The link's calls, with a client that is none of Dask's."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import pytest

from pytest_monorepo.cluster import dask_link
from pytest_monorepo.cluster.address import Address
from pytest_monorepo.cluster.dask_link import DaskLink
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

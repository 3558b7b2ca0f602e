"""What a worker's own code asks of pytest and of its channel, as far as values tell."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from types import SimpleNamespace
from typing import Any

from pytest_monorepo.worker import protocol


def job(**values: Any) -> protocol.Job:
    return protocol.Job("/repo", "libs/a", "/repo/libs/a", [], ["pytest"], **values)


class Item:
    """A collected test: its node id, its ``xdist_group`` mark or other marks, its fixtures."""

    def __init__(
        self, nodeid: str, marks: Sequence[Any] = (), fixtures: Sequence[str] = (), module: Any = None
    ) -> None:
        self.nodeid = nodeid
        self.marks = marks
        self.fixturenames = fixtures
        self.module = module
        self.fspath = "/repo/libs/a/" + nodeid.partition("::")[0]

    def iter_markers(self) -> Iterable[Any]:
        return iter(self.marks)

    def get_closest_marker(self, name: str) -> Any:
        return next((mark for mark in self.marks if mark.name == name), None)


def mark(name: str, /, *args: Any, **kwargs: Any) -> Any:
    return SimpleNamespace(name=name, args=args, kwargs=kwargs)


class Channel:
    """Gives out what the controller is to say, a batch each time; keeps what the worker says."""

    def __init__(self, *batches: list[Any]) -> None:
        self.batches = list(batches)
        self.said: list[Any] = []
        self.fds: list[int] = []

    def commands(self) -> list[Any]:
        return self.batches.pop(0) if self.batches else []

    def wait(self) -> list[Any]:
        return self.batches.pop(0)

    def send(self, message: Any) -> None:
        self.said.append(message)

    def flush(self) -> None:
        self.said.append("flush")


class Session:
    """A session that can be told to stop."""

    class Interrupted(KeyboardInterrupt):
        pass

    def __init__(self) -> None:
        self.shouldstop: str | bool = False


class Plugins:
    """A plugin manager that knows names."""

    def __init__(self, *names: str) -> None:
        self.names = names

    def has_plugin(self, name: str) -> bool:
        return name in self.names


def config(*plugins: str, ini: dict[str, Any] | None = None, **options: Any) -> Any:
    """``ini`` holds the settings that this pytest knows; asked for another one it raises, as pytest does."""

    def getini(name: str) -> Any:
        if ini is None or name not in ini:
            raise ValueError(f"unknown configuration value: {name!r}")
        return ini[name]

    return SimpleNamespace(
        pluginmanager=Plugins(*plugins), option=SimpleNamespace(**options), getini=getini, inipath=None
    )

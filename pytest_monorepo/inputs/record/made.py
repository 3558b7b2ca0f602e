"""What the tests made themselves: no input of theirs.

An event tells that something is *about* to be made, and it may fail: ``makedirs(exist_ok=True)`` tries where
a folder is there already. So each claim keeps what was there before, and holds once that is another.
"""

from __future__ import annotations

import os
from typing import Any, Callable, Dict, Iterable, Iterator, Optional, Set

from .. import originals
from ..originals import absolute
from . import values
from .scopes import Doer

_SURE = "sure"


class Made:
    """``aliases`` are links of the tests' own, by where they lead; ``turn`` says whose turn it is, ``doer``
    also by which fixture.

    ``spoilers`` have written below folders that are everybody's. ``begins`` is called whenever
    more may be.
    """

    def __init__(self, begins: Callable[[], None] = lambda: None) -> None:
        self._begins = begins
        self._claims: Dict[str, Any] = {}
        self._heads: Set[str] = set()
        """Of claims and aliases: nearly all paths that are asked for lie below none of them."""
        self._owners: Dict[str, Set[str]] = {}
        self._doers: Dict[str, Set[Doer]] = {}
        self._replaced: Set[str] = set()
        self.aliases: Dict[str, str] = {}
        self.turn: Callable[[], str] = str
        self.doer: Callable[[], Doer] = lambda: ("", "")
        self.spoilers: Set[str] = set()
        self._bases: Set[str] = set()
        self._far: Set[str] = set()
        """Paths that lie below none of the heads: most are asked for again and again."""
        self._far_folders: Set[str] = set()
        """Those of which that holds of all that is right in them, too."""

    def surely(self, paths: Iterable[str]) -> None:
        """The paths are the run's, or of names that nobody else has."""
        for path in map(_normal, paths):
            self._claims[path] = _SURE
            self._begins_at(path)

    def _begins_at(self, path: str) -> None:
        self._heads.add(_head(path))
        self._far.clear()
        self._far_folders.clear()
        self._begins()

    def may_hold(self, path: str) -> bool:
        """Whether anything of the tests' own is, or was about to be, at the path or above it."""
        path = _plain(path)
        return self._is_near(path) and any(one in self._claims or one in self.aliases for one in _up(path))

    def _is_near(self, path: str) -> bool:
        head = _head(path)
        return head in self._heads or head[: head.rfind("/")] in self._heads

    def is_base(self, path: str) -> None:
        """All temporary folders of the tests lie at the path, and it is nobody's own."""
        self._bases.add(_normal(path))
        self.surely([path])

    def is_one(self, path: str) -> bool:
        """Whether it is such a folder itself."""
        return bool(self._bases) and _normal(path) in self._bases

    def is_near_base(self, path: str) -> bool:
        """Whether it is such a folder, or in one: all the tests share what is there."""
        path = _normal(path) if self._bases else path
        return path in self._bases or path[: path.rfind("/")] in self._bases

    def is_below_base(self, path: str) -> bool:
        """Whether it lies in such a folder, at whatever depth."""
        path = _normal(path) if self._bases else path
        return any(path.startswith(f"{base}/") for base in self._bases)

    def claim(self, path: str) -> None:
        """What is at the path is about to become the tests' own."""
        self._claims[_normal(path)] = _state(path)
        self._begins_at(_normal(path))
        self._replaced.add(_normal(path))
        self.written(path)

    def written(self, path: str) -> None:
        """Whose turn it is makes something at the path, or replaces it."""
        turn = self.turn()
        if turn and "" in self.owners(path):
            self.spoilers.add(turn)
        self._owners.setdefault(_normal(path), set()).add(turn)
        doer = self.doer()
        if doer[0]:
            self._doers.setdefault(_normal(path), set()).add(doer)

    def owners(self, path: str) -> Iterator[str]:
        """Who has written what is at a path of the tests' own, or the folders that hold it."""
        path = _normal(path)
        holder = self._holder(path) or path
        while len(path) >= len(holder) > 0:
            yield from self._owners.get(path, ())
            path = path[: path.rfind("/")]

    def writes(self) -> Dict[str, Set[str]]:
        """What was made or replaced and is no temporary file, and by whom."""
        return {path: self._owners.get(path, set()) for path in self._replaced}

    def fixtures(self) -> Dict[str, Set[Doer]]:
        """What fixtures that files share have made or replaced, which is there until they end."""
        return {path: self._doers[path] for path in self._replaced if path in self._doers}

    def alias(self, path: str, target: str) -> None:
        """A link at the path is about to lead to the target, which is not the tests' own."""
        self.aliases[_normal(path)] = target
        self._begins_at(_normal(path))

    def moves(self, source: str, target: str) -> None:
        """The links at or below a path are about to be found below another one."""
        source, target = _normal(source), _normal(target)
        self.written(target)
        for link, leads in list(self.aliases.items()):
            if link == source or link.startswith(source + "/"):
                self.aliases[target + link[len(source) :]] = leads
                self._begins_at(target)

    def place(self, path: str) -> Optional[str]:
        """Where a path leads to that is not the tests' own; ``None`` where it is."""
        if self._is_far(path):
            return path
        for _ in range(_MOST_LINKS):
            holder = self._holder(path)
            if holder is None and "/.." in path:
                holder = self._holder(_normal(path))
            if holder is None:
                return path
            if "/.." in path:
                path = _without_dots(path)
                continue
            target = self.aliases.get(holder)
            if target is None:
                return None
            path = target + _plain(path)[len(holder) :]
        return path

    def holds(self, path: str) -> bool:
        """Whether what is there, or a folder above it, is the tests' own, or a link of theirs."""
        return self._holder(path) is not None

    def _holder(self, path: str) -> Optional[str]:
        """The nearest folder above a path, or itself, that the tests made."""
        if self._is_far(path):
            return None
        claims, aliases, asked = self._claims, self.aliases, path
        path = _plain(path)
        if not self._is_near(path):
            if "/.." not in asked and len(self._far) + len(self._far_folders) < _MOST_FAR:
                folder = path[: path.rfind("/")]
                # which has the same head
                in_folder = path == asked and folder.count("/") > _OF_HEAD
                (self._far_folders if in_folder else self._far).add(folder if in_folder else asked)
            return None
        for one in _up(path):
            if one in aliases or (one in claims and self._holds(one)):
                return one
        return None

    def _is_far(self, path: str) -> bool:
        end = path.rfind("/")
        return path in self._far or (path[:end] in self._far_folders and path[end + 1 :] not in _ODD)

    def _holds(self, path: str) -> bool:
        before = self._claims[path]
        if before == _SURE:
            return True
        if _state(path) == before:
            return False
        self._claims[path] = _SURE
        return True


def _state(path: str) -> Any:
    """What changes when something is made at a path, or replaced."""
    return values.now("ltype", path), values.fingerprint(path)


def _without_dots(path: str) -> str:
    """The path without ``..``: of the folder where the system arrives, which a link may name otherwise."""
    head, dots, tail = path.rpartition("/..")
    return originals.real_path(head + dots) + tail


def _head(path: str) -> str:
    """``/tmp/x`` of ``/tmp/x/y/z``, and all of a path that is no longer than that."""
    second = path.find("/", path.find("/", 1) + 1) if path.count("/") > _OF_HEAD else -1
    return path if second < 0 else path[:second]


_ODD = ("", ".", "..")
_OF_HEAD = 2
"""Folders, so that the one for all temporary files counts for little."""


def _up(path: str) -> Iterator[str]:
    """The path and the folders above it, but for the root."""
    while len(path) > 1:
        yield path
        path = path[: path.rfind("/")]


def _plain(path: str) -> str:
    if "//" in path or "/./" in path or path.endswith(("/", "/.")):
        parts = [part for part in path.split("/") if part not in ("", ".")]
        return "/" + "/".join(parts)
    return path


def _normal(path: str) -> str:
    return os.path.normpath(absolute(path))


_MOST_LINKS = 16
_MOST_FAR = 20_000

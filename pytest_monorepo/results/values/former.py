"""What the inputs were at the base of a comparison: as now, but for the files that differ since.

Nothing is known of the base beyond what git has: files that it ignores are taken to have been there as they
are now.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

from pytest_monorepo.inputs import tables
from pytest_monorepo.inputs.record import values
from pytest_monorepo.inputs.record.questions import KINDS
from pytest_monorepo.inputs.storage import CONSTANTS
from pytest_monorepo.value import value

from .current import Current


class Anything:
    """Equal to whatever it is compared with: what an input was that nobody can tell any more."""

    def __eq__(self, other: object) -> bool:
        return True

    def __hash__(self) -> int:
        return 0


UNKNOWN = "not known"
"""What no input is: the other answer for what nobody can tell."""

_SAME = ("mode", "identity")
_OF_LINKS = frozenset(("ltype", "lstat", "link", *(f"laccess{mode}" for mode in range(8))))
# of a folder, which of its names one sees
_SEEN = {
    "names of code": values.without_bytecode,
    "types of code": values.without_bytecode,
    "types of tests and of code": values.to_collect,
    "types with folders of code": values.to_collect,
    "types with plain folders of code": values.to_collect,
    "distributions": values.distributions,
    "path files": values.path_files,
}
# and of which folders only those in which something is seen
_DESCEND = ("types with folders of code", "types with plain folders of code")
_FEW = 100
"""How many files of a folder, beside those there now, cannot be too many to be looked through."""
_LISTINGS = frozenset(("names", "types", "test folders", *_SEEN))


@value(frozen=True)
class Changed:
    """The files that differ, by absolute path without links: what each ``held``, ``None``: it was not there.

    ``others`` are all further files that git knows there now.
    """

    held: Mapping[str, bytes | None]
    others: Sequence[str] = ()

    @cached_property
    def before(self) -> frozenset[str]:
        """Everything that was there: files, and the folders around them."""
        files = (*self.others, *(path for path, text in self.held.items() if text is not None))
        return _with_folders(files)

    @cached_property
    def touched(self) -> frozenset[str]:
        """The files, and the folders around them."""
        return _with_folders(self.held)

    @cached_property
    def below(self) -> Mapping[str, frozenset[str]]:
        """The names in each folder at or below which something differs."""
        found: dict[str, set[str]] = {}
        for path in self.touched:
            folder, name = os.path.split(path)
            found.setdefault(folder, set()).add(name)
        return {folder: frozenset(names) for folder, names in found.items()}


class Former(Current):
    """``current`` answers for all that is as it was; ``unknown`` is the answer where nobody can tell."""

    def __init__(self, current: Current, changed: Changed, unknown: Any) -> None:
        super().__init__(current.digests)
        self._current = current
        self._changed = changed
        self._unknown = unknown
        self._real: dict[str, str] = {}

    def value(self, kind: str, path: str) -> Any:
        """As it was at the base."""
        if kind in KINDS:
            return self._unknown  # git's own answers are of another commit
        if kind == CONSTANTS and self._place(os.path.dirname(path), follow=True) in self._changed.touched:
            return self._unknown  # the path is that of a table, and below it who asks
        asked, path = path, self._place(path, follow=kind not in _OF_LINKS)
        if path not in self._changed.touched:
            return self._current.value(kind, asked)
        if kind in _LISTINGS:
            return self._listing(kind, path)
        if path in self._changed.held:
            return self._of_file(kind, path, self._changed.held[path])
        return self._of_folder(kind, path)

    def _place(self, path: str, *, follow: bool) -> str:
        """Where what is called so really lies: by another name it is the same file."""
        folder, name = os.path.split(path)
        if folder not in self._real:
            self._real[folder] = os.path.realpath(folder)
        place = os.path.join(self._real[folder], name) if name not in ("", ".", "..") else ""
        if place in self._changed.touched and not os.path.islink(place):
            return place
        return os.path.realpath(path) if not place or (follow and os.path.islink(place)) else place

    def _of_file(self, kind: str, path: str, held: bytes | None) -> Any:
        there = self._current.value("ltype", path)
        if there not in ("file", None):
            return self._unknown
        if held is None:
            return False if "access" in kind else None
        if kind in ("type", "ltype"):
            return "file"
        if kind == "regular":
            return True
        if kind == "file":
            return hashlib.sha256(held).hexdigest()
        if kind == "size":
            return len(held)
        if kind in tables.KINDS:
            return tables.of_text(kind, held)
        same = there is not None and (kind in _SAME or "access" in kind)
        return self._current.value(kind, path) if same else path if kind == "place" else self._unknown

    def _of_folder(self, kind: str, path: str) -> Any:
        there = self._current.value("ltype", path)
        if there not in ("folder", None):
            return self._unknown
        if path not in self._changed.before:
            return False if "access" in kind else None
        if kind in ("type", "ltype", "file"):
            return "folder"
        stays = there is not None and kind not in ("stat", "lstat", "times", "size")
        return self._current.value(kind, path) if stays else self._unknown

    def _listing(self, kind: str, folder: str) -> Any:
        if folder not in self._changed.before or folder in self._changed.held:
            return [] if kind in _DESCEND else None  # it was not there, or a file
        listed = self._current.value(kind, folder)
        if not isinstance(listed, list | None):
            return self._unknown
        marked = kind.startswith("types")
        names = {str(name).rstrip("/") if marked else str(name): str(name) for name in listed or ()}
        for name in self._changed.below.get(folder, ()):
            names.pop(name, None)
            path = os.path.join(folder, name)
            if path in self._changed.before:
                is_folder = self._changed.held.get(path) is None
                if is_folder and kind in _DESCEND:
                    counted = self._descended(kind, path)
                    if counted is None:
                        return self._unknown
                    if not counted:
                        continue
                names |= dict(self._seen(kind, name, is_folder=is_folder))
        return sorted(names.values())

    def _descended(self, kind: str, path: str) -> bool | None:
        """Whether something in a folder was to be collected; ``None`` where git does not know all of it."""
        if kind == "types with plain folders of code" and os.path.basename(path).startswith("."):
            return False
        held, below = self._changed.held, f"{path}/"
        known = {one for one in self._changed.before if one.startswith(below)}
        files = known - {os.path.dirname(one) for one in known}
        if any(map(values.is_to_collect, files)):
            return True
        are_files = all(one in held or self._current.value("ltype", one) == "file" for one in files)
        further = self._current.value("type", path) is not None and values.may_hold_code(path)
        return None if further or not are_files or len(known) > _FEW else False

    def _seen(self, kind: str, name: str, *, is_folder: bool) -> Iterator[tuple[str, str]]:
        shown = f"{name}/" if is_folder and kind.startswith("types") else name
        if kind == "test folders":
            seen = [shown] if is_folder and name.startswith("test") else []
        else:
            seen = _SEEN[kind]([shown]) if kind in _SEEN else [shown]
        yield from ((name, one) for one in seen)

    def lookup(self, folder: str, name: str, suffixes: tuple[str, ...]) -> list[str]:
        """What could have been the module ``name`` in the folder."""
        folder = self._place(folder, follow=True)
        could = {name, *(name + suffix for suffix in suffixes)}
        if could.isdisjoint(self._changed.below.get(folder, ())):
            return self._current.lookup(folder, name, suffixes)
        place = os.path.join(folder, name)
        found = [name + suffix for suffix in suffixes if self.value("type", place + suffix) is not None]
        if self.value("type", place) == "folder":
            inits = [s for s in suffixes if self.value("type", os.path.join(place, f"__init__{s}"))]
            found.append(f"{name}/{','.join(inits)}")
        elif self.value("type", place) is not None:
            found.append(name)
        return found

    def forget(self) -> None:
        """The base stays what it was."""


def _with_folders(paths: Iterable[str]) -> frozenset[str]:
    found: set[str] = set()
    for path in paths:
        while path not in found:
            found.add(path)
            path = os.path.dirname(path)
    return frozenset(found)

"""The folders in which an import would find a name. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property

from pytest_monorepo.workspace.files.code_files import CODE, parent
from pytest_monorepo.workspace.model import ROOT, parents


class Places:
    """Of ``files``; ``few`` where so few names are asked for that searching is sooner done than an index."""

    def __init__(self, files: Sequence[str], *, few: bool) -> None:
        self._code = [path for path in files if path.endswith(CODE)]
        self._few = few
        self._known: dict[str, tuple[str, ...]] = {}

    def of(self, top: str) -> tuple[str, ...]:
        """Every folder that has the first part of a name, as a module or as a folder with code."""
        if not self._few:
            return self._all.get(top, ())
        if top not in self._known:
            self._known[top] = tuple(sorted(set(self._search(top))))
        return self._known[top]

    def _search(self, top: str) -> Iterator[str]:
        text = self._text
        for word in (f"/{top}.", f"/{top}/", f"\n{top}.", f"\n{top}/"):
            at = text.find(word)
            while at >= 0:
                start, end = text.rindex("\n", 0, at + 1) + 1, text.index("\n", at + 1)
                # a folder's name may have a dot in it, too
                if word[-1] == "/" or "/" not in text[at + 1 : end]:
                    yield text[start:at] or ROOT
                at = text.find(word, at + 1)

    @cached_property
    def _text(self) -> str:
        """The paths, each in a line, behind one that is empty."""
        return "\n" + "\n".join(self._code) + "\n"

    @cached_property
    def _all(self) -> Mapping[str, tuple[str, ...]]:
        found: dict[str, set[str]] = {}
        for path in self._code:
            found.setdefault(path.rpartition("/")[2].partition(".")[0], set()).add(parent(path))
        for folder in {parent(path) for path in self._code}:
            for place in parents(folder):
                if place != ROOT:
                    found.setdefault(place.rpartition("/")[2], set()).add(parent(place))
        return {name: tuple(sorted(places)) for name, places in found.items()}

"""The texts of a workspace, searched by git and read once; of a changed file, what it holds and held."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import tomli

from pytest_monorepo.affected.git.process import ask, failure
from pytest_monorepo.workspace.files.code_files import CODE
from pytest_monorepo.workspace.files.tree import table_at

_NO_MATCH = 1


class Texts:
    """``read`` gives what a file holds now, ``changed`` all versions of those that changed.

    ``tests`` are the test files, of which some are texts with doctests.
    """

    def __init__(
        self,
        root: Path,
        read: Callable[[str], bytes | None],
        changed: Mapping[str, Sequence[bytes]],
        tests: Collection[str],
    ) -> None:
        self._root = root
        self._read = read
        self._changed = changed
        self._tests = tests
        self._known: dict[str, str] = {}

    def runs(self, path: str) -> bool:
        """Whether a file that names another one may do so when it runs."""
        return path.endswith(CODE) or path in self._tests

    def having(self, words: Iterable[str], *, code: bool = True) -> Iterator[str]:
        """The files that may hold any of the words, in whatever case; without ``code`` few of that.

        What git does not track has changed.
        """
        patterns = [part for word in sorted(words) for part in ("-e", word)]
        paths = () if code else ("--", *(f":(exclude)*{ending}" for ending in CODE))
        asked = ("grep", "-l", "-z", "-I", "-i", "-F", *patterns, *paths)
        answer = ask(self._root, *asked)
        if answer.code not in (0, _NO_MATCH):
            raise failure(self._root, asked, answer)
        tracked = (raw.decode("utf-8", "surrogateescape") for raw in answer.out.split(b"\0") if raw)
        yield from dict.fromkeys((*tracked, *self._changed))

    def code_with(self, words: Collection[str]) -> Iterator[str]:
        """The files that run and hold any of the words."""
        for path in self.having(words):
            if self.runs(path) and any(word in self.of(path) for word in words):
                yield path

    def of(self, path: str) -> str:
        """All that a file holds and held, in one text; of a ``pyproject.toml`` what is pytest's."""
        if path not in self._known:
            versions = self._changed[path] if path in self._changed else (self._read(path) or b"",)
            texts = (data.decode("utf-8", "replace") for data in versions)
            self._known[path] = "\n".join(
                _pytests_own(text) if path.endswith("pyproject.toml") else text for text in texts
            )
        return self._known[path]


def _pytests_own(text: str) -> str:
    """What of a ``pyproject.toml`` may be the path of a file to pytest's plugins; all where it is broken."""
    try:
        tables = table_at(tomli.loads(text), "tool")
    except (tomli.TOMLDecodeError, RecursionError):
        return text
    names = (name for name in tables if name.startswith("pytest") and name != "pytest-monorepo")
    return json.dumps({name: tables[name] for name in names}, default=str)

"""Which files of the workspace hold certain words: git searches, and what it finds is looked at here."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from functools import cached_property
from pathlib import Path

from pytest_monorepo.affected.git.changes import decoded
from pytest_monorepo.affected.git.process import ask
from pytest_monorepo.errors import GitError

_GREP = ("grep", "-l", "-z", "-F", "--no-color", "--no-full-name")


class Mentions:
    """The files of the repository around ``root`` that hold one of ``words``: all but ignored ones.

    ``submodules`` where there are any: git looks into those only when told, and then at tracked files.
    """

    def __init__(self, root: Path, words: Collection[str], *, submodules: bool) -> None:
        self._root = root
        self._words = sorted(words)
        self._submodules = submodules
        self._texts: dict[str, str] = {}

    @cached_property
    def _paths(self) -> tuple[str, ...]:
        found = self._asked("--untracked")
        if self._submodules:
            found |= self._asked("--recurse-submodules")
        return tuple(sorted(found))

    def _asked(self, *options: str) -> set[str]:
        words = [part for word in self._words for part in ("-e", word)]
        answer = ask(self._root, *_GREP, *options, *words, "--", ":/")
        # 1 says that nothing was found
        if answer.code not in (0, 1):
            raise GitError(f"git grep failed in {self._root} ({answer.err.strip()}): run it there to see why")
        return {decoded(name) for name in answer.out.split(b"\0") if name}

    def matching(
        self, pattern: re.Pattern[str], code: re.Pattern[str], among: Callable[[str], bool]
    ) -> Iterator[str]:
        """The paths of the files whose text holds ``pattern``, of Python files those that hold ``code``."""
        for path in filter(among, self._paths):
            if (code if path.endswith((".py", ".pyi")) else pattern).search(self.text(path)):
                yield path

    def text(self, path: str) -> str:
        """What the file on disk holds; bytes that are no text are kept out of the way."""
        if path not in self._texts:
            try:
                self._texts[path] = (self._root / path).read_bytes().decode("utf-8", "replace")
            except OSError:
                self._texts[path] = ""
        return self._texts[path]

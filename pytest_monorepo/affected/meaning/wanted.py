"""What to look for in other files, to find who names a folder, a file of prose or a script."""

from __future__ import annotations

import re
from functools import cached_property
from typing import NamedTuple

from pytest_monorepo.affected.rules.values import Touch

_AS_PATH = r"(?m:(?<![\w.-])(?<!^\[){0}(?![\w-]|[\"']?[ \t]*=|[\"']?:(?:\s|$)))"


class _OfWanted(NamedTuple):
    below: str
    names: tuple[tuple[str, str | None], ...]
    how: str
    holders: tuple[Touch, ...] = ()
    prose: bool = False
    built: bool = False
    word: str = ""


class Wanted(_OfWanted):
    """What to look for: the folder (or file) in question, and for each name what may follow it in a path.

    ``below`` are files that cannot name it, since they are it. ``built`` where what runs the tests may
    name it as well, for it only builds something of it. ``word`` where a bare word may be a path, or none.
    """

    @cached_property
    def patterns(self) -> tuple[re.Pattern[str], re.Pattern[str]]:
        """For files of any kind, and for Python's, where a word alone is no path."""
        if self.word:
            code = _pattern(self.word, None, strict=True)
            imported = rf"(?m:^[ \t]*(?:from|import)\b[^\n#]*(?<!\w){self.word}(?!\w))"
            return re.compile(_AS_PATH.format(self.word)), re.compile(f"{code}|{imported}")
        loose = "|".join(_pattern(name, following, strict=self.prose) for name, following in self.names)
        code = "|".join(_pattern(name, following, strict=True) for name, following in self.names)
        return re.compile(loose), re.compile(code)


def _pattern(name: str, following: str | None, *, strict: bool) -> str:
    if name.startswith("."):
        # the ending of a name, or of a pattern of names
        return rf"{re.escape(name)}(?=[\"'`])"
    # a path that goes on to something else than the file in question leads elsewhere
    other = "" if following is None else rf"(?!/(?!{re.escape(following)}(?![\w-]))[\w.-])"
    # "*.js" and "{a,b}.js" name endings, and no folder "js"
    word = rf"(?<![\w-])(?<![*}}]\.){re.escape(name)}(?![\w-]){other}"
    if not strict:
        return word
    return rf"(?<=[/\\\"'`])(?:{word})|(?:{word})(?=[/\\\"'`])|(?:\bcd|-C)\s+(?:{word})"

"""The same folders under two names: where the controller has them, and where a node does. Pure.

What crosses is JSON, and any string in it may hold a path: a job's arguments, a failure's text, a warning's
file. So the lines are translated as text, at the borders of paths.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping


class Places:
    """``folders`` maps each folder as the controller names it to the node's own.

    Of folders within one another the innermost counts. The root of a file system is none to translate.
    """

    def __init__(self, folders: Mapping[str, str]) -> None:
        pairs = {home.rstrip("/\\"): here.rstrip("/\\") for home, here in folders.items()}
        self._pairs = {home: here for home, here in pairs.items() if home and here and home != here}
        back = {here: home for home, here in self._pairs.items()}
        self._to_here = _Translation(_quoted(self._pairs), _AFTER_QUOTED)
        self._to_home = _Translation(_quoted(back), _AFTER_QUOTED)
        self._plain_home = _Translation(back, _AFTER)

    def here(self, line: str) -> str:
        """A line of JSON from the controller, with the node's paths."""
        return self._to_here.of(line)

    def home(self, line: str) -> str:
        """A line of JSON from a worker of the node, with the controller's paths."""
        return self._to_home.of(line)

    def log_home(self, content: bytes) -> bytes:
        """What a worker of the node has printed, in whatever encoding, with the controller's paths."""
        text = content.decode("utf-8", "surrogateescape")
        return self._plain_home.of(text).encode("utf-8", "surrogateescape")

    def path_home(self, path: str) -> str:
        """One path of the node's as the controller has it; unchanged where it is in none of the folders."""
        return _moved(path, {here: home for home, here in self._pairs.items()})


# JSON's own escapes end a word, though they look like the beginning of one; so do colours (ECMA-48, SGR)
_COLOURS = "|".join(
    rf"(?<={start}{digits}m)" for start in (r"\[", ";") for digits in ("", r"\d", r"\d\d", r"\d{3}")
)
_BEFORE = rf"(?:(?<![\w/.~-])|(?<=\\[nrtbf])|{_COLOURS})"
# a name goes on with any of these, but for the full stop at the end of a sentence
_AFTER = r"(?![\w~+@-]|\.[\w~+@-])"
_AFTER_QUOTED = rf"(?!\\u(?!001b)){_AFTER}"


class _Translation:
    def __init__(self, words: Mapping[str, str], after: str) -> None:
        self._words = words
        # longest first: a folder within another one has a place of its own
        found = "|".join(re.escape(old) for old in sorted(words, key=len, reverse=True))
        self._pattern = re.compile(f"{_BEFORE}(?:{found}){after}") if found else None

    def of(self, line: str) -> str:
        if self._pattern is None:
            return line
        return self._pattern.sub(lambda match: self._words[match[0]], line)


def _quoted(pairs: Mapping[str, str]) -> dict[str, str]:
    return {json.dumps(old)[1:-1]: json.dumps(new)[1:-1] for old, new in pairs.items()}


def _moved(path: str, pairs: Mapping[str, str]) -> str:
    for old in sorted(pairs, key=len, reverse=True):
        if path == old or path.startswith((old + "/", old + os.sep)):
            return pairs[old] + path[len(old) :]
    return path

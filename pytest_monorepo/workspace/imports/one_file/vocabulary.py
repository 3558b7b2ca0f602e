"""Which of many words a text holds, by the runs of letters that it is made of.

Looking for a hundred words one after the other reads a file a hundred times, and most files have none of
them. The letters of a word that is looked for lie within one run of letters of the text, and files share most
of their runs: each is asked about once, and only the words that it may be a part of are looked for. Files
share many of their lines, too.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import NamedTuple

_LETTERS = re.compile(rb"[A-Za-z0-9_\x80-\xff]{4,}")
_APART = bytes(code if _LETTERS.match(bytes([code] * 4)) else 32 for code in range(256))
# These stand in nearly every file: of a word that has others these tell more.
_COMMON = frozenset((b"import", b"from", b"as", b"py", b"os", b"sys", b"path", b"pytest", b"main"))
_MOST = 200_000
# of a longer text too little is shared to tell which of its lines are plain
_LONG = 20_000


class Heard(NamedTuple):
    """The lists of which a text holds a word, a bit for each, and all in it that the pattern may match.

    ``matched`` is what stands there between two blanks, each once, in any order.
    """

    lists: int
    matched: bytes = b""


_SILENT = Heard(0)


class Vocabulary:
    """``wanted`` are several lists of words; for each there is a bit in what :meth:`of` gives, in order.

    One more is there for a whole run of letters that is ``looked_for``. No word goes over the end of a
    line, and ``pattern`` over no blank. For a list of ``loose`` numbers the letters of a word do.
    """

    def __init__(
        self,
        wanted: Sequence[Iterable[bytes]],
        looked_for: Callable[[bytes], bool] | None = None,
        pattern: re.Pattern[bytes] | None = None,
        loose: Collection[int] = (),
    ) -> None:
        self._looked_for = looked_for or _nothing
        lists = [tuple(words) for words in wanted]
        self._looked_for_bit = 1 << len(lists)
        self._pattern = pattern
        self._lists: dict[bytes, int] = {}
        for number, words in enumerate(lists):
            for word in words:
                self._lists[word] = self._lists.get(word, 0) | 1 << number
        self._loose: dict[bytes, int] = {}
        for number in loose:
            for word in lists[number]:
                if piece := max(set(_LETTERS.findall(word)) - _COMMON, key=len, default=b""):
                    self._loose[piece] = self._loose.get(piece, 0) | 1 << number
        self._edges = [(word, _edge(word)) for word in self._lists]
        self._speaks: dict[bytes, _Speaks] = {}
        self._plain: set[bytes] = set()
        self._plain_lines: set[bytes] = set()

    def of(self, source: bytes) -> Heard:
        """The lists of which the text holds a word."""
        new = set(source.split(b"\n"))
        new -= self._plain_lines
        if not new:
            return _SILENT
        rest = b"\n%b\n" % b"\n".join(new)
        apart = rest.translate(_APART)
        runs = set(apart.split())
        runs -= self._plain
        unknown = runs - self._speaks.keys()
        if unknown:
            self._learn(unknown)
            runs -= unknown - self._speaks.keys()
        matches = () if self._pattern is None else self._pattern.finditer(rest)
        matched = set(_around(rest, (match.start() for match in matches)))
        words = [word for word in self._words_of(runs) if word in rest]
        sought = [run for run in runs if self._speaks[run].lists]
        if len(rest) < _LONG and len(self._plain_lines) < _MOST:
            new -= matched
            for word in words:
                new.difference_update(_around(rest, _places(rest, word)))
            for run in sought:
                new.difference_update(_around(rest, (at + 1 for at in _places(apart, b" %b " % run))))
            self._plain_lines |= new
        found = 0
        for run in sought:
            found |= self._speaks[run].lists
        for word in words:
            found |= self._lists[word]
        return Heard(found, b"\n".join(matched))

    def _words_of(self, runs: Iterable[bytes]) -> set[bytes]:
        return {word for run in runs for word in self._speaks[run].words}

    def _learn(self, runs: Collection[bytes]) -> None:
        """For each run of letters what it says itself, and the words that it may be a part of."""
        together = b" %b " % b" ".join(runs)
        words: dict[bytes, list[bytes]] = {}
        for word, edge in self._edges:
            for run in edge.runs(together):
                words.setdefault(run, []).append(word)
        loose = [(piece, bits) for piece, bits in self._loose.items() if piece in together]
        for run in runs:
            found = self._looked_for_bit if self._looked_for(run) else 0
            for piece, bits in loose:
                if piece in run:
                    found |= bits
            if found or run in words:
                self._speaks[run] = _Speaks(found, tuple(words.get(run, ())))
            elif len(self._plain) < _MOST:
                self._plain.add(run)


def _places(text: bytes, word: bytes) -> Iterator[int]:
    """Where the word begins in the text; also within itself."""
    at = text.find(word)
    while at >= 0:
        yield at
        at = text.find(word, at + 1)


def _around(rest: bytes, places: Iterable[int]) -> Iterator[bytes]:
    """What stands between two blanks at these places, which rise: each once, however many lie in it."""
    end = 0
    for at in places:
        if at >= end:
            end = rest.find(b"\n", at)
            yield rest[rest.rfind(b"\n", 0, at + 1) + 1 : end]


def _nothing(run: bytes) -> bool:
    return False


class _Speaks(NamedTuple):
    """The lists that a run of letters speaks for itself, and the words that it may be a part of."""

    lists: int
    words: tuple[bytes, ...]


class _Edge(NamedTuple):
    """The run of letters that tells most of a word, and whether it ends within the word on either side."""

    letters: bytes
    left: bool
    right: bool

    def runs(self, together: bytes) -> Iterator[bytes]:
        """Which of the runs, between two blanks each, a text in which the word stands may have."""
        wanted = b"%b%b%b" % (b" " * self.left, self.letters, b" " * self.right)
        at = together.find(wanted)
        while at >= 0:
            at += self.left
            end = together.index(b" ", at)
            yield together[together.rindex(b" ", 0, at) + 1 : end]
            at = together.find(wanted, end)


def _edge(word: bytes) -> _Edge:
    """Of the runs in a word a whole rare one first, which only that run can be, then a long one."""
    padded = b"".join((b"x", word, b"x")).translate(_APART)
    runs = word.translate(_APART).split()
    ends = [
        _Edge(run, number > 0 or padded[1:2] == b" ", number < len(runs) - 1 or padded[-2:-1] == b" ")
        for number, run in enumerate(runs)
    ]
    return max(ends, key=lambda end: (end.letters not in _COMMON, end.left and end.right, len(end.letters)))

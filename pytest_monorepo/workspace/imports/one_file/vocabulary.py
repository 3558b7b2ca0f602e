"""Which of many words a text may hold, by the runs of letters that it is made of.

Looking for a hundred words one after the other reads a file a hundred times, and most files have none of
them. The letters of a word that is looked for lie within one run of letters of the text, and files share most
of their runs: each is asked about once.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence

_LETTERS = re.compile(rb"[A-Za-z0-9_\x80-\xff]{4,}")
_APART = bytes(code if _LETTERS.match(bytes([code] * 4)) else 32 for code in range(256))
# These stand in nearly every file: a word that has no other letters is looked for itself.
_COMMON = frozenset((b"import", b"from", b"path", b"pytest", b"main"))
_MOST = 200_000


class Vocabulary:
    """``wanted`` are several lists of words; for each there is a bit in what :meth:`of` gives, in order.

    One more is there for a whole run of letters that is ``looked_for``.
    """

    def __init__(
        self, wanted: Sequence[Iterable[bytes]], looked_for: Callable[[bytes], bool] | None = None
    ) -> None:
        lists = [tuple(words) for words in wanted]
        self._looked_for = looked_for
        self._pieces = [frozenset(filter(None, map(_piece, words))) for words in lists]
        self._whole = dict[bytes, int]()
        for number, words in enumerate(lists):
            for word in words:
                if not _piece(word):
                    self._whole[word] = self._whole.get(word, 0) | 1 << number
        self._inner = {word: _inner(word) for word in self._whole}
        self._bits: dict[bytes, int] = {}
        self._plain: set[bytes] = set()

    def of(self, source: bytes) -> int:
        """The lists of which the text may hold a word: none that it holds is missing."""
        found = 0
        runs = set(source.translate(_APART).split())
        for run in runs - self._plain:
            found |= self._bits_of(run)
        for word, bits in self._whole.items():
            if bits & ~found and self._inner[word] <= runs and word in source:
                found |= bits
        return found

    def _bits_of(self, run: bytes) -> int:
        known = self._bits.get(run)
        if known is None:
            lists = enumerate(self._pieces)
            known = sum(1 << number for number, pieces in lists if any(piece in run for piece in pieces))
            if self._looked_for is not None and self._looked_for(run):
                known |= 1 << len(self._pieces)
            self._keep(run, known)
        return known

    def _keep(self, run: bytes, bits: int) -> None:
        if bits:
            self._bits[run] = bits
        elif len(self._plain) < _MOST:
            self._plain.add(run)


def _piece(word: bytes) -> bytes:
    """The longest run of letters in a word that tells it from others; nothing where it has none."""
    return max(set(_LETTERS.findall(word)) - _COMMON, key=len, default=b"")


def _inner(word: bytes) -> frozenset[bytes]:
    """The runs of letters that neither begin nor end a word: they are whole runs of the text, too."""
    return frozenset(b"".join((b"x", word, b"x")).translate(_APART).split()[1:-1])

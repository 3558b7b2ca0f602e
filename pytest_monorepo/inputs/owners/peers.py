"""Whether a source asks pytest's session for the other tests: which there are, and how they went."""

from __future__ import annotations

import re

_WORDS = ("testscollected", "testsfailed")
_SESSION = re.compile(r"\bsession\b")
_ITEMS = re.compile(r"\.\s*items\b(?!\s*\()|[\"']items[\"']")


def asks(source: str) -> bool:
    """What only looks like it costs a run."""
    if any(word in source for word in _WORDS):
        return True
    return _SESSION.search(source) is not None and _ITEMS.search(source) is not None

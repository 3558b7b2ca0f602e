"""Whether a source asks for all that tests have done: which there are, how they went, what was begun."""

from __future__ import annotations

import re
from typing import Dict, Iterator, Pattern

from ..record.asked import ANSWERS, FLAGS

_WORDS = ("testscollected", "testsfailed")
_SESSION = re.compile(r"\bsession\b")
_ITEMS = re.compile(r"\.\s*items\b(?!\s*\()|[\"']items[\"']")
_CALLERS = re.compile(r"\b(_getframe|currentframe|f_back|f_globals|f_locals|getouterframes|stack\s*\()")
_LINES = re.compile(r"\blinecache\s*\.\s*cache\b|\bfrom\s+linecache\s+import\b.*\bcache\b")
# a context is also copied, shown and handed on as a whole, with its flags
_ASKED: Dict[str, Pattern[str]] = {
    ANSWERS: re.compile(r"\bcache_info\b"),
    FLAGS: re.compile(r"\b(?:clear_)?flags\b|[gs]etcontext\b|localcontext\b"),
}
# what begins without a name has one by how many have begun
_NUMBERED = re.compile(r"(Thread|Process|Task|Timer|Dummy|Feeder|Executor|Worker)-(\d|\{|%)")


def asks(source: str) -> bool:
    """What only looks like it costs a run."""
    if any(word in source for word in _WORDS):
        return True
    if _NUMBERED.search(source):
        return True
    if "linecache" in source and _LINES.search(source):
        return True
    return _SESSION.search(source) is not None and _ITEMS.search(source) is not None


def asked_by(source: str) -> Iterator[str]:
    """Which settings it may look at that code at work changes: how often functions were asked, say."""
    return (name for name, words in _ASKED.items() if words.search(source))


def asks_callers(source: str) -> bool:
    """Whether it may look at the code that runs it: who imports it, say."""
    return _CALLERS.search(source) is not None

"""Whether a source asks for all that tests have done: which there are, how they went, what was begun."""

from __future__ import annotations

import re

_WORDS = ("testscollected", "testsfailed")
_SESSION = re.compile(r"\bsession\b")
_ITEMS = re.compile(r"\.\s*items\b(?!\s*\()|[\"']items[\"']")
_CALLERS = re.compile(r"\b(_getframe|currentframe|f_back|f_globals|f_locals|getouterframes|stack\s*\()")
_LINES = re.compile(r"\blinecache\s*\.\s*cache\b|\bfrom\s+linecache\s+import\b.*\bcache\b")
_ANSWERS = re.compile(r"\bcache_info\b")
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


def asks_answers(source: str) -> bool:
    """Whether it looks at how often a function that remembers its answers was asked."""
    return "cache_info" in source and _ANSWERS.search(source) is not None


def asks_callers(source: str) -> bool:
    """Whether it may look at the code that runs it: who imports it, say."""
    return _CALLERS.search(source) is not None

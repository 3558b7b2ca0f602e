"""Where a text names a file: as a whole step of a path, and not as a part of another name. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_monorepo.workspace.files.late import late

_BEFORE = late(r"[\w.-]")
_BEHIND = late(r"[\w-]|\.\w")


def steps_in(text: str, word: str) -> Iterator[int]:
    """Where a path in the text has this step.

    A decision asks for hundreds of words, most of them once: compiling a pattern takes longer than to look.
    """
    at = text.find(word)
    while at >= 0:
        if not (at and _BEFORE.match(text, at - 1)) and not _BEHIND.match(text, at + len(word)):
            yield at
        at = text.find(word, at + 1)


def is_word(word: str, text: str) -> bool:
    """Whether a path in the text has this step."""
    return next(steps_in(text, word), None) is not None

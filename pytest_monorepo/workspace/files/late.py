"""Patterns that are compiled when first used: what a decision remembers it need not look for."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

__all__ = ["late"]


class _Late:
    """The methods of a compiled pattern, each of which stays here once it was asked for."""

    def __init__(self, text: str, flags: int) -> None:
        self.pattern = text
        self._flags = flags

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # what copies or stores it asks for these
            raise AttributeError(name)
        found = getattr(re.compile(self.pattern, self._flags), name)
        self.__dict__[name] = found
        return found


if TYPE_CHECKING:

    def late(text: str, flags: int = 0) -> re.Pattern[str]: ...
else:

    def late(text, flags=0):
        """In place of ``re.compile``."""
        return _Late(text, flags)

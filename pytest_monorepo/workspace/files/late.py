"""Patterns that are compiled when first used: most runs and decisions need few of them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, AnyStr

__all__ = ["late"]


class _Late:
    """The methods of a compiled pattern, each of which stays here once it was asked for."""

    def __init__(self, text: str | bytes, flags: int) -> None:
        self.pattern = text
        self._flags = flags

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # what copies or stores it asks for these
            raise AttributeError(name)
        found = getattr(re.compile(self.pattern, self._flags), name)
        self.__dict__[name] = found
        return found


if TYPE_CHECKING:

    def late(text: AnyStr, flags: int = 0) -> re.Pattern[AnyStr]: ...
else:

    def late(text, flags=0):
        """In place of ``re.compile``."""
        return _Late(text, flags)

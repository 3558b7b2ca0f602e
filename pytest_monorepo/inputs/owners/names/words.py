"""What the sources of modules say of settings, each asked once."""

from __future__ import annotations

from typing import Callable, Dict, Tuple

from . import said
from .sources import text_of
from .unsaid import said_in


class Words:
    """``is_own`` tells whether a module of that name is the workspace's."""

    def __init__(self, is_own: Callable[[str], bool]) -> None:
        self._is_own = is_own
        self._texts: Dict[str, str] = {}
        self._runs: Dict[str, str] = {}
        self._known: Dict[Tuple[str, str, bool], bool] = {}

    def say(self, name: str, setting: str, *, asks: bool) -> bool:
        """Whether a source has the words of who asks for a setting, or of who can be heard by it."""
        key = (name, setting, asks)
        if key not in self._known:
            found = said.asks if asks else said.says
            # parsed only where there are such words at all
            self._known[key] = found(self._text(name), setting) and found(self._run(name), setting)
        return self._known[key]

    def _text(self, name: str) -> str:
        if name not in self._texts:
            self._texts[name] = text_of(name)
        return self._texts[name]

    def _run(self, name: str) -> str:
        if name not in self._runs:
            self._runs[name] = said_in(self._text(name), installed=not self._is_own(name))
        return self._runs[name]

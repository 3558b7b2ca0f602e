"""After a job of which one test file was expected: all is that file's, and nobody need be told apart.

What it leaves nobody has seen, so that any other file is one with it, whatever that reaches or asks for.
"""

from __future__ import annotations

from typing import Any, Dict, Iterator, List, Tuple

from ..record.asked import ANYTHING
from ..record.recorder import Recorder
from ..record.section import Section
from .left import UNSEEN
from .turns import Turns


class Alone:
    """Tells what :class:`.reach.Reach` does; ``files`` are several where more than the one turned up."""

    def __init__(self, recorder: Recorder, turns: Turns, root: str) -> None:
        self.scopes = recorder.scopes
        self.files = sorted(self.scopes.files)

    def shared_section(self) -> Section:
        """Also what modules asked for that were imported in no file's turn."""
        found = Section()
        for section in (self.scopes.shared, *self.scopes.modules.values()):
            found.add(section)
        return found

    def parts(self) -> Iterator[Tuple[List[str], Section, List[str]]]:
        """(file, what was asked for in its turn, no modules: whoever sets any is seen anyway)."""
        for file in self.files:
            yield [file], self.scopes.files[file], []

    def shared_modules(self) -> List[str]:
        return []

    def units(self) -> List[List[str]]:
        return [self.files] if len(self.files) > 1 else []

    def effects(self) -> List[Dict[str, Any]]:
        """Each may have left anything, before the first test of any other."""
        told = {"modules": [], "facets": [UNSEEN], "writes": [], "at_import": True}
        return [{"files": [file], **told} for file in self.files]

    def variables(self) -> Dict[str, Any]:
        """What it can see of what others leave nobody knows either."""
        return {file: [ANYTHING] for file in self.files}

    def looking(self) -> List[str]:
        return []

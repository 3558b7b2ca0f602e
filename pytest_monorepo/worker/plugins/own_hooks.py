"""What a project's own code does at its end: it is to know the whole project, and what it prints is shown.

Installed plugins do it in the controller, as in pytest-xdist's main process; of a conftest's the controller
knows nothing.
"""

from __future__ import annotations

import inspect
import os
from typing import Any, Iterator, List

from . import mainprocess
from .whole import Reason

PLUGIN = "conftest"
"""Under this name the controller shows what they print."""

TELLS = "pytest_terminal_summary"
_ENDS = ("pytest_sessionfinish", "pytest_unconfigure")
_GATHERS = (
    "pytest_runtest_protocol",
    "pytest_runtest_logstart",
    "pytest_runtest_setup",
    "pytest_runtest_call",
    "pytest_runtest_teardown",
    "pytest_runtest_makereport",
    "pytest_runtest_logreport",
    "pytest_runtest_logfinish",
    "pytest_report_teststatus",
    "pytest_fixture_setup",
    "pytest_warning_recorded",
    "pytest_exception_interact",
)


class Own:
    """``root`` is the workspace's, ``folder`` the project's."""

    def __init__(self, root: str, folder: str) -> None:
        self.root = root
        self.folder = folder

    def wrote(self, implementation: Any) -> bool:
        """Whether a hook is the project's: of a conftest, or of another file of its own."""
        code = getattr(inspect.unwrap(implementation.function), "__code__", None)
        path = getattr(code, "co_filename", "")
        conftest = os.path.basename(path) == "conftest.py"
        return mainprocess.is_own(path, self.root if conftest else self.folder)

    def reasons(self, manager: Any) -> Iterator[Reason]:
        """Why it must not be split: what is told or done at the end may be about all of its tests."""
        if self._of(manager, TELLS):
            yield Reason("conftest", TELLS)
        for name in _ENDS:
            if self._of(manager, name) and any(self._of(manager, each) for each in _GATHERS):
                yield Reason("conftest", name)

    def _of(self, manager: Any, name: str) -> List[Any]:
        caller = getattr(manager.hook, name, None)
        return [one for one in caller.get_hookimpls() if self.wrote(one)] if caller is not None else []

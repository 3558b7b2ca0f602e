"""A test needs a file that is here and was not sent to the nodes: which one, and what brings it there."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from pytest_monorepo.workspace.model import Workspace

# Python's own words for ENOENT and for imports; the path is in quotes of the kind that it does not hold
_FILE = re.compile(r"No such file or directory: (?:'([^'\n]+)'|\"([^\"\n]+)\")")
_MODULE = re.compile(r"No module named '([\w.]+)'")
_NAME = re.compile(r"cannot import name '(\w+)' from (?:partially initialized module )?'([\w.]+)'")
_OF_MODULES = (".py", ".so", ".pyd")


@dataclass(frozen=True, eq=False)  # pytest keeps its plugins in sets
class Unsent:
    """The plugin that adds a sentence to failures. ``sent`` are paths below ``top``, the folder sent."""

    workspace: Workspace
    top: Path
    sent: Collection[str]

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._note(report)

    @pytest.hookimpl(tryfirst=True)
    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        self._note(report)

    def _note(self, report: Any) -> None:
        if not report.failed:
            return
        owner = self.workspace.owner_of_test(report.nodeid)
        hint = self.hint(report.longreprtext, owner.path if owner is not None else ".")
        if hint is None:
            return
        if hasattr(report.longrepr, "addsection"):
            report.longrepr.addsection("pytest-monorepo", hint, "-")
        else:
            report.longrepr = f"{report.longreprtext}\n\n{hint}"

    def hint(self, text: str, project: str) -> str | None:
        """The sentence for a failure's text, in the project at this path; ``None`` where there is nothing."""
        home = self.workspace.root / project
        for found in _FILE.finditer(text):
            file = Path(os.path.normpath(home / (found[1] or found[2])))
            if said := self._said(file):
                return said
        files = (file for name in _modules(text) for file in self._files(name, home))
        return next((said for file in files if (said := self._said(file))), None)

    def _said(self, file: Path) -> str | None:
        if not os.path.lexists(file):
            return None
        try:
            path = Path(os.path.realpath(file.parent), file.name).relative_to(self.top).as_posix()
        except ValueError:
            return f"{file} is on this machine only: nothing outside the repository is sent to the nodes"
        if path in self.sent or any(each.startswith(f"{path}/") for each in self.sent):
            return None
        return f"{path} is ignored by git and was not sent to the nodes: name it in cluster-include"

    def _files(self, module: str, home: Path) -> Iterator[Path]:
        """Where the module's file would be, with what a compiler adds to the name of an extension."""
        *folders, name = module.split(".")
        roots = [home, *(self.workspace.root / r for p in self.workspace.projects for r in p.source_roots)]
        for folder in (root.joinpath(*folders) for root in dict.fromkeys(roots)):
            if folder.is_dir():
                names = (one for one in os.listdir(folder) if one.partition(".")[0] == name)
                yield from (folder / one for one in sorted(names) if one.endswith(_OF_MODULES))


def _modules(text: str) -> Iterator[str]:
    yield from (found[1] for found in _MODULE.finditer(text))
    yield from (f"{found[2]}.{found[1]}" for found in _NAME.finditer(text))

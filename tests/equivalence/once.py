"""Every hostile workspace once more, in which each project imports the same packages and finds them imported.

Both sides have the imports, at the end of each test file and conftest; on ours ``preload`` names them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath
from textwrap import dedent

from .workspaces import Workspace

SERVED = "EQUIVALENCE_SERVED"
"""The variable with the file for the projects that found modules imported."""

# projects that begin while the server still imports do so for themselves: nothing would be shared here
PLUGIN = f"""
import json, os

def pytest_configure(config):
    if "PYTEST_XDIST_WORKER" not in os.environ:
        from pytest_monorepo.run.control.crew import sharing

        sharing.PATIENCE = 300.0

def pytest_unconfigure(config):
    controller = config.pluginmanager.get_plugin("monorepo-controller")
    if controller is not None:
        with open(os.environ[{SERVED!r}], "w") as file:
            json.dump({{path: list(modules) for path, modules in controller.sharing.served.items()}}, file)
"""

_TABLE = "[tool.pytest-monorepo]\n"


def importing(workspace: Workspace, modules: Sequence[str]) -> Workspace:
    """The workspace whose projects all import ``modules``, and whose settings let them be imported once."""
    found = {
        name: _with_imports(text, modules) if _is_test_code(name) else text
        for name, text in workspace.files.items()
    }
    root = dedent(found.get("pyproject.toml", ""))
    setting = f"{_TABLE}preload = {json.dumps(list(modules))}\n"
    found["pyproject.toml"] = root.replace(_TABLE, setting) if _TABLE in root else f"{root}\n{setting}"
    plain = {
        name: _with_imports(text, modules) if _is_test_code(name) else text
        for name, text in workspace.plain_files.items()
    }
    return replace(workspace, name=f"{workspace.name} once", files=found, plain_files=plain)


def _is_test_code(path: str) -> bool:
    return re.fullmatch(r"conftest\.py|test_.*\.py|.*_test\.py", PurePosixPath(path).name) is not None


def _with_imports(text: str, modules: Sequence[str]) -> str:
    """At the end: no line of the tests is another one then."""
    return "\n".join([dedent(text).rstrip("\n"), *(f"import {name}" for name in modules), ""])


def served(file: Path) -> Mapping[str, Sequence[str]]:
    """The projects of the last run that found modules imported, and those."""
    found: dict[str, list[str]] = json.loads(file.read_text(encoding="utf-8"))
    return found


def install(folder: Path, recorder: str) -> None:
    """Make that module of ``folder`` and ours look like installed plugins.

    ``PYTEST_PLUGINS`` and ``-p`` name what may hook imports, so that nothing would be shared.
    """
    (folder / "equivalence_once.py").write_text(PLUGIN)
    info = folder / "equivalence-0.dist-info"
    info.mkdir(exist_ok=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: equivalence\nVersion: 0\n")
    lines = "".join(f"{name} = {name}\n" for name in (recorder, "equivalence_once"))
    (info / "entry_points.txt").write_text(f"[pytest11]\n{lines}")

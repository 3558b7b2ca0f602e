"""All that a project's tests can reach, as one digest: where that is as it was, they do what they did.

It is what can be said of tests that nobody has watched, and so it takes more than they need: the files of the
project, of all that it depends on or holds, and those that are nobody's; what is installed, by the digests of
the installer's ``RECORD`` (PEP 627); the variables; whatever else the caller names. What git ignores, other
machines and the time of day are not in it.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import math
import os
import sys
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

from pytest_monorepo.affected.rules.path_kinds import is_report
from pytest_monorepo.results.values.current import PER_RUN, keyed_environment
from pytest_monorepo.workspace.graph import Graph
from pytest_monorepo.workspace.model import ROOT, Workspace

RUNS_NAMES = frozenset(
    (
        *("GITHUB_*", "RUNNER_*", "ACTIONS_*", "CI_*", "GITLAB_*", "BUILDKITE_*", "CIRCLE_*", "BITBUCKET_*"),
        *("BUILD_*", "JENKINS_*", "AGENT_*", "SYSTEM_*"),
        *("_", "PWD", "OLDPWD", "SHLVL", "SSH_*", "COLUMNS", "LINES", "WINDOWID", "TERM_SESSION_ID"),
    )
)
"""What systems of CI call a run, a commit or a machine, and shells a terminal: other words every time."""
_MOST = 20_000
"""Files beside the workspace; past that nothing is known."""
_LARGE = 16_000_000
"""Bytes: where git has a filter, nothing is known of its files but what they hold."""


class Surroundings:
    """Of the projects of one run, and within it nothing is read twice: there may be a thousand of them."""

    def __init__(self, workspace: Workspace, graph: Graph, environ: Mapping[str, str]) -> None:
        self._workspace = workspace
        self._graph = graph
        self._environ = environ
        self._read: dict[str, str] = {}
        self._beside: dict[str, list[object] | None] = {}

    def of_project(self, project: str, python: str, more: object) -> str:
        """The digest; empty where it cannot be known. ``more`` is what else counts, told by its ``repr``."""
        if python not in self._beside:
            self._beside[python] = _beside(self._workspace.root, python, self._environ)
        beside = self._beside[python]
        if beside is None:
            return ""
        files = {path: self._content(path) for path in self.reached(project)}
        variables = keyed_environment(b"", self._environ, PER_RUN | RUNS_NAMES)
        told = [files, beside, variables, python, sys.version, repr(sys.flags), sys.warnoptions, repr(more)]
        return hashlib.sha256(json.dumps(told, sort_keys=True).encode("ascii")).hexdigest()[:32]

    def reached(self, project: str) -> Iterator[str]:
        """The files, relative to the workspace."""
        near = {project, *self._graph.transitive_dependencies(project)}
        whole = near if project == ROOT else near - {ROOT}
        by_path = self._workspace.by_path
        known = [by_path[path] for path in whole if path in by_path]
        held = {inner.path for one in known for inner in self._workspace.nested(one)}
        for owner in sorted({"", ROOT, *near, *held}):
            yield from self._files.get(owner, ())

    def latest(self, project: str) -> float:
        """When one of them was last written, in epoch seconds; for ever where one is gone."""
        return max((_written(self._workspace.root / file) for file in self.reached(project)), default=0.0)

    @cached_property
    def _files(self) -> Mapping[str, list[str]]:
        """By the project that they are of, ``""`` where they are nobody's."""
        found: dict[str, list[str]] = {}
        for file in self._workspace.files:
            owner = self._workspace.owner(file)
            if owner is not None or not (is_report(file) and file in self._untracked):
                found.setdefault(owner.path if owner is not None else "", []).append(file)
        return found

    @cached_property
    def _untracked(self) -> frozenset[str]:
        """As git says; what a run has left beside all projects (``--junitxml``) is none of the next one's."""
        entries = self._workspace.listed.decode("utf-8", "surrogateescape").split("\0")
        return frozenset(entry[2:] for entry in entries if entry.startswith("? "))

    def _content(self, file: str) -> str:
        if file not in self._read:
            self._read[file] = self._workspace.blobs.get(file) or _digest(self._workspace.root / file)
        return self._read[file]


def _written(file: Path) -> float:
    try:
        link = os.lstat(file).st_mtime
    except OSError:
        return math.inf
    with contextlib.suppress(OSError):  # a link that leads nowhere
        return max(link, os.stat(file).st_mtime)
    return link


def _digest(file: Path) -> str:
    """Of the content; of a large file, which git may keep elsewhere (LFS), of its size and time."""
    try:
        if os.stat(file).st_size > _LARGE:
            return repr(_stamp(str(file))[1:])
        return hashlib.sha256(file.read_bytes()).hexdigest()
    except OSError:  # gone, or a folder: a link to one
        return ""


def _beside(root: Path, python: str, environ: Mapping[str, str]) -> list[object] | None:
    """What is installed for the interpreter and lies on its path; ``None`` where that cannot be known."""
    sites = _own_sites() if python == sys.executable else _sites(Path(os.path.abspath(python)).parents[1])
    installed = [site / name for site in sites for name in _names(site) if name.endswith(_SAYS)]
    accounts = [
        [one.name, *(_digest(file) for file in (one, *map(one.joinpath, _ACCOUNTS)))] for one in installed
    ]
    paths = [Path(entry) for entry in environ.get("PYTHONPATH", "").split(os.pathsep) if entry]
    paths += [path for one in installed for path in _edited(one)]
    outside = dict.fromkeys(path for path in paths if not path.is_relative_to(root))
    lying = [stamp for path in outside for stamp in _modules(path)]
    return [accounts, lying] if sites and len(lying) <= _MOST else None


_CODE = (".py", ".so", ".pyd")
_SAYS = (".dist-info", ".egg-info", ".egg-link", ".pth")
_ACCOUNTS = ("RECORD", "PKG-INFO", "SOURCES.txt")


def _own_sites() -> list[Path]:
    return [Path(entry) for entry in sys.path if entry.endswith(("site-packages", "dist-packages"))]


def _sites(prefix: Path) -> list[Path]:
    """Of another interpreter: those of its environment, where it has no others."""
    text = _text(prefix / "pyvenv.cfg")
    if not text or "include-system-site-packages = true" in text.lower():
        return []
    return sorted([*prefix.glob("lib*/python*/site-packages"), *prefix.glob("Lib/site-packages")])


def _names(folder: Path) -> list[str]:
    try:
        return sorted(os.listdir(folder))
    except OSError:
        return []


def _edited(installed: Path) -> Iterator[Path]:
    """The folders of code that is imported as it stands there (PEP 610, ``.pth`` files)."""
    if installed.suffix in (".pth", ".egg-link"):
        lines = (Path(line.strip()) for line in _text(installed).splitlines())
        yield from (line for line in lines if line.is_absolute())
        return
    try:
        said = json.loads(_text(installed / "direct_url.json"))
        editable, url = said["dir_info"]["editable"], urlsplit(said["url"])
    except (ValueError, KeyError, TypeError):
        return
    if editable is True:
        yield Path(url2pathname(url.path))


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ""


def _modules(folder: Path) -> list[list[object]]:
    """Those that may be imported from there, with what lies in packages, by size and time.

    One more than there may be ends it. Beside packages others write: results, notes of a measurement.
    """
    found: list[list[object]] = []
    for at, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if name.isidentifier() and name != "__pycache__")
        kept = [name for name in names if name.endswith(_CODE) or (at != str(folder) and name[0] != ".")]
        found += [_stamp(os.path.join(at, name)) for name in sorted(kept) if not name.endswith(".pyc")]
        if len(found) > _MOST:
            break
    return found


def _stamp(path: str) -> list[object]:
    try:
        seen = os.stat(path)
    except OSError:
        return [path]
    return [path, seen.st_size, seen.st_mtime_ns]

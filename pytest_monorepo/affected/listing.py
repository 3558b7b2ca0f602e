"""What was decided, in words, as a table, as JSON, as a GitHub matrix: pure functions from values to text.

The JSON that ``--monorepo-list=json`` prints is one object (``version`` grows when a key changes its meaning
or goes; new keys may come at any time)::

    {
      "version": 2,
      "affected": null | {"ref": "origin/main", "base": "3f2c1ab", "everything": null | "why all run",
                          "files": [{"path": "libs/core/x.py", "effect": "libs/core: source"}]},
      "projects": [{
        "name": "core", "path": "libs/core",      # name: the distribution, else the path
        "selected": true,                         # whether a run would run it
        "state": "changed",                       # "changed", "affected" or "untouched"
        "reason": "libs/core/x.py → core",        # why it is selected or skipped, to be read
        "chain": {"file": "libs/core/x.py", "steps": [{"project": "libs/core", "how": ""}],
                  "why": ""},                   # or null; why: where no file is to blame
        "has_tests": true, "error": null,         # error: the manifest that could not be read
        "files": null | {                         # null: of a project that runs, all files do
          "run": [{"path": "libs/core/tests/test_x.py", "chain": ["libs/core/x.py", "…"], "why": ""}],
          "left_out": ["libs/core/tests/test_y.py"],
          "all": null | "why all run"},
        "cached": null | {                        # null: without --cached, or of a project that does not run
          "replayed": {"libs/core/tests/test_x.py": "3f2c1ab, 2 h ago"},
          "runs": {"libs/core/tests/test_y.py": "libs/core/x.py changed"},
          "all": null | "why all of it runs"},
        "dependencies": ["libs/base"],            # direct, by path
        "dependents": ["services/api"]
      }],
      "shard": null | {"index": 1, "count": 3, "files": {"libs/big": ["libs/big/tests/test_a.py"]}},
      "warnings": ["…"]                           # shard.files: of the projects that run only in part
    }
"""

from __future__ import annotations

import json
import posixpath
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import groupby, pairwise
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from pytest_monorepo.workspace.graph import Graph
from pytest_monorepo.workspace.model import Project, Workspace

from .rules.values import Reason, Selection

if TYPE_CHECKING:
    from .files.narrow import FileReason, Narrowed

VERSION = 2
GITHUB_JOBS = 256
"""As many jobs as GitHub allows a matrix to make."""

_NOT_REACHED = "no changed file reaches it"


class Foreseen(NamedTuple):
    """What ``--cached`` would do: files that it replays, each with the run that its result is from, and files
    that run, each with the reason; ``all`` is why the whole project runs."""

    replayed: Mapping[str, str] = MappingProxyType({})
    runs: Mapping[str, str] = MappingProxyType({})
    all: str | None = None


class _OfListing(NamedTuple):
    workspace: Workspace
    graph: Graph
    selection: Selection | None = None
    only: Collection[str] | None = None
    ref: str = ""
    base: str = ""
    shard: Mapping[str, object] | None = None
    files: Mapping[str, Narrowed] | None = None
    foreseen: Mapping[str, Foreseen] | None = None


class Listing(_OfListing):
    """What is shown: the workspace, its graph and what a run would run.

    ``selection`` is ``None`` without ``--affected``: then all run. ``only`` are the projects that
    ``--project``, paths or ``--shard`` left over, ``None`` for all. ``ref`` and ``base`` name what was
    compared with. ``shard`` is what the JSON says of it. ``files`` are those of a selection by file.
    ``foreseen`` is by project, ``None`` without ``--cached``.
    """

    @cached_property
    def labels(self) -> Mapping[str, str]:
        """A project's name where it is the only one of that name, else its path."""
        return labels(self.workspace)

    def selected(self, project: Project) -> bool:
        """Whether a run would run this project."""
        affected = self.selection is None or project.path in self.selection.selected
        return affected and project.runs and (self.only is None or project.path in self.only)

    def taken(self, project: Project) -> str:
        """``3 of 12 test files``, or why all run; empty where projects are what is selected."""
        narrowed = (self.files or {}).get(project.path)
        if narrowed is None:
            return ""
        every = len(project.test_files)
        if narrowed.whole is not None:
            whose = "its only test file" if every == 1 else f"all {every} test files"
            return f"{whose}: {shown(narrowed.whole)}"
        return f"{len(narrowed.files)} of {every} test files"

    @property
    def taken_of_all(self) -> str:
        """``312 of 4,100 test files``, of a selection by file."""
        running = [project for project in self.workspace.projects if project.runs]
        every = sum(len(project.test_files) for project in running)
        return f"{_running_files(self, running):,} of {every:,} test files"

    def state(self, project: str) -> str:
        """``"changed"``, ``"affected"`` or ``"untouched"``."""
        if self.selection is None:
            return "untouched"
        if project in self.selection.changed:
            return "changed"
        return "affected" if project in self.selection.selected else "untouched"

    def reason(self, project: Project) -> str:
        """Why the project is selected or not, in one line."""
        if not project.runs:
            return "left out" if project in self.workspace.left_out else "has no tests"
        if self.only is not None and project.path not in self.only:
            return "not in this shard" if self.shard is not None else "not asked for"
        if project.error is not None:
            return shown(project.error)
        if self.selection is None:
            return "all projects run"
        reason = self.selection.selected.get(project.path)
        return _NOT_REACHED if reason is None else chain(reason, self.labels)

    @cached_property
    def warnings(self) -> tuple[str, ...]:
        return (*self.workspace.warnings, *(self.selection.warnings if self.selection is not None else ()))


def labels(workspace: Workspace) -> dict[str, str]:
    """A project's name where no other has it, else its path; for all projects by path."""
    count = Counter(project.name for project in workspace.projects)
    return {p.path: shown(p.name if count[p.name] == 1 else p.path) for p in workspace.projects}


def shown(text: str) -> str:
    """``text`` in one printable line: what could break a line or a terminal is escaped."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


def chain(reason: Reason, labels: Mapping[str, str]) -> str:
    """``libs/core/x.py → core → (poetry path dependency) → api``."""
    if not reason.steps:
        return shown(reason.why if reason.file is None else f"{reason.file} {reason.why}")
    parts = [] if reason.file is None else [shown(reason.file)]
    for step in reason.steps:
        if step.how:
            parts.append(f"({shown(step.how)})")
        parts.append(labels.get(step.project, shown(step.project)))
    return " → ".join(parts)


def header(listing: Listing) -> str:
    """``affected by origin/main (3f2c1ab, 4 files): 5 of 60 projects, 55 deselected``."""
    assert listing.selection is not None
    running = [project for project in listing.workspace.projects if project.runs]
    affected = sum(project.path in listing.selection.selected for project in running)
    count = len(listing.selection.files)
    files = f"{count} file{'' if count == 1 else 's'}"
    compared = ", ".join(part for part in (listing.base, files) if part)
    what = f"{len(running) - affected} deselected"
    if listing.files is not None:
        every = sum(len(project.test_files) for project in running)
        what = f"{listing.taken_of_all}, {every - _running_files(listing, running):,} deselected"
    return f"affected by {shown(listing.ref)} ({compared}): {affected} of {len(running)} projects, {what}"


def explain(listing: Listing) -> str:
    """What ``--affected-explain`` prints: each selected project's chain, the skipped ones, each file."""
    selection = listing.selection
    assert selection is not None
    projects = [project for project in listing.workspace.projects if project.runs]
    selected = [project for project in projects if project.path in selection.selected]
    skipped = [project for project in projects if project.path not in selection.selected]
    lines = [] if selection.everything is None else [f"all run: {shown(selection.everything)}"]
    lines += [f"selected ({len(selected)})" if selected else "selected: none"]
    for project in selected:
        reason = chain(selection.selected[project.path], listing.labels)
        lines.append(f"  {listing.labels[project.path]}: {reason}")
        lines += _explained_files(listing, project)
    lines += [f"skipped ({len(skipped)})" if skipped else "skipped: none"]
    lines += [f"  {listing.labels[project.path]}: {_NOT_REACHED}" for project in skipped]
    lines += [f"changed files ({len(selection.files)})" if selection.files else "changed files: none"]
    lines += _explained_changes(selection.files)
    return "\n".join(lines)


_FEW = 3


def _explained_changes(effects: Mapping[str, str]) -> Iterator[str]:
    """A line for each file; one for many of a folder that are ignored (bytecode that git does not ignore)."""
    for (folder, effect), paths in groupby(effects, lambda path: (posixpath.dirname(path), effects[path])):
        files = [*paths]
        if len(files) > _FEW and effect.startswith("ignored: "):
            yield f"  {shown(folder or '.')}/: {len(files)} files: {shown(effect)}"
        else:
            yield from (f"  {shown(path)}: {shown(effect)}" for path in files)


def _running_files(listing: Listing, projects: Sequence[Project]) -> int:
    assert listing.selection is not None
    assert listing.files is not None
    count = 0
    for project in projects:
        if project.path in listing.selection.selected:
            narrowed = listing.files.get(project.path)
            count += len(project.test_files) if narrowed is None else narrowed.count(project)
    return count


def _explained_files(listing: Listing, project: Project) -> Iterator[str]:
    """What of a project runs by file: each with the way from the change to it."""
    taken = listing.taken(project)
    if not taken:
        return
    yield f"    {taken}"
    narrowed = (listing.files or {})[project.path]
    yield from (f"      {way(path, reason)}" for path, reason in narrowed.files.items())


def way(path: str, reason: FileReason) -> str:
    """Why a test file runs: ``libs/core/limits.py → services/api/tests/test_limits.py``."""
    steps = " → ".join(map(shown, reason.chain)) or shown(path)
    return f"{steps}{f': {shown(reason.why)}' if reason.why else ''}"


def table(listing: Listing) -> str:
    """One line per project: whether it runs, its name, its path and why."""
    rows = [("", "project", "path", "why")]
    for project in listing.workspace.projects:
        mark = "run" if listing.selected(project) else "-"
        rows.append((mark, listing.labels[project.path], shown(project.path), listing.reason(project)))
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    lines = [
        "  ".join(
            (*(cell.ljust(width) for cell, width in zip(row[:3], widths, strict=True)), row[3])
        ).rstrip()
        for row in rows
    ]
    running = sum(listing.selected(project) for project in listing.workspace.projects)
    lines.append(f"{running} of {len(listing.workspace.projects)} projects would run")
    lines += _replays(listing)
    return "\n".join((*lines, *(f"warning: {shown(warning)}" for warning in listing.warnings)))


def as_json(listing: Listing) -> str:
    """The object documented on top of this module, a line per project, in ASCII."""
    selection = listing.selection
    affected = (
        None
        if selection is None
        else {
            "ref": listing.ref,
            "base": listing.base,
            "everything": selection.everything,
            "files": [{"path": path, "effect": effect} for path, effect in selection.files.items()],
        }
    )
    # json's indent would write each value by Python code: ten times the cost at 1,000 projects
    projects = ",\n".join(json.dumps(_project(listing, project)) for project in listing.workspace.projects)
    parts = {
        "version": json.dumps(VERSION),
        "affected": json.dumps(affected),
        "projects": f"[\n{projects}\n]" if projects else "[]",
        "shard": json.dumps(listing.shard),
        "warnings": json.dumps(list(listing.warnings)),
    }
    return "{\n" + ",\n".join(f'"{key}": {value}' for key, value in parts.items()) + "\n}"


def _project(listing: Listing, project: Project) -> dict[str, object]:
    reason = listing.selection.selected.get(project.path) if listing.selection is not None else None
    return {
        "name": project.name,
        "path": project.path,
        "selected": listing.selected(project),
        "state": listing.state(project.path),
        "reason": listing.reason(project),
        "chain": None
        if reason is None
        else {
            "file": reason.file,
            "steps": [{"project": step.project, "how": step.how} for step in reason.steps],
            "why": reason.why,
        },
        "files": _files(listing, project),
        "cached": _cached(listing, project),
        "has_tests": bool(project.test_files),
        "error": project.error,
        "dependencies": list(listing.graph.dependencies(project.path)),
        "dependents": list(listing.graph.dependents(project.path)),
    }


def _cached(listing: Listing, project: Project) -> dict[str, object] | None:
    found = (listing.foreseen or {}).get(project.path)
    if found is None or not listing.selected(project):
        return None
    return {"replayed": dict(found.replayed), "runs": dict(found.runs), "all": found.all}


def _replays(listing: Listing) -> list[str]:
    """A line on what would be replayed, with the projects of which nothing would run."""
    if listing.foreseen is None:
        return []
    selected = [project for project in listing.workspace.projects if listing.selected(project)]
    known = [listing.foreseen[p.path] for p in selected if p.path in listing.foreseen]
    files = sum(len(project.test_files) for project in selected)
    replayed = sum(len(one.replayed) for one in known)
    whole = sum(bool(one.replayed) and not one.runs for one in known)
    of_all = f", all of {whole} project{'s' * (whole != 1)}" if whole else ""
    return [f"cached: {replayed} of {files} test files would be replayed{of_all}"]


def _files(listing: Listing, project: Project) -> dict[str, object] | None:
    narrowed = (listing.files or {}).get(project.path)
    if narrowed is None:
        return None
    run = [
        {"path": path, "chain": list(reason.chain), "why": reason.why}
        for path, reason in narrowed.files.items()
    ]
    return {"run": run, "left_out": list(narrowed.left_out), "all": narrowed.whole}


def github(listing: Listing) -> str:
    """Two lines for ``>> "$GITHUB_OUTPUT"``: ``matrix=…`` for ``strategy.matrix``, ``has-work=true|false``.

    An entry of the matrix has ``project`` (a name), ``path`` and ``args``, what to give ``pytest --monorepo``
    for it. GitHub allows 256 jobs: beyond, projects share an entry, with commas between the names and spaces
    between the paths. It refuses an empty matrix even in a job that an ``if:`` skips, so with nothing to run
    one entry without a project stands in for them.
    """
    selected = [project for project in listing.workspace.projects if listing.selected(project)]
    include = [
        {
            "project": ", ".join(listing.labels[project.path] for project in group),
            "path": " ".join(project.path for project in group),
            # not as a path, since "." would mean all that is below; an unquoted variable splits at spaces
            "args": " ".join(f"--project {project.path.replace(' ', '?')}" for project in group),
        }
        for group in _grouped(selected, GITHUB_JOBS)
    ]
    nothing = {"project": "", "path": "", "args": ""}
    matrix = json.dumps({"include": include or [nothing]}, separators=(",", ":"))
    return f"matrix={matrix}\nhas-work={'true' if include else 'false'}"


def _grouped(projects: Sequence[Project], most: int) -> Iterator[Sequence[Project]]:
    """Neighbours together, in as many groups as there are projects, or ``most`` of about one size."""
    count = min(len(projects), most)
    ends = [number * len(projects) // count for number in range(count + 1)] if count else []
    yield from (projects[begin:end] for begin, end in pairwise(ends))

"""Which modules the fork server may import for several projects, by what is known and their files say."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import cache

import pytest

from pytest_monorepo import limits
from pytest_monorepo.reports.terminal.preload import Hint, Once
from pytest_monorepo.run.controller import Controller
from pytest_monorepo.run.plan import imports, texts
from pytest_monorepo.run.plan.plan import Plan
from pytest_monorepo.run.plan.preload import Candidate, Preload
from pytest_monorepo.workspace.model import ROOT, Project

from .importable import Importable, owned

_HOOKING = ("typeguard", "jaxtyping", "beartype", "--import-mode", "importtime", "memray")
_OWN = "pytest_monorepo."
_SETTINGS = (".toml", ".ini", ".cfg", ".env")


def prepared(config: pytest.Config, plan: Plan, *, fork: bool, traced: bool) -> Plan:
    """The plan with its :class:`Preload`; what is traced, measured or at a terminal imports for itself."""
    whole = not (plan.collect_only or plan.print_only or plan.terminal or plan.coverage or plan.narrowed)
    if not fork or traced or not whole or len(plan.projects) < 2 or plan.places:
        return plan
    measured = frozenset(project.path for project in plan.projects if _runs_whole(plan, project.path))
    known = imports.load(config)
    preload = Preload(known, measured=measured)
    if plan.settings.preload != "off" and not os.environ.get("PYTEST_PLUGINS"):
        preload = _chosen(config, plan, preload)
    return replace(plan, preload=preload)


def _runs_whole(plan: Plan, path: str) -> bool:
    parts = (plan.unselected, plan.shares, plan.parts, plan.replays)
    return not plan.targets.get(path) and not any(path in some for some in parts)


def _chosen(config: pytest.Config, plan: Plan, preload: Preload) -> Preload:
    known, whys, found = preload.known, dict[str, str](), dict[str, texts.Texts]()
    read = cache(lambda path: _content(plan, path))
    importable = Importable(plan)
    for project in plan.projects:
        if project.path in preload.measured:
            files = _files(plan, project)
            own = texts.read((path, read(path)) for path in files)
            if importable.leads_out(project, own):
                own = texts.read((path, read(path)) for path in {*files, *_of_nobody(plan)})
            found[project.path] = own
            if why := _why_not(plan, project, own, known):
                whys[project.path] = why
    digests = {path: own.digest for path, own in found.items()}
    candidates: dict[str, Candidate] = {}
    fit = [project for project in plan.projects if project.path in found and project.path not in whys]
    for modules, paths in _groups(plan, fit, known):
        for path in paths:
            project = plan.workspace.by_path[path]
            candidates[path] = Candidate(modules, found[path], *importable.by(project, found[path]))
    refused, served = _refused(plan, known), imports.load_served(config)
    found_out = replace(preload, candidates=candidates, whys=whys, digests=digests, refused=refused)
    return replace(found_out, served=served.groups, asked=True)


def _refused(plan: Plan, known: imports.Known) -> dict[str, str]:
    pythons = {plan.interpreter(project.path).executable for project in plan.projects}
    now = time.time()
    refused = [known.refused_by(python, now) for python in sorted(pythons)]
    return {name: refusal.reason for own in refused for name, refusal in own.items()}


def _groups(
    plan: Plan, projects: Sequence[Project], known: imports.Known
) -> Iterable[tuple[tuple[str, ...], tuple[str, ...]]]:
    allowed = None if plan.settings.preload == "auto" else plan.settings.preload
    for python in dict.fromkeys(plan.interpreter(project.path).executable for project in projects):
        own = [p.path for p in projects if plan.interpreter(p.path).executable == python]
        seconds = {path: known.seconds[path] for path in own}
        refused, at_once = known.refused_by(python, time.time()), min(plan.workers, limits.cores())
        yield from imports.groups(seconds, allowed, refused, at_once=at_once)


def _why_not(plan: Plan, project: Project, own: texts.Texts, known: imports.Known) -> str:
    if project.path not in known.seconds:
        return "no run of it has shown what it imports"
    if known.digests.get(project.path) != own.digest:
        return "its imports are other ones than in the last run"
    if own.looks:
        return f"{own.looks} looks at what is loaded, or hooks imports"
    if own.memory:
        return f"{own.memory} asks how much memory its process has"
    if own.early:
        return own.early
    if own.unknown:
        return f"{own.unknown} sets variables of any name"
    if own.writes:
        return f"{own.writes} writes modules of any name"
    given = _joined([*plan.words.words, *os.environ.get("PYTEST_ADDOPTS", "").split()])
    # the server loads no plugin that the call blocks, and those of a project alone are in no server
    words = [word for word in given if not word.startswith(("-pno:", f"-p{_OWN}"))]
    words += _joined([*project.settings.addopts, *plan.settings.of(project.path).args])
    hooking = next((word for word in words if _is_hooking(word)), "")
    return f"its options have {hooking}" if hooking else ""


def _joined(words: Iterable[str]) -> Sequence[str]:
    """``-p NAME`` as one word, like ``-pNAME``."""
    return "\n".join(words).replace("-p\n", "-p").split("\n")


def _is_hooking(word: str) -> bool:
    return word.startswith("-p") or any(part in word for part in _HOOKING)


def _files(plan: Plan, project: Project) -> Sequence[str]:
    """Code and settings of the project, of those it needs, and what lies above it."""
    above = {*plan.workspace.conftests(project), *filter(None, (project.settings.inifile,))}
    code = set(owned(plan, project, (".py", *_SETTINGS, ".so", ".pyd")))
    return [path for path in plan.workspace.files if path in above or path in code]


def _of_nobody(plan: Plan) -> Iterable[str]:
    """Code beside the projects, as ``tools/``: a conftest that changes the path imports such."""
    workspace = plan.workspace
    owners = ((path, workspace.owner(path)) for path in workspace.files if path.endswith(".py"))
    return [path for path, owner in owners if owner is None or owner.path == ROOT]


def _content(plan: Plan, path: str) -> bytes:
    if path.endswith((".so", ".pyd")):
        return b""
    try:
        return (plan.workspace.root / path).read_bytes()
    except OSError:
        return b""


def told(plan: Plan, controller: Controller) -> Hint | Once | None:
    """What the terminal says of it at the end."""
    if not plan.preload.asked:
        hint = imports.hint(controller.ledger.imports)
        return None if hint is None else Hint(*hint)
    sharing = controller.sharing
    found = {module: refusal.reason for own in sharing.refused.values() for module, refusal in own.items()}
    return Once(sharing.served, {**plan.preload.refused, **found}, sharing.whys)

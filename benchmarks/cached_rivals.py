"""What :mod:`benchmarks.cached` puts beside ours: turbo and testmon, and what a run says of its tests."""

from __future__ import annotations

import json
import re
import shutil
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import tomli

Outcomes = Mapping[tuple[str, str], str]
"""Of each test, by its class name in the workspace and its own, what it gave."""

_GAVE = ("failure", "error", "skipped")


def prepare_turbo(root: Path, projects: Sequence[Path], command: Sequence[str]) -> None:
    """Make packages of the projects, each with a ``test`` that may be cached, and their manifests' edges.

    What lies in no package turbo never asks for: the interpreter and what is installed, data outside.
    """
    names = {_name(project): project for project in projects}
    workspace = {
        "name": "root",
        "private": True,
        "packageManager": "npm@10.0.0",
        "workspaces": sorted({f"{project.parent.relative_to(root)}/*" for project in projects}),
    }
    # its own logs would be inputs of the next run
    with (root / ".gitignore").open("a") as stream:
        stream.write(".turbo/\nnode_modules/\n")
    (root / "package.json").write_text(json.dumps(workspace))
    (root / "package-lock.json").write_text(
        json.dumps({"name": "root", "lockfileVersion": 3, "packages": {"": workspace}})
    )
    # "^test": of a package that another one needs the changes count for that one, too
    tasks = {"test": {"dependsOn": ["^test"], "outputs": []}}
    (root / "turbo.json").write_text(json.dumps({"tasks": tasks, "globalPassThroughEnv": ["*"]}))
    for name, project in names.items():
        needs = {need: "*" for need in _needs(project) if need in names}
        package = {"name": name, "version": "1.0.0", "scripts": {"test": " ".join(command)}}
        (project / "package.json").write_text(json.dumps({**package, "dependencies": needs}))


def _manifest(project: Path) -> Mapping[str, object]:
    with (project / "pyproject.toml").open("rb") as stream:
        return tomli.load(stream)


def _table(of: object, *names: str) -> Mapping[str, object]:
    for name in names:
        of = of.get(name, {}) if isinstance(of, dict) else {}
    return of if isinstance(of, dict) else {}


def _name(project: Path) -> str:
    manifest = _manifest(project)
    found = _table(manifest, "project").get("name") or _table(manifest, "tool", "poetry").get("name")
    return str(found or project.name)


def _needs(project: Path) -> list[str]:
    manifest = _manifest(project)
    listed = _table(manifest, "project").get("dependencies")
    return [
        *(map(str, listed) if isinstance(listed, list) else ()),
        *_table(manifest, "tool", "poetry", "dependencies"),
    ]


def forget_turbo(root: Path) -> None:
    """Throw away what turbo has kept."""
    for folder in (root / ".turbo", root / "node_modules", *root.glob("*/*/.turbo")):
        shutil.rmtree(folder, ignore_errors=True)


def forget_testmon(projects: Iterable[Path]) -> None:
    """Throw away what testmon has kept."""
    for project in projects:
        for file in project.glob(".testmondata*"):
            file.unlink()


def passed(printed: str) -> int:
    """How many tests passed, by the last lines of all runs of pytest whose output this is."""
    return sum(map(int, re.findall(r"\b(\d+) passed\b", printed)))


def outcomes(file: Path, project: str = "") -> Outcomes:
    """What a JUnit file says, which is of a project's folder, or of all of the workspace."""
    prefix = f"{project.replace('/', '.')}." if project else ""
    found = {}
    for case in ET.parse(file).getroot().iter("testcase"):
        name = case.get("classname", "")
        gave = next((tag for tag in _GAVE if case.find(tag) is not None), "passed")
        found[name if name.startswith(prefix) else prefix + name, case.get("name", "")] = gave
    return found

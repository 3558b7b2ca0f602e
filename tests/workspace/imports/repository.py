"""Files on disk and the projects that hold them, made by hand."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath

from pytest_monorepo.workspace.graph import Edge
from pytest_monorepo.workspace.imports.edges import ImportEdges, import_edges
from pytest_monorepo.workspace.model import Dependency, Project, PytestSettings, Scope, Workspace

OLD = 1_600_000_000


class Repository:
    """Files on disk, and the projects among them."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.projects: list[Project] = []

    def write(self, files: Mapping[str, str]) -> None:
        for path, text in files.items():
            file = self.root / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
            os.utime(file, (OLD, OLD))

    def project(
        self,
        path: str,
        packages: Iterable[str] = (),
        needs: Mapping[str, Scope] | None = None,
        *,
        src: bool = False,
        addopts: tuple[str, ...] = (),
        inifile: str | None = None,
        files: Mapping[str, str],
    ) -> None:
        """A project; ``files`` are relative to it, ``needs`` maps distributions to scopes."""
        self.write({f"{path}/{name}": text for name, text in files.items()})
        own = inifile or f"{path}/pyproject.toml"
        self.projects.append(
            Project(
                path=path,
                name=PurePosixPath(path).name,
                distribution=PurePosixPath(path).name,
                dependencies=tuple(
                    Dependency(name, None, scope, "declared") for name, scope in (needs or {}).items()
                ),
                source_roots=(f"{path}/src" if src else path,),
                packages=tuple(packages),
                settings=PytestSettings(inifile=own, rootdir=str(PurePosixPath(own).parent), addopts=addopts),
                test_files=tuple(
                    f"{path}/{name}" for name in files if PurePosixPath(name).name.startswith("test_")
                ),
            )
        )

    @property
    def workspace(self) -> Workspace:
        files = sorted(p.relative_to(self.root).as_posix() for p in self.root.rglob("*") if p.is_file())
        return Workspace(self.root, tuple(sorted(self.projects, key=lambda p: p.path)), tuple(files))

    def imports(self, ignore: tuple[str, ...] = (), declared: tuple[Edge, ...] = ()) -> ImportEdges:
        return import_edges(self.workspace, ignore=ignore, declared=declared)


def pairs(found: ImportEdges) -> set[tuple[str, str]]:
    return {(edge.dependent, edge.dependency) for edge in found.edges}


def scopes(found: ImportEdges) -> dict[str, Scope]:
    return {edge.dependency: edge.scope for edge in found.edges}


def blobs(workspace: Workspace) -> dict[str, str]:
    """Git's hash of every file."""
    found = {}
    for path in workspace.files:
        data = (workspace.root / path).read_bytes()
        found[path] = hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()
    return found

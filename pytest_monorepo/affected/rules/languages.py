"""Which folders are another language's, by their manifests."""

from __future__ import annotations

import posixpath
import re

from pytest_monorepo.workspace.files.code_files import CODE
from pytest_monorepo.workspace.files.tree import inside
from pytest_monorepo.workspace.model import MARKERS, ROOT, Workspace, parents

# what makes a folder one of another language, by the manuals of npm, Go, Cargo and the others
_MARKS = frozenset(
    (
        *("package.json", "deno.json", "go.mod", "Cargo.toml", "package.xml", "Chart.yaml", "pom.xml"),
        *("build.gradle", "build.gradle.kts", "build.sbt", "composer.json", "Gemfile", "mix.exs"),
        *("Package.swift", "pubspec.yaml", "stack.yaml", "DESCRIPTION", "Project.toml", "rebar.config"),
        *("kustomization.yaml", "dune-project", "CMakeLists.txt", "deps.edn", "project.clj", "build.zig"),
        *("shard.yml", "elm.json", "gleam.toml", "dub.json", "dub.sdl", "cpanfile", "settings.gradle"),
        *("settings.gradle.kts", "foundry.toml", "Scarb.toml", "Move.toml", "Podfile", "terragrunt.hcl"),
    )
)
_MARK_ENDS = (
    ".csproj",
    ".fsproj",
    ".vbproj",
    ".sln",
    ".gemspec",
    ".cabal",
    ".tf",
    ".nimble",
    ".rockspec",
    ".opam",
)
_IS_TEST = re.compile(r"test_.*\.py|.*_test\.py|conftest\.py", re.DOTALL)
PYTHON_MANIFESTS = frozenset((*MARKERS, "Pipfile", "requirements.txt", "environment.yml"))


def is_mark(path: str) -> bool:
    return path.endswith(_MARK_ENDS) or path.rpartition("/")[2] in _MARKS


def is_of_another_language(place: str, workspace: Workspace) -> bool:
    """Whether a folder lies in one of another language, or holds nothing but such.

    And no project or test of Python's either way: what is tested in there is none of Python's.
    """
    above = [folder for folder in parents(place) if folder != ROOT]
    return any(_is_other(folder, workspace, alone=folder == place) for folder in above)


def _is_other(folder: str, workspace: Workspace, *, alone: bool) -> bool:
    if any(inside(project.path, folder) for project in workspace.projects):
        return False
    below = [path for path in workspace.files if path.startswith(f"{folder}/")]
    if not PYTHON_MANIFESTS.isdisjoint(map(posixpath.basename, below)):
        return False
    # tests that another folder's pytest collects
    if any(_IS_TEST.fullmatch(path.rpartition("/")[2]) for path in below):
        return False
    marked = {posixpath.dirname(path) for path in below if is_mark(path)}
    # one that has none itself may hold scripts of all kinds
    return folder in marked or (alone and bool(marked) and not any(path.endswith(CODE) for path in below))

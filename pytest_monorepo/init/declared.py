"""What tests need by tables that pip does not read: Hatch's environments, PDM's and uv's dev-dependencies."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pytest_monorepo.workspace.files.tree import Tree, UnreadableError, child, strings, table_at
from pytest_monorepo.workspace.manifests import hatch
from pytest_monorepo.workspace.manifests.legacy import FIELDS, read_setup_cfg, read_setup_py
from pytest_monorepo.workspace.manifests.requirements import canonical
from pytest_monorepo.workspace.model import Project

_TEST_GROUPS = ("test", "tests", "testing", "dev", "develop", "development")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
# with pytest among its dependencies, say for its types, such an environment still runs no test
_NO_TESTS = re.compile(r"(?:^|[^a-z])(?:docs?|lint|types?|typing|style|fmt|static|build|release)(?:[^a-z]|$)")


def of_tests(
    names: Iterable[str], features: Iterable[tuple[str, str]] = (), key: str = ""
) -> tuple[str, ...]:
    """Those for tests by their name, or because an environment that runs tests asks for them."""
    asked = {canonical(name) for kind, name in features if kind == key}
    return tuple(
        name for name in dict.fromkeys(names) if canonical(name) in _TEST_GROUPS or canonical(name) in asked
    )


def needs(
    tree: Tree, project: Project, document: Mapping[str, Any], by_name: Mapping[str, Project]
) -> Iterator[str]:
    """Further requirements for pip, but for ``by_name``, the workspace's own distributions."""
    asked = _requirements(tree, project.path, document)
    yield from (one for one in dict.fromkeys(asked) if _named(one) not in by_name)


def extras(tree: Tree, project: Project, document: Mapping[str, Any]) -> Iterator[str]:
    """Their names, wherever the build backend reads them."""
    yield from table_at(document, "project", "optional-dependencies")
    yield from table_at(document, "tool", "poetry", "extras")
    for name, read in (("setup.cfg", read_setup_cfg), ("setup.py", read_setup_py)):
        try:
            legacy = read(tree, child(project.path, name))
        except UnreadableError:
            continue
        if legacy is not None:
            # what a file holds is kept beside what is spelled out
            yield from (*legacy.extras, *(field for field in legacy.files if field not in FIELDS))


def _requirements(tree: Tree, folder: str, document: Mapping[str, Any]) -> Iterator[str]:
    """As they stand there, but for paths and those with a field of the tool (``{root:uri}``): projects of the
    workspace are installed as such.
    """
    tool = table_at(document, "tool")
    yield from filter(_is_for_pip, _of_hatch(hatch.configuration(tree, folder, document)))
    for name, lines in table_at(tool, "pdm", "dev-dependencies").items():
        if of_tests([name]):
            yield from filter(_is_for_pip, strings(lines))
    yield from filter(_is_for_pip, strings(table_at(tool, "uv").get("dev-dependencies")))


def _named(requirement: str) -> str:
    """The distribution that a requirement asks for, normalised."""
    found = _NAME.match(requirement)
    return canonical(found[0]) if found else ""


def test_features(tree: Tree, folder: str, document: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """``("features", extra)`` and ``("dependency-groups", group)`` of Hatch's environments that run tests."""
    configured = hatch.configuration(tree, folder, document)
    for name in _environments(configured):
        for key in ("features", "dependency-groups"):
            yield from ((key, value) for value in strings(table_at(configured, "envs", name).get(key)))


def _of_hatch(configured: Mapping[str, Any]) -> Iterator[str]:
    tests = set(_environments(configured))
    for environment in hatch.environments(configured):
        if environment.name in tests:
            yield from environment.dependencies


def _environments(configured: Mapping[str, Any]) -> Iterator[str]:
    for environment in hatch.environments(configured):
        if environment.runs_tests and not _NO_TESTS.search(environment.name):
            yield environment.name


def _is_for_pip(requirement: str) -> bool:
    local = requirement.startswith(("-", ".", "/")) or "file:" in requirement
    return not local and not re.search(r"[{}\n]", requirement) and bool(_NAME.match(requirement))

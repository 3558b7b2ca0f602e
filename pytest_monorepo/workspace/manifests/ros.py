"""ROS's ``package.xml`` (REP 127, 140, 149): the name of a package, and the packages it depends on.

https://ros.org/reps/rep-0149.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from pytest_monorepo.workspace.files.tree import Tree, child
from pytest_monorepo.workspace.model import Dependency, Scope

from .requirements import canonical

if TYPE_CHECKING:
    from xml.etree import ElementTree

FILE = "package.xml"
# REP 149: depend stands for build_, build_export_ and exec_depend; run_depend is of format 1 (REP 127)
_SCOPES = {
    "depend": Scope.RUNTIME,
    "build_depend": Scope.RUNTIME,
    "build_export_depend": Scope.RUNTIME,
    "buildtool_depend": Scope.RUNTIME,
    "buildtool_export_depend": Scope.RUNTIME,
    "exec_depend": Scope.RUNTIME,
    "run_depend": Scope.RUNTIME,
    "test_depend": Scope.TEST,
    "doc_depend": Scope.TEST,
}


def name(tree: Tree, folder: str) -> str | None:
    """The name that the ``package.xml`` in ``folder`` gives; ``None`` where there is none."""
    root = _parsed(tree, child(folder, FILE))
    found = None if root is None else root.findtext("name")
    return found.strip() or None if found else None


def dependencies(tree: Tree, folder: str) -> Iterator[Dependency]:
    """What the package in ``folder`` depends on, with its folder where that is in the workspace."""
    root = _parsed(tree, child(folder, FILE))
    if root is None:
        return
    places = _places(tree)
    for element in root:
        scope, text = _SCOPES.get(element.tag), (element.text or "").strip()
        if scope is not None and text:
            yield Dependency(canonical(text), places.get(text), scope, f"package.xml <{element.tag}>")
        elif element.tag == "group_depend" and text:
            # REP 149: of all packages that say they are members of the group
            for other, place in places.items():
                if place != folder and text in _groups(tree, place):
                    yield Dependency(canonical(other), place, Scope.RUNTIME, "package.xml <group_depend>")


def _places(tree: Tree) -> Mapping[str, str]:
    """The packages of the workspace by name; those of messages have no other manifest."""
    if FILE not in tree.facts:
        folders = (folder for folder, names in tree.folders.items() if FILE in names)
        tree.facts[FILE] = {found: folder for folder in folders if (found := name(tree, folder)) is not None}
    return tree.facts[FILE]


def _groups(tree: Tree, folder: str) -> list[str]:
    root = _parsed(tree, child(folder, FILE))
    return [] if root is None else [(one.text or "").strip() for one in root.findall("member_of_group")]


def _parsed(tree: Tree, path: str) -> ElementTree.Element | None:
    text = tree.read(path)
    if text is None:
        return None
    from xml.etree import ElementTree

    try:
        root = ElementTree.fromstring(text.encode("utf-8", "surrogateescape"))
    except ElementTree.ParseError:
        return None
    return root if root.tag == "package" else None

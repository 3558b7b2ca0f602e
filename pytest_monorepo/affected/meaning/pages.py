"""Files of a test and coverage page that lies in the checkout: no test reads what tests have written."""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

from pytest_monorepo.affected.rules.values import ChangedFile
from pytest_monorepo.workspace.files.late import late
from pytest_monorepo.workspace.model import ROOT, parents

WRITER = "pytest-monorepo"
"""What a page's ``summary.json`` says under ``writer``."""
LAYOUT = late(r"index\.html|summary\.json|(data|static|history|coverage)/.+", re.DOTALL)
"""The paths of a page's own files, relative to its folder; whatever else lies there is somebody else's."""


LISTING = "<!-- pytest-monorepo: the pages below this folder -->"
"""What the list of branches' pages beside each other begins with, after the document's type."""


def lists_pages(index: Path) -> bool:
    """Whether the file is such a list."""
    try:
        with index.open("rb") as file:
            return LISTING.encode("ascii") in file.read(200)
    except OSError:
        return False


def without_pages(root: Path, files: Iterable[ChangedFile], projects: Iterable[str]) -> list[ChangedFile]:
    """The changed files; those of a page that is on disk are marked as unseen by all tests.

    A folder that is one of the ``projects`` or holds one is none, whatever was written there. Of a page that
    was deleted nothing says any more that it was one, so its files stay what they are.
    """
    others = {folder for project in projects for folder in parents(project)}

    @cache
    def is_page(folder: str) -> bool:
        return folder not in others and _written_by_us(root / folder / "summary.json")

    def is_listing(path: str) -> bool:
        folder, name = posixpath.split(path)
        return name == "index.html" and folder not in {"", *others} and lists_pages(root / path)

    return [
        file._replace(unseen="part of a test and coverage page")
        if any(map(is_page, _holders(file.path))) or is_listing(file.path)
        else file
        for file in files
    ]


def _holders(path: str) -> Iterator[str]:
    """The folders of which the path would be a part if they held a page, from the path alone."""
    if path.startswith("../") or path.endswith(".py"):
        return
    for folder in parents(posixpath.dirname(path)):
        if folder != ROOT and LAYOUT.fullmatch(path, len(folder) + 1):
            yield folder


def _written_by_us(summary: Path) -> bool:
    try:
        found = json.loads(summary.read_text("utf-8"))
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(found, dict) and found.get("writer") == WRITER

"""Whose doing a line is that runs, as a text: a test file's, an import's, that of a shared fixture.

What a module runs while it is imported is every file's that reaches it, whoever was first to import it.
"""

from __future__ import annotations

from typing import Tuple

ALL = ""
"""Of everybody: conftests, hooks about all tests, what was imported before the collection."""

FILE, IMPORT, FIXTURE = "file", "import", "fixture"


def of_file(file: str) -> str:
    return f"{FILE} {file}"


def of_import(module: str) -> str:
    return f"{IMPORT} {module}"


def of_fixture(name: str) -> str:
    return f"{FIXTURE} {name}"


def parts(label: str) -> Tuple[str, str]:
    """(kind, name); of :data:`ALL` both are empty."""
    kind, _, name = label.partition(" ")
    return kind, name

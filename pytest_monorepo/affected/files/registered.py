"""What a manifest names so that others find it without an import."""

from __future__ import annotations

import posixpath
import re

from pytest_monorepo.workspace.manifests.requirements import is_requirements_file

_MANIFESTS = ("pyproject.toml", "setup.cfg", "Pipfile")
ENTRY_POINTS = re.compile(rb"entry[-_]points|\[tool\.poetry\.plugins|\[tool\.flit\.entrypoints")
# Whoever asks for the version, the description or the programs of an installed project has one of these.
METADATA = (
    *("metadata", "pkg_resources", "get_distribution", "require("),
    *("which(", "shutil.which", "find_executable"),
)
# What in pytest's settings binds all tests of a project: a count over all, code that is named there.
BINDING_SETTINGS = (b"max_warnings", b"DJANGO_")


def is_manifest(path: str) -> bool:
    """Whether a file is called like a manifest of which it is asked what is needed otherwise."""
    return posixpath.basename(path) in _MANIFESTS or is_requirements_file(path)

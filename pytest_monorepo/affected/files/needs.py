"""A changed manifest → the distributions that it needs more or less than before. Pure.

Only what lists requirements, versions and descriptions is understood; any other key is for all who read it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from pytest_monorepo.affected.meaning.manifests import Path, changed_keys, document, is_unseen
from pytest_monorepo.workspace.manifests.requirements import canonical, parse

_VERSIONS = (("project", "version"), ("tool", "poetry", "version"), ("metadata", "version"))
# Tables whose keys are what is needed.
_TABLES = re.compile(
    r"tool\.uv\.sources|tool\.poetry\.(?:dependencies|dev-dependencies|group\.[^.]+\.dependencies)"
    r"|tool\.pixi\.(?:feature\.[^.]+\.)?pypi-dependencies|(?:dev-)?packages"
)
# Lists of requirements, and texts with one in each line.
_LISTS = re.compile(
    r"project\.(?:dependencies|optional-dependencies\.[^.]+)|dependency-groups\.[^.]+"
    r"|tool\.pdm\.dev-dependencies\.[^.]+|options\.install_requires|options\.extras_require\.[^.]+"
)

# "-e ../core" alone: no extra, marker or variable, and no backslash that joins lines
_EDITABLE = re.compile(r"-e (\.{1,2}(?:/[\w.-]+)*)")


def changed_needs(name: str, before: bytes | None, after: bytes | None) -> frozenset[str] | None:
    """The canonical names that the two versions need otherwise; ``None`` where more than that changed.

    ``name`` is that of the file. Versions and descriptions of the project itself, and the tables of tools
    that no test can see, may have changed, too.
    """
    keys = changed_keys(name, before, after)
    if keys is None or before is None or after is None:
        return None
    found: set[str] = set()
    versions = [document(name, data) for data in (before, after)]
    for key in keys:
        named = set() if key in _VERSIONS or is_unseen(key, name) else _of(key, versions)
        if named is None:
            return None
        found |= named
    return frozenset(found)


def editable_otherwise(before: bytes | None, after: bytes | None) -> frozenset[str] | None:
    """The folders that only one of two requirements files installs; ``None`` where more than that differs.

    What else stands there has to be as it was, and in the same order: an option holds for what follows it.
    """
    if before is None or after is None or b"\\" in before + after:
        return None
    versions = [data.decode("utf-8", "replace").splitlines() for data in (before, after)]
    changed = {line for line in {*versions[0]} ^ {*versions[1]} if line.strip()}
    rest = [[line for line in version if line not in changed and line.strip()] for version in versions]
    found = [_EDITABLE.fullmatch(line) for line in changed]
    if rest[0] != rest[1] or not all(found):
        return None
    return frozenset(one[1] for one in found if one is not None)


def unseen_tools(name: str, before: bytes | None, after: bytes | None) -> Iterator[str]:
    """The tools whose tables changed."""
    for key in changed_keys(name, before, after) or ():
        if is_unseen(key, name) and key[0] not in ("project", "metadata"):
            yield key[1] if key[0] == "tool" else key[0].partition(":")[0].partition("-")[0]


def _of(key: Path, versions: list[Mapping[str, Any]]) -> set[str] | None:
    dotted = ".".join(key)
    if _LISTS.fullmatch(dotted):
        return _listed([_at(version, key) for version in versions])
    for at in range(1, len(key)):
        if _TABLES.fullmatch(".".join(key[:at])):
            return {canonical(key[at])}
    return None


def _at(version: Any, key: Path) -> Any:
    for part in key:
        version = version.get(part) if isinstance(version, Mapping) else None
    return version


def _listed(values: list[Any]) -> set[str] | None:
    """The names of the requirements that are in one of the lists alone."""
    lists = [value.splitlines() if isinstance(value, str) else value or [] for value in values]
    if not all(isinstance(value, list) for value in lists):
        return None
    texts = [{entry.strip() for entry in value if isinstance(entry, str)} for value in lists]
    # a group that includes another: what that one names counts where it changed
    tables = (entry for value in lists for entry in value if not isinstance(entry, str))
    if not all(isinstance(entry, dict) and set(entry) == {"include-group"} for entry in tables):
        return None
    changed = [text for text in texts[0] ^ texts[1] if text]
    found = [parse(text) for text in changed]
    # what an extra brings is for its own lists to say
    if any("[" in text for text in changed) or not all(one is not None and one.name for one in found):
        return None
    return {canonical(requirement.name) for requirement in found if requirement is not None}

"""Which Python a workflow is to have for all projects at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from packaging.specifiers import InvalidSpecifier, SpecifierSet

USUAL = "3.12"
# where nothing else is asked for the lowest from here on, and below it the highest that we run on
_CHOICE = (*(f"3.{minor}" for minor in range(12, 30)), "3.11", "3.10")


def for_all(specifiers: Iterable[str]) -> str:
    """The version that all ``requires-python`` allow; where there is none, one that most people have.

    A project that wants none of ours gets the lowest.
    """
    wanted = list(_read(specifiers))
    allowed = [[version for version in _CHOICE if _admits(one, version)] for one in wanted]
    common = (version for version in _CHOICE if all(version in versions for versions in allowed))
    return next(common, USUAL if all(allowed) else _CHOICE[-1])


def _admits(wanted: SpecifierSet, version: str) -> bool:
    # the actions that set Pythons up take the last release of a version
    return wanted.contains(f"{version}.99")


def _read(specifiers: Iterable[str]) -> Iterator[SpecifierSet]:
    for text in specifiers:
        try:
            yield SpecifierSet(text)
        except InvalidSpecifier:  # a run says so
            continue

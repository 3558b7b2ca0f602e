"""Dependency groups that install nothing tests are run with: those for documentation and releases."""

from __future__ import annotations

from .entries import canonical

# the names that projects give them; PEP 735 has none of its own
_ASIDE = frozenset(
    ("doc", "docs", "documentation", "release", "releases", "releasing", "publish", "publishing")
)


def is_aside(group: str) -> bool:
    """Whether a group is called like one for documentation or releases."""
    return canonical(group) in _ASIDE


def installs_all_groups(pyproject: bytes | None) -> bool:
    """Whether uv installs such a group unasked (``default-groups``), or nobody can tell.

    https://docs.astral.sh/uv/reference/settings/#default-groups
    """
    import tomli

    if pyproject is None:
        return False
    try:
        groups = tomli.loads(pyproject.decode("utf-8"))["tool"]["uv"]["default-groups"]
    except (KeyError, TypeError):
        return False
    except (ValueError, RecursionError):
        return True
    return not isinstance(groups, list) or any(map(is_aside, map(str, groups)))

"""Lock files, package by package: two versions → what changed → the projects that hold it.

Formats: ``uv.lock``, ``poetry.lock``, ``pdm.lock``, ``pylock*.toml``, ``Pipfile.lock``, requirements files.
"""

from __future__ import annotations

from .change import LockChange, MemberChange, compare, pins
from .custom import compare_read
from .formats.groups import installs_all_groups
from .names import is_lock
from .packages import KnownLock, read
from .reach import Surroundings, affected_projects

__all__ = [
    "KnownLock",
    "LockChange",
    "MemberChange",
    "Surroundings",
    "affected_projects",
    "compare",
    "compare_read",
    "installs_all_groups",
    "is_lock",
    "pins",
    "read",
]

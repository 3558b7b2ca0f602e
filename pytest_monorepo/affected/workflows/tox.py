"""Two versions of a ``tox.ini`` → whether an environment that runs tests can see the difference. Pure.

https://tox.wiki/en/latest/config.html: a key that an environment does not have is that of ``[testenv]``, and
``{[section]key}`` stands for a value elsewhere.
"""

from __future__ import annotations

import configparser
import re
from collections.abc import Mapping

from .judge import Read, shell_runs_tests

_COMMANDS = ("commands", "commands_pre", "commands_post")
# of [tox] what chooses environments and does nothing in one
_CHOOSING = frozenset(("envlist", "env_list", "minversion", "min_version", "skip_missing_interpreters"))
_CHECKS = re.compile(
    r"flake8|pycodestyle|pydocstyle|pylint.*|mypy(-.*)?|isort|black|bandit|codespell|doc8|gh-actions"
)

_Sections = Mapping[str, Mapping[str, str]]


def tests_see(before: bytes | None, after: bytes | None, read: Read) -> bool:
    """Whether the difference is more than environments that run no tests, and settings of checks."""
    if before is None or after is None:
        return True
    try:
        old, new = (_sections(data.decode("utf-8-sig")) for data in (before, after))
    except (configparser.Error, UnicodeDecodeError):
        return True
    differing = [name for name in {*old, *new} if old.get(name) != new.get(name)]
    return any(_counts(name, old, new, read) for name in differing)


def _counts(name: str, old: _Sections, new: _Sections, read: Read) -> bool:
    if _CHECKS.fullmatch(name):
        return False
    if name == "tox":
        keys = {*old.get(name, {}), *new.get(name, {})}
        return any(
            old.get(name, {}).get(key) != new.get(name, {}).get(key) for key in keys if key not in _CHOOSING
        )
    if not name.startswith("testenv:") or any(_refers(side, name) for side in (old, new)):
        return True
    return any(_runs_tests(name, side, read) for side in (old, new) if name in side)


def _refers(sections: _Sections, name: str) -> bool:
    values = (value for other, keys in sections.items() if other != name for value in keys.values())
    return any(f"{{[{name}]" in value for value in values)


def _runs_tests(name: str, sections: _Sections, read: Read) -> bool:
    keys = {**sections.get("testenv", {}), **sections[name]}
    if "commands" not in keys:
        return True
    lines = "\n".join(keys.get(key, "") for key in _COMMANDS).splitlines()
    # a dash or an exclamation mark says what becomes of the command's exit code
    return any(shell_runs_tests(line.strip().lstrip("-!").strip(), read) for line in lines)


def _sections(text: str) -> _Sections:
    parser = configparser.RawConfigParser(default_section="\0")
    parser.read_string(text)
    return {section: dict(parser.items(section)) for section in parser.sections()}

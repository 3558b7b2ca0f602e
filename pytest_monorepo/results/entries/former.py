"""What of a project's weak key is another than when something of it was kept last, in words.

Kept are digests of its parts: an option's value, or a variable's, may be a secret.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from pytest_monorepo.results.values.section import digest

Parts = Mapping[str, str]

_WORDS = {
    "version": "another version of pytest-monorepo",
    "options": "other options",
    "order": "--lf or --sw",
    "as module": "pytest or python -m pytest",
    "folder": "another folder",
    "source roots": "other folders of sources on the path",
    "guarded": "other projects whose code it may not import",
    "python": "another Python",
    "flags": "other flags of the interpreter",
    "start": "--monorepo-start",
    "platform": "another system",
    "user": "another user, or other limits or signals",
    "time zone": "another time zone",
    "above": "settings above the workspace",
    "extra": "declared inputs, folders of test files, or what is measured",
    "told of reports": "other reports",
    "told by plugins": "what plugins tell workers",
}


def parts(weak: Mapping[str, Any], known: dict[str, tuple[Any, str]] | None = None) -> Parts:
    """Digests of the parts of a weak key that can be named.

    ``known`` are values and digests of the project before, as most are the same for all.
    """
    known = {} if known is None else known
    named = {name: value for name, value in weak.items() if name not in ("options", "variables")}
    named.update({f"variable {name}": value for name, value in weak["variables"].items()})
    found = {name: _digest(name, value, known) for name, value in named.items()}
    words = list(map(str, weak["options"]))
    for number, word in enumerate(words):
        name, _, value = word.partition("=")
        if name.startswith("-"):
            # its value may be the next word
            following = [one for one in words[number + 1 : number + 2] if not one.startswith("-")]
            found[f"option {name}"] = digest([found.get(f"option {name}"), value, following])
    found["options"] = digest(words)
    return found


def _digest(name: str, value: Any, known: dict[str, tuple[Any, str]]) -> str:
    before = known.get(name)
    if before is None or before[0] != value:
        before = known[name] = (value, digest(value))
    return before[1]


def encoded(weak: Mapping[str, Any], known: dict[str, tuple[Any, str]] | None = None) -> bytes:
    """As it is kept."""
    return json.dumps(parts(weak, known), sort_keys=True).encode("ascii")


def differing(data: bytes | None, weak: Mapping[str, Any]) -> str | None:
    """What is another than in the kept ``data``; ``None`` where that cannot be told."""
    try:
        known = json.loads(data) if data is not None else None
    except ValueError:
        return None
    if not isinstance(known, dict):
        return None
    now = parts(weak)
    names = [name for name in sorted({*known, *now}) if known.get(name) != now.get(name)]
    found = list(dict.fromkeys(_worded(names)))
    return "; ".join(found[:_MOST]) if found else None


_MOST = 4


def _worded(names: list[str]) -> Iterator[str]:
    named = any(name.startswith("option ") for name in names)
    for name in names:
        if not (named and name == "options"):
            yield _WORDS.get(name, name)

"""In which folders the commands of a step may run tests, as far as they stay there."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Sequence

from pytest_monorepo.workspace.model import ROOT

# a command with one of these may run tests elsewhere than where it starts
_LEAVES = re.compile(
    r"\.\.|\bcd\b|\bpushd\b|\bworkspace\b|GITHUB_WORKSPACE|--root|--directory|\s-C\b|\s/(?!tmp/|dev/)"
)
# a line that goes to a folder of which :func:`after` knows where that is
_GOES = re.compile(r"(?m)^[ \t]*(?:cd|pushd)[ \t]+(?:(?!\.\.)[\w./-])+[ \t]*(?:&&|;|$)")
# what Gradle and Maven leave in a folder to start them there, and nothing else: both go to their own folder
_WRAPPERS = frozenset(("gradlew", "mvnw"))
# and so may a file that it starts there
_LEADS_AWAY = re.compile(
    r"\b(?:cd|pushd)\s+[\"']?(?:\.\.|\$|/)|\s-C[ =]?\.\.|--rootdir|--directory[ =]\.\."
    r"|(?:py\.?test|unittest)\b[^\n]{0,500}\.\./|--monorepo|(?:change_?dir|chdir)\b\W*\.\."
)
_STARTED = re.compile(r"(?<![\w./-])[\w./-]{1,200}\.(?:sh|bash|py)\b|(?m:^[ \t]*\./[\w./-]+)")
_TASKS = {
    "make": "Makefile",
    "just": "justfile",
    "tox": "tox.ini",
    "nox": "noxfile.py",
    "npm": "package.json",
    "pnpm": "package.json",
    "yarn": "package.json",
}


def without_goings(text: str) -> str:
    """A shell's text without its ways to folders: where each command starts is known."""
    return _GOES.sub("", text)


def places_of(
    started: Sequence[tuple[str, str]], text: str, file: Callable[[str, str], str | None]
) -> tuple[frozenset[str], str | None]:
    """Of commands, each with the folder where it starts, the folders, and the first that may leave its own.

    ``text`` is all that the step says beside where it goes, ``file`` reads a file as seen from a folder.
    """
    places = set()
    for command, folder in started:
        place = posixpath.normpath(folder)
        outside = place == ROOT or "$" in folder or place.startswith(("/", ".."))
        if outside or _LEAVES.search(text) or _leads_away(text, folder, file):
            return frozenset(), command
        places.add(place)
    return frozenset(places), None


def _leads_away(text: str, folder: str, file: Callable[[str, str], str | None]) -> bool:
    """Whether a command, or a file that it starts, may test what lies outside of the folder."""
    words = (word.strip() for word in _STARTED.findall(text))
    names = [word for word in words if posixpath.basename(word) not in _WRAPPERS]
    names += [name for task, name in _TASKS.items() if re.search(rf"\b{task}\b", text)]
    texts = (file(name, folder) for name in names)
    return _LEADS_AWAY.search(text) is not None or any(
        found is not None and _LEADS_AWAY.search(found) for found in texts
    )

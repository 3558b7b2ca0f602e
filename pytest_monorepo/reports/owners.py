"""``CODEOWNERS``: who is asked about a file. The last matching line says it, in each section of GitLab's.

GitHub's "About code owners" and https://docs.gitlab.com/user/project/codeowners/reference/ are the sources.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

# GitHub: .github, the top, docs; GitLab: the top, docs, .gitlab
PLACES = (".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS", ".gitlab/CODEOWNERS")
"""Where GitHub and GitLab look, the first that is there counts."""


@dataclass(frozen=True)
class Rule:
    pattern: re.Pattern[str]
    owners: tuple[str, ...]
    section: str = ""


@dataclass(frozen=True)
class Owners:
    """``prefix`` is the workspace's folder in the repository."""

    rules: tuple[Rule, ...] = ()
    prefix: str = ""

    def of(self, path: str) -> tuple[str, ...]:
        """The owners of a workspace-relative file or folder; none where no line says so."""
        place = f"{self.prefix}/{path}" if self.prefix else path
        place = "" if place == "." else place
        last: dict[str, tuple[str, ...]] = {}
        for rule in self.rules:
            if rule.pattern.match(place):
                last[rule.section] = rule.owners
        return tuple(dict.fromkeys(owner for owners in last.values() for owner in owners))


def read(top: Path, prefix: str = "") -> Owners:
    """The owners that the repository at ``top`` names; none where there is no such file."""
    for place in PLACES:
        try:
            text = (top / place).read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue
        return Owners(tuple(parse(text)), prefix)
    return Owners((), prefix)


def read_above(root: Path, prefix: str) -> Owners:
    """As :func:`read`, from a workspace that is the folder ``prefix`` of its repository."""
    return read(root.joinpath(*([".."] * len(prefix.split("/")) if prefix else [])), prefix)


def parse(text: str) -> Iterator[Rule]:
    """The lines of a file, in order."""
    section, default = "", ()
    for raw in text.splitlines():
        line = re.sub(r"(?:^|\s)#.*", "", raw).strip()
        if match := _SECTION.fullmatch(line):
            section, default = match[1].strip().lower(), tuple(match[2].split())
            continue
        words = [word.replace("\\ ", " ") for word in re.split(r"(?<!\\)\s+", line) if word]
        if words and words[0].startswith("!"):
            # GitLab 17.10: such files need nobody's approval in this section
            yield Rule(_pattern(words[0][1:]), (), section)
        elif words:
            yield Rule(_pattern(words[0]), tuple(words[1:]) or default, section)


_SECTION = re.compile(r"\^?\[([^\]]+)\](?:\[\d+\])?((?:\s+\S+)*)")


def _pattern(glob: str) -> re.Pattern[str]:
    """As ``.gitignore`` reads it: with a slash inside it begins at the top, and a folder holds its files."""
    anchored = "/" in glob.rstrip("/")
    body = glob.strip("/")
    if body in ("*", "**", "") and glob != "/*":
        return re.compile(r"")
    parts = re.split(r"(/\*\*/|\*\*/|/\*\*|\*|\?)", body)
    text = "".join(_WILD.get(part) or re.escape(part) for part in parts)
    # docs/* means the files of that folder and none below
    end = r"\Z" if body.endswith("/*") or glob == "/*" else r"(?:/|\Z)"
    return re.compile(("" if anchored else r"(?:.*/)?") + text + end)


# gitignore(5): between two slashes ** stands for folders of any number, none among them
_WILD = {"/**/": "/(?:.*/)?", "**/": "(?:.*/)?", "/**": "/.*", "*": "[^/]*", "?": "[^/]"}

"""``CODEOWNERS``: who is asked about a file. The last matching line says it, in each section of GitLab's.

GitHub's "About code owners" and https://docs.gitlab.com/user/project/codeowners/reference/ are the sources.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from pytest_monorepo.workspace.files import globs

# GitHub: .github, the top, docs; GitLab: the top, docs, .gitlab
PLACES = (".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS", ".gitlab/CODEOWNERS")
"""Where GitHub and GitLab look, the first that is there counts."""


class Rule(NamedTuple):
    """``excluded``: nobody is asked about what matches, in this section, whatever other lines say."""

    pattern: re.Pattern[str]
    owners: tuple[str, ...]
    section: str = ""
    excluded: bool = False


class Owners(NamedTuple):
    """``prefix`` is the workspace's folder in the repository."""

    rules: tuple[Rule, ...] = ()
    prefix: str = ""

    def of(self, path: str) -> tuple[str, ...]:
        """The owners of a workspace-relative file; none where no line says so."""
        place = posixpath.normpath(posixpath.join(self.prefix, path))
        last: dict[str, Rule] = {}
        for rule in self.rules:
            if rule.pattern.match(place) and not (rule.section in last and last[rule.section].excluded):
                last[rule.section] = rule
        return tuple(dict.fromkeys(owner for rule in last.values() for owner in rule.owners))

    def of_folder(self, path: str) -> tuple[str, ...]:
        """The owners of a file in the folder of which no line knows the name."""
        return self.of(f"{path}/\0")


def read(top: Path, prefix: str = "") -> Owners:
    """The owners that the repository at ``top`` names; none where there is no such file."""
    for place in PLACES:
        try:
            text = (top / place).read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue
        return Owners(tuple(parse(text, gitlabs=_gitlabs(top, place))), prefix)
    return Owners((), prefix)


def _gitlabs(top: Path, place: str) -> bool | None:
    if place.startswith((".github/", ".gitlab/")):
        return place.startswith(".gitlab/")
    return True if (top / ".gitlab-ci.yml").is_file() else None


def read_above(root: Path, prefix: str) -> Owners:
    """As :func:`read`, from a workspace that is the folder ``prefix`` of its repository."""
    return read(root.joinpath(*([".."] * len(prefix.split("/")) if prefix else [])), prefix)


def parse(text: str, *, gitlabs: bool | None = None) -> Iterator[Rule]:
    """The lines of a file, in order, as GitLab or GitHub reads them; ``None``: as they themselves tell."""
    lines = [re.sub(r"(?:^|(?<!\\)\s)#.*", "", raw).strip() for raw in text.splitlines()]
    if gitlabs is None:
        # headings of sections, and what is left out: GitHub knows neither
        gitlabs = any(line.startswith("!") or _SECTION.fullmatch(line) for line in lines)
    section, default = "", ()
    for line in lines:
        if match := _SECTION.fullmatch(line):
            section, default = match[1].strip().lower(), tuple(match[2].split())
            continue
        words = [word.replace("\\ ", " ") for word in re.split(r"(?<!\\)\s+", line) if word]
        if words and words[0].startswith("!"):
            # GitLab 17.10: such files need nobody's approval in this section, and none takes them in again;
            # GitHub passes the line over
            if gitlabs:
                yield Rule(_pattern(words[0][1:], gitlabs), (), section, excluded=True)
        elif words:
            yield Rule(_pattern(words[0], gitlabs), tuple(words[1:]) or default, section)


_SET = r"\[[^\]/]+\]"
_SECTION = re.compile(r"\^?\[([^\]]+)\](?:\[\d+\])?((?:\s+\S+)*)")


def _pattern(glob: str, gitlabs: bool) -> re.Pattern[str]:
    """As ``.gitignore`` reads it: with a slash inside it begins at the top, and a folder holds its files.

    For GitLab it begins at the top with a slash before it only, ``\\#`` is a letter, and brackets are a set.
    """
    glob = glob.removeprefix("\\") if gitlabs and glob.startswith("\\#") else glob
    anchored = glob.startswith("/") or ("/" in glob.rstrip("/") and not gitlabs)
    body = glob.strip("/")
    if body in ("*", "**", "") and glob != "/*":
        return re.compile(r"")
    parts = re.split(rf"(/\*\*/|^\*\*/|/\*\*|\*\*|\*|\?{f'|{_SET}' if gitlabs else ''})", body)
    text = "".join(_WILD.get(part) or (_letters(part) if gitlabs else re.escape(part)) for part in parts)
    # docs/* means the files of that folder and none below, docs/*/ the folders in it
    end = r"\Z" if glob.endswith("/*") else r"(?:/|\Z)"
    return re.compile(("" if anchored else r"(?:.*/)?") + text + end)


def _letters(part: str) -> str:
    return globs.compile_glob(part).pattern if re.fullmatch(_SET, part) else re.escape(part)


# gitignore(5): between two slashes ** stands for folders of any number, none among them; elsewhere it is a *
_WILD = {"/**/": "/(?:.*/)?", "**/": "(?:.*/)?", "/**": "/.*", "**": "[^/]*", "*": "[^/]*", "?": "[^/]"}

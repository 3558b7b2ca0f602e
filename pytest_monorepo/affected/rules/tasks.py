"""The files that tools at the root read what to run from (``Makefile``, …), and who starts which. Pure."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from pytest_monorepo.workspace.files.late import late
from pytest_monorepo.workspace.files.listing_delta import holds
from pytest_monorepo.workspace.model import Workspace

from .words import is_word

# who reads which file at the root, by the manuals of these
_STARTERS = {
    **dict.fromkeys(("make", "gmake", "MAKE"), ("Makefile", "makefile", "GNUmakefile")),
    "just": ("justfile", "Justfile", ".justfile"),
    "task": ("Taskfile.yml", "Taskfile.yaml", "taskfile.yml", "taskfile.yaml", "Taskfile.dist.yml"),
    **dict.fromkeys(("invoke", "inv"), ("tasks.py",)),
    "nox": ("noxfile.py",),
    "tox": ("tox.ini", "tox.toml"),
    "doit": ("dodo.py",),
    "duty": ("duties.py",),
    "mise": ("mise.toml", ".mise.toml"),
    "pixi": ("pixi.toml",),
    **dict.fromkeys(("npm", "pnpm", "yarn", "bun"), ("package.json",)),
}
TASKS = {name: word for word, names in _STARTERS.items() for name in names}
"""Their names, each with a word that starts it."""
# a target of make and what it needs; a recipe of just looks the same
_TARGET = late(
    r"^(?![\t#])@?([\w./%$(){} -]{1,200}?)[ \t]*:(?!=)([^\n]*)\n((?:[ \t]+[^\n]*\n?|[ \t]*\n)*)", re.MULTILINE
)


def starting(workspace: Workspace) -> frozenset[str]:
    """One of these stands in whatever starts a task of the root."""
    words = {word for word, names in _STARTERS.items() if any(holds(workspace.files, name) for name in names)}
    return frozenset(one for word in words for one in _spellings(word))


def _spellings(word: str) -> Iterator[str]:
    yield from (f'"{word}"', f"'{word}'", f'"{word} ', f"'{word} ", f"{word} -", f"({word})", f"\t{word} ")


def asked_of(script: str, text: str) -> str | None:
    """What a text asks of the script that it starts: nothing certain of one that it names."""
    if is_word(posixpath.basename(script), text):
        return ""
    word = TASKS.get(script)
    if word is None:
        return None
    words = "|".join(re.escape(one) for one in _STARTERS if _STARTERS[one] == _STARTERS[word])
    started = re.finditer(rf"(?<![\w./-])(?:\$\()?(?:{words})\)?(?=[\"' ])", text)
    return " ".join(text[one.end() : one.end() + 200] for one in started) or None


def of_targets(text: str, asked: str) -> str:
    """The targets asked for with those they need, and what stands outside of all; all where none is known."""
    targets = {name: (found[2], found[0]) for found in _TARGET.finditer(text) for name in found[1].split()}
    wanted = [name for name in targets if is_word(name, asked)]
    if not wanted:
        return text
    seen: dict[str, str] = {}
    while wanted:
        name = wanted.pop()
        needs, whole = targets[name]
        seen[name] = whole
        wanted += (one for one in targets if one not in seen and (is_word(one, needs) or is_word(one, whole)))
    return "\n".join((_TARGET.sub("", text), *seen.values()))

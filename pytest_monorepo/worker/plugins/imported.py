"""The modules of the project's own that a conftest imports: read, not imported."""

from __future__ import annotations

import os
import re
from typing import Dict, FrozenSet, Iterable, Iterator, List, Mapping

# a conftest is read in each worker, so that nothing is parsed for the many that ask nothing
_FROM = re.compile(
    r"(?:^|;)[ \t]*from[ \t]+([\w.]+)[ \t]+import[ \t]*(?:\(((?:[^()#]|#.*\n)*)\)|([^#\n;(]*))",
    re.MULTILINE,
)
_PLAIN = re.compile(r"(?:^|;)[ \t]*import[ \t]+([^#\n;]+)", re.MULTILINE)
_COMMENT = re.compile("#.*")
Bases = Mapping[str, FrozenSet[str]]


def listed(folders: Iterable[str]) -> Dict[str, FrozenSet[str]]:
    """Each with its names: they may be hundreds, and are looked through for each import."""
    return {folder: _listed(folder) for folder in dict.fromkeys(folders)}


def texts(path: str, text: str, bases: Bases, depth: int = 2) -> List[str]:
    """What the modules hold that ``text``, of the file ``path``, imports, and those that they import."""
    found: Dict[str, str] = {}
    own = {folder: bases.get(folder) or _listed(folder) for folder in _folders(path)}
    known = {**own, **{base: names for base, names in bases.items() if base not in own}}
    last = {path: text}
    for _ in range(depth):
        new: Dict[str, str] = {}
        for importer, source in last.items():
            for name in dict.fromkeys(_names(source)):
                new.update((file, "") for file in _files(importer, name, known) if file not in found)
        last = {file: text_of(file) for file in new}
        found.update(last)
    return list(found.values())


def _listed(folder: str) -> FrozenSet[str]:
    """The names that a first look finds there: nearly all that is imported is installed."""
    try:
        return frozenset(name[:-3] if name.endswith(".py") else name for name in os.listdir(folder))
    except OSError:
        return frozenset()


def text_of(path: str) -> str:
    """A source's text, empty where it cannot be read."""
    try:
        with open(path, encoding="utf-8", errors="replace") as stream:
            return stream.read()
    except OSError:
        return ""


def _names(text: str) -> Iterator[str]:
    """Modules, and what may be one: ``from package import module``."""
    for module, several, names in _FROM.findall(text):
        if module.strip("."):
            yield module
        names = _COMMENT.sub("", several) or names
        dot = "" if module.endswith(".") else "."
        yield from (module + dot + word.split()[0] for word in names.split(",") if word.split())
    for names in _PLAIN.findall(text):
        yield from (word.split()[0] for word in names.split(",") if word.split())


def _files(path: str, name: str, bases: Bases) -> Iterator[str]:
    """Where the module lies in the first of the folders that has it."""
    level = len(name) - len(name.lstrip("."))
    if level:
        folder = os.path.dirname(path)
        for _ in range(level - 1):
            folder = os.path.dirname(folder)
        bases = {folder: _listed(folder)}
    first = name.strip(".").partition(".")[0]
    for base in (base for base, names in bases.items() if first in names):
        place = os.path.join(base, *name.strip(".").split("."))
        for file in (f"{place}.py", os.path.join(place, "__init__.py")):
            if os.path.isfile(file):
                yield file
                return


def _folders(path: str) -> Iterator[str]:
    """The conftest's folder, and those above a package: pytest puts one of them on ``sys.path``."""
    folder = os.path.dirname(path)
    yield folder
    while os.path.isfile(os.path.join(folder, "__init__.py")) and os.path.dirname(folder) != folder:
        folder = os.path.dirname(folder)
        yield folder

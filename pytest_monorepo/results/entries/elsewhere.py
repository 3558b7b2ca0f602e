"""What was measured, as another checkout can take it: paths are spelled as :mod:`~..values.places` does.

Whatever would mean something else there ties a result to the folder in which it was measured.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import tomli

from pytest_monorepo.results.values.places import Places
from pytest_monorepo.results.values.section import Section

from .shares import Share


def portable(value: Any, places: Places) -> Any:
    """JSON-able data in which each text that is an absolute path is one that another checkout understands."""
    return _each(value, lambda text: places.portable(text) if os.path.isabs(text) else text)


def here(value: Any, places: Places) -> Any:
    """The other way round."""
    return _each(value, places.absolute)


def is_tied(share: Share, sections: Iterable[Section], root: str) -> bool:
    """Whether what a file covered means what it says only in ``root``; its paths are portable.

    So it is where a file ran that none of the ``sections`` holds under its own name: it is known by a link.
    """
    ran = {path for path, contexts in share.files.items() if any(contexts.values())}
    known = {path for section in sections for path in section.paths}
    return _names_place(share.names, root) or not ran <= known


def are_tied(infos: Sequence[Mapping[str, Any]], folder: str, root: str) -> bool:
    """Whether what a project's workers said of their measurement in ``folder``, made portable, is."""
    sources = [one for info in infos for one in (info["configuration"] or {}).get("source", ())]
    paths = [os.path.normpath(os.path.join(folder, one)) for one in sources]
    return _names_place(_texts(infos), root) or any(os.path.realpath(path) != path for path in paths)


def _names_place(texts: Iterable[str], root: str) -> bool:
    return any(os.path.isabs(text) or root in text for text in texts)


def _each(value: Any, spell: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return spell(value)
    if isinstance(value, (list, tuple)):
        return [_each(one, spell) for one in value]
    if isinstance(value, dict):
        return {spell(name): _each(one, spell) for name, one in value.items()}
    return value


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, (list, tuple)):
        for one in value:
            yield from _texts(one)
    elif isinstance(value, dict):
        for name, one in value.items():
            yield from _texts(name)
            yield from _texts(one)


def told(spec: Mapping[str, Any], folder: str, places: Places, environ: Mapping[str, str]) -> list[Any]:
    """What of a measurement's settings tells runs apart that cannot share what was measured.

    ``folder`` is the project's. Where the workspace lies is among it where the settings may ask for that.
    """
    root, env = places.root, dict(places.roots).get("env", "")
    bound = spec["root"] != root or any(_asks(text, root) for text in _settings(spec, folder, environ))
    # of what lies below a source coverage.py leaves out what is an environment's
    inside = env[len(root) :] if env.startswith(f"{root}/") else None
    return [root if bound else "", inside, portable({**spec, "data_dir": ""}, places)]


def _settings(spec: Mapping[str, Any], folder: str, environ: Mapping[str, str]) -> Iterator[str]:
    """The texts in the files that coverage.py may take its settings from (7.17: config.py)."""
    named = (spec["addopts"].get("config"), spec.get("config"), environ.get("COVERAGE_RCFILE"))
    for name in (*_FILES, *filter(None, named)):
        path = os.path.join(folder, name)
        try:
            with open(path, encoding="utf-8", errors="surrogateescape") as stream:
                text = stream.read()
        except OSError:
            continue
        if name in _SHARED and "coverage" not in text and "\\" not in text:
            continue  # it is others'; in TOML a name may be written with escapes
        yield from _of_toml(text) if name.endswith(".toml") else _of_ini(text)


_SHARED = ("setup.cfg", "tox.ini", "pyproject.toml")
_FILES = (".coveragerc", ".coveragerc.toml", *_SHARED)


def _of_toml(text: str) -> Iterator[str]:
    try:
        known = tomli.loads(text)
        tool = known.get("tool")
        return _texts(tool.get("coverage") if isinstance(tool, dict) else known)
    except tomli.TOMLDecodeError:
        return _words(text)


def _of_ini(text: str) -> Iterator[str]:
    lines = text.splitlines()
    # a heading begins with its line, what goes on with a value does not
    return _words("\n".join(line for line in lines if not line.startswith(("[", "#", ";"))))


def _words(text: str) -> Iterator[str]:
    return iter(re.split(r"[\s=,]+", text))


def _asks(word: str, root: str) -> bool:
    """Whether a word of the settings may mean one thing in one checkout, and another in another one.

    That is an absolute path, a variable, and a pattern that the way to the checkout may match.
    """
    if "$" in word or word.startswith(("/", "~")):
        return True
    if not word.startswith(("*", "?", "[")):
        return False  # relative to the project, or no path at all
    # whatever comes behind a pattern's first name lies in the workspace, if no folder on the way has the name
    found = _PATTERN.fullmatch(word)
    return found is None or (found[1] is not None and found[1] in root)


_PATTERN = re.compile(r"\*{1,2}(?:/?([^*?\[\]/]+).*)?", re.DOTALL)

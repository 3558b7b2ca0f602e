"""What a cluster's node has read is kept as if it had been read here, where everything is as it is here."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pytest_monorepo.inputs.record import values
from pytest_monorepo.results.entries.key import counts
from pytest_monorepo.results.values.compare import LISTINGS, Now
from pytest_monorepo.results.values.current import keyed_environment
from pytest_monorepo.results.values.section import ASSIGNED, Traced


def unlike(traces: Iterable[Mapping[str, Any]], now: Now) -> str | None:
    """Why nothing that these workers ran is kept, whatever they have read; ``None`` where nothing is known.

    They are variables that the interpreter and the C library read themselves, which no trace holds.
    """
    for trace in traces:
        if node := trace.get("node"):
            there = trace["environment"]
            for name in sorted({*there, *now.environ}):
                if counts(name) and _text(now, name, there) != _text(now, name, now.environ):
                    return f"{name} is another on node {node}"
    return None


def differs(traced: Traced, now: Now) -> str | None:
    """What was read on a node and is not the same here: the first of it, in words."""
    first = next(_differences(traced, now), None)
    return None if first is None else f"node {traced.node} is not as this machine: {first}"


def _differences(traced: Traced, now: Now) -> Iterator[str]:
    for name, there in traced.variables.items():
        if name not in ASSIGNED and there != now.asked(name):
            yield f"variable {name}"
    if traced.environment is not None:
        yield from _environment(traced.environment, now)
    for name, there in traced.facts.items():
        if values.fact(name) != there:
            yield name
    for kind, paths in traced.inputs.items():
        for path, there in paths.items():
            here = now.current.value(kind, path)
            if here != there:
                yield _other(kind, now.places.shown(now.places.portable(path)), there, here)
    for folder, names in traced.lookups.items():
        for name, found in names.items():
            if now.current.lookup(folder, name, traced.suffixes) != found:
                yield f"{now.places.shown(now.places.portable(folder))}, where module {name} is looked for"


def _environment(there: Mapping[str, str], now: Now) -> Iterator[str]:
    """A name of those that differ where all are read: values may be secrets."""
    for name in sorted({*there, *now.environ}):
        pair = [{name: one[name]} if name in one else {} for one in (there, now.environ)]
        if len({keyed_environment(b"", one, now.ignored) for one in pair}) > 1:
            yield f"variable {name}, where all of them are read"


def _text(now: Now, name: str, environ: Mapping[str, str]) -> str | None:
    return now.places.text(environ[name]) if name in environ else None


def _other(kind: str, path: str, there: Any, here: Any) -> str:
    """``libs/core/ is listed, and build is only here``."""
    lists = kind in LISTINGS and isinstance(there, list) and isinstance(here, list)
    if lists and (others := sorted({*there} ^ {*here})):
        found = others[0]
        return f"{path}/ is listed, and {found} is only {'there' if found in there else 'here'}"
    if there is None or here is None:
        return f"{path} is only {'here' if there is None else 'there'}"
    return path

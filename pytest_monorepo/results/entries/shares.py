"""What a test file covered: its own doing, and that of the modules and fixtures that it reaches."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import field
from pathlib import Path
from typing import Any

from pytest_monorepo.inputs.record import labels
from pytest_monorepo.value import value

Files = dict[str, dict[str, list[Any]]]
"""For each file and each context of the user lines or arcs."""


@value(frozen=True)
class Shares:
    """All that a project's workers told: for each label what was executed.

    ``others`` are the files that are measured for the sake of those that they belong to.
    """

    branch: bool
    by_label: Mapping[str, Files]
    others: frozenset[str] = frozenset()

    @property
    def imported(self) -> frozenset[str]:
        """The modules of which something ran while they were imported."""
        known = map(labels.parts, self.by_label)
        return frozenset(name for kind, name in known if kind == labels.IMPORT)

    def of(self, file: str, modules: Collection[str], fixtures: Collection[str]) -> Share:
        """A file's part: ``modules`` are those that it reaches, ``fixtures`` those that files share."""
        found = [_seen_by(file, self.by_label[one]) for one in self._labels(file, modules, fixtures)]
        files = joined(found)
        return Share(self.branch, files, tuple(sorted(self.others.intersection(files))))

    def _labels(self, file: str, modules: Collection[str], fixtures: Collection[str]) -> Iterable[str]:
        for label in self.by_label:
            kind, name = labels.parts(label)
            others_file = kind == labels.FILE and name != file
            others_import = kind == labels.IMPORT and name not in modules
            others_fixture = kind == labels.FIXTURE and name not in fixtures
            if not (others_file or others_import or others_fixture):
                yield label


@value(frozen=True)
class Share:
    """What one file covered; ``branch``: by arcs. ``others`` is as :class:`Shares` has it."""

    branch: bool = False
    files: Files = field(default_factory=dict)
    others: tuple[str, ...] = ()

    def spelled(self, spell: Callable[[str], str]) -> Share:
        """With other paths for the files."""
        files = {spell(path): contexts for path, contexts in self.files.items()}
        return Share(self.branch, files, tuple(map(spell, self.others)))

    @property
    def names(self) -> Iterable[str]:
        """The files and the contexts."""
        return [*self.files, *{context for contexts in self.files.values() for context in contexts}]

    def plain(self) -> dict[str, Any]:
        return {"branch": self.branch, "files": self.files, "others": self.others}

    @classmethod
    def from_plain(cls, data: Mapping[str, Any]) -> Share:
        return cls(bool(data["branch"]), dict(data["files"]), tuple(data["others"]))


def read(infos: Sequence[Mapping[str, Any]]) -> Shares | None:
    """What all workers told; ``None`` where one of them could not tell whose the lines are.

    Raises :class:`OSError` or ``ValueError`` where it cannot be read.
    """
    if not infos or any(not info.get("shares") for info in infos):
        return None
    found = []
    for info in infos:
        path = Path(info["data_dir"]) / info["shares"]
        found.append(json.loads(path.read_text(encoding="utf-8", errors="surrogateescape")))
    branches = {bool(one["branch"]) for one in found if any(one["labels"].values())}
    if len(branches) > 1:
        return None
    names = {label for one in found for label in one["labels"]}
    by_label = {name: joined([one["labels"].get(name, {}) for one in found]) for name in names}
    return Shares(True in branches, by_label, frozenset(_others(infos)))


def joined(many: Iterable[Files]) -> Files:
    """The union, sorted."""
    union: dict[str, dict[str, set[Any]]] = {}
    for files in many:
        for path, contexts in files.items():
            known = union.setdefault(path, {})
            for context, executed in contexts.items():
                known.setdefault(context, set()).update(map(_hashable, executed))
    return {
        path: {context: sorted(executed) for context, executed in contexts.items()}
        for path, contexts in union.items()
    }


def info_of_all(infos: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What workers said of one measurement as if it had been one: each warns of what it left out."""
    warnings = set.intersection(*(set(info["warnings"]) for info in infos))
    return {**infos[0], "warnings": sorted(warnings), "others": sorted(_others(infos))}


def _others(infos: Iterable[Mapping[str, Any]]) -> set[str]:
    return {path for info in infos for path in info.get("others", ())}


def _hashable(one: Any) -> Any:
    return tuple(one) if isinstance(one, list) else one


def _seen_by(file: str, files: Files) -> Files:
    """Another file's tests are no context of this one's."""
    return joined(
        {path: {_context(file, context): executed}}
        for path, contexts in files.items()
        for context, executed in (contexts or {"": []}).items()
    )


def _context(file: str, context: str) -> str:
    return context if "::" not in context or f"{file}::" in context else ""

"""Two versions of a lock → which packages differ, and how."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from .formats import pinned, pipfile, toml_locks
from .formats.entries import Content, Difference, Entry, Knowledge, Needs, ReadError, Side, differences
from .formats.pieces import Format, Part
from .names import PYLOCK, REQUIREMENTS, kind


@dataclass(frozen=True)
class MemberChange:
    """How the entry of a project that the lock lists beside its packages differs.

    ``reach`` says whom it concerns: ``"nobody"`` when the version alone differs (what is installed says the
    manifest, not the lock), ``"itself"`` when only its development groups do, else its ``"dependents"`` too.
    """

    words: str
    reach: Literal["nobody", "itself", "dependents"]


@dataclass(frozen=True)
class LockChange:
    """What a change of a lock comes down to.

    ``changed`` maps canonical package names to wording (``"requests 2.31.0 → 2.32.0"``). ``members`` of the
    repository are told apart in ``member_changes``. ``whole`` is why everything that the lock serves is
    affected (it is new, it asks for another Python); ``doubt`` why it cannot be judged and all must run. The
    edges of either side are read when first asked for, which raises :class:`.formats.entries.ReadError` where
    even what both sides share is broken.
    """

    changed: Mapping[str, str] = field(default_factory=dict)
    member_changes: Mapping[str, MemberChange] = field(default_factory=dict)
    whole: str | None = None
    doubt: str | None = None
    before: Side = field(default_factory=Side, compare=False, repr=False)
    after: Side = field(default_factory=Side, compare=False, repr=False)

    @property
    def members(self) -> Mapping[str, str]:
        """Name → folder, as the lock says it, of the workspace's own projects on either side."""
        return {**self.before.known.members, **self.after.known.members}


@dataclass(frozen=True)
class _Reader:
    contents: Callable[[str, str], tuple[Content, Content]]
    knowledge: Callable[[str, dict[str, Part]], Knowledge]
    content: Callable[[str], Content]


def _plain(content: Callable[[str], Content], knowledge: Callable[[str], Knowledge]) -> _Reader:
    return _Reader(
        lambda before, after: (content(before), content(after)), lambda text, _: knowledge(text), content
    )


def _toml(form: Format) -> _Reader:
    return _Reader(form.contents, form.knowledge, form.content)


_READERS = {
    "uv.lock": _toml(toml_locks.UV),
    "poetry.lock": _toml(toml_locks.POETRY),
    "pdm.lock": _toml(toml_locks.PDM),
    "Pipfile.lock": _plain(pipfile.content, pipfile.knowledge),
    PYLOCK: _toml(toml_locks.PYLOCK),
    REQUIREMENTS: _plain(pinned.content, pinned.knowledge),
}
# pdm lock -L pylock.toml (2.29) writes its own format under the name of PEP 751's
_OF_PDM = re.compile(r"^\s*lock_version\s*=", re.M)


def pins(path: str, data: bytes | None) -> bool:
    """Whether a file called like a lock is one: requirements need not pin anything."""
    if kind(path) != REQUIREMENTS:
        return True
    try:
        return pinned.pins(_text(data) or "")
    except ReadError:
        return False


def compare(name: str, before: bytes | None, after: bytes | None) -> LockChange:
    """What differs between two versions of the lock called ``name`` (its path, or the last part of it).

    ``None`` stands for a file that is not there. Never raises: what cannot be understood is ``doubt``.
    """
    if before == after:
        return LockChange()
    reader = _reader(name)
    if reader is None:
        return LockChange(doubt="not a lock file of a known kind")
    try:
        return _compare(_by_content(reader, _text(after) or _text(before)), before, after)
    except ReadError as error:
        return LockChange(doubt=f"cannot be understood: {error}")


def entries_of(path: str, data: bytes) -> frozenset[Entry]:
    """All that one version of a lock of a known kind pins. Raises :class:`.formats.entries.ReadError`."""
    reader, text = _reader(path), _text(data)
    assert reader is not None
    return _by_content(reader, text).content(text or "").entries


def needs_of(path: str, data: bytes) -> Needs:
    """Package → packages it needs, in one version. Raises :class:`.formats.entries.ReadError`."""
    reader, text = _reader(path), _text(data)
    assert reader is not None
    return _by_content(reader, text).knowledge(text or "", {}).edges


def _by_content(reader: _Reader, text: str | None) -> _Reader:
    if reader is _READERS[PYLOCK] and text is not None and _OF_PDM.search(text):
        return _READERS["pdm.lock"]
    return reader


def _reader(path: str) -> _Reader | None:
    found = kind(path)
    return None if found is None else _READERS[found]


def _compare(reader: _Reader, before: bytes | None, after: bytes | None) -> LockChange:
    old, new = _text(before), _text(after)
    seen: dict[str, Part] = {}
    before_side, after_side = _side(reader, old, seen), _side(reader, new, seen)
    if old is None or new is None:
        # read all the same, so that what cannot be understood is a doubt
        _ = before_side.known, after_side.known
        words = "the lock is new" if old is None else "the lock was deleted"
        return LockChange(whole=words, before=before_side, after=after_side)
    content_before, content_after = reader.contents(old, new)
    found = differences(content_before, content_after)
    return LockChange(
        changed={name: found[name].words for name in found if not found[name].member},
        member_changes={name: _member(found[name]) for name in found if found[name].member},
        whole=_whole(content_before, content_after),
        before=before_side,
        after=after_side,
    )


def _text(data: bytes | None) -> str | None:
    if data is None:
        return None
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ReadError("not UTF-8") from error


def _side(reader: _Reader, text: str | None, seen: dict[str, Part]) -> Side:
    return Side() if text is None else Side(lambda: reader.knowledge(text, seen))


def _member(found: Difference) -> MemberChange:
    # its metadata repeats the manifest, which is compared on its own: what is installed say its dependencies
    if found.facets <= {"version", "metadata"}:
        return MemberChange(found.words, "nobody")
    if found.facets <= {"version", "metadata", "dev dependencies"}:
        return MemberChange(found.words, "itself")
    return MemberChange(found.words, "dependents")


def _whole(before: Content, after: Content) -> str | None:
    keys = before.common.keys() | after.common.keys()
    changed = sorted(key for key in keys if before.common.get(key) != after.common.get(key))
    return f"{', '.join(changed)} changed" if changed else None

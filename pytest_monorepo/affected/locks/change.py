"""Two versions of a lock → which packages differ, and how."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from pytest_monorepo.affected.answers import Answers, Question, digest_of
from pytest_monorepo.value import value
from pytest_monorepo.workspace.files.late import late
from pytest_monorepo.workspace.manifests import requirements

from .formats.entries import Content, Difference, Entry, Knowledge, Needs, ReadError, Side, differences
from .names import PYLOCK, REQUIREMENTS, kind

if TYPE_CHECKING:
    from .formats.pieces import Format, Part


Reach = Literal["nobody", "itself", "dependents"]


@value(frozen=True)
class MemberChange:
    """How the entry of a project that the lock lists beside its packages differs.

    ``reach`` says whom it concerns: ``"nobody"`` when the version alone differs (what is installed says the
    manifest, not the lock), ``"itself"`` when only its development groups do, else its ``"dependents"`` too.
    """

    words: str
    reach: Reach


@value(frozen=True)
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


class _Reader(NamedTuple):
    contents: Callable[[str, str], tuple[Content, Content]]
    knowledge: Callable[[str, dict[str, Part]], Knowledge]
    content: Callable[[str], Content]


def _plain(content: Callable[[str], Content], knowledge: Callable[[str], Knowledge]) -> _Reader:
    return _Reader(
        lambda before, after: (content(before), content(after)), lambda text, _: knowledge(text), content
    )


def _toml(form: Format) -> _Reader:
    return _Reader(form.contents, form.knowledge, form.content)


@lru_cache(maxsize=8)
def _reader(form: str) -> _Reader:
    """What reads a kind of lock: loaded only where no earlier decision has read the same two."""
    if form == "Pipfile.lock":
        from .formats import pipfile

        return _plain(pipfile.content, pipfile.knowledge)
    if form == REQUIREMENTS:
        from .formats import pinned

        return _plain(pinned.content, pinned.knowledge)
    from .formats import toml_locks

    forms = {
        "uv.lock": toml_locks.UV,
        "poetry.lock": toml_locks.POETRY,
        "pdm.lock": toml_locks.PDM,
        PYLOCK: toml_locks.PYLOCK,
    }
    return _toml(forms[form])


_FORMATS = Path(__file__).with_name("formats")
_SOURCES = (
    *(__file__, requirements.__file__),
    *(
        str(_FORMATS / f"{name}.py")
        for name in ("entries", "groups", "pieces", "pinned", "pipfile", "toml_locks")
    ),
)
_DIFFERENCE = Question("what differs between two locks", _SOURCES)
_GRAPH = Question("who needs whom in a lock", _SOURCES)
# pdm lock -L pylock.toml (2.29) writes its own format under the name of PEP 751's
_OF_PDM = late(r"^\s*lock_version\s*=", re.M)


def pins(path: str, data: bytes | None) -> bool:
    """Whether a file called like a lock is one: requirements need not pin anything."""
    if kind(path) != REQUIREMENTS:
        return True
    try:
        from .formats import pinned

        return pinned.pins(_text(data) or "")
    except ReadError:
        return False


def compare(
    name: str, before: bytes | None, after: bytes | None, answers: Answers | None = None
) -> LockChange:
    """What differs between two versions of the lock called ``name`` (its path, or the last part of it).

    ``None`` stands for a file that is not there. Never raises: what cannot be understood is ``doubt``.
    ``answers`` keeps what is found.
    """
    if before == after:
        return LockChange()
    form = kind(name)
    if form is None:
        return LockChange(doubt="not a lock file of a known kind")
    try:
        form = _by_content(form, _text(after) or _text(before))
        return _compare(form, before, after, answers or Answers())
    except ReadError as error:
        return LockChange(doubt=f"cannot be understood: {error}")


def entries_of(path: str, data: bytes) -> frozenset[Entry]:
    """All that one version of a lock of a known kind pins. Raises :class:`.formats.entries.ReadError`."""
    reader, text = _of_one(path, data)
    return reader.content(text).entries


def needs_of(path: str, data: bytes) -> Needs:
    """Package → packages it needs, in one version. Raises :class:`.formats.entries.ReadError`."""
    reader, text = _of_one(path, data)
    return reader.knowledge(text, {}).edges


def _of_one(path: str, data: bytes) -> tuple[_Reader, str]:
    form, text = kind(path), _text(data)
    assert form is not None
    return _reader(_by_content(form, text)), text or ""


def _by_content(form: str, text: str | None) -> str:
    if form == PYLOCK and text is not None and _OF_PDM.search(text):
        return "pdm.lock"
    return form


def _compare(form: str, before: bytes | None, after: bytes | None, answers: Answers) -> LockChange:
    old, new = _text(before), _text(after)
    digests = digest_of(before), digest_of(after)
    seen: dict[str, Part] = {}

    def side(text: str | None, digest: str) -> Side:
        return Side() if text is None else Side(lambda: _graph(form, text, digest, seen, answers))

    before_side, after_side = side(old, digests[0]), side(new, digests[1])
    if old is None or new is None:
        # read all the same, so that what cannot be understood is a doubt
        _ = before_side.known, after_side.known
        words = "the lock is new" if old is None else "the lock was deleted"
        return LockChange(whole=words, before=before_side, after=after_side)
    changed, members, whole = answers.to(_DIFFERENCE, (form, *digests), lambda: _difference(form, old, new))
    return LockChange(
        changed=changed,
        member_changes={name: MemberChange(words, reach) for name, (words, reach) in members.items()},
        whole=whole,
        before=before_side,
        after=after_side,
    )


def _difference(
    form: str, old: str, new: str
) -> tuple[dict[str, str], dict[str, tuple[str, Reach]], str | None]:
    content_before, content_after = _reader(form).contents(old, new)
    found = differences(content_before, content_after)
    return (
        {name: found[name].words for name in found if not found[name].member},
        {name: _member(found[name]) for name in found if found[name].member},
        _whole(content_before, content_after),
    )


def _text(data: bytes | None) -> str | None:
    if data is None:
        return None
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ReadError("not UTF-8") from error


def _graph(form: str, text: str, digest: str, seen: dict[str, Part], answers: Answers) -> Knowledge:
    return _known(answers.to(_GRAPH, (form, digest), lambda: _told(_reader(form).knowledge(text, seen))))


def _told(known: Knowledge) -> list[Any]:
    """The graph in plain words: numbers for names, since each stands there as often as others need it."""
    graphs = (known.edges, known.dev, known.aside)
    names = {*known.names, *known.members, *known.housed, *known.ambient}
    names.update(name for graph in graphs for one, needed in graph.items() for name in (one, *needed))
    number = {name: place for place, name in enumerate(sorted(names))}

    def numbers(of: Iterable[str]) -> list[int]:
        return [number[name] for name in of]

    told = [[(number[one], numbers(needed)) for one, needed in graph.items()] for graph in graphs]
    sets = [numbers(one) for one in (known.names, known.housed, known.ambient)]
    return [list(number), told, sets, list(known.members.items()), known.complete]


def _known(plain: Iterable[Any]) -> Knowledge:
    names, told, sets, members, complete = plain

    def named(numbers: Iterable[int]) -> frozenset[str]:
        return frozenset([names[number] for number in numbers])

    edges, dev, aside = ({names[one]: named(needed) for one, needed in graph} for graph in told)
    own, housed, ambient = map(named, sets)
    return Knowledge(own, edges, dev, aside, dict(members), housed, ambient, complete)


def _member(found: Difference) -> tuple[str, Reach]:
    # its metadata repeats the manifest, which is compared on its own: what is installed say its dependencies
    if found.facets <= {"version", "metadata"}:
        return found.words, "nobody"
    if found.facets <= {"version", "metadata", "dev dependencies"}:
        return found.words, "itself"
    return found.words, "dependents"


def _whole(before: Content, after: Content) -> str | None:
    keys = before.common.keys() | after.common.keys()
    changed = sorted(key for key in keys if before.common.get(key) != after.common.get(key))
    return f"{', '.join(changed)} changed" if changed else None

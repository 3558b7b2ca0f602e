"""A model of a workspace whose every run-time read is known: the truth that selections are measured against.

Each project's test computes one number from everything it really reaches: its modules and those they import,
data files, conftests, the pytest configuration that applies, locked versions. :func:`facts` computes the same
from the model; :mod:`tests.affected.soundness.rendering` writes the files that compute it by running.
"""

from __future__ import annotations

import posixpath
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field

NO_PYPROJECT = (
    "setup.cfg",
    "setup.py",
    "requirements",
    "subdirectory",
    "pipenv",
    "conda",
    "tox",
    "nox",
    "ros",
)
# Ways to name a file of versions in which it is installed: for whoever needs the project, too, and by what
# makes the environment of the project's own tests and is never run for those of others.
HANDED_ON = ("requirements", "conda")
INSTALLED = (*HANDED_ON, "tox", "nox", "makefile", "script", "image")
# Their manifests have no extras: what would be one stands among what is always installed.
WITHOUT_EXTRAS = ("requirements", "subdirectory", "pipenv", "conda", "tox", "nox", "ros", "pixi")
PRIME = 1_000_003
MISSING = -1

ModuleKey = tuple[str, str]


@dataclass
class Module:
    """``value`` and what it imports: modules by project key and name, ``data`` files by workspace path.

    Of ``hidden`` imports nothing shows in the source: the manifest alone tells of them. ``way`` and ``reads``
    say how the others are written, and how the files are opened (see :mod:`.spellings`).
    """

    value: int
    imports: list[ModuleKey] = field(default_factory=list)
    way: str = "statement"
    reads: str = "path"
    data: list[str] = field(default_factory=list)
    hidden: list[ModuleKey] = field(default_factory=list)


@dataclass
class Member:
    """One project. ``key`` never changes, ``path`` may; ``declared`` maps other keys to a scope.

    ``style`` is how its manifest is written, ``layout`` where its package lies, ``config`` where its own
    pytest configuration is (``""``: it has none). ``borrows`` are keys whose test helper its tests import,
    ``shared`` modules of no project that they import. ``names`` are files of no project that its tests read
    and the way in which a file of it names each, ``documents`` those with doctests that are its tests.
    ``way`` and ``reads`` are those of its tests, as of a :class:`Module`. ``walks`` is a folder through whose
    code its tests go, and the way in which they do.
    """

    key: str
    path: str
    style: str
    layout: str
    config: str
    modules: dict[str, Module]
    declared: dict[str, str] = field(default_factory=dict)
    test_imports: list[ModuleKey] = field(default_factory=list)
    borrows: list[str] = field(default_factory=list)
    test_data: list[str] = field(default_factory=list)
    shared: list[str] = field(default_factory=list)
    test_value: int = 0
    helper: int = 0
    mark: int = 0
    pins: list[str] = field(default_factory=list)
    noise: int = 0
    version: int = 1
    names: dict[str, str] = field(default_factory=dict)
    documents: list[str] = field(default_factory=list)
    way: str = "statement"
    reads: str = "path"
    walks: tuple[str, str] | None = None


@dataclass
class World:
    """All of it: ``conftests`` and ``configs`` map folders of any kind to values, ``data`` paths.

    ``conftest_imports`` are modules that the conftest of a folder imports. ``locked`` maps a third-party
    package to its version and what it needs; ``lock`` says which kind of lock the workspace has. ``named``
    are the files that ``names`` and ``documents`` mean, ``environments`` those that install for all.
    """

    members: dict[str, Member]
    lock: str = "none"
    locked: dict[str, tuple[int, list[str]]] = field(default_factory=dict)
    conftests: dict[str, int] = field(default_factory=dict)
    conftest_imports: dict[str, list[ModuleKey]] = field(default_factory=dict)
    configs: dict[str, int] = field(default_factory=dict)
    data: dict[str, int] = field(default_factory=dict)
    shared: dict[str, int] = field(default_factory=dict)
    named: dict[str, int] = field(default_factory=dict)
    environments: dict[str, int] = field(default_factory=dict)
    root_has_tests: bool = False
    prose: int = 0
    root_noise: int = 0


def folders(path: str) -> Iterator[str]:
    """``path`` and everything above it, ending with ``"."``."""
    while path not in ("", "."):
        yield path
        path = posixpath.dirname(path)
    yield "."


def own_config(world: World, folder: str) -> int | None:
    """The marker in the pytest configuration that lies in ``folder``, ``None`` where there is none."""
    for member in world.members.values():
        if member.path == folder and member.config:
            return member.mark
    return world.configs.get(folder)


def has_pyproject(world: World, folder: str) -> bool:
    """Whether a ``pyproject.toml`` lies in ``folder``; the root always has one."""
    if folder == ".":
        return True
    return any(m.path == folder and m.style not in NO_PYPROJECT for m in world.members.values())


def configuration(world: World, member: Member) -> tuple[int, str]:
    """The marker of the configuration that pytest uses, and the folder of it (the confcutdir)."""
    for folder in folders(member.path):
        mark = own_config(world, folder)
        if mark is not None:
            return mark, folder
    return 0, next(folder for folder in folders(member.path) if has_pyproject(world, folder))


def total(world: World, key: ModuleKey, seen: frozenset[ModuleKey] = frozenset()) -> int:
    """What ``total()`` of a module returns; ``MISSING`` where its import fails, which spreads."""
    if key in seen:
        return 0
    member = world.members.get(key[0])
    module = None if member is None else member.modules.get(key[1])
    if module is None:
        return MISSING
    found = module.value + sum(world.data.get(path, MISSING) for path in module.data)
    for path in module.data:
        if path not in world.data:
            return MISSING
    for other in (*module.imports, *module.hidden):
        value = total(world, other, seen | {key})
        if value == MISSING:
            return MISSING
        found += 31 * value
    return found % PRIME


def chain(world: World, member: Member) -> list[str]:
    """The folders whose conftest.py pytest reads for this project, topmost first."""
    _, top = configuration(world, member)
    found = []
    for folder in folders(member.path):
        if folder in world.conftests:
            found.append(folder)
        if folder == top:
            break
    return found[::-1]


def closure(world: World, pins: list[str]) -> dict[str, int]:
    """The locked versions of ``pins`` and of all they need."""
    found: dict[str, int] = {}
    waiting = list(pins)
    while waiting:
        name = waiting.pop()
        if name in world.locked and name not in found:
            found[name] = world.locked[name][0]
            waiting += world.locked[name][1]
    return found


def needed_packages(world: World, member: Member) -> dict[str, int]:
    """What is installed for a project's tests by the lock: its own pins and those of what it declares."""
    if world.lock == "none":
        return {}
    if world.lock == "poetry":
        return closure(world, member.pins) if member.style == "poetry" else {}
    return closure(world, _pins(world, member.key))


def _pins(world: World, key: str) -> list[str]:
    """What a project and those that it declares need."""
    return [pin for other in _installed(world, key) for pin in world.members[other].pins]


def _installed(world: World, key: str, *, extras: bool = False) -> list[str]:
    """A project and those of the workspace that are installed with it, as far as manifests tell."""
    carried = ("runtime", "extra") if extras else ("runtime",)
    waiting, seen = [(key, True)], dict[str, None]()
    while waiting:
        key, first = waiting.pop()
        if key in seen or key not in world.members:
            continue
        seen[key] = None
        taken = {*carried, *(("extra",) if world.members[key].style in WITHOUT_EXTRAS else ())}
        declared = world.members[key].declared.items()
        waiting += [
            (other, False) for other, scope in declared if scope in taken or (first and scope == "test")
        ]
    return list(seen)


def facts(world: World, key: str) -> tuple[object, ...]:
    """All that the test of project ``key`` reaches; its outcome can differ only where this does."""
    member = world.members[key]
    mark, _ = configuration(world, member)
    return (
        member.test_value,
        member.helper,
        tuple(total(world, other) for other in member.test_imports),
        tuple(world.members[k].helper if k in world.members else MISSING for k in member.borrows),
        tuple(world.data.get(path, MISSING) for path in member.test_data),
        tuple(world.shared.get(name, MISSING) for name in member.shared),
        tuple(world.named.get(path, MISSING) for path in member.names),
        walked(world, member),
        mark,
        tuple(sorted(world.conftests[folder] for folder in chain(world, member))),
        tuple(
            sorted(
                total(world, o)
                for folder in chain(world, member)
                for o in world.conftest_imports.get(folder, ())
            )
        ),
        tuple(sorted(world.environments.items())),
        tuple(world.named.get(path, MISSING) for path in (member.documents if member.config else ())),
        tuple(sorted(needed_packages(world, member).items())),
    )


def walked(world: World, member: Member) -> tuple[int, ...]:
    """What the walk of a project's tests finds: each value in the code of projects and of ``shared/``."""
    if member.walks is None:
        return ()
    inside = [m for m in world.members.values() if f"{m.path}/".startswith(f"{member.walks[0]}/")]
    found = [value for m in inside for value in (m.helper, *(one.value for one in m.modules.values()))]
    shared = world.shared.values() if member.walks[0] == "shared" else ()
    return tuple(sorted((*found, *shared)))


def unit_facts(world: World, key: str, name: str) -> tuple[object, ...]:
    """What the test file of one module reaches: the module, and what all tests of its project run with."""
    _, imported, environments, _, packages = facts(world, key)[-5:]
    return (total(world, (key, name)), imported, environments, packages)


def expected(world: World) -> dict[str, int]:
    """What each project's test asserts: a checksum of its facts; and by path what that of each module does.

    Without the last three: nothing is installed here, and doctests are tests of their own.
    """
    found = {key: zlib.crc32(repr(facts(world, key)[:-3]).encode()) for key in world.members}
    for key, member in world.members.items():
        found |= {unit_test(member, name): total(world, (key, name)) for name in member.modules}
    return found


def main_test(member: Member) -> str:
    """The test file of the project's facts."""
    return f"{member.path}/tests/test_{member.key}.py"


def unit_test(member: Member, name: str) -> str:
    """The test file of one module."""
    return f"{member.path}/tests/test_{member.key}_{name}.py"


def needed_files(before: World, after: World) -> set[str]:
    """The test files (after) whose outcome the step from ``before`` to ``after`` alters."""
    altered = needed(before, after)
    found = {main_test(member) for member in after.members.values() if member.path in altered}
    for key, member in after.members.items():
        old = before.members.get(key)
        for name in member.modules:
            known = old is not None and old.path == member.path and name in old.modules
            if not known or unit_facts(before, key, name) != unit_facts(after, key, name):
                found.add(unit_test(member, name))
    return found


def surroundings(world: World, key: str) -> tuple[object, ...]:
    """What every test of project ``key`` runs with, whether a test of it can tell or not.

    What pytest is told, and what is installed for it and those whom it declares, with extras or without.
    """
    member = world.members[key]
    return (
        configuration(world, member),
        tuple(sorted(chain(world, member))),
        *(_brought(world, key, _installed(world, key, extras=extras)) for extras in (False, True)),
    )


def _brought(world: World, own: str, keys: list[str]) -> tuple[object, ...]:
    """What projects need of strangers.

    Whatever the lock, the names, all of a list of pins that is installed whole, and the files of versions
    that an installer is handed for the project ``own``.
    """
    members = [world.members[key] for key in keys]
    listed = world.lock == "requirements" and any(member.pins for member in members)
    whole = world.locked if listed else {}
    handed = {
        path
        for member in members
        for path, way in member.names.items()
        if way in (INSTALLED if member.key == own else HANDED_ON)
    }
    return (
        tuple(sorted({pin for member in members for pin in member.pins})),
        tuple(sorted((name, version) for name, (version, _) in whole.items())),
        tuple(sorted((path, world.named.get(path)) for path in handed)),
    )


def altered_files(before: World, after: World) -> set[str]:
    """Those that are needed, and all of the projects whose surroundings are others."""
    found = needed_files(before, after)
    for key, member in after.members.items():
        if key in before.members and surroundings(before, key) != surroundings(after, key):
            found |= {main_test(member), *(unit_test(member, name) for name in member.modules)}
    return found


def needed(before: World, after: World) -> set[str]:
    """The paths (after) of the projects whose outcome the step from ``before`` to ``after`` alters."""
    return {
        member.path
        for key, member in after.members.items()
        if key not in before.members
        or before.members[key].path != member.path
        or facts(before, key) != facts(after, key)
    }

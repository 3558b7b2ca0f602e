"""What a run of each test file takes in: the files that it loads and opens, which a change alters or not.

Wider than what its outcome tells: a module that is written otherwise and computes the same is another input.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from .rendering import module_path, package, source_root
from .world import (
    Member,
    ModuleKey,
    World,
    chain,
    configuration,
    main_test,
    unit_test,
)

Content = Mapping[str, str]


def input_files(before: World, after: World, old: Content, new: Content) -> set[str]:
    """The test files (after) of which a run takes in something else; ``old`` and ``new`` hold all files."""
    found = set()
    for key, member in after.members.items():
        known = before.members.get(key)
        for path, roots in _tests(member):
            now = _held((*_reads(after, member, path, roots), *_walked(member, path, new)), new)
            there = None if known is None else dict(_tests(known)).get(path)
            then = None
            if there is not None and known is not None:
                then = _held((*_reads(before, known, path, there), *_walked(known, path, old)), old)
            if now != then:
                found.add(path)
    return found


def _walked(member: Member, test: str, content: Content) -> Iterator[str]:
    if member.walks is not None and test == main_test(member):
        yield from (
            path for path in content if path.startswith(f"{member.walks[0]}/") and path.endswith(".py")
        )


def _tests(member: Member) -> Iterator[tuple[str, tuple[ModuleKey, ...]]]:
    """The test files with the modules that each imports."""
    yield main_test(member), tuple(member.test_imports)
    for name in member.modules:
        yield unit_test(member, name), ((member.key, name),)


def _held(paths: Iterable[str], content: Content) -> dict[str, str | None]:
    return {path: content.get(path) for path in paths}


def _reads(world: World, member: Member, test: str, roots: Iterable[ModuleKey]) -> Iterator[str]:
    yield test
    yield from _loaded(world, roots)
    for folder in chain(world, member):
        yield "conftest.py" if folder == "." else f"{folder}/conftest.py"
        yield from _loaded(world, world.conftest_imports.get(folder, ()))
    if test == main_test(member):
        yield from _read_by_main(world, member)


def _read_by_main(world: World, member: Member) -> Iterator[str]:
    others = (world.members[key] for key in member.borrows if key in world.members)
    for other in (member, *others):
        yield f"{source_root(other)}/{package(other).replace('.', '/')}/tests/helper.py"
    yield from member.test_data
    yield from (f"shared/{name}.py" for name in member.shared)
    yield from member.names
    yield from member.documents if configuration(world, member)[1] == member.path else ()


def _loaded(world: World, roots: Iterable[ModuleKey]) -> Iterator[str]:
    waiting, seen = list(roots), set[ModuleKey]()
    while waiting:
        key = waiting.pop()
        owner = world.members.get(key[0])
        module = None if owner is None else owner.modules.get(key[1])
        if key in seen or owner is None:
            continue
        seen.add(key)
        yield module_path(owner, key[1])
        if module is not None:
            yield from module.data
            waiting += (*module.imports, *module.hidden)

"""Random workspaces and random changes to them, from a seeded generator; each change says what it did."""

from __future__ import annotations

import copy
import random
from collections.abc import Callable

from .rendering import BY_NAME, NAMELESS, PEP621, STYLES, WAYS
from .spellings import IMPORTS, READS, SEEN, UNSEEN, WALKS
from .world import NO_PYPROJECT, Member, Module, ModuleKey, World, folders

FOLDERS = ("libs", "services", "tools", "packages/deep")
PACKAGES = ("requests", "numpy", "attrs", "click", "urllib3")
ENVIRONMENTS = (
    "environment.yml",
    "conda-lock.yml",
    "pixi.toml",
    "Cargo.lock",
    "docker/Dockerfile",
    "flake.nix",
)
_SCOPES = ("runtime", "runtime", "runtime", "extra", "test")


def make_world(rng: random.Random, size: int | None = None) -> World:
    """A consistent workspace of about ``size`` projects: no import and no data file is missing."""
    world = World({}, lock=rng.choice(("none", "uv", "poetry", "requirements")))
    names = list(PACKAGES)
    for number, name in enumerate(names):
        needs = rng.sample(names[number + 1 :], k=min(len(names) - number - 1, rng.randint(0, 2)))
        world.locked[name] = (rng.randint(1, 9), needs)
    for _ in range(rng.randint(4, 9) if size is None else size):
        add_member(world, rng)
    for folder in (".", *FOLDERS):
        if rng.random() < 0.3:
            world.conftests[folder] = rng.randrange(1000)
            if rng.random() < 0.4:
                world.conftest_imports[folder] = _modules(world, rng, 1)
        if rng.random() < (0.4 if folder == "." else 0.15):
            world.configs[folder] = rng.randrange(1, 1000)
    world.root_has_tests = rng.random() < 0.4
    for path in rng.sample(ENVIRONMENTS, k=rng.randint(0, 2)):
        world.environments[path] = rng.randrange(1000)
    return world


def _free_place(world: World, rng: random.Random, key: str) -> str:
    nests = [member.path for member in world.members.values()]
    if nests and rng.random() < 0.15:
        return f"{rng.choice(nests)}/plugins/{key}"
    return f"{rng.choice(FOLDERS)}/{key}"


def add_member(world: World, rng: random.Random) -> str:
    """A new project with edges to those there are; its key."""
    key = f"p{max((int(known[1:]) for known in world.members), default=-1) + 1}"
    style = rng.choice(PEP621 if world.lock == "uv" else STYLES)
    if style in ("setup.cfg", "setup.py", "ros"):
        config = rng.choice(("", "pytest.ini"))
    else:
        config = "pytest.ini" if style in NO_PYPROJECT else rng.choice(("", "pyproject", "pytest.ini"))
    layout = rng.choice(("flat", "src", "ns", "app"))
    member = Member(key, _free_place(world, rng, key), style, layout, config, {})
    world.members[key] = member
    member.test_value, member.helper, member.mark = (rng.randrange(1, 1000) for _ in range(3))
    member.way, member.reads = rng.choice(SEEN), rng.choice(tuple(READS))
    for number in range(rng.randint(1, 3)):
        way, reads = rng.choice(tuple(IMPORTS)), rng.choice(tuple(READS))
        member.modules[f"m{number}"] = Module(rng.randrange(1000), way=way, reads=reads)
    for module in member.modules.values():
        if rng.random() < 0.45:
            link(world, rng, member, module)
        if rng.random() < 0.2:
            module.data.append(data_file(world, rng, member))
    member.test_imports = [(key, name) for name in member.modules]
    if rng.random() < 0.3 and (others := _modules(world, rng, 1, without=key)):
        member.test_imports += others
        if rng.random() < 0.7:
            member.declared.setdefault(others[0][0], "test")
    if rng.random() < 0.2:
        member.shared.append(f"l{rng.randrange(3)}")
        world.shared.setdefault(member.shared[0], rng.randrange(1000))
    if rng.random() < 0.25 and (others := _modules(world, rng, 1, without=key)):
        member.borrows.append(others[0][0])
    if rng.random() < 0.2:
        member.test_data.append(data_file(world, rng, member))
    if rng.random() < 0.5:
        member.pins = rng.sample(PACKAGES, k=rng.randint(1, 2))
    if rng.random() < 0.2:
        world.conftests[member.path] = rng.randrange(1000)
    if rng.random() < 0.25:
        _name(world, rng, member)
    if rng.random() < 0.1:
        places = [*FOLDERS, "shared", *(other.path for other in world.members.values())]
        member.walks = rng.choice(places), rng.choice(tuple(WALKS))
    if config and rng.random() < 0.15:
        path = f"docs/d{rng.randrange(3)}.md"
        member.documents.append(path)
        world.named.setdefault(path, rng.randrange(1000))
    return key


_KNOWN_WAYS = ("requirements", "conda", "tox", "nox")


def _name(world: World, rng: random.Random, member: Member) -> str:
    """A file of no project that the tests read, and a file of the project that names it in some way."""
    ways = [way for way in WAYS if way != member.style]
    path = rng.choice(("constraints/c0.txt", "constraints/c1.txt", "pins.txt"))
    if path == "pins.txt":
        # of one beside all projects the folder has no name: a path tells where it is
        ways = [way for way in ways if way not in ("image", "code")]
    # what nobody is known to read affects all: another way counts beside one that is known
    if not any(other.names.get(path) in _KNOWN_WAYS for other in world.members.values()):
        ways = [way for way in ways if way in _KNOWN_WAYS]
    member.names = {path: rng.choice(ways)}
    world.named.setdefault(path, rng.randrange(1000))
    return f"{member.path} names {path} by {member.names[path]}"


def _modules(world: World, rng: random.Random, count: int, without: str = "") -> list[ModuleKey]:
    """Modules that anyone may import: a package named ``app`` is private to its project."""
    known = [
        (key, name)
        for key, member in world.members.items()
        if key != without and member.layout != "app"
        for name in member.modules
    ]
    return rng.sample(known, k=min(count, len(known)))


def link(world: World, rng: random.Random, member: Member, module: Module) -> str:
    """A new import of another project's module, mostly declared."""
    for other in _modules(world, rng, 1, without=member.key):
        nameable = _can_name(member, world.members[other[0]])
        if module.way in UNSEEN and not nameable:
            module.way = "statement"
        hidden = nameable and (rng.random() < 0.1 or module.way in UNSEEN)
        (module.hidden if hidden and module.way not in UNSEEN else module.imports).append(other)
        if hidden or rng.random() < 0.7:
            scope = rng.choice(("runtime", "runtime", "extra"))
            member.declared[other[0]] = scope
        return f"{member.path} imports {other}"
    return "nothing"


def _can_name(member: Member, other: Member) -> bool:
    """Whether the manifest of a project can mean the other one: not by name where that has none."""
    return not (member.style in BY_NAME and other.style in NAMELESS)


def data_file(world: World, rng: random.Random, member: Member) -> str:
    """A data file to read: the project's own, one of no project, or another project's."""
    other = rng.choice(list(world.members.values()))
    place = rng.choice((f"{member.path}/data", f"{member.path}/data", "schemas/v1", f"{other.path}/data"))
    path = f"{place}/d{rng.randrange(4)}.txt"
    world.data.setdefault(path, rng.randrange(1000))
    return path


def _any(world: World, rng: random.Random) -> Member:
    return rng.choice(list(world.members.values()))


def _edit_module(world: World, rng: random.Random) -> str:
    member = _any(world, rng)
    if not member.modules:
        return "nothing"
    name = rng.choice(list(member.modules))
    member.modules[name].value += 1
    return f"edit {member.path} {name}"


def _delete_module(world: World, rng: random.Random) -> str:
    member = _any(world, rng)
    if not member.modules:
        return "nothing"
    name = rng.choice(list(member.modules))
    del member.modules[name]
    return f"delete {member.path} {name}"


def _move_module(world: World, rng: random.Random) -> str:
    """Across projects; whoever imported it follows, except by chance."""
    source, target = _any(world, rng), _any(world, rng)
    if not source.modules or source is target or "app" in (source.layout, target.layout):
        return "nothing"
    name = rng.choice(list(source.modules))
    new = f"moved_{source.key}_{name}"
    target.modules[new] = source.modules.pop(name)
    if rng.random() < 0.7:
        _follow(world, (source.key, name), (target.key, new))
    return f"move {source.path} {name} to {target.path}"


def _follow(world: World, old: ModuleKey, new: ModuleKey) -> None:
    def renamed(keys: list[ModuleKey]) -> list[ModuleKey]:
        return [new if key == old else key for key in keys]

    for member in world.members.values():
        member.test_imports = renamed(member.test_imports)
        for module in member.modules.values():
            if old in module.imports and module.way in UNSEEN:
                module.way = "statement"
            module.imports = renamed(module.imports)
            if old in module.hidden:
                module.hidden.remove(old)
                # what nothing declares had better show in the source
                module.imports.append(new)
    world.conftest_imports = {folder: renamed(keys) for folder, keys in world.conftest_imports.items()}


def _add_import(world: World, rng: random.Random) -> str:
    member = _any(world, rng)
    return (
        link(world, rng, member, rng.choice(list(member.modules.values()))) if member.modules else "nothing"
    )


def _remove_import(world: World, rng: random.Random) -> str:
    member = _any(world, rng)
    for module in member.modules.values():
        if module.imports:
            other = module.imports.pop()
            if not _hides(member, other[0]):
                member.declared.pop(other[0], None)
            return f"{member.path} no longer imports {other}"
    return "nothing"


def _redeclare(world: World, rng: random.Random) -> str:
    member, other = _any(world, rng), _any(world, rng)
    if member is other or _hides(member, other.key):
        return "nothing"
    if member.declared.pop(other.key, None) is None:
        member.declared[other.key] = rng.choice(_SCOPES)
    return f"{member.path} declares {other.key}: {member.declared.get(other.key)}"


def _hides(member: Member, other: str) -> bool:
    """Whether nothing but the manifest says that the project needs the other one."""
    modules = member.modules.values()
    hidden = [key for module in modules for key in module.hidden]
    hidden += [key for module in modules if module.way in UNSEEN for key in module.imports]
    return any(key == other for key, _ in hidden)


def _respell(world: World, rng: random.Random) -> str:
    """The same imports and files, written in another way."""
    member = _any(world, rng)
    for module in member.modules.values():
        if module.way not in UNSEEN:
            module.way = rng.choice(SEEN)
        module.reads = rng.choice(tuple(READS))
    return f"respell {member.path}"


def _import_of_own(world: World, rng: random.Random) -> str:
    """One of a project's modules imports another one of it: in a circle, too."""
    member = _any(world, rng)
    if len(member.modules) < 2:
        return "nothing"
    one, other = rng.sample(sorted(member.modules), k=2)
    if (member.key, other) not in member.modules[one].imports:
        member.modules[one].imports.append((member.key, other))
    return f"{member.path} {one} imports {other}"


def _edit_named(world: World, rng: random.Random) -> str:
    for path in rng.sample(sorted(world.named), k=min(1, len(world.named))):
        world.named[path] += 1
        return f"edit {path}"
    return "nothing"


def _rename(world: World, rng: random.Random) -> str:
    return _name(world, rng, _any(world, rng))


def _edit_environment(world: World, rng: random.Random) -> str:
    for path in rng.sample(sorted(world.environments), k=min(1, len(world.environments))):
        world.environments[path] += 1
        return f"edit {path}"
    return "nothing"


def _edit_data(world: World, rng: random.Random) -> str:
    if not world.data:
        return "nothing"
    path = rng.choice(sorted(world.data))
    if rng.random() < 0.2:
        del world.data[path]
        return f"delete {path}"
    world.data[path] += 1
    return f"edit {path}"


def _edit_shared(world: World, rng: random.Random) -> str:
    for name in rng.sample(sorted(world.shared), k=min(1, len(world.shared))):
        world.shared[name] += 1
        return f"edit shared/{name}.py"
    return "nothing"


def _conftest(world: World, rng: random.Random) -> str:
    folder = rng.choice((".", *FOLDERS, *(member.path for member in world.members.values())))
    if folder in world.conftests and rng.random() < 0.3:
        del world.conftests[folder]
        world.conftest_imports.pop(folder, None)
        return f"delete {folder}/conftest.py"
    world.conftests[folder] = rng.randrange(1000)
    return f"write {folder}/conftest.py"


def _config(world: World, rng: random.Random) -> str:
    member = _any(world, rng)
    if rng.random() < 0.5:
        folder = rng.choice((".", *FOLDERS))
        if folder in world.configs and rng.random() < 0.4:
            del world.configs[folder]
        else:
            world.configs[folder] = rng.randrange(1, 1000)
        return f"configuration of {folder}"
    # without it, a folder with a manifest of these kinds is no project
    if member.config and rng.random() < 0.3 and member.style not in NAMELESS:
        member.config = ""
    else:
        member.config = member.config or "pytest.ini"
        member.mark += 1
    return f"configuration of {member.path}: {member.config} {member.mark}"


def _bump(world: World, rng: random.Random) -> str:
    name = rng.choice(PACKAGES)
    version, needs = world.locked[name]
    if rng.random() < 0.2:
        needs = needs[1:] if needs else list(PACKAGES[PACKAGES.index(name) + 1 :][:1])
    world.locked[name] = (version + 1, needs)
    return f"bump {name}"


def _pin(world: World, rng: random.Random) -> str:
    member = _any(world, rng)
    member.pins = rng.sample(PACKAGES, k=rng.randint(0, 2))
    return f"{member.path} needs {member.pins}"


def _edit_tests(world: World, rng: random.Random) -> str:
    member = _any(world, rng)
    if rng.random() < 0.5:
        member.helper += 1
        return f"edit the test helper of {member.path}"
    member.test_value += 1
    return f"edit the tests of {member.path}"


def _delete_member(world: World, rng: random.Random) -> str:
    member = _any(world, rng)
    if len(world.members) < 3:
        return "nothing"
    inside = [m for m in world.members.values() if member.path in folders(m.path)]
    for gone in inside:
        del world.members[gone.key]
        world.conftests.pop(gone.path, None)
        world.conftest_imports.pop(gone.path, None)
    world.data = {path: value for path, value in world.data.items() if member.path not in folders(path)}
    return f"delete {member.path}"


def _add_member(world: World, rng: random.Random) -> str:
    return f"add {world.members[add_member(world, rng)].path}"


def _move_member(world: World, rng: random.Random) -> str:
    member = _any(world, rng)
    if any(m is not member and member.path in folders(m.path) for m in world.members.values()):
        return "nothing"
    old, new = member.path, f"moved/{member.key}"
    if old == new:
        return "nothing"

    def renamed(path: str) -> str:
        return new + path[len(old) :] if old in folders(path) else path

    member.path = new
    world.data = {renamed(path): value for path, value in world.data.items()}
    world.conftests = {renamed(path): value for path, value in world.conftests.items()}
    world.conftest_imports = {renamed(path): keys for path, keys in world.conftest_imports.items()}
    for other in world.members.values():
        other.test_data = [renamed(path) for path in other.test_data]
        for module in other.modules.values():
            module.data = [renamed(path) for path in module.data]
    return f"move {old} to {new}"


def _noise(world: World, rng: random.Random) -> str:
    """A change that no test can see."""
    member = _any(world, rng)
    kind = rng.randrange(4)
    if kind == 0:
        world.prose += 1
    elif kind == 1:
        world.root_noise += 1
    elif kind == 2:
        member.noise += 1
    else:
        member.version += 1
    return f"noise {kind} {member.path}"


MUTATIONS: tuple[Callable[[World, random.Random], str], ...] = (
    *(_edit_module,) * 5,
    *(_edit_tests,) * 4,
    _edit_shared,
    *(_edit_named,) * 2,
    _rename,
    _edit_environment,
    *(_edit_data,) * 3,
    *(_conftest,) * 2,
    *(_config,) * 2,
    *(_bump,) * 3,
    *(_delete_module,) * 2,
    _move_module,
    *(_add_import,) * 2,
    *(_remove_import,) * 2,
    _respell,
    _import_of_own,
    *(_redeclare,) * 2,
    _pin,
    *(_delete_member,) * 3,
    _add_member,
    _move_member,
    *(_noise,) * 2,
)


def mutate(world: World, rng: random.Random) -> tuple[World, str]:
    """A changed copy of ``world`` and what was done to it, mostly one thing at a time."""
    changed = copy.deepcopy(world)
    done = []
    for _ in range(rng.choice((1, 1, 1, 1, 2))):
        if changed.members:  # the last of them may have gone
            done.append(rng.choice(MUTATIONS)(changed, rng))
    return changed, "; ".join(done)

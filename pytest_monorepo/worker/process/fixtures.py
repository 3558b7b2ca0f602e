"""Where pytest looks for fixtures: not again where the server knows that there are none."""

from __future__ import annotations

import functools
import inspect
import operator
import sys
import types
from typing import Any, Callable, Dict, Iterable


def spare_searches(plugins: Iterable[str] = ()) -> Callable[[], None]:
    """Search pytest's own modules and plugin objects for fixtures once, and those of ``plugins``.

    Every session looks at each name in every plugin, which takes a quarter of a small project's run. It is
    given a module of the fixtures alone; one in which anything was set since then is searched whole.
    What is returned takes it back.
    """
    own = [name for name in list(sys.modules) if name.startswith("_pytest.")]
    found = [_Searched(sys.modules[name]) for name in {*own, *plugins} if _is_plain(sys.modules.get(name))]
    searched = {id(one.module): one for one in found}  # and kept, so that no other ever has its id
    known: Dict[type, bool] = {}

    def is_barren(holder: object) -> bool:
        kind = type(holder)
        if kind not in known:
            values = (value for base in kind.__mro__ for value in vars(base).values())
            known[kind] = kind.__module__.startswith(_OWN) and not any(map(_is_fixture, values))
        return known[kind]

    def instead(manager: Any, holder: Any) -> Any:
        if type(holder) is not types.ModuleType:
            return None if is_barren(holder) else holder
        one = searched.get(id(holder))
        return holder if one is None or one.has_changed() else one.fixtures

    return _search(instead)


class _Searched:
    """``fixtures`` is a module of those that ``module`` has, ``None`` without any."""

    def __init__(self, module: Any) -> None:
        self.module = module
        self._before = dict(vars(module))
        self.fixtures: Any = None
        found = {name: value for name, value in vars(module).items() if _is_fixture(value)}
        if found:
            self.fixtures = types.ModuleType(module.__name__)
            vars(self.fixtures).update(found)

    def has_changed(self) -> bool:
        """Whether it has other names or values by now than those that were searched, or one more."""
        now, before = vars(self.module), self._before
        return [*now] != [*before] or not all(map(operator.is_, now.values(), before.values()))


def _is_plain(module: object) -> bool:
    """Whether its names are those that it has: one that is lazy may tell of others."""
    return type(module) is types.ModuleType and "__dir__" not in vars(module)


def search_for_none(config: Any) -> Callable[[], None]:
    """The session of ``config`` collects nothing, so that no plugin is searched for fixtures in it.

    Any other session in this process does as ever. What is returned takes it back.
    """
    return _search(lambda manager, holder: None if getattr(manager, "config", None) is config else holder)


def _search(instead: Callable[[Any, Any], Any]) -> Callable[[], None]:
    """What ``instead`` says in place of a plugin that pytest searches; ``None`` is not searched.

    Who else has something searched finds nothing of ours between: of old ways to ask, pytest warns where they
    are called. What is returned takes it back. The method is private; ``tests/worker/test_warming.py`` fails
    when it moves or when a fixture gets lost.
    """
    from _pytest.fixtures import FixtureManager

    manager: Any = FixtureManager
    original = getattr(manager, "pytest_plugin_registered", None)
    if original is None:
        return lambda: None

    @functools.wraps(original)
    def pytest_plugin_registered(self: Any, plugin: Any, *name: Any) -> None:
        other = instead(self, plugin)
        if other is not None:
            original(self, other, *name)

    # pluggy before 1.0 asks for the arguments of no function within
    vars(pytest_plugin_registered)["__signature__"] = inspect.signature(original)
    manager.pytest_plugin_registered = pytest_plugin_registered
    return lambda: setattr(manager, "pytest_plugin_registered", original)


_OWN = ("_pytest.", __name__.partition(".")[0])


def _is_fixture(value: object) -> bool:
    """Or what stands around one, which pytest warns of, or may be either once it is asked."""
    for _ in range(_DEEPEST):
        kind = type(value)
        how = _looks.get(kind)
        if how is None:
            how = _looks[kind] = _how_to_look(kind)
        if how != "within":
            return how == "is one"
        own: Any = value.__func__ if isinstance(value, (staticmethod, classmethod)) else value
        if own is value:
            found = object.__getattribute__(value, "__dict__")
            if "_pytestfixturefunction" in found:  # before pytest 8.4
                return True
            own = found.get("__wrapped__")
        if own is None:
            return False
        value = own
    return False


_DEEPEST = 100
"""Functions around one another; they may go in a circle."""
_looks: Dict[type, str] = {}
"""By types what :func:`_how_to_look` says of them."""


def _how_to_look(kind: type) -> str:
    if kind.__name__ == "FixtureFunctionDefinition":
        return "is one"
    if issubclass(kind, (type, types.ModuleType)) or kind.__module__.partition(".")[0] in (
        "typing",
        "_pytest",
    ):
        return "is none"
    if kind in (staticmethod, classmethod):
        return "within"
    if hasattr(kind, "__getattr__") or hasattr(kind, "__wrapped__"):
        return "is one"
    return "within" if kind.__dictoffset__ else "is none"

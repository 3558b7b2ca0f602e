"""Who takes part in a collection beside pytest itself, and what is set while it goes on.

What counts of the folders that pytest lists depends on it, and whether a part of the files can be collected
as it would be with all others.
"""

from __future__ import annotations

import functools
import inspect
import operator
import os
import sys
from types import ModuleType
from typing import Any, Callable, Dict, Iterator, List, Sequence

import pytest

# hooks that are asked of each entry of a folder (the second since pytest 8)
_OF_ENTRIES = ("pytest_collect_file", "pytest_collect_directory", "pytest_ignore_collect")
# hooks that are told of each folder that is collected, with something in it or not
_OF_FOLDERS = ("pytest_collectstart", "pytest_make_collect_report", "pytest_collectreport")
# hooks that make, or are told of, what is in a file
_OF_FILES = (
    "pytest_pycollect_makemodule",
    "pytest_pycollect_makeitem",
    "pytest_generate_tests",
    "pytest_itemcollected",
)
ALL_TYPES = "types of code"

# the modules of pytest (6.2 to 9.2) that have one of the first two kinds; any other may be somebody's who has
# put it beside them
_PYTESTS = frozenset(
    f"_pytest.{name}"
    for name in (
        *("assertion", "cacheprovider", "capture", "doctest", "faulthandler", "fixtures", "junitxml"),
        *(
            "legacypath",
            "logging",
            "main",
            "python",
            "runner",
            "stepwise",
            "terminal",
            "unittest",
            "warnings",
        ),
    )
)
_CHOOSING = ("_pytest.main", "_pytest.python", "_pytest.doctest", "_pytest.pathlib")
"""The modules of pytest with the functions that say what of a folder is taken."""


class Collectors:
    """Those of one session, from the beginning of its collection on.

    ``redefined`` tells how often a function has been given other code.
    """

    def __init__(self, config: pytest.Config, redefined: Callable[[], int]) -> None:
        self.config = config
        self._redefined = redefined
        self._began_with = self._set()
        self._hearers = self._others()

    def kind(self) -> str:
        """What counts of a folder's entries where pytest lists them, as a kind of the trace's values.

        A file that ends otherwise than pytest's own hooks know may be somebody's tests, and of a folder with
        nothing in it somebody may hear. It is asked at each folder: a conftest there has just been loaded.
        """
        config = self.config
        if (
            config.getoption("doctestglob", None)
            or self._are_heard(_OF_ENTRIES)
            or is_patched(self._redefined())
        ):
            return ALL_TYPES
        if self._are_heard(_OF_FOLDERS):
            return "types of tests and of code"
        return (
            "types with plain folders of code"
            if ".*" in config.getini("norecursedirs")
            else "types with folders of code"
        )

    def changes(self) -> Iterator[str]:
        """What has been set, or has come to take part, since the beginning: perhaps by what was collected."""
        now, before = self._set(), self._began_with
        others = (name for name in {*now, *before} if now.get(name) != before.get(name))
        yield from (name for name in sorted(others) if self._differs(name, now))
        if any(one not in self._hearers for one in self._others()):
            yield "the plugins that collect"

    def _differs(self, name: str, now: Dict[str, Any]) -> bool:
        # a setting is read when somebody first asks for it
        first = name.startswith(_SETTING) and name not in self._began_with
        return not first and bool(now.get(name) != self._began_with.get(name))

    def _set(self) -> Dict[str, Any]:
        # a value of these types is told by itself: of most of some two hundred nothing is called
        options = {
            f"option {name}": value if type(value) in _PLAIN else _told(value)
            for name, value in vars(self.config.option).items()
        }
        # what somebody's hook has put there; pytest's own are private, or there from the beginning
        own = (one for one in vars(self.config).items() if one[0][:1] != "_")
        options.update({f"attribute {name} of the config": _told(value) for name, value in own})
        # private: another name of it is an option that nobody sees change
        settings = getattr(self.config, "_inicache", {})
        return {**options, **{f"{_SETTING}{name}": _told(value) for name, value in list(settings.items())}}

    def _implementations(self, hooks: Sequence[str]) -> Iterator[Any]:
        # of config.hook pytest 8.0 gives functions where a hook takes a path
        relay = self.config.pluginmanager.hook
        for name in hooks:
            if hasattr(relay, name):
                yield from getattr(relay, name).get_hookimpls()

    def _are_heard(self, hooks: Sequence[str]) -> bool:
        return not all(map(_is_known, self._implementations(hooks)))

    def _others(self) -> List[Any]:
        """What others have registered; a conftest comes with its folder, whatever is collected there."""
        found = self._implementations((*_OF_ENTRIES, *_OF_FOLDERS, *_OF_FILES))
        return [one for one in found if not is_conftest(one.plugin) and not _is_known(one)]


_SETTING = "setting "
_PLAIN = (bool, str, int, float, type(None))


def _told(value: Any) -> Any:
    """As it is now: a list may be added to in place."""
    if isinstance(value, (list, tuple, set, dict)):
        return type(value), list(map(str, value.items() if isinstance(value, dict) else value))
    return value if isinstance(value, (str, int, float, type(None))) else id(value)


def is_conftest(plugin: Any) -> bool:
    return str(getattr(plugin, "__file__", "")).endswith("conftest.py")


def _is_known(implementation: Any) -> bool:
    """Whether it is pytest's or ours: by its name, and by where its code lies, whatever name that has."""
    module = _module(implementation.plugin)
    ours = module.startswith(f"{__name__.partition('.')[0]}.")
    return (ours or module in _PYTESTS) and _is_pytests_code(implementation.function)


def _module(plugin: object) -> str:
    return str(plugin.__name__ if isinstance(plugin, ModuleType) else type(plugin).__module__)


@functools.lru_cache(maxsize=None)  # noqa: UP033 (3.8 has no cache)
def _folder_of(name: str) -> str:
    return os.path.join(os.path.dirname(str(sys.modules[name].__file__)), "")


_OURS = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "")


def _is_pytests_code(function: Any) -> bool:
    """Whether it lies in pytest, or in our own; what we have put round another's is that one's."""
    function = getattr(function, "__func__", function)
    while _file(function).startswith(_OURS) and hasattr(function, "__wrapped__"):
        function = getattr(function.__wrapped__, "__func__", function.__wrapped__)
    return _file(function).startswith((_folder_of("_pytest"), _OURS))


def _file(function: Any) -> str:
    return str(getattr(getattr(function, "__code__", None), "co_filename", ""))


def is_patched(redefined: int) -> bool:
    """Whether somebody has put another function in the place of one of pytest's that chooses.

    To ask each for its code takes a third of a millisecond, once a folder; a fork server does so before any
    project has had its say. ``redefined`` counts the functions that have been given other code.
    """
    holders = (vars(sys.modules[name]) for name in _CHOOSING if name in sys.modules)
    held = [one for values in holders for one in list(values.values())]
    known, count = _UNPATCHED
    if count == redefined and len(held) == len(known) and all(map(operator.is_, held, known)):
        return False
    functions = filter(inspect.isfunction, held)
    patched = not all(_is_pytests_code(one) or _is_of_python(_file(one)) for one in functions)
    if not patched:
        _UNPATCHED[:] = held, redefined
    return patched


_UNPATCHED: List[Any] = [[], -1]
"""What they all held when it was last found to be pytest's, and how many had been redefined by then."""


def _is_of_python(file: str) -> bool:
    if file.startswith(_folder_of("pluggy")):
        return True
    return file.startswith(("<frozen ", _folder_of("os"))) and not any(part in file for part in _INSTALLED)


_INSTALLED = (f"{os.sep}site-packages{os.sep}", f"{os.sep}dist-packages{os.sep}")

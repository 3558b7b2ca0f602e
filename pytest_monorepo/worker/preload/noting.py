"""What stands in for lists, functions and the importing frame while an import is watched."""

from __future__ import annotations

import builtins
import gc
import sys
import types
import warnings
from typing import Any, Callable, Dict, Iterable, List, Mapping, Sequence


class NotingCallers(List[Any]):
    """``sys.path`` and the like; ``asked`` is told the name of each module that looks, as imports do."""

    def __init__(self, items: Iterable[Any], asked: Callable[[str], None]) -> None:
        super().__init__(items)
        self._asked = asked


class NotingReaders(Dict[str, Any]):
    """The same of a dictionary."""

    def __init__(self, items: Mapping[str, Any], asked: Callable[[str], None]) -> None:
        super().__init__(items)
        self._asked = asked


def _telling(kind: Any, name: str) -> Any:
    usual = getattr(kind, name)

    def method(self: Any, *args: Any) -> Any:
        self._asked(str(sys._getframe(1).f_globals.get("__name__", "")))
        return usual(self, *args)

    return method


for _name in (
    *("__iter__", "__reversed__", "__getitem__", "__contains__", "__len__", "__eq__", "__ne__", "__lt__"),
    *("__add__", "__mul__", "__repr__", "__reduce_ex__", "index", "count", "copy"),
):
    setattr(NotingCallers, _name, _telling(list, _name))
for _name in (
    *("__iter__", "__reversed__", "__getitem__", "__contains__", "__len__", "__eq__", "__ne__", "__or__"),
    *("__repr__", "__reduce_ex__", "get", "pop", "setdefault", "keys", "items", "values", "copy"),
):
    if hasattr(dict, _name):  # some came with Python 3.9
        setattr(NotingReaders, _name, _telling(dict, _name))


class Importer(NotingReaders):
    """The variables of whoever imports; ``asked`` is told of each look: who walks up frames is heard."""

    def __init__(self, asked: Callable[[str], None]) -> None:
        super().__init__({"__name__": "importer", "__builtins__": builtins}, asked)

    def __getitem__(self, name: str) -> Any:
        if name == _IMPORT:  # the frame's own: it is none of the variables
            raise KeyError(name)
        return super().__getitem__(name)

    def load(self, name: str) -> None:
        """Import as a statement does: no frame stands between its own and those of Python's machinery."""
        exec(compile(f"{_IMPORT}({name!r})", "<importer>", "exec"), self)

    def is_outside(self, frame: Any) -> bool:
        """Whether the frame is that of the import, or one that has led to it, as seen from within."""
        inner: Any = sys._getframe(1)
        while inner is not None and inner.f_globals is not self:
            if inner is frame:
                return False
            inner = inner.f_back
        return inner is not None


_IMPORT = "__import__"


def keep_finders(asked: Callable[[str, str], None]) -> Callable[[], None]:
    """Hear who looks at where finders stand by path; what is returned takes it back."""
    original = sys.path_importer_cache
    words = "looks at sys.path_importer_cache"
    noted = sys.path_importer_cache = NotingReaders(original, lambda caller: asked(words, caller))

    def back() -> None:
        original.clear()
        original.update(dict.copy(noted))
        sys.path_importer_cache = original

    return back


def keep_filters(asked: Callable[[str, str], None]) -> Callable[[], None]:
    """Hear who looks at what of warnings is shown; who changes it is seen once that is taken back."""
    original: Any = warnings.filters
    held: Any = list.copy  # it tells nobody
    noted: Any = NotingCallers(original, lambda caller: asked("looks at warnings.filters", caller))
    warnings.filters = noted

    def back() -> None:
        if warnings.filters is noted:  # a copy of it is not
            original[:] = held(noted)
            warnings.filters = original

    return back


class Stand:
    """Stands in for a built-in function; unlike one of Python's it is no method of a class that keeps it."""

    def __init__(self, function: Any, original: Any) -> None:
        self.function = function
        self.original = original

    def __call__(self, *args: Any, **named: Any) -> Any:
        return self.function(*args, **named)

    def __eq__(self, other: object) -> bool:
        return other is self or bool(
            self.original == other
        )  # os.supports_dir_fd and its like hold the original

    def __hash__(self) -> int:
        return hash(self.original)


def give_back(holders: Iterable[Any], any_left: Callable[[], Any]) -> None:
    """Modules that have taken a function by its name get the one it meant.

    Hardly ever have their classes, or functions' defaults: they are gone through where ``any_left`` are.
    """
    # by their types alone: what stands for something else (Django's settings) asks it for its class
    own = [(holder, getattr(holder, "__dict__", {})) for holder in holders]
    for holder, there in own:
        if Stand in set(map(type, list(there.values()))):
            _give_back(holder, there)
    for holder, there in own if any_left() else ():
        name = getattr(holder, "__name__", None)
        for value in list(there.values()):
            if type(value) is types.FunctionType:
                _give_back_defaults(value)
            elif issubclass(type(value), type) and value.__module__ == name:
                _give_back(value, vars(value))


def _give_back(holder: Any, own: Mapping[str, Any]) -> None:
    for name, value in list(own.items()):
        if type(value) is Stand:
            setattr(holder, name, value.original)
        elif type(value) is types.FunctionType:
            _give_back_defaults(value)


def _give_back_defaults(function: types.FunctionType) -> None:
    defaults, named = function.__defaults__, function.__kwdefaults__
    if defaults and Stand in map(type, defaults):
        function.__defaults__ = tuple(map(_meant, defaults))
    if named and Stand in map(type, named.values()):
        function.__kwdefaults__ = {name: _meant(value) for name, value in named.items()}


def _meant(value: Any) -> Any:
    return value.original if type(value) is Stand else value


def give_back_to_holders(stands: Sequence[Stand], own: Any) -> None:
    """In tables, cells and objects, as dataclasses' fields are, whoever holds these; ``own`` is no such list.

    What cannot be changed, a partial, has them still.
    """
    for stand in stands:
        for holder in holders(stand, [stands, own]):
            _give_back_to(holder, stand)


def holders(stand: Stand, own: Sequence[Any]) -> List[Any]:
    """Who has it, those of ``own`` left out, and lists of these, as far as the collector sees."""
    return [one for one in gc.get_referrers(stand) if not any(one is other for other in own)]


def _give_back_to(holder: Any, stand: Stand) -> None:
    kind = type(holder)
    if issubclass(kind, dict):
        _give_back_in(holder, stand, gc.get_referrers(holder))
    elif issubclass(kind, list):
        list.__setitem__(holder, slice(None), list(map(_meant, list.copy(holder))))
    elif kind is _CELL:
        holder.cell_contents = stand.original
    elif kind is tuple:
        for function in gc.get_referrers(holder):
            if type(function) is types.FunctionType:
                _give_back_defaults(function)
    else:
        _give_back_members(holder, stand)


_CELL = types.CellType


def _give_back_in(holder: Dict[str, Any], stand: Stand, holding: List[Any]) -> None:
    """Python remembers what it has found in a class: that is told of the change."""
    classes = [one for one in holding if issubclass(type(one), type)]
    for name in [key for key, value in dict.items(holder) if value is stand]:
        changed = [one for one in classes if vars(one).get(name) is stand]
        for one in changed:
            type.__setattr__(one, name, stand.original)
        if not changed:
            dict.__setitem__(holder, name, stand.original)


def _give_back_members(holder: Any, stand: Stand) -> None:
    try:
        own = object.__getattribute__(
            holder, "__dict__"
        )  # since Python 3.11 it may be none until it is asked for
    except AttributeError:
        own = {}
    for name in [key for key, value in own.items() if value is stand]:
        own[name] = stand.original
    slots = (one for kind in type(holder).__mro__ for one in vars(kind).values() if type(one) is _SLOT)
    for slot in slots:
        try:
            if slot.__get__(holder) is stand:
                slot.__set__(holder, stand.original)
        except (AttributeError, TypeError):  # it is empty, or must not be changed
            continue


_SLOT = types.MemberDescriptorType

"""What functions of installed packages remember (``lru_cache``), and whether it is as they have given it.

All callers are given one and the same list, and what one of them puts into it the next one finds. A function
that is decorated while we listen says, where it has been at work, how what it gives was then: nothing else of
what is remembered is anybody's doing, since it would be given again, but for what came of something that had
been set for a while only: the next one who asks would have given it otherwise.
"""

from __future__ import annotations

import functools
import gc
import types
import weakref
from typing import Any, Callable, Dict, Iterator, List, Optional, Set

from ... import originals
from ...originals import identity
from ...record.loading import Loading
from ..asked import answers_of, attributes_of
from .worth import is_still

__tracebackhide__ = True

Picture = Callable[[Any], List[Any]]
MOST_RESULTS = 500
"""Of one function that are not still; of any more it is never said that they are as they were."""
MOST_STILL = 20_000
"""Of one function in all: matplotlib's remembers of a thousand methods whether each is an alias."""


def install(
    is_installed: Callable[[Dict[str, Any]], bool],
    picture: Picture,
    passing: Callable[[], int] = lambda: 0,
    loading: Optional[Loading] = None,
) -> None:
    """Hear what functions give that are decorated from now on, in code of which the globals say so.

    ``passing`` counts how often somebody has asked for what a test file has set, and may take back;
    ``loading`` is told of what is given while something else is set otherwise.
    ``functools`` is as it was for who looks at it: the kind of what is made, and its signature, are those of
    Python. Its own function looks the kind up among its globals, and is given others.
    """
    original: Any = functools.lru_cache
    kind: Any = getattr(functools, "_lru_cache_wrapper", None)
    if type(original) is not types.FunctionType or not issubclass(type(kind), type):
        return

    def make(function: Any, *args: Any) -> Any:
        if type(function) is types.FunctionType and is_installed(function.__globals__):
            function = _told(function, picture, passing, loading or Loading())
        found = kind(function, *args)
        if _hears(function):
            function.by = weakref.ref(found)
            _ALL.append(function.by)
        return found

    known = {**original.__globals__, "_lru_cache_wrapper": make}
    again = types.FunctionType(original.__code__, known, original.__name__, original.__defaults__)
    functools.lru_cache = functools.update_wrapper(again, original)
    del again.__wrapped__  # type: ignore[attr-defined]


_ALL: List[Any] = []


def answers() -> List[Any]:
    """How often each of these functions has been asked, and for how many things it remembers its answer."""
    kind: Any = getattr(functools, "_lru_cache_wrapper", None)
    return [kind.cache_info(one) for one in (by() for by in _ALL) if one is not None]


def _told(function: Any, picture: Picture, passing: Callable[[], int], loading: Loading) -> Any:
    """The same, telling how what it gives was; not of one that calls itself, which may do so very deeply."""
    if _calls_itself(function):
        return function
    as_made: Dict[int, List[Any]] = {}
    of_a_while: Set[int] = set()

    def tell(*args: Any, **kwargs: Any) -> Any:
        before, placed = passing(), originals.PLACED[0]
        found = function(*args, **kwargs)
        if passing() != before:
            of_a_while.add(identity(found))
            return found
        number, by = identity(found), again.by
        given = (*args, *kwargs.values())
        loading.gives(
            function, given, originals.PLACED[0] != placed, lambda: Remembered(by(), picture).has(number)
        )
        if not is_still(found) and len(as_made) < MOST_RESULTS:
            as_made[number] = picture(found)
        return found

    # no frame of anybody's for who asks for the caller, as warnings do
    again: Any = originals.of_importlib(tell)
    again.as_made, again.of_a_while = as_made, of_a_while
    return again


class Remembered:
    """Of one function. Of what nobody has heard how it was made it counts how it is."""

    def __init__(self, function: Any, picture: Picture) -> None:
        self._function = function
        self._picture = picture
        inner: Any = (attributes_of(function) or {}).get("__wrapped__")
        self._calls_itself = type(inner) is types.FunctionType and _calls_itself(inner)

    def has(self, number: int) -> bool:
        """Whether a result of that identity is remembered."""
        if self._function is None:
            return False
        return number in map(identity, self._results(gc.get_referents(self._function)))

    def told(self) -> List[Any]:
        """What is another than as it was made; nothing but that."""
        inside = gc.get_referents(self._function)
        heard: Any = next((one for one in inside if _hears(one)), None)
        as_made: Dict[int, List[Any]] = heard.as_made if heard is not None else {}
        of_a_while: Set[int] = heard.of_a_while if heard is not None else set()
        found: List[Any] = []
        compared = 0
        for number, one in enumerate(self._results(inside)):
            # of a function that calls itself nobody has heard what it found
            passes = identity(one) in of_a_while or (heard is None and self._calls_itself)
            compared += passes or not is_still(one)
            if compared > MOST_RESULTS or number > MOST_STILL:
                return [object()]
            if passes or not is_still(one):
                now = self._picture(one)
                if passes or as_made.get(identity(one)) != now:
                    found.append((type(one), now))
        return found

    def _results(self, inside: List[Any]) -> Iterator[Any]:
        return (one for one in answers_of(self._function, inside) if not _hears(one))


def _calls_itself(function: Any) -> bool:
    return function.__name__ in function.__code__.co_names


def _hears(one: Any) -> bool:
    return type(one) is types.FunctionType and one.__globals__ is globals()

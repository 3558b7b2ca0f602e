"""The states of the workspace's modules: one that surely is as it was is not walked through."""

from __future__ import annotations

import collections
from typing import Any, Dict, List, Mapping, Set

from . import objects
from .shape import SEES_TYPES, Shape
from .shaped import Unfit, shape_of

UNKNOWN = object()
"""Of what cannot be compared; it is another each time."""
_TOGETHER = 32
_MOST_CALM = 16


class Shapes:
    """A module is given a shape once it has been the same, the later the oftener it no longer fitted one."""

    def __init__(self) -> None:
        self._states: Dict[str, Any] = {}
        self._calm: Dict[str, int] = collections.defaultdict(int)
        self._needed: Dict[str, int] = {}
        self._bundles: List[_Bundle] = []

    def clear(self) -> None:
        self.__init__()  # type: ignore[misc]

    def doubt(self) -> None:
        """Modules have come in place of others: what counts where may be another."""
        self._bundles.clear()

    def states(self, modules: Mapping[str, Any]) -> Dict[str, Any]:
        """How modules are, by their names."""
        fitting: Set[str] = set()
        for bundle in list(self._bundles):
            for name in bundle.unfit(modules):
                bundle.drops(name)
                self._needed[name] = min(2 * self._needed.get(name, 1), _MOST_CALM)
                self._calm[name] = 0
            fitting.update(bundle.shapes)
            if not bundle.shapes:
                self._bundles.remove(bundle)
        return {
            name: self._states[name] if name in fitting else self.walk(name, module)
            for name, module in modules.items()
        }

    def walk(self, name: str, module: Any) -> Any:
        """How a module is, which is looked at whole."""
        before = self._states.get(name, UNKNOWN)
        try:
            state, kept = objects.walked(module)
        except Exception:  # too much, or a thread changes what is being looked at, or it is like nothing else
            self._states[name] = UNKNOWN
            return UNKNOWN
        self._states[name] = state
        if before is UNKNOWN or before != state:
            self._calm[name] = 0
            return state
        self._calm[name] += 1
        if SEES_TYPES and self._calm[name] >= self._needed.get(name, 1):
            self._shape(name, module, kept)
        return state

    def _shape(self, name: str, module: Any, kept: List[Any]) -> None:
        """What another thread does meanwhile would be in the shape and not in the state."""
        try:
            shape = shape_of(module, kept)
            if objects.fingerprint(module) != self._states[name]:
                raise Unfit
        except Exception:  # likewise
            self._calm[name], self._needed[name] = 0, _MOST_CALM
            return
        self._calm[name] = 0
        if not self._bundles or len(self._bundles[-1].shapes) >= _TOGETHER:
            self._bundles.append(_Bundle())
        self._bundles[-1].adds(name, shape)


class _Bundle:
    """Modules that are compared together, and one by one where something differs."""

    def __init__(self) -> None:
        self.shapes: Dict[str, Shape] = {}
        self._all: Any = None

    def adds(self, name: str, shape: Shape) -> None:
        self.shapes[name], self._all = shape, None

    def drops(self, name: str) -> None:
        del self.shapes[name]
        self._all = None

    def unfit(self, modules: Mapping[str, Any]) -> List[str]:
        """The names of those that may be otherwise, or are not asked for."""
        if self._all is None:
            self._all = Shape.of_all(list(self.shapes.values()))
        if self.shapes.keys() <= modules.keys() and _fits(self._all, [modules[name] for name in self.shapes]):
            return []
        return [
            name
            for name, shape in self.shapes.items()
            if name not in modules or not _fits(shape, [modules[name]])
        ]


def _fits(shape: Shape, modules: List[Any]) -> bool:
    try:
        return shape.fits(modules)
    except Exception:  # a thread is changing what is being looked at
        return False

"""Compiled modules that read by themselves where certain functions are called, and else not at all.

To load one reads nothing that is not noted (:func:`.natives.note`), so that who only has it loaded, a plugin
say, is kept. Each was run under ``strace -f -e trace=file,network,process`` beside the audit events, while it
was imported and by calls of all that it is used for.
"""

from __future__ import annotations

import functools
import sys
import types
from typing import Any, Callable, Dict, Iterable, Tuple

from .. import callers, originals
from ..record.recorder import Recorder

__tracebackhide__ = True

CALLS: Dict[str, Tuple[str, ...]] = {
    # cffi 2.1: memory and types, until a library is opened, or said to be opened (a module that was generated
    # for ``dlopen``). Libraries that were built with it are compiled modules themselves
    "_cffi_backend": ("load_library", "FFI"),
}
"""The compiled modules that are trusted but for these functions and classes."""
_INSIDE: Dict[str, Dict[str, str]] = {
    # all of OpenSSL, as pyOpenSSL has it; cryptography 50 itself asks it whether it has a function
    "cryptography.hazmat.bindings.openssl.binding": {"Binding": "cryptography."},
}
"""Modules in Python that give away what no trace holds to who makes one of a class, but to these."""
WRAPPED = frozenset((*CALLS, *_INSIDE))


def come_too_late(recorder: Recorder, names: Iterable[str]) -> None:
    """What is there before anybody listens, others may hold as it was."""
    for name in names:
        if name in sys.modules:
            recorder.incomplete(f"has loaded {name} before it could be traced")


def wrap(recorder: Recorder, module: Any) -> None:
    """A module has run, perhaps again: Python makes a compiled one anew of what it was at first."""
    name = originals.attribute(module, "__name__")
    for called in CALLS.get(name, ()):
        tell(recorder, module, called, f"calls {name}.{called}, which may read by itself")
    for cls, own in _INSIDE.get(name, {}).items():
        found = getattr(module, cls, None)
        _tell_of_strangers(recorder, found, own, f"uses {name}.{cls}")
        _tell_of_what_it_holds(recorder, getattr(found, "lib", None), own, f"uses {name}.{cls}")


def tell(recorder: Recorder, holder: Any, name: str, reason: str) -> None:
    """Let each call of a function or class, if there is one, make the trace incomplete for that reason."""
    original = getattr(holder, name, None)
    if original is None:
        return

    def tells() -> None:
        if recorder.listening:
            recorder.incomplete(reason)

    def telling(*args: Any, **kwargs: Any) -> Any:
        tells()
        return original(*args, **kwargs)

    if originals.is_class(original):
        setattr(holder, name, _class_that(tells, original))
    else:
        setattr(holder, name, originals.in_place_of(original, telling))


def _class_that(tells: Callable[[], None], original: Any) -> Any:
    """A class is asked for its attributes, too, and which of its objects somebody has, and has classes below.

    An object of its own is one of the original.
    """
    kind = type(original)

    class Telling(kind):  # type: ignore[misc,valid-type]
        def __call__(cls, *args: Any, **kwargs: Any) -> Any:
            tells()
            return original(*args, **kwargs) if cls is standing else super().__call__(*args, **kwargs)

        def __instancecheck__(cls, instance: Any) -> bool:
            return isinstance(instance, original) if cls is standing else super().__instancecheck__(instance)

        def __subclasscheck__(cls, other: Any) -> bool:
            return issubclass(other, original) if cls is standing else super().__subclasscheck__(other)

    standing = Telling(original.__name__, (original,), {"__module__": original.__module__})
    return standing


def _tell_of_strangers(recorder: Recorder, cls: Any, own: str, reason: str) -> None:
    original = getattr(cls, "__init__", None)
    if original is None:
        return

    @functools.wraps(original)
    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:
        if recorder.listening and not callers.module(originals.frame(1)).startswith(own):
            recorder.incomplete(reason)
        original(self, *args, **kwargs)

    cls.__init__ = __init__


def _tell_of_what_it_holds(recorder: Recorder, lib: Any, own: str, reason: str) -> None:
    """Who makes none of the class gets it of the class, or of the house: ``backend._lib``."""
    if type(lib) is not types.ModuleType:
        return

    class Telling(types.ModuleType):
        def __getattribute__(self, name: str) -> Any:
            if recorder.listening and not name.startswith("__"):
                by = callers.module(originals.frame(1))
                if not by.startswith((own, *callers.OURS)):
                    recorder.incomplete(reason)
            return super().__getattribute__(name)

    lib.__class__ = Telling

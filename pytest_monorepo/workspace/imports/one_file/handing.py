"""What a file hands to functions of others, and where it goes through what it is handed itself."""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Iterator

from .expressions import Function, arguments_of, called, decorators_of, holder_of, makes_fixture, receiver
from .leading import Reading
from .literals import last_name
from .naming import WALKING
from .places import ANYWHERE, FILE, GIVEN, HERE, TOP, Place

TOLD = "@"
"""The pattern of a folder that is handed on, and the origin of a walk through one that was handed here."""
GOES = ">"
"""The pattern of a folder that a file goes to, so that others are seen from there."""

HANDS_WORDS = (
    *(b"parents[", b".parent.parent", b"dirname(os.path.dirname(", b"dirname(dirname("),
    *(b"rootpath", b"rootdir", b"ROOT", b"_root", b"show-toplevel", b"chdir(", b"working_directory("),
    *(b"pushd(",),
)
# these keep what they are told, or go there: none goes through it
_KEEPS = frozenset(
    (
        *("append", "extend", "insert", "add", "setdefault", "chdir", "pushd", "working_directory"),
        *("fixture", "parametrize", "fspath", "joinpath"),
        *("relative_to", "is_relative_to", "samefile", "startswith", "endswith", "exists", "is_dir"),
    )
)
# these call what they are told with what they are told
_CALLS = frozenset(
    (
        *("partial", "partialmethod", "map", "starmap", "filter", "reduce", "to_thread", "Thread", "Timer"),
        *(
            "Process",
            "start_new_thread",
            "run_sync",
            "run_in_executor",
            "register",
            "call_soon",
            "call_later",
        ),
    )
)
# and these do if what they are told is a function: sorted(ROOTS, key=scan)
_MAY_CALL = frozenset(
    (
        *("sorted", "min", "max", "nsmallest", "nlargest", "merge", "groupby", "accumulate", "takewhile"),
        *("dropwhile", "filterfalse", "call"),
    )
)
# of what is given from elsewhere nobody knows what it is but by its name
_A_FOLDER = re.compile(
    r"root|repo|dir|path|\btop\b|workspace|base|here|project|tree|folder|checkout|libs|src", re.IGNORECASE
)


def handed_on(reading: Reading) -> Iterator[tuple[Place, str]]:
    """Where what leads that functions of other files are told, as far as it may lie elsewhere.

    Behind the sign stands which function, where that is seen and what it gives of it is followed.
    """
    for node in reading.calls:
        name = last_name(node.func) or ""
        is_kept = name in _KEEPS and not _is_asked_for(node)
        if is_kept or name in WALKING or name in reading.paths or _is_known(reading, node, name):
            continue
        whose = _told_to(reading, node)
        for one in (*node.args, *(word.value for word in node.keywords)):
            for place in filter(_may_lie_elsewhere, reading.places(one)):
                yield place, TOLD if place.origin.startswith(GIVEN) else TOLD + whose


def _told_to(reading: Reading, call: ast.Call) -> str:
    """Which function that is, where all that it is told is followed into what it gives."""
    if not isinstance(call.func, ast.Name) or call.keywords or not reading.places(call):
        return ""
    return reading.whose(call.func)


def _is_asked_for(call: ast.Call) -> bool:
    """Whether fixtures are told what tests are parametrized with: ``indirect=True``."""
    return any(word.arg == "indirect" for word in call.keywords)


def _is_known(reading: Reading, call: ast.Call, name: str) -> bool:
    """Whether the function is the file's own, where that is seen, or the library's."""
    if name in _CALLS or (name in _MAY_CALL and _is_told_of_others(reading, call)):
        return False
    if isinstance(call.func, ast.Name):
        return name in reading.functions or hasattr(builtins, name)
    holder = called(receiver(call))
    return holder == "path" or (holder in reading.modules and holder not in reading.given)


def _is_told_of_others(reading: Reading, call: ast.Call) -> bool:
    """Whether it is told what another file has, ``scan`` or ``helpers.scan``, by that name alone."""
    given = (*call.args, *(word.value for word in call.keywords))
    names = (holder_of(one) if isinstance(one, ast.Attribute) else last_name(one) for one in given)
    return any(name in reading.given for name in names)


def _may_lie_elsewhere(place: Place) -> bool:
    if place.origin.startswith(GIVEN):
        return _A_FOLDER.search(place.origin) is not None
    return (
        place.origin in (ANYWHERE, TOP)
        or (place.origin == FILE and place.steps > 1)
        or (place.origin == HERE and place.steps > 0)
    )


def gone_to(reading: Reading) -> Iterator[Place]:
    """Where the file goes, for all that runs after it: a fixture that every test has."""
    yield from (place for place in reading.gone if place.origin != HERE or place.steps)


def is_told(reading: Reading, node: ast.expr | None) -> bool:
    """Whether an expression is what a function is told by whoever calls it.

    Each name is looked at once: of one that has many values, and these of others, there would be no end.
    """
    told, seen, waiting = _told_names(reading), set[str](), [node]
    while waiting:
        one = waiting.pop()
        if isinstance(one, ast.Name | ast.Attribute):
            name = last_name(one) or ""
            if (name in told) if isinstance(one, ast.Name) else _is_given(reading, one):
                return True
            if name not in seen:
                seen.add(name)
                waiting += [value for value in reading.values_of(one) if value is not one]
            waiting += [one.value] if isinstance(one, ast.Attribute) else []
        elif isinstance(one, ast.Call):
            waiting += [receiver(one), *one.args]
        elif isinstance(one, ast.BinOp):
            waiting.append(one.left)
        elif isinstance(one, ast.BoolOp):
            waiting += one.values
        elif isinstance(one, ast.Subscript):
            waiting.append(one.value)
    return False


def _is_given(reading: Reading, node: ast.Attribute) -> bool:
    """Whether it is a field of a class without ``__init__``, a dataclass, or what a fixture is told."""
    is_field = any(node.attr in names for names in reading.fields.values())
    return is_field or (node.attr == "param" and holder_of(node) == "request")


def _told_names(reading: Reading) -> frozenset[str]:
    """The arguments of functions that are neither tests nor fixtures, and no ``self``."""
    found = reading.__dict__.get("told names")
    if found is None:
        found = frozenset(
            argument
            for name, functions in reading.functions.items()
            for function in functions
            if not name.startswith("test") and not any(map(makes_fixture, decorators_of(function)))
            for argument in (*arguments_of(function), *_others_of(function))
            if argument not in ("self", "cls")
        )
        reading.__dict__["told names"] = found
    return found


def _others_of(function: Function) -> list[str]:
    """``*roots``, ``**places``."""
    return [one.arg for one in (function.args.vararg, function.args.kwarg) if one is not None]

"""No pattern of the package tries the same text twice: what is read may be anybody's file."""

from __future__ import annotations

import ast
import random
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from pytest_monorepo.affected.rules import path_kinds as rules
from tests.sampling import Part

from .steps import Matcher, TooMany

ROOT = Path(__file__).parents[2] / "pytest_monorepo"
FUNCTIONS = frozenset(
    ("compile", "sub", "subn", "match", "fullmatch", "search", "findall", "finditer", "split")
)
GENERIC = (*"ab1 \t\n.,:;=#'\"()[]{}<>-_/\\@~+*^$|!", "from ", "import ", "\\\n", " #", "==", "a.", "--")
ROUNDS = 6
LETTERS = 60
SHORT, LONG = 8, 16
# asked of names of files alone, which systems keep short
OF_NAMES = (rules._NOT_PROSE,)
# steps a character that a pattern may take from one place, however long the text
FEW = 8


def literals(file: Path) -> Iterator[tuple[int, str | bytes, int]]:
    """Line, pattern and flags of each call of :mod:`re` with a pattern that is spelled out."""
    text = file.read_text(encoding="utf-8")
    # most of the time is parsing
    for node in ast.walk(ast.parse(text)) if "re." in text else ():
        if isinstance(node, ast.Call) and _is_of_re(node.func) and node.args:
            value = getattr(node.args[0], "value", None)
            if isinstance(node.args[0], ast.Constant) and isinstance(value, (str, bytes)):
                whole = getattr(node.func, "attr", "") == "fullmatch" and isinstance(value, str)
                yield node.lineno, rf"(?:{value!s})\Z" if whole else value, _flags(node)


def _is_of_re(function: ast.expr) -> bool:
    of_module = isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name)
    return of_module and function.value.id == "re" and function.attr in FUNCTIONS  # type: ignore[attr-defined]


def _flags(call: ast.Call) -> int:
    names = [node.attr for node in ast.walk(call) if isinstance(node, ast.Attribute) and node.attr.isupper()]
    return sum({int(getattr(re, name)) for name in names if hasattr(re, name)})


def patterns() -> dict[str, re.Pattern[Any]]:
    """Every one of the package by its place: those in calls, and what readers hold at their top."""
    found: dict[str, re.Pattern[Any]] = {}
    for file in sorted(ROOT.rglob("*.py")):
        for line, pattern, flags in literals(file):
            found[f"{file.relative_to(ROOT).as_posix()}:{line}"] = re.compile(pattern, flags)
    for name, module in sorted(sys.modules.items()):
        if name.startswith(("pytest_monorepo.workspace.", "pytest_monorepo.affected.")):
            for key, value in vars(module).items():
                if isinstance(value, re.Pattern):
                    found[f"{name}.{key}"] = value
    return {place: pattern for pattern, place in {pattern: place for place, pattern in found.items()}.items()}


def pieces(pattern: re.Pattern[Any]) -> Sequence[str]:
    """What a text is made of that is to lead the pattern on: what it names, often."""
    source = pattern.pattern if isinstance(pattern.pattern, str) else pattern.pattern.decode("latin-1")
    return [*GENERIC, *re.findall(r"[A-Za-z]{2,}", re.sub(r"\\[A-Za-z]", " ", source)) * 3]


def worst(pattern: re.Pattern[Any], rng: random.Random, rounds: Sequence[int] = range(ROUNDS)) -> str:
    """A text for which the steps a character grow as it does; empty where none was found."""
    parts = pieces(pattern)
    for _ in rounds:
        before = "".join(rng.choice(parts) for _ in range(rng.randrange(3)))
        again = "".join(rng.choice(parts) for _ in range(rng.randrange(1, 4)))
        after = rng.choice(["", "\x00", rng.choice(parts)])
        times = max(3, LETTERS // len(again))
        short, long = (before + again * number + after for number in (times, 2 * times))
        few, many = steps(pattern, short), steps(pattern, long)
        if _grows(few, many):
            return long
    return ""


def _grows(few: float, many: float) -> bool:
    return many == float("inf") or (many > FEW and many > 1.4 * few)


def steps(pattern: re.Pattern[Any], text: str) -> float:
    """Of the costliest attempt from one place, a character. What is found must be what :mod:`re` finds."""
    given: Any = text.encode("latin-1") if isinstance(pattern.pattern, bytes) else text
    matcher = Matcher(pattern, 5_000)
    try:
        spans = matcher.spans(given)
    except TooMany:
        return float("inf")
    assert spans == [found.span() for found in pattern.finditer(given)], (pattern.pattern, text)
    return matcher.longest / (len(text) + 1)


def test_the_matcher_counts_what_backtracks() -> None:
    """Else the test below could not fail: patterns that were in the package, or are known for it."""
    rng = random.Random(3)
    for source in (r"(?:a|ab?)*c", r"(?:a+)+b", r".*constraints.*constraints.*\.txt", r"a*a*a*b"):
        text = "constraints" if "constraints" in source else "a"
        few, many = (steps(re.compile(source), text * times) for times in (SHORT, LONG))
        assert _grows(few, many), source
    assert not worst(re.compile(r"^\s*#.*$"), rng)


@pytest.mark.slow
def test_no_pattern_of_the_package_backtracks(part: Part) -> None:
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(100_000)
    try:
        every = {place: pattern for place, pattern in patterns().items() if pattern not in OF_NAMES}
        rounds = part(range(ROUNDS), 3)
        found = {place: worst(pattern, random.Random(place), rounds) for place, pattern in every.items()}
    finally:
        sys.setrecursionlimit(limit)
    assert len(every) > 100
    assert {place: text for place, text in found.items() if text} == {}


@pytest.mark.parametrize("name", ["constraints.txt", "my-Constraints-3.txt", "requirements-constraints.txt"])
def test_constraints_are_read_whatever_is_around_the_word(name: str) -> None:
    from pytest_monorepo.affected.locks.names import kind

    assert kind(name) is not None
    assert kind(name.replace(".txt", ".md")) is None

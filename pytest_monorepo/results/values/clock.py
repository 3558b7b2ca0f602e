"""Whether a source calls the clock or chance itself: then running it again may not give the same.

What it calls only through other packages is not seen; ``cached-max-age`` bounds that.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

_CLOCK = frozenset(
    {"time", "time_ns", "clock_gettime", "clock_gettime_ns", "localtime", "gmtime", "ctime", "strftime"}
    | {"asctime"}
)
_GIVEN = {"localtime": 1, "gmtime": 1, "ctime": 1, "asctime": 1, "strftime": 2}
"""With so many arguments they only convert what they are given."""
_MAIL = frozenset({"formatdate", "localtime", "make_msgid"})
_NOW = frozenset({"now", "utcnow", "today"})
_CHANCE = frozenset({"random", "secrets", "uuid"})
_HARMLESS = frozenset(
    {"Random", "UUID", "uuid3", "uuid5", "NAMESPACE_DNS", "NAMESPACE_URL", "compare_digest"}
)


def clock_in(source: bytes, path: str) -> str | None:
    """The first call of the clock or of chance in a Python source, as ``time.time``; ``None`` without."""
    # SQLite tells of a function that a statement calls, and not of one that fills what it leaves out
    # (the pattern looks at each letter, since it takes them large and small)
    if b"default" in source.lower() and (default := _SQL_DEFAULT.search(source)):
        return f"SQL's {default[1].decode().rstrip('( ').lower()}"
    if path.endswith(".sql"):
        return None
    # what is not ASCII may be another way to write a name (PEP 3131)
    if source.isascii() and not (any(word in source for word in _WORDS) and _MAY_CALL.search(source)):
        return None
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return "what cannot be parsed"
    return next(_calls(tree), None)


_WORDS = (
    b"time",
    b"today",
    b"now",
    b"random",
    b"secrets",
    b"uuid",
    b"formatdate",
    b"make_msgid",
    b"getp",
    b"getsid",
    b"Timestamp",
)
"""Whatever :data:`_MAY_CALL` finds holds one of these."""
_SQL_DEFAULT = re.compile(
    rb"(?i)\bdefault(?:[\s(]+|(?<!def default)\s*\([^;)]{0,200}?\b)(current_(?:timestamp|date|time)\b"
    rb"|(?:random|randomblob|date|time|datetime|julianday|unixepoch|strftime)\s*\()"
)
_MAY_CALL = re.compile(
    rb"\b(?:now|utcnow|today|time_ns|clock_gettime|clock_gettime_ns|localtime|gmtime|ctime|strftime|asctime"
    rb"|urandom|getrandom|times|getpid|getppid|getpgrp|getpgid|getsid|formatdate|make_msgid|random|secrets|uuid|datetime64|Timestamp|to_datetime)\b"
    # "import time" by itself calls nothing, "time.perf_counter" no clock that tells the time
    # (a comment is taken up to its line's end or not at all: else a line of signs has ways without number;
    # so many of them are parsed: else each line that ends in a dot would be followed through all that come)
    rb"|(?:\.|\bfrom\b)[\s\\]*(?:(?:#[^\r\n]*[\r\n][\s\\]*){50}|(?:#[^\r\n]*[\r\n][\s\\]*){0,49}time\b)"
)
"""Each thing that :func:`_calls` names has one of these words; to parse takes fifty times as long."""


def _calls(tree: ast.Module) -> Iterator[str]:
    modules = dict(_modules(tree))
    converting: set[ast.expr] = set()  # a call is walked before what it calls
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module is not None and not node.level:
            for alias in node.names:
                if _is_read(node.module, alias.name):
                    yield f"{node.module}.{alias.name}"
        elif isinstance(node, ast.Call) and _only_converts(node, modules):
            converting.add(node.func)
        elif isinstance(node, ast.Call) and _resolved(node.func, modules) == "os.kill":
            # a signal to oneself, whoever that is
            converting.update(one.func for one in node.args[:1] if isinstance(one, ast.Call))
        elif node in converting:
            continue
        elif isinstance(node, ast.Attribute) and _is_read(_resolved(node.value, modules), node.attr):
            yield f"{_name(node.value)}.{node.attr}"
        elif isinstance(node, ast.Call) and (what := _asked_by(node, _resolved(node.func, modules))):
            yield f"{_name(node.func)} {what}"


def _asked_by(call: ast.Call, name: str) -> str:
    """What a call asks the clock or chance for by what it is given, or not given; empty for neither."""
    given = [*call.args, *(keyword.value for keyword in call.keywords)]
    # None is no seed either (random.seed, numpy.random.default_rng), and is what both have by default
    if name in _SEEDED and all(map(_is_none, given)):
        return "without a seed"
    # NumPy 2.3 and pandas 2.3 parse these words
    words = (node.value for node in given if isinstance(node, ast.Constant))
    parses = name.rpartition(".")[2] in _PARSING
    return next((f"of {word}" for word in words if parses and word in ("now", "today")), "")


def _only_converts(call: ast.Call, modules: dict[str, str]) -> bool:
    """``time.localtime(0)``."""
    module, _, name = _resolved(call.func, modules).rpartition(".")
    plain = not any(isinstance(word, ast.Starred) or _is_none(word) for word in call.args)
    return module == "time" and plain and len(call.args) >= _GIVEN.get(name, _NEVER)


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


_NEVER = 1_000


def _is_read(module: str, name: str) -> bool:
    if name in _NOW:
        return module.rpartition(".")[2] in _TELL_NOW
    if module == "time":
        return name in _CLOCK or name == "*"
    if module == "os":
        return name in ("urandom", "getrandom", "times") or name in _NUMBERS
    if module == "email.utils":
        return name in _MAIL
    if module == "numpy.random":
        return name not in ("default_rng", "Generator", "RandomState")
    return module in _CHANCE and name not in _HARMLESS


_NUMBERS = frozenset({"getpid", "getppid", "getpgrp", "getpgid", "getsid"})
"""Of processes, which are others in each run."""

_TELL_NOW = frozenset(
    {"datetime", "date", "timezone", "pendulum", "arrow", "Timestamp", "DateTime", "Instant", "Arrow"}
)

_SEEDED = {"random.Random", "numpy.random.default_rng", "numpy.random.RandomState"}
_PARSING = frozenset({"datetime64", "Timestamp", "to_datetime"})


def _resolved(node: ast.expr, modules: dict[str, str]) -> str:
    """The dotted name behind the local one; empty for what is no name."""
    name = _name(node)
    if name is None:
        return ""
    first, dot, rest = name.partition(".")
    return modules.get(first, first) + dot + rest


def _modules(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """(local name, module or class) of what is imported."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                top = alias.name.partition(".")[0]
                yield (alias.asname, alias.name) if alias.asname else (top, top)
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            for alias in node.names:
                yield alias.asname or alias.name, f"{node.module}.{alias.name}"


def _name(node: ast.expr) -> str | None:
    """``a.b`` for such an expression."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        inner = _name(node.value)
        return None if inner is None else f"{inner}.{node.attr}"
    return None

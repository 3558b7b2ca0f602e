"""Numbers as people read them; also the filters of the templates."""

from __future__ import annotations

import re
import shlex
import time
from collections.abc import Mapping, Sequence

from pytest_monorepo.affected.rules.values import Reason

_DIRECTIONS = re.compile("[\u202a-\u202e\u2066-\u2069]")


def duration(seconds: float) -> str:
    """``"12 ms"``, ``"3.4 s"``, ``"2 min 5 s"``, ``"1 h 2 min"``."""
    if seconds < 0.9995:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60} min"


def percent(value: float | None, digits: int = 0) -> str:
    """``"87 %"``; never rounded to 100 or 0 where it is not, as in coverage.py."""
    if value is None:
        return "no data"
    step = 10.0**-digits
    shown = round(value, digits)
    if shown >= 100 > value:
        shown = 100 - step
    elif shown <= 0 < value:
        shown = step
    return f"{shown:.{digits}f} %"


def count(value: int) -> str:
    return f"{value:,}"


def plural(value: int, noun: str) -> str:
    """``"1 test"``, ``"2,000 tests"``."""
    return f"{value:,} {noun}" if value == 1 else f"{value:,} {noun}s"


def moment(epoch: float) -> str:
    """Local time with its offset, so that a page read elsewhere is not misread."""
    return time.strftime("%Y-%m-%d %H:%M %z", time.localtime(epoch))


def ranges(numbers: Sequence[int]) -> str:
    """``"3-5, 9"`` of sorted line numbers."""
    found: list[list[int]] = []
    for number in numbers:
        if found and number == found[-1][-1] + 1:
            found[-1][1:] = [number]
        else:
            found.append([number])
    return ", ".join("-".join(map(str, part)) for part in found)


def rerun(*what: str) -> str:
    """The command that runs tests, files or projects again, at the workspace's root."""
    return f"pytest --monorepo {shlex.join(what)}"


def first_line(text: str) -> str:
    """Of a message that may have several."""
    return next(iter(text.strip().splitlines()), "")


def signed(value: float, unit: str = "", digits: int = 0) -> str:
    sign = "+" if value > 0 else "−"
    return f"{sign}{abs(value):,.{digits}f}{unit}"


def visible(value: object) -> object:
    """Text whose direction controls (Unicode UAX #9) show as escapes, as pytest writes them in test ids.

    They let a name of a stranger read as another one. Anything but plain text, such as markup that was built
    from values already looked at, is left as it is.
    """
    if type(value) is not str:
        return value
    return _DIRECTIONS.sub(lambda match: f"\\u{ord(match[0]):04x}", value)


def cover_level(value: float | None) -> str:
    """The step of the colour scale, as a class name's end."""
    if value is None:
        return "none"
    return str(sum(value >= limit for limit in (50, 70, 85, 95)))


def reason(why: Reason, names: Mapping[str, str]) -> str:
    """A reason chain in one line: ``libs/core/a.py → core → app (imports core in app/main.py:3)``."""
    parts = [why.file] if why.file else []
    named = [(names.get(step.project, step.project), step.how) for step in why.steps]
    parts += [f"{name} ({how})" if how else name for name, how in named]
    chain = " → ".join(parts)
    return f"{why.why}: {chain}" if chain and why.why else chain or why.why

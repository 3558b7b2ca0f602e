"""The options that say how a run is shown, or when it stops: an input of those alone that ask for them."""

from __future__ import annotations

import argparse
import functools
from typing import Any, Dict, List, NamedTuple, NoReturn, Sequence, Tuple

OPTION = "pytest option "
"""How the names begin under which they stand among the variables that were read."""

JUNIT = "junitxml"
"""The one that no worker is told of: the file is the controller's."""

OF = {
    "verbose": "verbose",
    "quiet": "verbose",  # -q lowers the one and raises the other
    **{
        name: name
        for name in (
            *("maxfail", "showlocals", "color", "code_highlight", "fulltrace", "tbstyle", "showcapture"),
            *("xfail_tb", "reportchars", "fold_skipped", "force_short_summary", "disable_warnings"),
            *("no_header", "no_summary", "durations", "durations_min"),
        )
    },
}
"""Attribute of pytest's ``config.option`` → the option, as some words set two attributes or one together."""


NAMES = tuple(sorted(OPTION + name for name in {JUNIT, *OF.values()}))
"""All of them, as they stand among the variables."""


class Told(NamedTuple):
    """The words of a call: ``counted`` are those of no such option, ``shown`` what each is told, as text."""

    counted: List[str]
    shown: Dict[str, str]


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise ValueError(message)


def told(words: Sequence[str]) -> Told:
    """What the words say; where only pytest's own parser can take them apart all of them count."""
    return _told(tuple(words))


@functools.lru_cache(maxsize=64)
def _told(words: Tuple[str, ...]) -> Told:
    try:
        known, rest = _parser().parse_known_args(list(words))
    except ValueError:  # "-vk name"
        return Told([word for word in words if not word.startswith("--basetemp=")], {})
    shown = {OPTION + name: repr(value) for name, value in vars(known).items() if name != "basetemp"}
    return Told(rest, shown)


@functools.lru_cache(maxsize=None)  # noqa: UP033 (3.8 has no cache)
def _parser() -> _Parser:
    parser = _Parser(add_help=False, allow_abbrev=False, argument_default=argparse.SUPPRESS)
    add: Any = parser.add_argument
    for flags, to, value in _FLAGS:
        add(*flags, dest=to, action="append_const", const=value)
    for flags, to in _VALUES:
        add(*flags, dest=to, action="append")
    return parser


# as pytest 6.2 to 9 know them: terminal.py, main.py, runner.py, logging.py
_FLAGS = (
    (("-v", "--verbose"), "verbose", "more"),
    (("-q", "--quiet"), "verbose", "less"),
    (("-x", "--exitfirst"), "maxfail", "first"),
    (("-l", "--showlocals"), "showlocals", True),
    (("--no-showlocals",), "showlocals", False),
    (("--full-trace",), "fulltrace", True),
    (("--xfail-tb",), "xfail_tb", True),
    (("--no-fold-skipped",), "fold_skipped", False),
    (("--force-short-summary",), "force_short_summary", True),
    (("--disable-warnings", "--disable-pytest-warnings"), "disable_warnings", True),
    (("--no-header",), "no_header", True),
    (("--no-summary",), "no_summary", True),
)
_VALUES = (
    (("--verbosity",), "verbose"),
    (("--maxfail",), "maxfail"),
    (("--color",), "color"),
    (("--code-highlight",), "code_highlight"),
    (("--tb",), "tbstyle"),
    (("-r",), "reportchars"),
    (("--show-capture",), "showcapture"),
    (("--durations",), "durations"),
    (("--durations-min",), "durations_min"),
    (("--basetemp",), "basetemp"),
)

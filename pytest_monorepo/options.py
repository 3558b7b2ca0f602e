"""The command line options, declared once: for the controller's parser, and for workers to skip over."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Option:
    """``attrs`` are argparse's, as plain data: they also travel to the workers."""

    names: tuple[str, ...]
    attrs: dict[str, Any]
    help: str


OPTIONS = (
    Option(
        ("--monorepo",),
        {"action": "store_true"},
        "run every project of the workspace, each in isolation, as one pytest run",
    ),
    Option(
        ("--project",),
        {"action": "append", "default": [], "metavar": "GLOB"},
        "only projects whose name or path matches; repeatable, !GLOB excludes",
    ),
    Option(
        ("--workers",),
        {"default": None, "metavar": "N"},
        "how many projects run at a time: a number, or auto (default) for the number of cores",
    ),
    Option(
        ("--monorepo-start",),
        {"choices": ["fork", "spawn"], "default": None},
        "how workers start: fork a warm process (default where there is forking), or spawn a fresh one",
    ),
)


def plain() -> Iterator[list[Any]]:
    """Names and attributes of every option, for a worker that must accept and ignore them."""
    for option in OPTIONS:
        yield [list(option.names), option.attrs]

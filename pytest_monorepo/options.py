"""The command line options, declared once: for the controller's parser, and for workers to skip over."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple


class Option(NamedTuple):
    """``attrs`` are argparse's, as plain data: they also travel to the workers."""

    names: tuple[str, ...]
    attrs: dict[str, Any]
    help: str


AUTO = "auto base"
"""``--affected`` without a REF; no reference can be named so, since it holds a space."""

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
        ("--affected",),
        {"nargs": "?", "const": AUTO, "default": None, "metavar": "REF"},
        "only projects that the git difference to REF can reach; without REF: to the base that the CI names,"
        " else to the remote's default branch",
    ),
    Option(
        ("--affected-level",),
        {"choices": ["project", "file"], "default": None},
        "what --affected selects: whole projects (default), or the test files that a change can reach",
    ),
    Option(("--affected-explain",), {"action": "store_true"}, "say for every project and changed file why"),
    Option(
        ("--affected-audit",),
        {"action": "store_true"},
        "run everything, and report failures that the selection would have missed",
    ),
    Option(
        ("--affected-fetch",),
        {"action": "store_true"},
        "fetch history step by step until the merge base is known (a shallow clone)",
    ),
    Option(
        ("--monorepo-list",),
        {"nargs": "?", "const": "table", "default": None, "choices": ["table", "json", "github"]},
        "print what would run and why, and stop",
    ),
    Option(
        ("--monorepo-graph",),
        {"nargs": "?", "const": "mermaid", "default": None, "choices": ["mermaid", "dot", "json"]},
        "print the graph of projects, and stop",
    ),
    Option(
        ("--cached",),
        {"nargs": "?", "const": "on", "default": None, "choices": ["on", "verify"]},
        "replay the results of test files whose inputs have not changed, and keep the others'; verify: run"
        " everything and compare",
    ),
    Option(("--no-cached",), {"action": "store_true"}, "run everything, whatever the settings say"),
    Option(
        ("--cached-explain",),
        {"nargs": "?", "const": "-", "default": None, "metavar": "FILE"},
        "say for every project why it runs or is replayed (into FILE)",
    ),
    Option(("--cached-info",), {"action": "store_true"}, "say what is kept for --cached and where, and stop"),
    Option(
        ("--cached-clear",),
        {"nargs": "?", "const": "own", "default": None, "choices": ["own", "all", "old"]},
        "forget all that is kept for --cached, and stop; all: in the store that machines share as well; old:"
        " of that only what is older than cached-max-age or more than cached-size",
    ),
    Option(
        ("--shard",),
        {"default": None, "metavar": "I/N"},
        "run only the Ith of N parts of the selection, as one of N machines; auto: as the CI's variables say",
    ),
    Option(
        ("--shard-dir",),
        {"default": "monorepo-shards", "metavar": "DIR"},
        "where a shard leaves its folder for --monorepo-merge (default: monorepo-shards)",
    ),
    Option(
        ("--max-shards",),
        {"default": "8", "metavar": "N"},
        "how many shards --monorepo-list=github proposes at most (default: 8)",
    ),
    Option(
        ("--monorepo-merge",),
        {"default": None, "metavar": "DIR"},
        "run nothing: report what the shards below DIR have run, as one run",
    ),
    Option(
        ("--monorepo-html",),
        {"default": None, "metavar": "DIR"},
        "write the test and coverage page of the whole workspace into DIR",
    ),
    Option(
        ("--monorepo-receipt",),
        {"default": None, "metavar": "FILE"},
        "write one account of the run for machines into FILE, as JSON",
    ),
    Option(
        ("--watch",),
        {"action": "store_true"},
        "keep running: test what changed files affect, again and again (needs pytest-monorepo[watch])",
    ),
    Option(
        ("--monorepo-init",),
        {"nargs": "?", "const": "print", "default": None, "choices": ["print", "write"]},
        "print the settings, workflow and editor settings that fit this workspace, or write those that are"
        " missing, and stop",
    ),
    Option(
        ("--monorepo-github",),
        {"choices": ["auto", "on", "off"], "default": "auto"},
        "annotate failures and write the job's summary for GitHub Actions (auto: if GITHUB_ACTIONS is set)",
    ),
    Option(
        ("--cov-patch",),
        {"nargs": "?", "const": AUTO, "default": None, "metavar": "REF"},
        "report the coverage of the lines changed since REF (default: that of --affected)",
    ),
    Option(
        ("--cov-patch-fail-under",),
        {"default": None, "metavar": "MIN"},
        "fail if less than MIN percent of the changed lines are covered",
    ),
    Option(
        ("--python",),
        {"choices": ["project", "current"], "default": "project"},
        "which Python runs a project: its own environment where it has one (default), or the current one",
    ),
    Option(
        ("--monorepo-split",),
        {"choices": ["auto", "file", "scope", "test", "none"], "default": None},
        "what several workers of one long project share: whole files (file, default), and tests of a file"
        " that is too long and has passed before (auto), classes and modules, single tests, or nothing",
    ),
    Option(
        ("--project-timeout",),
        {"default": None, "metavar": "SECONDS"},
        "end a project that takes longer, name its running test and go on with the others",
    ),
    Option(
        ("--idle-timeout",),
        {"default": None, "metavar": "SECONDS"},
        "end a worker that says nothing for so long, fail its test and run the rest in a fresh one",
    ),
    Option(
        ("--cluster",),
        {"default": None, "metavar": "ADDRESS"},
        "run on the nodes of a Dask cluster: tls://HOST:PORT, tcp://HOST:PORT, a scheduler file, or local:N"
        " for N nodes on this machine (needs pytest-monorepo[cluster])",
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


def among(words: Sequence[str]) -> list[str]:
    """Those of the command line words that are options of ours, with their values."""
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    for option in OPTIONS:
        parser.add_argument(*option.names, **{**option.attrs, "default": None})
    _, others = parser.parse_known_args(list(words))
    kept = []
    for word in words:
        if others and word == others[0]:
            others.pop(0)
        else:
            kept.append(word)
    return kept


def joined(words: Sequence[str]) -> list[str]:
    """The words with our options and their values as one: pytest looks for its settings before it knows them.

    The value of an option that it does not know is a path to it, if there is one of that name, by which its
    settings are found (pytest 9.2, ``_pytest.config.Config._initini``).
    """
    wanting = {name for one in OPTIONS if _wants_a_value(one.attrs) for name in one.names}
    found: list[str] = []
    for word in words:
        if found and found[-1] in wanting:
            found[-1] += f"={word}"
        else:
            found.append(word)
    return found


def checked(option: Option) -> dict[str, Any]:
    """What argparse is given of it: where the value may be left out, a path behind it is taken for one."""
    attrs = option.attrs
    if "choices" not in attrs or attrs.get("nargs") != "?":
        return attrs

    def word(text: str) -> str:
        if text not in attrs["choices"]:
            known = ", ".join(map(repr, attrs["choices"]))
            way = f"put paths before it, or write {option.names[0]}={attrs['const']}"
            raise argparse.ArgumentTypeError(f"invalid choice: {text!r} (choose from {known}; {way})")
        return text

    return {**attrs, "type": word}


def _wants_a_value(attrs: dict[str, Any]) -> bool:
    return "nargs" not in attrs and attrs.get("action", "append") == "append"


ROUND = "PYTEST_MONOREPO_WATCH"
"""Set in the environment of the rounds of ``--watch``: that it is in an ini file means nothing there.

Its value is the file that lists the test files which the round leaves out, or ``"1"``.
"""


def watching(option: Any) -> bool:
    """Whether this process is to watch, and not one of its rounds."""
    return bool(option.watch) and ROUND not in os.environ


def asked_to_cache(options: Any) -> bool | None:
    """What the command line says of ``--cached``; ``None`` where the settings decide."""
    return False if options.no_cached else True if options.cached is not None else None


def without_run(options: Any) -> list[str]:
    """Those given of the options that ask for something else than a run of tests."""
    names = ("--monorepo-list", "--monorepo-graph", "--monorepo-merge", "--cached-info", "--cached-clear")
    return [name for name in names if getattr(options, dest_of(name))]


def dest_of(name: str) -> str:
    return name.lstrip("-").replace("-", "_")


def starts_workers(options: Any) -> bool:
    """Whether the call runs or collects tests itself, and so needs workers, here or on a cluster's nodes."""
    return not (without_run(options) or watching(options))

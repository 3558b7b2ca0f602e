"""Writes ``docs/reference/`` and the options of the README from the code: ``python docs/generate.py``.

``tests/test_docs.py`` fails where the committed pages are not what this writes. What the code cannot say of
itself (what a key is for) stands here. A key without a sentence, or a sentence without a key, is an error.
"""

from __future__ import annotations

import contextlib
import inspect
import re
import sys
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, is_dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from pytest_monorepo import hookspecs, options, records, settings  # noqa: E402
from pytest_monorepo.affected import drawings, listing  # noqa: E402
from pytest_monorepo.call import choosing  # noqa: E402
from pytest_monorepo.errors import SettingsError  # noqa: E402
from pytest_monorepo.reports import receipt  # noqa: E402
from pytest_monorepo.shards import bundle  # noqa: E402

README = Path("README.md")
REFERENCE = Path("docs/reference")
NOTE = "<!-- written by docs/generate.py from {source}; do not edit -->\n\n"

KEYS = {
    "projects": "The projects' folders, instead of looking for them. A table of tables (below) or this list.",
    "members": "The same list under another name, to be used beside tables for single projects.",
    "exclude": "Folders that are no projects.",
    "outside-table": "What becomes of projects that a workspace table (uv, Hatch, PDM) does not name: left"
    " out, or run as the others are. Where the key is missing they are left out, and a line names those that"
    " have tests.",
    "resources": "How many projects at a time may hold a resource; 1 for one that is not listed here. With"
    ' `{ count = 2, per = "machine" }` each node of a `--cluster` has as many, else all of them together.',
    "cluster-include": "Files that git ignores and the tests need (`_version.py`, built extensions): they go"
    " to the nodes of a `--cluster`, too. A folder stands for all that is in it.",
    "cluster-path": "Where every node has the workspace already, on a shared disk or in its image; nothing is"
    " sent, and what lies there must be what is here.",
    "cluster-setup": "A command that is run once in each tree sent to a node, in the workspace's root:"
    ' `"uv sync --frozen"`.',
    "cluster-keep": "How many trees a node keeps for later runs.",
    "cluster-insecure": "Speak to a scheduler and nodes on other machines without TLS. Whoever reaches them"
    " can run code on all of them.",
    "cluster-env": "Variables that the tests on other machines get from here, by name or glob. Without it"
    " they get pytest's own (`PYTEST_ADDOPTS`).",
    "cluster-silence": "After how many seconds without a word a node counts as lost.",
    "cluster-wait": "How many seconds a run waits for the cluster and its first node.",
    "workers": "How many workers run, unless the command line says; `auto` is the number of cores.",
    "run-all-on": "Files whose change affects every project.",
    "ignore-changes": "Files whose change affects nothing, instead of the default list.",
    "ignore-imports": "Imports between projects that make no dependency; either side may be a glob.",
    "affected-sample": "The share of what `--affected` leaves out that runs all the same, in test files.",
    "affected-trust": "With `trace`, a selection by file also leaves out test files of which `--cached` has a"
    " complete trace that holds at the base and in which nothing changed, whatever imports say.",
    "affected-trust-days": "How old, in days, such a trace may be.",
    "affected-level": "What `--affected` selects: whole projects, or the test files that a change can reach.",
    "affected-fallback": "What happens where there is no merge base, or git has lost what was there:"
    " everything runs, or it is an error.",
    "other-languages": "Whom a change in a folder of another language, or of prose below folders of no"
    " project, affects: the projects that name its folder in a path, or all.",
    "project-timeout": "End a project that takes longer than so many seconds.",
    "flaky": "What becomes of a run in which a test passed only when it was run again.",
    "owner": "Who looks after the test.",
    "reason": "Why it is in quarantine.",
    "until": "The last day on which its failure fails no run, at most 30 days ahead.",
    "keep-whole": "What tells that a project must not be split, beside what the table of plugins names:"
    ' `"plugin:my_plugin"`, `"marker:stage"`, `"fixture:journal"`, `"option:--stages"`,'
    ' `"setting:stages"` (of its ini file). A plugin named here also finds pytest\'s only process, as in'
    " the project alone, not a worker of xdist's.",
    "requires-python": "What becomes of a project whose `requires-python` excludes the interpreter that"
    " would run it: an error, a skip, or a run all the same, as plain pytest would.",
    "split": "What several workers share of this project, as `--monorepo-split` says for all; `none`: it is"
    " run whole.",
    "cached": "`--cached` without saying so.",
    "cached-max-age": "Results that are older, in days, are not replayed.",
    "cached-size": "How many megabytes are kept; the least recently used go first.",
    "cached-sample": "The share of results that run all the same, to compare: `0.01` is one in a hundred.",
    "cached-clock": "Keep results also of code that calls the clock or chance itself.",
    "cached-referee": "Keep results also of tests that load compiled modules which may read by themselves, or"
    " start programs: a [referee](../explanation/cached.md#the-referee) sees each look-up (Linux).",
    "cached-ignore-env": "More variables that do not count where a process reads all of them at once;"
    " `CI_*` names all that begin so.",
    "cached-store": "The folder in which results are kept, relative to the root, instead of the user's; or"
    " the [store that machines share](../how-to/cached.md#a-store-that-machines-share): any URL of fsspec,"
    " such as `s3://bucket/results`, or `turborepo+https://…`.",
    "cached-public-key": "The public half of an Ed25519 key: who has it and no secret can read the store.",
    "cached-write": "Whether results are written into that store; by default unless a fork's pull request"
    " is built.",
    "cached-wait": "How many seconds a run waits for that store, all in all.",
    "preload": "Installed modules that are imported once for all projects that import them: a list, `auto`"
    " for those that take long, `off` for none.",
    'cached of projects."…"': "Whether this project's results are kept and replayed.",
    'cached-clock of projects."…"': "`cached-clock` for this project.",
    'cached-referee of projects."…"': "`cached-referee` for this project.",
    "args": "pytest arguments for this project alone, after its own `addopts`.",
    "env": "Added to the environment of this project's workers.",
    "python": "The interpreter: a path relative to the workspace root (also of an environment), or a name on"
    " `PATH`.",
    "timeout": "`project-timeout` for this project.",
    "depends-on": "Paths of projects it depends on in a way that no tool can see.",
    "inputs": "Files outside the project that its tests depend on; a change there affects it.",
    'resources of projects."…"': "What this project must not share: names from the `resources`"
    " table, or new ones.",
}

EXIT_CODES = {
    0: ("OK", "all tests that ran passed; also where `--affected` finds that nothing is affected"),
    1: (
        "TESTS_FAILED",
        "a test failed, a project could not run or did not keep to its limits (coverage, time), or"
        " `--affected-audit` found a failure that the selection would have missed",
    ),
    2: (
        "INTERRUPTED",
        "interrupted by Ctrl-C, or by quitting a debugger; where a single project is run, also by errors"
        " while collecting it or by `pytest.exit()`"
        " (of several the others run all the same, and the code is 1)",
    ),
    3: ("INTERNAL_ERROR", "an error inside pytest or a plugin"),
    4: (
        "USAGE_ERROR",
        "the command line, the configuration or git's state has to be put right first (also a node id"
        " that its project does not have); where a single project is run, also if its own pytest cannot"
        " start (of several the others run all the same, and"
        " the code is 1)",
    ),
    5: ("NO_TESTS_COLLECTED", "no project, or no test at all"),
    6: (
        "MAX_WARNINGS_ERROR",
        "a single project is run, and it warns more often than its `max_warnings` allows (pytest 9.1 and"
        " newer); of several each is counted for itself, and the code is 1",
    ),
}


def pages() -> dict[Path, str]:
    """Path below the repository → text, for every file this writes."""
    return {
        README: with_options((ROOT / README).read_text(encoding="utf-8")),
        REFERENCE / "options.md": option_page(),
        REFERENCE / "configuration.md": configuration_page(),
        REFERENCE / "hooks.md": hook_page(),
        REFERENCE / "json.md": json_page(),
        REFERENCE / "exit-codes.md": exit_code_page(),
    }


# -- options


def with_options(readme: str) -> str:
    """The README with a fresh table between its two marks."""
    begin, end = "<!-- options -->\n", "<!-- /options -->"
    before, _, rest = readme.partition(begin)
    _, found, after = rest.partition(end)
    if not found:
        raise SystemExit(f"{README}: put {begin.strip()} and {end} around the table of options")
    rows = ["| option | meaning |", "|---|---|"]
    rows += [f"| `{_cell(_usage(option))}` | {_cell(_markdown(option.help))} |" for option in options.OPTIONS]
    return "\n".join([before + begin.strip(), *rows, end]) + after


def option_page() -> str:
    text = NOTE.format(source="pytest_monorepo/options.py") + "# Options\n\n"
    text += "They take effect with `--monorepo`, on the command line or in the root's `addopts`.\n"
    for option in options.OPTIONS:
        text += f"\n## `{option.names[0]}`\n\n```text\n{_usage(option)}\n```\n\n"
        text += "\n".join(textwrap.wrap(_sentence(_markdown(option.help)), 110)) + "\n"
    return text


def _usage(option: options.Option) -> str:
    attrs = option.attrs
    if attrs.get("action") == "store_true":
        return option.names[0]
    value = "|".join(attrs["choices"]) if "choices" in attrs else attrs.get("metavar", "VALUE")
    return f"{option.names[0]}[={value}]" if attrs.get("nargs") == "?" else f"{option.names[0]} {value}"


def _markdown(text: str) -> str:
    """Options and patterns in the text of ``--help`` become code."""
    return re.sub(r"(?<![\w`])(--[a-z][a-z-]*(?:=[a-z]+)?|!GLOB)", r"`\1`", text)


def _sentence(text: str) -> str:
    return text[0].upper() + text[1:] + "."


def _cell(text: str) -> str:
    return text.replace("|", r"\|")


# -- configuration


@dataclass(frozen=True)
class Key:
    table: str
    name: str
    wanted: str
    default: object


def configuration_keys() -> list[Key]:
    """Every key that the reader of the settings asks for, by watching it read."""
    found: list[Key] = []

    class Watched(settings.Table):
        def __init__(self, name: str, table: object, complaints: list[str]) -> None:
            super().__init__(name, table, complaints)
            self._title = name

        def get(self, key: str, kind: Any, default: Any) -> Any:
            found.append(Key(self._title, key, kind.wanted, default))
            return super().get(key, kind, default)

    original = settings.Table
    settings.Table = Watched  # type: ignore[misc]
    try:
        settings.parse({})
        settings.parse({"projects": {"services/api": {}}})
        with contextlib.suppress(SettingsError):  # all its keys are needed
            settings.parse({"quarantine": {"libs/core/tests/test_api.py::test_x": {}}})
    finally:
        settings.Table = original  # type: ignore[misc]
    return list({(key.table, key.name): key for key in found}.values())


def configuration_page() -> str:
    keys = configuration_keys()
    text = NOTE.format(source="pytest_monorepo/settings.py") + "# Configuration\n\n"
    text += textwrap.dedent("""\
        All of it is in the `pyproject.toml` of the workspace's root, and none of it is needed. Paths and
        patterns are relative to that folder, with `/`. An unknown key or a value of the wrong kind is a usage
        error that names the nearest right one.
        """)
    unused = set(KEYS)
    for table in dict.fromkeys(key.table for key in keys):
        text += f"\n## `[{table}]`\n\n| key | value | default | meaning |\n|---|---|---|---|\n"
        for key in (key for key in keys if key.table == table):
            special = f'{key.name} of projects."…"'
            words = special if table != settings.TABLE and special in KEYS else key.name
            if words not in KEYS:
                raise SystemExit(f"docs/generate.py: say in KEYS what {key.name!r} is for")
            unused.discard(words)
            text += (
                f"| `{key.name}` | {_cell(key.wanted)} | {_default(key.default)} | {_cell(KEYS[words])} |\n"
            )
    if unused:
        raise SystemExit(f"docs/generate.py: KEYS has what the settings have not: {sorted(unused)}")
    return text


def _default(value: object) -> str:
    if value is None or value in ((), {}):
        return "–"
    return f"`{value}`"


# -- hooks


def hook_page() -> str:
    text = NOTE.format(source="pytest_monorepo/hookspecs.py") + "# Hooks\n\n"
    text += _doc(hookspecs) + "\n"
    for name, function in _own(hookspecs, "pytest_"):
        code = f"def {name}{_signature(name, function)}: ..."
        text += f"\n## `{name}`\n\n```python\n{code}\n```\n\n{_doc(function)}\n"
    types = [(name, kind) for name, kind in _own(records, "") if is_dataclass(kind)]
    for name, kind in types:
        text += f"\n## `{name}`\n\n{_doc(kind)}\n\n```python\n{_fields(kind)}\n```\n"
    return text


def _own(module: Any, prefix: str) -> Iterator[tuple[str, Any]]:
    for name, value in vars(module).items():
        if name.startswith(prefix) and getattr(value, "__module__", None) == module.__name__:
            yield name, value


def _signature(name: str, function: Any) -> str:
    text = str(inspect.signature(function)).replace("'", "")
    if len(f"def {name}{text}: ...") <= 110:
        return text
    inside, _, returned = text[1:].rpartition(")")
    parts = re.split(r", (?=\w+:)", inside)
    return "(\n" + "".join(f"    {part},\n" for part in parts) + ")" + returned


def _doc(thing: Any) -> str:
    return _from_rst(inspect.getdoc(thing) or "")


def _from_rst(text: str) -> str:
    text = re.sub(r":\w+:`~?\.?([^`]+)`", r"`\1`", text)
    return text.replace("``", "`")


def _fields(kind: Any) -> str:
    fields: Mapping[str, Any] = getattr(kind, "__dataclass_fields__", {})
    return "\n".join(f"{name}: {field.type}" for name, field in fields.items())


# -- formats and exit codes


def json_page() -> str:
    text = NOTE.format(source="docstrings")
    text += "# Formats\n\n## `--monorepo-list=json`\n\n"
    text += "\n".join(_block(listing.__doc__ or ""))
    for title, function in (
        ("`--monorepo-list=github`", listing.github),
        ("`--monorepo-graph=json`", drawings.graph_json),
        ("`--monorepo-graph=mermaid`", drawings.mermaid),
        ("`--monorepo-graph=dot`", drawings.dot),
    ):
        text += f"\n\n## {title}\n\n{_doc(function)}"
        if function is listing.github:
            text += f"\n\nAnd a third: {_doc(choosing.proposed_shards)}"
    text += f"\n\nThe `version` of both JSON formats is {listing.VERSION}."
    text += f"\n\n## `--monorepo-receipt`\n\n{_receipt(receipt.__doc__ or '')}"
    text += f"\n\n## A shard's folder\n\n{_definitions(bundle.__doc__ or '')}"
    text += (
        f"\n\n### `manifest.json`\n\n{_doc(bundle.Manifest)}\n\n```python\n{_fields(bundle.Manifest)}\n```\n"
    )
    return text


def _receipt(doc: str) -> str:
    """A docstring's text behind its first line, with one literal block."""
    prose, _, rest = doc.partition("\n\n")[2].partition("::\n\n")
    literal, _, after = rest.partition("\n\n")
    code = textwrap.dedent(literal)
    return f"{_from_rst(prose)}:\n\n```text\n{code}\n```\n\n{_from_rst(after).strip()}"


def _definitions(doc: str) -> str:
    """A docstring's text behind its first line: terms with an indented body, literal blocks among them."""
    out: list[str] = []
    block = False
    for line in doc.partition("\n\n")[2].rstrip().splitlines():
        indent = len(line) - len(line.lstrip())
        if block and line and indent < 8:
            out += ["```", ""]
            block = False
        if line.startswith("``") and indent == 0 and line.endswith("``"):
            out += ["", f"**{_from_rst(line)}**", ""]
        elif line.endswith("::"):
            out += [_from_rst(line.strip())[:-1], "", "```text"]
            block = True
        elif block:
            out.append(line[8:])
        else:
            out.append(_from_rst(line.strip()))
    return re.sub(r"\n+(?=```\n\n)|(?<=```text\n)\n+|\n{3,}", _closer, "\n".join(out)).strip()


def _closer(gap: re.Match[str]) -> str:
    """One line break where a code block begins or ends, one blank line elsewhere."""
    if gap.string[: gap.start()].endswith("```text\n"):
        return ""
    return "\n" if gap.string[gap.end() :].startswith("```\n") else "\n\n"


def _block(doc: str) -> Iterator[str]:
    """The sentence that ends in ``::`` with its literal block as fenced code."""
    prose, _, literal = doc.partition("::\n\n")
    yield _from_rst(prose.rpartition("\n\n")[2]) + ":"
    yield ""
    yield "```text"
    yield textwrap.dedent(literal).rstrip()
    yield "```"


def exit_code_page() -> str:
    text = NOTE.format(source="pytest.ExitCode") + "# Exit codes\n\nThey are pytest's own.\n\n"
    text += "| code | pytest's name | when |\n|---|---|---|\n"
    for code in pytest.ExitCode:
        if code.value not in EXIT_CODES or EXIT_CODES[code.value][0] != code.name:
            raise SystemExit(f"docs/generate.py: say in EXIT_CODES when pytest ends with {code!r}")
    for number, (name, when) in EXIT_CODES.items():
        text += f"| {number} | `{name}` | {when} |\n"
    text += (
        "\nA single project may end with a code of its own (`pytest.exit(returncode=9)`, or a plugin's): it"
        " is the run's.\nBeside others it is 1. One that ends itself with 0 passes, with a warning that names"
        " what did not run.\n"
    )
    return text


if __name__ == "__main__":
    for path, text in pages().items():
        (ROOT / path).write_text(text, encoding="utf-8")
        print(path)

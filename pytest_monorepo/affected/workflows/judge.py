"""A workflow's text → whether it runs tests, and where. Pure but for what ``read`` reads.

Whatever cannot be read, or does what no table knows, counts as running tests.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

from pytest_monorepo.workspace.files.tree import join
from pytest_monorepo.workspace.model import ROOT

from .blocks import Node, UnreadableError, as_table, load
from .dialects import reads_otherwise, run_defaults, shell_of
from .javascript import javascript_starts
from .places import places_of, without_goings
from .shell import EXPRESSION, REDIRECTION, UnclearError, commands
from .starting import after, awk_starts, started_by, told_by_find, told_by_xargs
from .tools import (
    ANY,
    MODULES,
    PLAIN,
    PYTHON_STARTS,
    SUBCOMMANDS,
    known_action,
)

Read = Callable[[str], "bytes | None"]
_DEEP = 4
_ACTION_FILES = ("action.yml", "action.yaml")
_SHELLS = frozenset(("bash", "sh", "zsh"))
_TAKES_INPUT = re.compile(r"-[A-Za-z]*i[A-Za-z]*|--interactive(?:=.*)?")
_IS_TOLD = re.compile(r"(?:.*/)?(?:bash|sh|zsh|python[\d.]*)(?::.*)?")


class Runs(NamedTuple):
    """What a workflow runs: no tests (``places`` empty), tests in certain folders, or ``None``: any.

    ``why`` words what decided where the places are not known.
    """

    places: frozenset[str] | None = frozenset()
    why: str = ""

    def __add__(self, other: Runs) -> Runs:  # type: ignore[override]
        if self.places is None or other.places is None:
            return self if self.places is None else other
        return Runs(self.places | other.places)


NOTHING = Runs()


def tests_run_by(data: bytes | None, read: Read) -> Runs:
    """What the GitHub workflow with this content runs, ``NOTHING`` where there is no file.

    ``read`` gives the repository's files by their path below its top. Never raises.
    """
    if data is None:
        return NOTHING
    try:
        return _Judge(read).workflow(load(data.decode("utf-8-sig")))
    except (UnreadableError, UnicodeDecodeError, RecursionError) as error:
        return Runs(None, f"cannot be read: {error}")


def jobs_with_tests(data: bytes, read: Read) -> list[tuple[str, Runs]]:
    """What each job that may run tests says of it: its commands, what it gives to those and to actions.

    And where it runs them. Raises :class:`UnreadableError`.
    """
    try:
        return list(_jobs_with_tests(as_table(load(data.decode("utf-8-sig"))), read))
    except (UnicodeDecodeError, RecursionError) as error:
        raise UnreadableError(str(error)) from error


def _jobs_with_tests(top: Mapping[str, Node], read: Read) -> Iterator[tuple[str, Runs]]:
    shared = [top.get(key, "") for key in ("env", "defaults")]
    for name, node in as_table(top.get("jobs", "")).items():
        runs = _Judge(read).workflow({**top, "on": "", "jobs": {name: node}})
        if runs == NOTHING:
            continue
        job = as_table(node)
        steps = job.get("steps", "")
        told = [dict(as_table(step)) for step in steps] if isinstance(steps, list) else []
        told = [step for step in told if not str(step.get("uses", "")).startswith("actions/")]
        said = [job.get(key, "") for key in ("uses", "with", "env", "defaults", "strategy")]
        said += [{k: v for k, v in step.items() if k != "name"} for step in told]
        yield "\n".join(_texts([*shared, *said])), runs


def _texts(node: Node) -> Iterator[str]:
    """What stands in a node, its keys too: not escaped, or a line's end would touch the next word."""
    if isinstance(node, str):
        yield node
    elif isinstance(node, list):
        for item in node:
            yield from _texts(item)
    else:
        for key, item in node.items():
            yield key
            yield from _texts(item)


def action_runs_tests(folder: str, read: Read) -> bool:
    """Whether the action in this folder runs tests, or decides by outputs what those do who use it."""
    judge = _Judge(read)
    files = filter(None, (read(f"{folder}/{name}") for name in _ACTION_FILES))
    try:
        decides = any("outputs" in as_table(load(data.decode("utf-8-sig"))) for data in files)
    except (UnreadableError, UnicodeDecodeError):
        return True
    return decides or judge._local_action(f"./{folder}") != NOTHING


def same_meaning(before: bytes | None, after: bytes | None) -> bool:
    """Whether two versions differ in comments and layout alone."""
    if before is None or after is None:
        return before is after
    try:
        return load(before.decode("utf-8-sig")) == load(after.decode("utf-8-sig"))
    except (UnreadableError, UnicodeDecodeError, RecursionError):
        return False


def shell_runs_tests(text: str, read: Read, folder: str = ROOT) -> bool:
    """Whether a shell's text may run tests."""
    return bool(_Judge(read).shell(text, folder))


class _Judge:
    def __init__(self, read: Read, depth: int = 0) -> None:
        self._read = read
        self._depth = depth

    # -- workflows and actions

    def workflow(self, document: Node) -> Runs:
        top = as_table(document)
        if _gives_outputs(top):
            return Runs(None, "gives outputs to the workflows that call it")
        here = _working_directory(top, ROOT)
        found = NOTHING
        for job in as_table(top.get("jobs", "")).values():
            found += self._job(as_table(job), here, top)
        return found

    def _job(self, job: Mapping[str, Node], here: str, top: Mapping[str, Node]) -> Runs:
        if "uses" in job:
            return self._called(_text(job["uses"]))
        here = _working_directory(job, here)
        return self._steps(job.get("steps", ""), here, shell_of(job, top))

    def _called(self, uses: str) -> Runs:
        data = self._read(uses[2:]) if uses.startswith("./") else None
        if data is None or self._depth > _DEEP:
            return Runs(None, f"calls {uses}")
        try:
            document = load(data.decode("utf-8-sig"))
        except (UnreadableError, UnicodeDecodeError):
            return Runs(None, f"calls {uses}")
        # what a called workflow is given is part of what it runs
        found = _Judge(self._read, self._depth + 1).workflow({**as_table(document), "on": ""})
        return found if not found.places and found.places is not None else Runs(None, f"calls {uses}")

    def _steps(self, steps: Node, here: str, shell: str) -> Runs:
        found = NOTHING
        if not isinstance(steps, list):
            raise UnreadableError("steps are no list")
        for step in steps:
            found += self._step(as_table(step), here, shell)
        return found

    def _step(self, step: Mapping[str, Node], here: str, shell: str) -> Runs:
        if "uses" in step:
            return self._used(_text(step["uses"]), step.get("with", ""))
        if "run" not in step:
            return NOTHING if not {"run", "uses"} & step.keys() and step else Runs(None, "an empty step")
        text, shell = _text(step["run"]), _text(step.get("shell", shell))
        folder = _text(step.get("working-directory", here))
        if shell.split()[0] == "python":
            tests = "a script of Python" if re.search(PYTHON_STARTS, text) else ""
        elif reads_otherwise(shell, text):
            tests = f"what {shell} reads by rules of its own"
        elif shell.split()[0] in (*_SHELLS, "pwsh", "powershell", "cmd"):
            return self._where(self._started(text, folder), without_goings(text))
        else:
            return Runs(None, f"runs {shell}")
        return self._where([(tests, folder)] if tests else [], text)

    def _where(self, started: Sequence[tuple[str, str]], text: str) -> Runs:
        places, outside = places_of(started, text, self._file)
        return Runs(places) if outside is None else Runs(None, f"runs {outside}")

    def _used(self, uses: str, given: Node) -> Runs:
        if uses.startswith("./"):
            return self._local_action(uses)
        if uses.lower().startswith("actions/github-script@"):
            script = _text(as_table(given).get("script", ""))
            return (
                Runs(None, "runs a script of JavaScript")
                if javascript_starts(script, self._read)
                else NOTHING
            )
        if uses.lower().startswith("changesets/action@"):
            return self._changesets(as_table(given))
        if uses.lower().startswith(("pre-commit/action@", "j178/prek-action@")):
            return Runs(None, f"uses {uses}") if self._hooks_run_tests() else NOTHING
        return NOTHING if known_action(uses) else Runs(None, f"uses {uses}")

    def _changesets(self, given: Mapping[str, Node]) -> Runs:
        """What it is told to run for a version and to publish it (the action's README)."""
        folder = re.sub(r"^\$\{\{\s*github\.workspace\s*\}\}/?", "", _text(given.get("cwd", ROOT))) or ROOT
        found = NOTHING
        for text in (given[key] for key in ("version", "publish") if given.get(key)):
            found += self._where(self._started(_text(text), folder), _text(text))
        return found

    def _local_action(self, uses: str) -> Runs:
        folder = posixpath.normpath(uses[2:])
        files = (self._read(f"{folder}/{name}") for name in _ACTION_FILES)
        data = next((file for file in files if file is not None), None)
        if data is None or self._depth > _DEEP:
            return Runs(None, f"uses {uses}")
        try:
            runs = as_table(as_table(load(data.decode("utf-8-sig"))).get("runs", ""))
            found = _Judge(self._read, self._depth + 1)._steps(runs.get("steps", ""), ROOT, "bash")
        except (UnreadableError, UnicodeDecodeError):
            return Runs(None, f"uses {uses}")
        return found if found == NOTHING else Runs(None, f"uses {uses}")

    # -- commands

    def shell(self, text: str, folder: str) -> str:
        """The first of its commands that may run tests, ``""`` where none does."""
        return next((tests for tests, _ in self._started(text, folder)), "")

    def _started(self, text: str, folder: str) -> list[tuple[str, str]]:
        """Its commands that may run tests, each with where it starts."""
        found = []
        try:
            for words in commands(text):
                if self._command(words, folder):
                    found.append((_shown(words), folder))
                folder = after(words, folder, text)
        except (UnclearError, IndexError, ValueError) as error:
            found.append((f"what is no plain shell ({error})", "$"))
        return found

    def _command(self, words: Sequence[str], folder: str) -> bool:
        name, *rest = words
        if EXPRESSION in name:
            return True
        if name in PLAIN:
            return False
        if name == "timeout":
            while rest and rest[0].startswith("-"):
                # timeout(1): two options take the word behind them
                rest = rest[2 if rest[0] in ("-s", "-k", "--signal", "--kill-after") else 1 :]
            return len(rest) < 2 or self._command(rest[1:], folder)
        if name == "docker" and rest[:1] == ["run"]:
            # what is in an image that was not built here is none of ours, unless folders are brought in
            brought = re.compile(rf"-[A-Za-z]*[vw]|--(?:volume|mount|workdir)|\$|{EXPRESSION}")
            # nor unless a shell or an interpreter in it is told what to do by what comes through a pipe
            is_fed = any(map(_TAKES_INPUT.fullmatch, rest)) and any(map(_IS_TOLD.fullmatch, rest))
            return is_fed or any(map(brought.match, rest))
        if name == "docker" and rest[:1] == ["image"]:
            return rest[1:2] == ["build"]
        if name == "find":
            return any(not each or self._command(each, folder) for each in told_by_find(rest))
        if rest[:1] == ["--version"] and "/" not in name and all(map(REDIRECTION.match, rest[1:])):
            return False
        if name == "xargs":
            told = told_by_xargs(rest)
            # which words come behind nobody knows
            return not told or self._command([*told, EXPRESSION], folder)
        if re.fullmatch(r"awk|gawk", name):
            return awk_starts(rest)
        if re.fullmatch(r"pip3?(\.\d+)?", name):
            name = "pip"
        if re.fullmatch(r"py|python[\d.]*", name):
            return self._python(rest, folder)
        if name in _SHELLS or name in ("source", "."):
            return self._script(rest, folder)
        if name.startswith("./") or name.endswith(".sh"):
            return self._script(words, folder)
        if name == "pre-commit":
            return self._hooks_run_tests()
        if name in ("npm", "pnpm", "yarn") and rest[:1] == ["run"]:
            return len(rest) != 2 or self._package_script(rest[1], folder)
        if name == "git" and re.search(r"(?i)hookspath|(?:^|[\s=])!", " ".join(rest)):
            return True  # githooks(5), git-config(1) on alias.*: what they start is not told
        started = started_by(name, rest)
        if started is not None:
            return not started or self._command(started, folder)
        known = SUBCOMMANDS.get(name, frozenset())
        return known is not ANY and next(iter(rest), "") not in known

    def _python(self, words: Sequence[str], folder: str) -> bool:
        words = [word for word in words if word not in ("-u", "-I", "-B", "-E", "-s", "-OO", "-O")]
        if not words or words[0] in ("-V", "--version", "-VV"):
            return not words
        if words[0] == "-m":
            return len(words) < 2 or words[1].partition("==")[0] not in MODULES
        if words[0] in ("-", "<<"):
            return "<<" not in words or self._python_text(words[-1], folder)
        if words[0] == "-c":
            return len(words) < 2 or self._python_text(words[1], folder)
        text = self._file(words[0], folder)
        return text is None or self._python_text(text, posixpath.dirname(join(folder, words[0])))

    def _python_text(self, text: str, folder: str) -> bool:
        """Whether it may start tests, or imports what lies beside it (``folder``) and may do so."""
        imported = re.findall(r"(?m)(?:^|;)[ \t]*(?:from|import)[ \t]+([^#\n]+)", text)
        modules = {word.partition(".")[0] for line in imported for word in re.findall(r"[\w.]+", line)}
        beside = (f"{name}{end}" for name in modules if name for end in (".py", "/__init__.py"))
        return re.search(PYTHON_STARTS, text) is not None or any(
            self._file(path, folder or ROOT) is not None for path in beside
        )

    def _script(self, words: Sequence[str], folder: str) -> bool:
        if len(words) > 1 and re.fullmatch(r"-[euxo]*c", words[0]) and self._depth <= _DEEP:
            # what a shell is given as text, and not what it could find in its arguments
            return len(words) > 2 or bool(_Judge(self._read, self._depth + 1).shell(words[1], folder))
        options = [word for word in words if word.startswith("-")]
        files = [word for word in words if not word.startswith("-")]
        if options or not files:
            return True
        text = self._file(files[0], folder)
        if text is None or self._depth > _DEEP:
            return True
        first = text.partition("\n")[0]
        if first.startswith("#!") and "python" in first:
            return re.search(PYTHON_STARTS, text) is not None
        if first.startswith("#!") and "sh" not in first:
            return True
        return bool(_Judge(self._read, self._depth + 1).shell(text, folder))

    def _file(self, path: str, folder: str) -> str | None:
        if path.startswith(("/", "-", "$")) or "$" in path or EXPRESSION in path or "$" in folder:
            return None
        data = self._read(join(folder, path))
        return None if data is None else data.decode("utf-8", "replace")

    def _package_script(self, name: str, folder: str) -> bool:
        import json

        text = self._file("package.json", folder)
        try:
            scripts = json.loads(text or "")["scripts"]
            lines = [
                scripts[key] for key in (f"pre{name}", name, f"post{name}") if key in scripts or key == name
            ]
        except (ValueError, KeyError, TypeError):
            return True
        if self._depth > _DEEP or not all(isinstance(line, str) for line in lines):
            return True
        return any(_Judge(self._read, self._depth + 1).shell(line, folder) for line in lines)

    def _hooks_run_tests(self) -> bool:
        return hooks_run_tests(self._read(".pre-commit-config.yaml"), self._read)


def hooks_run_tests(data: bytes | None, read: Read) -> bool:
    """Whether a ``.pre-commit-config.yaml`` has a hook of its own that may run tests.

    Hooks of other repositories check files; what a local one does, its entry says.
    """
    if data is None:
        return False
    text = data.decode("utf-8", "replace")
    if re.search(
        r"test(?!\.pypi)|\btox\b|\bnox\b",
        re.sub(r"(?m)^[ \t]*(?:#.*|(?:-[ \t]*)?(?:id|name|exclude|files): .*)$", "", text),
    ):
        return True
    if not re.search(r"repo:\s*['\"]?local", text):
        return False
    entries = re.findall(r"(?m)^[ \t]*(?:-[ \t]*)?entry:\s*(.*)$", text)
    # one in brackets, or whose key is in quotes
    return len(re.findall(r"\bentry\b", text)) > len(entries) or any(
        shell_runs_tests(entry.strip().strip("'\""), read) for entry in entries
    )


def _gives_outputs(top: Mapping[str, Node]) -> bool:
    """Whether another workflow can call it and goes on with what it computed."""
    triggers = top.get("on", top.get("'on'", ""))
    called = triggers.get("workflow_call", "") if isinstance(triggers, dict) else ""
    return isinstance(called, dict) and "outputs" in called


def _working_directory(table: Mapping[str, Node], otherwise: str) -> str:
    return _text(run_defaults(table).get("working-directory", otherwise))


def _text(node: Node) -> str:
    if not isinstance(node, str) or not node:
        raise UnreadableError("no text where there has to be one")
    return node


def _shown(words: Sequence[str]) -> str:
    return repr(" ".join(words).replace(EXPRESSION, "${{ }}")[:60])

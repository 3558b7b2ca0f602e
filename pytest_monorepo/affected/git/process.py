"""Run git so that neither the user's configuration nor the environment changes its answer.

Everything here reads: no index refresh is written back, no hook runs, no lock is waited for.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from pytest_monorepo.errors import GitError

if TYPE_CHECKING:
    import subprocess

# Hooks run us with GIT_DIR, GIT_INDEX_FILE, GIT_WORK_TREE, GIT_OBJECT_DIRECTORY and more set for another
# question; GIT_EXTERNAL_DIFF, GIT_LITERAL_PATHSPECS or GIT_TRACE change what git says. So only what is needed
# to start git, to find its configuration and to reach a remote passes.
_KEPT = (
    r"GIT_(EXEC_PATH|CONFIG_(GLOBAL|SYSTEM|NOSYSTEM|COUNT|KEY_\d+|VALUE_\d+)|CEILING_DIRECTORIES"
    r"|DISCOVERY_ACROSS_FILESYSTEM|SSH|SSH_COMMAND|SSH_VARIANT|SSL_\w+|HTTP_\w+|ASKPASS|ALLOW_PROTOCOL"
    r"|PROTOCOL_FROM_USER|PROXY_\w+|PYTHON_\w+)"
)
_FORCED = {
    # stat information is refreshed in memory only: a lock held by someone else does not matter
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_ATTR_NOSYSTEM": "1",
    # cures are recognised in git's English
    "LC_ALL": "C",
    "LANGUAGE": "C",
}
_OPTIONS = (
    "--no-pager",
    *("-c", "core.fsmonitor=false"),
    *("-c", "core.quotePath=false"),
    # a user's own ignore and attribute files would hide untracked files and edits from us
    *("-c", "core.excludesFile="),
    *("-c", "core.attributesFile="),
    # an edit that keeps size and mtime shows in ctime and inode only
    *("-c", "core.checkStat=default"),
    *("-c", "core.trustctime=true"),
    # git diff would take the lock and write the index, optional locks or not
    *("-c", "diff.autoRefreshIndex=false"),
    *("-c", "diff.relative=false"),
    *("-c", "submodule.recurse=false"),
    *("-c", f"core.hooksPath={os.devnull}"),
)


class BadGitObject(GitError):
    """An object or the index is missing or damaged."""


class LostObject(BadGitObject):
    """What git should keep of a commit is not there, so that nobody can compare with it."""


class Answer(NamedTuple):
    """What git said: exit code, standard output, standard error."""

    code: int
    out: bytes
    err: str


def scrubbed(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment for git: ``environ`` without what would make git answer another question."""
    kept = {k: v for k, v in environ.items() if not k.startswith("GIT_") or re.fullmatch(_KEPT, k)}
    return {**kept, **_FORCED}


class Running:
    """A git that works while we do something else: ask for its output once, inside of a ``with``."""

    def __init__(self, root: Path, args: tuple[str, ...], process: subprocess.Popen[bytes]) -> None:
        self._root = root
        self._args = args
        self._process = process

    def __enter__(self) -> Running:
        return self

    def __exit__(self, *_: object) -> None:
        # where another question failed nobody waits for this one
        if self._process.returncode is None:
            self._process.kill()
            # what git has started may hold its output open for longer
            for stream in (self._process.stdin, self._process.stdout, self._process.stderr):
                if stream is not None:
                    with suppress(OSError):
                        stream.close()
            self._process.wait()

    def answer(self, stdin: bytes = b"", timeout: float | None = None) -> Answer:
        """Wait for the end, whatever it is. ``timeout`` is in seconds; past it, :class:`GitError`."""
        import subprocess

        try:
            out, err = self._process.communicate(stdin, timeout)
        except subprocess.TimeoutExpired:
            raise GitError(
                f"git {self._args[0]} did not finish in {timeout:g} s: check the network"
            ) from None
        return Answer(self._process.returncode, out, err.decode(errors="replace"))

    def output(self, stdin: bytes = b"") -> bytes:
        """Standard output of a git that succeeded; anything else is a :class:`GitError` with its cure."""
        answer = self.answer(stdin)
        if answer.code or "could not open directory" in answer.err:
            raise failure(self._root, self._args, answer)
        return answer.out


def start(root: Path, *args: str) -> Running:
    """Start ``git <args>`` in the folder ``root`` and do not wait."""
    import subprocess

    if not root.is_dir():
        raise GitError(f"{root} is not a folder: git cannot run there")
    program, popen = ("git", subprocess.Popen) if _plain_start(args) else _gitpython()
    try:
        process = popen(
            [program, *_OPTIONS, *args],
            cwd=root,
            env=scrubbed(os.environ),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
    except OSError as error:
        reason = error.strerror or str(error)
        raise GitError(
            f"cannot run git ({program}: {reason.lower()}): install git, or put it on PATH"
        ) from error
    return Running(root, args, process)


def run(root: Path, *args: str, stdin: bytes = b"") -> bytes:
    """Standard output of ``git <args>`` in ``root``; a git that fails is a :class:`GitError`."""
    with start(root, *args) as running:
        return running.output(stdin)


def ask(root: Path, *args: str, timeout: float | None = None) -> Answer:
    """Like :func:`run` for questions where a failure is an answer too."""
    with start(root, *args) as running:
        return running.answer(timeout=timeout)


def failure(root: Path, args: tuple[str, ...], answer: Answer) -> GitError:
    """The error for a git that did not answer: what it said, and what helps."""
    said = _last_complaint(answer.err)
    if answer.code == _USAGE:
        return GitError(f"git {args[0]} does not know what we ask ({said}): this needs git 2.30 or newer")
    for pattern, kind, message in _CURES:
        if found := re.search(pattern, answer.err):
            return kind(message.format(root=root, said=said, what=(found.groups() or ("",))[0]))
    said = said or f"exit code {answer.code}"
    return GitError(f"git {args[0]} failed in {root} ({said}): run it there by hand to see why")


# of git's parse-options; git diff (2.39) ends with 255 for an option that it does not know
_USAGE = 129
_DAMAGED = "git cannot read this repository ({said}): run 'git fsck' in {root}, then fetch or clone again"
_CURES: tuple[tuple[str, Callable[[str], GitError], str], ...] = (
    (
        r"dubious ownership in repository at '(.*)'",
        GitError,
        "git refuses {what}, which belongs to another user: "
        "run 'git config --global --add safe.directory {what}'",
    ),
    (
        r"not a git repository",
        GitError,
        "{root} is not in a git repository ({said}): run 'git init' there, or leave --affected out",
    ),
    (
        r"must be run in a work tree",
        GitError,
        "{root} is in a bare repository, which has no files to test: run in a clone or a linked worktree",
    ),
    (
        r"could not open directory '(.*?)/?': (?:.*)",
        GitError,
        "git cannot look into {what}, so changes there would be missed: make it readable, or ignore it",
    ),
    (
        r"index file|bad signature|index uses",
        BadGitObject,
        "git cannot read the index ({said}): run 'git reset' in {root} to write it anew",
    ),
    (
        r"promisor",
        LostObject,
        "git cannot fetch what this partial clone in {root} lacks ({said}): make its remote reachable, "
        "or clone without --filter",
    ),
    (
        r"corrupt|unable to (?:read|find)|bad object|bad tree|missing|could not (?:read|parse)|"
        r"failed to (?:read|parse|unpack)|invalid object|inflate",
        LostObject,
        _DAMAGED,
    ),
)


def _last_complaint(stderr: str) -> str:
    lines = [line.strip() for line in stderr.splitlines() if line.strip()]
    serious = [line for line in lines if line.startswith(("fatal:", "error:"))]
    return re.sub(r"^(fatal|error|warning): ", "", (serious or lines or [""])[-1])


_Popen = Callable[..., "subprocess.Popen[bytes]"]


def prepare() -> None:
    """Load what the first question would load."""
    if not _plain_start(("diff",)):
        with suppress(ImportError):
            _gitpython()


def _plain_start(args: tuple[str, ...]) -> bool:
    """Whether GitPython would do no more than start ``git``, and a decision need not wait for its import.

    It takes 25 ms and asks git for its version twice, a tenth of a decision. It is needed on Windows, where
    the user has named a git for it, and to talk to a remote, which takes longer than any import.
    """
    named = os.environ.get("GIT_PYTHON_GIT_EXECUTABLE", "git")
    return os.name == "posix" and named == "git" and args[0] not in ("fetch", "ls-remote")


def _gitpython() -> tuple[str, _Popen]:
    """GitPython's name for git, and its Popen that on Windows never picks a git.exe of the workspace.

    Not ``Git.execute``: that only adds to the environment, and hooks need variables taken away.
    """
    with _quiet_refresh():
        from git.cmd import Git, safer_popen
    return str(Git.GIT_PYTHON_GIT_EXECUTABLE or "git"), safer_popen


@contextmanager
def _quiet_refresh() -> Iterator[None]:
    """Importing GitPython without a git on PATH raises ImportError; the missing git is ours to report."""
    before = os.environ.get("GIT_PYTHON_REFRESH")
    os.environ["GIT_PYTHON_REFRESH"] = "quiet"
    try:
        yield
    finally:
        if before is None:
            del os.environ["GIT_PYTHON_REFRESH"]
        else:
            os.environ["GIT_PYTHON_REFRESH"] = before

"""Processes that share a report's work: each analyses files of its own and then writes their pages.

Forked once everything is combined, so that they know all and need to be told little. A helper that fails or
dies costs time only: what it does not answer is done by the process that asked.
"""

from __future__ import annotations

import gc
import os
import pickle
import signal
import sys
import threading
from collections.abc import Callable, Iterable, Sequence
from typing import IO, Any, NoReturn

ENOUGH = 20
"""Files that are worth a process."""

MOST = 8


class Helper:
    """One process: answers for each of its ``items`` in turn, then for what it is asked with :meth:`ask`."""

    def __init__(self, answer: Callable[[Any], Any], items: Sequence[Any], serve: Serve) -> None:
        answers, questions = os.pipe(), os.pipe()
        self._answers, self._questions = os.fdopen(answers[0], "rb"), os.fdopen(questions[1], "wb")
        out, asked = os.fdopen(answers[1], "wb"), os.fdopen(questions[0], "rb")
        self.alive = True
        try:
            self._pid = os.fork()
            if self._pid == 0:
                _work(answer, items, serve, out, asked, [*_ENDS, self._answers, self._questions])
        except OSError:
            for pipe in (self._answers, self._questions):
                pipe.close()
            raise
        finally:
            out.close()
            asked.close()
        _ENDS.update((self._answers, self._questions))

    def take(self) -> Any:
        """The next answer; ``None`` from a helper that is lost."""
        if self.alive:
            try:
                return pickle.load(self._answers)
            except Exception:  # a torn pickle may raise anything
                self.alive = False
        return None

    def ask(self, question: Any) -> None:
        """Send something to what serves there; ``None`` ends the questions."""
        if self.alive:
            try:
                pickle.dump(question, self._questions)
                self._questions.flush()
            except OSError:
                self.alive = False

    def close(self) -> None:
        self.alive = False
        for pipe in (self._questions, self._answers):
            _ENDS.discard(pipe)
            try:
                pipe.close()
            except OSError:
                continue
        os.waitpid(self._pid, 0)


_ENDS: set[IO[bytes]] = set()
"""The asking process' ends of the pipes of all helpers."""

Serve = Callable[[Iterable[Any]], Any]
"""In the helper: takes the questions as they come, and returns the answer to all of them."""


def _work(
    answer: Callable[[Any], Any],
    items: Sequence[Any],
    serve: Serve,
    out: IO[bytes],
    questions: IO[bytes],
    ends: Iterable[IO[bytes]],
) -> NoReturn:
    code = 1
    try:
        for end in ends:  # or no helper would see that the asking process has closed its ends
            os.close(end.fileno())
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        gc.freeze()
        for item in items:
            pickle.dump(answer(item), out)
            out.flush()
        asked = iter(lambda: pickle.load(questions), None)
        pickle.dump(serve(asked), out)
        out.flush()
        code = 0
    except BaseException:
        pass  # the other side sees the end of the answers, does the rest itself and meets the same error
    finally:
        os._exit(code)


class Helpers:
    """Some helpers and which of them has which path."""

    def __init__(self, paths: Sequence[str], answer: Callable[[str], Any], serve: Serve, number: int) -> None:
        """``number`` processes with this one, which keeps a share of the ``paths``, too."""
        self._all: list[Helper] = []
        self._having: dict[str, Helper] = {}
        for share in shares(paths, number)[1:]:
            try:
                helper = Helper(answer, share, serve)
            except OSError:  # no room for another process
                break
            self._all.append(helper)
            self._having.update(dict.fromkeys(share, helper))

    def having(self, path: str) -> Helper | None:
        """The helper that has a path, while it lives."""
        helper = self._having.get(path)
        return helper if helper is not None and helper.alive else None

    def close(self) -> None:
        """End them all; nobody is asked any more."""
        for helper in self._all:
            helper.close()
        self._all.clear()
        self._having.clear()


def shares(paths: Sequence[str], number: int) -> list[list[str]]:
    """The paths in ``number`` shares of about the same size, each in their order.

    One after the other goes where the least is: all come to their end, and to any file, at the same time.
    """
    found: list[list[str]] = [[] for _ in range(number)]
    sizes = [0] * number
    for path in paths:
        least = sizes.index(min(sizes))
        found[least].append(path)
        sizes[least] += _size(path) + _PAGE
    return found


_PAGE = 200
"""What a page costs however short the file is, in bytes of a file."""


def _size(path: str) -> int:
    try:
        return os.stat(path).st_size
    except OSError:
        return 0


def worthwhile(files: int) -> int:
    """How many processes should share the work on so many files; 1 where forking is not safe."""
    if sys.platform in ("win32", "darwin") or not hasattr(os, "fork") or threading.active_count() > 1:
        return 1
    return max(1, min(len(os.sched_getaffinity(0)), files // ENOUGH, MOST))

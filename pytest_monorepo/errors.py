"""What can go wrong, as one family of exceptions."""

from __future__ import annotations


class MonorepoError(Exception):
    """A user's mistake or an unusable surrounding: one clear lower-case sentence, exit code 4.

    The message names the file, the value and the way out. ``plugin.py`` alone turns it into
    :class:`pytest.UsageError`.
    """


def one_line(error: object) -> str:
    """What somebody else's error says, for a sentence of ours: Dask's and coverage.py's have lines."""
    return " ".join(str(error).split()) or type(error).__name__


class SettingsError(MonorepoError):
    """``[tool.pytest-monorepo]`` holds something we do not understand; one line per complaint."""


class GitError(MonorepoError):
    """Git could not answer a question; the message quotes git and names the cure."""

"""pytest's own terminal report. The worker's is mute: with ``-s`` only tests may print, and a debugger."""

from __future__ import annotations

from typing import Any

from _pytest.terminal import TerminalReporter  # public in pytest since 8.0


def own(config: Any) -> Any:
    """pytest's reporter; ``None`` where there is none, or something else stands in its place.

    pytest-tldr 0.2.6 puts one there that writes lines and has none of the other attributes.
    """
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    return reporter if isinstance(reporter, TerminalReporter) else None


def mute(config: Any, out: str) -> Any:
    """Send the worker's own terminal report to its log: with ``-s`` only the tests may print.

    ``TerminalWriter._file`` is private; nothing public redirects a reporter once it exists.
    """
    if not config.pluginmanager.has_plugin("terminalreporter"):
        return None
    writer = config.get_terminal_writer()
    original, writer._file = writer._file, open(out, "a", encoding="utf-8", errors="replace")
    return original


class unmuted:
    def __init__(self, config: Any, original: Any) -> None:
        # with -p no:terminal there is no writer, and nothing was muted
        self.writer: Any = config.get_terminal_writer() if original is not None else None
        self.original = original

    def __enter__(self) -> None:
        if self.original is not None:
            self.writer._file, self.original = self.original, self.writer._file

    def __exit__(self, *exc: object) -> None:
        if self.original is not None:
            self.writer._file, self.original = self.original, self.writer._file

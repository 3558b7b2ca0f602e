"""``--benchmark-json`` for the whole run: a file of pytest-benchmark's can hold one project's benchmarks."""

from __future__ import annotations

import pytest


class UnwrittenBenchmarks:
    """Registered in the controller: a line says what is not written.

    The workers are not given the option, since each would write the same file. What a project's own settings
    ask for is measured and written by its worker, and so is what ``--benchmark-save`` keeps.
    """

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        option = terminalreporter.config.option
        file = getattr(option, "benchmark_json", None)
        if file and not getattr(option, "benchmark_disable", False):
            shown = getattr(file, "name", file)  # pytest-benchmark has opened it
            why = "it holds one project's benchmarks: name it in that project's addopts, or run pytest there"
            terminalreporter.write_line(f"not written: --benchmark-json={shown} ({why})", yellow=True)

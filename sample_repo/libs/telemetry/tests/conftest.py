from collections.abc import Iterator

import pytest

from telemetry import FinishedSpan, Recorder, configure


@pytest.fixture(scope="session")
def recorder() -> Recorder:
    # OpenTelemetry takes one provider per process and never lets it go.
    return configure("telemetry-tests")


@pytest.fixture
def spans(recorder: Recorder) -> Iterator[list[FinishedSpan]]:
    recorder.finished.clear()
    yield recorder.finished

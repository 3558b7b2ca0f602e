import logging

import pytest
from opentelemetry import trace

from telemetry import FinishedSpan, Recorder, configure, service_name, traced


@traced("double")
def double(number: int) -> int:
    trace.get_current_span().set_attribute("number", number)
    return 2 * number


@traced("outer")
def outer() -> int:
    return double(21)


@traced("broken")
def broken() -> None:
    raise LookupError("nothing here")


def test_before_configuration_nothing_is_traced() -> None:
    assert service_name() is None
    assert double(2) == 4


def test_a_call_is_a_span(spans: list[FinishedSpan]) -> None:
    assert double(3) == 6
    (span,) = spans
    assert (span.name, span.parent, span.error) == ("double", None, None)
    assert span.attributes == {"number": 3}


def test_spans_nest(spans: list[FinishedSpan]) -> None:
    assert outer() == 42
    inside, around = spans
    assert [inside.name, around.name] == ["double", "outer"]
    assert inside.parent == around.span_id


def test_an_exception_ends_its_span_and_travels_on(spans: list[FinishedSpan]) -> None:
    with pytest.raises(LookupError):
        broken()
    assert [span.error for span in spans] == ["LookupError"]


def test_a_second_service_in_one_process_is_refused(recorder: Recorder) -> None:
    with pytest.raises(RuntimeError, match="already traces as 'telemetry-tests', not as 'other'"):
        configure("other")


def test_the_service_is_logged_once(recorder: Recorder, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "telemetry")
    with pytest.raises(RuntimeError):
        configure("telemetry-tests")
    assert caplog.records == []
    assert service_name() == "telemetry-tests"

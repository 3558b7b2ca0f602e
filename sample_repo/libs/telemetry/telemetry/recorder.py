"""A tracer provider that keeps what it is told: enough for tests and for a log line per span."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from opentelemetry import context as context_api
from opentelemetry import trace
from opentelemetry.util.types import AttributeValue

_span_ids = itertools.count(1)


@dataclass(frozen=True)
class FinishedSpan:
    """What is left of a span: ``parent`` is the span id above it, ``error`` an exception's name."""

    name: str
    span_id: int
    parent: int | None
    seconds: float
    attributes: Mapping[str, AttributeValue] = field(default_factory=dict)
    error: str | None = None


class _Span(trace.NonRecordingSpan):
    def __init__(self, name: str, parent: trace.SpanContext, recorder: Recorder) -> None:
        trace_id = parent.trace_id if parent.is_valid else next(_span_ids)
        super().__init__(trace.SpanContext(trace_id, next(_span_ids), is_remote=False))
        self._name = name
        self._parent = parent.span_id if parent.is_valid else None
        self._recorder = recorder
        self._started = time.perf_counter()
        self._attributes: dict[str, AttributeValue] = {}
        self._error: str | None = None
        self._ended = False

    def is_recording(self) -> bool:
        return not self._ended

    def set_attribute(self, key: str, value: AttributeValue) -> None:
        self._attributes[key] = value

    def record_exception(self, exception: BaseException, *args: Any, **kwargs: Any) -> None:
        self._error = type(exception).__name__

    def end(self, end_time: int | None = None) -> None:
        if self._ended:
            return
        self._ended = True
        seconds = time.perf_counter() - self._started
        span_id = self.get_span_context().span_id
        self._recorder.finished.append(
            FinishedSpan(self._name, span_id, self._parent, seconds, self._attributes, self._error)
        )


class _Tracer(trace.Tracer):
    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder

    def start_span(
        self, name: str, context: context_api.Context | None = None, *args: Any, **kwargs: Any
    ) -> trace.Span:
        parent = trace.get_current_span(context).get_span_context()
        return _Span(name, parent, self._recorder)

    @contextmanager
    def _as_current(self, name: str) -> Iterator[trace.Span]:
        span = self.start_span(name)
        with trace.use_span(span, end_on_exit=True):
            yield span

    def start_as_current_span(self, name: str, *args: Any, **kwargs: Any) -> Any:
        return self._as_current(name)


class Recorder(trace.TracerProvider):
    """The tracer provider of one service; ``finished`` grows by one entry per ended span."""

    def __init__(self, service: str) -> None:
        self.service = service
        self.finished: list[FinishedSpan] = []

    def get_tracer(self, *args: Any, **kwargs: Any) -> trace.Tracer:
        return _Tracer(self)

"""The process's own recorder, and the decorator that writes to it."""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from opentelemetry import trace

from .recorder import Recorder

P = ParamSpec("P")
R = TypeVar("R")

log = logging.getLogger(__name__)


def configure(service: str) -> Recorder:
    """Make a recorder for ``service`` the tracer provider of this process.

    OpenTelemetry allows one provider per process and drops a second one with no more than a
    log line; we refuse it, since spans under another service's name are worse than none.
    """
    current = service_name()
    if current is not None:
        raise RuntimeError(f"this process already traces as {current!r}, not as {service!r}")
    recorder = Recorder(service)
    trace.set_tracer_provider(recorder)
    log.info("tracing as %s", service)
    return recorder


def service_name() -> str | None:
    """The service that :func:`configure` was called for, ``None`` before that."""
    provider = trace.get_tracer_provider()
    return provider.service if isinstance(provider, Recorder) else None


def traced(name: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Run every call of the decorated function in a span called ``name``."""

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        @functools.wraps(function)
        def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
            with trace.get_tracer(__name__).start_as_current_span(name):
                return function(*args, **kwargs)

        return wrapper

    return decorate

"""Tracing that every library and service shares: one recorder per process, one decorator."""

from .recorder import FinishedSpan, Recorder
from .tracing import configure, service_name, traced

__all__ = ["FinishedSpan", "Recorder", "configure", "service_name", "traced"]

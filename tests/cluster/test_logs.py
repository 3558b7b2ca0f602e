"""Dask's own words about broken connections are not for the run's terminal."""

from __future__ import annotations

import logging

import pytest

from pytest_monorepo.cluster import dask_link

NAMES = ("distributed", "distributed.client", "distributed.comm.tcp", "tornado.application")


def test_single_loggers_are_silent_too(caplog: pytest.LogCaptureFixture) -> None:
    before = {name: logging.getLogger(name).level for name in NAMES}
    try:
        for name in NAMES:
            logging.getLogger(name).setLevel(logging.WARNING)
        dask_link._silence_logs()
        for name in (*NAMES, "distributedness", "acme"):
            logging.getLogger(name).error("from %s", name)
    finally:
        for name, level in before.items():
            logging.getLogger(name).setLevel(level)
    assert caplog.messages == ["from distributedness", "from acme"]

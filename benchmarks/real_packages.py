"""The packages of :mod:`benchmarks.cached_real`, whose source distributions hold their tests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Package:
    """``source`` is where its modules lie, ``needs`` what its tests need besides, ``what`` why it is here.

    ``split`` says what workers share of it: nothing where its tests listen at one port of all. ``more`` are
    options: what fails for root, say, as many containers run tests, is never kept, nor what is one with it.
    """

    name: str
    version: str
    source: str
    tests: str
    what: str
    needs: Sequence[str] = ()
    split: str = "file"
    more: Sequence[str] = ()


PACKAGES = (
    Package("idna", "3.10", "idna", "tests", "data-driven: tables of code points"),
    Package("markupsafe", "3.0.2", "src/markupsafe", "tests", "an extension in C"),
    Package("itsdangerous", "2.2.0", "src/itsdangerous", "tests", "clock", ["freezegun"]),
    Package("jinja2", "3.1.6", "src/jinja2", "tests", "session fixtures, files", ["trio"]),
    Package("click", "8.1.8", "src/click", "tests", "terminals, temporary folders", ["pytest<9"]),
    Package("packaging", "24.2", "src/packaging", "tests", "platforms, child processes", ["pretend"]),
    Package("sqlite-utils", "3.38", "sqlite_utils", "tests", "a native reader: SQLite", ["hypothesis"]),
    Package(
        "filelock",
        "3.16.1",
        "src/filelock",
        "tests",
        "many processes",
        ["pytest-mock", "pytest-asyncio", "virtualenv"],
    ),
    Package("cachetools", "5.5.0", "src/cachetools", "tests", "clock, threads"),
    Package("pluggy", "1.5.0", "src/pluggy", "testing", "plugins, entry points", ["pytest-benchmark"]),
    Package("toolz", "1.0.0", "toolz", "toolz", "tests beside the modules"),
    Package(
        "blinker",
        "1.9.0",
        "src/blinker",
        "tests",
        "weak references, asyncio",
        ["pytest<9", "pytest-asyncio<0.24"],
    ),
    Package(
        "attrs",
        "25.3.0",
        "src/attr",
        "tests",
        "generated code",
        ["hypothesis", "cloudpickle"],
        more=["--deselect=tests/test_converters.py::TestPipe::test_wrapped_annotation"],
    ),
    Package(
        "starlette",
        "0.46.2",
        "starlette",
        "tests",
        "web, threads",
        [
            "httpx",
            "anyio<4.12",
            "jinja2",
            "python-multipart",
            "itsdangerous",
            "pyyaml",
            "trio",
            "typing-extensions",
        ],
        more=[
            "--deselect=tests/test_staticfiles.py::test_staticfiles_with_invalid_dir_permissions_returns_401"
        ],
    ),
    Package(
        "httpx",
        "0.28.1",
        "httpx",
        "tests",
        "sockets of its own, TLS",
        [
            "uvicorn<0.35",
            "trio",
            "trustme",
            "chardet<6",
            "cryptography",
            "brotli",
            "zstandard",
            "h2",
            "socksio",
            "click<8.2",
            "rich",
            "pygments",
        ],
        split="none",
    ),
    Package(
        "werkzeug",
        "3.1.3",
        "src/werkzeug",
        "tests",
        "web, servers of its own",
        ["ephemeral-port-reserve", "pytest-timeout", "watchdog", "cffi"],
    ),
    Package("marshmallow", "3.26.1", "src/marshmallow", "tests", "time zones", ["simplejson"]),
    Package("tenacity", "9.1.2", "tenacity", "tests", "clock, asyncio", ["tornado", "typeguard", "trio"]),
    Package("more-itertools", "10.7.0", "more_itertools", "tests", "iterators"),
    Package("mistune", "3.1.3", "src/mistune", "tests", "data-driven: texts"),
    Package("parso", "0.8.4", "parso", "test", "a cache in files, data"),
    Package("jsonschema", "4.23.0", "jsonschema", "jsonschema/tests", "data, child processes", ["pip"]),
    Package("h11", "0.16.0", "h11", "h11/tests", "a state machine, sockets"),
)

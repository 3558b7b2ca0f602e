"""Which compiled modules are trusted, and what they ask for without Python."""

from __future__ import annotations

import math
import types
from typing import Any

import pytest

from pytest_monorepo.inputs import callers
from pytest_monorepo.inputs.probes import environ, libraries, natives, zones

SITE = "/env/lib/python3.12/site-packages"


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("lxml.etree", "lxml/etree.so"),
        ("polars", "polars/polars.so"),
        ("pyarrow.lib", "pyarrow/lib.so"),
        ("h5py._errors", "h5py/_errors.so"),
        ("cryptography.hazmat.bindings._openssl", "cryptography/hazmat/bindings/_openssl.so"),
        ("PIL._imagingft", "PIL/_imagingft.so"),
        ("PIL._imagingcms", "PIL/_imagingcms.so"),
        ("google.cloud.reader", "google/cloud/reader.so"),
        ("black.cache", "black/cache.so"),
        ("some.module__mypyc", "some/module__mypyc.so"),
    ],
)
def test_a_module_that_may_read_by_itself_is_named(name: str, file: str) -> None:
    assert f"loads {name}" in str(natives.complaint(name, f"{SITE}/{file}"))


@pytest.mark.parametrize(
    ("name", "file"),
    [("_cffi_backend", "vendored/_cffi_backend.so"), ("vendored._cffi_backend", "_cffi_backend.so")],
)
def test_one_whose_functions_tell_is_trusted_by_its_own_name_alone(name: str, file: str) -> None:
    assert natives.complaint(name, f"{SITE}/{file}") is not None
    assert natives.complaint("_cffi_backend", f"{SITE}/_cffi_backend.so") is None


@pytest.mark.parametrize(
    "name",
    [
        *("markupsafe._speedups", "numpy.core._multiarray_umath", "hypothesis._native", "0ab1__mypyc"),
        *("aiohttp._websocket.reader_c", "msgspec._core", "pandas._libs.parsers", "zstandard.backend_c"),
        *("ormsgpack.ormsgpack", "fastavro._read"),
        *("cryptography.hazmat.bindings._rust", "_cffi_backend", "_argon2_cffi_bindings._ffi", "nh3.nh3"),
        *(
            "nacl._sodium",
            "bottleneck.reduce",
            "numexpr.interpreter",
            "asyncpg.protocol.protocol",
            "wcwidth._wcwidth_c",
        ),
        *("_time_machine", "dependency_injector.providers"),
        *("PIL._imaging", "google._upb._message", "scipy.optimize._lbfgsb", "sklearn._isotonic"),
    ],
)
def test_one_that_reads_through_python_alone_is_not(name: str) -> None:
    assert natives.complaint(name, f"{SITE}/{name.replace('.', '/')}.so") is None


@pytest.mark.parametrize(
    ("loading", "expected"),
    [
        ((), ""),
        (("_pytest.config", "pluggy._manager", "_frozen_importlib_external"), ""),
        (("_pytest.config", "plugin", "_frozen_importlib", "lib.part"), "plugin"),
        (("plugin.inner", "os", "lib"), "plugin"),
    ],
)
def test_who_leads_to_what_is_loaded(loading: tuple[str, ...], expected: str) -> None:
    frame: Any = None
    for name in loading:
        code = types.SimpleNamespace(co_name="<module>")
        frame = types.SimpleNamespace(f_globals={"__name__": name}, f_code=code, f_back=frame)
    assert callers.leads(frame) == expected


@pytest.mark.parametrize(
    "variables", [{}, {"DISPLAY": ":0"}, {"WAYLAND_DISPLAY": "wayland-0"}, {"DISPLAY": ""}]
)
def test_one_that_may_ask_a_display_is_where_there_is_one(
    variables: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(environ, "snapshot", lambda: variables)
    for name in ("matplotlib._c_internal_utils", "PIL._imaging"):
        found = natives.complaint(name, f"{SITE}/{name.replace('.', '/')}.so")
        assert (found is not None) is any(variables.values())


@pytest.mark.parametrize(
    ("name", "file", "expected"),
    [
        (
            "requests.packages.charset_normalizer.md",
            "charset_normalizer/md.cpython-311.so",
            "charset_normalizer.md",
        ),
        ("numpy.reader", "polars/reader.abi3.so", "polars.reader"),
        ("0ab1__mypyc", "0ab1__mypyc.cpython-311.so", "0ab1__mypyc"),
    ],
)
def test_it_is_known_by_where_it_is_installed(name: str, file: str, expected: str) -> None:
    assert natives.named(name, f"{SITE}/{file}") == expected
    assert natives.named(name, f"/repo/libs/core/{file}") == name
    assert (natives.complaint(name, f"/repo/libs/core/{file}") is None) is name.endswith("__mypyc")
    assert (natives.complaint(name, f"{SITE}/{file}") is None) is not expected.startswith("polars")


def test_one_of_the_standard_library_is_not_unless_it_reads() -> None:
    library = next(iter(natives._STANDARD))
    assert natives.complaint("math", getattr(math, "__file__", "") or f"{library}math.so") is None
    assert natives.complaint("_gdbm", f"{library}_gdbm.so") is not None


class Seen:
    """In place of a recorder."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def see_variable(self, name: str, value: str | None) -> None:
        self.asked.append(name)

    def see_fact(self, name: str) -> None:
        self.asked.append(name)

    def see_file(self, path: str) -> None:
        self.asked.append(path)


def test_what_they_ask_without_python_is_seen_all_the_same() -> None:
    seen = Seen()
    recorder: Any = seen
    natives.note(recorder, "pydantic_core._pydantic_core")
    natives.note(recorder, "numpy.core._multiarray_umath")
    natives.note(recorder, "markupsafe._speedups")
    natives.note(recorder, "cryptography.hazmat.bindings._rust")
    natives.note(recorder, "numexpr.interpreter")
    assert {"NUMEXPR_MAX_THREADS", "sched_getaffinity"} <= set(seen.asked)
    assert {"CRYPTOGRAPHY_OPENSSL_NO_LEGACY", "/opt/pyca/cryptography/openssl/openssl.cnf"} <= set(seen.asked)
    assert "PYDANTIC_ERRORS_INCLUDE_URL" in seen.asked
    assert {"OMP_NUM_THREADS", "processor"} <= set(seen.asked)


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({}, ["/etc/localtime"]),
        ({"TZ": ""}, []),
        ({"TZ": "/a/zone"}, ["/a/zone"]),
        ({"TZ": ":/a/zone"}, ["/a/zone"]),
        ({"TZ": "UTC"}, ["/usr/share/zoneinfo/UTC", "/usr/share/zoneinfo/posixrules"]),
        ({"TZ": "A/B", "TZDIR": "/z"}, ["/z/A/B", "/z/posixrules", "/usr/share/zoneinfo/A/B"]),
    ],
)
def test_where_a_time_zone_is_looked_for(variables: dict[str, str], expected: list[str]) -> None:
    assert list(zones.files(variables.get))[: len(expected)] == expected


def test_the_libraries_of_the_process_are_those_on_disk() -> None:
    found = list(libraries.loaded())
    assert all(path.startswith("/") and ".so" in path for path in found)

"""What tells runs apart before anything is read."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from pytest_monorepo.results.entries import entry, former
from pytest_monorepo.results.entries.key import difference, weak_key
from pytest_monorepo.results.values.current import Current, Digests
from pytest_monorepo.results.values.places import Places
from pytest_monorepo.worker.protocol import Job

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="traces were measured on Linux alone")


def key(tmp_path: Path, **environ: str) -> dict[str, object]:
    job = Job(str(tmp_path), "a", str(tmp_path / "a"), [], [])
    places = Places((("root", str(tmp_path)),))
    return weak_key(job, environ, sys.executable, "fork", places, Current(Digests()))


def test_each_part_is_named_in_words_where_it_is_another(tmp_path: Path) -> None:
    # of another project nothing is found, and variables have names of their own
    assert key(tmp_path).keys() - {"project", "variables"} <= former._WORDS.keys()


@pytest.mark.parametrize(
    "name",
    [
        *(
            "PYTHONHASHSEED",
            "PYTHONWARNINGS",
            "PYTHONUTF8",
            "PYTHONDONTWRITEBYTECODE",
            "LC_ALL",
            "LANG",
            "TZ",
        ),
        *("TZDIR", "LOCPATH", "LD_LIBRARY_PATH", "LD_PRELOAD", "MALLOC_ARENA_MAX", "GLIBC_TUNABLES"),
        *("OPENSSL_CONF", "OPENSSL_MODULES", "GCONV_PATH", "RES_OPTIONS", "HOSTALIASES", "POSIXLY_CORRECT"),
        *("BASH_FUNC_cat%%", "SHELLOPTS", "BASH_ENV"),
    ],
)
def test_variables_that_python_or_the_c_library_read_count(tmp_path: Path, name: str) -> None:
    assert difference(key(tmp_path), key(tmp_path, **{name: "1"})) == "variables"


def test_others_do_not_count_before_they_are_read(tmp_path: Path) -> None:
    assert difference(key(tmp_path), key(tmp_path, EDITOR="1")) is None


def test_what_is_kept_in_another_form_has_another_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = key(tmp_path)
    monkeypatch.setattr(entry, "FORMAT", 0)
    assert key(tmp_path) != before


def test_settings_above_the_workspace_count(tmp_path: Path) -> None:
    root = tmp_path / "a" / "repo"
    root.mkdir(parents=True)
    before = key(root)
    (tmp_path / "a" / "tox.ini").write_text("")
    after = key(root)
    assert difference(before, after) == "above"
    assert [path for path, _ in after["above"] if path not in dict(before["above"])] == ["<root>/../tox.ini"]  # type: ignore[call-overload, attr-defined]


def test_limits_that_tests_run_into_count(tmp_path: Path) -> None:
    import resource

    before, (soft, hard) = key(tmp_path), resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft - 1, hard))
        assert difference(before, key(tmp_path)) == "user"
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_flags_of_the_interpreter_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = key(tmp_path)
    monkeypatch.setattr(sys, "warnoptions", ["error"])
    assert difference(before, key(tmp_path)) == "flags"

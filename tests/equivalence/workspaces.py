"""Hostile workspaces, each the smallest one that shows a trap seen in real monorepos."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from textwrap import dedent

from . import main_process


@dataclass(frozen=True)
class Workspace:
    """``files`` to write and the ``projects`` that plain pytest visits one by one.

    ``roots`` are what an installation would put on each project's path. ``plain_files`` replace files on
    plain pytest's side only. ``needs`` are modules without which the workspace shows nothing. ``crashes``
    are tests that end their process.
    """

    name: str
    files: Mapping[str, str]
    projects: Sequence[str]
    roots: Mapping[str, Sequence[str]] = field(default_factory=dict)
    args: Sequence[str] = ()
    plain_files: Mapping[str, str] = field(default_factory=dict)
    needs: Sequence[str] = ()
    crashes: Sequence[str] = ()

    def write(self, folder: Path, *, for_plain: bool) -> Path:
        files = {**self.files, **self.plain_files} if for_plain else self.files
        for name, text in files.items():
            file = folder / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(dedent(text), encoding="utf-8")
        return folder


def manifest(name: str, ini: str = "", *, dependencies: str = "", extra: str = "") -> str:
    table = f"[tool.pytest.ini_options]\n{dedent(ini)}" if ini else ""
    project = f'[project]\nname = "{name}"\nversion = "1"\ndependencies = [{dependencies}]\n'
    return f"{project}{table}\n{dedent(extra)}"


ROOT = {"pyproject.toml": "[tool.pytest-monorepo]\n\n[tool.pytest.ini_options]\n"}


def same_names() -> Workspace:
    """The measured trap: pytest at the root fails, and with importlib silently runs one file three times."""
    files = dict(ROOT)
    for number, name in enumerate(["a", "b", "c"]):
        files[f"{name}/pyproject.toml"] = manifest(name, 'testpaths = ["tests"]')
        files[f"{name}/tests/__init__.py"] = ""
        files[f"{name}/tests/test_main.py"] = f"""\
            import sys

            def test_only_in_{name}():
                sys.modules["leaked_from_{name}"] = sys
                assert [m for m in sys.modules if m.startswith("leaked")] == ["leaked_from_{name}"]

            def test_everywhere():
                assert {number} == 1, "from {name}"
            """
    return Workspace("same-names", files, ["a", "b", "c"])


def same_packages_and_conftests() -> Workspace:
    files = dict(ROOT)
    for name in ["services/api", "services/worker"]:
        files[f"{name}/pyproject.toml"] = manifest("service", extra="")
        files[f"{name}/app/__init__.py"] = f"WHO = {name!r}\n"
        files[f"{name}/app/main.py"] = "from app import WHO\n\ndef who():\n    return WHO\n"
        files[f"{name}/tests/__init__.py"] = ""
        files[f"{name}/tests/helpers.py"] = f"EXPECTED = {name!r}\n"
        files[f"{name}/tests/conftest.py"] = f"""\
            import pytest

            @pytest.fixture(scope="session")
            def who():
                return {name!r}

            def pytest_collection_modifyitems(items):
                for item in items:
                    item.user_properties.append(("conftest", {name!r}))
            """
        files[f"{name}/tests/test_main.py"] = """\
            from app.main import who as ask
            from tests.helpers import EXPECTED

            def test_who(who):
                assert ask() == who == EXPECTED

            def test_who_else(who):
                assert ask() == "nobody"
            """
    return Workspace("same-packages-and-conftests", files, ["services/api", "services/worker"])


def root_project_and_nested() -> Workspace:
    """The root is a project, holds others, and one of those holds another."""
    test = """\
        from pathlib import Path

        def test_where():
            assert Path.cwd().name == {!r}

        def test_fails():
            assert Path(__file__).parent.name == "elsewhere"
        """
    return Workspace(
        "root-project-and-nested",
        {
            "pyproject.toml": manifest("root", 'testpaths = ["tests"]'),
            "root_package.py": "",
            "tests/test_root.py": "import root_package\n\ndef test_root():\n    assert root_package\n",
            "libs/outer/pyproject.toml": manifest("outer", 'testpaths = ["tests"]'),
            "libs/outer/tests/test_it.py": dedent(test).format("outer"),
            "libs/outer/plugins/inner/pyproject.toml": manifest("inner", 'testpaths = ["tests"]'),
            "libs/outer/plugins/inner/tests/test_it.py": dedent(test).format("inner"),
        },
        [".", "libs/outer", "libs/outer/plugins/inner"],
    )


def source_layouts() -> Workspace:
    """Nothing is installed: ``src`` and flat packages are found, their dependencies' too."""
    return Workspace(
        "source-layouts",
        {
            **ROOT,
            "libs/core/pyproject.toml": manifest("acme-core"),
            "libs/core/src/core/__init__.py": """\
                def answer():
                    return 42

                def broken():
                    return 1 / 0
                """,
            "libs/core/tests/test_core.py": """\
                import core

                def test_answer():
                    assert core.answer() == 42

                def test_broken():
                    core.broken()
                """,
            "libs/flat/pyproject.toml": manifest(
                "acme-flat",
                dependencies='"acme-core"',
                extra="[tool.uv.sources]\nacme-core = { path = '../core', editable = true }\n",
            ),
            "libs/flat/flat/__init__.py": "import core\n\ndef twice():\n    return 2 * core.answer()\n",
            "libs/flat/test/flat_test.py": """\
                import core
                import flat
                import pytest

                def test_twice():
                    assert flat.twice() == 84

                def test_failure_in_a_dependency():
                    core.broken()
                """,
        },
        ["libs/core", "libs/flat"],
        roots={"libs/core": ["libs/core/src"], "libs/flat": ["libs/flat", "libs/core/src"]},
    )


def import_modes() -> Workspace:
    test = """\
        import sys

        def test_name():
            assert __name__ in sys.modules, sorted(m for m in sys.modules if "test" in m)

        def test_module_name():
            assert __name__ == "guess"
        """
    files = dict(ROOT)
    for mode in ["prepend", "append", "importlib"]:
        files[f"{mode}/pyproject.toml"] = manifest(mode, f'addopts = "--import-mode={mode}"')
        files[f"{mode}/unit/test_same.py"] = test
        files[f"{mode}/integration/test_other.py"] = test
    # Two files of one name need importlib mode even inside one project.
    files["importlib/integration/test_same.py"] = test
    return Workspace("import-modes", files, ["append", "importlib", "prepend"])


def conftest_options_and_plugins() -> Workspace:
    return Workspace(
        "conftest-options-and-plugins",
        {
            **ROOT,
            "a/pyproject.toml": manifest(
                "a", 'addopts = "--backend=fast --strict-markers"\nmarkers = ["a: of a"]'
            ),
            "a/conftest.py": """\
                pytest_plugins = ["a_plugin"]

                def pytest_addoption(parser):
                    parser.addoption("--backend", default="slow")
                    parser.addini("a_setting", "only a has it", default="none")

                def pytest_report_header(config):
                    return "backend: " + config.getoption("--backend")
                """,
            "a/a_plugin.py": """\
                import pytest

                @pytest.fixture
                def backend(request):
                    return request.config.getoption("--backend")
                """,
            "a/tests/test_options.py": """\
                import pytest

                @pytest.mark.a
                def test_backend(backend, request):
                    assert backend == "fast"
                    assert request.config.getini("a_setting") == "none"
                """,
            "b/pyproject.toml": manifest("b", 'addopts = "--backend 3"'),
            "b/conftest.py": """\
                def pytest_addoption(parser):
                    parser.addoption("--backend", type=int, choices=[1, 2, 3])
                """,
            "b/tests/test_options.py": """\
                def test_backend(request):
                    assert request.config.getoption("backend") == 3

                def test_no_fixture_of_a(backend):
                    pass
                """,
        },
        ["a", "b"],
    )


def awkward_addopts() -> Workspace:
    test = """\
        import warnings

        def test_passes(tmp_path):
            print("to be captured")

        def test_fails(request):
            warnings.warn(f"in {request.node.name}")
            assert request.config.rootpath.name == "somewhere"
        """
    addopts = {
        "quiet": "-q -q",
        "failed-first": "--ff --nf",
        "no-summary": "-p no:junitxml -p no:pastebin -rN --no-header",
        "no-cache": "-p no:cacheprovider -p no:doctest -p no:faulthandler",
        "verbose": "-vv -l --tb=short --durations=1 --color=yes",
        "line": "--tb=line --maxfail=1 -x",
        "junit": "--junitxml=out.xml -o junit_family=xunit1",
    }
    files = dict(ROOT)
    for name, options in addopts.items():
        files[f"{name}/pyproject.toml"] = manifest(name, f'addopts = "{options}"')
        files[f"{name}/test_it.py"] = test
    return Workspace("awkward-addopts", files, sorted(addopts))


def parallel_addopts() -> Workspace:
    """A project that asks for workers of its own gets its tests run, in whatever number of processes."""
    files = {
        **ROOT,
        "a/pyproject.toml": manifest("a", 'addopts = "-n 2"'),
        "b/pytest.ini": "[pytest]\naddopts = -nauto --dist loadfile\n",
    }
    for name in ["a", "b"]:
        files[f"{name}/tests/test_it.py"] = """\
            import pytest

            @pytest.mark.parametrize("number", range(6))
            def test_number(number):
                assert number != 4
            """
    return Workspace("parallel-addopts", files, ["a", "b"], needs=["xdist"])


def old_configuration_files() -> Workspace:
    test = "def check_it(request):\n    assert request.config.getini('markers')[0] == 'nothing'\n"
    options = "python_functions = check_*\nmarkers =\n    {0}: of {0}\n"
    return Workspace(
        "old-configuration-files",
        {
            **ROOT,
            "ini/pytest.ini": "[pytest]\n" + options.format("ini"),
            "ini/tests/test_it.py": test,
            "hidden/.pytest.ini": "[pytest]\n" + options.format("hidden"),
            "hidden/tests/test_it.py": test,
            "tox/tox.ini": "[tox]\nenvlist = py\n\n[pytest]\n" + options.format("tox"),
            "tox/tests/test_it.py": test,
            "cfg/setup.cfg": "[metadata]\nname = cfg\n\n[tool:pytest]\n" + options.format("cfg"),
            "cfg/tests/test_it.py": test,
            "setup/setup.py": "from setuptools import setup\n\nsetup(name='from-setup')\n",
            "setup/tests/test_it.py": "def test_it(request):\n    assert not request.config.inipath.name\n",
            "both/pytest.ini": "[pytest]\npython_files = check_*.py\n",
            "both/pyproject.toml": manifest("both", 'python_files = ["never_*.py"]'),
            "both/checks/check_it.py": "def test_it():\n    assert 'pytest.ini' == 'wins'\n",
        },
        ["both", "cfg", "hidden", "ini", "setup", "tox"],
    )


def unittest_and_doctest() -> Workspace:
    return Workspace(
        "unittest-and-doctest",
        {
            **ROOT,
            "cases/pyproject.toml": manifest("cases"),
            "cases/tests/test_case.py": """\
                import unittest

                class TestCase(unittest.TestCase):
                    @classmethod
                    def setUpClass(cls):
                        cls.shared = []

                    def test_one(self):
                        self.shared.append(1)
                        self.assertEqual(self.shared, [1])

                    def test_two(self):
                        self.assertEqual(self.shared, [2], "the first test's list")

                    @unittest.skip("not today")
                    def test_skipped(self):
                        raise AssertionError

                    @unittest.expectedFailure
                    def test_expected(self):
                        self.fail()

                    def test_parts(self):
                        for number in range(3):
                            with self.subTest(number=number):
                                self.assertNotEqual(number, 1)
                """,
            "docs/pyproject.toml": manifest("docs", 'addopts = "--doctest-modules --doctest-glob=*.rst"'),
            "docs/doubling.py": '''\
                def double(x):
                    """
                    >>> double(2)
                    4
                    >>> double("a")
                    'a'
                    """
                    return 2 * x
                ''',
            "docs/usage.rst": ">>> 1 + 1\n3\n",
            "docs/test_real.py": "def test_real():\n    pass\n",
        },
        ["cases", "docs"],
    )


def subtests() -> Workspace:
    return Workspace(
        "subtests",
        {
            **ROOT,
            "a/pyproject.toml": manifest("a"),
            "a/tests/test_parts.py": """\
                import pytest

                # XPASS(strict): findings/xfail-subtest.sh
                @pytest.mark.xfail(strict=True)
                def test_expected(subtests):
                    with subtests.test("part"):
                        assert 0

                def test_parts(subtests):
                    for number in range(3):
                        with subtests.test("part", number=number):
                            assert number != 1

                def test_all_good(subtests):
                    with subtests.test(msg="a/b c"):
                        pass
                """,
        },
        ["a"],
        needs=["_pytest.subtests"],
    )


def asynchronous() -> Workspace:
    test = """\
        import asyncio
        import pytest

        {mark}
        async def test_sleeps():
            await asyncio.sleep(0)
            assert asyncio.get_running_loop().is_running() is {running}
        """
    scope = 'asyncio_default_fixture_loop_scope = "function"\n'
    return Workspace(
        "asynchronous",
        {
            **ROOT,
            "auto/pyproject.toml": manifest("auto", scope + 'asyncio_mode = "auto"'),
            "auto/tests/test_it.py": dedent(test).format(mark="", running="True"),
            "strict/pyproject.toml": manifest("strict", scope),
            "strict/tests/test_it.py": dedent(test).format(mark="@pytest.mark.asyncio", running="None"),
            "forgotten/pyproject.toml": manifest("forgotten", scope),
            "forgotten/tests/test_it.py": dedent(test).format(mark="", running="True"),
        },
        ["auto", "forgotten", "strict"],
        needs=["pytest_asyncio"],
    )


def odd_ids() -> Workspace:
    return Workspace(
        "odd-ids",
        {
            **ROOT,
            "a/pyproject.toml": manifest("a"),
            "a/tests/test_ids.py": """\
                import pytest

                IDS = "with space|a/b|a::b|ü → 日本|[x]|back\\\\slash||tab\\t|t.py::test".split("|")

                @pytest.mark.parametrize("value", IDS)
                def test_ids(value):
                    assert "/" not in value

                class TestNested:
                    class TestDeeper:
                        @pytest.mark.parametrize("value", IDS, ids=str.upper)
                        def test_ids(self, value):
                            assert "::" not in value
                """,
            "späße/pyproject.toml": manifest("spaesse"),
            "späße/tests/with space/test_ünï.py": "def test_ü():\n    assert 'ü' == 'ÿ'\n",
        },
        ["a", "späße"],
    )


def outcomes_of_every_kind() -> Workspace:
    return Workspace(
        "outcomes-of-every-kind",
        {
            **ROOT,
            "a/pyproject.toml": manifest("a", "xfail_strict = true"),
            "a/tests/test_kinds.py": """\
                import sys
                import warnings
                import pytest

                @pytest.mark.xfail(reason="known")
                def test_xfail():
                    assert 1 == 2

                @pytest.mark.xfail(reason="strict")
                def test_xpass_strict():
                    pass

                @pytest.mark.xfail(reason="lenient", strict=False)
                def test_xpass():
                    pass

                @pytest.mark.skip(reason="a/b is not ready")
                def test_skip():
                    pass

                def test_skip_inside():
                    pytest.skip("inside")

                @pytest.fixture
                def broken():
                    raise RuntimeError("setup")

                def test_setup_error(broken):
                    pass

                @pytest.fixture
                def late():
                    yield
                    raise RuntimeError("teardown")

                def test_teardown_error(late):
                    assert False, "and fails too"

                def test_output():
                    print("to stdout")
                    print("to stderr", file=sys.stderr)
                    warnings.warn("twice")
                    warnings.warn("twice")
                    raise ValueError("with a cause") from KeyError("cause")

                def test_exit_code():
                    sys.exit(3)

                def test_group():
                    assert {"a": [1, 2, {"b": "c" * 50}]} == {"a": [1, 2, {"b": "d" * 50}]}

                def test_address():
                    assert object() is None
                """,
            "strict/pyproject.toml": manifest(
                "strict", 'filterwarnings = ["error", "default::pytest.PytestDeprecationWarning"]'
            ),
            "strict/tests/test_it.py": """\
                import warnings

                def test_warns():
                    warnings.warn("is an error here", DeprecationWarning)
                """,
        },
        ["a", "strict"],
    )


def errors_of_every_kind() -> Workspace:
    good = "def test_good():\n    pass\n"
    return Workspace(
        "errors-of-every-kind",
        {
            **ROOT,
            "good/pyproject.toml": manifest("good"),
            "good/tests/test_good.py": good,
            "syntax/pyproject.toml": manifest("syntax"),
            "syntax/tests/test_good.py": good,
            "syntax/tests/test_syntax.py": "def test_never(:\n",
            "missing/pyproject.toml": manifest("missing"),
            "missing/tests/test_missing.py": "import no_such_module\n\ndef test_never():\n    pass\n",
            "module-skip/pyproject.toml": manifest("module-skip"),
            "module-skip/tests/test_skip.py": 'import pytest\n\npytest.importorskip("no_such_module")\n',
            "module-skip/tests/test_good.py": good,
            "conftest/pyproject.toml": manifest("conftest", 'testpaths = ["tests"]'),
            "conftest/tests/conftest.py": "import no_such_module\n",
            "conftest/tests/test_good.py": good,
            "usage/pyproject.toml": manifest("usage", 'addopts = "--no-such-option"'),
            "usage/tests/test_good.py": good,
            "ini/pyproject.toml": manifest("ini", 'addopts = "--strict-config"\nno_such_setting = 1'),
            "ini/tests/test_good.py": good,
            "version/pyproject.toml": manifest("version", 'minversion = "999.0"'),
            "version/tests/test_good.py": good,
        },
        ["conftest", "good", "ini", "missing", "module-skip", "syntax", "usage", "version"],
    )


def ends_its_process() -> Workspace:
    files = {
        **ROOT,
        "good/pyproject.toml": manifest("good"),
        "good/test_it.py": "def test_good():\n    pass\n",
    }
    for name, end in {"exit-3": "os._exit(3)", "exit-0": "os._exit(0)"}.items():
        files[f"{name}/pyproject.toml"] = manifest(name)
        files[f"{name}/test_it.py"] = f"""\
            import os

            def test_before():
                pass

            def test_end():
                {end}
            """
    return Workspace(
        "ends-its-process",
        files,
        ["exit-0", "exit-3", "good"],
        crashes=["exit-0/test_it.py::test_end", "exit-3/test_it.py::test_end"],
    )


def touches_its_process() -> Workspace:
    """Writes to descriptor 1, moves away, changes what a process has one of; the others must not notice."""
    files = dict(ROOT)
    for name in ["a", "b", "c"]:
        files[f"{name}/pyproject.toml"] = manifest(name)
        files[f"{name}/tests/test_1_changes.py"] = f"""\
            import os
            import subprocess
            import sys

            def test_prints():
                os.write(1, b"raw bytes \\xff to 1\\n")
                os.write(2, b"raw bytes to 2\\n")
                subprocess.run([sys.executable, "-c", "print('from a child')"], check=True)
                assert not "shown"

            def test_prints_around_capture(capfd):
                with capfd.disabled():
                    print("past the capture")
                    sys.stdout.flush()

            def test_environment():
                assert "LEAKED" not in os.environ
                os.environ["LEAKED"] = {name!r}

            def test_path():
                assert not any("leaked" in entry for entry in sys.path)
                sys.path.insert(0, "/leaked/{name}")

            def test_chdir(tmp_path):
                assert os.path.basename(os.getcwd()) == {name!r}
                os.chdir(tmp_path)

            def test_fails_elsewhere():
                os.chdir("/")
                assert not "here"

            def test_umask():
                assert os.umask(0o077) != 0o077
            """
        files[f"{name}/tests/test_2_sees.py"] = f"""\
            import sys

            def test_recursion_limit():
                assert sys.getrecursionlimit() < 5000
                sys.setrecursionlimit(5000)

            def test_closes_stdin():
                assert sys.stdin.fileno() >= 0, {name!r}
            """
    return Workspace("touches-its-process", files, ["a", "b", "c"])


def inherited_configuration() -> Workspace:
    """More than half of all projects have no pytest configuration: the root's is theirs, rootdir and all."""
    ini = """\
        [pytest]
        addopts = --monorepo --strict-markers -ra
        xfail_strict = true
        markers =
            slow: takes its time
        testpaths = tests
        filterwarnings =
            error::UserWarning
            default::pytest.PytestDeprecationWarning
        """
    test = """\
        import warnings
        import pytest

        @pytest.mark.slow
        def test_rootdir(request):
            assert request.config.inipath.name == "no"

        @pytest.mark.xfail
        def test_strict():
            pass

        def test_warning():
            warnings.warn("an error by the root's filter")

        def test_id(request):
            assert request.node.nodeid == ""
        """
    return Workspace(
        "inherited-configuration",
        {
            "pytest.ini": ini,
            "pyproject.toml": "[tool.pytest-monorepo]\n",
            "conftest.py": """\
                import pytest

                @pytest.fixture(autouse=True)
                def of_the_root():
                    print("root")
                """,
            "a/pyproject.toml": manifest("a"),
            "a/tests/test_it.py": test,
            "b/setup.py": "from setuptools import setup\n\nsetup(name='b')\n",
            "b/b/tests/test_it.py": test,
            "c/pyproject.toml": manifest("c", "xfail_strict = false"),
            "c/tests/test_it.py": test,
        },
        ["a", "b", "c"],
        plain_files={"pytest.ini": dedent(ini).replace("--monorepo ", "")},
    )


def inherited_from_pyproject() -> Workspace:
    root = """\
        [tool.pytest-monorepo]

        [tool.pytest.ini_options]
        addopts = ["--monorepo", "-p", "no:doctest", "-q"]
        pythonpath = ["shared"]
        usefixtures = ["counted"]
        """
    test = """\
        import shared_helper

        def test_shared(counted):
            assert shared_helper.VALUE == counted

        def test_fails(request):
            assert request.config.getini("usefixtures") == []
        """
    return Workspace(
        "inherited-from-pyproject",
        {
            "pyproject.toml": root,
            "conftest.py": "import pytest\n\n@pytest.fixture\ndef counted():\n    return 1\n",
            "shared/shared_helper.py": "VALUE = 1\n",
            "libs/a/setup.cfg": "[metadata]\nname = a\n",
            "libs/a/tests/test_it.py": test,
            "libs/b/pyproject.toml": '[tool.poetry]\nname = "b"\nversion = "1"\n',
            "libs/b/tests/test_it.py": test,
        },
        ["libs/a", "libs/b"],
        plain_files={"pyproject.toml": dedent(root).replace('"--monorepo", ', "")},
    )


def selected_tests() -> Workspace:
    """``-k`` and ``-m`` mean in every project what they mean alone, a project left without tests included."""
    test = """\
        import pytest

        @pytest.mark.slow
        def test_{name}_slow():
            assert not "{name}"

        def test_{name}_fast():
            assert not "{name}"
        """
    files = dict(ROOT)
    for name in ["a", "b"]:
        files[f"{name}/pyproject.toml"] = manifest(name, 'markers = ["slow: takes its time"]')
        files[f"{name}/tests/test_it.py"] = dedent(test).format(name=name)
    return Workspace("selected-tests", files, ["a", "b"], args=["-m", "slow", "-k", "a_slow"])


def written_for_xdist() -> Workspace:
    """Somebody plays the main process, or nobody is told to be a worker."""
    names = list(main_process.CONFTESTS)
    return Workspace(
        "written-for-xdist",
        {**ROOT, **main_process.files()},
        names,
        needs=["xdist"],
        roots={"plugin-of-its-own": ["plugin-of-its-own"]},
    )


def tests_at_a_shared_root() -> Workspace:
    """The root is on the path of those that depend on it, and its tests are nobody else's modules."""
    asks = """\
        import pytest

        def test_code():
            import rooted
            assert rooted.VALUE == 1

        @pytest.mark.parametrize("name", ["tests.helper", "test_beside", "test.of_the_root", "conftest"])
        def test_others(name):
            with pytest.raises(ModuleNotFoundError):
                __import__(name)

        def test_the_standard_librarys():
            import test.support
            assert test.support
        """
    return Workspace(
        "tests-at-a-shared-root",
        {
            "pyproject.toml": manifest("rooted", 'testpaths = ["tests"]'),
            "rooted/__init__.py": "VALUE = 1\n",
            "conftest.py": "",
            "tests/__init__.py": "",
            "tests/helper.py": "",
            "tests/test_root.py": "from tests import helper\n\ndef test_root():\n    assert helper\n",
            "test/__init__.py": "",
            "test/of_the_root.py": "",
            "test_beside.py": "",
            "libs/a/pyproject.toml": manifest("a", "addopts = ''", dependencies='"rooted"'),
            "libs/a/tests/test_a.py": asks,
        },
        [".", "libs/a"],
        roots={".": ["."], "libs/a": ["installed"]},
        plain_files={"installed/rooted/__init__.py": "VALUE = 1\n"},
    )


def shared_namespaces() -> Workspace:
    """Flat layouts with one namespace package in two projects, neither installed."""
    both = "import ns.low\nimport ns.high\n\ndef test_high():\n    assert ns.low.X + ns.high.X == 3\n"
    return Workspace(
        "shared-namespaces",
        {
            **ROOT,
            "libs/low/pyproject.toml": manifest("acme.low"),
            "libs/low/ns/low/__init__.py": "X = 1\n",
            "libs/low/tests/test_low.py": "import ns.low\n\ndef test_low():\n    assert ns.low.X == 1\n",
            "libs/high/pyproject.toml": manifest("high", dependencies='"acme.low"'),
            "libs/high/ns/high/__init__.py": "X = 2\n",
            "libs/high/tests/test_high.py": both,
        },
        ["libs/low", "libs/high"],
        roots={"libs/low": ["libs/low"], "libs/high": ["libs/high", "libs/low"]},
    )


def left_out_folders() -> Workspace:
    """Two folders that the table leaves out: nobody loads their conftests, which would collide."""
    table = (
        '\n[tool.uv.workspace]\nmembers = ["app/plugins/*"]\n[tool.pytest.ini_options]\ntestpaths = ["app"]\n'
    )
    files = {
        "pyproject.toml": table,
        "app/plugins/core/pyproject.toml": manifest("core"),
        "app/plugins/core/tests/__init__.py": "",
        "app/plugins/core/tests/conftest.py": "import pytest\n\n@pytest.fixture\ndef who():\n    return 1\n",
        "app/plugins/core/tests/test_core.py": "def test_core(who):\n    assert who == 1\n",
    }
    for name in ("one", "two"):
        files[f"app/examples/{name}/pyproject.toml"] = manifest(name)
        files[f"app/examples/{name}/tests/__init__.py"] = ""
        files[f"app/examples/{name}/tests/conftest.py"] = f"raise RuntimeError('{name} was collected')\n"
        files[f"app/examples/{name}/tests/test_it.py"] = "def test_it(who):\n    pass\n"
    return Workspace("left-out-folders", files, ["app/plugins/core"])


ALL = [
    same_names(),
    same_packages_and_conftests(),
    root_project_and_nested(),
    source_layouts(),
    import_modes(),
    conftest_options_and_plugins(),
    awkward_addopts(),
    parallel_addopts(),
    old_configuration_files(),
    unittest_and_doctest(),
    subtests(),
    asynchronous(),
    odd_ids(),
    outcomes_of_every_kind(),
    errors_of_every_kind(),
    ends_its_process(),
    touches_its_process(),
    inherited_configuration(),
    inherited_from_pyproject(),
    selected_tests(),
    written_for_xdist(),
    tests_at_a_shared_root(),
    shared_namespaces(),
    left_out_folders(),
]

"""What went wrong beside the tests is an error with its reason, never a pass."""

from __future__ import annotations

import pytest

from tests.run.space import Space

FINE = "def test_fine(): pass\n"
MAIN = "tests/test_main.py"


def test_a_module_that_ran_from_another_file(space: Space) -> None:
    # pytest #13997: with importlib mode the second tests.test_main is the first one again
    space.write(
        {
            "one/pyproject.toml": '[project]\nname = "one"\n'
            '[tool.pytest.ini_options]\naddopts = "--import-mode=importlib"\n',
            "one/conftest.py": "import sys, types\n"
            "fake = types.ModuleType('tests.test_main')\n"
            "fake.__file__ = __file__.replace('conftest', 'other')\n"
            "fake.test_other = lambda: None\n"
            "sys.modules['tests.test_main'] = fake\n",
            "one/other.py": "",
            "one/tests/__init__.py": "",
            f"one/{MAIN}": "def test_mine(): assert False\n",
        }
    )
    space.projects({"two": FINE})
    run = space.run()
    run.has(
        "ERROR collecting one",
        f"one/{MAIN} was collected, but Python ran one/other.py: two modules of one name",
    )
    assert run.code == 1
    assert run.counts["error"] == 1


def test_a_project_that_ran_none_of_its_tests(space: Space) -> None:
    space.projects({"one": FINE, "two": FINE})
    space.write({"one/tests/conftest.py": "collect_ignore = ['test_main.py']\n"})
    run = space.run()
    run.has("ERROR collecting one", f"^no tests ran, though there is 1 test file: one/{MAIN}")
    assert run.code == 1
    assert run.counts == {"passed": 1, "error": 1}


def test_workers_that_die_in_a_test(space: Space) -> None:
    space.projects(
        {
            "exits": "import os\ndef test_a(): pass\ndef test_b():\n    print('last words', flush=True)\n"
            "    os._exit(7)\ndef test_c(): pass\n",
            "killed": "import os, signal\ndef test_k(): os.kill(os.getpid(), signal.SIGKILL)\n",
            "segfault": "import ctypes\ndef test_s(): ctypes.string_at(0)\ndef test_t(): pass\n",
        }
    )
    run = space.run("-v", "--junitxml=out.xml")
    assert run.code == 1
    assert run.counts == {"failed": 3, "passed": 3}
    assert run.summary == [
        f"FAILED exits/{MAIN}::test_b - worker ended while running this test (exit code 7)",
        f"FAILED killed/{MAIN}::test_k - worker ended while running this test (killed by SIGKILL)",
        f"FAILED segfault/{MAIN}::test_s - worker ended while running this test (killed by SIGSEGV)",
    ]
    run.has("Fatal Python error: Segmentation fault", f'segfault/{MAIN}", line 2 in test_s')
    assert run.cases["exits.tests.test_main.test_c"] == "passed"


def test_workers_that_die_around_the_tests(space: Space) -> None:
    fixture = "import os, pytest\n@pytest.fixture\ndef thing():\n    yield 1\n    os._exit(0)\n"
    space.projects(
        {
            "collect": "import os\nos._exit(0)\n",
            "teardown": fixture + "def test_thing(thing): pass\n",
            "atexit": "import atexit, os\natexit.register(os._exit, 9)\ndef test_last(): pass\n",
            "finish": FINE,
        }
    )
    space.write({"finish/conftest.py": "import os\ndef pytest_sessionfinish(): os._exit(0)\n"})
    run = space.run()
    assert run.code == 1
    assert sorted(run.summary) == [
        "ERROR atexit - worker failed while it exited, after its last test (exit code 9)",
        "ERROR collect - worker ended before its tests were collected (exit code 0)",
        "ERROR finish - worker ended after its last test (exit code 0)",
        f"FAILED teardown/{MAIN}::test_thing - worker ended while running this test (exit code 0)",
    ]
    assert run.counts == {"failed": 1, "passed": 2, "error": 3}
    assert run.out.count("test session starts") == 1


def test_errors_of_a_project_are_shown_as_pytest_wrote_them(space: Space) -> None:
    space.projects(
        {"usage": FINE, "internal": FINE, "collection": "import nothing_of_the_kind\n", "fine": FINE}
    )
    space.write(
        {
            "usage/pytest.ini": "[pytest]\naddopts = --no-such-option\n",
            "internal/conftest.py": "def pytest_collection_modifyitems(): raise ValueError('boo')\n",
        }
    )
    run = space.run()
    run.has(
        f"ERROR collecting collection/{MAIN}", "ModuleNotFoundError: No module named 'nothing_of_the_kind'"
    )
    run.has("ERROR collecting internal", "^internal error", "ValueError: boo")
    run.has(
        "ERROR collecting usage",
        "error: unrecognized arguments: --no-such-option",
        "inifile: .*usage/pytest.ini",
    )
    run.has("^project +passed +errors +not run +time", "^(collection|internal|usage) ", "^fine ")
    assert run.counts == {"passed": 1, "error": 3}
    assert run.code == 3


@pytest.mark.parametrize(
    ("files", "code"),
    [
        ({f"one/{MAIN}": "import pytest\ndef test_x(): pytest.exit('enough', 9)\n"}, 1),
        ({"one/pytest.ini": "[pytest]\naddopts = --nope\n", f"two/{MAIN}": "def test_x(): assert 0\n"}, 1),
        ({"one/pytest.ini": "[pytest]\naddopts = --nope\n"}, 1),
        ({f"one/{MAIN}": "import nope\n"}, 1),
        (
            {
                f"one/{MAIN}": "def test_x(): raise KeyboardInterrupt\n",
                "two/pytest.ini": "[pytest]\naddopts = --n\n",
            },
            2,
        ),
    ],
)
def test_the_gravest_exit_code_wins(space: Space, files: dict[str, str], code: int) -> None:
    space.projects({"one": FINE, "two": FINE})
    space.write(files)
    assert space.run().code == code


def test_an_unreadable_manifest_is_that_projects_error(space: Space) -> None:
    space.projects({"good": FINE, "bad": FINE})
    space.write({"bad/pyproject.toml": "[project\nname = 'bad'\n"})
    run = space.run()
    run.has("ERROR collecting bad", r"bad/pyproject\.toml")
    assert run.counts == {"passed": 1, "error": 1}
    assert run.code == 1
    run.lacks("Traceback", "INTERNALERROR")
    assert space.run("bad").code == 4


def test_what_tests_leave_running_is_ended(space: Space) -> None:
    space.projects(
        {
            "one": "import subprocess\ndef test_starts():\n"
            "    print(subprocess.Popen(['sleep', '3600'], stdout=subprocess.DEVNULL).pid)\n"
            "    open('pid', 'w').write(str(subprocess.Popen(['sleep', '3600']).pid))\n",
            "two": FINE,
        }
    )
    run = space.run()
    assert run.counts == {"passed": 2}
    assert not _alive(int((space.root / "one/pid").read_text()))


def _alive(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat") as stream:
            return stream.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_a_test_may_close_or_fill_what_it_likes(space: Space) -> None:
    space.projects(
        {
            "noisy": "import os, sys\n"
            "def test_descriptors():\n    os.write(1, b'x' * 200_000); os.write(2, b'y' * 200_000)\n"
            "def test_closes():\n    os.closerange(10, 200)\n"
            "def test_big():\n    assert 'a' * 3_000_000 == 'b'\n"
            "def test_odd():\n    assert '\\udcff\\x00\\x1b[31m' == ''\n",
            "fine": FINE,
        }
    )
    run = space.run("--tb=line")
    run.lacks("INTERNALERROR", "xxxx")
    assert run.code == 1
    assert run.counts["passed"] >= 2

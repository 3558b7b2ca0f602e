"""What a project's files say that forbids to import for it: values only."""

from __future__ import annotations

import pytest

from pytest_monorepo.run.plan import texts


@pytest.mark.parametrize(
    "text",
    [
        "sys.modules['x'] = None",
        "assert 'pandas' not in sys.modules",
        "from sys import path, modules",
        "sys.meta_path.insert(0, Finder())",
        "pytest.register_assert_rewrite('helpers')",
        "from beartype.claw import beartype_this_package",
        "from typeguard import install_import_hook",
        "jaxtyping.install_import_hook('x', 'y')",
        "builtins.__import__ = mine",
        "importlib.reload(module)",
        "from gevent import monkey",
        "monkey.patch_all()",
        "sys.settrace(tracer)",
        "tracemalloc.start()",
        "sys.addaudithook(hook)",
    ],
)
def test_whoever_looks_at_modules_imports_for_itself(text: str) -> None:
    assert texts.read([("a/conftest.py", b"import os\n"), ("a/b.py", text.encode())]).looks == "a/b.py"


@pytest.mark.parametrize(
    ("text", "asks"),
    [
        ("import psutil", True),
        ("resource.getrusage(resource.RUSAGE_SELF).ru_maxrss", True),
        ("open('/proc/self/statm').read()", True),
        ("open(f'/proc/{os.getpid()}/status')", True),
        ("open(f'/proc/{pid}/smaps')", True),
        ("line.startswith('VmRSS')", True),
        ("ctypes.CDLL(None).malloc_trim(0)", True),
        ("from memory_profiler import memory_usage", True),
        ("@pytest.mark.limit_memory('10 MB')", True),
        ("resource.setrlimit(resource.RLIMIT_AS, (n, n))", True),
        ("resource.setrlimit(resource.RLIMIT_NOFILE, (n, n))", False),
        ("memory = {}\nstatus = 200", False),
    ],
)
def test_who_asks_for_the_memory_of_its_process(text: str, asks: bool) -> None:
    assert texts.read([("a.py", text.encode())]).memory == ("a.py" if asks else "")


@pytest.mark.parametrize(
    ("path", "text", "early"),
    [
        ("conftest.py", "import json\njson.dumps = mine", True),
        ("conftest.py", "import json as j\nj.encoder.dumps = mine", True),
        ("conftest.py", "import json\ndef pytest_configure():\n    json.dumps = mine", True),
        ("conftest.py", "from os import path\npath.exists = mine", True),
        ("conftest.py", "from os import path\npath.exists: object = mine", True),
        ("conftest.py", "import json\nsetattr(json, 'dumps', mine)", True),
        ("conftest.py", "import json\ndel json.dumps", True),
        ("conftest.py", "import json\ndelattr(json, 'dumps')", True),
        ("conftest.py", "import json\nvars(json)['dumps'] = mine", True),
        ("conftest.py", "import json\njson.__dict__['dumps'] = mine", True),
        ("conftest.py", "mock.patch('json.dumps').start()", True),
        ("conftest.py", "def pytest_configure():\n    patch('json.dumps').start()", True),
        ("conftest.py", "freezer = freeze_time('2020-01-01')\nfreezer.start()", True),
        ("conftest.py", "ONE = pytest.MonkeyPatch()\nONE.setattr('json.dumps', mine)", True),
        ("conftest.py", "import uvloop\nuvloop.install()", True),
        ("helper.py", "import json\njson.dumps = mine", True),
        ("helper.py", "import json\ndef pytest_configure():\n    json.dumps = mine", True),
        ("test_a.py", "patch('json.dumps').start()", True),
        ("helper.py", "logging.config.dictConfig({'version': 1})", True),
        ("settings.py", "LOGGING = {'version': 1}", True),
        ("conftest.py", "decimal.getcontext().prec = 5", True),
        ("conftest.py", "def pytest_configure():\n    locale.setlocale(locale.LC_ALL, 'C')", True),
        ("conftest.py", "multiprocessing.set_start_method('spawn')", True),
        ("conftest.py", "exec(open('other.txt').read())", True),
        ("helper.py", "VALUE = runpy.run_path('other.txt')", True),
        ("test_a.py", "exec(compile(Path('other.txt').read_text(), 'other', 'exec'))", True),
        ("test_a.py", "def test_a():\n    exec(open('other.txt').read())", False),
        ("test_a.py", "def test_a():\n    decimal.getcontext().prec = 5", False),
        ("conftest.py", "exec('VALUE = 1')", False),
        ("test_a.py", "import json\ndef test_a():\n    json.dumps = mine", False),
        ("test_a.py", "def setUp(self):\n    self.patcher = patch('a.b')\n    self.patcher.start()", False),
        ("conftest.py", "def one(monkeypatch):\n    monkeypatch.setattr('json.dumps', mine)", False),
        ("conftest.py", "import json\nclass A:\n    def f(self):\n        self.json = json", False),
        ("conftest.py", "import json\nVALUE = json.dumps == mine", False),
        ("conftest.py", "import json\nassert json.dumps == mine", False),
        ("conftest.py", "thread.start()", False),
        ("conftest.py", "logger = logging.getLogger(__name__)", False),
    ],
)
def test_what_is_done_before_an_import(path: str, text: str, early: bool) -> None:
    assert texts.read([(path, text.encode())]).early.startswith(path) is early


@pytest.mark.parametrize(
    ("text", "variable"),
    [
        ("os.environ['POLARS_MAX'] = '1'", "POLARS_MAX"),
        ('os.environ["WANTED"] = "1"', "WANTED"),
        ("os.environ.setdefault('WANTED', '1')", "WANTED"),
        ("monkeypatch.setenv('WANTED', '1')", "WANTED"),
        ("monkeypatch.delenv('WANTED', raising=False)", "WANTED"),
        ("os.putenv('WANTED', '1')", "WANTED"),
        ("del os.environ['WANTED']", "WANTED"),
        ("os.environ.pop('WANTED')", "WANTED"),
        ("NAME = 'WANTED'\nos.environ[NAME] = '1'", "WANTED"),
        ("env = os.environ\nenv['WANTED'] = '1'", "WANTED"),
        ("with patch.dict(os.environ, {'WANTED': '1'}):\n    pass", "WANTED"),
        ("with patch.dict(os.environ, WANTED='1'):\n    pass", "WANTED"),
        ("os.environ |= {'WANTED': '1'}", "WANTED"),
        ("os.environ['OMP_NUM_THREADS'] = '1'", "OMP_NUM_THREADS"),
        ("os.environ['TZ'] = 'UTC'", "TZ"),
        ("os.environ['DATABASE_URL'] = 'sqlite://'", ""),
        ("VALUE = os.environ['WANTED']", ""),
        ("VALUE = os.environ.get('WANTED')", ""),
        ("VALUE = os.environ['WANTED'] == '1'", ""),
        ("VALUE = os.getenv('WANTED')", ""),
    ],
)
def test_variables_that_may_be_set(text: str, variable: str) -> None:
    assert texts.set_among(texts.read([("a.py", text.encode())]), ["WANTED"]) == variable


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("a.py", "from dotenv import load_dotenv\nload_dotenv()"),
        ("a.py", "os.environ.update(settings)"),
        ("a.py", "os.environ.clear()"),
        ("pytest.ini", "[pytest]\nenv_files =\n    .env\n"),
        ("a.py", "os.environ = {}"),
    ],
)
def test_variables_of_any_name(path: str, text: str) -> None:
    assert texts.read([(path, text.encode())]).unknown == path


@pytest.mark.parametrize(
    ("text", "changes"),
    [
        ("import sys\nsys.path.insert(0, '..')", True),
        ("from sys import argv, path\npath.append('..')", True),
        ("import site\nsite.addsitedir('..')", True),
        ("def test(monkeypatch):\n    monkeypatch.syspath_prepend('..')", True),
        ("def test(pytester):\n    pytester.syspathinsert('..')", True),
        ("import os.path, sys", False),
        ("sys.path_importer_cache.clear()", False),
    ],
)
def test_who_changes_the_path(text: str, changes: bool) -> None:
    assert texts.read([("a.py", text.encode())]).paths == ("a.py" if changes else "")


@pytest.mark.parametrize("text", ["[pytest]\nenv =\n    WANTED=1\n", "[tool.pytest_env]\nWANTED = 1\n"])
def test_variables_in_settings(text: str) -> None:
    assert texts.set_among(texts.read([("pyproject.toml", text.encode())]), ["WANTED"]) == "WANTED"


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("import numpy\nVALUE = 2\n", True),
        ("import numpy, re\nVALUE = 1\n", False),
        ("VALUE = 1\n", False),
        ("import numpy\nVALUE = 1\ndef f():\n    import pandas\n", False),
        ("import numpy\nVALUE = importlib.import_module('x')\n", False),
        ("import numpy\npytest.importorskip('x')\n", False),
    ],
)
def test_the_digest_is_of_imports(text: str, same: bool) -> None:
    before = texts.read([("a.py", b"import numpy\nVALUE = 1\n")])
    assert (texts.read([("a.py", text.encode())]).digest == before.digest) is same


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        (["src/app/__init__.py", "src/app/types.py"], {"src", "app"}),
        (["types.py", "tests/test_a.py"], {"types", "tests", "test_a"}),
        (["tests/__init__.py", "tests/yaml.py"], {"tests"}),
        (["ns/part/__init__.py"], {"ns", "part"}),
        (["fast.cpython-311-x86_64-linux-gnu.so"], {"fast"}),
        (["data/numpy/readme.txt"], set()),
    ],
)
def test_top_names(files: list[str], expected: set[str]) -> None:
    assert texts.top_names(files) == expected


def test_folder_names() -> None:
    assert texts.folder_names(["a.py", "b/data/x.json", "b/data/y.json"]) == {"b", "data"}


@pytest.mark.parametrize(
    ("text", "is_unknown"),
    [
        ("for name, value in read():\n    os.environ[name] = value", True),
        ("os.environ[f'A_{name}'] = value", True),
        ("os.environ['A_' + name] = value", True),
        ("os.environ.setdefault(name, value)", True),
        ("os.environ |= read()", True),
        ("os.environ['A'] = values[name]", False),
        ("os.environ[NAME] = '1'", False),
        ("os.environ.setdefault('A', value)", False),
        ("VALUE = os.environ[name] == '1'", False),
        ("VALUE = os.environ[name]", False),
    ],
)
def test_variables_of_a_name_that_no_text_shows(text: str, is_unknown: bool) -> None:
    assert bool(texts.read([("a.py", text.encode())]).unknown) is is_unknown


def test_who_asks_for_the_current_test_gets_another_answer_in_it() -> None:
    assert texts.set_among(texts.Texts(), ["PYTEST_CURRENT_TEST"]) == "PYTEST_CURRENT_TEST"


@pytest.mark.parametrize(
    ("text", "changes"),
    [
        ("import sys as system\nsystem.path.insert(0, 'x')", True),
        ("import system\nsystem.path.append('x')", True),
        ("os.path.join('a', 'b')", False),
        ("import sys", False),
    ],
)
def test_whoever_changes_the_path_of_modules(text: str, changes: bool) -> None:
    assert bool(texts.read([("a.py", text.encode())]).paths) is changes


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("(HERE / 'optional.py').write_text('')", "optional"),
        ("open(HERE + '/optional.py', 'w')", "optional"),
        ("NAME = 'optional.pyi'", "optional"),
        ("import optional", ""),
        ("x.optional.python", ""),
    ],
)
def test_modules_that_may_be_written(text: str, name: str) -> None:
    assert texts.read([("a.py", text.encode())]).modules == ({name} if name else frozenset())


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("(HERE / 'one').mkdir()", {"one"}),
        ("os.makedirs(HERE + '/one/two')", {"one", "two"}),
        ("shutil.copytree(X, HERE / 'one')", {"one"}),
        ("NAME = 'one'", frozenset()),
    ],
)
def test_folders_that_may_be_made(text: str, names: set[str]) -> None:
    assert texts.read([("a.py", text.encode())]).folders == names


@pytest.mark.parametrize(
    ("text", "writes"),
    [
        ("(HERE / f'{name}.py').write_text('')", True),
        ("open('%s.py' % name, 'w')", True),
        ("open(HERE + name + '.py', 'w')", True),
        ("(HERE / name).with_suffix('.py').touch()", True),
        ("f'{name}.py'", False),
        ("open(one) if name.endswith('.py') else 0", False),
        ("open(f'{name}.json')", False),
    ],
)
def test_who_writes_modules_of_any_name(text: str, writes: bool) -> None:
    assert texts.read([("a.py", text.encode())]).writes == ("a.py" if writes else "")

"""What a file comes to leave in pytest's own hands, and another of its project sees: that must run, and fail.

Values and files of shared fixtures, attributes of pytest's objects, the other tests: what no module holds.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from tests.run.space import Space
from tests.sampling import Part

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="traces were measured on Linux alone"),
]

SHARED = """
import atexit, itertools, os, pytest
class Thing:
    v = 0
@pytest.fixture(scope='session')
def kept(): return {}
@pytest.fixture(scope='session')
def thing(): return Thing()
@pytest.fixture(scope='session')
def numbers(): return itertools.count()
@pytest.fixture(scope='package')
def of_package(): return []
@pytest.fixture(scope='session')
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp('shared')
    (folder / 'f').write_text('0')
    return folder
@pytest.fixture(scope='session')
def again(tmp_path_factory): return tmp_path_factory.mktemp('shared')
@pytest.fixture(scope='session')
def text():
    with open('made') as stream: return stream.read()
@pytest.fixture(scope='session')
def taken_back():
    yield
    for name in ('out', 'known'):
        if os.path.exists(name): os.unlink(name)
os.path.exists('known')
atexit.register(lambda link=os.path.abspath('link'): os.path.islink(link) and os.unlink(link))
KEY = pytest.StashKey()
def pytest_configure(config): config.given = {}
"""
# what test_a comes to do, what test_b asks for
ROWS = {
    "dictionary": ("def test(kept): kept['a'] = 1", "def test(kept): assert not kept"),
    "object": ("def test(thing): thing.v = 1", "def test(thing): assert not thing.v"),
    "iterator": ("def test(numbers): next(numbers)", "def test(numbers): assert next(numbers) == 0"),
    "file-that-goes-at-the-end": (
        "def test(taken_back):\n    with open('out', 'w') as f: f.write('1')",
        "import os\ndef test(taken_back): assert not os.path.exists('out')",
    ),
    "file-that-all-have-asked-for": (
        "def test(taken_back):\n    with open('known', 'w') as f: f.write('1')",
        "import os\ndef test(taken_back): assert not os.path.exists('known')",
    ),
    "below-a-link-that-goes-at-the-end": (
        "import os\ndef test(): os.symlink('tests', 'link')",
        "import os\ndef test(): assert not os.path.exists('link/test_a.py')",
    ),
    "in-a-listing": (
        "def test(taken_back):\n    with open('out', 'w') as f: f.write('1')",
        "import os\ndef test(taken_back): assert 'out' not in os.listdir('.')",
    ),
    "of-package": (
        "def test(of_package): of_package.append(1)",
        "def test(of_package): assert not of_package",
    ),
    "asked-for-by-name": (
        "def test(kept): kept['a'] = 1",
        "def test(request): assert not request.getfixturevalue('ke' + 'pt')",
    ),
    "changed-by-name": (
        "def test(request): request.getfixturevalue('ke' + 'pt')['a'] = 1",
        "def test(kept): assert not kept",
    ),
    "attribute-of-pytest": (
        "import pytest\ndef test(): pytest.token = 1",
        "import pytest\ndef test(): assert not hasattr(pytest, 'token')",
    ),
    "attribute-of-config": (
        "def test(pytestconfig): pytestconfig.token = 1",
        "def test(pytestconfig): assert not hasattr(pytestconfig, 'token')",
    ),
    "inside-of-config": (
        "def test(pytestconfig): pytestconfig.given['a'] = 1",
        "def test(pytestconfig): assert not pytestconfig.given",
    ),
    "option": (
        "def test(pytestconfig): pytestconfig.option.keyword = 'a'",
        "def test(pytestconfig): assert not pytestconfig.option.keyword",
    ),
    "stash": (
        "import conftest\ndef test(pytestconfig): pytestconfig.stash[conftest.KEY] = 1",
        "import conftest\ndef test(pytestconfig): assert conftest.KEY not in pytestconfig.stash",
    ),
    "plugin": (
        "def test(pytestconfig): pytestconfig.pluginmanager.register(object(), 'late')",
        "def test(pytestconfig): assert not pytestconfig.pluginmanager.hasplugin('late')",
    ),
    "setting": (
        "def test(pytestconfig): pytestconfig.addinivalue_line('markers', 'late')",
        "def test(pytestconfig): assert 'late' not in pytestconfig.getini('markers')",
    ),
    "attribute-of-session": (
        "def test(request): request.session.token = 1",
        "def test(request): assert not hasattr(request.session, 'token')",
    ),
    "mark-of-session": (
        "def test(request): request.session.add_marker('late')",
        "def test(request): assert not request.node.get_closest_marker('late')",
    ),
    "attribute-of-a-folder": (
        "def test(request): request.node.parent.parent.token = 1",
        "def test(request): assert not hasattr(request.node.parent.parent, 'token')",
    ),
    "number-of-tests": (
        "def test(): pass\ndef test_more(): pass",
        "def test(request): assert len(request.session.items) == 2",
    ),
    "tests-collected": (
        "def test(): pass\ndef test_more(): pass",
        "def test(request): assert request.session.testscollected == 2",
    ),
    "shared-file": (
        "def test(folder): (folder / 'f').write_text('1')",
        "def test(folder): assert (folder / 'f').read_text() == '0'",
    ),
    "file-in-a-shared-folder": (
        "def test(folder): (folder / 'g').write_text('1')",
        "import os\ndef test(folder): assert os.listdir(folder) == ['f']",
    ),
    "nothing-in-a-shared-folder": (
        "def test(folder): (folder / 'g').write_text('1')",
        "def test(folder): assert not (folder / 'g').exists()",
    ),
    "file-beside-temporary-folders": (
        "def test(tmp_path_factory): (tmp_path_factory.getbasetemp() / 'g').write_text('1')",
        "def test(tmp_path_factory): assert not (tmp_path_factory.getbasetemp() / 'g').exists()",
    ),
    "listed-beside-temporary-folders": (
        "def test(tmp_path_factory): (tmp_path_factory.getbasetemp() / 'g').write_text('1')",
        "import os\ndef test(tmp_path_factory): assert 'g' not in os.listdir(tmp_path_factory.getbasetemp())",
    ),
    "number-of-a-folder": (
        "def test(tmp_path_factory): tmp_path_factory.mktemp('same')",
        "def test(tmp_path_factory): assert tmp_path_factory.mktemp('same').name == 'same0'",
    ),
    "number-of-a-folder-of-py": (
        "def test(tmpdir_factory): tmpdir_factory.mktemp('same')",
        "def test(tmpdir_factory): assert tmpdir_factory.mktemp('same').basename == 'same0'",
    ),
    "number-of-a-fixtures-folder": (
        "def test(folder): pass",
        "def test(tmp_path_factory): assert tmp_path_factory.mktemp('shared').name == 'shared0'",
    ),
    "number-of-another-fixtures-folder": (
        "def test(folder): pass",
        "def test(again): assert again.name == 'shared0'",
    ),
    "number-by-hand": (
        "def test(tmp_path_factory): tmp_path_factory.mktemp('same')",
        "from _pytest.pathlib import make_numbered_dir\n"
        "def test(tmp_path_factory): assert make_numbered_dir(tmp_path_factory.getbasetemp(), 'same').name"
        " == 'same0'",
    ),
    "temporary-folders-listed": (
        "def test(tmp_path_factory): tmp_path_factory.mktemp('same')",
        "def test(tmp_path_factory): assert not [*tmp_path_factory.getbasetemp().glob('same*')]",
    ),
    "temporary-folder-of-another": (
        "def test_zz(tmp_path): pass",
        "def test(tmp_path): assert not (tmp_path.parent / 'test_zz0').exists()",
    ),
    "file-read-by-a-thread": (
        "def test():\n    with open('made', 'w') as f: f.write('1')",
        "from concurrent.futures import ThreadPoolExecutor\nfrom pathlib import Path\ndef test():\n"
        "    with ThreadPoolExecutor() as pool:\n"
        "        assert pool.submit(Path('made').read_text).result() == '0'",
    ),
    "file-read-by-a-fixture": (
        "def test():\n    with open('made', 'w') as f: f.write('1')",
        "def test(text): assert text == '0'",
    ),
    "folder-without-a-number": (
        "def test(tmp_path_factory): tmp_path_factory.mktemp('same', numbered=False)",
        "def test(tmp_path_factory): assert tmp_path_factory.mktemp('same', numbered=False)",
    ),
}
FIRST = """
def test(tmp_path):
    (tmp_path / 'y').write_text('a')
    with open('made', 'w') as stream: stream.write('0')
"""
UNTOUCHED = "def test(kept, tmp_path): assert not kept and not (tmp_path / 'x').exists()"


def failed(out: str) -> set[str]:
    return set(re.findall(r"^FAILED p/([\w-]+)/tests/test_b\.py", out, re.MULTILINE))


def test_who_sees_what_another_has_come_to_change_runs(tmp_path: Path, part: Part) -> None:
    rows = {name: ROWS[name] for name in part([*ROWS], 3)}
    space = Space(tmp_path / "space")
    ini = "[tool.pytest.ini_options]\npythonpath = '.'\n"
    for name, (_, seen) in {**rows, "control": ("", UNTOUCHED)}.items():
        space.write({f"p/{name}/pyproject.toml": ini, f"p/{name}/conftest.py": SHARED})
        space.write(
            {f"p/{name}/made": "", f"p/{name}/tests/test_a.py": FIRST, f"p/{name}/tests/test_b.py": seen}
        )
    # a package of tests is one where a file sees what others load below it
    space.write({f"p/{name}/tests/__init__.py": "" for name in rows})
    space.write({"pyproject.toml": "[tool.pytest-monorepo]\n"})
    with space.environment(XDG_CACHE_HOME=str(tmp_path / "cache"), HOME=str(tmp_path)):
        assert space.run("--cached", "--workers=1").code == 0
        assert f"{2 * len(rows) + 2} cached" in space.run("--cached", "--workers=1").out
        for name, (left, _) in rows.items():
            space.write({f"p/{name}/tests/test_a.py": left})
        # it uses the same fixtures and leaves them as they are
        space.write(
            {"p/control/tests/test_a.py": FIRST.replace("tmp_path)", "kept, tmp_path)").replace("'y'", "'x'")}
        )
        run = space.run("--cached", "--workers=1", "-rf", "--cached-explain")
    assert failed(run.out) == set(rows), run.out
    if pytest.version_tuple >= (9,):  # 8.0 ties such files by its own fixtures (open)
        run.has(r"^p/control/tests/test_b.py cached from")


WRITES = "def test():\n    with open('known', 'w') as f: f.write('1')"
READS = {"read": "open('known').read() == '1'", "existence": "os.path.exists('known')"}


def test_who_reads_what_another_has_written_runs_with_it_though_all_have_asked_for_it_before(
    tmp_path: Path,
) -> None:
    space = Space(tmp_path / "space")
    ends = "import os\ndef test(): os.path.exists('known') and os.unlink('known')"
    asks = "import os\ntry: open('known')\nexcept OSError: os.path.exists('known')\n"
    for name, seen in READS.items():
        space.write({f"p/{name}/pyproject.toml": "", f"p/{name}/conftest.py": asks})
        space.write({f"p/{name}/tests/test_a.py": WRITES, f"p/{name}/tests/test_c.py": ends})
        space.write({f"p/{name}/tests/test_b.py": f"import os\ndef test(): assert {seen}"})
    space.write({"pyproject.toml": "[tool.pytest-monorepo]\n"})
    with space.environment(XDG_CACHE_HOME=str(tmp_path / "cache"), HOME=str(tmp_path)):
        assert space.run("--cached", "--workers=1").code == 0
        assert f"{3 * len(READS)} cached" in space.run("--cached", "--workers=1").out
        space.write({f"p/{name}/tests/test_a.py": "def test(): pass" for name in READS})
        run = space.run("--cached", "--workers=1", "-rf")
    assert failed(run.out) == set(READS), run.out

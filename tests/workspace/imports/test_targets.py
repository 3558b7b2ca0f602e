"""What patches name beyond plain strings, and what code names by its file."""

from __future__ import annotations

import sys
import sysconfig
from pathlib import Path

import pytest

from pytest_monorepo.workspace.imports.one_file import beyond as beyond_module
from pytest_monorepo.workspace.imports.one_file import paths
from pytest_monorepo.workspace.imports.one_file import text as text_module
from pytest_monorepo.workspace.imports.one_file.paths import FILE, WHOLE_FILE, builds_path, code_files
from pytest_monorepo.workspace.imports.one_file.sieve import line_unfollowed, sieve
from pytest_monorepo.workspace.imports.one_file.targets import targets
from pytest_monorepo.workspace.imports.one_file.text import UNFOLLOWED
from tests.sampling import Part

MOCK = "from unittest import mock\nfrom unittest.mock import patch\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("W = 'shop.late'\npatch(f'{W}.X')", {"shop.late.X"}),
        ("W = 'shop.late'\npatch(W + '.X')", {"shop.late.X"}),
        ("A = 'shop'\nW = A + '.late'\npatch('%s.X' % W)", {"shop.late.X"}),
        ("W = 'late'\npatch('shop.%s.%s' % (W, 'X'))", {"shop.late.X"}),
        ("W = 'late'\npatch('shop.{}.{name}'.format(W, name='X'))", {"shop.late.X"}),
        ("patch('.'.join(['shop', 'late', 'X']))", {"shop.late.X"}),
        ("patch('shop.' + 'late.' + 'X')", {"shop.late.X"}),
        ("patch('shop.a' if FAST else 'shop.b')", {"shop.a", "shop.b"}),
        ("patch(f'{__name__}.X')", {".X"}),
        ("import shop.late\npatch(f'{shop.late.__name__}.X')", {"shop.late.X"}),
        ("from . import late\npatch(f'{late.__name__}.X')", {".late.X"}),
        ("for t in ('late', 'soon'):\n    patch(f'shop.{t}.X')", {"shop.late.X", "shop.soon.X"}),
        ("T = {'a': 'late'}\nfor _, t in T.items():\n    patch('shop.' + t)", {"shop.late", "shop.a"}),
        (
            "@pytest.mark.parametrize('t', ['late'])\ndef test_x(t):\n    patch(f'shop.{t}.X')",
            {"shop.late.X"},
        ),
        (
            "class TestX:\n    W = 'shop.late'\n    @patch(W + '.X')\n    def test_x(self): ...",
            {"shop.late.X"},
        ),
        ("class TestX:\n    W = 'shop.late'\npatch(TestX.W + '.X')", {"shop.late.X"}),
        ("W = 'shop.late'\nmonkeypatch.setattr(W + '.X', 3)", {"shop.late.X"}),
        ("W = 'shop.late'\nmonkeypatch.delattr(target=f'{W}.X')", {"shop.late.X"}),
        ("W = 'late'\npatch.multiple(W, X=3)", {"late"}),
        ("W = 'late'\nmocker.patch.dict(f'shop.{W}.D', {})", {"shop.late.D"}),
        ("from unittest.mock import patch as p\nW = 'late'\np(f'shop.{W}')", {"shop.late"}),
        ("from unittest import mock as m\nW = 'late'\nm.patch(f'shop.{W}')", {"shop.late"}),
        ("p = mock.patch\nW = 'late'\np(f'shop.{W}')", {"shop.late"}),
        ("patch.multiple('late', X=3)", {"late"}),
        # none of these imports by a name
        ("patch('shop.late.X')", set()),
        ("patch.object(late, 'X')", set()),
        ("patch.dict(os.environ, X='1')", set()),
        ("from os import environ\npatch.dict(environ, X='1')", set()),
        ("CONFIG = {}\npatch.dict(CONFIG)", set()),
        ("patch.multiple(Service, x=1)", set()),
        ("setattr(thing, 'x', 3)", set()),
        ("monkeypatch.setattr(thing, 'x', 3)", set()),
        ("monkeypatch.delattr(thing, name='x')", set()),
        ("client.patch(f'/users/{number}')", set()),
        ("from consts import *\nW = 'shop.late'\npatch(W + '.X')", {"shop.late.X"}),
        ("client.patch(url, json={})", set()),
        ("self.api_client.patch(self.url)", set()),
        ("requests.Session().patch(url)", set()),
        ("import requests as r\nr.patch(url)", set()),
        ("with TestClient(app) as c:\n    c.patch(url)", set()),
        ("def test_x(c: APIClient):\n    c.patch(url)", set()),
        ("async def test_x(aiohttp_client):\n    c = await aiohttp_client(app)\n    c.patch(url)", set()),
        ("def send(where):\n    requests.patch(where)", set()),
        ("def test_x(browser):\n    browser.patch(f'/users/{number}')", set()),
        (
            "L = []\nD = {}\nclass TestX:\n    L = []\nfor t in (*L, *D.values(), *TestX.L):\n    patch(t)",
            set(),
        ),
        # what only is read holds what it was bound to, and a dictionary stays one
        ("L = ['late']\nassert len(L) == 1\nfor t in sorted(L):\n    patch(f'shop.{t}')", {"shop.late"}),
        (
            "T = {'a': 'late'}\nfor _, t in sorted(T.items()):\n    send(t)\n    patch('shop.' + T['a'])",
            {"shop.late", "shop.a"},
        ),
        ("L = ['late']\nsend(t for t in L)\npatch('shop.' + L[0])", {"shop.late"}),
        (
            "L = ['late']\n@mark.parametrize('t', L)\ndef test_x(t):\n    send(t)\n    patch('a.' + t)",
            {"a.late"},
        ),
        (
            "@mark.parametrize('t', ['late'])\nclass TestX:\n    def test_x(_, t):\n        patch('a.' + t)",
            {"a.late"},
        ),
        (
            "pytestmark = pytest.mark.parametrize('t', ['late'])\ndef test_x(t):\n    patch('a.' + t)",
            {"a.late"},
        ),
        ("CONFIG = {}\nCONFIG['a'] = load()\nuse(CONFIG)\npatch.dict(CONFIG, {})", set()),
        ("def test_x(patch):\n    patch(url)", set()),
        ("patch = load()\nsend(patch)", set()),
    ],
)
def test_the_targets_of_patches(text: str, expected: set[str]) -> None:
    found = targets(
        (MOCK + text + "\n" if "patch = " not in text and "(patch)" not in text else text).encode()
    )
    assert set(found.names) == expected
    assert found.line is None


@pytest.mark.parametrize(
    "text",
    [
        "from consts import TARGET\npatch(TARGET)",
        "from consts import PREFIX\npatch(f'{PREFIX}.X')",
        "import consts\npatch(consts.TARGET, 3)",
        "import consts\npatch('shop.' + consts.NAME)",
        "import consts\npatch('shop.{}.X'.format(consts.NAME))",
        "import consts\npatch('shop.%s.X' % consts.NAME)",
        "import consts\npatch('.'.join(consts.PARTS))",
        "import consts\nmonkeypatch.setattr(consts.TARGET, 3)",
        "import consts\nmonkeypatch.delattr(consts.TARGET)",
        "import consts\npatch.dict(consts.TARGET, {})",
        "import consts\nmocker.patch.multiple(consts.TARGET, X=3)",
        "def patched(name):\n    return patch(f'shop.{name}.X')",
        "patched = lambda name: patch(f'shop.{name}.X')",
        "def test_x(target):\n    mocker.patch(target)",
        "class TestX:\n    W = 'a'\n    def test_x(self):\n        patch(f'{self.W}.X')",
        "W = 'a'\nW += consts.NAME\npatch(W)",
        "stack = list(map(patch, consts.TARGETS))",
        "import functools\np = functools.partial(mock.patch, new=3)",
        "patch(f'shop.{name!r}')",
        "patch('shop.{:s}'.format('late'))",
        "patch(*consts.ARGUMENTS)",
        "patch(**consts.ARGUMENTS)",
        "def broken(:\n    patch(NAME)",
        # a container that is filled after it was bound
        *(
            f"L = []\nD = {{}}\nclass TestX:\n    L = []\n{how}\nfor one in {which}:\n    mocker.patch(one)"
            for how, which in (
                ("for n in NAMES:\n    L.append(f'app.{n}.send')", "L"),
                ("L.extend(TARGETS)", "sorted(L)"),
                ("L += [WHERE]", "L"),
                ("L[:] = TARGETS", "L"),
                ("L.insert(0, WHERE)", "L"),
                ("L.__iadd__(TARGETS)", "L"),
                ("add = L.append\nadd(WHERE)", "L"),
                ("list(map(L.append, TARGETS))", "L"),
                ("list.append(L, WHERE)", "L"),
                ("heapq.heappush(L, WHERE)", "L"),
                ("fill(L)", "L"),
                ("fill(into=L)", "L"),
                ("fill([L])", "L"),
                ("M = L\nM.append(WHERE)", "L"),
                ("M = N = L\nN += TARGETS", "L"),
                ("M = L or []\nM.append(WHERE)", "L"),
                ("for M in (L, D):\n    fill(M)", "L"),
                ("M, N = L, D\nM.append(WHERE)", "L"),
                ("thing.names = L", "L"),
                ("def names():\n    return L", "L"),
                ("def names(into=L):\n    into.append(WHERE)", "L"),
                ("fill(lambda: L)", "L"),
                ("first, *L = TARGETS", "L"),
                ("for L[0] in TARGETS: ...", "L"),
                ("globals()['L'] = TARGETS", "L"),
                ("TestX.L.append(WHERE)", "TestX.L"),
                ("monkeypatch.setattr(TestX, 'L', TARGETS)", "TestX.L"),
                ("patch.object(TestX, 'L', TARGETS)", "TestX.L"),
                ("monkeypatch.setattr(f'{__name__}.L', TARGETS)", "L"),
                ("D['a'] = f'{WHERE}.send'", "D.values()"),
                ("D['a']: str = WHERE", "D.values()"),
                ("D['a'] = {}\nD['a']['b'] = WHERE", "D.values()"),
                ("D['a'] += WHERE", "D.values()"),
                ("D |= TARGETS", "D.values()"),
                ("D.update(TARGETS)", "D.values()"),
                ("D.setdefault('a', WHERE)", "D.values()"),
                ("monkeypatch.setitem(D, 'a', WHERE)", "D.values()"),
                ("D = {'a': L}\nD['a'].append(WHERE)", "L"),
                ("D = {'a': L}\nD.get('a').append(WHERE)", "L"),
                ("D = {'a': L}\nfor M in D.values():\n    M.append(WHERE)", "L"),
                ("D = {'a': []}\nD['a'].append(WHERE)", "D['a']"),
                ("match load():\n    case [*L]: ...", "L"),
                ("match load():\n    case {'a': L}: ...", "L"),
                ("match load():\n    case {**D}: ...", "D"),
                ("from consts import *", "L"),
            )
        ),
        "W = 'a'\ntry: ...\nexcept Exception as W:\n    patch(W)",
        "class TestX:\n    W = 'a'\nTestX.W = consts.W\npatch(TestX.W)",
        "class TestX:\n    W = 'a'\nsetattr(TestX, 'W', consts.W)\npatch(TestX.W)",
        # who has a method patch may be a mocker by any name
        "def fake(m, where):\n    m.patch(f'app.{where}.send')",
        "@pytest.fixture\ndef mp(mocker):\n    return mocker\ndef test_x(mp):\n    mp.patch(WHERE + '.send')",
        "x = request.getfixturevalue('mocker')\nx.patch(WHERE)",
        "request.getfixturevalue('mocker').patch(WHERE)",
        "self.m.patch(target=WHERE)",
        "tools[0].patch(WHERE)",
        "with tools() as m:\n    m.patch(WHERE)",
        "client = mocker\nclient.patch(WHERE)",
        "client = request.getfixturevalue('mocker')\nclient.patch(WHERE)",
        "def test_x(client: MockerFixture):\n    client.patch(WHERE)",
        "def test_x(m):\n    list(map(m.patch, TARGETS))",
        "def test_x(m):\n    return m.patch",
        "def test_x(m):\n    getattr(m, 'patch')(WHERE)",
        "operator.methodcaller('patch', WHERE)(m)",
        # what a name is in one function it is not in another
        "@pytest.mark.parametrize('t', ['a'])\ndef test_x(t):\n    f('b.' + t)\ndef f(t):\n    patch(t)",
        "@pytest.mark.parametrize('t', ['a'], indirect=True)\ndef test_x(t):\n    patch(t)",
        "@pytest.mark.parametrize('t', ['a'], True)\ndef test_x(t):\n    patch(t)",
        "@pytest.fixture\ndef late():\n    return load()\ndef test_x(late):\n    patch(f'{late.__name__}.X')",
        "import shop.late as late\ndef test_x(late):\n    patch(f'{late.__name__}.X')",
        "import shop.late as late\nlate = load()\npatch(f'{late.__name__}.X')",
        "@pytest.fixture\ndef where():\n    return load()\ndef test_x(where):\n    patch.dict(where, {})",
    ],
)
def test_targets_that_another_file_tells(text: str) -> None:
    source = (MOCK + text + "\n").encode()
    assert targets(source).line is not None
    assert line_unfollowed(source) is not None


def _calls_for(tests: int) -> int:
    test = "def test_{0}():\n    L = ['late', 'a{0}']\n    for t in L:\n        mock.patch(f'shop.{{t}}')\n"
    source = (MOCK + "".join(map(test.format, range(tests)))).encode()
    calls: list[str] = []
    before = sys.getprofile()
    sys.setprofile(lambda frame, event, _: calls.append(event))
    try:
        targets(source)
    finally:
        sys.setprofile(before)
    return len(calls)


def test_a_name_that_each_of_many_tests_binds_is_read_once() -> None:
    assert _calls_for(80) < 3 * _calls_for(40)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("open('shop/late.py')", {WHOLE_FILE + "late.py"}),
        ("FOLDER / 'late.py'", {FILE + "late.py"}),
        ("FOLDER / 'La' 'te.py'", {FILE + "te.py"}),
        ("FILES = '''\nshop/late.py\n  soon.pyx # x\n'''", {WHOLE_FILE + "late.py", WHOLE_FILE + "soon.pyx"}),
        ("'late.py::test_it'", {FILE + "late.py"}),
        ("'late.py:3'", {FILE + "late.py"}),
        ("# see late.py", set()),
        ("'late.pyc'", set()),
        ("thing.python", set()),
    ],
)
def test_the_names_of_code_files(text: str, expected: set[str]) -> None:
    assert set(code_files(text.encode())) == expected
    assert builds_path(text.encode()) is None


@pytest.mark.parametrize(
    "text",
    [
        "f'{name}.py'",
        "f'shop/{name}.py:3'",
        "'%s.py' % name",
        "'%(name)s.py,' % names",
        "'$name.py'",
        "path + '.py'",
        "'{}.py'.format(name)",
        "'.'.join([name, 'py'])",
        "path.with_suffix('.py')",
        "from importlib.machinery import SOURCE_SUFFIXES",
        "Path(__file__).with_stem('late')",
        "Path(__file__).with_name('late' + Path(__file__).suffix)",
        "__file__.replace('test_', '')",
        "os.path.splitext(__file__)[1]",
        "HERE = str(Path(__file__))\nHERE[:-7]",
        "re.sub('test_', '', __file__)",
        "os.fwalk('shop')",
        "from os import path, walk",
        "filecmp.dircmp('a', 'b')",
        "import tarfile\ntar.add('shop')",
    ],
)
def test_paths_of_code_that_no_name_tells(text: str) -> None:
    assert builds_path(text.encode()) is not None
    assert line_unfollowed(text.encode()) is not None


@pytest.mark.parametrize(
    ("text", "beyond"),
    [
        ("resources.contents('shop')", True),
        ("from importlib.resources import contents", True),
        ("page.contents", False),
        ("resource_listdir('shop', '')", True),
        ("PAGES.list_templates()", True),
        ("PAGES.compile_templates('out')", True),
        ("PLACE: ImportString", True),
        ("from werkzeug.utils import find_modules\nfind_modules('shop')", True),
        ("from werkzeug.utils import find_modules as found", True),
        ("from importlib.resources import (\n    contents,\n)", True),
        ("PLACE: PyObject", True),
        ("import_item(name)", True),
        ("namedAny(name)", True),
        ("YAML(typ='unsafe')", True),
        ("YAML(typ=['unsafe', 'pytypes'])", True),
        ("YAML(typ='safe')", False),
        ("from zope.dottedname.resolve import resolve", True),
        ("app.config.from_object(f'shop.config.{ENV}')", True),
        ("app.config.from_object('shop.config.' + ENV)", True),
        ("app.config.from_object('shop.config.%s' % ENV)", True),
        ("app.config.from_object(PREFIX + ENV)", True),
        ("app.config.from_object(os.environ['CONFIG'])", True),
        ("app.config.from_object(environ['CONFIG'])", True),
        ("app.config.from_object(obj=f'shop.config.{ENV}')", True),
        ("app.config.from_object('shop.config.Dev')", False),
        ("app.config.from_object(Dev)", False),
    ],
)
def test_what_loads_or_lists_what_no_name_tells(text: str, beyond: bool) -> None:
    assert (UNFOLLOWED in sieve(text.encode())) is beyond


@pytest.mark.slow
def test_whatever_a_pattern_finds_has_one_of_its_words(part: Part) -> None:
    pairs = (
        (paths._BUILT, paths._BUILT_WORDS),
        *((paths._HOLDS, paths._HOLDS_WORDS), (paths._OWN, paths._OWN_WORDS)),
        (text_module._BENDS, text_module.BENDS_WORDS),
        (text_module._BINDS, text_module.BINDS_WORDS),
    )
    library = Path(sysconfig.get_paths()["stdlib"])
    files = part(sorted((*library.glob("*.py"), *library.glob("importlib/*.py"))), 5)
    sources = [file.read_bytes() for file in files]
    sources += [file.read_bytes() for file in Path(__file__).parents[2].rglob("*.py")]
    for pattern, words in pairs:
        found = {match.group() for source in sources for match in pattern.finditer(source)}
        assert len(found) > 2
        assert [one for one in found if not any(word in one for word in words)] == []
    for row in beyond_module.ROWS:
        found = {
            source[source.rfind(b"\n", 0, match.start()) + 1 : match.end()]
            for source in sources
            for match in row.pattern.finditer(source)
        }
        assert [one for one in found if not any(word in one for word in row.words)] == []


@pytest.mark.parametrize(
    "text",
    [
        "HERE = Path(__file__).parent\nx.replace('a', 'b')",
        "HERE = pathlib.Path(__file__).resolve().parents[1]\nx.suffix",
        "HERE = os.path.dirname(os.path.abspath(__file__))\nos.path.splitext(x)",
        "print(__file__)",
        "import tarfile\ntarfile.open(x)",
    ],
)
def test_what_a_files_own_folder_is_asked_for(text: str) -> None:
    assert builds_path(text.encode()) is None

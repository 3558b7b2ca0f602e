"""Who comes to a file of no project without its folder's name, and what names one that only some read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pytest_monorepo.affected.meaning.finding import Finder, climbs, searches
from pytest_monorepo.workspace.imports.one_file import sought as sought_module
from pytest_monorepo.workspace.imports.one_file.sought import sought
from tests.affected.test_decision import Repo
from tests.workspace.steps import Matcher

API = "services/api"
ALL = sorted(("libs/core", API, "services/web", "tool"))
TOP = "ROOT = pathlib.Path(__file__).parents[3]\n"


@pytest.mark.parametrize(
    ("path", "text", "found"),
    [
        ("scripts/helper.py", f"{TOP}run(next(ROOT.rglob('helper.py')))\n", True),
        ("scripts/helper.py", "glob.glob('../../**/helper.py', recursive=True)\n", True),
        ("scripts/helper.py", "for d, _, names in os.walk('../..'):\n    'helper.py' in names\n", True),
        ("scripts/helper.py", "os.system('git ls-files :/ | grep helper.py | xargs python')\n", True),
        ("scripts/helper.py", f"{TOP}ROOT.glob('*/*.py')\n", True),
        ("scripts/helper.py", f"{TOP}ROOT.glob('**/help*.py')\n", True),
        ("scripts/helper.py", "pathlib.Path(__file__).parent.parent.parent.parent.glob('*/*.py')\n", True),
        # it looks no further up than its project, or for other names
        ("scripts/helper.py", "pathlib.Path(__file__).parents[1].rglob('*.py')\n", False),
        ("scripts/helper.py", "pathlib.Path(__file__).parent.glob('*.py')\n", False),
        ("scripts/helper.py", f"{TOP}ROOT.rglob('*.json')\n", False),
        ("scripts/helper.py", "import helper\n", False),
        ("scripts/helper.py", "X = 'helper.py'\n", False),
        ("docs/guide.md", f"{TOP}next(ROOT.rglob('guide.md'))\n", True),
        ("docs/guide.md", f"{TOP}list(ROOT.rglob('*.md'))\n", True),
        ("docs/guide.md", "X = 'guide.md'\n", False),
        ("docs/adr/one.md", "X = os.listdir('../../docs/adr')\n", True),
        ("docs/adr/one.md", "X = os.listdir('../../docs/')\n", True),
        ("docs/adr/one.md", f"{TOP}X = list((ROOT / 'docs' / 'adr').iterdir())\n", True),
        ("docs/adr/one.md", "X = os.listdir('../../docs/other')\n", False),
        ("docs/adr/one.md", "X = os.listdir('docs')\n", False),
        ("newsfragments/1.feature.md", "X = os.listdir('../../newsfragments')\n", True),
        (".github/workflows/lint.yml", "X = open('../../.github/workflows/lint.yml').read()\n", True),
        (".github/workflows/lint.yml", "X = pathlib.Path('../../.github/workflows').glob('*.yml')\n", True),
        (".github/workflows/lint.yml", f"{TOP}X = ROOT / '.github' / 'dependabot.yml'\n", False),
        (".pre-commit-config.yaml", "X = open('../../.pre-commit-config.yaml').read()\n", True),
        ("front/package.json", f"{TOP}list(ROOT.rglob('package.json'))\n", True),
        ("front/package.json", f"{TOP}list(ROOT.rglob('*.py'))\n", False),
    ],
)
def test_whoever_searches_for_a_file_of_no_project_is_reached(
    tmp_path: Path, path: str, text: str, found: bool
) -> None:
    repo = Repo(tmp_path)
    held = "on: push\njobs: {}\n" if path.endswith(".yml") else "one\n"
    repo.write(path, held)
    repo.write(f"{API}/tests/test_all.py", text)
    repo.commit()
    repo.write(path, f"{held}# 2\n")
    assert repo.selected() == ([API] if found else [])


WAYS_UP = (
    "while a != b:\n    a, b = a.parent, a\na",
    "while not (a := a.parent) / 'x':\n    pass\na",
    "for _ in range(3):\n    a = Path(a).parent\na",
    "for _ in range(3):\n    a: Path = (a.parent)\na",
    "for _ in range(3):\n    a = os.path.dirname(os.path.abspath(a))\na",
    "for _ in range(3):\n    a, _ = os.path.split(a)\na",
    "self.a = self.a.parent\nself.a",
    "def up(x): return x.parent\nup(up(up(Path(__file__))))",
    "def up(x):\n    return x if x.is_dir() else up(x.parent)\nup(a)",
    "from os.path import dirname as d\nPath(d(d(d(__file__))))",
    "Path(*Path(__file__).parts[:-3])",
    "Path(os.sep.join(__file__.split(os.sep)[:-3]))",
    "Path(__file__.rsplit('/', 3)[0])",
    "Path(git.Repo('.', search_parent_directories=True).working_dir)",
    "Path(run('git rev-parse --show-cdup'))",
    "Path(os.environ['WORKSPACE'])",
    "Path(os.getenv('MY_REPO_ROOT'))",
    "request.config.inipath.parent",
    "request.config.invocation_params.dir.parent",
    "Path(os.path.dirname(os.getcwd()))",
)


@pytest.mark.parametrize(
    ("within", "text", "found"),
    [
        ("tests/test_a.py", "Path(__file__).parents[2].rglob('*.md')", True),
        ("tests/test_a.py", "Path(__file__).parents[1].rglob('*.md')", False),
        ("tests/deep/test_a.py", "Path(__file__).parents[2].rglob('*.md')", False),
        ("tests/test_a.py", "Path(__file__).parent.parent.parent.glob('**/*.md')", True),
        ("tests/test_a.py", "Path(__file__).resolve().parent.parent.glob('**/*.md')", False),
        ("tests/test_a.py", "glob.iglob('../../**/g*')", True),
        ("tests/test_a.py", "check('git rev-parse --show-toplevel'); x.glob('*/*.[mr]d')", True),
        ("tests/test_a.py", "Path('..').glob('*')", True),
        ("tests/test_a.py", "Path('..').glob('*.txt')", False),
        ("tests/test_a.py", "re.match('.*', '../..')", False),
        ("tests/test_a.py", "HERE = Path(__file__).parent\nHERE.parent.parent.rglob('*.md')", True),
        ("tests/test_a.py", "x = dirname(dirname(dirname(__file__)))\nglob.glob(join(x, '*.md'))", True),
        ("tests/test_a.py", "x = dirname(dirname(__file__))\nglob.glob(join(x, '*.md'))", False),
        ("tests/test_a.py", "list(Path(__file__).parents)[2].rglob('*.md')", True),
        ("tests/test_a.py", "pytestconfig.rootpath.rglob('*.md')", True),
        ("tests/test_a.py", "Path.cwd().parent.glob('*/*.md')", True),
        ("tests/test_a.py", "run(['find', '../..', '-name', '*.md'])", True),
        ("run.sh", "for f in ../../docs/*.md; do x; done", True),
        ("lib.py", "if '..' in path.parts or path.startswith('..'): raise\npath.rglob('*')", False),
        ("lib.py", "if a != '..' and '..' not in b:\n    path.rglob('*')", False),
        ("lib.py", "if x.startswith(('/', '../')) or '/../' in x: raise\nx.rglob('*')", False),
        ("lib.py", "raise X(\"must not contain '..': {x}\")\nx.rglob('*')", False),
        ("lib.py", 'def f():\n    """As f("../x")."""\n    # see ../x.md\n    x.rglob("*")\n', False),
        ("lib.py", 'def f():\n    """As is\n\n    >>> f("../x")\n    """\n    x.rglob("*")\n', True),
        ("lib.py", 'X = """\n"""\nY = "../x"\nZ = """\n"""\nx.rglob("*")\n', True),
        ("lib.py", 'run(\n    """\n    ls ../../**/*.md\n    """\n)\n', True),
        ("lib.py", 'X = {\n    "a":\n    """\n    ls ../../**/*.md\n    """\n}\n', True),
        ("lib.py", 'class X:\n    """See \'../x\'."""\n    Y = """../x"""\n    x.rglob("*")\n', True),
        ("lib.py", 'X = "#"; Y = "../x"\nx.rglob("*")\n', True),
        ("a.py", '"""Usage:\n  --d=D  [default: ../x]"""\nx = docopt(__doc__)\nx.rglob("*")\n', True),
        ("a.py", 'def f():\n    """../x"""\nPath(inspect.getdoc(f)).rglob("*")\n', True),
        ("a.py", 'def f():\n    """As\n\n    ```python\n    x("..").rglob("*")\n    ```\n    """\n', True),
        ("a.py", 'def f():\n    """As::\n\n       x("..").rglob("*")\n    """\n', True),
        ("a.py", "# !cat ../**/*\n", True),
        ("a.py", 'def f(): return {"a":\n"""../**/*"""}\n', True),
        ("a.py", 'X = {f(\n"a"\n):\n"""../**/*"""}\n', True),
        ("a.py", 'def f(\n    a\n) -> None:\n    """See ../x."""\n    x.rglob("*")\n', False),
        *((f"a/b/{number}.py", f"{way}.rglob('*')", True) for number, way in enumerate(WAYS_UP)),
        (
            "a/b/c.py",
            "if x == x.parent: raise\nreturn y.split('/')[:-1], y.rsplit('/', 1)\nx.rglob('*')",
            False,
        ),
        ("a/b/c.py", "def f(x):\n    return g(x.parent), f(x)\nx.rglob('*')", False),
        ("lib.py", "print('wait...', 'on ...', \"more...\")\npath.rglob('*')", False),
        ("lib.py", "a.parent.mkdir()\nif b.parent is None or c.parent == d:\n    path.rglob('*')", False),
        ("lib.py", "a.parent.mkdir()\nfor one in here.parent.parent.rglob('*'): x", True),
        ("a/b/c.py", "while here.parent != here:\n    here = here.parent\nhere.rglob('*')", True),
        ("a/b/c.py", "while not x:\n    top = os.path.dirname(top)\nglob.glob(join(top, '*'))", True),
        ("lib.py", "if '..' in x: raise\nfor one in join(HERE, '..'): one.rglob('*')", True),
        # a pattern that is handed to whoever looks, in whatever words
        ("lib.py", "look('../x', pattern='*.md', glob('y'))", True),
        ("lib.py", "SEEK = ['*.md']\nfor one in SEEK:\n    up('..').glob(one)", True),
        ("lib.py", "SEEK = {'all': ('*.txt', 'g*')}\nup('..').rglob(SEEK['all'][1])", True),
        ("lib.py", "glob.glob(f'../{kind}/*.{ending}')", True),
        ("lib.py", "glob.glob('../%s/%s-*.md' % x)\nglob.glob('../%s*.md' % x)", True),
        ("lib.py", "glob.glob(name.replace('%s', '*'))\nup('../..')", True),
        ("lib.py", "glob.glob('/'.join(['..', '*', '*']))", True),
        ("lib.py", "run(\"cd ../.. && find . -name '*.md'\")", True),
        ("lib.py", "run(f'grep -l the of this {TOP}/../**/*.md')", True),
        ("lib.py", "sh('X=../.. The of the ls **/*.md')", True),
        ("lib.py", "sh('Look at the ../**/*.md | of | this')", True),
        ("lib.py", "def f(pattern='*.md'): return up('..').glob(pattern)", True),
        ("lib.py", "raise Error(list(up('..').glob('*.md')))", True),
        ("lib.py", "print(*up('..').glob('*.md'))", True),
        ("lib.py", "assert list(up('..').glob('*.md')) == []", True),
        ("lib.py", "FILES[up('..').glob('*.md')]", True),
        ("lib.py", "def f(): pass\nf.match = up('..').glob('*.md')", True),
        ("lib.py", "type X = = 1\nup('..').glob('*.md')", True),
        ("lib.py", "run(shlex.split('cat ../../**/*.md'))\nup('../x', glob('y'))", True),
        ("lib.py", "from shlex import split\nrun(split('cat ../../**/*.md'))", True),
        ("lib.py", "find(up('..'), match='*.md')\nglob('y')", True),
        # several in one text, and what a function of the file itself is told, whatever its name
        ("lib.py", "for one in '*.md *.txt'.split():\n    up('..').glob(one)", True),
        ("lib.py", "for one in '*.txt,*.md'.split(','):\n    up('..').glob(one)", True),
        ("lib.py", "def error(pattern): return up('..').glob(pattern)\nerror('*.md')", True),
        ("lib.py", "class A:\n    def count(self, p): return up('..').glob(p)\nA().count('*.md')", True),
        ("lib.py", "def look(title): return up('..').glob(title)\nlook(title='*.md')", True),
        ("lib.py", "class A:\n    def __getitem__(self, p): return up('..').glob(p)\nA()['*.md']", True),
        ("lib.py", "sh(f'cat ../{y}?')\nup('..').glob('x')", True),
        ("lib.py", "x = f'{y}?'\nup('..').glob(x)", True),
        ("lib.py", "sh('Cat ../*.md?')\nup('..').glob('x')", True),
        # and one that goes nowhere
        ("lib.py", "with pytest.raises(E, match='g.*'):\n    up('..').glob('x')", False),
        ("lib.py", "if '*' in name or name == '*.md':\n    up('..').glob('*.txt')", False),
        ("lib.py", "if any(c in '*?[' for c in name):\n    up('..').glob('x')", False),
        ("lib.py", "if not {'*', '**'} & set(x):\n    up('..').glob('x')", True),
        ("lib.py", "name.split('*')[0].strip('*')\nname.replace('*', '.*?')\nup('..').glob('x')", False),
        ("lib.py", "re.compile('g.*')\nre.sub('[a-z]*', '', x)\nup('..').glob('x')", False),
        ("lib.py", "raise Error(f'*{x} is no *')\nup('..').glob('x')", False),
        ("lib.py", "log.warning('a * of %s', up('..').glob('x'))", False),
        ("lib.py", "parser.add_argument('-x', help='as *.md')\nup('..').glob('x')", False),
        ("lib.py", "TOOL = 'Find the files of a pattern, as `*.md` or \"g*\".'\nup('..').glob('x')", False),
        ("lib.py", "TOOL = (\n    'With the - '\n    'that is - \"**/*.md\"'\n)\nup('..').glob('x')", False),
        ("lib.py", "x['value'] = '***'\nup('..').glob('x')", False),
        ("lib.py", "x = f'Delete agent {y}? [y/N]: '\nup('..').glob('x')", False),
        ("lib.py", "x = f'Deploy {y} (or guide.m?) from {y}?'\nup('..').glob('x')", False),
        ("lib.py", "x['**'] = y['*.md']\nup('..').glob('x')", False),
        ("lib.py", "def f(x: 'list[*]') -> 'g*': up('..').glob('x')", False),
        ("lib.py", "# **/*.md and '*.md'\nup('..').glob('x')", False),
        ("lib.py", "f('a'), [1][g('c')], 'd*' == x\nup('..').glob('x')", False),
        ("run.sh", "for f in docs/*.md; do x; done", False),
        ("Makefile", "x: $(wildcard ../../docs/*.md)", True),
        ("pyproject.toml", "root = '../..'\n'tests/**/*' = []\nmatch = 'v*'\n", False),
        ("Taskfile.yml", "sources: ['../../**/*.md']", True),
        ("bin/check", "for f in ../../**/*.md; do cat '$f' 'x*'; done; ls '../../**/*.md'", True),
    ],
)
def test_a_pattern_finds_what_lies_where_it_looks(within: str, text: str, found: bool) -> None:
    assert Finder(text, within, climbs).finds("docs/guide.md") is found


def test_what_goes_through_folders() -> None:
    assert all(
        map(searches, ("x.rglob(y)", "iglob(y)", "os.walk(y)", "find . -name x", "git ls-files", "**/x"))
    )
    assert not any(map(searches, ("global", "refind it", "walkthrough(x)", "x / y")))


COMMON = "constraints/common.txt"
JOB = """\
on: {on}
jobs:
  one:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/setup-python@v5
        with:
          cache-dependency-path: {cached}
      - run: {run}
"""


@pytest.mark.parametrize(
    ("file", "text", "selected"),
    [
        ("Makefile", f"test:\n\tpip install -c {COMMON} -e tool\n", ALL),
        ("noxfile.py", f"def t(session):\n    session.install('-c', '{COMMON}', '-e', 'tool')\n", ALL),
        ("run.sh", f"pip install -c {COMMON} -e tool && pytest tool\n", ALL),
        ("docker/Dockerfile", f"COPY {COMMON} /c.txt\n", ALL),
        (
            ".github/workflows/t.yml",
            JOB.format(on="push", cached="x", run=f"pip install -c {COMMON} . && pytest"),
            ALL,
        ),
        # at the beginning of a line
        (
            ".github/workflows/t.yml",
            JOB.format(
                on="push",
                cached="x",
                run=f"|\n          pip install . -c \\\n          {COMMON}\n          pytest",
            ),
            ALL,
        ),
        # whoever only keeps something by its content, or runs no tests
        (".github/workflows/t.yml", JOB.format(on="push", cached=COMMON, run="pytest"), [API]),
        (".github/workflows/t.yml", JOB.format(on="push", cached="x", run=f"cat {COMMON}"), [API]),
        ("Makefile", "test:\n\tpip install -c other/common.txt -e tool\n", [API]),
        ("Makefile", "test:\n\tpip install -c constraints/other.txt\n", [API]),
        ("NOTES.md", f"See {COMMON}.\n", [API]),
    ],
)
def test_what_runs_all_tests_makes_a_file_that_some_read_one_for_all(
    tmp_path: Path, file: str, text: str, selected: list[str]
) -> None:
    repo = Repo(tmp_path)
    repo.write(COMMON, "requests==1\n")
    repo.write(f"{API}/tox.ini", f"[testenv]\ndeps = -c ../../{COMMON}\n")
    repo.remove("services/web")
    repo.write(file, text)
    repo.commit()
    repo.write(COMMON, "requests==2\n")
    assert repo.selected() == [path for path in selected if path != "services/web"]


NEEDS = "libs/core/requirements-test.txt"


@pytest.mark.parametrize("run", ["${x:-" * 1500 + "}" * 1500, "$(" * 1500 + ")" * 1500])
def test_a_workflow_that_cannot_be_read_is_no_error(tmp_path: Path, run: str) -> None:
    repo = Repo(tmp_path)
    repo.write(NEEDS, "requests\n")
    repo.write(".github/workflows/t.yml", JOB.format(on="push", cached="x", run=f"echo {NEEDS} {run}"))
    repo.commit()
    repo.write(NEEDS, "requests\nattrs\n")
    assert repo.selected() == ["libs/core"]
    repo.write(NEEDS, "requests\n")
    repo.write(".github/workflows/t.yml", JOB.format(on="push", cached="x", run=f"-r {NEEDS} tool {run}"))
    repo.commit()
    repo.write(NEEDS, "requests\nattrs\n")
    assert repo.selected() == ["libs/core", "tool"]


@pytest.mark.parametrize(
    ("run", "selected"),
    [
        (f"pip install -r {NEEDS} && pytest tool", ["libs/core", "tool"]),
        (f"pip install -r {NEEDS} && cd tool && pytest", ["libs/core", "tool"]),
        (f"|\n          pip install -r {NEEDS}\n          pytest \\\n          tool", ["libs/core", "tool"]),
        (f"pip install -r {NEEDS} && pytest libs/core", ["libs/core"]),
        (f"pip install -r {NEEDS} && pytest libs/core tool", ["libs/core"]),
        ("pip install -r requirements-test.txt && pytest tool", ["libs/core"]),
        (f"cat {NEEDS} tool", ["libs/core"]),
    ],
)
def test_requirements_that_a_job_installs_for_another_project_reach_that(
    tmp_path: Path, run: str, selected: list[str]
) -> None:
    repo = Repo(tmp_path)
    repo.write(NEEDS, "requests\n")
    repo.write(".github/workflows/t.yml", JOB.format(on="push", cached="x", run=run))
    repo.commit()
    repo.write(NEEDS, "requests\nattrs\n")
    assert repo.selected() == selected


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("find('SELECT * FROM rows')", set()),
        ("find('''\n  with x as (select 1)\n  SELECT count(*)\n  FROM x''')", set()),
        ("find('GRANT ALL ON a.* TO b')", set()),
        ("add('--all', nargs='*', help='all')", set()),
        ("add('--all', nargs='*', default='*.json')", {"*.json"}),
        ("find('select/*.sql')", {"*.sql"}),
        ("find('WITH/*.sql')", {"*.sql"}),
    ],
)
def test_what_a_query_or_a_number_of_arguments_has_is_no_pattern(text: str, found: set[str]) -> None:
    assert {*(sought(text, docstrings=False) or ())} == found


@pytest.mark.parametrize("number", [150, 600])
def test_a_text_of_many_pieces_is_put_together_once(number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each piece more would be one more text of all before it, and each of its letters a beginning."""
    read: list[str] = []

    def of_text(text: str) -> Iterator[str]:
        read.append(text)
        return iter(())

    monkeypatch.setattr(sought_module, "_of_text", of_text)
    sought("X = " + " + ".join(["'../*'"] * number), docstrings=False)
    assert sum(map(len, read)) == 2 * len("../*" * number)
    matcher = Matcher(sought_module.SEVERAL, 10 * number)
    assert matcher.spans("../*" * number + "a.*b" * number) == []
    assert matcher.steps < 12 * 8 * number

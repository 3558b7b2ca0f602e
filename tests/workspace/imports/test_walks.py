"""Who goes through folders for code or manifests, and from which folder: rows of one file each."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest

from pytest_monorepo.workspace.files.code_files import CodeFiles
from pytest_monorepo.workspace.imports import walkers
from pytest_monorepo.workspace.imports.one_file.sieve import sieve
from pytest_monorepo.workspace.imports.one_file.walks import WALKS, walks
from pytest_monorepo.workspace.model import Workspace

_UP = "ROOT = Path(__file__).resolve().parents[2]\n"
_FOUND = {
    # by steps up
    'Path(__file__).resolve().parents[3].rglob("*.py")': "file|4||*.py",
    'HERE = Path(__file__).parent\nROOT = HERE.parent.parent\n(ROOT / "libs").glob("*/pyproject.toml")': (
        "file|3|libs|pyproject.toml"
    ),
    "TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))\nos.walk(TOP)": "file|2||*",
    'os.walk(os.path.join(os.path.dirname(__file__), "..", ".."))': "file|3||*",
    'glob.glob(str(ROOT / "**" / "*.py"), recursive=True)\n' + _UP: "file|3||*.py",
    _UP + 'glob.glob(f"{ROOT}/libs/**/*.py")': "file|3|libs|*.py",
    _UP + 'for one in (ROOT / "libs").iterdir():\n    (one / "pyproject.toml").read_text()': "file|3|libs|*",
    _UP + "for name in os.listdir(str(ROOT)):\n    pass": "file|3||*",
    _UP + 'shutil.copytree(ROOT, tmp_path / "x")': "file|3||*",
    _UP + 'ROOT.glob("*/setup.cfg")': "file|3||setup.cfg",
    # where a test runs
    'glob.glob("../*/pyproject.toml")': "cwd|1||pyproject.toml",
    'Path.cwd().parent.rglob("*.py")': "cwd|1||*.py",
    'Path("libs").rglob("*.py")': "cwd|0|libs|*.py",
    # commands
    _UP + 'subprocess.check_output(["git", "ls-files", "*.py"], cwd=ROOT)': "file|3||*.py",
    _UP + 'subprocess.check_output(["git", "-C", str(ROOT), "ls-files", "*.py"])': "file|3||*.py",
    'subprocess.run(["git", "--git-dir", "../.git", "ls-tree", "-r", "HEAD"])': "cwd|1||*",
    'subprocess.run(["git", "--git-dir=../../.git", "ls-tree", "-r", "HEAD", "*.py"])': "cwd|2||*.py",
    _UP + 'subprocess.run(["git", "--git-dir", str(ROOT / ".git"), "ls-tree", "HEAD"])': "file|3||*",
    _UP + 'subprocess.run(["git", f"--git-dir={ROOT}/.git", "ls-tree", "-r", "HEAD"])': "file|3||*",
    _UP + 'LIST = ["git", "ls-files"]\nsubprocess.check_output(LIST, cwd=ROOT)': "file|3||*",
    'subprocess.run("git ls-files | sort", shell=True, cwd="../..")': "cwd|2||*",
    _UP + 'subprocess.run(["find", str(ROOT), "-name", "*.py"])': "file|3||*.py",
    _UP + 'subprocess.run(["ruff", "check", str(ROOT)])': "file|3||*",
    _UP + 'subprocess.run([sys.executable, "-m", "mypy", "."], cwd=ROOT)': "file|3||*",
    # up to wherever it is
    'ROOT = Path(run(["git", "rev-parse", "--show-toplevel"]).strip())\nROOT.rglob("*.py")': "top|0||*.py",
    "def root():\n    p = Path(__file__)\n"
    "    while not (p / '.git').exists():\n        p = p.parent\n    return p\n"
    'root().rglob("*.py")': "?|0||*.py",
    'ROOT = next(p for p in Path(__file__).parents if (p / ".git").exists())\n'
    'ROOT.rglob("*.py")': "?|0||*.py",
    'ROOT = find_root(Path(__file__))\nROOT.rglob("*.py")': "?|0||*.py",
    'def test_it(request):\n    request.config.rootpath.rglob("*.py")': "top|0||*.py",
    'Path(os.environ["GITHUB_WORKSPACE"]).rglob("*.py")': "top|0||*.py",
    'repo = git.Repo(".", search_parent_directories=True)\nrepo.git.ls_files("*.py")': "top|0||*",
    # handed on within the file
    "@pytest.fixture\ndef root():\n    return Path(__file__).parents[2]\n"
    'def test_it(root):\n    root.rglob("*.py")': "file|3||*.py",
    "def check(root):\n    return list(root.rglob('*.py'))\ncheck(Path(__file__).parents[2])": "file|3||*.py",
    "class TestAll:\n    root = Path(__file__).parents[2]\n"
    "    def test_it(self):\n        self.root.rglob('*.py')": ("file|3||*.py"),
    _UP + '@pytest.mark.parametrize("at", [ROOT / "a"])\ndef test_it(at):\n    at.rglob("*.py")': (
        "file|3|a|*.py"
    ),
    # given from elsewhere
    'from .paths import ROOT\nROOT.rglob("*.py")': "=ROOT|0||*.py",
    'from . import paths\npaths.ROOT.rglob("*.py")': "=ROOT|0||*.py",
    'def test_it(repo_root):\n    list(repo_root.rglob("*.py"))': "=repo_root|0||*.py",
    # by another name, a module, a function, a class, or all names of a module
    "from paths import ROOT as TOP\nTOP.rglob('*.py')": "=ROOT|0||*.py",
    "import paths\npaths.ROOT.rglob('*.py')": "=ROOT|0||*.py",
    "from paths import root\nroot().rglob('*.py')": "=root|0||*.py",
    "from paths import Paths\nPaths.root.rglob('*.py')": "=Paths|0||*.py",
    "from paths import *\nROOT.rglob('*.py')": "=ROOT|0||*.py",
    "from base import Base\nclass TestAll(Base):\n    def test_it(self):\n        self.root.rglob('*.py')": (
        "=Base|0||*.py"
    ),
    "def test_it(request):\n    request.getfixturevalue('root').rglob('*.py')": "=root|0||*.py",
    # what makes one of a class
    _UP + "class Lint:\n    def __init__(self, root):\n        self.root = root\n"
    "    def files(self):\n        return self.root.rglob('*.py')\nLint(ROOT).files()": "file|3||*.py",
    _UP + "@dataclass\nclass Lint:\n    root: Path\n"
    "    def files(self):\n        return self.root.rglob('*.py')\nLint(ROOT).files()": "file|3||*.py",
    # texts that lead up, and are put together
    "UP = '../..'\nos.walk(UP)": "cwd|2||*",
    "for base in ('../b', '../c'):\n    os.walk(base)": "cwd|1|c|*",
    "UP = '..'\nglob.glob(UP + '/*/src/*.py')": "cwd|1||*.py",
    "glob.glob(f'../*/src/*.{kind}')": "cwd|1||*",
    "glob.glob(f'../li{kind}/*.py')": "cwd|1||*",
    "glob.glob('../%s/src/*.py' % kind)": "cwd|1||*.py",
    "glob.glob('../{}/src/*.py'.format(kind))": "cwd|1||*.py",
    "os.walk(os.path.join(os.path.dirname(__file__), os.pardir, os.pardir))": "file|3||*",
    "os.walk(os.sep.join([os.path.dirname(__file__), '..', '..']))": "file|3||*",
    "UP = '..'\nos.walk(Path(__file__).parent / UP / UP)": "file|3||*",
    "os.walk(os.path.abspath('../..'))": "cwd|2||*",
    _UP + "os.walk(os.path.relpath(ROOT))": "file|3||*",
    _UP + "os.walk(ROOT.expanduser())": "file|3||*",
    "from pathlib import Path as P\nP('../..').rglob('*.py')": "cwd|2||*.py",
    _UP + "@pytest.fixture(params=[ROOT / 'a', pytest.param(ROOT)])\ndef base(request):\n"
    "    return request.param\ndef test_it(base):\n    base.rglob('*.py')": "file|3||*.py",
    # of the parts of a path
    "Path(*Path(__file__).parts[:-4]).rglob('*.py')": "?|0||*.py",
    "os.walk(__file__.rsplit('/', 4)[0])": "?|0||*",
    # where it goes before
    _UP + "os.chdir(ROOT)\nglob.glob('libs/**/*.py')": "file|3|libs|*.py",
    "monkeypatch.chdir('../..')\nPath('.').rglob('*.py')": "cwd|2||*.py",
    _UP + "glob.glob('**/*.py', root_dir=ROOT / 'libs')": "file|3|libs|*.py",
    # of whoever asks, and of modules
    "def test_it(request):\n    request.path.parents[3].rglob('*.py')": "?|0||*.py",
    "Path(find_spec('pkg').origin).parents[3].rglob('*.py')": "?|0||*.py",
    _UP + "import pkgutil\nfor one in ROOT.glob('*/src'):\n    pkgutil.walk_packages([str(one)])": (
        "file|3||*"
    ),
    # commands in one text, by a function of the file, and from the top
    "subprocess.run(\"find ../.. -name '*.py'\", shell=True)": "cwd|2||*.py",
    _UP + "subprocess.run(f\"find {ROOT} -name '*.py'\", shell=True)": "file|3||*.py",
    _UP + "def git(*words):\n    return subprocess.check_output(['git', *words], cwd=ROOT)\n"
    "git('ls-files', '*.py')": "file|3||*.py",
    "subprocess.run(['git', 'ls-files', ':/*.py'])": "top|0||*.py",
    _UP + "subprocess.run(['git', 'ls-files', '..'], cwd=ROOT)": "file|4||*",
    _UP + "subprocess.run(['grep', '-rl', 'TODO', str(ROOT)])": "file|3||*",
    _UP + "subprocess.run(['cp', '-r', str(ROOT), 'x'])": "file|3||*",
    # a command where commands stand: after others, behind what starts it, in a shell of its own
    **{
        _UP + f"subprocess.run({text}, cwd=ROOT, shell=True)": "file|3||*"
        for text in (
            *(
                "'cd libs && git ls-files'",
                "'x; find . -type f'",
                "'cat $(git ls-files)'",
                "'x|xargs grep -rl a'",
            ),
            *(
                "'! grep -rq a .'",
                "'LC_ALL=C grep -r a'",
                "'if grep -rq a .; then x; fi'",
                "'x\\nfind . -type f'",
            ),
            *("'bash -c \"git ls-files\"'", "'uv run --with x ruff check'", "'python3.12 -m mypy .'"),
            *(
                "'sudo -u me find . -type f'",
                "'nice -n 5 ruff check'",
                "'timeout 60 mypy .'",
                "'.venv/bin/ruff .'",
            ),
            *("f'{sys.executable} -m ruff check'", "f'{PYTHON} -I -m mypy .'", "'%s -m mypy .' % PYTHON"),
            *("'(cp -r libs x)'", "'make -C x && vulture .'", "'for f in `git ls-files`; do x; done'"),
            *("'env -i X=1 lint-imports'", "['sh', '-c', 'git ls-files']", "'true || rsync -r libs x'"),
        )
    },
    _UP + "LINT = 'ruff'\nsubprocess.run([LINT, 'check', ROOT])": "file|3||*",
    _UP + "sh.git('ls-files', _cwd=str(ROOT), cwd=ROOT)": "file|3||*",
    _UP + "session.run('poetry', 'run', 'mypy', ROOT)": "file|3||*",
    # what a command is told of names of files, and what of them it leaves out
    **{
        _UP + f"subprocess.run({text!r}, cwd=ROOT, shell=True)": "file|3||*"
        for text in (
            *("grep -rn 'import .*os' .", "git grep 'from x.*y'", "find . -not -name '*.md'", "egrep -r a ."),
            *("grep -r --exclude=*.md a", "git ls-files ':!*.md'", "rg a -g '!*.md'"),
            *("tar cf - libs | tar x -C /x", "git clone -q . /x", "zip -r x libs"),
        )
    },
    _UP + "subprocess.run('cd libs && grep -rh a --include=*.py .', cwd=ROOT, shell=True)": "file|3||*.py",
    _UP + "subprocess.run(['git', 'grep', '-l', 'a.*', '--', '*.py'], cwd=ROOT)": "file|3||*.py",
    # what a shell puts for its patterns
    _UP + "subprocess.run('cat libs/*/setup.py', cwd=ROOT, shell=True)": "file|3|libs|setup.py",
    _UP + "subprocess.run('for f in libs/*/*.py; do cat $f; done', cwd=ROOT, shell=True)": "file|3|libs|*.py",
    _UP + "subprocess.run(['bash', '-c', 'cat **/*.py'], cwd=ROOT)": "file|3||*.py",
    _UP + "os.system(f'cat {ROOT}/libs/*/*.py')": "file|3|libs|*.py",
    "os.popen('cat ../*/a/*.py')": "cwd|1||*.py",
    # by a name for the command, or for where it runs
    _UP + "RUFF = Path(sys.executable).parent / 'ruff'\nsubprocess.run([RUFF, 'check', ROOT])": "file|3||*",
    _UP + "RUFF = shutil.which('ruff')\nsubprocess.run([RUFF, 'check', ROOT])": "file|3||*",
    _UP + "class TestAll:\n    words = 'grep -r a'\n    def test_it(self):\n"
    "        subprocess.run(self.words, cwd=ROOT, shell=True)": "file|3||*",
    _UP + "TOOLS = {'one': 'grep -r a'}\nsubprocess.run(TOOLS['one'], cwd=ROOT, shell=True)": "file|3||*",
    _UP + "run = partial(subprocess.run, cwd=ROOT)\nrun(['grep', '-r', 'a'])": "file|3||*",
    _UP + "KW = dict(cwd=ROOT)\nsubprocess.run(['grep', '-r', 'a'], **KW)": "file|3||*",
    _UP + "KW = {'cwd': ROOT, 'check': True}\nsubprocess.run('git ls-files', shell=True, **KW)": "file|3||*",
    "def test_it(shell):\n    shell('grep -r a')": "=shell|0||*",
    "from .helper import run\nrun('git', 'ls-files')": "=run|0||*",
    # what goes through folders by another name, and is told later
    _UP + "from glob import glob as look\nlook(str(ROOT / '**/*.py'))": "file|3||*.py",
    _UP + "from os import walk as go\ngo(ROOT)": "file|3||*",
    _UP + "look = ROOT.rglob\nlook('*.py')": "file|3||*",
    _UP + "[*map(ROOT.glob, ('*/*.py',))]": "file|3||*",
    _UP + "Path.rglob(ROOT, '*.py')": "file|3||*.py",
    # the value of a field where nobody gives it another
    _UP + "@dataclass\nclass Repo:\n    root: Path = field(default_factory=lambda: ROOT)\n"
    "    def files(self):\n        return self.root.rglob('*.py')": "file|3||*.py",
    # of what a copy or an archive is made
    _UP + "shutil.make_archive('x', 'zip', ROOT)": "file|3||*",
    _UP + "shutil.make_archive('x', 'zip', 'y', ROOT)": "file|3||*",
    _UP + "shutil.make_archive('x', 'zip', root_dir=ROOT)": "file|3||*",
    _UP + "shutil.copytree(src=ROOT, dst='x')": "file|3||*",
    _UP + "filecmp.dircmp('x', ROOT)": "file|3||*",
    # of a name for more places than anybody follows: what lies above and below
    _UP + "\n".join(f"at = ROOT / 'libs' / 'x{n}'" for n in range(20)) + "\nat.rglob('*.py')": "file|3||*.py",
    _UP + "\n".join(f"at = ROOT / 'x{n}'" for n in range(20)) + "\nat.parents[1].rglob('*.py')": (
        "file|5||*.py"
    ),
    # handed to a function without a name, or by who calls it
    _UP + "(lambda at: list(at.rglob('*.py')))(ROOT)": "file|3||*.py",
    _UP + "find = lambda at, end='x': at.rglob('*.py')\nfind(ROOT)": "file|3||*.py",
    _UP + "list(map(lambda at: at.rglob('*.py'), [ROOT]))": "file|3||*.py",
    _UP + "def find(at):\n    return at.rglob('*.py')\nlist(map(find, (ROOT,)))": "file|3||*.py",
    _UP + "def find(at):\n    at.rglob('*.py')\nThread(target=find, args=(ROOT,)).start()": "file|3||*.py",
    _UP + "class Lint:\n    def find(self, at):\n        at.rglob('*.py')\n"
    "    def all(self):\n        self.pool.submit(self.find, ROOT)": "file|3||*.py",
    # what a script is told, and what it tells apart
    "Path(sys.argv[1]).rglob('*.py')": "cwd|0||*.py",
    "for _, _, names in os.walk('.'):\n    [name for name in names if name.endswith('.py')]": "cwd|0||*.py",
    # of its own package, and up beyond it
    'import pkg\nPath(pkg.__file__).parents[3].rglob("*.py")': "?|0||*.py",
    # by the name of what goes through it
    _UP + "getattr(ROOT, 'rglob')('*.py')": "file|3||*",
    _UP + "from operator import methodcaller\nmethodcaller('rglob', '*.py')(ROOT)": "file|3||*",
    _UP + "list(map(methodcaller('iterdir'), [ROOT]))": "file|3||*",
    # data
    _UP + 'ROOT.rglob("*.json")': "file|3||*.json",
    _UP + "subprocess.run(['git', 'ls-files', '*.json'], cwd=ROOT)": "file|3||*.json",
    _UP + "def test_it(pattern):\n    list(ROOT.rglob(pattern))": "file|3||*",
    # handed to functions of others, and what goes through what it is told
    _UP + "from scan import scan\nscan(ROOT)": "file|3||@scan:scan",
    _UP + "from .scan import scan as look\nlook(ROOT)": "file|3||@.scan:scan",
    _UP + "from scan import scan\nscan = other(scan)\nscan(ROOT)": "file|3||@",
    _UP + "from scan import scan\nscan(root=ROOT)": "file|3||@",
    _UP + "from scan import scan\ndef test_it(scan):\n    scan(ROOT)": "file|3||@",
    _UP + "from scan import scan\ndef test_it():\n    scan = other()\n    scan(ROOT)": "file|3||@",
    # what somebody makes of a path has the first name of its way down, until it goes up from there
    "def test_it(make, scan):\n    scan(make(Path('../etc/passwd')))\nROOT": "top|0~etc||@",
    "def test_it(make, scan):\n    scan(Path('a/../../etc'))\nROOT": "cwd|1|etc|@",
    "def test_it(make, scan):\n    scan(make(f'../etc/{name}'))\nROOT": "top|0~etc||@",
    "def test_it(make, scan):\n    scan(make(f'../etc{name}/x'))\nROOT": "top|0||@",
    "def test_it(make, scan):\n    scan(make('../et' + 'c/x'))\nROOT": "top|0||@",
    "def test_it(make, scan):\n    scan(make(Path('../$name/x')))\nROOT": "top|0||@",
    "def test_it(make, scan):\n    scan(make(Path('../etc').parent))\nROOT": "top|0||@",
    "def test_it(make, scan):\n    scan(Path('../etc/x').parents[up])\nROOT": "top|0||@",
    "def test_it(make, scan):\n    scan(os.path.commonpath(['../etc', here]))\nROOT": "top|0||@",
    "def test_it(scan):\n    for one in (" + ", ".join(f"'../a{n}/b'" for n in range(20)) + "):\n"
    "        scan(one)\nROOT": "cwd|1||@",
    _UP + "import scan\nscan.Scanner(str(ROOT / 'libs')).run()": "file|3|libs|@",
    "from scan import scan\ndef test_it(repo_root):\n    scan(repo_root)": "=repo_root|0||@",
    "from scan import scan\ndef test_it(request):\n    scan(root=request.config.rootpath)": "top|0||@",
    # by way of the library's functions that call what they are told
    _UP + "go = functools.partial(scan, ROOT)": "file|3||@",
    _UP + "def test_it():\n    list(map(scan, [ROOT]))": "file|3||@",
    _UP + "def test_it():\n    threading.Thread(target=scan, args=(ROOT,)).start()": "file|3||@",
    _UP + "async def test_it():\n    await asyncio.to_thread(scan, ROOT)": "file|3||@",
    _UP + "from scan import scan\nsorted([ROOT / 'libs'], key=scan)": "file|3|libs|@",
    _UP + "import scan\nitertools.takewhile(scan.scan, [ROOT])": "file|3||@",
    _UP + "from scan import scan\noperator.call(scan, ROOT)": "file|3||@",
    # a name that is put there, or goes on
    "os.listdir('../NAME/x'.replace('NAME', name))": "cwd|1||*",
    "os.listdir('../libs/x'.replace('/', os.sep))": "cwd|1|libs/x|*",
    "glob.glob(os.path.expandvars('../$NAME/*.py'))": "cwd|1||*.py",
    "os.listdir(string.Template('../$name').substitute(name=name))": "cwd|1||*",
    "os.walk('../li' + 'bs/a')": "cwd|1|libs/a|*",
    "LIBS = '../libs/'\nos.walk(LIBS + 'core')": "cwd|1|libs/core|*",
    "LIBS = '../li'\nos.walk(LIBS + 'bs')": "cwd|1|libs|*",
    "os.listdir('../NAME/x'.replace(KEY, name))": "cwd|1||*",
    "os.listdir('../libs/x'.replace(os.sep, '.'))": "cwd|1|libs/x|*",
    _UP + "def tops():\n    yield from [ROOT]\nfor one in tops():\n    one.glob('*.py')": "file|3||*.py",
    "os.walk('%s/../..' % os.path.dirname(__file__))": "file|3||*",
    "os.walk('%s/../../%s' % (os.path.dirname(__file__), name))": "file|3||*",
    "os.walk('{}/../..'.format(os.path.dirname(__file__)))": "file|3||*",
    "os.walk('{at}/../..'.format(at=os.path.dirname(__file__)))": "file|3||*",
    "os.walk(os.pardir)": "cwd|1||*",
    "os.walk(os.path.pardir + os.sep + 'libs')": "cwd|1|libs|*",
    "os.walk(''.join(('../li', 'bs')))": "cwd|1|libs|*",
    # by a default of a lambda, and by a case
    "UP = Path(__file__).parents[2]\ngo = lambda of=UP: of.glob('*.py')": "file|3||*.py",
    "match (Path(__file__).parents[2], 1):\n    case (of, *_):\n        of.glob('*.py')": "file|3||*.py",
    "def scan(root):\n    return sorted(root.rglob('*.py'))": "@|0||*.py",
    "def scan(root):\n    for folder, _, names in os.walk(str(root)):\n        pass": "@|0||*",
    "class Scan:\n    def __init__(self, root):\n        self.root = Path(root)\n"
    "    def all(self):\n        return self.root.glob('**/*.toml')": "@|0||*.toml",
    "def scan(root):\n    at = root / 'libs'\n    return at.glob('*')": "@|0||*",
    "def scan(root):\n    return subprocess.run(['git', 'ls-files', '*.py'], cwd=root)": "@|0||*.py",
    "def scan(root, end):\n    return getattr(root, 'rglob')(end)\ndef one(root):\n    os.listdir(root)": (
        "@|0||*"
    ),
    "@cache\ndef scan(root):\n    return sorted(root.rglob('*.py'))": "@|0||*.py",
    "def scan(*roots):\n    return [one for root in roots for one in root.rglob('*.py')]": "@|0||*.py",
    "@dataclass\nclass Scan:\n    root: Path\n    def all(self):\n        return self.root.glob('*.toml')": (
        "@|0||*.toml"
    ),
    "@pytest.fixture\ndef found(request):\n    return request.param.glob('*.toml')": "@|0||*.toml",
    _UP
    + "@pytest.mark.parametrize('found', [ROOT], indirect=True)\ndef test_it(found):\n    pass": "file|3||@",
    # in a test's own functions what the test hands on, and what pytest gives
    _UP + "def test_it(ask):\n    @tool\n    def look(path):\n        scan(path)\n    ask([look], ROOT)": (
        "file|3||@"
    ),
    "def test_it():\n    @pytest.fixture\n    def a(repo_root):\n        scan(repo_root)": "=repo_root|0||@",
    _UP + "import tarfile\nwith tarfile.open('x') as to:\n    to.add(ROOT)": "file|3||*",
    # where a fixture goes for all
    _UP + "@pytest.fixture(autouse=True)\ndef go(monkeypatch):\n    monkeypatch.chdir(ROOT)": "file|3||>",
    # what this Python cannot parse
    'type = = 1\nPath(__file__).parents[3].rglob("*.py")': "file|4||*",
}
_NOT_FOUND = (
    'def test_it(tmp_path):\n    list(tmp_path.rglob("*.py"))\n'
    "    os.walk(tmp_path)\n    os.listdir(str(tmp_path))",
    'import pkg\nPath(pkg.__file__).parent.rglob("*.py")',
    'def test_it(tmp_path):\n    subprocess.run(["ruff", "check"], cwd=tmp_path)',
    "rows = json.loads((Path(__file__).parent / 'a.json').read_text())\nrows.walk()",
    'def test_it(tmp_path):\n    shutil.copytree(tmp_path / "a", tmp_path / "b")',
    'WORDS = ["find", "fd", "other"]',
    "def test_it(tmp_path):\n    root = os.path.join(str(tmp_path), os.pardir)\n    os.walk(f'{root}/x')",
    "tree = ast.parse('')\nfor node in ast.walk(tree):\n    assert '../x'.split('/')",
    "rows = read('../x.json')\nrows.walk()",
    # words of a sentence
    _UP + "report(ROOT, 'please run grep -r to find what is left')",
    _UP + "ask(ROOT, 'Use find -name, or rg')",
    _UP + "log('The black, ruff and mypy of -a', ROOT)",
    _UP + "open(ROOT, 'make sure to find -type')",
    _UP + "shows(ROOT, 'needle in find -a')",
    # a file that is called as a command is, and what others are told
    "def test_it(tmp_path):\n    rg = tmp_path / 'rg'\n    make(rg, Path(__file__).parents[3])",
    # where a copy goes
    _UP + "def test_it(tmp_path):\n    shutil.copytree(tmp_path, ROOT / 'x')",
    "def test_it(tmp_path):\n    shutil.copytree(tmp_path, dst=Path(__file__).parents[3])",
    # many names of many values, and none of them leads up
    "\n".join(
        f"def test_{n}(tmp_path):\n    x = tmp_path / 'a{n}'\n    y = x / y / z\n    z = given{n}(z, y)\n"
        for n in range(30)
    )
    + "    y.rglob('*.py')",
)


def _walks(text: str) -> list[str]:
    return [name.removeprefix(WALKS) for name in sieve(text.encode()) if name.startswith(WALKS)]


def _own(found: Iterable[str]) -> list[str]:
    """Without what is only handed on to others."""
    return [name for name in found if not name.endswith("|@")]


@pytest.mark.parametrize("text", _FOUND)
def test_a_walk_is_found_with_where_it_begins(text: str) -> None:
    assert _FOUND[text] in _walks(text)


@pytest.mark.parametrize(
    "text",
    [
        "def test_it():\n    root = ROOT\n    root.rglob('*.py')",
        "def test_it():\n    root = ROOT\n    def go():\n        root.rglob('*.py')\n    go()",
        "def test_it():\n    root = None\n    def go():\n        nonlocal root\n        root = ROOT\n"
        "    go()\n    root.rglob('*.py')",
        "def set_up():\n    global root\n    root = ROOT\ndef test_it():\n    root.rglob('*.py')",
        "def go(at):\n    at.rglob('*.py')\ndef test_it():\n    go(ROOT)",
        "def go(*, at='.'):\n    at.rglob('*.py')\ndef test_it():\n    go(at=ROOT)",
        "def go(at=ROOT):\n    at.rglob('*.py')",
        "def go(at):\n    def deep():\n        at.rglob('*.py')\n    deep()\ndef test_it():\n    go(ROOT)",
        "def go(at):\n    return [at for at in [at]]\ndef test_it():\n    go(ROOT)[0].rglob('*.py')",
        "def go(at):\n    at.rglob('*.py')\nGO = [go]\nat = ROOT\nGO[0](at)",
        "@pytest.fixture\ndef at():\n    at = ROOT\n    return at\ndef test_it(at):\n    at.rglob('*.py')",
        "@pytest.fixture\ndef at():\n    at = ROOT\n    yield at\ndef test_it(at):\n    at = at / 'a'\n"
        "    at.parent.rglob('*.py')",
        "class A:\n    def __init__(self, at):\n        self.root = at\n    def go(self):\n"
        "        self.root.rglob('*.py')\ndef test_it():\n    A(ROOT).go()",
        "def test_it():\n    at = ROOT\n    class A:\n        at = at\n    A.at.rglob('*.py')",
        "def test_it():\n    class A:\n        at = ROOT\n        found = at.rglob('*.py')",
        "def test_it():\n    go = lambda at: at.rglob('*.py')\n    go(ROOT)",
        "at = ROOT\ndef test_it():\n    names = [at for at in ()]\n    at.rglob('*.py')",
        "def test_it():\n    [0 for n in (1,) if (at := ROOT)]\n    at.rglob('*.py')",
        "def test_it():\n    if (at := ROOT):\n        at.rglob('*.py')",
        "def test_it():\n    with ROOT as at:\n        pass\n    at.rglob('*.py')",
        "def test_it():\n    for at in (ROOT,):\n        at.rglob('*.py')",
        "def test_it():\n    found = []\n    found.append(ROOT)\n    found[0].rglob('*.py')",
        "def go(command, at):\n    subprocess.run(command, cwd=at)\ndef test_it():\n"
        "    words = ['git', 'ls-files', '*.py']\n    go(words, ROOT)",
    ],
)
def test_a_functions_own_names_are_followed(text: str) -> None:
    assert "file|3||*.py" in _walks(_UP + text)


@pytest.mark.parametrize("text", _NOT_FOUND)
def test_a_walk_through_a_tests_own_folders_is_none(text: str) -> None:
    assert _own(_walks(text)) == []


def test_a_name_that_is_given_itself_again_and_again_comes_to_an_end() -> None:
    lines = [f"a{number} = a{number + 1} / 'x' / a{(number * 7) % 60}" for number in range(60)]
    text = "\n".join((*lines, "a60 = Path(__file__).parent", "a0 = a0.parent / 'y'", "a0.rglob('*.py')"))
    assert any(found.endswith("|*.py") for found in _walks(text))


def test_a_function_of_the_file_goes_through_no_folder() -> None:
    source = "from pathlib import Path\ndef walk(value):\n    pass\nwalk(Path(__file__).parents[3])\n"
    assert _own(walks(source.encode())) == []


def test_names_of_many_places_that_hold_each_other_are_read_to_the_end() -> None:
    takes = "\n".join(f"from a import f{n}" for n in range(20))
    lines = "\n".join(f"    x = f{n}(x) or y.g{n}\n    y = x.h{n} / 'a'\n    z = f{n}(y)" for n in range(20))
    source = f"{takes}\ndef test_it(tmp_path):\n{lines}\n    tmp_path.rglob('*.py')\n    z(x)\nROOT"
    found = walks(source.encode())
    assert _own(found) == []
    assert not any(name.startswith(f"{WALKS}?") for name in found), "each has its name, by which it is found"


@pytest.mark.parametrize(
    "text",
    [
        "def test_it(tmp_path):\n    scan(tmp_path)",
        "from scan import scan\nscan(Path(__file__).parent)",
        _UP
        + "sys.path.insert(0, str(ROOT))\nshutil.rmtree(ROOT)\nprint(ROOT)\nassert isinstance(ROOT, Path)",
        _UP + "def scan(root):\n    return root\nscan(ROOT)",
        "from scan import scan\ndef test_it(client):\n    scan(client)",
        "def test_it(ask):\n    @tool\n    def look(path):\n        scan(path)\n    ask(look, '/x')",
        # a name of another function
        "def test_a(scan):\n    root = '../..'\ndef test_b(scan):\n    root = '.'\n    scan(root)",
        "def run(root):\n    return root\nrun('../..')\ndef test_b(scan):\n    root = '.'\n    scan(root)",
    ],
)
def test_what_is_not_handed_on(text: str) -> None:
    assert not any(name.endswith("|@") for name in _walks(f"{text}\nROOT"))


@pytest.mark.parametrize(
    "text",
    [
        "def test_it(root):\n    root.rglob('*.py')",
        "@pytest.fixture\ndef files(root):\n    return root.rglob('*.py')",
        "def scan(root):\n    return os.listdir('.')",
        "def scan(words):\n    for word in words:\n        ast.walk(word)",
    ],
)
def test_what_goes_through_nothing_that_it_is_told(text: str) -> None:
    assert not any(name.startswith("@|") for name in _walks(text))


def test_names_of_many_values_are_looked_at_once() -> None:
    lines = "\n".join(f"x = a{n % 7}(x or y, b)\ny = x / b\nb = y.c(x, a{n % 7})" for n in range(300))
    text = f"def f(root):\n    return root\n{lines}\nx.rglob('*.py')\ny.rglob('*.py')\n"
    assert not any(name.startswith("@|") for name in _walks(text))


_NAMES = (
    "tool",
    ".tool",
    "a.tool.b",
    "a/tool.py",
    "sys.file:tool.py",
    "x:y:tool",
    "tool:main",
    "tools",
    "..",
    "x:",
)


@pytest.mark.parametrize(
    ("stem", "found"),
    [("tool", {0, 1, 2, 3, 4, 5}), ("tools", {7}), ("y:tool", {5}), ("", {1, 8, 9}), ("z", set())],
)
@pytest.mark.parametrize("few", [0, 8])
def test_names_of_which_a_file_is_a_part(
    stem: str, found: set[int], few: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(walkers, "_FEW", few)
    code = CodeFiles(Workspace(root=tmp_path, projects=(), files=()))
    assert walkers.Walkers(code, {}, _NAMES)._naming(stem) == found

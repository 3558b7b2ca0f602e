"""``setup.cfg`` and ``setup.py``, a row a way to spell a dependency: what is not read is an edge missed."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from pytest_monorepo.workspace.files.tree import Tree, UnreadableError
from pytest_monorepo.workspace.manifests.legacy import Legacy, read_setup_cfg, read_setup_py


def tree(name: str, text: str) -> Tree:
    return Tree(Path("/w"), (name,), lambda path: dedent(text).encode() if path == name else None)


def cfg(text: str) -> Legacy:
    found = read_setup_cfg(tree("setup.cfg", text), "setup.cfg")
    assert found is not None
    return found


def setup_py(text: str) -> Legacy:
    found = read_setup_py(tree("setup.py", text), "setup.py")
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("core", ["core"]),
        ("\n  core\n  other>=1", ["core", "other>=1"]),
        ("core\n  other", ["core", "other"]),
        ("\n  # why\n  core\n", ["core"]),
        ("\n  core; python_version < '4'\n  other", ["core; python_version < '4'", "other"]),
        # setuptools 30.3 to 84: a value of one line is a list whose separator is a semicolon
        ("core; other", ["core", "other"]),
        ("core>=1 ; other ;", ["core>=1", "other"]),
        ("core;other;third", ["core", "other", "third"]),
        ("", []),
        (";", []),
    ],
)
@pytest.mark.parametrize(
    "field", ["install_requires", "install-requires", "setup_requires", "tests_require", "tests-require"]
)
def test_a_list_of_requirements(field: str, value: str, expected: list[str]) -> None:
    found = cfg(f"[options]\n{field} = {value}\n")
    assert list(found.requires.get(field.replace("-", "_"), ())) == expected


@pytest.mark.parametrize(
    ("text", "extras"),
    [
        ("test = core; other", {"test": ("core", "other")}),
        ("test =\n  core\n  other", {"test": ("core", "other")}),
        ("test = core\nml-gpu = other", {"test": ("core",), "ml-gpu": ("other",)}),
        ("test =", {"test": ()}),
    ],
)
def test_the_extras_of_a_setup_cfg(text: str, extras: dict[str, tuple[str, ...]]) -> None:
    assert cfg(f"[options.extras_require]\n{text}\n").extras == extras


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("%(prefix)s-core", ["acme-core"]),
        ("\n  %(prefix)s-core\n  %(own)s", ["acme-core", "acme-own"]),
        ("%(PREFIX)s-core", ["acme-core"]),
        ("core; extra == '50%%'", ["core", "extra == '50%'"]),
        ("%%(prefix)s", ["%(prefix)s"]),
        # a broken one: setuptools ends with an error
        ("%(nowhere)s-core", ["%(nowhere)s-core"]),
        ("%(prefix-core", ["%(prefix-core"]),
        ("core 100%", ["core 100%"]),
        ("%(circle)s", ["%(circle)s"]),
        ("%(bare)s", ["%(bare)s"]),
    ],
)
def test_names_of_the_same_section_are_put_in(value: str, expected: list[str]) -> None:
    section = f"[options]\nown = %(prefix)s-own\ncircle = %(circle)s\nbare\ninstall_requires = {value}\n"
    found = cfg("[DEFAULT]\nprefix = acme\n[metadata]\nname = %(prefix)s-app\n" + section)
    assert (found.name, list(found.requires["install_requires"])) == ("acme-app", expected)


def test_names_are_put_in_everywhere() -> None:
    found = cfg(
        "[DEFAULT]\nx = acme\n[options]\npython_requires = >=%(v)s\nv = 3.9\npackage_dir =\n  = %(x)s\n"
        "[options.extras_require]\ntest = %(x)s-core\nlisted = file: %(x)s.txt\n"
        "[options.packages.find]\nwhere = %(x)s\n"
    )
    assert (found.requires_python, found.package_dir, found.where) == (">=3.9", {"": "acme"}, ("acme",))
    assert (found.extras["test"], found.files["listed"]) == (("acme-core",), ("acme.txt",))


def test_keys_may_be_spelled_with_dashes() -> None:
    found = cfg(
        "[metadata]\nname = x\n[options]\npython-requires = >=3.9\npackage-dir =\n  = src\n"
        "[options.packages.find]\nwhere = src\n"
    )
    assert (found.requires_python, found.package_dir, found.where) == (">=3.9", {"": "src"}, ("src",))


@pytest.mark.parametrize(
    ("value", "files"),
    [
        ("file: needs.txt", ("needs.txt",)),
        ("file:needs.txt", ("needs.txt",)),
        ("file: a.txt, b.txt", ("a.txt", "b.txt")),
        ("\n  file: a.txt, b.txt", ("a.txt", "b.txt")),
        ("file: a.txt,\n  b.txt,", ("a.txt", "b.txt")),
        ("core", ()),
    ],
)
def test_a_list_may_be_read_from_files(value: str, files: tuple[str, ...]) -> None:
    found = cfg(f"[options]\ninstall_requires = {value}\n")
    assert found.files.get("install_requires", ()) == files
    assert bool(found.requires) is not bool(files)


@pytest.mark.parametrize(
    "expression",
    [
        "'core other'.split()",
        "'core,other'.split(',')",
        "'core,other'.split(sep=',')",
        "'core\\nother'.splitlines()",
        "'core\\nother\\n'.strip().split('\\n')",
        "'''\n core\n other\n'''.split()",
        "TEXT.split()",
        "TEXT.strip().split(' ')",
        "[one for one in TEXT.split()]",
        "BASE['x'] + BASE['y']",
        "[*BASE['x'], *BASE['y']]",
        "sum(BASE.values(), [])",
        "list(BASE['x']) + ['other']",
        "BASE['x'].copy() + ['other']",
        "['core'] if True else ['other']",
        "{'core', 'other'}",
        "set(['core']).union(['other'])",
        "sorted({'core', 'other'})",
        "(lambda: ['core', 'other'])()",
        "needs('x') + ['other']",
        "[name.lower() for name in ('Core', 'other')]",
        "list(map(str, ['core', 'other']))",
        "['core'].__add__(['other'])",
        "['core'] + " + " + ".join(f"['x{at}']" for at in range(40)) + " + ['other']",
        "[[[[[[[[[[['core', 'other']]]]]]]]]]]",
        "LOOP",
        "N30",
    ],
)
def test_a_list_of_a_setup_py_is_read_through_what_makes_it(expression: str) -> None:
    found = setup_py(BEFORE + f"setup(install_requires={expression})\n")
    assert {"core", "other"} <= {name.strip().lower() for name in found.requires["install_requires"]}


LOOP = "".join(f"LOOP = LOOP + ['x{at}']\n" for at in range(40))
TWICE = "".join(f"N{at + 1} = N{at} + N{at} + N{at}\n" for at in range(30))
BEFORE = f"""
TEXT = 'core other'
BASE = {{'x': ['core'], 'y': ['other']}}
def needs(which):
    return BASE[which] or needs(which)
LOOP = []
{LOOP}
LOOP = LOOP + ['core']
LOOP = LOOP + ['other']
N0 = ['core', 'other']
{TWICE}
"""


@pytest.mark.parametrize(
    "text",
    [
        "setup(extras_require={'test': ['core']})",
        "setup(extras_require=dict(test=['core']))",
        "E = dict(test=['core'])\nsetup(extras_require=E)",
        "E = {}\nE['test'] = ['core']\nsetup(extras_require=E)",
        "E = {'x': []}\nE['test'] = N\nN = ['core']\nsetup(extras_require=E)",
        "E = {'x': ['y']}\nE.update({'test': ['core']})\nsetup(extras_require=E)",
        "E = {'x': ['y']}\nE.update(test=['core'])\nsetup(extras_require=E)",
        "E = {'x': ['y']}\nE.setdefault('test', []).append('core')\nsetup(extras_require=E)",
        "E = {'x': ['y'], **{'test': ['core']}}\nsetup(extras_require=E)",
        "E = {'x': ['y']} | {'test': ['core']}\nsetup(extras_require=E)",
        "E = {n: ['core'] for n in ('test',)}\nsetup(extras_require=E)",
        "def extras():\n    return {'test': ['core']}\nsetup(extras_require=extras())",
        "A = {'extras_require': {'test': ['core']}}\nsetup(**A)",
        "setup(**dict(extras_require={'test': ['core']}))",
        "A = dict(name='x')\nA['extras_require'] = {'test': ['core']}\nsetup(**A)",
        "E = defaultdict(list)\nE['test'] += ['core']\nsetup(extras_require=E)",
        "E = defaultdict(list)\nE['test'].append('core')\nsetup(extras_require=E)",
        "setup(extras_require={'test': 'core'})",
        "E = {}\nE = {**E, 'test': ['core']}\nE = E | E\nsetup(extras_require=E)",
        "E = {}\ndef more():\n    return {**more(), 'test': ['core']}\nsetup(extras_require=more())",
    ],
)
def test_an_extra_of_a_setup_py_is_read_however_it_is_put_in(text: str) -> None:
    assert "core" in {name for lines in setup_py(text).extras.values() for name in lines}


def test_a_script_that_is_nested_too_deep_is_named() -> None:
    text = (
        "setup(install_requires=" + "[" * 80 + "'core'" + "]" * 80 + ")\n" + "x = " + "(" * 5000 + ")" * 5000
    )
    with pytest.raises(UnreadableError, match=r"^setup\.py is not valid Python: "):
        setup_py(text)


def test_the_names_of_extras_and_other_arguments() -> None:
    found = setup_py(
        """
NAME = "My_Lib"
EXTRAS = {"ml": ["core"], WHO_KNOWS: ["other"]}
EXTRAS["all"] = EXTRAS["ml"] + ["third"]
setup(NAME, name=NAME, package_dir={"": "src"}, extras_require=EXTRAS, packages=find_packages(where="src"))
"""
    )
    assert found.name == "My_Lib"
    assert {name: set(lines) - {"ml"} for name, lines in found.extras.items()} == {
        "ml": {"core"},
        "*": {"other"},
        "all": {"core", "other", "third"},
    }
    assert (found.package_dir, found.where) == ({"": "src"}, ("src",))

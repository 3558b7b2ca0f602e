"""The modules that the targets of patches name, where these are more than plain strings: the exact reading.

``patch(f"{WHERE}.X")`` imports what ``WHERE`` is. Where that stands in another file, or is handed to a
function, this file alone does not tell, and the test runs whatever changed. So it is with an attribute of
``self``: a subclass in another file may have another one.
"""

from __future__ import annotations

import ast
import itertools
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from .bindings import Bindings, bindings
from .literals import last_name
from .syntax import UNREADABLE, Syntax

# What is left of these words once the plain uses are gone, is for the parser.
_WORDS = re.compile(rb"\b(?:patch|setattr|delattr)\b")
_PLAIN = re.compile(
    rb"patch\.(?:object|stopall|TEST_PREFIX)\b|(?<![.\w])(?:setattr|delattr)\((?=[^\"'])"
    rb"|(?:patch(?:\.(?:dict|multiple))?|setattr|delattr)\(\s*(?:\"[^\"\n\\]*\"|'[^'\n\\]*')\s*[,)]"
    rb"|patch\.dict\(\s*os\.environ\s*[,)]"
)
_PLAIN_IMPORT = re.compile(rb"import(?<!\wimport)\s[\w, \t]*\bpatch(?![\w ]|,[ \t]*\()")
_SINGLE = re.compile(rb"\b(?:patch(?:\.(?:dict|multiple))?|setattr|delattr)\(\s*[\"']([^\W\d]\w*)[\"']")
_NAME = re.compile(r"\.*[^\W\d]\w*(?:\.[^\W\d]\w*)*")
_PART = re.compile(r"[\w.:]*")
_CLASS = re.compile(r"_*[A-Z]+[a-z]")
_FIELD = re.compile(r"{(\w*)}|%s|%\((\w+)\)s")
_FIELDS = frozenset("{}%")
_HANDING_ON = frozenset(("enumerate", "list", "param", "reversed", "set", "sorted", "str", "tuple", "zip"))
_BY_STRING = frozenset(("attrgetter", "getattr", "methodcaller"))
_ASKED = frozenset(("patch", "setattr", "delattr"))
NAMELESS = ("/",)
_MOST = 64
_DEPTH = 8


class Targets(NamedTuple):
    """The dotted ``names``, and the ``line`` of the first target that this file does not tell, if any.

    ``lends``: ``patch`` has another name here, by which other files may import it.
    """

    names: frozenset[str] = frozenset()
    line: int | None = None
    lends: bool = False


def targets(source: bytes, syntax: Syntax | None = None) -> Targets:
    """What the patches in the text may import, beyond plain strings with a dot."""
    single = {match.group(1).decode("utf-8", "replace") for match in _SINGLE.finditer(source)}
    found = _targets(source, syntax or Syntax(source))
    return found._replace(names=found.names | single)


def _targets(source: bytes, syntax: Syntax) -> Targets:
    if not _is_for_parser(source):
        return Targets()
    try:
        return _read(syntax)
    except UNREADABLE:
        return Targets(line=1)


def _is_for_parser(source: bytes) -> bool:
    """Whether one of the words stands in other than a plain use."""
    taken = [match.span() for match in _PLAIN_IMPORT.finditer(source)]
    end = 0
    for word in _WORDS.finditer(source):
        while taken and taken[0][0] < word.start():
            end = max(end, taken.pop(0)[1])
        if word.start() >= end:
            plain = _PLAIN.match(source, word.start())
            if plain is None:
                return True
            end = plain.end()
    return False


def _read(syntax: Syntax) -> Targets:
    bound = bindings(syntax)
    names: set[str] = set()
    lines = list(_handed(syntax, bound))
    for call in syntax.of(ast.Call):
        for target in _targets_of(call, bound):
            found = texts(target, bound)
            if found is None:
                lines.append(target.lineno)
            else:
                names.update(text for text in found if _NAME.fullmatch(text))
    return Targets(frozenset(names), min(lines, default=None), bound.lends)


def _handed(syntax: Syntax, bound: Bindings) -> Iterator[int]:
    """The lines where a function that patches is given away: what it will be called with nobody sees."""
    used = {id(node.func) for node in syntax.of(ast.Call)}
    used |= {id(node.value) for node in syntax.of(ast.Attribute)} | bound.renamed
    patching = _ASKED | {"dict", "multiple"} | bound.patchers.keys()
    named: Iterator[ast.Name | ast.Attribute] = itertools.chain(syntax.of(ast.Name), syntax.of(ast.Attribute))
    for node in named:
        # what is called otherwise is none of them, and there are hundreds of thousands
        if last_name(node) in patching and isinstance(node.ctx, ast.Load):
            given = id(node) not in used and _patches_by_name(node, bound) is not None
            yield from (node.lineno,) if given else ()
    for call in syntax.of(ast.Call):
        if last_name(call.func) in _BY_STRING:
            found = any(isinstance(one, ast.Constant) and one.value in _ASKED for one in call.args)
            yield from (call.lineno,) if found else ()


def _patches_by_name(function: ast.expr, bound: Bindings) -> str | None:
    """``patch``, ``dict``, ``multiple``, ``setattr`` or ``delattr``, where the function is such a one."""
    if isinstance(function, ast.Name):
        return bound.patchers.get(function.id)
    if not isinstance(function, ast.Attribute):
        return None
    base = last_name(function.value)
    if function.attr in ("dict", "multiple") and base is not None:
        return function.attr if base == "patch" or bound.patchers.get(base) == "patch" else None
    if function.attr == "patch":
        return None if bound.is_client(function.value) else "patch"
    return function.attr if function.attr in ("setattr", "delattr") else None


def _targets_of(call: ast.Call, bound: Bindings) -> Iterator[ast.expr]:
    """The arguments that may be the name of something, those apart that are surely objects."""
    kind = _patches_by_name(call.func, bound)
    if kind is None:
        return
    # with a name and a value, the first argument is the object that has it
    most = {"setattr": 2, "delattr": 1}.get(kind)
    words = {word.arg: word.value for word in call.keywords}
    if most is not None and (len(call.args) > most or not {"name", "value"}.isdisjoint(words)):
        return
    given = call.args[:1] or [words[word] for word in ("target", "in_dict", None) if word in words]
    yield from (
        target for target in given if not (kind in ("dict", "multiple") and _is_object(target, bound))
    )


def _is_object(target: ast.expr, bound: Bindings) -> bool:
    name = bound.imported(target)
    if name is not None and name.partition(".")[0] in sys.stdlib_module_names:
        return True
    called = last_name(target) or ""
    if called in bound.classes or _CLASS.match(called):
        return True
    values = bound.values.get(target.id, ()) if isinstance(target, ast.Name) else (target,)
    return bool(values) and all(map(_is_dict, values))


def _is_dict(value: ast.expr) -> bool:
    made = isinstance(value, ast.Call) and last_name(value.func) == "dict"
    return made or isinstance(value, ast.Dict | ast.DictComp)


def texts(node: ast.expr, bound: Bindings) -> tuple[str, ...] | None:
    """Whatever the expression may be; ``None`` where this file does not tell."""
    return _texts(node, bound, 0)


def _texts(node: ast.expr, bound: Bindings, depth: int) -> tuple[str, ...] | None:
    if depth > _DEPTH:
        return None
    if isinstance(node, ast.Constant):
        # a number may be part of a name
        return (str(node.value),) if isinstance(node.value, str | int | float) else ()
    if isinstance(node, ast.Name):
        # bound by each of a thousand tests, it is asked for by each
        if (node.id, depth) not in bound.texts:
            bound.texts[node.id, depth] = _texts_named(node, bound, depth)
        return bound.texts[node.id, depth]
    if (options := _options(node, bound)) is not None:
        return _union(_texts(option, bound, depth + 1) for option in options)
    if (parts := _parts(node)) is not None:
        return _joined(parts, bound, depth)
    if isinstance(node, ast.Attribute) and node.attr in ("__name__", "__module__"):
        return _module(node.value, bound)
    return None


def _texts_named(node: ast.Name, bound: Bindings, depth: int) -> tuple[str, ...] | None:
    options = _options(node, bound)
    if options is not None:
        return _union(_texts(option, bound, depth + 1) for option in options)
    return (".",) if node.id in ("__name__", "__package__") else None


def _options(node: ast.expr, bound: Bindings) -> Sequence[ast.expr] | None:
    """The expressions of which one is the value, or an element of it."""
    if isinstance(node, ast.IfExp):
        return (node.body, node.orelse)
    if isinstance(node, ast.BoolOp):
        return node.values
    if isinstance(node, ast.List | ast.Tuple | ast.Set):
        return node.elts
    if isinstance(node, ast.Dict):
        return (*(key for key in node.keys if key is not None), *node.values)
    if isinstance(node, ast.Subscript):
        # a piece of a text is another one
        cut = isinstance(node.slice, ast.Slice) or _is_text(node.value, bound)
        return None if cut else (node.value,)
    if isinstance(node, ast.Starred | ast.NamedExpr):
        return (node.value,)
    if isinstance(node, ast.Name) or (
        isinstance(node, ast.Attribute) and last_name(node.value) in bound.classes
    ):
        name = last_name(node) or ""
        return None if name in bound.grown else bound.values.get(name)
    return _given(node, bound) if isinstance(node, ast.Call) else None


def _is_text(node: ast.expr, bound: Bindings) -> bool:
    values = bound.values.get(node.id, ()) if isinstance(node, ast.Name) else (node,)
    return any(isinstance(one, ast.JoinedStr | ast.Constant | ast.BinOp) for one in values)


def _given(call: ast.Call, bound: Bindings) -> Sequence[ast.expr] | None:
    """What a call only hands on."""
    if (
        isinstance(call.func, ast.Attribute)
        and call.func.attr in ("items", "keys", "values")
        and not call.args
    ):
        return (call.func.value,)
    name = last_name(call.func) or ""
    # a method, or a function of the file's own, may be called so and do more
    does_more = isinstance(call.func, ast.Attribute) if name != "param" else False
    if name not in _HANDING_ON or does_more or name in bound.own:
        return None
    return call.args if call.args and not call.keywords else None


def _parts(node: ast.expr) -> Sequence[ast.expr] | None:
    """What is put one after the other."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return (node.left, node.right)
    if isinstance(node, ast.JoinedStr):
        return node.values
    if isinstance(node, ast.FormattedValue):
        return (node.value,) if node.conversion in (-1, ord("s")) and node.format_spec is None else None
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod):
        values = node.right.elts if isinstance(node.right, ast.Tuple) else (node.right,)
        return _filled(node.left, values, node.right)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        if node.func.attr == "format":
            return _filled(node.func.value, node.args, node)
        if (
            node.func.attr == "join"
            and len(node.args) == 1
            and isinstance(node.args[0], ast.List | ast.Tuple)
        ):
            gaps = itertools.repeat(node.func.value, len(node.args[0].elts))
            return [part for pair in zip(gaps, node.args[0].elts, strict=True) for part in pair][1:]
    return None


def _filled(template: ast.expr, values: Sequence[ast.expr], given: ast.expr) -> Sequence[ast.expr] | None:
    if not (isinstance(template, ast.Constant) and isinstance(template.value, str)):
        return None
    named: dict[str, ast.expr] = {str(number): value for number, value in enumerate(values)}
    if isinstance(given, ast.Call):
        named |= {word.arg: word.value for word in given.keywords if word.arg is not None}
    elif isinstance(given, ast.Dict):
        named = {
            str(key.value): value
            for key, value in zip(given.keys, given.values, strict=True)
            if isinstance(key, ast.Constant)
        }
    found: list[ast.expr] = []
    at = 0
    for number, field in enumerate(_FIELD.finditer(template.value)):
        value = named.get(field.group(1) or field.group(2) or str(number))
        if value is None:
            return None
        found += [_constant(template.value[at : field.start()], template), value]
        at = field.end()
    found.append(_constant(template.value[at:], template))
    # a field with a format of its own
    plain = all(_FIELDS.isdisjoint(str(one.value)) for one in found if isinstance(one, ast.Constant))
    return found if plain else None


def _constant(text: str, where: ast.expr) -> ast.Constant:
    return ast.copy_location(ast.Constant(text), where)


def _joined(parts: Sequence[ast.expr], bound: Bindings, depth: int) -> tuple[str, ...] | None:
    # an address, a path, a sentence: no name of anything that is patched
    texts = (part.value for part in parts if isinstance(part, ast.Constant))
    if any(isinstance(text, str) and _PART.fullmatch(text) is None for text in texts):
        return NAMELESS
    found = [_texts(part, bound, depth + 1) for part in parts]
    known = [options for options in found if options is not None]
    if len(known) < len(found):
        return None
    count = 1
    for options in known:
        count *= max(len(options), 1)
    if count > _MOST:
        return None
    # behind the file's own name, a dot, there stands another
    own = bool(parts) and not isinstance(parts[0], ast.Constant)
    return tuple(
        re.sub(r"^\.\.(?=\w)", ".", "".join(one)) if own and one[0] == "." else "".join(one)
        for one in itertools.product(*known)
    )


def _module(node: ast.expr, bound: Bindings) -> tuple[str, ...] | None:
    """The module that an imported thing, or one of this file, is or lies in."""
    name = bound.imported(node)
    if name is not None:
        return (name,)
    return (".",) if last_name(node) in bound.classes else None


def _union(found: Iterable[tuple[str, ...] | None]) -> tuple[str, ...] | None:
    texts: list[str] = []
    for one in found:
        if one is None:
            return None
        texts += one
    return tuple(dict.fromkeys(texts))

"""What a source may look for by patterns: asked where its words alone say too much.

A pattern is any text with a wildcard that is not only looked at (``"*" in name``), said to people (a message,
a sentence, a docstring) or a key: it may be handed to whoever looks.
"""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Collection, Iterable, Iterator

from .expressions import called, receiver, text_of
from .literals import last_name

_WILD = re.compile(r"[*?\[]")
FILLED = re.compile(r"%\(\w+\)\w|%\w|\{[^{}]*\}")
"""What is filled in: any text may stand there."""
_WORDS = re.compile(r"[^\s\"'`]+")
# from where a name begins: else each of its letters would be a beginning
SEVERAL = re.compile(r"(?<![\w.*?\[\]-])[\w.*?\[\]-]*\*\.\w+")
"""Those of a text that holds more than one: ``"*.json,*.yml".split(",")``."""
# of a mask: as good as no pattern at all
_MASK = re.compile(r"\*{3,}")
# the end of a question, which a sentence may put
_ASKS = re.compile(r"[^?\[]*\?[)\"'`:.]*")
# what looks at a text; of replace() the second is what comes of it
_LOOKING = frozenset(
    (
        *("split", "rsplit", "partition", "rpartition", "strip", "lstrip", "rstrip", "startswith"),
        *("endswith", "removeprefix", "removesuffix", "count", "index", "rindex", "rfind", "isdisjoint"),
        "intersection",
    )
)
# whose methods of these names divide commands and paths
_DIVIDING = frozenset(("shlex", "path", "posixpath", "ntpath"))
_OF_RE = frozenset(
    ("compile", "match", "search", "fullmatch", "sub", "subn", "findall", "finditer", "split", "escape")
)
_SAYING = frozenset(
    (
        *("print", "warn", "debug", "info", "warning", "error", "exception", "critical", "echo", "secho"),
        *("skip", "xfail", "fail"),
    )
)
_SAID = frozenset(
    (
        *("help", "description", "metavar", "epilog", "title", "reason", "msg", "message", "placeholder"),
        "nargs",
    )
)
# of a sentence, and of no command
_OF_SENTENCES = re.compile(
    r"(?<![\w./*-])(?:the|an|of|is|are|was|were|be|this|that|these|must|should|would|could|cannot|might|which"
    r"|matches|into|its|your|you|has|have|with|without|to|for|from|and|or|not|only|when|where|any|all)"
    r"(?=[\s,:;!?)]|\.?$|\.\s)",
    re.IGNORECASE,
)
# SELECT * FROM …, COUNT(*)
_SQL = re.compile(
    r"\s*(?:(?i:SELECT\s(?=[^;]*\sFROM\s)|WITH\s+\w+\s+AS\s*\()"
    r"|(?:DELETE|INSERT|UPDATE|GRANT|REVOKE|CREATE|DROP|ALTER|EXPLAIN)\s)"
)
_BEGINS = re.compile(r"[ \t]*(?:[-*#>(•`][ \t`*(]*)*[A-Z*`#]")
_OF_SHELL = re.compile(r"\||&&|;\s|\$\(|=\S|>")


def sought(text: str, *, docstrings: bool) -> frozenset[str] | None:
    """The last names of patterns; ``None`` where it cannot be parsed.

    With ``docstrings`` where somebody uses those as values.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return frozenset(_patterns(ast.parse(text), docstrings=docstrings))
    except (SyntaxError, ValueError, RecursionError, MemoryError, LookupError):
        return None


def _patterns(tree: ast.Module, *, docstrings: bool) -> Iterator[str]:
    # def info(pattern) of the file itself: nobody knows what that does with it
    own = {one.name for one in ast.walk(tree) if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef)}
    aside = {id(one) for node in ast.walk(tree) for one in _only_looked_at(node, own, docstrings=docstrings)}
    inner: set[int] = set()
    for node in ast.walk(tree):
        text = text_of(node)
        if text is not None and id(node) not in aside and _WILD.search(text):
            yield from _of_text(text)
        # f"*.{ending}": the text alone ends with a dot
        elif isinstance(node, ast.JoinedStr) or (_is_sum(node) and id(node) not in inner):
            parts = []
            for one in _parts(node):
                if _is_sum(one):
                    # the whole is looked at before what it is put together of, and says all that this would
                    inner.add(id(one))
                elif id(one) not in aside:
                    parts.append(one)
            if any(_WILD.search(text_of(one) or "") for one in parts):
                yield from _of_text(
                    "".join("*" if text_of(one) is None else text_of(one) or "" for one in parts)
                )


def _is_sum(node: ast.AST) -> bool:
    return isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add)


def _parts(node: ast.AST) -> Iterator[ast.AST]:
    """What a text is put together of, in order, and each sum on the way."""
    waiting = [node]
    while waiting:
        one = waiting.pop()
        if isinstance(one, ast.JoinedStr):
            waiting += reversed(one.values)
            continue
        yield one
        if isinstance(one, ast.BinOp) and isinstance(one.op, ast.Add):
            waiting += (one.right, one.left)


def _of_text(text: str) -> Iterator[str]:
    for line in () if _SQL.match(text) else text.splitlines():
        if _WILD.search(line) and not _is_sentence(line):
            asks = " " in line.strip() and _is_begun(line)
            for word in (line.strip(), *_WORDS.findall(line), *SEVERAL.findall(line)):
                if _WILD.search(word) and not (_MASK.fullmatch(word) or (asks and _ASKS.fullmatch(word))):
                    yield FILLED.sub("*", word).rpartition("/")[2] or "*"


def _is_sentence(line: str) -> bool:
    """Whether it is said to people: it begins as sentences do, and has words that commands have not."""
    words = {word.lower() for word in _OF_SENTENCES.findall(line)}
    return len(words) > 1 and _is_begun(line)


def _is_begun(line: str) -> bool:
    """Whether it begins as sentences do, and is no command."""
    return _BEGINS.match(line) is not None and _OF_SHELL.search(line) is None


def _only_looked_at(node: ast.AST, own: Collection[str], *, docstrings: bool) -> Iterator[ast.AST]:
    """The texts of an expression or statement that go nowhere."""
    if isinstance(node, ast.Expr) and not docstrings:
        text = text_of(node.value)
        if text is not None and not any(mark in text for mark in (">>>", "```", "~~~", "::")):
            yield node.value
    elif isinstance(node, ast.Compare):
        yield from _texts((node.left, *node.comparators))
    elif isinstance(node, ast.Subscript) and "__getitem__" not in own:
        yield from _texts((node.slice,))
    elif isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
        yield from _texts((*node.exc.args, *(word.value for word in node.exc.keywords)))
    elif isinstance(node, ast.arg | ast.AnnAssign) and node.annotation is not None:
        yield from ast.walk(node.annotation)
    elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.returns is not None:
        yield from ast.walk(node.returns)
    elif isinstance(node, ast.Call) and last_name(node.func) not in own:
        yield from _looked_at_by(node)


def _looked_at_by(call: ast.Call) -> Iterator[ast.AST]:
    name, inner = last_name(call.func), receiver(call)
    said = {*_SAID, "match"} if name in ("raises", "warns") else _SAID
    yield from _texts(word.value for word in call.keywords if word.arg in said)
    if name == "replace" or (called(inner) == "re" and name in _OF_RE) or name in ("cast", "TypeVar"):
        yield from _texts(call.args[:1])
    elif name in _SAYING or (inner is not None and name in _LOOKING and called(inner) not in _DIVIDING):
        yield from _texts(call.args)


def _texts(nodes: Iterable[ast.expr]) -> Iterator[ast.AST]:
    """Those that stand there themselves, or in a list or an f-string there."""
    for node in nodes:
        if isinstance(node, ast.Constant):
            yield node
        elif isinstance(node, ast.List | ast.Tuple | ast.Set):
            yield from _texts(node.elts)
        elif isinstance(node, ast.JoinedStr):
            yield from _texts(node.values)
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Mod):
            yield from _texts((node.left, node.right))

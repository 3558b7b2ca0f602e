"""Facts about published packages: which ones pytest loads, and under which names others are imported."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Collection, Mapping, Sequence

from pytest_monorepo.workspace.manifests.requirements import canonical

# Distributions with a pytest11 entry point, or with a .pth file that runs at every start of Python, whose
# name does not say so (site.py runs each line of such a file that begins with "import"). What has "pytest"
# in its name needs no entry.
_AMBIENT = frozenset(
    (
        "allure-python-commons",
        "anyio",
        "asynctest",
        "betamax",
        "blockbuster",
        "celery",
        "coverage",
        "dash",
        "ddtrace",
        "deepeval",
        "editables",
        "execnet",
        "factory-boy",
        "faker",
        "flaky",
        "hypothesis",
        "hypothesis-jsonschema",
        "inline-snapshot",
        "jaxtyping",
        "langsmith",
        "logfire",
        "molecule",
        "nbmake",
        "nbval",
        "newrelic",
        "openapi-core",
        "parameterized",
        "pip",
        "pluggy",
        "polyfactory",
        "pyfakefs",
        "pyinstrument",
        "pyleak",
        "requests-mock",
        "respx",
        "schemathesis",
        "scrapy-poet",
        "sentry-sdk",
        "setuptools",
        "snapshottest",
        "sybil",
        "syrupy",
        "tavern",
        "teamcity-messages",
        "time-machine",
        "typeguard",
        "vcrpy",
        "web3",
        "xdoctest",
        "zope-testing",
    )
)

# Import names that do not occur in the distribution's name.
_IMPORTED_AS: Mapping[str, tuple[str, ...]] = {
    "apiclient": ("google-api-python-client",),
    "attr": ("attrs",),
    "bs4": ("beautifulsoup4",),
    "cv2": (
        "opencv-python",
        "opencv-python-headless",
        "opencv-contrib-python",
        "opencv-contrib-python-headless",
    ),
    "fitz": ("pymupdf",),
    "gi": ("pygobject",),
    "git": ("gitpython",),
    "googleapiclient": ("google-api-python-client",),
    "grpc_status": ("grpcio-status",),
    "levenshtein": ("levenshtein", "python-levenshtein", "rapidfuzz"),
    "mpl_toolkits": ("matplotlib",),
    "mysqldb": ("mysqlclient",),
    "pil": ("pillow", "pillow-simd"),
    "pkg_resources": ("setuptools",),
    "pylab": ("matplotlib",),
    "pythoncom": ("pywin32",),
    "pywintypes": ("pywin32",),
    "pywt": ("pywavelets",),
    "qtpy": ("qtpy",),
    "skimage": ("scikit-image",),
    "sklearn": ("scikit-learn",),
    "usb": ("pyusb",),
    "win32api": ("pywin32",),
    "win32com": ("pywin32",),
    "win32con": ("pywin32",),
    "wx": ("wxpython",),
    "yaml": ("pyyaml", "ruamel-yaml"),
    "zmq": ("pyzmq",),
}
_TOO_SHORT = 3


def ambient(names: Collection[str], plugins: Collection[str]) -> set[str]:
    """Those of the canonical ``names`` that act on every pytest run in the environment, asked for or not."""
    known = {canonical(name) for name in plugins} | _AMBIENT
    return {name for name in names if name in known or "pytest" in name}


def distributions_of(
    names: Collection[str], distributions: Mapping[str, Sequence[str]]
) -> Callable[[str], frozenset[str]]:
    """A function from a top-level import name to all of ``names`` that may provide it.

    It takes the installed distributions' word, a table, and every name that contains the import's letters
    (``jwt`` in ``pyjwt``, ``rest_framework`` in ``djangorestframework``): rather one too many than none.
    """
    letters = {name: name.replace("-", "") for name in names}
    answers: dict[str, frozenset[str]] = {}

    def lookup(imported: str) -> frozenset[str]:
        if imported not in answers:
            answers[imported] = _lookup(imported.partition(".")[0], letters, distributions)
        return answers[imported]

    return lookup


def _lookup(
    imported: str, letters: Mapping[str, str], distributions: Mapping[str, Sequence[str]]
) -> frozenset[str]:
    if imported in sys.stdlib_module_names:
        return frozenset()
    short = re.sub(r"[-_.]", "", imported).lower()
    named = {canonical(name) for name in distributions.get(imported, ())}
    named.update(_IMPORTED_AS.get(imported.lower(), ()))
    similar = {
        name for name, own in letters.items() if own == short or (len(short) >= _TOO_SHORT and short in own)
    }
    return frozenset((named & letters.keys()) | similar)

"""Report files that a project's own settings ask for: written in its worker, as plain pytest would.

What the user asks for on the command line, or in the root's settings, is the controller's: one file about all
projects.
"""

from __future__ import annotations

from typing import Any, Dict, List, NamedTuple, Tuple


class Reporter(NamedTuple):
    """``names`` as pluggy may know the plugin by; ``option`` asks it for a file, and ``dest`` holds that."""

    names: Tuple[str, ...]
    option: str
    dest: str
    aliases: Tuple[str, ...] = ()


# by the names of their entry points (pytest11), and of their modules, where -p has loaded them
REPORTERS = (
    Reporter(("junitxml", "_pytest.junitxml"), "--junitxml", "xmlpath", ("--junit-xml",)),
    Reporter(("html", "pytest_html.plugin"), "--html", "htmlpath"),
    Reporter(("pytest_jsonreport", "pytest_jsonreport.plugin"), "--json-report", "json_report"),
    Reporter(("pytest_reportlog", "pytest_reportlog.plugin"), "--report-log", "report_log"),
    Reporter(("pytest_csv", "pytest_csv._plugin"), "--csv", "csv_path"),
    Reporter(("excel", "pytest_excel.pytest_excel"), "--excelreport", "excelpath", ("--excel-report",)),
    Reporter(("pytest-md-report", "pytest_md_report.plugin"), "--md-report", "md_report"),
    Reporter(("allure_pytest", "allure_pytest.plugin"), "--clean-alluredir", "clean_alluredir"),
    Reporter(
        ("pytest-bdd", "pytest_bdd.plugin"), "--cucumberjson", "cucumber_json_path", ("--cucumber-json",)
    ),
    Reporter(("nunit", "pytest_nunit.plugin"), "--nunitxml", "nunit_xmlpath", ("--nunit-xml",)),
)


def asked_by_the_user(option: Any, words: List[str], inifile: str) -> Dict[str, Any]:
    """What a job tells of reports; ``option`` are the controller's, ``words`` what the user typed.

    ``inifile`` is the controller's: a project that has the same one leaves its reports to the controller.
    """
    return {
        "given": [reporter.dest for reporter in REPORTERS if _typed(reporter, words)],
        "set": [reporter.dest for reporter in REPORTERS if getattr(option, reporter.dest, None)],
        "inifile": inifile,
    }


def _typed(reporter: Reporter, words: List[str]) -> bool:
    return any(word.partition("=")[0] in (reporter.option, *reporter.aliases) for word in words)


def own(config: Any, told: Dict[str, Any]) -> List[Reporter]:
    """Those whose file is the project's own wish; ``told`` is what :func:`asked_by_the_user` returned."""
    option = getattr(config, "option", None)
    same = str(getattr(config, "inipath", None) or getattr(config, "inifile", None) or "") == told.get(
        "inifile"
    )
    return [
        reporter
        for reporter in REPORTERS
        if getattr(option, reporter.dest, None)
        and reporter.dest not in told.get("given", ())
        and not (same and reporter.dest in told.get("set", ()))
    ]

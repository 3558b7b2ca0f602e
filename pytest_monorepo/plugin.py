"""Options and hooks: wires the rooms together, decides nothing, and is not there without ``--monorepo``."""

from __future__ import annotations

from collections.abc import Generator
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from .errors import MonorepoError
from .options import OPTIONS, among, checked, dest_of, starts_workers, watching

if TYPE_CHECKING:
    from .call.front import Front

_FRONT: pytest.StashKey[Front] = pytest.StashKey()


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("monorepo", "every project of a workspace in one run")
    for option in OPTIONS:
        group.addoption(*option.names, help=option.help, **checked(option))


def pytest_addhooks(pluginmanager: pytest.PytestPluginManager) -> None:
    from . import hookspecs

    pluginmanager.add_hookspecs(hookspecs)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests(
    early_config: pytest.Config, parser: pytest.Parser, args: list[str]
) -> Generator[None, Any, Any]:
    options = early_config.known_args_namespace
    if options.monorepo_init:
        # no test runs, and the conftests of two projects must not meet here either
        options.noconftest = True
        return (yield)
    if not (options.help or options.version or hasattr(early_config, "workerinput")):
        lists = options.monorepo_list or options.monorepo_graph
        if lists:
            # they run no test, and need none of the plugins that the root's tests do
            own = early_config.getini("addopts")
            args[: len(own)] = [*among(own), "--monorepo"] if args[: len(own)] == own else args[: len(own)]
        if options.monorepo or lists or _read_below(early_config):
            from .loading import plainly

            plainly(early_config)
            here = options.cluster is None and options.monorepo_start != "spawn"
            if starts_workers(options) and here and options.cached is None:
                from .run.workers import ahead

                ahead.start(early_config)
            from .call import early
            from .call.front import Front
            from .worker.coverage import apart

            early.hear(early_config)
            try:
                with _usage_errors():
                    early_config.stash[_FRONT] = Front.open(early_config, parser, args)
                with apart.kept(early_config.pluginmanager):
                    return (yield)
            except KeyboardInterrupt as error:
                # pytest's own main hears it from its session on
                raise SystemExit(early.ended(error)) from None
        else:
            _refuse_without_switch(options)
    return (yield)


def _read_below(config: pytest.Config) -> bool:
    """Whether a path made pytest read a project's ini file, while the switch is in the one of this folder."""
    here, found = config.invocation_params.dir, config.inipath
    if found is None or here not in found.parent.parents or config.known_args_namespace.inifilename:
        return False
    from .workspace.discovery.switch import asks_for_monorepo

    return asks_for_monorepo(here)


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> int | pytest.ExitCode | None:
    if config.option.monorepo_init and not config.option.help:
        from .call import early
        from .init import command

        with _usage_errors():
            return early.answered(partial(command.main, config))
    front = config.stash.get(_FRONT, None)
    if front is None:
        return None
    from .call import early

    with _usage_errors():
        if front.rerun is None and watching(config.option):
            from .watch import session

            return session.run(config, front.invocation)
        return early.answered(partial(front.main, config))


# last, so that the cache and the terminal reporter are there
@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    front = config.stash.get(_FRONT, None)
    if front is not None:
        with _usage_errors():
            front.configure(config)


def pytest_report_header(config: pytest.Config) -> list[str]:
    front = config.stash.get(_FRONT, None)
    return front.header(config) if front is not None else []


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    front = config.stash.get(_FRONT, None)
    # with -q there is no header, and another reporter than pytest's may have none (pytest-tldr 0.2.6)
    if front is not None and not getattr(terminalreporter, "showheader", False):
        for note in front.run.notes if front.run is not None else ():
            terminalreporter.write_line(f"warning: {note}")


def _refuse_without_switch(options: Any) -> None:
    """Silence would run what the user did not ask for."""
    given = [
        option.names[0]
        for option in OPTIONS
        if option.names[0] not in _HARMLESS
        and getattr(options, dest_of(option.names[0]), None) != option.attrs.get("default", False)
    ]
    if given:
        raise pytest.UsageError(f"{', '.join(given)}: needs --monorepo")


# how, not what to run: these may stand in an ini file for the runs that have the switch
_HARMLESS = {
    "--monorepo-init",
    "--workers",
    "--monorepo-github",
    "--shard-dir",
    "--affected-level",
    "--max-shards",
    "--monorepo-start",
    "--monorepo-split",
    "--python",
    "--project-timeout",
    "--idle-timeout",
}


class _usage_errors:
    """A user's mistake becomes pytest's own kind of message and exit code 4."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        if isinstance(error, MonorepoError):
            raise pytest.UsageError(*str(error).splitlines()) from None

"""The door of one ``pytest --monorepo`` call: what the command line asks for, a list or a run."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pytest_monorepo import settings as settings_module
from pytest_monorepo.errors import MonorepoError, SettingsError
from pytest_monorepo.options import asked_to_cache, joined, starts_workers
from pytest_monorepo.run.plan import invocation
from pytest_monorepo.run.plan.invocation import Invocation
from pytest_monorepo.workspace.discovery import discover as discovery
from pytest_monorepo.workspace.files.pauses import without_collector

if TYPE_CHECKING:
    from pytest_monorepo.cluster.opening import Cluster
    from pytest_monorepo.run.workers.interface import Workers
    from pytest_monorepo.run.workers.pool import Pool

    from .story import Run


class Front:
    """``rerun`` holds the arguments of a second start, where pytest chose a project's ini file as its own."""

    def __init__(self, invocation: Invocation) -> None:
        self.invocation = invocation
        self.rerun: list[str] | None = None
        self.numprocesses: object = None
        self.print_only = False
        self.tmp: Path | None = None
        self.pool: Workers | None = None
        self.cluster: Cluster | None = None
        self.run: Run | None = None
        self.notes: list[str] = []

    # -- before the run

    @classmethod
    def open(cls, early_config: pytest.Config, parser: pytest.Parser, args: list[str]) -> Front:
        """Take the paths away before pytest loads their conftests: two projects' must never meet here."""
        front = cls(_handed_over.pop() if _handed_over else _read(early_config, parser))
        options = early_config.known_args_namespace
        options.noconftest = True
        options.cov_source = None  # pytest-cov would measure the controller
        root = str(front.invocation.root)
        if _needs_rerun(early_config, front.invocation.root):
            front.rerun = [*joined(front.invocation.words), f"--rootdir={root}", root]
            args[:] = []
            return front
        if not options.file_or_dir:
            # the root's testpaths are for its own tests; pytest would warn where they name no file
            args.insert(0, root)
        if starts_workers(options):
            front._open_pool(early_config, options)
        return front

    def _open_pool(self, config: pytest.Config, options: Any) -> None:
        """The fork server warms up while the controller discovers and plans."""
        from pytest_monorepo.run.workers.pool import Pool

        unwanted = [name for name in options.plugins if name.startswith("no:")]
        autoload = not getattr(options, "disable_plugin_autoload", False)
        tmp = self._made_tmp(config)
        fork = options.monorepo_start != "spawn"
        traced = _caches(options, self.invocation.root)
        if options.cluster is not None:
            self._open_cluster(options, tmp, fork=fork, autoload=autoload, unwanted=unwanted, traced=traced)
            return
        self.pool = pool = Pool(tmp, fork=fork, autoload=autoload, unwanted=unwanted, traced=traced)
        if not traced:  # else there may be nothing to start it for
            pool.prepare(sys.executable)
            self._import_ahead(config, pool)

    def _made_tmp(self, config: pytest.Config) -> Path:
        """The run's own folder; also where pytest refuses an option before the run, nothing is left of it."""
        self.tmp = Path(tempfile.mkdtemp(prefix="pytest-monorepo-"))
        config.add_cleanup(self._clean_up)
        return self.tmp

    def _import_ahead(self, config: pytest.Config, pool: Pool) -> None:
        """Begin with what was imported for several projects in the last run, which was of the same words.

        Whether it is wanted is known once all is planned; else its server is told to end.
        """
        from pytest_monorepo.run.plan import imports

        served = imports.load_served(config)
        if served.call != imports.call_of(config):
            return
        for python, modules in served.groups:
            if python == sys.executable:
                with contextlib.suppress(OSError):  # whoever needs it asks again, and hears why
                    pool.share(python, self.invocation.root, modules)

    def _open_cluster(self, options: Any, tmp: Path, **pool: Any) -> None:
        from pytest_monorepo.cluster.opening import Cluster

        from .planning import wants_terminal

        if wants_terminal(options):
            raise MonorepoError(
                f"--cluster {options.cluster}: nodes have no terminal: leave out -s, --pdb and --trace"
            )
        self.cluster = Cluster.begin(options.cluster, self.invocation.cwd, tmp, **pool)
        self.pool = self.cluster.pool

    def main(self, config: pytest.Config) -> int | pytest.ExitCode | None:
        """Before pytest's own main: start again on the root's settings, print a list, or let it run."""
        option = config.option
        if self.rerun is not None:
            _handed_over.append(self.invocation)
            _leave_input(config)
            return pytest.main(self.rerun, plugins=config.invocation_params.plugins)
        if option.cached_info or option.cached_clear:
            from .cached import tending

            return tending.tend(self.invocation.root, option.cached_clear)
        if option.monorepo_list or option.monorepo_graph:
            from .reports import lists

            caches = bool(option.monorepo_list) and _caches(option, self.invocation.root)
            return lists.show(config, self.invocation, caches=caches)
        for name in ("showfixtures", "show_fixtures_per_test", "markers"):
            if getattr(option, name, False):
                # each project has its own; the controller's would be another answer
                self.print_only = True
                setattr(option, name, False)
        if getattr(option, "rich", False):
            option.rich = False
            self.notes.append(
                "--rich has no effect: it needs every test collected before the first one starts"
            )
        if getattr(option, "log_file", None):
            from .planning import LOG_FILE

            # each worker has its own; opened here, it would lose what a worker has written
            config.stash[LOG_FILE] = option.log_file
            option.log_file = os.devnull
        self.numprocesses = getattr(option, "numprocesses", None)
        if hasattr(option, "numprocesses"):
            from .planning import DIST

            config.stash[DIST] = option.dist
            option.numprocesses, option.dist, option.tx = None, "no", []
        return None

    @without_collector
    def configure(self, config: pytest.Config) -> None:
        """Begin the run."""
        merging = config.option.monorepo_merge is not None
        if self.pool is None and not merging:
            return
        from pytest_monorepo.worker.process import fixtures

        from .story import Run

        config.add_cleanup(fixtures.search_for_none(config))
        self.run = Run(
            self.invocation,
            self.tmp or self._made_tmp(config),
            self.pool,
            self.numprocesses,
            self.print_only,
            list(self.notes),
            cluster=self.cluster,
        )
        self.run.configure(config)

    def header(self, config: pytest.Config) -> list[str]:
        """What pytest prints before the tests."""
        return self.run.header(config) if self.run is not None else []

    def _clean_up(self) -> None:
        if self.pool is not None:
            self.pool.close()
        if self.tmp is not None:
            shutil.rmtree(self.tmp, ignore_errors=True)


_handed_over: list[Invocation] = []


def _read(config: pytest.Config, parser: pytest.Parser) -> Invocation:
    options = config.known_args_namespace
    cwd = config.invocation_params.dir
    rootdir = (cwd / os.path.expandvars(options.rootdir)) if options.rootdir else None
    if rootdir is not None and not rootdir.is_dir():
        raise MonorepoError(f"--rootdir {options.rootdir}: no such folder")
    root = discovery.find_root(cwd, rootdir)

    def positional(words: list[str]) -> Sequence[str]:
        found: list[str] = parser.parse_known_args(words).file_or_dir
        return found

    words, given = invocation.split([str(word) for word in config.invocation_params.args], positional)
    as_module = os.path.basename(sys.argv[0]) == "__main__.py"
    return Invocation(root, cwd, tuple(given), tuple(words), as_module)


def _leave_input(config: pytest.Config) -> None:
    """Let go of the terminal, as pytest's debugger does: the second start hands it to the workers."""
    capture: Any = config.pluginmanager.getplugin("capturemanager")
    if capture is not None:
        capture.suspend(in_=True)


def _needs_rerun(config: pytest.Config, root: Path) -> bool:
    """Whether pytest took its settings from below the workspace root, as it does for ``pytest libs/ml``."""
    if config.known_args_namespace.inifilename:
        return config.rootpath != root
    below = config.inipath is not None and root in config.inipath.parents and config.inipath.parent != root
    return config.rootpath != root or below


def _caches(options: Any, root: Path) -> bool:
    """Whether results are to be replayed and kept: the command line counts before the root's settings."""
    said = asked_to_cache(options)
    if said is not None:
        return said
    try:
        if b"cached" not in (root / settings_module.FILE).read_bytes():
            return False
        return settings_module.load(root).cached
    except (OSError, SettingsError):
        return False  # whoever reads the settings for the run says what is wrong

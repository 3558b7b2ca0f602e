"""Writes the page's folder."""

from __future__ import annotations

import contextlib
import shutil
import time
from collections.abc import Collection, Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_monorepo.affected.meaning.pages import LISTING, lists_pages
from pytest_monorepo.reports.origin import Origin
from pytest_monorepo.reports.owners import Owners

from . import causes, data, history, layout, quarantined, selected, trend, view, words
from .beside import above, beside, listed
from .timeline import timeline
from .view import Site

if TYPE_CHECKING:
    import jinja2

    from pytest_monorepo.affected.files.narrow import Narrowed
    from pytest_monorepo.affected.rules.values import Selection
    from pytest_monorepo.quarantine import Entry
    from pytest_monorepo.reports.coverage.model import CoverageReport
    from pytest_monorepo.reports.run_model import RunReport
    from pytest_monorepo.results.history.story import Story
    from pytest_monorepo.workspace.graph import Graph
    from pytest_monorepo.workspace.model import Workspace

_COVERAGE = "coverage"


def write_page(
    dest: Path,
    run: RunReport,
    workspace: Workspace,
    graph: Graph,
    selection: Selection | None,
    coverage: CoverageReport | None = None,
    coverage_html: Path | None = None,
    story: Story | None = None,
    origin: Origin | None = None,
    owners: Owners | None = None,
    after: Sequence[tuple[str, float, float]] = (),
    began: float | None = None,
    files: Mapping[str, Narrowed] | None = None,
    unconcerned: Collection[str] = (),
    quarantine: Sequence[Entry] = (),
) -> None:
    """Write the static site of ``run`` into ``dest``, replacing the one of an earlier run there.

    ``dest`` may hold other files; they stay. ``coverage_html`` is the folder of coverage.py's own pages: it
    is copied into ``dest`` unless it lies there already, so that the site can be moved as a whole. ``story``
    are the runs before this one, ``origin`` where it comes from, ``owners`` who is asked about a file.
    ``after`` are (label, start, stop) of what followed the tests; ``began`` is when the page did, in epoch
    seconds. ``files`` are those of a selection by file, ``unconcerned`` test files that read no change,
    ``quarantine`` its entries.
    """
    _prepare(dest)
    origin = origin or Origin()
    known = (story, origin, owners or Owners(), beside(dest, origin.branch))
    more: dict[str, Any] = {"files": files, "unconcerned": unconcerned, "quarantine": quarantine}
    site = Site(run, workspace, graph, selection, coverage, history.read(dest), *known, **more)
    coverage_folder = _bring(coverage_html, dest)
    _copy_static(dest / "static")
    room = data.room_for(site)
    for path, slug in site.slugs.items():
        name = f"project-{slug}"
        _write(dest / "data" / f"{name}.js", data.script(name, data.project(site, path, room)))
    _write(dest / "data" / "tests.js", data.script("tests", data.tests(site)))
    _write(dest / "data" / "treemap.js", data.script("treemap", data.treemap(site)))
    _write(dest / "index.html", render(site, coverage_folder, [*after, *_own_time(began)]))
    history.write(dest, _snapshot(site))
    top = above(dest, origin.branch)
    if top is not None and top not in (workspace.root.resolve(), *workspace.root.resolve().parents):
        _list_all(top)


def _list_all(top: Path) -> None:
    """One address for pages of several branches; an ``index.html`` that somebody else has put there stays."""
    index = top / "index.html"
    with contextlib.suppress(OSError):  # the page itself is written
        if (index.exists() and not lists_pages(index)) or len(pages := listed(top)) < 2:
            return
        _write(index, _templates().get_template("branches.html").render(pages=pages, mark=LISTING))


def _own_time(began: float | None) -> Sequence[tuple[str, float, float]]:
    """The page's, until it is put into the page."""
    return [("page", began, time.time())] if began is not None else []


def render(
    site: Site, coverage_folder: str | None = None, after: Sequence[tuple[str, float, float]] = ()
) -> str:
    """The HTML of the page's shell, overview, map and timeline."""
    labels = {path: name for path, name in site.names.items() if path in set(site.graph.projects)}
    needs = {path: site.graph.dependencies(path) for path in labels}
    return (
        _templates()
        .get_template("index.html")
        .render(
            site=site,
            run=site.run,
            rows=view.rows(site),
            totals=view.totals(site),
            failures=(failures := causes.failed(site)),
            causes=causes.causes(failures),
            causes_shown=causes.SHOWN,
            today=causes.broke_today(failures, site.run.started),
            told=causes.moment,
            curves=trend.curves(site.story),
            flaky=view.flaky(site),
            held=quarantined.held(site),
            addresses=view.addresses(site),
            failures_shown=view.FAILURES_SHOWN,
            not_run=view.not_run(site),
            taken=selected.taken(site),
            partial=view.partial(site),
            unmeasured=view.unmeasured(site),
            map=layout.lay_out(labels, needs),
            timeline=timeline(site.run, after),
            view=view,
            layout=layout,
            coverage_folder=coverage_folder,
        )
    )


def _templates() -> jinja2.Environment:
    import jinja2  # only a run with a page pays for it

    found = jinja2.Environment(
        loader=jinja2.PackageLoader(__package__),
        autoescape=True,
        finalize=words.visible,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    names = ("duration", "percent", "count", "plural", "moment", "cover_level", "ranges")
    found.filters.update({name: getattr(words, name) for name in names})
    return found


def _prepare(dest: Path) -> None:
    """An empty ``data`` folder; pages of projects that are gone must not linger.

    Nothing hides the folder from git: it is there to be published, and ``--affected`` knows a page's files
    (:mod:`pytest_monorepo.affected.meaning.pages`).
    """
    (dest / "data").mkdir(parents=True, exist_ok=True)
    for stale in (dest / "data").glob("project-*.js"):
        stale.unlink()


def _bring(coverage_html: Path | None, dest: Path) -> str | None:
    """The folder of coverage.py's pages relative to ``dest``, copied there if it lies elsewhere."""
    if coverage_html is None or not coverage_html.is_dir():
        return None
    source, target = coverage_html.resolve(), dest.resolve()
    if target in source.parents:
        _let_be_added(source)
        return source.relative_to(target).as_posix()
    ignored = shutil.ignore_patterns(".gitignore")
    shutil.copytree(source, target / _COVERAGE, ignore=ignored, dirs_exist_ok=True)
    return _COVERAGE


def _let_be_added(folder: Path) -> None:
    """coverage.py lets its folder ignore itself; inside of the page that is the page's to say."""
    ignoring = folder / ".gitignore"
    with contextlib.suppress(OSError):
        if ignoring.read_text(encoding="utf-8").startswith("# Created by coverage.py"):
            ignoring.unlink()


def _copy_static(target: Path) -> None:
    target.mkdir(exist_ok=True)
    for file in resources.files(__package__).joinpath("static").iterdir():
        (target / file.name).write_bytes(file.read_bytes())


def _write(path: Path, text: str) -> None:
    # a file name that is not UTF-8 carries surrogates, which no encoding takes
    path.write_text(text, "utf-8", errors="replace", newline="\n")


def _snapshot(site: Site) -> history.Snapshot:
    present = {path: view.record(site, project) for path, project in site.ran.items()}
    known = {path: past for path, past in site.previous.projects.items() if path in site.slugs}
    return history.Snapshot(site.run.started, {**known, **present})

// One project's page, built when its address is opened.
"use strict";

const showProject = (() => {
  const place = document.getElementById("view-project");
  const BAD = new Set(["failed", "error", "quarantined"]);
  const unpack = (row, index) => ({ index, file: row[0], name: row[1], outcome: row[2], time: row[3], reruns: row[4] ?? 0, message: row[5] ?? "", text: row[6] ?? "", sections: row[7] ?? [] });

  const section = (id, title, ...children) => el("section", { class: "panel", "aria-labelledby": id }, el("h2", { id }, title), children);

  function head(data) {
    const word = data.state === "empty" ? "no tests" : data.state === "skipped" ? "not run" : data.state;
    const marks = [state(data.state, word), data.reach === "changed" || data.reach === "affected" ? state(data.reach) : null];
    return el("div", { class: "hero" },
      el("p", { class: "crumbs" }, el("a", { href: "#/" }, "All projects")),
      el("h1", { id: "project-title", tabindex: "-1" }, bdi(data.name)),
      el("p", { class: "lead marks" }, el("code", {}, bdi(data.path)), marks),
      data.made.length ? el("p", { class: "quiet" }, data.made.join(" · ")) : null,
      data.replayed ? el("p", { class: "quiet" }, bdi(data.replayed)) : null,
      data.owners ? el("p", { class: "quiet" }, "Owner: ", bdi(data.owners)) : null,
      data.why ? el("p", { class: "quiet" }, bdi(data.why)) : null,
      data.error ? el("div", { class: "notice is-error" }, icon("error"), bdi(data.error)) : null);
  }

  function tiles(data) {
    const tile = ([label, figure, kind]) => el("div", { class: kind ? `tile is-${kind}` : "tile" }, el("dt", {}, label), el("dd", {}, el("strong", {}, figure)));
    const counts = data.counts.map(([category, number]) => [category[0].toUpperCase() + category.slice(1), whole(number), number && ["passed", "failed", "error"].includes(category) ? category : ""]);
    const covered = data.coverage ? [["Own coverage", percent(data.coverage.own)], ["Coverage by all", percent(data.coverage.all)]] : [];
    const all = [...data.facts.slice(0, 1), ...counts, ...data.facts.slice(1), ...covered];
    return all.length ? el("dl", { class: "tiles" }, all.map(tile)) : null;
  }

  const OUTCOMES = { p: "passed", f: "failed", e: "error", s: "skipped", x: "xfailed", X: "xpassed", q: "quarantined", r: "replayed" };

  const MARKS = { p: "●", s: "○", x: "○", r: "○", "-": "·" };

  // The last outcomes, oldest first; what a run does not tell of is a gap.
  function strip(letters) {
    if (!letters) return null;
    const words = [...letters].map((letter) => OUTCOMES[letter] ?? "not known");
    return el("span", { class: "strip", role: "img", "aria-label": `Last outcomes, oldest first: ${words.join(", ")}` },
      [...letters].map((letter, index) => el("span", { class: `is-${OUTCOMES[letter] ?? "empty"}`, title: words[index] }, MARKS[letter] ?? "✕")));
  }

  function facts(test) {
    const [, since, letters, source, owners, rerun] = test.note ?? [];
    if (!test.note) return null;
    return el("p", { class: "facts" }, since ? el("span", { class: since.startsWith("new") ? "tag is-new" : "tag" }, since) : null, strip(letters),
      owners ? el("span", { class: "tag" }, unseen("owner: "), bdi(owners)) : null, source ? el("a", { href: source }, "source") : null,
      BAD.has(test.outcome) ? el("code", { class: "command" }, visible(rerun)) : null,
      BAD.has(test.outcome) ? el("button", { type: "button", class: "copy", "data-copy": rerun }, "Copy the rerun command") : null);
  }

  function failure(test, files) {
    const id = `test-${test.index}`;
    return el("article", { class: "failure", id, tabindex: "-1", "aria-labelledby": `${id}-name` },
      el("h3", { id: `${id}-name` }, icon(test.outcome), unseen(`${test.outcome}: `), bdi(test.name || files[test.file])),
      el("p", { class: "quiet" }, bdi(files[test.file]), ` · ${duration(test.time)}`, test.reruns ? ` · ${plural(test.reruns, "rerun")}` : ""),
      facts(test),
      test.message && (!test.text || test.text.split("\n").length > 15) ? el("p", { class: "message" }, bdi(test.message.split("\n").slice(0, 6).join("\n"))) : null,
      test.text ? output(test.text, `Failure of ${test.name || files[test.file]}`, representation) : null,
      test.sections.map(([title, text]) => el("details", { open: text.length < 4000 }, el("summary", {}, title), output(text, `${title} of ${test.name}`))));
  }

  function failures(data, tests) {
    const bad = tests.filter((test) => BAD.has(test.outcome));
    if (!bad.length) return null;
    const list = el("div", {}, bad.slice(0, 50).map((test) => failure(test, data.files)));
    const more = bad.length > 50 ? el("button", { type: "button", class: "more", click: () => { list.append(...bad.slice(50).map((test) => failure(test, data.files))); more.remove(); } }, `Show ${whole(bad.length - 50)} more failures`) : null;
    const held = bad.filter((test) => test.outcome === "quarantined").length;
    const words = [held < bad.length ? plural(bad.length - held, "failure") : null, held ? `${whole(held)} in quarantine` : null];
    return section("failures-of", words.filter(Boolean).join(", "), list, more);
  }

  function row(test) {
    const mark = test.reruns && test.outcome === "passed" ? el("span", { class: "tag" }, `flaky, ${plural(test.reruns, "rerun")}`) : null;
    const name = test.name || "(the whole file)";
    return el("tr", { id: BAD.has(test.outcome) ? null : `test-${test.index}`, tabindex: "-1" },
      el("th", { scope: "row" }, BAD.has(test.outcome) ? el("a", { href: `${base}/${test.index}` }, bdi(name)) : bdi(name), mark,
        BAD.has(test.outcome) ? null : facts(test),
        test.message && !BAD.has(test.outcome) ? el("small", {}, bdi(test.message.split("\n")[0].slice(0, 300))) : null),
      el("td", {}, state(test.outcome)),
      el("td", { class: "number" }, duration(test.time)));
  }

  let base = "#/";

  const table = (caption, heads, rows) => el("table", { class: "plain" }, el("caption", { class: "unseen" }, caption),
    el("thead", {}, el("tr", {}, heads.map(([text, number]) => el("th", { scope: "col", class: number ? "number" : null }, text)))), el("tbody", {}, rows));

  const heads = [["Test"], ["Outcome"], ["Time", true]];

  // A file's rows are built when it is opened: a project may have 10,000 tests.
  function file(name, tests, open) {
    const held = tests.filter((test) => test.outcome === "quarantined").length;
    const bad = tests.filter((test) => BAD.has(test.outcome)).length - held;
    const time = tests.reduce((sum, test) => sum + test.time, 0);
    const summary = el("summary", {}, el("code", {}, bdi(name)), el("span", { class: "quiet" }, ` ${plural(tests.length, "test")} · ${duration(time)}`),
      bad ? el("span", { class: "is-failed" }, ` · ${whole(bad)} failed`) : null,
      held ? el("span", { class: "is-quarantined" }, ` · ${whole(held)} in quarantine`) : null);
    const details = el("details", { class: "file", "data-find": name.toLowerCase() }, summary);
    details.fill = () => { if (!details.querySelector("table")) details.append(table(`Tests in ${name}`, heads, tests.map(row))); };
    details.addEventListener("toggle", () => details.open && details.fill());
    if (open) { details.open = true; details.fill(); }
    return details;
  }

  // What of a selection by file runs, each file with the way that the change takes to it.
  function selectedFiles(data) {
    const told = data.selected;
    if (!told) return null;
    const lines = (files) => el("ul", { class: "neighbours" }, files.map((file) => el("li", {}, el("code", {}, bdi(file)))));
    const ways = told.ways.length ? el("details", { open: told.ways.length <= 8 }, el("summary", {}, `${plural(told.ways.length, "test file")} the change reaches, and how`), lines(told.ways)) : null;
    const out = told.leftOut.length ? el("details", {}, el("summary", {}, `${plural(told.leftOut.length, "test file")} left out`), lines(told.leftOut)) : null;
    const more = told.more ? el("p", { class: "quiet" }, `${whole(told.more)} more are not shown`) : null;
    return section("selected-files", "What the change reaches", el("p", {}, bdi(told.told)), ways, out, more);
  }

  function testsByFile(data, tests) {
    if (!tests.length) return null;
    const grouped = data.files.map((name, index) => [name, tests.filter((test) => test.file === index)]);
    const few = tests.length <= 60;
    const all = el("div", {}, grouped.map(([name, group]) => file(name, group, few)));
    const found = el("div", { hidden: true });
    const search = el("input", {
      type: "search", placeholder: "Find a test", autocomplete: "off", spellcheck: "false",
      input: () => {
        const wanted = search.value.trim().toLowerCase();
        all.hidden = wanted !== "";
        found.hidden = wanted === "";
        if (!wanted) return announce("");
        const hits = tests.filter((test) => `${data.files[test.file]}::${test.name} ${test.outcome}`.toLowerCase().includes(wanted));
        // the rows of the list keep their ids; those found are copies
        const rows = hits.slice(0, 200).map((test) => { const copy = row(test); copy.removeAttribute("id"); return copy; });
        found.replaceChildren(hits.length ? table("Tests found", heads, rows) : el("p", { class: "quiet" }, "No test matches."));
        return announce(`${plural(hits.length, "test")} found`);
      },
    });
    const title = el("div", { class: "panel-head" }, el("h2", { id: "tests-of" }, "Tests"), el("div", { class: "tools" }, el("label", { class: "search" }, unseen("Find a test by file, name or outcome"), search)));
    return el("section", { class: "panel", "aria-labelledby": "tests-of" }, title, all, found);
  }

  function slowest(data, tests) {
    const slow = [...tests].sort((a, b) => b.time - a.time).slice(0, 10).filter((test) => test.time >= 1);
    if (slow.length < 2) return null;
    return section("slowest-of", "Slowest tests", table("The slowest tests", [["Test"], ["Time", true]], slow.map((test) => el("tr", {},
      el("th", { scope: "row" }, el("a", { href: `${base}/${test.index}` }, bdi(test.name || data.files[test.file])), el("small", {}, bdi(data.files[test.file]))),
      el("td", { class: "number" }, duration(test.time))))));
  }

  function limit(measured) {
    if (!measured.limit) return null;
    const missed = measured.own !== null && measured.own < measured.limit;
    return el("p", { class: missed ? "notice" : "quiet" }, missed ? `Its own tests cover ${measured.own.toFixed(2)} %, less than its limit of ${measured.limit} %.` : `Its own limit is ${measured.limit} %.`);
  }

  function coverage(data, slug) {
    const measured = data.coverage;
    if (!measured) return section("coverage-of", "Coverage", el("p", { class: "quiet" }, "No data."));
    const pages = document.body.dataset.coverage;
    const folders = new Map();
    for (const entry of measured.files) {
      const cut = entry[0].lastIndexOf("/");
      const name = cut < 0 ? "." : entry[0].slice(0, cut);
      if (!folders.has(name)) folders.set(name, []);
      folders.get(name).push([entry[0].slice(cut + 1), ...entry.slice(1)]);
    }
    const part = (lines, missing, branches, missed) => (lines + branches ? (100 * (lines - missing + branches - missed)) / (lines + branches) : null);
    const shared = (entries) => part(...[1, 2, 3, 4].map((column) => entries.reduce((sum, entry) => sum + entry[column], 0)));
    const line = ([name, lines, missed, branches, missedBranches, page, missing]) => el("tr", {},
      el("th", { scope: "row" }, pages && page ? el("a", { href: `${pages}/${encodeURIComponent(page)}` }, bdi(name)) : bdi(name)),
      el("td", { class: "number" }, whole(lines)), el("td", { class: "number" }, meter(part(lines, missed, branches, missedBranches))), el("td", { class: "missing" }, missing || "–"));
    const few = measured.files.length <= 30;
    const blocks = [...folders].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, entries]) => el("details", { class: "file", open: few },
      el("summary", {}, el("code", {}, bdi(`${name}/`)), " ", meter(shared(entries))),
      table(`Coverage of ${name}`, [["File"], ["Lines", true], ["Covered", true], ["Missing lines"]], entries.map(line))));
    return section("coverage-of", "Coverage",
      measured.error ? el("p", { class: "notice" }, bdi(measured.error)) : null,
      limit(measured),
      blocks.length ? el("p", {}, el("a", { href: `#/coverage/${slug}` }, "As a treemap")) : null, blocks);
  }

  function neighbours(id, title, list, none) {
    const items = list.map(([name, slug, scope, how, outcome]) => el("li", {}, icon(outcome), unseen(outcome), " ",
      slug ? el("a", { href: `#/project/${slug}` }, bdi(name)) : bdi(name), scope === "runtime" ? null : el("span", { class: "tag" }, scope), el("small", {}, bdi(how))));
    return section(id, title, items.length ? el("ul", { class: "neighbours" }, items) : el("p", { class: "quiet" }, none));
  }

  let shown = null;

  function open(index) {
    let target = document.getElementById(`test-${index}`);
    if (!target) {
      place.querySelectorAll("details.file").forEach((details) => details.fill?.());
      target = document.getElementById(`test-${index}`);
      target?.closest("details")?.setAttribute("open", "");
    }
    place.querySelector("button.more")?.click();
    target ??= document.getElementById(`test-${index}`);
    target?.closest("details.file")?.setAttribute("open", "");
    target?.scrollIntoView({ block: "start" });
    target?.focus({ preventScroll: true });
    return Boolean(target);
  }

  return async (slug, test) => {
    const data = await load(`project-${slug}`);
    if (shown !== slug || !document.getElementById("tests-of")) {
      base = `#/project/${slug}`;
      const tests = data.tests.map(unpack);
      for (const note of data.notes) tests[note[0]].note = note;
      place.replaceChildren(...[head(data), tiles(data), failures(data, tests), testsByFile(data, tests), selectedFiles(data), slowest(data, tests), coverage(data, slug),
        el("div", { class: "pair" }, neighbours("needs-of", "Depends on", data.needs, "Depends on no other project."),
          neighbours("needed-by", "Needed by", data.neededBy, "No other project needs it."))].filter(Boolean));
      shown = slug;
    }
    return test === undefined || open(test);
  };
})();

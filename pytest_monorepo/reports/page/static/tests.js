// All tests of the run: searched, by outcome, the slowest first. What was asked for stands in the address.
"use strict";

const showTests = (() => {
  const PART = 200;
  const OUTCOMES = { p: "passed", f: "failed", e: "error", s: "skipped", x: "xfailed", X: "xpassed", q: "quarantined" };
  const find = document.getElementById("tests-find");
  const more = document.getElementById("tests-more");
  const outcomes = [...document.querySelectorAll("[data-outcome]")];
  const sorts = [...document.querySelectorAll("[data-sort]")];
  let tests = null;
  let hits = [];
  let drawn = 0;

  function unpack(projects) {
    const all = [];
    for (const [slug, path, files, rows, facts] of projects) {
      rows.forEach(([file, name, letter, time, reruns, message, fact], index) => {
        const [since, owners] = facts[fact] ?? ["", ""];
        all.push({ slug, index, file: path === "." ? files[file] : `${path}/${files[file]}`, name, outcome: OUTCOMES[letter], time, reruns: reruns ?? 0, message: message ?? "", since, owners });
      });
    }
    return all;
  }

  const text = (test) => (test.text ??= `${test.file}::${test.name} ${test.message} ${test.owners} ${test.since}`.toLowerCase());
  const pressed = (buttons, key) => buttons.find((button) => button.getAttribute("aria-pressed") === "true").dataset[key];
  const fits = (test, outcome) => outcome === "" || test.outcome === outcome || (outcome === "flaky" && test.reruns > 0 && test.outcome === "passed") || (outcome === "failures" && (test.outcome === "failed" || test.outcome === "error"));

  // as the overview says it
  function facts(test) {
    if (!test.since && !test.owners) return null;
    return el("p", { class: "facts" },
      test.since ? el("span", { class: test.since.startsWith("new") ? "tag is-new" : "tag" }, test.since) : null,
      test.owners ? el("span", { class: "tag" }, unseen("owner: "), bdi(test.owners)) : null);
  }

  function row(test) {
    return el("tr", {},
      el("th", { scope: "row" }, el("a", { href: `#/project/${test.slug}/${test.index}` }, el("code", {}, bdi(test.name || "(the whole file)"))),
        el("small", {}, bdi(test.file)), test.message ? el("small", {}, bdi(test.message)) : null, facts(test)),
      el("td", {}, state(test.outcome), test.reruns ? el("span", { class: "tag" }, plural(test.reruns, "rerun")) : null),
      el("td", { class: "number" }, duration(test.time)));
  }

  function draw() {
    const part = hits.slice(drawn, drawn + PART);
    document.querySelector("#tests-table tbody").append(...part.map(row));
    drawn += part.length;
    more.hidden = drawn >= hits.length;
    more.textContent = `Show ${whole(Math.min(PART, hits.length - drawn))} more of ${whole(hits.length)}`;
  }

  function apply() {
    const wanted = find.value.trim().toLowerCase();
    const [outcome, sort] = [pressed(outcomes, "outcome"), pressed(sorts, "sort")];
    hits = tests.filter((test) => fits(test, outcome) && (wanted === "" || text(test).includes(wanted)));
    if (sort === "time") hits.sort((a, b) => b.time - a.time);
    document.querySelector("#tests-table tbody").replaceChildren();
    drawn = 0;
    draw();
    const seconds = hits.reduce((sum, test) => sum + test.time, 0);
    document.getElementById("tests-count").textContent = hits.length ? `${plural(hits.length, "test")}, ${duration(seconds)}` : "No test matches.";
    announce(`${plural(hits.length, "test")} found`);
    keepQuery({ q: find.value.trim(), outcome, sort });
  }

  const press = (buttons, key, value) => {
    const known = buttons.some((button) => button.dataset[key] === value);
    for (const button of buttons) button.setAttribute("aria-pressed", String(button.dataset[key] === (known ? value : "")));
  };

  let timer = 0;
  find.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(apply, 80); });
  choose(outcomes, apply);
  choose(sorts, apply);
  more.addEventListener("click", draw);

  return async (query) => {
    tests ??= unpack(await load("tests"));
    find.value = query.get("q") ?? "";
    press(outcomes, "outcome", query.get("outcome") ?? "");
    press(sorts, "sort", query.get("sort") ?? "");
    apply();
    return true;
  };
})();

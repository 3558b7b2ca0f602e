// Which view an address shows, where the focus goes, and the theme button.
"use strict";

(() => {
  const workspace = document.body.dataset.workspace;
  const scrolled = new Map();
  let clicked = false;
  let shown = null;

  const views = {
    "": (steps, query) => ({ view: "overview", title: "Overview", then: () => showProjects(query) }),
    tests: (steps, query) => ({ view: "tests", title: "Tests", then: () => showTests(query) }),
    map: () => ({ view: "map", title: "Map", then: showMap }),
    coverage: (steps) => ({ view: "coverage", title: "Coverage", then: () => showCoverage(steps) }),
    timeline: () => ({ view: "timeline", title: "Timeline" }),
    project: ([slug, test]) => ({ view: "project", title: slug, then: () => showProject(slug, test) }),
  };

  function missing() {
    document.getElementById("view-project").replaceChildren(
      el("h1", { id: "project-title", tabindex: "-1" }, "There is no such page"),
      el("p", { class: "lead" }, "The address may be of an earlier run. ", el("a", { href: "#/" }, "Go to the overview")));
    reveal("project");
  }

  function reveal(name) {
    for (const view of document.querySelectorAll(".view")) view.hidden = view.id !== `view-${name}`;
    for (const link of document.querySelectorAll("[data-nav]")) {
      if (link.dataset.nav === name) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
  }

  async function route() {
    const address = location.hash || "#/";
    const [path, query] = address.replace(/^#\/?/, "").split("?", 2);
    const [name, ...steps] = path.split("/");
    const known = Object.hasOwn(views, name) ? views[name](steps, new URLSearchParams(query ?? "")) : null;
    if (shown !== null) scrolled.set(shown, window.scrollY);
    const first = shown === null;
    shown = address;
    let found = known !== null;
    if (found) {
      reveal(known.view);
      try {
        found = (await known.then?.()) !== false;
      } catch {
        found = false;
      }
    }
    if (shown !== address) return;
    if (!found) missing();
    settle(address, first, steps.length > 1 && name === "project");
  }

  function settle(address, first, toTest) {
    const heading = document.querySelector(".view:not([hidden]) h1");
    document.title = `${heading.textContent.trim()} · ${workspace}`;
    document.body.dataset.ready = address;
    if (toTest) return;
    if (!first) {
      window.scrollTo(0, clicked ? 0 : scrolled.get(address) ?? 0);
      heading.focus({ preventScroll: true });
    }
    clicked = false;
  }

  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("a");
    if (link?.getAttribute("href")?.startsWith("#")) clicked = true;
  });
  document.querySelector(".skip").addEventListener("click", (event) => {
    event.preventDefault();
    document.getElementById("main").focus();
  });
  document.getElementById("theme").addEventListener("click", () => {
    const root = document.documentElement;
    const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = dark ? "light" : "dark";
    announce(`${dark ? "Light" : "Dark"} colours`);
    try {
      localStorage.setItem("pytest-monorepo-theme", root.dataset.theme);
    } catch { /* the choice then lasts for this page only */ }
  });
  window.addEventListener("hashchange", route);
  route();
})();

// The map: colours, finding a project, and what a project reaches.
"use strict";

const showMap = (() => {
  const view = document.getElementById("view-map");
  const canvas = document.getElementById("map-canvas");
  const picture = document.getElementById("map");
  const nodes = [...picture.querySelectorAll(".node")];
  const lines = [...picture.querySelectorAll(".lines path")];
  const [width, height] = [picture.viewBox.baseVal.width, picture.viewBox.baseVal.height];
  const reset = zoomable(view, canvas, {
    least: 0.2,
    most: 4,
    // smaller than this no label can be read: scroll instead
    fit: () => Math.min(1.3, Math.max(0.62, (canvas.clientWidth - 4) / width)),
    apply: (scale) => { picture.setAttribute("width", width * scale); picture.setAttribute("height", height * scale); },
  });

  function follow(slug, from, to) {
    const found = new Set([slug]);
    for (const name of found) {
      for (const line of lines) if (line.dataset[from] === name) found.add(line.dataset[to]);
    }
    return found;
  }

  // Everything the project needs and everything that needs it, near and far.
  function trace(node) {
    if (!node && from.value && to.value) return showWay();
    const reached = node && [follow(node.dataset.slug, "to", "from"), follow(node.dataset.slug, "from", "to")];
    const shows = (slug) => reached.some((set) => set.has(slug));
    picture.classList.toggle("tracing", Boolean(node));
    for (const other of nodes) other.classList.toggle("traced", Boolean(node) && shows(other.dataset.slug));
    for (const line of lines) {
      const on = Boolean(node) && reached.some((set) => set.has(line.dataset.from) && set.has(line.dataset.to));
      line.classList.toggle("traced", on);
    }
  }

  for (const node of nodes) {
    node.addEventListener("pointerenter", () => trace(node));
    node.addEventListener("pointerleave", () => trace(null));
    node.addEventListener("focus", () => trace(node));
    node.addEventListener("blur", () => trace(null));
  }

  choose([...view.querySelectorAll("[data-colour]")], (button) => {
    for (const colour of ["outcome", "coverage"]) {
      view.classList.toggle(`by-${colour}`, colour === button.dataset.colour);
      picture.classList.toggle(`by-${colour}`, colour === button.dataset.colour);
    }
  });
  view.classList.add("by-outcome");

  document.getElementById("map-find").addEventListener("input", (event) => {
    const wanted = event.target.value.trim().toLowerCase();
    const found = nodes.filter((node) => node.dataset.find.includes(wanted));
    picture.classList.toggle("finding", wanted !== "");
    for (const node of nodes) node.classList.toggle("found", wanted !== "" && found.includes(node));
    announce(wanted ? `${plural(found.length, "project")} found` : "");
    if (wanted && found.length) found[0].scrollIntoView({ block: "nearest", inline: "nearest" });
  });

  // How a change travels from one project to the other, or back where only that is possible.
  const form = document.getElementById("map-path");
  const [from, to] = [document.getElementById("map-from"), document.getElementById("map-to")];
  const named = (input) => nodes.find((node) => node.dataset.path === input.value.trim()) ?? nodes.find((node) => node.textContent.trim() === input.value.trim());

  function way(start, end) {
    const before = new Map([[start.dataset.slug, null]]);
    for (const [slug] of before) {
      for (const line of lines) if (line.dataset.from === slug && !before.has(line.dataset.to)) before.set(line.dataset.to, slug);
    }
    const steps = [];
    for (let slug = end.dataset.slug; before.has(slug) && slug !== null; slug = before.get(slug)) steps.unshift(slug);
    return steps;
  }

  function showWay() {
    const [start, end] = [named(from), named(to)];
    const given = from.value.trim() !== "" && to.value.trim() !== "";
    const there = start && end ? way(start, end) : [];
    const steps = there.length || !start || !end ? there : way(end, start);
    const next = new Set(steps.slice(1).map((slug, index) => `${steps[index]} ${slug}`));
    picture.classList.toggle("tracing", steps.length > 0);
    for (const node of nodes) node.classList.toggle("traced", steps.includes(node.dataset.slug));
    for (const line of lines) line.classList.toggle("traced", next.has(`${line.dataset.from} ${line.dataset.to}`));
    const words = steps.map((slug) => nodes.find((node) => node.dataset.slug === slug).dataset.path).join(" → ");
    document.getElementById("map-way").textContent = words || (given ? (start && end ? "No change travels between them." : "No such project.") : "");
  }

  for (const input of [from, to]) input.addEventListener("input", showWay);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.hidden = false;

  let shown = false;
  return () => {
    if (!shown) reset();
    shown = true;
  };
})();

(() => {
  const stretch = document.getElementById("timeline-stretch");
  if (!stretch) return;
  zoomable(document.getElementById("view-timeline"), document.getElementById("timeline-canvas"), {
    least: 1,
    most: 40,
    fit: () => 1,
    apply: (scale) => { stretch.style.width = `${100 * scale}%`; },
  });
})();

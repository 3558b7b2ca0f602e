// The map: colours, finding a project, and what a project reaches.
"use strict";

const showMap = (() => {
  const view = document.getElementById("view-map");
  const canvas = document.getElementById("map-canvas");
  const picture = document.getElementById("map");
  const nodes = [...picture.querySelectorAll(".node")];
  const lines = [...picture.querySelectorAll(".lines path")];
  const [width, height] = [picture.viewBox.baseVal.width, picture.viewBox.baseVal.height];
  // below the one a name is written larger in its box, below the other in none
  const [LEGIBLE, NAMED] = [0.62, 0.45];
  const label = picture.appendChild(svg("text", { id: "map-label", "aria-hidden": "true" }));
  let scale = 1;
  const reset = zoomable(view, canvas, {
    least: 0.2,
    most: 4,
    fit,
    // nobody can touch what is that small: on a phone, or of a thousand projects, scroll instead
    first: () => (canvas.clientWidth < 600 || fit() < 0.2 ? Math.max(LEGIBLE, fit()) : fit()),
    apply: (wanted) => {
      scale = wanted;
      picture.setAttribute("width", width * scale);
      picture.setAttribute("height", height * scale);
      picture.classList.toggle("small", scale < LEGIBLE);
      picture.classList.toggle("far", scale < NAMED);
    },
  });

  function fit() {
    const room = parseFloat(getComputedStyle(canvas).maxHeight) || Infinity;
    return Math.min(1.3, (canvas.clientWidth - 4) / width, (room - 4) / height);
  }

  // Where names would be too small to read, that of the project under the pointer or the focus is written large.
  function tag(node) {
    label.textContent = "";
    if (!node || scale >= NAMED) return;
    const box = node.querySelector("rect");
    const [x, y] = [box.x.baseVal.value, box.y.baseVal.value];
    const right = x > width / 2;
    label.textContent = node.dataset.path;
    label.setAttribute("x", right ? x + box.width.baseVal.value : x);
    label.setAttribute("y", y > height / 2 ? y - 4 / scale : y + 26 + 14 / scale);
    label.setAttribute("text-anchor", right ? "end" : "start");
    label.style.fontSize = `${13 / scale}px`;
  }

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

  const point = (node) => { trace(node); tag(node); };
  for (const node of nodes) {
    node.addEventListener("pointerenter", () => point(node));
    node.addEventListener("pointerleave", () => point(null));
    node.addEventListener("focus", () => point(node));
    node.addEventListener("blur", () => point(null));
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

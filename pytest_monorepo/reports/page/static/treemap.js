// The coverage treemap: workspace → project → folder → file, with the same numbers as a table below.
"use strict";

const showCoverage = (() => {
  const place = document.getElementById("treemap");
  const pages = document.body.dataset.coverage;
  let root = null;
  let current = null;

  const branch = (name, parent) => ({ name, parent, children: [], lines: 0, missing: 0, branches: 0, missed: 0, page: "" });
  // as coverage.py reckons its percentage; shown beside each other, lines and branches are never one number
  const share = ({ lines, missing, branches, missed }) => (lines + branches ? (100 * (lines - missing + branches - missed)) / (lines + branches) : null);

  function measured(node) {
    const branches = node.branches ? ` and ${whole(node.branches)} ${node.branches === 1 ? "branch" : "branches"}` : "";
    return `${percent(share(node))} of ${plural(node.lines, "line")}${branches}`;
  }

  function add(node, lines, missing, branches, missed) {
    for (let at = node; at; at = at.parent) {
      at.lines += lines;
      at.missing += missing;
      at.branches += branches;
      at.missed += missed;
    }
  }

  function grow(data) {
    const top = branch("Workspace", null);
    for (const [name, slug, , files] of data) {
      const project = branch(name, top);
      project.slug = slug || "-";
      top.children.push(project);
      const folders = new Map([["", project]]);
      for (const [path, lines, missing, branches, missed, page] of files) {
        const parts = path.split("/");
        const leaf = branch(parts.pop(), folder(folders, project, parts));
        leaf.page = page;
        leaf.parent.children.push(leaf);
        add(leaf, lines, missing, branches, missed);
      }
      // a project that holds nothing but src/name/ opens there
      while (project.children.length === 1 && project.children[0].children.length) adopt(project);
      project.children.forEach(joinSingles);
    }
    return top;
  }

  function folder(folders, project, parts) {
    const key = parts.join("/");
    if (!folders.has(key)) {
      const parent = folder(folders, project, parts.slice(0, -1));
      folders.set(key, branch(parts.at(-1), parent));
      parent.children.push(folders.get(key));
    }
    return folders.get(key);
  }

  // src/ that holds nothing but one package is one step, not two
  function joinSingles(node) {
    while (node.children.length === 1 && node.children[0].children.length) {
      node.name += `/${node.children[0].name}`;
      adopt(node);
    }
    node.children.forEach(joinSingles);
  }

  function adopt(node) {
    node.children = node.children[0].children;
    for (const child of node.children) child.parent = node;
  }

  const key = (node) => node.slug ?? segment(node.name);
  const address = (node) => (node.parent ? `${address(node.parent)}/${key(node)}` : "#/coverage");

  function link(node) {
    if (node.children.length) return address(node);
    return pages && node.page ? `${pages}/${encodeURIComponent(node.page)}` : null;
  }

  function crumbs() {
    const steps = [];
    for (let node = current; node; node = node.parent) steps.unshift(node);
    const items = steps.map((node) => el("li", {}, node === current
      ? el("span", { "aria-current": "page" }, bdi(node.name))
      : el("a", { href: address(node) }, bdi(node.name))));
    const numbers = measured(current);
    const project = steps[1]?.slug;
    document.getElementById("treemap-crumbs").replaceChildren(el("ol", {}, items), el("span", { class: "quiet" }, numbers),
      project && project !== "-" ? el("a", { href: `#/project/${project}` }, "Open the project") : "");
  }

  function table() {
    const branches = root.branches > 0;
    const rows = [...current.children]
      .sort((a, b) => (b.missing - a.missing) || (b.missed - a.missed))
      .map((node) => {
        const name = bdi(node.name + (node.children.length && node.slug === undefined ? "/" : ""));
        const href = link(node);
        return el("tr", {}, el("th", { scope: "row" }, href ? el("a", { href }, name) : name),
          el("td", { class: "number" }, whole(node.lines)),
          el("td", { class: "number" }, whole(node.missing)),
          branches ? el("td", { class: "number wide" }, whole(node.branches)) : null,
          branches ? el("td", { class: "number" }, whole(node.missed)) : null,
          el("td", { class: "number" }, meter(share(node))));
      });
    const heads = branches ? ["Name", "Lines", "Missing lines", "Branches", "Missing branches", "Covered"] : ["Name", "Lines", "Missing", "Covered"];
    const head = heads.map((text, index) => el("th", { scope: "col", class: index ? (text === "Branches" ? "number wide" : "number") : null }, text));
    document.getElementById("treemap-table").replaceChildren(el("table", { class: "plain" },
      el("caption", { class: "unseen" }, `Coverage inside ${current.name}`), el("thead", {}, el("tr", {}, head)), el("tbody", {}, rows)));
  }

  // what the names here begin with alike tells none from another where there is no room for all
  function sharedStart(names) {
    if (names.length < 2) return "";
    const [first, last] = [...names].sort().filter((_, index, all) => index === 0 || index === all.length - 1);
    let end = 0;
    while (end < first.length && first[end] === last[end]) end += 1;
    return first.slice(0, end).match(/^.*[-_.]/)?.[0] ?? "";
  }

  let alike = "";
  let nameless = [];

  function draw() {
    alike = sharedStart(current.children.map((node) => node.name));
    const width = place.clientWidth;
    const wanted = width < 600 ? Math.min(1000, current.children.length * 14) : Math.min(620, width * 0.55);
    const height = Math.round(Math.max(320, wanted));
    const tree = d3.hierarchy(current, (node) => (node.children.length ? node.children : null))
      .sum((node) => (node.children.length ? 0 : Math.max(node.lines, 0)))
      .sort((a, b) => b.value - a.value);
    d3.treemap().size([width, height]).paddingInner(2).paddingTop((node) => (node.depth === 1 && node.children ? 22 : 0)).round(true)(tree);
    nameless = (tree.children ?? []).filter((node) => !name(node.data, node.x1 - node.x0, node.y1 - node.y0)).map((node) => node.data);
    const cells = (tree.children ?? []).filter((node) => node.x1 > node.x0 && node.y1 > node.y0).map(cell);
    place.replaceChildren(svg("svg", { width, height, viewBox: `0 0 ${width} ${height}`, role: "group", "aria-label": `Coverage inside ${current.name}; the same is in the table below` }, cells));
    under();
  }

  // a cell that has room for no name is no secret: who it is stands below the picture
  function under() {
    const names = nameless.map((node) => el("li", {}, link(node) ? el("a", { href: link(node) }, bdi(node.name)) : bdi(node.name)));
    document.getElementById("treemap-nameless").replaceChildren(names.length
      ? el("details", {}, el("summary", {}, `${whole(names.length)} too small to be named in the picture`), el("ul", { class: "nameless" }, names))
      : "");
  }

  function cell(node) {
    const [width, height] = [node.x1 - node.x0, node.y1 - node.y0];
    const text = `${node.data.name}, ${measured(node.data)}`;
    const href = link(node.data);
    const inner = (node.children ?? []).filter((child) => child.x1 - child.x0 > 1 && child.y1 - child.y0 > 1).flatMap((child) => within(node, child));
    const label = name(node.data, width, height);
    const box = svg("svg", { x: node.x0, y: node.y0, width, height },
      svg("title", {}, text), svg("rect", { class: `cell level-${level(share(node.data))}`, width, height, rx: 3 }), inner, label);
    if (!href) return svg("g", { class: "tile", role: "img", "aria-label": text }, box);
    return svg("a", { class: "tile", href, "aria-label": text }, box);
  }

  function within(node, child) {
    const [x, y, width, height] = [child.x0 - node.x0, child.y0 - node.y0, child.x1 - child.x0, child.y1 - child.y0];
    const box = svg("rect", { class: `inner level-${level(share(child.data))}`, x, y, width, height });
    const upright = width < 60 && width > 14 && height > 46;
    if (!upright && (width < 40 || height < 20)) return [box];
    const place = upright ? { transform: `translate(${Math.round(x + width / 2) - 4} ${y + 7}) rotate(90)` } : { x: x + 7, y: y + 16 };
    return [box, svg("text", { class: "inner-name", ...place }, clipped(visible(child.data.name), letters(upright ? height : width)))];
  }

  // along the longer side: on a phone most cells are too narrow for a word across
  function name(data, width, height) {
    const upright = width <= 46 && width > 16 && height > 46;
    if (!upright && (width <= 46 || height <= 18)) return little(data, width, height);
    const room = letters(upright ? height : width, BOLD);
    const place = upright ? { transform: `translate(${Math.round(width / 2) - 4} 7) rotate(90)` } : { x: 7, y: 15 };
    const covered = room > data.name.length + 5 ? percent(share(data)) : "";
    return svg("text", place, clipped(shortly(data.name, room), room), " ", svg("tspan", { class: "share" }, covered));
  }

  // in small letters; three of them and the sign for the rest are the least that says anything
  function little(data, width, height) {
    const upright = height > width;
    const room = Math.floor((Math.max(width, height) - 6) / LITTLE);
    if (Math.min(width, height) < 14 || room < 4) return null;
    const place = upright ? { transform: `translate(${Math.round(width / 2) - 3} 3) rotate(90)` } : { x: 3, y: 11 };
    return svg("text", { class: "little", ...place }, clipped(shortly(data.name, room), room));
  }

  // pixels of a letter; a name of a tile is bold
  const [REGULAR, BOLD, LITTLE] = [6.7, 7.6, 6.4];
  const letters = (width, letter = REGULAR) => Math.floor((width - 14) / letter);
  // names of neighbours often differ at their ends only
  function clipped(name, room) {
    if (name.length <= room) return name;
    const tail = Math.max(0, Math.floor(room / 2) - 1);
    return `${name.slice(0, Math.max(1, room - 1 - tail))}…${tail ? name.slice(-tail) : ""}`;
  }

  function shortly(name, room) {
    const full = visible(name);
    return full.length <= room || !alike ? full : `…${visible(name.slice(alike.length))}`;
  }

  function find(steps) {
    let node = root;
    for (const step of steps) {
      node = node?.children.find((child) => child.children.length && key(child) === step);
    }
    return node ?? null;
  }

  let timer = 0;
  window.addEventListener("resize", () => {
    clearTimeout(timer);
    timer = setTimeout(() => { if (current && place.clientWidth) draw(); }, 100);
  });

  return async (steps) => {
    if (!place) return true;
    root ??= grow(await load("treemap"));
    // a folder's own name may hold "/" once single folders are joined; its segment is encoded
    current = find(steps);
    if (!current) return false;
    crumbs();
    draw();
    table();
    return true;
  };
})();

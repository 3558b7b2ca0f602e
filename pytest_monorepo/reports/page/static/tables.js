// Tables that sort by their column heads, and the overview's filter.
"use strict";

function valueOf(row, column) {
  const cell = row.cells[column];
  return cell.dataset.value ?? cell.textContent;
}

function compare(numeric, column) {
  if (numeric) return (a, b) => Number(valueOf(a, column)) - Number(valueOf(b, column));
  const collator = new Intl.Collator("en", { numeric: true });
  return (a, b) => collator.compare(valueOf(a, column), valueOf(b, column));
}

function sortBy(table, head, wanted) {
  const heads = [...table.tHead.rows[0].cells];
  const numeric = head.dataset.type !== "text";
  // numbers start with the largest: the slow, the failing and the big come first
  const now = head.getAttribute("aria-sort");
  const descending = wanted ? wanted === "descending" : now ? now === "ascending" : numeric;
  for (const other of heads) other.removeAttribute("aria-sort");
  head.setAttribute("aria-sort", descending ? "descending" : "ascending");
  const order = compare(numeric, heads.indexOf(head));
  const body = table.tBodies[0];
  body.append(...[...body.rows].sort((a, b) => (descending ? order(b, a) : order(a, b))));
  announce(`Sorted by ${head.textContent.trim()}, ${descending ? "descending" : "ascending"}`);
  if (!wanted) table.dispatchEvent(new Event("sorted"));
}

function sortable(table) {
  for (const head of table.tHead.rows[0].cells) {
    const button = el("button", { type: "button", click: () => sortBy(table, head) });
    button.append(...head.childNodes);
    head.append(button);
  }
}

// So many rows are shown at first, and so many more each time: below the table there is more to read.
const ROWS = 50;

// Shows the table as the address says.
let showProjects = () => true;

function filterable(tools) {
  const table = document.getElementById(tools.dataset.filterFor);
  const heads = [...table.tHead.rows[0].cells];
  const first = heads[0];
  const empty = tools.closest("section").querySelector(".none-found");
  const input = tools.querySelector("input");
  const buttons = [...tools.querySelectorAll("[data-show]")];
  const more = tools.closest("section").querySelector("button.more");
  let room = ROWS;
  const apply = () => {
    const wanted = input.value.trim().toLowerCase();
    const show = buttons.find((button) => button.getAttribute("aria-pressed") === "true").dataset.show;
    let left = 0;
    for (const row of table.tBodies[0].rows) {
      const fits = row.dataset.find.includes(wanted) && (show === "" || row.dataset.show.split(" ").includes(show));
      if (fits) left += 1;
      row.hidden = !fits || left > room;
    }
    empty.hidden = left > 0;
    more.hidden = left <= room;
    more.textContent = `Show all ${plural(left, "project")}`;
    announce(`${plural(left, "project")} shown`);
  };
  const keep = () => {
    const sorted = heads.find((head) => head.hasAttribute("aria-sort"));
    const order = sorted.getAttribute("aria-sort");
    const usual = sorted === first && order === "ascending";
    const show = buttons.find((button) => button.getAttribute("aria-pressed") === "true").dataset.show;
    keepQuery({ q: input.value.trim(), show, sort: usual ? "" : `${order === "descending" ? "-" : ""}${heads.indexOf(sorted)}` });
  };
  showProjects = (query) => {
    input.value = query.get("q") ?? "";
    const show = query.get("show") ?? "";
    const known = buttons.some((button) => button.dataset.show === show);
    for (const button of buttons) button.setAttribute("aria-pressed", String(button.dataset.show === (known ? show : "")));
    const sort = query.get("sort") ?? "0";
    const head = heads[Math.abs(Number.parseInt(sort, 10))] ?? first;
    const order = sort.startsWith("-") ? "descending" : "ascending";
    sortBy(table, head, order);
    apply();
    return true;
  };
  const change = () => { apply(); keep(); };
  more.addEventListener("click", () => { room = Infinity; apply(); });
  input.addEventListener("input", change);
  choose(buttons, change);
  table.addEventListener("sorted", change);
  tools.hidden = false;
}

// Buttons of which one is pressed.
function choose(buttons, then) {
  for (const button of buttons) {
    button.addEventListener("click", () => {
      for (const other of buttons) other.setAttribute("aria-pressed", String(other === button));
      then(button);
    });
  }
}

document.querySelectorAll("table.sortable").forEach(sortable);
document.querySelectorAll("[data-filter-for]").forEach(filterable);

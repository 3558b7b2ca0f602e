// Elements, data and numbers for the other scripts. Text from the run is only ever set as text, never as HTML.
"use strict";

const SVG = "http://www.w3.org/2000/svg";

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === "function") element.addEventListener(name, value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined));
  return element;
}

const el = (tag, attributes = {}, ...children) => fill(document.createElement(tag), attributes, children);
const svg = (tag, attributes = {}, ...children) => fill(document.createElementNS(SVG, tag), attributes, children);
// Direction controls show as escapes: with them, a name can read as another one.
const visible = (text) => text.replace(/[\u202a-\u202e\u2066-\u2069]/g, (control) => `\\u${control.charCodeAt(0).toString(16)}`);
const bdi = (text) => el("bdi", {}, visible(text));
const unseen = (text) => el("span", { class: "unseen" }, text);
const icon = (name) => svg("svg", { class: "icon", "aria-hidden": "true" }, svg("use", { href: `#i-${name}` }));
const state = (name, word) => el("span", { class: `state is-${name}` }, icon(name), el("span", {}, word || name));

function announce(text) {
  document.getElementById("announce").textContent = text;
}

// What is searched, chosen and sorted stands in the address: it is kept on reload, and can be sent to others.
function keepQuery(values) {
  const query = new URLSearchParams(Object.entries(values).filter(([, value]) => value !== ""));
  const path = (location.hash || "#/").split("?", 1)[0];
  history.replaceState(history.state, "", query.size ? `${path}?${query}` : path);
}

// A page opened from disk may not fetch, so data comes as scripts that call receive().
const waiting = new Map();
const loaded = new Map();

function receive(name, value) {
  waiting.get(name)?.(value);
}

function load(name) {
  if (!loaded.has(name)) {
    loaded.set(name, new Promise((resolve, reject) => {
      waiting.set(name, resolve);
      const script = el("script", { src: `data/${encodeURIComponent(name)}.js` });
      script.addEventListener("error", () => { loaded.delete(name); reject(new Error(`data/${name}.js is missing`)); });
      document.head.append(script);
    }));
  }
  return loaded.get(name);
}

const whole = (number) => number.toLocaleString("en-US");
const plural = (number, noun) => `${whole(number)} ${noun}${number === 1 ? "" : "s"}`;

function duration(milliseconds) {
  if (milliseconds < 999.5) return `${milliseconds.toFixed(0)} ms`;
  if (milliseconds < 59950) return `${(milliseconds / 1000).toFixed(1)} s`;
  const seconds = Math.round(milliseconds / 1000);
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

// Never rounded to 0 or 100 where it is not, as in coverage.py.
function percent(share) {
  if (share === null) return "no data";
  const rounded = Math.round(share);
  if (rounded === 100 && share < 100) return "99 %";
  if (rounded === 0 && share > 0) return "1 %";
  return `${rounded} %`;
}

const level = (share) => (share === null ? "none" : String([50, 70, 85, 95].filter((limit) => share >= limit).length));

function meter(share) {
  if (share === null) return el("span", { class: "quiet" }, "no data");
  const bar = svg("svg", { width: 44, height: 6, "aria-hidden": "true" },
    svg("rect", { class: "track", width: 44, height: 6, rx: 3 }),
    svg("rect", { class: "fill", width: (44 * share) / 100, height: 6, rx: 3 }));
  return el("span", { class: `meter level-${level(share)}` }, bar, el("span", {}, percent(share)));
}

// A file name that is not UTF-8 holds lone surrogates, which encodeURIComponent refuses.
const wellFormed = (text) => text.replace(/[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/g, "\uFFFD");
const segment = (text) => encodeURIComponent(wellFormed(text));

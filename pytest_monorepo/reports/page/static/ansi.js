// Terminal text → elements: colours and weights are kept, every other control sequence is dropped.
"use strict";

const SEQUENCE = /\x1b\[([0-9;:]*)m|\x1b\[[0-?]*[ -\/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[@-Z\\-_]|[\x00-\x08\x0b-\x1f\x7f]/g;
const PLAIN = { weight: "", dim: false, italic: false, underline: false, fore: "", back: "" };

function terminal(text) {
  const pieces = document.createDocumentFragment();
  let style = PLAIN;
  let from = 0;
  for (const match of text.matchAll(SEQUENCE)) {
    pieces.append(painted(text.slice(from, match.index), style));
    if (match[1] !== undefined) style = restyled(style, match[1].split(/[;:]/).map(Number));
    from = match.index + match[0].length;
  }
  pieces.append(painted(text.slice(from), style));
  return pieces;
}

function painted(text, style) {
  if (style === PLAIN || text === "") return text;
  const classes = [style.weight, style.dim && "dim", style.italic && "italic", style.underline && "underline"];
  const span = document.createElement("span");
  for (const [side, colour] of [["fore", style.fore], ["back", style.back]]) {
    if (Array.isArray(colour)) span.style[side === "fore" ? "color" : "backgroundColor"] = `rgb(${colour.join(",")})`;
    else if (colour !== "") classes.push(`${side}-${colour}`);
  }
  span.className = classes.filter(Boolean).join(" ");
  span.textContent = text;
  return span;
}

// Select Graphic Rendition, ECMA-48 8.3.117, with the 256-colour and RGB extensions of xterm.
function restyled(style, codes) {
  let next = { ...style };
  for (let i = 0; i < codes.length; i += 1) {
    const code = codes[i];
    if (code === 38 || code === 48) {
      const [colour, used] = extended(codes.slice(i + 1));
      next[code === 38 ? "fore" : "back"] = colour;
      i += used;
    } else next = stepped(next, code);
  }
  return next;
}

function stepped(style, code) {
  if (code === 0) return PLAIN;
  if (code === 1) return { ...style, weight: "bold" };
  if (code === 2) return { ...style, dim: true };
  if (code === 3) return { ...style, italic: true };
  if (code === 4) return { ...style, underline: true };
  if (code === 22) return { ...style, weight: "", dim: false };
  if (code === 23) return { ...style, italic: false };
  if (code === 24) return { ...style, underline: false };
  if (code >= 30 && code <= 37) return { ...style, fore: code - 30 };
  if (code === 39) return { ...style, fore: "" };
  if (code >= 40 && code <= 47) return { ...style, back: code - 40 };
  if (code === 49) return { ...style, back: "" };
  if (code >= 90 && code <= 97) return { ...style, fore: code - 82 };
  if (code >= 100 && code <= 107) return { ...style, back: code - 92 };
  return style;
}

function extended(rest) {
  const byte = (value) => Math.min(255, Math.max(0, value | 0));
  if (rest[0] === 2) return [[byte(rest[1]), byte(rest[2]), byte(rest[3])], 4];
  if (rest[0] !== 5) return ["", 0];
  const number = byte(rest[1]);
  if (number < 16) return [number, 2];
  if (number >= 232) return [Array(3).fill(8 + (number - 232) * 10), 2];
  const steps = [0, 95, 135, 175, 215, 255];
  const cube = number - 16;
  return [[steps[Math.floor(cube / 36)], steps[Math.floor(cube / 6) % 6], steps[cube % 6]], 2];
}

// Pytest prints its own representation without colours here; its line marks say what a line is.
function representation(text) {
  const pieces = document.createDocumentFragment();
  for (const line of text.split("\n")) {
    const kind = /^E( |$)/.test(line) ? "line-error" : /^>/.test(line) ? "line-here" : /^_ _|^\S+:\d+: /.test(line) ? "line-place" : "";
    const shown = terminal(line);
    pieces.append(kind ? el("span", { class: kind }, shown) : shown, "\n");
  }
  return pieces;
}

const FOLD = 80;
const KEPT = 30;

// A block of output; what is longer than FOLD lines shows its two ends and a button for the rest.
function output(text, label, paint = terminal) {
  const lines = text.replace(/\n+$/, "").split("\n");
  const block = el("pre", { class: "output", tabindex: "0", role: "region", "aria-label": label });
  if (lines.length <= FOLD) {
    block.append(paint(lines.join("\n")));
    return block;
  }
  const between = lines.length - 2 * KEPT;
  const unfold = el("button", { type: "button", class: "unfold", click: () => { block.replaceChildren(paint(lines.join("\n"))); block.focus(); } },
    `Show ${whole(between)} more lines`);
  block.append(paint(lines.slice(0, KEPT).join("\n")), el("span", { class: "fold" }, unfold), paint(lines.slice(-KEPT).join("\n")));
  return block;
}

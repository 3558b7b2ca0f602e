// Zooming by buttons, + and − keys and Ctrl + wheel; moving is the canvas's own scrolling, or dragging with the mouse.
"use strict";

// "fit" shows all, however small that is; "first" is what is shown before anybody has zoomed.
function zoomable(view, canvas, { fit, first = fit, apply, least, most }) {
  let scale = 1;
  const set = (wanted, x = canvas.clientWidth / 2, y = canvas.clientHeight / 2) => {
    const next = Math.min(most, Math.max(Math.min(least, fit()), wanted));
    const [left, top] = [(canvas.scrollLeft + x) / scale, (canvas.scrollTop + y) / scale];
    scale = next;
    apply(scale);
    canvas.scrollTo(left * scale - x, top * scale - y);
  };
  const commands = { in: () => set(scale * 1.4), out: () => set(scale / 1.4), fit: () => set(fit()) };
  for (const button of view.querySelectorAll("[data-zoom]")) button.addEventListener("click", () => commands[button.dataset.zoom]());
  canvas.addEventListener("keydown", (event) => {
    const command = { "+": "in", "=": "in", "-": "out", 0: "fit" }[event.key];
    if (!command || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    commands[command]();
  });
  canvas.addEventListener("wheel", (event) => {
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    const box = canvas.getBoundingClientRect();
    set(scale * Math.exp(-event.deltaY / 300), event.clientX - box.left, event.clientY - box.top);
  }, { passive: false });
  draggable(canvas);
  return () => set(first());
}

function draggable(canvas) {
  let from = null;
  canvas.addEventListener("pointerdown", (event) => {
    if (event.pointerType !== "mouse" || event.button !== 0) return;
    from = { x: event.clientX + canvas.scrollLeft, y: event.clientY + canvas.scrollTop, moved: false };
  });
  window.addEventListener("pointermove", (event) => {
    if (!from) return;
    const [left, top] = [from.x - event.clientX, from.y - event.clientY];
    if (!from.moved && Math.hypot(left - canvas.scrollLeft, top - canvas.scrollTop) < 4) return;
    from.moved = true;
    canvas.classList.add("dragging");
    canvas.scrollTo(left, top);
  });
  window.addEventListener("pointerup", () => {
    // the click that ends a drag must not open the project under it
    if (from?.moved) canvas.addEventListener("click", (event) => event.preventDefault(), { capture: true, once: true });
    if (from?.moved) setTimeout(() => canvas.classList.remove("dragging"));
    from = null;
  });
  canvas.addEventListener("dragstart", (event) => event.preventDefault());
}

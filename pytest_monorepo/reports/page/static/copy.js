// Buttons that copy a command. A page opened from disk may have no clipboard of the new kind.
"use strict";

(() => {
  function selected(text) {
    const area = el("textarea", { readonly: true, "aria-hidden": "true", class: "unseen" });
    area.value = text;
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done;
  }

  async function copy(text) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      return selected(text);
    }
  }

  document.addEventListener("click", async (event) => {
    const button = event.target.closest?.("button.copy");
    if (!button) return;
    const done = await copy(button.dataset.copy);
    button.focus();
    announce(done ? `Copied: ${button.dataset.copy}` : `Could not copy; the command is: ${button.dataset.copy}`);
    button.classList.add("copied");
    setTimeout(() => button.classList.remove("copied"), 1500);
  });
  for (const button of document.querySelectorAll("button.copy")) button.hidden = false;
})();

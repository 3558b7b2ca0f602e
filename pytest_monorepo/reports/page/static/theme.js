// Runs before the first paint, so that the page does not flash in the wrong colours.
"use strict";
try {
  const chosen = localStorage.getItem("pytest-monorepo-theme");
  if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
} catch { /* a browser may deny storage to pages opened from disk */ }

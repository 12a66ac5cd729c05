// Which theme: the system's, unless the user has chosen one here. Loaded before the page is drawn, so that it does
// not flash in the other one.
(() => {
  "use strict";
  const KEY = "replicator.theme";
  const THEMES = ["auto", "light", "dark"];
  const NAMES = { auto: "Theme: system", light: "Theme: light", dark: "Theme: dark" };

  const stored = () => {
    try {
      return THEMES.includes(localStorage.getItem(KEY)) ? localStorage.getItem(KEY) : "auto";
    } catch {
      return "auto";
    }
  };

  const show = (theme) => {
    if (theme === "auto") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
  };

  show(stored());
  document.addEventListener("DOMContentLoaded", () => {
    const button = document.getElementById("theme");
    const name = () => {
      button.textContent = NAMES[stored()];
    };
    name();
    button.addEventListener("click", () => {
      const next = THEMES[(THEMES.indexOf(stored()) + 1) % THEMES.length];
      try {
        localStorage.setItem(KEY, next);
      } catch {
        // It holds for this page then.
      }
      show(next);
      name();
    });
  });
})();

/* The switch for all code of a page. Each cell folds by itself; the switch opens or closes all
   of them at once, and the choice holds on every page until it is made again. */
(() => {
  const KEY = "knowntruth-code";
  const cells = () => document.querySelectorAll("details.kt-code, details.hide.above-input");

  const remembered = () => {
    try {
      return localStorage.getItem(KEY) === "shown";
    } catch {
      return false;
    }
  };

  const remember = (shown) => {
    try {
      localStorage.setItem(KEY, shown ? "shown" : "hidden");
    } catch {
      /* Storage may be forbidden; the switch then works for this page alone. */
    }
  };

  const apply = (shown) => {
    for (const cell of cells()) cell.open = shown;
    for (const button of document.querySelectorAll("[data-kt-code-switch]")) {
      button.setAttribute("aria-pressed", String(shown));
      button.querySelector("[data-kt-label]").textContent = shown ? "Hide all code" : "Show all code";
    }
  };

  const start = () => {
    const buttons = document.querySelectorAll("[data-kt-code-switch]");
    if (!cells().length) return;
    for (const button of buttons) {
      button.hidden = false;
      button.addEventListener("click", () => {
        const shown = button.getAttribute("aria-pressed") !== "true";
        remember(shown);
        apply(shown);
      });
    }
    apply(remembered());
  };

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();

/* The light switch of a report: the system's choice, then light, then dark, and round again.
   On a phone the contents start folded. */
(() => {
  const root = document.documentElement;
  const system = matchMedia("(prefers-color-scheme: dark)");
  if (matchMedia("(max-width: 75rem)").matches) {
    document.querySelector(".kt-contents details").open = false;
  }

  const button = document.querySelector("[data-kt-theme-switch]");
  const next = { auto: "light", light: "dark", dark: "auto" };

  const apply = (mode) => {
    root.dataset.mode = mode;
    root.dataset.theme = mode === "auto" ? (system.matches ? "dark" : "light") : mode;
    button.querySelector("[data-kt-label]").textContent = `Colours: ${mode}`;
  };

  button.hidden = false;
  button.addEventListener("click", () => {
    const mode = next[root.dataset.mode];
    try {
      localStorage.setItem("mode", mode);
    } catch {
      /* Storage may be forbidden; the choice then holds for this page alone. */
    }
    apply(mode);
  });
  system.addEventListener("change", () => root.dataset.mode === "auto" && apply("auto"));
  apply(root.dataset.mode);
})();

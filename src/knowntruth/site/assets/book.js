/* What the book's pages need beyond the shared scripts. */
(() => {
  /* A page opened from a folder may not read its neighbours: search then shows titles alone. */
  if (location.protocol === "file:" && typeof DOCUMENTATION_OPTIONS !== "undefined") {
    DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;
  }
})();

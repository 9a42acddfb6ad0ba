/* Light or dark: as somebody chose on this screen, else as the computer says. Runs before anything is drawn. */
(function () {
  "use strict";
  var root = document.documentElement;
  function chosen() {
    try { return window.localStorage.getItem("regie.theme"); } catch (_) { return null; }  /* storage may be forbidden */
  }
  function dark() { return chosen() ? chosen() === "dark" : window.matchMedia("(prefers-color-scheme: dark)").matches; }
  function show() { root.dataset.theme = dark() ? "dark" : "light"; }
  document.addEventListener("click", function (event) {
    if (!event.target.closest('[data-do="theme"]')) { return; }
    var next = dark() ? "light" : "dark";
    try { window.localStorage.setItem("regie.theme", next); } catch (_) { root.dataset.theme = next; return; }
    show();
  });
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", show);
  show();
})();

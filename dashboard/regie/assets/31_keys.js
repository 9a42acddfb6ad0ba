/* Single-letter keys: each script registers its own; they can be switched off (WCAG 2.1.4), and the help lists those there are. */
(function () {
  "use strict";
  var page = (window.regie = window.regie || {});
  var keys = {};

  /* "a", "1", "?", " " -> what it does. A key that does nothing now (the function gives false) is left to the browser. */
  page.key = function (letter, deed) { keys[letter] = deed; };
  page.keysOn = function () { return page.stored("keys") !== "off"; };

  /* Letters are written into fields, and Space presses the button or scrolls the list that has the focus. */
  function meantFor(target, letter) {
    var field = target.closest && target.closest("input, select, textarea");
    if (field && !field.closest("dialog")) { return true; }  /* a dialog that was just closed keeps the focus for a moment */
    return letter === " " && target.closest && target.closest("button, a, summary, [tabindex]");
  }

  document.addEventListener("keydown", function (event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || document.querySelector("dialog[open]")) { return; }
    var letter = event.key.toLowerCase();
    if (!keys[letter] || !page.keysOn() || meantFor(event.target, letter)) { return; }
    if (keys[letter](event) !== false) { event.preventDefault(); }
  });

  function help() {
    document.querySelectorAll("#help [data-keys]").forEach(function (row) {
      row.hidden = !row.dataset.keys.split("").some(function (letter) { return keys[letter]; });
    });
    page.byId("help").showModal();
  }

  page.does("help", help);
  page.does("close-help", function () { page.byId("help").close(); });
  page.key("?", help);

  document.addEventListener("change", function (event) {
    if (event.target.id === "keys-on") { page.stored("keys", event.target.checked ? "on" : "off"); }
  });
  document.addEventListener("regie:panel", function (event) {
    if (event.detail === "dialogs" && page.byId("keys-on")) { page.byId("keys-on").checked = page.keysOn(); }
  });
})();

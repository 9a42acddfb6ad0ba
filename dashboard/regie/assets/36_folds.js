/* Groups that fold: alarms under their root cause, orders under their recommendation, the shelf. What somebody opened or closed
   stays so over every update: data-fold names the group, its parts carry data-in. */
(function () {
  "use strict";
  var page = (window.regie = window.regie || {});
  var turned = {};  /* group -> open, where somebody chose otherwise than it came */

  function show(scope) {
    scope.querySelectorAll("[data-fold]").forEach(function (button) {
      var name = button.dataset.fold, open = name in turned ? turned[name] : button.dataset.open === "true";
      button.setAttribute("aria-expanded", String(open));
      scope.querySelectorAll('[data-in="' + CSS.escape(name) + '"]').forEach(function (part) { part.hidden = !open; });
    });
  }

  page.does("fold", function (button) {
    turned[button.dataset.fold] = button.getAttribute("aria-expanded") !== "true";
    show(button.closest("[data-folds]"));
  });

  document.addEventListener("regie:panel", function (event) {
    var panel = page.byId(event.detail), scope = panel && panel.querySelector("[data-folds]");
    if (scope) { show(scope); }
  });
})();

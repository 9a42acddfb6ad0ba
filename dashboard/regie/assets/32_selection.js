/* The chosen alarm and the chosen recommendation: what a key means without a mouse. */
(function () {
  "use strict";
  var page = (window.regie = window.regie || {});
  var chosen = {alarm: null, recommendation: null};

  /* What a key means: of the chosen item, else of the first that waits for people, else of the first that has it.
     What is `only` about the chosen one never turns to another: that would show the wrong place. */
  page.meant = function (kind, what, only) {
    var item = "[data-" + kind + "]", waiting = kind === "alarm" ? ":not(.seen):not(.cleared)" : ".open";
    var turns = only && document.querySelector(item + ".chosen") ? [".chosen"] : [".chosen", waiting, ""];
    return turns.reduce(function (found, which) {
      return found || Array.prototype.find.call(
        document.querySelectorAll(item + which + ' [data-do="' + what + '"]'),
        function (button) { return button.offsetParent !== null; }  /* not one of a folded group */
      );
    }, null) || null;
  };

  page.chosen = function (kind) { return document.querySelector("[data-" + kind + "].chosen"); };

  function mark(kind) {
    document.querySelectorAll("[data-" + kind + "]").forEach(function (item) {
      item.classList.toggle("chosen", item.getAttribute("data-" + kind) === chosen[kind]);
    });
  }

  page.choose = function (target) {
    Object.keys(chosen).forEach(function (kind) {
      var item = target.closest && target.closest("[data-" + kind + "]");
      if (item) { chosen[kind] = item.getAttribute("data-" + kind); mark(kind); }
    });
  };

  document.addEventListener("click", function (event) { page.choose(event.target); }, true);
  document.addEventListener("focusin", function (event) { page.choose(event.target); });
  document.addEventListener("regie:panel", function (event) {
    if (event.detail === "alarms") { mark("alarm"); }
    if (event.detail === "recommendations") { mark("recommendation"); }
  });
})();

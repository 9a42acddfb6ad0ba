/* The rehearsal: ticks for a comparison outlive the refreshing list, a task's page shows its results when it has ended, and D
   on the main page opens the day's debrief. */
(function () {
  "use strict";
  var page = window.regie;
  if (page && page.key) {
    page.key("d", function () {
      if (!page.named("rehearsal-open")) { return false; }  /* whoever may not rehearse reads no debrief */
      window.location.href = "/regie/rehearsal/debrief" + window.location.search;
      return true;
    });
  }

  var list = document.getElementById("rehearsals"), ticked = {};
  if (list) {
    list.addEventListener("change", function (event) {
      if (event.target.name === "of") { ticked[event.target.value] = event.target.checked; }
    });
    new MutationObserver(function () {
      list.querySelectorAll('[name="of"]').forEach(function (box) { box.checked = Boolean(ticked[box.value]); });
    }).observe(list, {childList: true});
  }

  document.querySelectorAll("[data-ends]").forEach(function (part) {
    new MutationObserver(function () {
      if (!part.querySelector("[data-waits]")) { window.location.reload(); }
    }).observe(part, {childList: true});
  });
})();

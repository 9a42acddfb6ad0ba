/* Tips: what stands in data-tip, and what the diagram says of an element, beside the mouse or below the focus. */
(function () {
  "use strict";
  var page = (window.regie = window.regie || {});
  var drawings = ".drawings [data-el], .overlay [data-el]";

  function tipOf(target) {
    var holder = target.closest && target.closest("[data-tip]");
    if (holder) { return holder.dataset.tip; }
    var element = target.closest && target.closest(drawings);
    return element ? (page.payloads["grid-overlay"] || {})[element.dataset.el] : "";
  }

  function tip(text, x, y) {
    var box = page.byId("tip");
    if (!box) { return; }
    box.hidden = !text;
    if (!text) { return; }
    box.textContent = text;
    box.style.left = Math.max(4, Math.min(x + 14, window.innerWidth - box.offsetWidth - 8)) + "px";
    box.style.top = Math.max(4, Math.min(y + 18, window.innerHeight - box.offsetHeight - 8)) + "px";
  }

  document.addEventListener("mousemove", function (event) { tip(tipOf(event.target), event.clientX, event.clientY); });
  document.addEventListener("focusin", function (event) {
    var place = event.target.getBoundingClientRect();
    tip(event.target.dataset && event.target.dataset.tip, place.left, place.bottom - 10);
  });
  document.addEventListener("focusout", function () { tip(""); });
  document.addEventListener("keydown", function (event) { if (event.key === "Escape") { tip(""); } });
})();

/* The look-ahead's slider: reads the quarter hour under it; stays where it was put while the hours move on below. */
(function () {
  "use strict";
  var page = (window.regie = window.regie || {});
  var chosen = 0;

  function read() {
    var slider = document.getElementById("ahead-at"), told = page.payloads.ahead;
    if (!slider || !told) { return; }
    chosen = Math.min(chosen, Number(slider.max));
    slider.value = chosen;
    slider.setAttribute("aria-valuetext", told.reads[chosen]);
    document.getElementById("ahead-reads").textContent = told.reads[chosen];
  }
  document.addEventListener("input", function (event) {
    if (event.target.id !== "ahead-at") { return; }
    chosen = Number(event.target.value);
    read();
  });
  document.addEventListener("regie:panel", function (event) { if (event.detail === "ahead") { read(); } });
})();

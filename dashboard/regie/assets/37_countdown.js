/* Time left, in the grid's time: at 90 times the clock a quarter hour is ten seconds. Server's instants, this page's monotonic clock. */
(function () {
  "use strict";
  var page = (window.regie = window.regie || {});
  var MINUTE_MS = 60000, HOUR_MS = 3600000;

  /* The grid's time now; between two ticks it runs at the run's speed, and it never runs past the next tick. */
  function gridNow(clock) {
    var now = page.serverNow(), ran = now === undefined ? 0 : (now - clock.published_ms) * clock.rate;
    return clock.as_of_ms + Math.max(0, Math.min(ran, clock.most_ms));
  }

  function inWords(left_ms, texts) {
    var over = left_ms < 0 ? "over_" : "", size = Math.abs(left_ms);
    if (size >= 2 * HOUR_MS) { return texts[over + "h"].replace("{n}", Math.floor(size / HOUR_MS)); }
    return texts[over + "min"].replace("{n}", Math.floor(size / MINUTE_MS));
  }

  function show() {
    var clock = (page.payloads.alarms || {}).clock;
    if (!clock) { return; }
    var now = gridNow(clock);
    document.querySelectorAll("[data-until]").forEach(function (part) {
      var left_ms = Number(part.dataset.until) - now, text = inWords(left_ms, clock.texts);
      if (part.textContent !== text) { part.textContent = text; }
      part.classList.toggle("over", left_ms < 0);
    });
  }

  window.setInterval(show, 1000);
  document.addEventListener("regie:panel", function (event) {
    if (event.detail === "alarms" || event.detail === "recommendations") { show(); }
  });
})();

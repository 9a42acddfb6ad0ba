/* The page's own clock: age of the snapshot, and 'stale' as soon as the next one is late or the connection is silent. */
(function () {
  "use strict";
  var page = (window.regie = window.regie || {});
  var SILENT_MS = 2500;  /* the server beats every second */
  var heard = Date.now(), ever = false;

  document.addEventListener("regie:panel", function (event) {
    if (event.detail === "beat" || event.detail === "pulse") {
      if (page.payloads.beat || page.payloads.pulse) { heard = Date.now(); ever = true; }
      show();
    }
    if (event.detail === "header") { show(); }
  });

  function age(ms, texts) {
    var s = Math.max(0, Math.round(ms / 1000));
    if (s < 100) { return texts.s.replace("{n}", s); }
    if (s < 5400) { return texts.min.replace("{n}", Math.round(s / 60)); }
    return texts.h.replace("{n}", Math.round(s / 3600));
  }

  function set(element, text) { if (element && element.textContent !== text) { element.textContent = text; } }

  function show() {
    var pulse = page.payloads && page.payloads.pulse;
    if (!pulse || !ever) { return; }
    var now = Date.now(), banner = document.getElementById("banner"), why = "";
    set(document.querySelector("[data-age]"), age(now - pulse.published_ms, pulse.texts));
    if (now - heard > SILENT_MS) { why = pulse.texts.lost; }
    else if (pulse.late_ms !== null && now > pulse.late_ms) { why = pulse.texts.late; }
    if (banner) { banner.hidden = !why; set(banner, why); }
    document.body.classList.toggle("stale", Boolean(why));
    var mode = document.querySelector(".state .mode");
    if (mode) {
      if (why && mode.textContent !== pulse.texts.stale) { mode.dataset.fresh = mode.textContent; set(mode, pulse.texts.stale); }
      if (!why && mode.dataset.fresh) { set(mode, mode.dataset.fresh); delete mode.dataset.fresh; }
    }
  }

  window.setInterval(show, 250);
})();

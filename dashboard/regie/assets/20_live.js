/* The page's own clock: age of the snapshot, and 'stale' as soon as the next one is late or the connection is silent.
   It counts in the server's time, which every beat brings, by a clock that nobody sets: this computer's may be minutes off. */
(function () {
  "use strict";
  var page = (window.regie = window.regie || {});
  var SILENT_MS = 2500;  /* the server beats every second */
  var beat = null;       /* server's time in the last beat, and when it was heard */

  document.addEventListener("regie:panel", function (event) {
    if (event.detail === "beat" && page.payloads.beat) { beat = {server: page.payloads.beat, heard: performance.now()}; }
    if (event.detail === "beat" || event.detail === "pulse" || event.detail === "header") { show(); }
  });

  /* The server's clock now [ms since 1970]; nothing before the first beat. */
  page.serverNow = function () { return beat ? beat.server + performance.now() - beat.heard : undefined; };

  function age(ms, texts) {
    var s = Math.max(0, Math.round(ms / 1000));
    if (s < 100) { return texts.s.replace("{n}", s); }
    if (s < 5400) { return texts.min.replace("{n}", Math.round(s / 60)); }
    return texts.h.replace("{n}", Math.round(s / 3600));
  }

  function set(element, text) { if (element && element.textContent !== text) { element.textContent = text; } }

  /* Why nobody should trust the values, "" when all is well. */
  function trouble(pulse, silent_ms, now) {
    if (silent_ms > SILENT_MS) { return pulse.texts.lost; }
    return pulse.texts.unreadable || (pulse.late_ms !== null && now > pulse.late_ms ? pulse.texts.late : "");
  }

  function show() {
    var pulse = page.payloads && page.payloads.pulse;
    if (!pulse || !beat) { return; }
    var silent_ms = performance.now() - beat.heard, now = beat.server + silent_ms;
    var banner = document.getElementById("banner"), why = trouble(pulse, silent_ms, now);
    var shown = page.frozen || pulse;  /* a frozen screen is as old as its picture */
    if (shown.published_ms !== null) { set(document.querySelector("[data-age]"), age(now - shown.published_ms, pulse.texts)); }
    if (banner) { banner.hidden = !why; set(banner, why); }
    document.body.classList.toggle("stale", Boolean(why));
    var mode = document.querySelector(".state .mode");
    if (mode) {
      mode.dataset.own = mode.dataset.own || mode.textContent;
      set(mode, page.frozen ? page.frozen.texts.frozen : why ? pulse.texts.stale : mode.dataset.own);
    }
  }

  window.setInterval(show, 250);
})();

/* The pages beside the main one: clock and alarm counters every two seconds; parts that refresh. */
(function () {
  "use strict";
  var PULSE_MS = 2000;

  function pulse() {
    var bar = document.getElementById("pulse-bar");
    if (!bar) { return; }
    fetch("/regie/api/pulse?lang=" + bar.dataset.lang).then(function (answer) {
      if (!answer.ok) { throw new Error(answer.status); }
      return answer.json();
    }).then(function (told) {
      if (bar.innerHTML !== told.markup) { bar.innerHTML = told.markup; }
      document.body.classList.toggle("stale", told.stale);
    }).catch(function () { document.body.classList.add("stale"); });
  }

  /* A part with data-refresh="address" and data-every="seconds" is fetched anew; what has focus in it is left alone. */
  function refresh() {
    document.querySelectorAll("[data-refresh]").forEach(function (part) {
      if (part.contains(document.activeElement) && document.activeElement.matches("input, select, textarea")) { return; }
      fetch(part.dataset.refresh).then(function (answer) { return answer.ok ? answer.text() : null; }).then(function (text) {
        if (text !== null && part.innerHTML !== text) {
          var named = document.activeElement && part.contains(document.activeElement) && document.activeElement.dataset.focus;
          part.innerHTML = text;
          var again = named && part.querySelector('[data-focus="' + CSS.escape(named) + '"]');
          if (again) { again.focus({preventScroll: true}); }
        }
      }).catch(function () { /* the bar says that the connection is gone */ });
    });
  }
  document.addEventListener("deed", refresh);
  var every = Math.min.apply(null, Array.prototype.map.call(document.querySelectorAll("[data-every]"), function (part) {
    return 1000 * Number(part.dataset.every);
  }).concat([60000]));
  window.setInterval(refresh, every);
  window.setInterval(pulse, PULSE_MS);
  pulse();
})();

/* Freeze: this screen holds its picture until it is released; alarms, counters and what tells of the connection stay live. */
(function () {
  "use strict";
  var page = (window.regie = window.regie || {});
  var LIVE = ["beat", "pulse", "counters", "tools", "alarms", "dialogs"];

  page.frozen = null;  /* what the pulse said of the picture that is held */
  page.holds = function (panel) { return page.frozen !== null && LIVE.indexOf(panel) < 0; };

  function show() {
    document.body.classList.toggle("frozen", page.frozen !== null);
    document.querySelectorAll('[data-do="freeze"]').forEach(function (button) { button.setAttribute("aria-pressed", String(page.frozen !== null)); });
    document.querySelectorAll(".zones > *").forEach(function (zone) { zone.classList.toggle("held", page.frozen !== null && zone.id !== "alarms"); });
  }

  page.freeze = function () {
    var pulse = page.payloads.pulse;
    if (page.frozen === null && (!pulse || pulse.published_ms === null)) { return; }  /* there is no picture yet */
    page.frozen = page.frozen === null ? pulse : null;
    if (page.frozen === null) { Object.keys(page.panels).forEach(function (id) { page.panels[id].forceUpdate(); }); }
    show();
    page.say(page.frozen === null ? pulse.texts.released : pulse.texts.frozen_said);
  };

  page.does("freeze", page.freeze);
  page.key(" ", page.freeze);
  document.addEventListener("regie:panel", function (event) { if (event.detail === "tools") { show(); } });
})();

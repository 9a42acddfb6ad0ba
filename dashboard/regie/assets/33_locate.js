/* Where on the diagram an alarm or an abnormal element is. */
(function () {
  "use strict";
  var page = (window.regie = window.regie || {});
  var located = null;

  function paint() {
    document.querySelectorAll(".drawings .located").forEach(function (old) { old.classList.remove("located"); });
    if (!located) { return 0; }
    var hits = document.querySelectorAll('.drawings [data-el="' + CSS.escape(located) + '"]');
    hits.forEach(function (hit) { hit.classList.add("located"); });
    return hits.length;
  }

  page.locate = function (key) {
    located = key;
    page.say(paint() ? (page.payloads["grid-overlay"] || {})[key] : page.texts().nowhere);
  };

  page.does("locate", function (button) { page.locate(button.dataset.el); });
  page.key("l", function () {
    var button = page.meant("alarm", "locate", true);
    if (!button) { page.say(page.texts().nowhere); return; }
    page.choose(button);
    page.act(button);
  });
  document.addEventListener("regie:panel", function (event) {
    if (event.detail === "grid-base" || event.detail === "grid-overlay") { paint(); }
  });
})();

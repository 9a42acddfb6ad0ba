/* What every script of the page shares: a word to the dispatcher, what this screen remembers, and one door for all buttons. */
(function () {
  "use strict";
  var page = (window.regie = window.regie || {});
  var FADE_MS = 6000;
  var deeds = {}, fading = null;

  page.byId = function (id) { return document.getElementById(id); };
  page.texts = function () { return (page.payloads.pulse || {}).texts || {}; };

  /* A failure stays until it is dismissed or something else is said. */
  page.say = function (text, failed) {
    page.byId("said").textContent = text || "";
    page.byId("said").classList.toggle("warn", Boolean(failed));
    window.clearTimeout(fading);
    if (!failed) { fading = window.setTimeout(function () { page.say(""); }, FADE_MS); }
  };

  page.stored = function (key, value) {
    try {
      if (value === undefined) { return window.localStorage.getItem("regie." + key); }
      window.localStorage.setItem("regie." + key, value);
    } catch (_) { /* storage may be forbidden: then the choice lasts as long as the page */ }
    return value;
  };

  /* What a button with data-do="name" does; the function is given the button. */
  page.does = function (name, deed) { deeds[name] = deed; };
  page.act = function (button) {
    var deed = deeds[button.dataset.do];
    if (deed && button.getAttribute("aria-disabled") !== "true") { deed(button); }
  };

  document.addEventListener("click", function (event) {
    if (event.target.id === "said") { page.say(""); }
    var button = event.target.closest("[data-do]");
    if (button) { page.act(button); }
  });
  document.addEventListener("keydown", function (event) { if (event.key === "Escape") { page.say(""); } });
})();

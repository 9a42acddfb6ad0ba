/* What people do: select, locate, acknowledge, accept, refuse; by mouse or by key. Commands go to the loop's queue. */
(function () {
  "use strict";
  var page = (window.regie = window.regie || {});
  var chosen = {alarm: null, recommendation: null};
  var located = null, pending = {}, asked = null, fading = null;
  var FADE_MS = 6000;

  function byId(id) { return document.getElementById(id); }
  function texts() { return (page.payloads.pulse || {}).texts || {}; }
  /* A failure stays until it is dismissed or something else is said. */
  function say(text, failed) {
    byId("said").textContent = text || "";
    byId("said").classList.toggle("warn", Boolean(failed));
    window.clearTimeout(fading);
    if (!failed) { fading = window.setTimeout(function () { say(""); }, FADE_MS); }
  }
  function stored(key, value) {
    try {
      if (value === undefined) { return window.localStorage.getItem("regie." + key); }
      window.localStorage.setItem("regie." + key, value);
    } catch (_) { /* storage may be forbidden: then the choice lasts as long as the page */ }
    return value;
  }

  /* ---------------------------------------------------------------------------------------------- selection */

  /* The button that a key means: of the chosen item, else of the first that waits for people, else of the first that has it.
     Locating never turns to another item than the chosen one: that would show the wrong place. */
  function meant(kind, what) {
    var item = "[data-" + kind + "]", waiting = kind === "alarm" ? ":not(.seen):not(.cleared)" : ".open";
    var turns = what === "locate" && document.querySelector(item + ".chosen") ? [".chosen"] : [".chosen", waiting, ""];
    return turns.reduce(function (found, which) {
      return found || document.querySelector(item + which + ' [data-do="' + what + '"]');
    }, null);
  }

  function mark(kind) {
    document.querySelectorAll("[data-" + kind + "]").forEach(function (item) {
      var on = item.getAttribute("data-" + kind) === chosen[kind];
      item.classList.toggle("chosen", on);
    });
  }

  function choose(target) {
    ["alarm", "recommendation"].forEach(function (kind) {
      var item = target.closest && target.closest("[data-" + kind + "]");
      if (item) { chosen[kind] = item.getAttribute("data-" + kind); mark(kind); }
    });
  }

  /* ---------------------------------------------------------------------------------------------- locate */

  function locate(key) {
    located = key;
    say(paint() ? (page.payloads["grid-overlay"] || {})[key] : texts().nowhere);
  }

  function paint() {
    document.querySelectorAll(".drawings .located").forEach(function (old) { old.classList.remove("located"); });
    if (!located) { return 0; }
    var hits = document.querySelectorAll('.drawings [data-el="' + CSS.escape(located) + '"]');
    hits.forEach(function (hit) { hit.classList.add("located"); });
    return hits.length;
  }

  /* ---------------------------------------------------------------------------------------------- commands */

  function send(kind, target, motive) {
    pending[kind + target] = true;
    markPending();
    return fetch("/regie/api/command", {
      method: "POST", headers: {"content-type": "application/json"},
      body: JSON.stringify({kind: kind, target: target, motive: motive || null})
    }).then(function (answer) {
      if (!answer.ok) { throw new Error(answer.status); }
      say(texts().sent);
    }).catch(function () {
      delete pending[kind + target];
      markPending();
      say(texts().failed, true);
    });
  }

  function markPending() {
    document.querySelectorAll("[data-do][data-target]").forEach(function (button) {
      var waits = Boolean(pending[button.dataset.do + button.dataset.target]);
      button.setAttribute("aria-disabled", String(waits));
      button.classList.toggle("waiting", waits);
    });
  }

  function ask(button) {
    if (button.getAttribute("aria-disabled") === "true") { return; }
    var kind = button.dataset.do, dialog = byId("confirm");
    asked = {kind: kind, target: button.dataset.target, focus: page.namesOf(button)};
    byId("confirm-title").textContent = byId("confirm-title").dataset[kind];
    byId("confirm-what").textContent = button.dataset.what;
    dialog.querySelector(".motive").hidden = kind !== "refuse";
    byId("motive-detail").value = "";
    dialog.showModal();
  }

  function answered() {
    if (!asked) { return; }
    var detail = byId("motive-detail").value.trim();
    var motive = asked.kind === "refuse" ? byId("motive").value + (detail ? ": " + detail : "") : null;
    send(asked.kind, asked.target, motive);
    byId("confirm").close();
  }

  /* However the dialog went (Escape too), focus goes back to where the question came from. */
  document.addEventListener("close", function (event) {
    if (event.target.id !== "confirm" || !asked) { return; }
    var names = asked.focus;
    asked = null;
    page.focusFirst(names);
  }, true);

  /* ---------------------------------------------------------------------------------------------- one door for all */

  function act(button) {
    var what = button.dataset.do;
    if (what === "acknowledge") {
      if (button.getAttribute("aria-disabled") !== "true") { send(what, button.dataset.target); }
    }
    else if (what === "accept" || what === "refuse") { ask(button); }
    else if (what === "locate") { locate(button.dataset.el); }
    else if (what === "help") { byId("help").showModal(); }
    else if (what === "close-help") { byId("help").close(); }
    else if (what === "cancel") { byId("confirm").close(); }
    else if (what === "more") { page.moreCards(); }
  }

  document.addEventListener("click", function (event) {
    choose(event.target);
    if (event.target.id === "said") { say(""); }
    var button = event.target.closest("[data-do]");
    if (button) { act(button); }
  });
  document.addEventListener("focusin", function (event) { choose(event.target); });
  document.addEventListener("submit", function (event) {
    if (event.target.closest("#confirm")) { event.preventDefault(); answered(); }
  });
  document.addEventListener("change", function (event) {
    if (event.target.id === "keys-on") { stored("keys", event.target.checked ? "on" : "off"); }
    if (event.target.id === "signed-by") { stored("name", event.target.value); }
  });

  var KEYS = {a: ["alarm", "acknowledge"], l: ["alarm", "locate"], y: ["recommendation", "accept"], n: ["recommendation", "refuse"]};
  document.addEventListener("keydown", function (event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || document.querySelector("dialog[open]")) { return; }
    var field = event.target.closest && event.target.closest("input, select, textarea");
    if (field && !field.closest("dialog")) { return; }  /* a dialog that was just closed keeps the focus for a moment */
    if (stored("keys") === "off") { return; }
    var key = event.key.toLowerCase();
    if (key === "?") { event.preventDefault(); byId("help").showModal(); return; }
    if (!KEYS[key]) { return; }
    var button = meant(KEYS[key][0], KEYS[key][1]);
    if (!button) {
      if (key === "l") { say(texts().nowhere); }
      return;
    }
    event.preventDefault();
    choose(button);
    act(button);
  });

  /* ---------------------------------------------------------------------------------------------- tips */

  var drawings = ".drawings [data-el], .overlay [data-el]";
  function tipOf(target) {
    var holder = target.closest && target.closest("[data-tip]");
    if (holder) { return holder.dataset.tip; }
    var element = target.closest && target.closest(drawings);
    return element ? (page.payloads["grid-overlay"] || {})[element.dataset.el] : "";
  }
  function tip(text, x, y) {
    var box = byId("tip");
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
  document.addEventListener("keydown", function (event) { if (event.key === "Escape") { tip(""); say(""); } });

  /* ---------------------------------------------------------------------------------------------- after an update */

  document.addEventListener("regie:panel", function (event) {
    var panel = event.detail;
    if (panel === "alarms") { mark("alarm"); forget("acknowledge"); }
    if (panel === "recommendations") { mark("recommendation"); forget("accept"); forget("refuse"); }
    if (panel === "grid-base" || panel === "grid-overlay") { paint(); }
    if (panel === "dialogs") {
      var keys = byId("keys-on"), name = byId("signed-by");
      if (keys && stored("keys") === "off") { keys.checked = false; }
      if (name && stored("name")) { name.value = stored("name"); }
    }
  });

  /* A command that the loop has answered has no button any more, or comes back as a new question. */
  function forget(kind) {
    Object.keys(pending).forEach(function (key) { if (key.indexOf(kind) === 0) { delete pending[key]; } });
    markPending();
  }
})();

/* What has consequences is asked first: what it is, what it does, and why it is refused or shelved. */
(function () {
  "use strict";
  var page = (window.regie = window.regie || {});
  var asked = null;  /* {dialog, kind, target, focus: names of where the question came from} */

  page.ask = function (button, dialog, prepare) {
    var names = page.namesOf(button).concat((button.dataset.return || "").split(" "));
    asked = {dialog: dialog, kind: button.dataset.do, target: button.dataset.target, focus: names};
    var form = page.byId(dialog).querySelector("form");
    if (form) { form.reset(); }
    prepare();
    page.byId(dialog).showModal();
  };

  function motiveOf(form) {
    var detail = form.elements.detail.value.trim();
    return form.elements.motive.value + (detail ? ": " + detail : "");
  }

  function aboutRecommendation(button) {
    page.ask(button, "confirm", function () {
      var kind = button.dataset.do, refuses = kind === "refuse";
      page.byId("confirm-title").textContent = page.byId("confirm-title").dataset[kind];
      page.byId("confirm-what").textContent = button.dataset.what;
      page.byId("confirm-effect").textContent = button.dataset.effect;
      page.byId("confirm").querySelector(".motive").hidden = !refuses;
      page.byId("motive").required = refuses;
    });
  }

  function aboutAlarm(button) {
    page.ask(button, "shelve", function () { page.byId("shelve-what").textContent = button.dataset.what; });
  }

  var ANSWERS = {
    confirm: function (form) {
      page.command({kind: asked.kind, target: asked.target, motive: asked.kind === "refuse" ? motiveOf(form) : null});
    },
    shelve: function (form) {
      page.command({kind: "shelve", target: asked.target, motive: motiveOf(form), minutes: Number(form.elements.minutes.value)});
    }
  };

  page.does("accept", aboutRecommendation);
  page.does("refuse", aboutRecommendation);
  page.does("shelve", aboutAlarm);
  page.does("cancel", function (button) { button.closest("dialog").close(); });

  function byKey(kind, what) {
    return function () {
      var button = page.meant(kind, what, what === "shelve");
      if (!button) { return what === "shelve" ? unshelvable() : false; }
      page.choose(button);
      page.act(button);
    };
  }

  /* Why the chosen alarm is not offered for shelving. */
  function unshelvable() {
    var alarm = page.chosen("alarm") || document.querySelector("[data-alarm][data-unshelvable]");
    if (!alarm || !alarm.dataset.unshelvable) { return false; }
    page.say(alarm.dataset.unshelvable);
  }

  page.key("y", byKey("recommendation", "accept"));
  page.key("n", byKey("recommendation", "refuse"));
  page.key("h", byKey("alarm", "shelve"));

  document.addEventListener("submit", function (event) {
    var dialog = event.target.closest("dialog");
    if (!asked || !dialog || dialog.id !== asked.dialog || !ANSWERS[dialog.id]) { return; }
    event.preventDefault();
    ANSWERS[dialog.id](event.target);
    dialog.close();
  });

  /* However the dialog went (Escape too), focus goes back to where the question came from. */
  document.addEventListener("close", function (event) {
    if (!asked || event.target.id !== asked.dialog) { return; }
    var names = asked.focus;
    asked = null;
    page.focusFirst(names);
  }, true);
})();

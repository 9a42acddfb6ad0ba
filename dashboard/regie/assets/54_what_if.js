/* A what-if of this browser alone: asked by form or by choosing on the drawing, drawn over the present until it is left. */
(function () {
  "use strict";
  var page = (window.regie = window.regie || {});
  var on = false, answer = null;

  function form() { return document.getElementById("what-if-form"); }
  function zone() { return document.getElementById("grid"); }

  function show() {
    if (!form()) { return; }
    form().hidden = !on;
    zone().classList.toggle("asks-what-if", on);
    zone().classList.toggle("what-if", on && answer !== null);
    document.querySelectorAll('[data-do="what-if"]').forEach(function (button) { button.setAttribute("aria-expanded", String(on)); });
    ["diagram", "map"].forEach(function (view) {
      document.getElementById("what-if-" + view).innerHTML = on && answer ? answer[view] : "";
    });
    document.getElementById("what-if-answer").innerHTML = on && answer ? answer.answer : "";
  }

  /* Only what can be done to the chosen kind of element. */
  function fit() {
    if (!form()) { return; }
    var table = form().elements.element.value.split(":")[0], action = form().elements.action;
    Array.prototype.forEach.call(action.options, function (option) {
      option.hidden = option.disabled = option.dataset.of.split(" ").indexOf(table) < 0;
    });
    if (action.selectedOptions[0] && action.selectedOptions[0].disabled) {
      action.value = Array.prototype.find.call(action.options, function (option) { return !option.disabled; }).value;
    }
    form().elements.p_mw.closest("label").hidden = table !== "device";
  }

  function leave() {
    if (!on) { return false; }
    on = false;
    answer = null;
    show();
    page.focusFirst(["what-if"]);
    return true;
  }

  function ask() {
    var fields = form().elements;
    return fetch("/regie/api/what-if", {
      method: "POST", headers: {"content-type": "application/json"},
      body: JSON.stringify({
        element: fields.element.value, action: fields.action.value, p_mw: Number(fields.p_mw.value) || 0, lang: form().dataset.lang
      })
    }).then(function (reply) {
      return reply.json().then(function (told) {
        if (!reply.ok) { throw new Error(typeof told.detail === "string" ? told.detail : reply.status); }
        answer = told;
        show();
      });
    }).catch(function (error) { page.say(error.message, true); });
  }

  page.does("what-if", function () {
    if (leave() || !form()) { return; }
    on = true;
    fit();
    show();
    form().elements.element.focus();
  });
  page.does("leave-what-if", leave);
  page.key("w", function () { page.act(document.querySelector('[data-do="what-if"]')); });
  document.addEventListener("keydown", function (event) {
    if (event.key === "Escape" && !document.querySelector("dialog[open]")) { leave(); }
  });
  document.addEventListener("submit", function (event) {
    if (event.target.id === "what-if-form") { event.preventDefault(); ask(); }
  });
  document.addEventListener("change", function (event) { if (event.target.closest("#what-if-form")) { fit(); } });
  document.addEventListener("click", function (event) {
    var hit = on && event.target.closest(".drawings [data-el]");
    if (!hit || !form().querySelector('option[value="' + CSS.escape(hit.dataset.el) + '"]')) { return; }
    form().elements.element.value = hit.dataset.el;
    fit();
    form().elements.action.focus();
  });
  document.addEventListener("regie:panel", function (event) { if (event.detail === "what-if" || event.detail === "grid-tools") { fit(); show(); } });
})();

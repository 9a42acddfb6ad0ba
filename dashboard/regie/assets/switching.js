/* Drafting a switching order: steps are added, moved up and taken out; and orders are printed. */
(function () {
  "use strict";
  if (!document.body || !document.body.classList.contains("room")) { return; }  /* Dash loads every script of the folder */
  var list = document.querySelector(".draft-steps");

  function number() {
    list.querySelectorAll("legend").forEach(function (legend, i) { legend.textContent = list.dataset.step.replace("{n}", i + 1); });
  }

  function add() {
    var copy = list.lastElementChild.cloneNode(true);
    copy.querySelectorAll("input").forEach(function (input) { input.value = input.inputMode === "numeric" ? input.defaultValue : ""; });
    copy.querySelectorAll("select").forEach(function (select) { select.selectedIndex = 0; });
    list.appendChild(copy);
    number();
    copy.querySelector("select").focus();
  }

  document.addEventListener("click", function (event) {
    var button = event.target.closest("[data-do]");
    if (!button) { return; }
    if (button.dataset.do === "print") { window.print(); }
    if (!list) { return; }
    var row = button.closest("li");
    if (button.dataset.do === "add-step") { add(); }
    if (button.dataset.do === "step-up" && row.previousElementSibling) {
      list.insertBefore(row, row.previousElementSibling);
      number();
      button.focus();
    }
    if (button.dataset.do === "remove-step" && list.children.length > 1) {
      var beside = row.nextElementSibling || row.previousElementSibling;
      row.remove();
      number();
      beside.querySelector('[data-do="remove-step"]').focus();
    }
  });
  if (list) { number(); }
})();

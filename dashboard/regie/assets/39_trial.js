/* Simulate first: what a recommendation would do, computed by the work process and drawn by the server; from there it is decided. */
(function () {
  "use strict";
  var page = (window.regie = window.regie || {});
  var asked = 0, from = [];

  function simulate(button) {
    var answer = page.byId("trial-answer"), mine = ++asked;
    from = page.namesOf(button);
    page.byId("trial-what").textContent = button.dataset.what;
    answer.textContent = answer.dataset.wait;
    page.byId("trial").showModal();
    page.post("/regie/api/simulate", {id: button.dataset.target, lang: document.documentElement.lang}).then(function (told) {
      return told.json().then(function (body) { show(mine, told.ok, body); });
    }).catch(function () { show(mine, false, {detail: answer.dataset.failed}); });
  }

  /* An answer that nobody waits for any more is dropped. */
  function show(mine, ok, body) {
    var answer = page.byId("trial-answer");
    if (mine !== asked || !page.byId("trial").open) { return; }
    if (ok) { answer.innerHTML = body.markup; } else { answer.textContent = String(body.detail || answer.dataset.failed); }
  }

  page.does("simulate", simulate);
  page.key("g", function () {
    var button = page.meant("recommendation", "simulate");
    if (!button) { return false; }
    page.choose(button);
    simulate(button);
  });

  /* Deciding leaves the simulation: the question that follows names what it is about. Focus goes back to where this began. */
  document.addEventListener("click", function (event) {
    if (event.target.closest("#trial-answer [data-do]")) { page.byId("trial").close(); }
  }, true);
  document.addEventListener("close", function (event) {
    if (event.target.id !== "trial") { return; }
    page.byId("trial-answer").textContent = "";
    page.focusFirst(from);
  }, true);
})();

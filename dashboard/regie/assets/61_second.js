/* Four eyes: the second person's answer to a wish that waits. */
(function () {
  "use strict";
  document.addEventListener("click", function (event) {
    var button = event.target.closest && event.target.closest("[data-second]"), said = document.getElementById("said");
    if (!button || !said) { return; }
    button.disabled = true;
    fetch("/regie/api/second/" + button.dataset.second + "?lang=" + document.documentElement.lang, {method: "POST"}).then(function (answer) {
      return answer.ok ? null : answer.json();
    }).then(function (told) {
      said.textContent = told ? told.detail : "";
      said.classList.toggle("warn", Boolean(told));
      button.disabled = !told;  /* answered: the panel goes with the next beat */
    }).catch(function (error) {
      said.textContent = String(error);
      button.disabled = false;
    });
  });
})();

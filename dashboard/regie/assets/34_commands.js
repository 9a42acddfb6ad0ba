/* Commands to the loop's queue: acknowledged, shelved, accepted, refused. A button that waits for the answer says so. */
(function () {
  "use strict";
  var page = (window.regie = window.regie || {});
  var pending = {};  /* kind and target -> panel on which the answer will be seen */

  page.post = function (address, fields) {
    return fetch(address, {method: "POST", headers: {"content-type": "application/json"}, body: JSON.stringify(fields)});
  };

  /* What somebody wishes of a target: {kind, target, motive ...}. */
  page.command = function (wish) {
    var name = wish.kind + wish.target;
    pending[name] = wish.kind === "accept" || wish.kind === "refuse" ? "recommendations" : "alarms";
    mark();
    return page.post("/regie/api/command", wish).then(function (answer) {
      if (!answer.ok) { throw new Error(answer.status); }
      return answer.json();
    }).then(function (told) {
      if (told.id !== null) { page.say(page.texts().sent); return; }
      delete pending[name];  /* the loop knows nothing of it yet: the answer will be another person's */
      mark();
      page.say(page.texts().second);
    }).catch(function () {
      delete pending[name];
      mark();
      page.say(page.texts().failed, true);
    });
  };

  function mark() {
    document.querySelectorAll("[data-do][data-target]").forEach(function (button) {
      var waits = Boolean(pending[button.dataset.do + button.dataset.target]);
      button.setAttribute("aria-disabled", String(waits));
      button.classList.toggle("waiting", waits);
    });
  }

  ["acknowledge", "unshelve"].forEach(function (kind) {
    page.does(kind, function (button) { page.command({kind: kind, target: button.dataset.target}); });
  });
  page.key("a", function () {
    var button = page.meant("alarm", "acknowledge");
    if (!button) { return false; }
    page.choose(button);
    page.act(button);
  });

  /* A command that the loop has answered has no button any more, or comes back as a new question. */
  document.addEventListener("regie:panel", function (event) {
    Object.keys(pending).forEach(function (name) { if (pending[name] === event.detail) { delete pending[name]; } });
    if (event.detail === "alarms" || event.detail === "recommendations") { mark(); }
  });
})();

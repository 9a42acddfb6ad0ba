/* Forms and buttons of the pages beside the main one: they send JSON and say what the server answers. It stands in the head, before any
   form does: one that is sent before its script has come would be the browser's, which reloads the page and does nothing. */
(function () {
  "use strict";

  function say(text, failed) {
    var said = document.getElementById("said");
    said.textContent = text || "";
    said.classList.toggle("warn", Boolean(failed));
  }

  /* What the server answers to a deed: {"said": text, "go": address}, or {"detail": why not}. "deed" tells the page that one was done. */
  function send(address, fields) {
    return fetch(address, {method: "POST", headers: {"content-type": "application/json"}, body: JSON.stringify(fields)})
      .then(function (answer) { return answer.json().then(function (told) { return {ok: answer.ok, told: told}; }); })
      .then(function (result) {
        if (!result.ok) { say(why(result.told), true); return result; }
        if (result.told.said) { say(result.told.said); }
        if (result.told.go) { window.location.href = result.told.go; }
        document.dispatchEvent(new Event("deed"));
        return result;
      })
      .catch(function (error) { say(String(error), true); });
  }

  function why(told) {
    if (Array.isArray(told.detail)) { return told.detail.map(function (one) { return one.msg || String(one); }).join("\n"); }
    return told.detail || "?";
  }

  function fieldsOf(form) {
    var fields = {};
    new FormData(form).forEach(function (value, name) {
      var many = form.querySelectorAll('[name="' + name + '"][data-many]').length > 0;
      if (many) { (fields[name] = fields[name] || []).push(value); } else { fields[name] = value; }
    });
    return fields;
  }

  document.addEventListener("submit", function (event) {
    var form = event.target.closest("form[data-post]");
    if (!form) { return; }
    event.preventDefault();
    if (form.dataset.confirm && !window.confirm(form.dataset.confirm)) { return; }
    send(form.dataset.post, fieldsOf(form)).then(function (result) { if (result && result.ok && !result.told.keep) { form.reset(); } });
  });
})();

/* The pages beside the main one: clock and alarm counters every two seconds; forms and buttons that send JSON; parts that refresh. */
(function () {
  "use strict";
  if (!document.body || !document.body.classList.contains("room")) { return; }  /* Dash loads every script of the folder */
  var rooms = (window.rooms = {});
  var PULSE_MS = 2000;

  function say(text, failed) {
    var said = document.getElementById("said");
    said.textContent = text || "";
    said.classList.toggle("warn", Boolean(failed));
  }
  rooms.say = say;

  function pulse() {
    var bar = document.getElementById("pulse-bar");
    if (!bar) { return; }
    fetch("/regie/api/pulse?lang=" + bar.dataset.lang).then(function (answer) {
      if (!answer.ok) { throw new Error(answer.status); }
      return answer.json();
    }).then(function (told) {
      if (bar.innerHTML !== told.markup) { bar.innerHTML = told.markup; }
      document.body.classList.toggle("stale", told.stale);
    }).catch(function () { document.body.classList.add("stale"); });
  }

  /* What the server answers to a deed: {"said": text, "go": address}, or {"detail": why not}. */
  rooms.send = function (address, fields) {
    return fetch(address, {method: "POST", headers: {"content-type": "application/json"}, body: JSON.stringify(fields)})
      .then(function (answer) { return answer.json().then(function (told) { return {ok: answer.ok, told: told}; }); })
      .then(function (result) {
        if (!result.ok) { say(why(result.told), true); return result; }
        if (result.told.said) { say(result.told.said); }
        if (result.told.go) { window.location.href = result.told.go; }
        refresh();
        return result;
      })
      .catch(function (error) { say(String(error), true); });
  };

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
    rooms.send(form.dataset.post, fieldsOf(form)).then(function (result) { if (result && result.ok && !result.told.keep) { form.reset(); } });
  });

  /* A part with data-refresh="address" and data-every="seconds" is fetched anew; what has focus in it is left alone. */
  function refresh() {
    document.querySelectorAll("[data-refresh]").forEach(function (part) {
      if (part.contains(document.activeElement) && document.activeElement.matches("input, select, textarea")) { return; }
      fetch(part.dataset.refresh).then(function (answer) { return answer.ok ? answer.text() : null; }).then(function (text) {
        if (text !== null && part.innerHTML !== text) {
          var named = document.activeElement && part.contains(document.activeElement) && document.activeElement.dataset.focus;
          part.innerHTML = text;
          var again = named && part.querySelector('[data-focus="' + CSS.escape(named) + '"]');
          if (again) { again.focus({preventScroll: true}); }
        }
      }).catch(function () { /* the bar says that the connection is gone */ });
    });
  }
  rooms.refresh = refresh;
  var every = Math.min.apply(null, Array.prototype.map.call(document.querySelectorAll("[data-every]"), function (part) {
    return 1000 * Number(part.dataset.every);
  }).concat([60000]));
  window.setInterval(refresh, every);
  window.setInterval(pulse, PULSE_MS);
  pulse();
})();

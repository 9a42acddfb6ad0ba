/* Diagram or map, how large it is drawn, and the tabs of the journal: this browser's own choices, kept over updates. */
(function () {
  "use strict";
  var page = (window.regie = window.regie || {});
  var STEP = 1.4, MOST = 6;
  var zoom = 1, dragged = null;

  function zone() { return document.getElementById("grid"); }
  function board() { return document.querySelector(".drawings"); }
  function press(name, on) {
    document.querySelectorAll('[data-do="' + name + '"]').forEach(function (button) { button.setAttribute("aria-pressed", String(on)); });
  }

  /* ---------------------------------------------------------------------------------------------- diagram or map */

  page.view = function () { return page.stored("view") === "map" ? "map" : "diagram"; };
  function look(view) { page.stored("view", view); show(); }
  function show() {
    var view = page.view(), map = page.payloads["map-base"];
    zone().dataset.view = view;
    if (map) { board().style.setProperty("--aspect", map.aspect); }
    press("map", view === "map");
    press("diagram", view === "diagram");
  }
  page.does("map", function () { look("map"); });
  page.does("diagram", function () { look("diagram"); });
  page.key("m", function () { look("map"); });
  page.key("s", function () { look("diagram"); });

  /* ---------------------------------------------------------------------------------------------- larger and smaller */

  /* The point under (x, y) of the board stays where it is. */
  function enlarge(factor, x, y) {
    var place = board(), before = zoom;
    zoom = Math.min(MOST, Math.max(1, zoom * factor));
    if (zoom < 1.05) { zoom = 1; }
    var left = (place.scrollLeft + x) * zoom / before - x, top = (place.scrollTop + y) * zoom / before - y;
    place.style.setProperty("--zoom", zoom);
    place.toggleAttribute("data-zoomed", zoom > 1);
    place.tabIndex = zoom > 1 ? 0 : -1;  /* arrow keys move it, as they move any list */
    place.scrollTo({left: left, top: top, behavior: "instant"});
  }
  function middle(factor) { enlarge(factor, board().clientWidth / 2, board().clientHeight / 2); }
  page.does("zoom-in", function () { middle(STEP); });
  page.does("zoom-out", function () { middle(1 / STEP); });
  page.key("+", function () { middle(STEP); });
  page.key("-", function () { middle(1 / STEP); });
  page.key("0", function () { middle(1 / MOST); });

  document.addEventListener("wheel", function (event) {
    if (!event.ctrlKey || !board() || !board().contains(event.target)) { return; }
    event.preventDefault();
    var place = board().getBoundingClientRect();
    enlarge(event.deltaY < 0 ? STEP : 1 / STEP, event.clientX - place.left, event.clientY - place.top);
  }, {passive: false});
  document.addEventListener("pointerdown", function (event) {
    if (zoom > 1 && event.button === 0 && board().contains(event.target)) { dragged = {x: event.clientX, y: event.clientY}; }
  });
  document.addEventListener("pointermove", function (event) {
    if (!dragged) { return; }
    board().scrollBy({left: dragged.x - event.clientX, top: dragged.y - event.clientY, behavior: "instant"});
    dragged = {x: event.clientX, y: event.clientY};
  });
  document.addEventListener("pointerup", function () { dragged = null; });

  /* ---------------------------------------------------------------------------------------------- tabs */

  function turn(name) {
    document.querySelectorAll(".records [role=tab]").forEach(function (tab) {
      var panel = tab.getAttribute("aria-controls"), on = panel === name;
      tab.setAttribute("aria-selected", String(on));
      tab.tabIndex = on ? 0 : -1;
      document.getElementById(panel).hidden = !on;
    });
  }
  function records() { return page.stored("records") === "orders" ? "orders" : "journal"; }
  page.does("tab", function (tab) { page.stored("records", tab.getAttribute("aria-controls")); turn(records()); });
  document.addEventListener("keydown", function (event) {
    if (!event.target.matches("[role=tab]") || ["ArrowLeft", "ArrowRight"].indexOf(event.key) < 0) { return; }
    page.stored("records", records() === "orders" ? "journal" : "orders");
    turn(records());
    document.querySelector(".records [aria-selected=true]").focus();
  });

  document.addEventListener("regie:panel", function (event) {
    if (event.detail === "grid-tools" || event.detail === "map-base") { show(); }
    if (event.detail === "records-tabs") { turn(records()); }
  });
})();

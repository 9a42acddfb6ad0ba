/* Tells the server, at most once a minute, that somebody has a hand on this screen: what nobody touches locks after a while.
   Nothing else does: what a page asks by itself must keep no session open. */
(function () {
  "use strict";
  var EVERY_MS = 60000, told = -EVERY_MS;
  function here() {
    if (performance.now() - told < EVERY_MS) { return; }
    told = performance.now();
    fetch("/regie/api/here", {method: "POST"}).catch(function () { told = -EVERY_MS; });
  }
  ["pointerdown", "pointermove", "keydown", "wheel", "touchstart"].forEach(function (kind) {
    document.addEventListener(kind, here, {passive: true, capture: true});
  });
})();

/* The wall of boxes: which cards are in sight, of how many, and the next ones on demand. */
(function () {
  "use strict";
  var page = (window.regie = window.regie || {});

  function list() { return document.querySelector("#wall .cards"); }

  /* First and last card that is wholly in sight. */
  function inSight(cards) {
    var edge = cards.getBoundingClientRect(), first = -1, last = -1;
    Array.prototype.forEach.call(cards.children, function (card, i) {
      var place = card.getBoundingClientRect();
      if (place.left < edge.left - 1 || place.right > edge.right + 1) { return; }
      if (first < 0) { first = i; }
      last = i;
    });
    return {first: first, last: last};
  }

  function count() {
    var cards = list(), more = document.querySelector("#wall .more");
    if (!cards || !more) { return; }
    more.hidden = cards.scrollWidth <= cards.clientWidth + 1;
    var sight = inSight(cards), text = more.querySelector("[data-shown]");
    text.textContent = text.dataset.shown
      .replace("{shown}", sight.first + 1 + "–" + (sight.last + 1)).replace("{total}", cards.children.length);
  }

  /* From the end back to the start. */
  page.moreCards = function () {
    var cards = list(), next = cards.children[inSight(cards).last + 1];
    cards.scrollTo({left: next ? next.offsetLeft - cards.children[0].offsetLeft : 0});
  };

  page.does("more", page.moreCards);
  document.addEventListener("regie:panel", function (event) { if (event.detail === "wall") { count(); } });
  document.addEventListener("scroll", function (event) { if (event.target === list()) { count(); } }, true);
  window.addEventListener("resize", count);
})();

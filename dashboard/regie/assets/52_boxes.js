/* Keys 1 to 5 open the inside page of the box whose card shows that number. */
(function () {
  "use strict";
  var page = (window.regie = window.regie || {});
  ["1", "2", "3", "4", "5"].forEach(function (number) {
    page.key(number, function () {
      var link = document.querySelector('.card a[data-number="' + number + '"]');
      if (link) { link.click(); }
      return Boolean(link);
    });
  });
})();

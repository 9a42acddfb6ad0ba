/* The browser's half of dashboard/regie/panel.py: shows markup, keeps focus and scroll, tells the other scripts.
   data-focus names an element across updates: it keeps its scroll position, and what has focus in it leads back there.
   A frozen screen (50_freeze.js) holds the markup of every panel but those that stay live. */
(function () {
  "use strict";
  var page = (window.regie = window.regie || {});
  page.payloads = {};
  page.panels = {};  /* those on the page, by id */
  page.holds = function () { return false; };

  function Panel(props) {
    React.Component.call(this, props);
    this.element = React.createRef();
  }
  Panel.prototype = Object.create(React.Component.prototype);
  Panel.prototype.constructor = Panel;

  Panel.prototype.getSnapshotBeforeUpdate = function () {
    var box = this.element.current, active = document.activeElement, scrolled = {};
    box.querySelectorAll("[data-focus]").forEach(function (part) {
      if (part.scrollTop || part.scrollLeft) { scrolled[part.dataset.focus] = [part.scrollLeft, part.scrollTop]; }
    });
    return {focused: box.contains(active) ? page.namesOf(active) : [], scrolled: scrolled};
  };

  Panel.prototype.told = function () {
    page.payloads[this.props.id] = this.props.payload;
    document.dispatchEvent(new CustomEvent("regie:panel", {detail: this.props.id}));
  };

  Panel.prototype.componentDidMount = function () {
    page.panels[this.props.id] = this;
    this.told();
  };

  Panel.prototype.componentDidUpdate = function (before, state, held) {
    if (before.markup !== this.props.markup) {
      Object.keys(held.scrolled).forEach(function (name) {
        var part = page.named(name);
        if (part) { part.scrollTo({left: held.scrolled[name][0], top: held.scrolled[name][1], behavior: "instant"}); }
      });
      page.focusFirst(held.focused);
    }
    this.told();
  };

  Panel.prototype.shouldComponentUpdate = function (next) {
    if (page.holds(next.id)) { return false; }
    return next.markup !== this.props.markup || next.payload !== this.props.payload || next.label !== this.props.label;
  };

  Panel.prototype.render = function () {
    return React.createElement(this.props.tag || "div", {
      id: this.props.id, ref: this.element, className: this.props.className,
      "aria-label": this.props.label, dangerouslySetInnerHTML: {__html: this.props.markup || ""}
    });
  };

  page.Panel = Panel;

  page.named = function (name) { return document.querySelector('[data-focus="' + CSS.escape(name) + '"]'); };

  /* What an element and those around it are called, from the inside out. */
  page.namesOf = function (element) {
    var names = [];
    for (var at = element.closest("[data-focus]"); at; at = at.parentElement.closest("[data-focus]")) { names.push(at.dataset.focus); }
    return names;
  };

  /* Focus the first of these that is still there: a button, else what is left of its item, else the list. */
  page.focusFirst = function (names) {
    names.some(function (name) {
      var part = page.named(name), target = part && (part.matches("a, button, [tabindex]") ? part : part.querySelector("button"));
      if (target) { target.focus({preventScroll: true}); }
      return target;
    });
  };
})();

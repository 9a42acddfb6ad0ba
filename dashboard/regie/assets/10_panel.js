/* The browser's half of dashboard/regie/panel.py: shows markup, keeps focus and scroll, tells the other scripts. */
(function () {
  "use strict";
  var page = (window.regie = window.regie || {});
  page.payloads = {};

  function Panel(props) {
    React.Component.call(this, props);
    this.element = React.createRef();
  }
  Panel.prototype = Object.create(React.Component.prototype);
  Panel.prototype.constructor = Panel;

  Panel.prototype.getSnapshotBeforeUpdate = function () {
    var box = this.element.current, active = document.activeElement;
    if (!box || !active || active === box || !box.contains(active)) { return null; }
    var holder = active.closest("[data-focus]");
    return holder && {focus: holder.getAttribute("data-focus"), value: active.value};
  };

  Panel.prototype.told = function () {
    page.payloads[this.props.id] = this.props.payload;
    document.dispatchEvent(new CustomEvent("regie:panel", {detail: this.props.id}));
  };

  Panel.prototype.componentDidMount = Panel.prototype.told;

  Panel.prototype.componentDidUpdate = function (before, state, held) {
    if (held && before.markup !== this.props.markup) {
      var again = this.element.current.querySelector('[data-focus="' + CSS.escape(held.focus) + '"]');
      if (again) { again.focus({preventScroll: true}); }
    }
    this.told();
  };

  Panel.prototype.shouldComponentUpdate = function (next) {
    return next.markup !== this.props.markup || next.payload !== this.props.payload || next.label !== this.props.label;
  };

  Panel.prototype.render = function () {
    return React.createElement(this.props.tag || "div", {
      id: this.props.id, ref: this.element, className: this.props.className,
      "aria-label": this.props.label, dangerouslySetInnerHTML: {__html: this.props.markup || ""}
    });
  };

  page.Panel = Panel;
})();

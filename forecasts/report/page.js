"use strict";
// Draws each picture when it comes near the screen, in the colours of the reader's theme; prints in light.
const night = JSON.parse(document.getElementById("night").textContent);
const dark = matchMedia("(prefers-color-scheme: dark)");
const plots = [...document.querySelectorAll(".plot")];
const drawn = new Set();
const draw = (place, light) => {
  const swap = (_, value) => (dark.matches && !light && typeof value === "string" && night[value]) || value;
  const figure = JSON.parse(place.nextElementSibling.textContent, swap);
  drawn.add(place);
  return Plotly.react(place, figure.data, figure.layout, { displaylogo: false, responsive: true, displayModeBar: "hover" });
};
const near = new IntersectionObserver((seen) => seen.forEach((entry) => {
  if (entry.isIntersecting && !drawn.has(entry.target)) draw(entry.target);
}), { rootMargin: "800px" });
plots.forEach((place) => near.observe(place));
dark.addEventListener("change", () => drawn.forEach((place) => draw(place)));
addEventListener("beforeprint", () => plots.forEach((place) => draw(place, true)));
addEventListener("afterprint", () => plots.forEach((place) => draw(place)));

document.querySelectorAll("table.sortable th button").forEach((button) => button.addEventListener("click", () => {
  const head = button.parentElement, column = head.cellIndex, body = head.closest("table").tBodies[0];
  const down = head.getAttribute("aria-sort") === "ascending";
  const key = (row) => {
    const cell = row.cells[column], raw = cell.dataset.v ?? cell.textContent;
    return raw === "" || raw === "–" ? Infinity : isNaN(Number(raw)) ? raw : Number(raw);
  };
  const order = (a, b) => (typeof a === "string" || typeof b === "string" ? String(a).localeCompare(String(b)) : a - b);
  const rows = [...body.rows].sort((a, b) => order(key(a), key(b)));
  head.parentElement.querySelectorAll("th").forEach((other) => other.removeAttribute("aria-sort"));
  head.setAttribute("aria-sort", down ? "descending" : "ascending");
  body.append(...(down ? rows.reverse() : rows));
}));

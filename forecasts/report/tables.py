"""Tables of the report as HTML; every text is escaped here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

import numpy as np

from forecasts.report.words import MISSING, Unit, day, figure, percent, whole
from forecasts.report.worst import DayError

_POWERS = (("mae", "MAE"), ("rmse", "RMSE"), ("pinball_10_90", "pinball 10–90"), ("crps", "CRPS"))
CURVE = "curve"
"""Facts of this name are drawn, not written."""
_TEXT = '<td class="text">'
_LOWER_IS_BETTER = ("mae", "rmse", "nmae", "pinball_10_90", "crps")


def table(head: Sequence[str], rows: Sequence[Sequence[str]], *, label: str, sortable: bool = False) -> str:
    """A table out of cells that are HTML already; the first cell of a row is its heading."""
    kind = ' class="sortable"' if sortable else ""
    words = [any(row[column].startswith(_TEXT) for row in rows) for column in range(len(head))]
    cells = "".join(
        f'<th scope="col"{" class=text" if left else ""}>{f"<button>{name}</button>" if sortable else name}</th>'
        for name, left in zip(head, words, strict=True)
    )
    lines = ([cell if cell.startswith("<td") else f"<td>{cell}</td>" for cell in row[1:]] for row in rows)
    body = "".join(f'<tr><th scope="row">{row[0]}</th>{"".join(line)}</tr>' for row, line in zip(rows, lines, strict=True))
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{escape(label)}"><table{kind}>'
        f"<thead><tr>{cells}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def experts_table(experts: Mapping[str, Mapping[str, Any]], champion: str, naive: str, unit: Unit) -> str:
    """Every expert's figures, the best of each column in bold; powers in ``unit``."""
    head = [
        "expert",
        *(f"{title} [{unit.name}]" for _, title in _POWERS),
        "MAE / mean [%]",
        "inside 90 % band [%]",
        f"skill against {escape(naive)} [%]",
        "fit [s]",
        "predict [s]",
        "origins",
    ]
    best = {key: _lowest(experts, key) for key in _LOWER_IS_BETTER}
    rows = []
    for name, found in sorted(experts.items(), key=lambda item: _sort_key(item[1].get("pinball_10_90"))):
        tag = " <small>naive</small>" if name == naive else ""
        cells = [f"<strong>{escape(name)}</strong>" if name == champion else f"{escape(name)}{tag}"]
        cells += [_cell(found.get(key), unit.per_mw, best[key]) for key, _ in _POWERS]
        cells += [_cell(found.get("nmae"), 100.0, best["nmae"]), _share(found.get("coverage_90")), _share(found.get("skill"))]
        cells += [_seconds(found.get("fit_s")), _seconds(found.get("predict_s")), f"<td>{whole(found.get('origins'))}</td>"]
        rows.append(cells)
    return table(head, rows, label="Experts", sortable=True)


def worst_table(days: Sequence[DayError], unit: Unit) -> str:
    """The worst days with what was special about them."""
    powers = [f"{title} [{unit.name}]" for title in ("MAE", "naive MAE", "mean error")]
    head = ["local day", "steps", *powers, "mean temperature [°C]", "what was special"]
    rows = [
        [
            day(np.datetime64(found.day, "D")),
            whole(found.steps),
            figure(found.mae * unit.per_mw),
            figure(found.naive_mae * unit.per_mw),
            f"{'+' if found.bias > 0 else ''}{figure(found.bias * unit.per_mw)}",
            f"{found.temp_c:.1f}" if np.isfinite(found.temp_c) else MISSING,
            f"{_TEXT}{escape('; '.join(found.notes)) or MISSING}</td>",
        ]
        for found in days
    ]
    return table(head, rows, label="Worst days")


def facts(found: Mapping[str, Any], label: str) -> str:
    """Anything that a backtest states about itself, one row a fact; nested facts are indented by their names."""
    return table(["fact", "value"], [[escape(name), f"{_TEXT}{escape(text)}</td>"] for name, text in _flat(found)], label=label)


def cases(found: Mapping[str, Mapping[str, Any]], first: str) -> str:
    """Several cases with the same facts, one row a case."""
    head = [key for key in dict.fromkeys(key for facts_of in found.values() for key in facts_of) if key != CURVE]
    rows = [
        [escape(name.replace("_", " ")), *(escape(_plain(facts_of.get(key))) for key in head)]
        for name, facts_of in found.items()
    ]
    return table([first, *(escape(_label(key)) for key in head)], rows, label=first)


def curve_table(first: str, at: Sequence[str], curves: Mapping[str, np.ndarray], digits: int = 3) -> str:
    """The figures behind a picture, folded away."""
    rows = [[escape(name), *(figure(float(values[row]), digits) for values in curves.values())] for row, name in enumerate(at)]
    inner = table([first, *(escape(name) for name in curves)], rows, label=f"Figures by {first}")
    return f"<details><summary>The figures as a table</summary>{inner}</details>"


def _flat(found: Mapping[str, Any], above: str = "") -> Iterable[tuple[str, str]]:
    for key, value in found.items():
        if key == CURVE:
            continue
        name = f"{above}{_label(str(key))}"
        if isinstance(value, Mapping):
            yield from _flat(value, f"{name}: ")
        else:
            yield name, _plain(value)


def _label(key: str) -> str:
    words = key.replace("_", " ")
    return f"{words.removesuffix(' mw')} [MW]" if words.endswith(" mw") else words


def _plain(value: Any) -> str:
    if value is None:
        return MISSING
    return whole(value) if isinstance(value, int) else figure(value) if isinstance(value, float) else str(value)


def _cell(value: Any, factor: float = 1.0, best: float | None = None) -> str:
    if value is None:
        return _td(None, MISSING)
    text = figure(value * factor)
    return _td(value, f"<strong>{text}</strong>" if value == best else text)


def _seconds(value: Any) -> str:
    return _td(value, MISSING if value is None else f"{value:.2f}")


def _share(value: Any) -> str:
    return _td(value, percent(value).removesuffix(" %"))


def _td(value: Any, text: str) -> str:
    return f'<td data-v="{"" if value is None else value}">{text}</td>'


def _lowest(experts: Mapping[str, Mapping[str, Any]], key: str) -> float | None:
    known = [found[key] for found in experts.values() if found.get(key) is not None]
    return min(known, default=None)


def _sort_key(value: Any) -> float:
    return float("inf") if value is None else float(value)

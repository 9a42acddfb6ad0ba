"""The answer as a page: one HTML file that needs nothing else, and sends nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from html import escape
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from forecasts.report.page import page, picture
from twin.dispatch import drawings
from twin.dispatch.table import device_cells, total_rows
from twin.dispatch.words import Words

_MOST_DRAWN = 9
"""Devices with a colour of their own; the rest is one."""


def write_report(answer: Mapping[str, Any], path: Path, language: str) -> None:
    """Write one self-contained HTML file (about 5 MB, plotly.js included); it works offline, in light and in dark.

    The file is there whole or not at all.

    Raises:
        OSError: when it cannot be written.
    """
    words = Words.of(answer, language)
    title = answer["title"] or words("report.untitled")
    text = page(f"{title} – {words.day()}", _head(answer, words, title), [_pictures(answer, words), _tables(answer, words)])
    text = text.replace('<html lang="en">', f'<html lang="{language}">', 1)
    partial = path.with_name(f".{path.name}.partial")
    try:
        partial.write_text(text, encoding="utf-8")
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def _head(answer: Mapping[str, Any], words: Words, title: str) -> str:
    lines = [f"<h1>{escape(title)}</h1><p class='muted'>{escape(words.span())}</p>"]
    lines += [f'<p><span class="badge">{escape(line)}</span></p>' for line in words.rules()]
    cost, saving = answer["cost_chf"], answer["saving_chf"]
    code = "equal" if abs(saving) < 0.005 else ("saves" if saving > 0 else "costs_more")
    lead = words(f"report.{code}", saving=abs(saving), plan=cost["plan"]["total"], before=cost["before"]["total"])
    lines.append(f"<p class='lead'>{escape(lead)}</p>")
    lines += [f"<p>{escape(line)}</p>" for line in words.notes()]
    missing = words.missing()
    if missing:
        lines.append(f"<ul class='faults'>{''.join(f'<li>{escape(line)}</li>' for line in missing)}</ul>")
    return "".join(lines)


# ------------------------------------------------------------------------------------------------------------ pictures


def _pictures(answer: Mapping[str, Any], words: Words) -> str:
    edges, clock = _edges(answer, words), f"{words('report.clock')}, {words.timezone}"
    ranked = sorted(answer["devices"], key=lambda device: -max(map(abs, device["p_kw"])))
    moving = [device for device in ranked if any(device["p_kw"])]
    stores = [store["id"] for store in answer["stores"]]
    colours = drawings.colours_of([device["id"] for device in moving[:_MOST_DRAWN]], stores)
    wide = [_power(answer, moving, colours, words, edges, clock), _stores(answer, colours, words, edges, clock)]
    small = [_heat(answer, colours, words, edges, clock), _prices(answer, words, edges, clock)]
    if answer["grid"] is not None:
        small += _wires(answer, words, edges, clock)
    return f"<section class='series'>{''.join(wide)}<div class='grid'>{''.join(small)}</div></section>"


def _edges(answer: Mapping[str, Any], words: Words) -> np.ndarray:
    """Local wall clock of every step's start and the last one's end."""
    zone = ZoneInfo(words.timezone)
    hours = np.concatenate([[0.0], np.cumsum(answer["hours"])])
    starts = [words.start + timedelta(seconds=round(3600.0 * hour)) for hour in hours.tolist()]
    instants = [at.astimezone(zone).replace(tzinfo=None) for at in starts]
    return np.array(instants, dtype="datetime64[s]")


def _power(
    answer: Mapping[str, Any],
    moving: Sequence[Mapping[str, Any]],
    colours: Mapping[str, str],
    words: Words,
    edges: np.ndarray,
    clock: str,
) -> str:
    curves = {device["id"]: (np.asarray(device["p_kw"]), colours[device["id"]]) for device in moving[:_MOST_DRAWN]}
    if rest := [device["p_kw"] for device in moving[_MOST_DRAWN:]]:
        curves[words("report.others")] = (np.sum(rest, axis=0), drawings.OTHERS)
    base = np.asarray(answer["net_kw"]["base"])
    if base.any():
        curves = {words("report.base"): (base, drawings.BASE), **curves}
    lines = {
        words("report.import"): (np.asarray(answer["net_kw"]["plan"]), "solid"),
        words("report.import_before"): (np.asarray(answer["net_kw"]["before"]), "dot"),
    }
    figure = drawings.stacked(edges, curves, lines, unit="kW", clock=clock, height=430)
    return picture(words("report.power"), figure, words("report.power_note"))


def _stores(answer: Mapping[str, Any], colours: Mapping[str, str], words: Words, edges: np.ndarray, clock: str) -> str:
    curves = {}
    for store in answer["stores"]:
        top = max((high for high in store["high"] if high is not None), default=0.0)
        if store["unit"] == "kWh" and top > 0.0:
            plan, before = (100.0 / top * np.array([store["start"], *store[which]]) for which in ("plan", "before"))
            curves[store["id"]] = (plan, before, colours[store["id"]])
    if not curves:
        return ""
    figure = drawings.levels(edges, curves, unit="%", clock=clock, height=360)
    return picture(words("report.stores"), figure, words("report.stores_note"))


def _heat(answer: Mapping[str, Any], colours: Mapping[str, str], words: Words, edges: np.ndarray, clock: str) -> str:
    rooms = [store for store in answer["stores"] if store["unit"] == "degC"]
    if not rooms:
        return ""
    return picture(words("report.heat"), drawings.comfort(edges, rooms, colours, clock=clock), words("report.heat_note"))


def _prices(answer: Mapping[str, Any], words: Words, edges: np.ndarray, clock: str) -> str:
    at = _dearest(answer["devices"])
    found = answer["prices_chf_per_kwh"]
    tariffs = {
        words("report.import_tariff"): (np.asarray(found["import"]), "solid"),
        words("report.export_tariff"): (np.asarray(found["export"]), "dot"),
    }
    title, parts = words("report.prices"), dict[str, tuple[np.ndarray, str]]()
    if at is not None:
        title = title if answer["grid"] is None else f"{title}, {at['id']}"
        priced = at["price_chf_per_kwh"].items()
        parts = {words(f"report.part.{part}"): (np.asarray(values), drawings.PARTS[part]) for part, values in priced}
    figure = drawings.stacked(edges, parts, tariffs, unit="CHF/kWh", clock=clock)
    return picture(title, figure, words("report.prices_note" if answer["grid"] is None else "report.prices_at_note"))


def _dearest(devices: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """The device whose price has most beside energy: where the grid shows; None where there are no prices."""

    def beside(device: Mapping[str, Any]) -> float:
        parts = device["price_chf_per_kwh"]
        return float(sum(np.abs(values).sum() for part, values in parts.items() if part not in {"energy", "peak"}))

    priced = [device for device in devices if device.get("price_chf_per_kwh")]
    return max(priced, key=beside, default=None)


def _wires(answer: Mapping[str, Any], words: Words, edges: np.ndarray, clock: str) -> list[str]:
    grid, limits = answer["grid"], answer["grid"]["limits"]
    names = {"before": words("head.before"), "plan": words("head.plan")}
    loading = {name: [grid[which]["loading_percent"]] for which, name in names.items()}
    top = [limits["loading_percent"]]
    figure = drawings.against(edges, loading, top, unit="%", clock=clock)
    found = [picture(words("report.loading"), figure, words("report.loading_note"))]
    voltage = {name: [grid[which][end] for end in ("vm_min_pu", "vm_max_pu")] for which, name in names.items()}
    band = [limits["vm_min_pu"], limits["vm_max_pu"]]
    figure = drawings.against(edges, voltage, band, unit="pu", clock=clock)
    return [*found, picture(words("report.voltage"), figure, words("report.voltage_note"))]


# ------------------------------------------------------------------------------------------------------------ tables


def _tables(answer: Mapping[str, Any], words: Words) -> str:
    head = [words(f"head.{name}") for name in ("device", "kind", "moved", "now", "cost", "reason")]
    rows = [_device_row(device, words) for device in answer["devices"]]
    devices = _table(words("report.devices"), head, rows, texts=(1, 5))
    totals = [[escape(name), before, plan] for name, before, plan in total_rows(answer, words)]
    both = _table(words("report.totals"), [words(f"head.{name}") for name in ("total", "before", "plan")], totals)
    return f"<section class='series'>{devices}{both}</section>"


def _device_row(device: Mapping[str, Any], words: Words) -> list[str]:
    kind, reason = (escape(text) for text in (words(f"class.{device['class']}"), words.reason(device)))
    return [escape(device["id"]), kind, *device_cells(device, words), reason]


def _table(title: str, head: Sequence[str], rows: Sequence[Sequence[str]], texts: Sequence[int] = ()) -> str:
    def cell(tag: str, at: int, text: str) -> str:
        kind = ' class="text"' if at in texts else ""
        return f"<{tag}{kind}>{text}</{tag}>"

    top = "".join(cell("th", at, escape(text)) for at, text in enumerate(head))
    body = "".join(
        f"<tr><th>{row[0]}</th>{''.join(cell('td', at, text) for at, text in enumerate(row[1:], 1))}</tr>" for row in rows
    )
    return (
        f"<h3>{escape(title)}</h3><div class='scroll' tabindex='0' role='region' aria-label='{escape(title)}'>"
        f"<table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table></div>"
    )

"""The answer as a table: every device with its move and its reason, then the totals with and without a plan."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from twin.dispatch.words import Words

if TYPE_CHECKING:
    from rich.table import Table

COSTS = ("energy", "peak", "owners", "use", "stored")
"""Parts of the cost, in the order in which they are shown."""
_WIRES: tuple[tuple[str, str, Callable[[Sequence[float]], float], str], ...] = (
    ("loading", "loading_percent", max, "%"),
    ("vm_min", "vm_min_pu", min, "pu"),
    ("vm_max", "vm_max_pu", max, "pu"),
)


def show(answer: Mapping[str, Any], language: str) -> None:
    """Print it. What went wrong stands in the first lines."""
    from rich.console import Console

    words = Words.of(answer, language)
    console = Console(highlight=False)
    for line in words.rules():
        console.print(line, style="bold", markup=False, soft_wrap=True)
    console.print(answer["title"] or words("report.untitled"), style="bold", markup=False)
    console.print(words.span(), markup=False)
    console.print(_devices(answer, words))
    console.print(_totals(answer, words))
    for line in (*words.missing(), *words.notes()):
        console.print(line, markup=False, soft_wrap=True)


def total_rows(answer: Mapping[str, Any], words: Words) -> Iterator[tuple[str, str, str]]:
    """Name, without a plan, with it."""

    def row(name: str, before: str, plan: str) -> tuple[str, str, str]:
        return words(f"total.{name}"), before, plan

    def figures(name: str, found: Mapping[str, float | None], unit: str) -> tuple[str, str, str]:
        return row(name, words.figure(found["before"], unit), words.figure(found["plan"], unit))

    for part in ("total", *COSTS):
        yield figures(part, {which: costs[part] for which, costs in answer["cost_chf"].items()}, "CHF")
    yield figures("peak_kw", answer["peak_kw"], "kW")
    if answer["peak_kw"]["so_far"] > 0.0:
        yield figures("month_peak_kw", answer["month_peak_kw"], "kW")
    over, missing, grid = answer["violations"], answer["missing"], answer["grid"]
    yield row("violations", *(words.figure(over[which]["steps"], "") for which in ("before", "plan")))
    yield row("missing", str(len(missing["before"])), str(len(missing["plan"])))
    if grid is not None:
        for name, key, worst, unit in _WIRES:
            yield figures(name, {which: _known(worst, grid[which][key]) for which in ("before", "plan")}, unit)


def _known(worst: Callable[[Sequence[float]], float], values: Sequence[float | None]) -> float | None:
    """Of the steps whose power flow has a solution; None where none has."""
    known = [value for value in values if value is not None]
    return worst(known) if known else None


def device_cells(device: Mapping[str, Any], words: Words) -> tuple[str, ...]:
    """Energy moved, power now, cost."""
    cost = device["energy_chf"]["plan"] + device["use_chf"]["plan"]
    now = words.figure(device["p_kw"][0], "kW", signed=True)
    return words.figure(device["moved_kwh"], "kWh"), now, words.figure(cost, "CHF")


def _devices(answer: Mapping[str, Any], words: Words) -> Table:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    table = Table(box=SIMPLE_HEAD, pad_edge=False, collapse_padding=True)
    table.add_column(words("head.device"))
    for name in ("moved", "now", "cost"):
        table.add_column(words(f"head.{name}"), justify="right", no_wrap=True)
    table.add_column(words("head.reason"))
    for device in answer["devices"]:
        table.add_row(Text(device["id"]), *device_cells(device, words), Text(words.reason(device)))
    return table


def _totals(answer: Mapping[str, Any], words: Words) -> Table:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    table = Table(box=SIMPLE_HEAD, pad_edge=False, collapse_padding=True)
    table.add_column(words("head.total"))
    for name in ("before", "plan"):
        table.add_column(words(f"head.{name}"), justify="right", no_wrap=True)
    for at, row in enumerate(total_rows(answer, words)):
        table.add_row(*row, style="bold" if at == 0 else None)
    return table

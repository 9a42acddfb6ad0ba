"""The figures as tables on the terminal, each beside what is asked for."""

from __future__ import annotations

from typing import Any

import targets
from replay import OURS_SINGLE
from rich.console import Console
from rich.table import Table

_MARK = {True: "[green]yes[/]", False: "[red]no[/]", None: ""}


def show(figures: dict[str, Any], console: Console) -> None:
    """Every table that ``figures`` has something for."""
    console.print(_replay(figures))
    if figures["outages"]:
        console.print(_outages(figures["outages"]))
    if figures["estimation"]:
        console.print(_estimation(figures["estimation"]))
    console.print(_floor(figures))
    console.print(_single(figures))


def _replay(figures: dict[str, Any]) -> Table:
    columns = ("grid", "engine", "us/step", "wall", "vm error pu", "loading error %", "ours faster", "asked", "kept")
    table = _table("Year replay, element arrays to statistics (CPU time)", columns)
    for grid, engines in figures["replay"].items():
        for name, found in engines.items():
            if "skipped" in found:
                table.add_row(grid, name, "-", "", found["skipped"])
                continue
            error = found["error"]
            loading = max(error["line_loading_percent"], error["trafo_loading_percent"])
            asked, kept = _asked_of(grid, name, found, loading)
            table.add_row(
                grid,
                name + (f" [red]WRONG: {found['wrong']}[/]" if "wrong" in found else ""),
                f"{found['us_per_step']:.2f}",
                f"{found['us_per_step_wall']:.2f}",
                f"{error['vm_pu']:.1e}",
                f"{loading:.1e}",
                _times(found.get("ratio")),
                asked,
                _MARK[kept],
            )
        table.add_section()
    return table


def _asked_of(grid: str, name: str, found: dict[str, Any], loading: float) -> tuple[str, bool | None]:
    if not name.startswith("ours"):
        target = targets.replay_ratio(grid, name)
        return (f">= {target:.0f}x" if target else ""), targets.at_least(found.get("ratio"), target)
    voltage = found["error"]["vm_pu"]
    if name == OURS_SINGLE:
        limit = targets.VM_ERROR_PU["float32"]
        return f"<= {limit:.0e} pu", voltage <= limit
    limit, percent = targets.VM_ERROR_PU["float64"], targets.LOADING_ERROR_PERCENT
    return f"<= {limit:.0e} pu, {percent:.0e} %", voltage <= limit and loading <= percent


def _outages(grids: dict[str, Any]) -> Table:
    columns = ("grid", "engine", "us/outage and state", "wall", "error pu", "ours faster", "asked", "kept")
    table = _table("N-1 over time (CPU time)", columns)
    for grid, engines in grids.items():
        for name, found in engines.items():
            if "skipped" in found:
                table.add_row(grid, name, "-", "", found["skipped"])
                continue
            target = targets.OUTAGE_RATIO.get(name)
            table.add_row(
                grid,
                name + (f" [red]WRONG: {found['wrong']}[/]" if "wrong" in found else ""),
                f"{found['us_per_outage']:.2f}",
                f"{found['us_per_outage_wall']:.2f}",
                f"{found['error']['vm_pu']:.1e}",
                _times(found.get("ratio")),
                f">= {target:.0f}x" if target else "",
                _MARK[targets.at_least(found.get("ratio"), target)],
            )
        table.add_section()
    return table


def _estimation(grids: dict[str, Any]) -> Table:
    columns = ("grid", "engine", "ms", "wall", "rmse pu", "faster than pandapower", "asked", "kept")
    table = _table("State estimation (CPU time)", columns)
    for grid, engines in grids.items():
        for name, found in engines.items():
            if "skipped" in found:
                table.add_row(grid, name, "-", "", found["skipped"])
                continue
            ratio, target = found.get("ratio"), targets.ESTIMATION_RATIO
            equal = found.get("rmse_ratio", 1.0) <= targets.ESTIMATION_RMSE_RATIO
            table.add_row(
                grid,
                name,
                f"{found['ms']:.2f}",
                f"{found['ms_wall']:.2f}",
                f"{found['rmse_vm_pu']:.3e}",
                _times(ratio),
                f">= {target:.0f}x, equal rmse" if ratio else "",
                _MARK[None if ratio is None else equal and ratio >= target],
            )
        table.add_section()
    return table


def _floor(figures: dict[str, Any]) -> Table:
    rates = figures["rates"]
    title = f"Physical floor ({rates['bytes_per_s'] / 1e9:.1f} GB/s, {rates['flops_per_s'] / 1e9:.1f} Gflop/s on one core)"
    table = _table(title, ("grid", "bytes/step", "flops/step", "iterations", "floor us", "bound by", "ours over it"))
    for grid, found in figures["floor"].items():
        table.add_row(
            grid,
            f"{found['bytes_per_step']:,}",
            f"{found['flops_per_step']:,}",
            f"{found['iterations']:.1f}",
            f"{found['floor_us']:.3f}",
            found["bound"],
            _times(found.get("ours_over_floor")),
        )
    return table


def _single(figures: dict[str, Any]) -> Table:
    table = _table("One figure each", ("what", "measured", "asked", "kept"))
    year, live, memory, start = (figures[key] for key in ("year", "live_outages", "memory", "start"))
    seconds, rate = year.get("seconds"), year.get("states_per_s")
    _row(table, "demo site's year, one core", year, f"{seconds or 0:.3f} s", f"<= {targets.YEAR_S} s",
         targets.at_most(seconds, targets.YEAR_S))  # fmt: skip
    _row(table, "states per second", year, f"{rate or 0:,.0f}", f">= {targets.STATES_PER_S:,.0f}",
         targets.at_least(rate, targets.STATES_PER_S))  # fmt: skip
    _row(table, "N-1 of one live state, with restoration", live, f"{live.get('ms', 0.0):.1f} ms",
         f"<= {targets.LIVE_OUTAGES_MS:.0f} ms", targets.at_most(live.get("ms"), targets.LIVE_OUTAGES_MS))  # fmt: skip
    _row(table, f"peak memory of a year, {targets.LARGE_GRID}", memory,
         f"{memory.get('peak_mb', 0.0):.0f} MB in {memory.get('seconds', 0.0):.1f} s", f"<= {targets.YEAR_PEAK_MB:.0f} MB",
         targets.at_most(memory.get("peak_mb"), targets.YEAR_PEAK_MB))  # fmt: skip
    second = start.get("second", start)
    compiled = second.get("compiled")
    kept = None if compiled is None else compiled == 0 and not start["cache_changed"]
    _row(table, "second process start", second,
         f"first solve after {second.get('first_solve_s', 0.0):.2f} s, {compiled} functions compiled, cache "
         + ("changed" if start.get("cache_changed") else "unchanged"), "compiles nothing", kept)  # fmt: skip
    return table


def _row(table: Table, what: str, found: dict[str, Any], measured: str, asked: str, kept: bool | None) -> None:
    table.add_row(what, found.get("skipped", measured), asked, _MARK[kept])


def _table(title: str, columns: tuple[str, ...]) -> Table:
    table = Table(title=title, title_justify="left")
    for column in columns:
        table.add_column(column, justify="left" if column in {"grid", "engine", "what", "asked", "bound by"} else "right")
    return table


def _times(ratio: float | None) -> str:
    return "" if ratio is None else f"{ratio:,.1f}x"

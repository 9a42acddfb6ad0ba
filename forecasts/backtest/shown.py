"""A backtest on a terminal: who forecast how well, and in one sentence who won and by how much."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from forecasts.backtest.peers import PEERS
from forecasts.report.findings import against_peers, headline
from forecasts.report.words import counted, figure, percent

if TYPE_CHECKING:
    from rich.table import Table

_COLUMNS = ("pinball", "MAE", "skill", "in 90 %", "fit s", "predict s")  # as many as 80 characters hold


def experts_table(summary: Mapping[str, Any]) -> Table:
    """Every expert, the lowest pinball loss first; a run with measured weather says so in its title."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    perfect = ", perfect weather (measured, not forecast)" if "perfect" in summary["weather"] else ""
    title = f"{summary['series']}: {counted(summary['origins'], 'origin')}, {summary['horizon_h']:g} h ahead, MW{perfect}"
    table = Table(title=title, title_justify="left", box=SIMPLE_HEAD, pad_edge=False, collapse_padding=True)
    table.add_column("expert", no_wrap=True)
    for name in _COLUMNS:
        table.add_column(name, justify="right", no_wrap=True)
    experts: Mapping[str, Mapping[str, Any]] = summary["experts"]
    for name in sorted(experts, key=lambda name: _last_if_none(experts[name]["pinball_10_90"])):
        found = experts[name]
        table.add_row(
            f"{name} (naive)" if name == summary["naive"] else name,
            figure(found["pinball_10_90"], 4),
            figure(found["mae"], 4),
            percent(found["skill"]),
            percent(found["coverage_90"]),
            f"{found['fit_s']:.2f}",
            f"{found['predict_s']:.2f}",
            style="bold" if name == summary["champion"] else None,
        )
    return table


def verdict(summary: Mapping[str, Any]) -> str:
    """Who won and by how much, against the naive forecast, the best single expert and the peers."""
    experts = summary["experts"]
    peers = [name for name in PEERS if name in experts]
    first = headline(experts, summary["champion"], summary["naive"], peers)
    return " ".join(text for text in (first, against_peers(experts, summary["champion"], peers)) if text)


def _last_if_none(value: float | None) -> float:
    return float("inf") if value is None else value

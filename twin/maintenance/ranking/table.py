"""The ranking as a table for people: what, why, what it costs and avoids, when, and whether it is chosen."""

from __future__ import annotations

from twin.maintenance.ranking.ranked import Ranked
from twin.maintenance.ranking.words import Words


def show(ranked: Ranked, language: str, *, why: str | None = None) -> None:
    """Print it; with ``why`` everything about that asset instead."""
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    words = Words.of(ranked, language)
    console = Console(highlight=False)
    console.print(words.title(), style="bold", markup=False)
    if why is not None:
        for line in words.why(next(asset for asset in ranked.assets if asset.asset == why)):
            console.print(line, markup=False, soft_wrap=True)
        return
    for line in words.basis():
        console.print(line, markup=False, soft_wrap=True)
    table = Table(box=SIMPLE_HEAD, pad_edge=False, collapse_padding=True)
    table.add_column("", justify="right", no_wrap=True)
    table.add_column(words("head.action"))
    for name in ("cost", "avoided", "ratio"):
        table.add_column(words(f"head.{name}"), justify="right", no_wrap=True)
    for item in ranked.items:
        figures = (words.money(item.cost_chf), words.money(item.risk_avoided_chf), words.figure(item.ratio, "", 2))
        chosen = item.status == "chosen"
        text = Text(words.work(item), style="bold" if chosen else "")
        sure = f"{words('head.confidence')} {words.share(item.confidence)}"
        for line in (f"{words.said(item.cause)}; {sure}", words.window(item.window), words.plan(item)):
            text.append(f"\n{line}", style="not bold")
        table.add_row(str(item.rank), text, *figures, end_section=True)
    console.print(table)
    for year in ranked.years:
        sums = {"cost_chf": year.cost_chf, "crew_h": year.crew_h, "avoided_chf": year.risk_avoided_chf}
        console.print(words("year", year=str(year.year), count=len(year.chosen), **sums), markup=False, soft_wrap=True)
    for line in words.left():
        console.print(line, markup=False, soft_wrap=True)

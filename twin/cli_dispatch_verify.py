"""``regie dispatch verify``: what calls for demand response have delivered, with intervals, rebound and a control group."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

if TYPE_CHECKING:
    import xarray as xr
    from rich.table import Table

    from twin.boxes.flexibility.verify.baseline import Baseline
    from twin.boxes.flexibility.verify.events import Event
    from twin.boxes.flexibility.verify.local_days import LocalDays
    from twin.boxes.flexibility.verify.rule import Rule
    from twin.cli_dispatch_files import MeterFile
    from twin.domain.problems import Problem, Problems

_STAMP = "%Y-%m-%dT%H:%MZ"


def register(app: typer.Typer) -> None:
    """Add the command to ``regie dispatch``."""
    app.command()(verify)


def verify(  # noqa: PLR0917 - the flags of one command; Typer passes them by name
    meters: Annotated[str, typer.Argument(help="CSV or Parquet: starts of intervals, and a column for each customer called.")],
    events: Annotated[str, typer.Option(help="CSV (start, end, notice, called_mw) or TOML ([[event]] tables).")],
    control: Annotated[str | None, typer.Option(help="Meters of customers who were not called, as METERS.")] = None,
    tz: Annotated[str, typer.Option(help="Clock that the customers live by, and of stamps without offset.")] = "Europe/Zurich",
    country: Annotated[str, typer.Option(help="Country of the public holidays, such as CH. Default: none known.")] = "",
    subdiv: Annotated[str, typer.Option(help="Its canton or state, such as ZH.")] = "",
    time: Annotated[str, typer.Option(help="Column with the starts of the intervals.")] = "time",
    unit: Annotated[str, typer.Option(help="Of the meters: W, kW, MW, Wh, kWh or MWh (energy per interval).")] = "kW",
    called_mw: Annotated[
        float | None, typer.Option(help="Power called, for events that state none. Default: no share.")
    ] = None,
    high: Annotated[int, typer.Option(help="X of 'high X of Y': days whose mean is the baseline.")] = 4,
    of: Annotated[int, typer.Option(help="Y: last days of the same type without an event, to choose from.")] = 5,
    adjustment: Annotated[str, typer.Option(help="By the day's own hours: additive, multiplicative or none.")] = "additive",
    cap_percent: Annotated[
        float | None, typer.Option(help="Most that it may do. Default: 20 multiplicative, else none.")
    ] = None,
    from_h: Annotated[float, typer.Option(help="Its window begins so many hours before the notice ...")] = 4.0,
    to_h: Annotated[float, typer.Option(help="... and ends so many before.")] = 2.0,
    rebound_h: Annotated[float, typer.Option(help="Hours after the call in which a rebound is looked for.")] = 4.0,
    confidence_percent: Annotated[float, typer.Option(help="Of the intervals.")] = 95.0,
    leave_out_incomplete: Annotated[
        bool, typer.Option("--leave-out-incomplete", help="Go on without customers who lack values; they count as zero.")
    ] = False,
    json_line: Annotated[bool, typer.Option("--json", help="Print one compact JSON line instead.")] = False,
) -> None:
    """Measure what calls have delivered: customer baselines, mobilised share and rebound, and against a control group."""
    from twin.boxes.flexibility.verify.rule import Adjustment, Rule
    from twin.cli_dispatch_flags import check_confidence
    from twin.domain.finite import finite
    from twin.domain.problems import BadInput, Problems

    rule = Rule(
        highest=high,
        of=of,
        adjustment=cast(Adjustment, adjustment),
        cap_percent=cap_percent,
        from_h=from_h,
        to_h=to_h,
        rebound_h=rebound_h,
    )
    problems = Problems()
    rule.check(problems)
    check_confidence(confidence_percent, problems)
    try:
        asked = _read(meters, control, events, time, tz, unit, called_mw, (country, subdiv), problems)
        figures = _verified(asked, rule, confidence_percent / 100.0, leave_out_incomplete)
    except BadInput as error:
        for problem in error.problems:
            typer.echo(f"regie: {problem}", err=True)
        raise typer.Exit(error.exit_code) from None
    figures["unit"], figures["timezone"] = unit, tz
    if json_line:
        typer.echo(json.dumps(finite(figures), separators=(",", ":"), allow_nan=False))
    else:
        _show(figures)


@dataclass(frozen=True)
class _Asked:
    meters: MeterFile
    control: MeterFile | None
    events: list[Event]
    days: LocalDays


def _read(  # noqa: PLR0917 - what the flags state, once
    meters: str,
    control: str | None,
    events: str,
    time: str,
    tz: str,
    unit: str,
    called_mw: float | None,
    holidays: tuple[str, str],
    problems: Problems,
) -> _Asked:
    """Both files' meters, the calls and the calendar.

    Args:
        problems: faults of the other flags.

    Raises:
        BadInput: with every fault of flags and files.
    """
    from twin.cli_dispatch_files import check_beside, local_days, read_events, read_meters
    from twin.cli_dispatch_flags import known_clock, known_unit

    clock, unit = known_clock(tz, *holidays, problems), known_unit(unit, problems)
    read = read_meters(meters, time=time, timezone=clock, unit=unit, problems=problems)
    beside = None if control is None else read_meters(control, time=time, timezone=clock, unit=unit, problems=problems)
    calls = read_events(events, timezone=clock, called_mw=called_mw, problems=problems)
    if problems:
        check_beside(calls, read, problems)
    problems.raise_if_any()
    assert read is not None  # else a fault was noted
    spans = [each.power_mw.time.values for each in (read, beside) if each is not None]
    return _Asked(read, beside, calls, local_days(tz, *holidays, spans))


def _verified(asked: _Asked, rule: Rule, confidence: float, leave_out: bool) -> dict[str, Any]:
    """Every figure of the command.

    Raises:
        BadInput: with the faults of both ways to measure.
    """
    from twin.boxes.flexibility.verify.baseline import complete_customers
    from twin.boxes.flexibility.verify.difference import comparable_customers, difference_in_differences
    from twin.boxes.flexibility.verify.mobilised import mobilised
    from twin.domain.problems import BadInput, Problems

    power = asked.meters.power_mw
    beside = None if asked.control is None else asked.control.power_mw
    left_out: list[str] = []
    if leave_out:
        power, left_out = _complete(power, complete_customers(power, asked.events, rule=rule, days=asked.days))
    if leave_out and beside is not None:
        power, gone = _complete(power, comparable_customers(power, asked.events, days=asked.days))
        beside, gone_beside = _complete(beside, comparable_customers(beside, asked.events, days=asked.days))
        left_out += gone + gone_beside
    problems = Problems()
    found, effect = None, None
    try:
        found = mobilised(power, asked.events, rule=rule, days=asked.days, confidence=confidence)
    except BadInput as error:
        problems.found.extend(error.problems)
    if beside is not None:
        try:
            effect = difference_in_differences(power, beside, asked.events, days=asked.days, confidence=confidence)
        except BadInput as error:
            problems.found.extend([each for each in error.problems if not _said(each, problems)])
    problems.raise_if_any()
    assert found is not None  # else a fault was noted
    figures: dict[str, Any] = {
        "customers": power.sizes["customer"],
        "left_out": left_out,
        "rule": _rule(rule),
        "confidence_percent": round(100.0 * confidence, 6),
        "events": _rows(asked, found.events, found.baselines),
        "total": _scalars(found.total),
        "findings": [*asked.meters.findings, *(asked.control.findings if asked.control else ())],
    }
    if effect is not None and beside is not None:
        figures["difference"] = {
            "control_customers": beside.sizes["customer"],
            "events": [_scalars(effect.events.isel(event=at)) for at in range(len(asked.events))],
            "total": _scalars(effect.total),
        }
    return figures


def _complete(power: xr.DataArray, complete: xr.DataArray) -> tuple[xr.DataArray, list[str]]:
    """The customers to go on with, and the names of the others."""
    return power.isel(customer=complete.values), [str(name) for name in power.customer.values[~complete.values]]


def _said(problem: Problem, problems: Problems) -> bool:
    """Whether the first way to measure has found the same fault: the second names a group before it."""
    return any(problem.place.endswith(each.place) and problem.value == each.value for each in problems)


def _rule(rule: Rule) -> dict[str, Any]:
    return {
        "high": rule.highest,
        "of": rule.of,
        "adjustment": rule.adjustment,
        "cap_percent": 100.0 * rule.cap,
        "from_h": rule.from_h,
        "to_h": rule.to_h,
        "rebound_h": rule.rebound_h,
    }


def _rows(asked: _Asked, found: Any, baselines: Sequence[Baseline]) -> list[dict[str, Any]]:
    """One entry per event, with what each customer delivered and on which days each baseline rests."""
    from twin.boxes.flexibility.verify.hours import anchor_of

    rows = []
    for at, (event, baseline) in enumerate(zip(asked.events, baselines, strict=True)):
        one = found.isel(event=at)
        days = baseline.chosen.values.astype("datetime64[D]").astype(str)
        customers = {
            str(name): {"delivered_mwh": float(one.customer_delivered_mwh.values[i]), "days": sorted(days[:, i].tolist())}
            for i, name in enumerate(one.customer.values)
        }
        stamps = {"start": event.start.strftime(_STAMP), "end": event.end.strftime(_STAMP), "called_mw": event.called_mw}
        anchor = {"adjustment_before": anchor_of(event, asked.days).strftime(_STAMP)}
        rows.append({**stamps, **anchor, **_scalars(one), "customers": customers})
    return rows


def _scalars(found: Any) -> dict[str, float]:
    return {str(name): float(values) for name, values in found.data_vars.items() if values.ndim == 0}


def _show(figures: Mapping[str, Any]) -> None:
    """For people: the calls and their total, then the control group's word."""
    from rich.console import Console

    console = Console(highlight=False)
    total, sure, shown = figures["total"], f"{figures['confidence_percent']:g} %", _Shown.of(figures["total"])
    for finding in figures["findings"]:
        console.print(finding, soft_wrap=True, markup=False)
    console.print(_table(figures, shown))
    left_out = figures["left_out"]
    if left_out:
        console.print(f"Left out for missing values, counted as zero: {', '.join(left_out)}.", soft_wrap=True, markup=False)
    if not math.isnan(total["called_mwh"]):
        share, low, high = (total[f"share_{name}_percent"] for name in ("corrected", "low", "high"))
        console.print(f"Mobilised share: {share:.0f} %, {sure} interval {low:.0f} % to {high:.0f} %.")
    console.print(
        f"The rule finds {shown.text(total['bias_mwh'])} on days without a call; that is taken off before the {sure} interval, "
        f"which is learned from {total['placebo_days']:.0f} such days.",
        soft_wrap=True,
    )
    if "difference" in figures:
        console.print(_difference(figures["difference"], sure, shown), soft_wrap=True)


@dataclass(frozen=True)
class _Shown:
    """The unit of a table's energies, and how many of it make one MWh."""

    unit: str
    per_mwh: float

    @classmethod
    def of(cls, total: Mapping[str, float]) -> _Shown:
        return cls("kWh", 1000.0) if abs(total["baseline_mwh"]) < 10.0 else cls("MWh", 1.0)

    def number(self, mwh: float) -> str:
        from forecasts.report.words import figure

        return figure(mwh * self.per_mwh, 3)

    def text(self, mwh: float) -> str:
        return f"{self.number(mwh)} {self.unit}"


def _table(figures: Mapping[str, Any], shown: _Shown) -> Table:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    rule, title = figures["rule"], f"{figures['customers']} customers, {shown.unit}"
    how = f"high {rule['high']} of {rule['of']}, adjustment {rule['adjustment']}"
    table = Table(title=f"{title}; {how}", title_justify="left", box=SIMPLE_HEAD, pad_edge=False, collapse_padding=True)
    table.add_column("event (UTC)", no_wrap=True)
    names = ("called", "delivered", "corrected", "low", "high", "rebound_corrected")
    for name in names:
        table.add_column(name.removesuffix("_corrected"), justify="right", no_wrap=True)
    for row in [*figures["events"], figures["total"]]:
        single = "start" in row
        cells = [shown.number(row[f"{name}_mwh"]) for name in names]
        when = row["start"][:-1].replace("T", " ") if single else "all"
        table.add_row(when, *cells, style=None if single else "bold")
    return table


def _difference(found: Mapping[str, Any], sure: str, shown: _Shown) -> str:
    total = found["total"]
    parallel = "the groups were parallel before" if total["pre_trend_p"] >= 0.05 else "the groups were NOT parallel before"
    return (
        f"Against {found['control_customers']} control customers: {shown.text(total['shed_mwh'])} shed, {sure} interval "
        f"{shown.number(total['shed_low_mwh'])} to {shown.text(total['shed_high_mwh'])}; {parallel} "
        f"(p = {total['pre_trend_p']:.2f})."
    )

"""Forecasts on measured series against last week, every single expert and, when asked, the peers; and how they bear bad data.

Every figure is a ratio on the same origins of the same run. Started by ``regie bench forecasts``.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
from measured_series import SUM, series_named
from rich.console import Console
from rich.table import Table

from forecasts.backtest.record import Record, record_of
from forecasts.champion.champion import Champion, train
from forecasts.data.cleaning import clean
from forecasts.expert import Blender, Expert, Fitted
from forecasts.experts.registry import experts_for
from forecasts.on_air.hierarchy import Hierarchy
from forecasts.on_air.issued import KEPT
from forecasts.on_air.reconcile import MinimumTrace, covariance_of
from forecasts.past import Past
from forecasts.quantiles import LEVELS
from forecasts.rehearsal.plan import Plan
from forecasts.rehearsal.rehearse import rehearse
from forecasts.scores import coverage, pinball_10_90
from forecasts.series import Series

_DAY_S = 86_400
_MANY = 100
_MIDDLE = LEVELS.index(0.5)
_HORIZON_H = {"load": 48, "pv": 24}
_NAIVE = {"load": "last_week", "pv": "yesterday"}
_ASKED = {"load": 0.55, "pv": 0.52}


def plan_of(series: Series, *, scored: int, warm: int, every_s: int = _DAY_S, end: int = 0) -> Plan:
    """A year of training at most, refitted every fortnight; the last ``scored`` days but ``end``."""
    rows = len(series.values)
    _, slot = series.place.calendar.locate(series.as_of(rows, reach=0).labels(0, rows), step_s=series.step_s)
    horizon = _HORIZON_H[series.kind] * 3600 // series.step_s
    known = np.flatnonzero(np.isfinite(series.values))
    midnight = np.flatnonzero(slot == 0)
    midnight = midnight[(midnight > known[0]) & (midnight + horizon <= known[-1] + 1)]
    midnight = midnight[: len(midnight) - end]
    scored = min(scored, len(midnight) // 3)
    warm = min(warm, len(midnight) - scored - 42)
    first = int(midnight[-scored])
    return Plan(365, 14, every_s // series.step_s, horizon, int(midnight[-scored - warm]), first, int(midnight[-1]) + 1, ())


@dataclass(frozen=True)
class SeesNoLastDay:
    """What an expert has learnt from whole days, asked without the last one."""

    fitted: Fitted

    def predict(self, past: Past, steps: int) -> np.ndarray:
        """The expert's forecast from what was known a day before."""
        return self.fitted.predict(past.shared("without the last day", lambda: _without_last_day(past)), steps)

    def to_bytes(self) -> bytes:
        """The expert's own."""
        return self.fitted.to_bytes()


def without_last_day(expert: Expert) -> Expert:
    """The expert, who never sees the last day before an issue, as when a meter has been silent since midnight before."""

    class Silent:
        name: ClassVar[str] = expert.name
        kinds: ClassVar[frozenset[str]] = expert.kinds

        def fit(self, past: Past, *, days_ahead: int, seed: int) -> SeesNoLastDay:
            return SeesNoLastDay(expert.fit(past, days_ahead=days_ahead, seed=seed))

        def load(self, data: bytes) -> SeesNoLastDay:
            return SeesNoLastDay(expert.load(data))

    return Silent()


def _without_last_day(past: Past) -> Past:
    values = past.values.copy()
    values[-past.slots_per_day :] = np.nan
    return Past(past.kind, past.start_s, past.step_s, values, past.weather, past.place, past.capacity_mw, past.planes)


def told(series: Series, plan: Plan, experts: Mapping[str, Expert | Blender], say: Callable[[str], None]) -> Record:
    """A rehearsal with progress."""
    begun = time.monotonic()

    def step(number: int, total: int, _block: object) -> None:
        say(f"{series.name}: block {number + 1} of {total}, {time.monotonic() - begun:.0f} s")

    return record_of(rehearse(series, plan, experts, seed=1, on_block=step))


def skill(record: Record) -> dict[str, Any]:
    """Pinball ratios and coverage over the scored origins."""
    kind = record.series.kind
    truth = record.truth()[record.scored]
    loss = {name: pinball_10_90(truth, record.forecast(name)[record.scored]) for name in record.names}
    naive = loss[_NAIVE[kind]]
    bands = {name: loss[name] / naive for name in record.names if name.endswith("_band")}
    best = min(bands, key=lambda name: bands[name])
    champion = record.forecast("champion")[record.scored]
    return {
        "kind": kind,
        "weather": record.series.weather_source,
        "origins": int(record.scored.sum()),
        "ratio": loss["champion"] / naive,
        "best_expert": best.removesuffix("_band"),
        "to_best": loss["champion"] / naive / bands[best],
        "coverage_90": coverage(truth, champion[..., 0], champion[..., -1]),
        "experts": {name.removesuffix("_band"): ratio for name, ratio in bands.items()},
        "fit_s": sum(record.fit_s.values()),
        "predict_s": sum(record.predict_s.values()),
    }


def ticks(series: Series, say: Callable[[str], None], names: list[str]) -> dict[str, float]:
    """MAE of the corrected forecast over that of the day's path, by lead [h]."""
    record = told(series, plan_of(series, scored=14, warm=42, every_s=3600), experts_for(series.kind, names), say)
    truth = record.truth()[record.scored]
    errors = {n: np.abs(record.forecast(n)[record.scored][..., _MIDDLE] - truth) for n in ("champion", "champion_day_ahead")}
    per_hour = 3600 // series.step_s
    mean = {name: np.nanmean(error, axis=0) for name, error in errors.items()}
    ratio = mean["champion"] / mean["champion_day_ahead"]
    leads = {"0.25": 0, "1": per_hour - 1, "6": 6 * per_hour - 1} if per_hour > 1 else {"1": 0, "6": 5}
    return {**{lead: float(ratio[step]) for lead, step in leads.items()}, "worst": float(np.nanmax(ratio))}


def hardship(series: Series, say: Callable[[str], None], names: list[str]) -> dict[str, float]:
    """What shifts, gaps, spikes and a silent last day do."""
    plan = plan_of(series, scored=28, warm=42)
    experts = experts_for(series.kind, names)
    truth: np.ndarray | None = None
    found: dict[str, float] = {}

    def mae(changed: Series, what: str, asked: Mapping[str, Expert | Blender] = experts) -> float:
        nonlocal truth
        record = told(replace(changed, name=f"{series.name}, {what}"), plan, asked, say)
        truth = record.truth()[record.scored] if truth is None else truth
        return float(np.nanmean(np.abs(record.forecast("champion")[record.scored][..., _MIDDLE] - truth)))

    clean_mae = mae(series, "clean")
    silent = {name: without_last_day(expert) for name, expert in experts.items() if isinstance(expert, Expert)}
    found["last_day_missing"] = mae(series, "last day missing", silent) / clean_mae
    rng = np.random.default_rng(0)
    rows = len(series.values)
    gaps = series.values.copy()
    while np.isnan(gaps).mean() < 0.15:
        first = rng.integers(rows)
        gaps[first : first + rng.integers(1, 12 * 3600 // series.step_s)] = np.nan
    found["gaps_15_percent"] = mae(replace(series, values=gaps), "gaps") / clean_mae
    spikes = series.values.copy()
    hit = rng.random(rows) < 0.01
    spikes[hit] *= rng.choice([10.0, -1.0, 0.0, 1000.0], int(hit.sum()))
    cleaned = clean(spikes, kind=series.kind, step_s=series.step_s, capacity_mw=series.capacity_mw).values
    found["spikes_1_percent"] = mae(replace(series, values=cleaned), "spikes") / clean_mae
    shifted = series.values.copy()
    shifted[plan.scored_from :] *= 0.7
    short = replace(plan, end=plan.scored_from + 14 * _DAY_S // series.step_s)
    record = told(replace(series, values=shifted, name=f"{series.name}, shift"), short, experts, say)
    band = record.forecast("champion")[record.scored]
    found["shift_coverage_90"] = coverage(record.truth()[record.scored], band[..., 0], band[..., -1])
    return found


def together(parts: Sequence[Series], say: Callable[[str], None], names: list[str]) -> dict[str, float]:
    """Pinball of the parts and of their sum once they sum (minimum trace), over that of each forecast alone."""
    start_s = max(part.start_s for part in parts)
    parts = [beginning_at(part, start_s) for part in parts]
    rows = min(len(part.values) for part in parts)
    whole = replace(parts[0], name="whole", values=np.sum([part.values[:rows] for part in parts], axis=0))
    plan = plan_of(whole, scored=56, warm=42)
    records = [told(series, plan, experts_for(series.kind, names), say) for series in (whole, *parts)]
    quantiles = np.stack([record.forecast("champion") for record in records], axis=1)  # dims (origin, name, step, quantile)
    truth = np.stack([record.truth() for record in records], axis=1)
    hierarchy = Hierarchy(("whole", *(part.name for part in parts)), np.array([[1.0, *(-1.0 for _ in parts)]]))
    moved = quantiles.copy()
    slots = _DAY_S // whole.step_s
    for at in np.flatnonzero(records[0].scored):
        errors = (truth - quantiles[..., _MIDDLE])[at - KEPT : at, :, :slots]
        covariance = covariance_of(np.moveaxis(errors, 1, 2).reshape(-1, len(records)), quantiles[at])
        trace = MinimumTrace(hierarchy, covariance)
        moved[at] = trace.reconcile_quantiles(quantiles[at])
    scored = records[0].scored
    found = {}
    for i, name in enumerate(hierarchy.names):
        loss = [pinball_10_90(truth[scored, i], one[scored, i]) for one in (moved, quantiles)]
        band = moved[scored, i]
        found[name] = loss[0] / loss[1]
        found[f"{name} cover 90"] = coverage(truth[scored, i], band[..., 0], band[..., -1])
    return found


def beginning_at(series: Series, start_s: int) -> Series:
    """Without what was before."""
    rows = (start_s - series.start_s) // series.step_s
    weather = {name: column[rows:] for name, column in series.weather.items()}
    return replace(series, start_s=start_s, values=series.values[rows:], quality=series.quality[rows:], weather=weather)


def cost(series: Series) -> dict[str, float]:
    """Seconds of a training on at most a year, and of a tick's path."""
    rows = len(series.values)
    experts = experts_for(series.kind)
    _, slot = series.place.calendar.locate(series.as_of(rows, reach=0).labels(0, rows), step_s=series.step_s)
    midnight = np.flatnonzero(slot == 0)
    past = series.as_of(int(midnight[-10]), reach=400, first=int(midnight[max(0, len(midnight) - 375)]))
    begun = time.process_time()
    champion = train(past, experts, leads=_HORIZON_H[series.kind] * 3600 // series.step_s, seed=1)
    trained = time.process_time()
    champion = Champion.read(champion.to_bytes(), experts)
    champion.quantiles(past, champion.said(past))  # loads the boosters, as the first tick of a day does
    laps = []
    for i in range(_MANY):  # each of another day, as the series of a town are of other meters
        end = len(midnight) - 10 - i % (len(midnight) // 4)
        fresh = series.as_of(int(midnight[end]), reach=400, first=int(midnight[max(0, end - 80)]))
        lap = time.process_time()
        champion.quantiles(fresh, champion.said(fresh))
        laps.append(time.process_time() - lap)
    return {
        "days": len(past.values) * series.step_s / _DAY_S,
        "refit_s": trained - begun,
        "predict_ms": 1000 * float(np.median(laps)),
        "hundred_series_s": float(np.sum(laps)),
    }


def show(figures: Mapping[str, Any], console: Console) -> None:
    """Tables, each figure beside what is asked for."""
    table = Table(title="Pinball .1 to .9 over the naive forecast's (load: last week, pv: yesterday)")
    for column in ("series", "weather", "origins", "champion", "asked", "best expert", "champion / best", "cover 90", "fit s"):
        table.add_column(column)
    for name, f in figures["skill"].items():
        weather = "perfect weather" if f["weather"] == "measured" else f["weather"]
        table.add_row(
            name, weather, str(f["origins"]), f"{f['ratio']:.3f}", f"<= {_ASKED[f['kind']]}", f["best_expert"],
            f"{f['to_best']:.3f}", f"{f['coverage_90']:.3f}", f"{f['fit_s']:.0f}",
        )  # fmt: skip
    console.print(table)
    for kind, mean in figures["geometric_mean"].items():
        console.print(f"geometric mean, {kind}: {mean:.3f} (asked <= {_ASKED[kind]})")
    for title in ("ticks", "hardship", "cost", "together"):
        for name, found in figures[title].items():
            console.print(f"{title}, {name}: " + ", ".join(f"{key} {value:.3f}" for key, value in found.items()))


def main() -> int:
    """Run what the flags ask for."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--series", type=lambda text: text.split(","))
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--json", action="store_true")
    flags = parser.parse_args()
    console = Console(stderr=flags.json)
    say = Console(stderr=True).print if sys.stderr.isatty() else lambda _text: None
    scored, warm = (28, 42) if flags.quick else (56, 42)
    lean = {
        "load": ["last_week", "day_type", "ridge", "boosted_profile", "boosted_ridge"],
        "pv": ["yesterday", "sky_days", "sky_ridge"],
    }
    figures: dict[str, Any] = {"skill": {}, "ticks": {}, "hardship": {}, "cost": {}, "together": {}, "geometric_mean": {}}
    for name, series in series_named(flags.series):
        figures["skill"][name] = skill(told(series, plan_of(series, scored=scored, warm=warm), experts_for(series.kind), say))
        figures["cost"][name] = cost(series)
        if series.kind == "load":
            figures["ticks"][name] = ticks(series, say, lean["load"])
            figures["hardship"][name] = hardship(series, say, lean["load"])
    city = [series for _, series in series_named([name for name in SUM if flags.series is None or name in flags.series])]
    if len(city) == len(SUM):
        figures["together"]["Zürich"] = together(city, say, lean["load"])
    if not figures["skill"]:
        sys.stderr.write("regie: no measured series found; they lie in ../shared/data beside the checkout\n")
        return 1
    for kind in sorted({f["kind"] for f in figures["skill"].values()}):
        ratios = [f["ratio"] for f in figures["skill"].values() if f["kind"] == kind]
        figures["geometric_mean"][kind] = float(np.exp(np.mean(np.log(ratios))))
    show(figures, console)
    if flags.json:
        sys.stdout.write(json.dumps(figures, separators=(",", ":"), allow_nan=False) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())

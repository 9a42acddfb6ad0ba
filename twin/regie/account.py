"""Counting and telling: statistics for the JSON line, lines for the running journal."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import xarray as xr

from twin.contracts.messages import Envelope, Service, State
from twin.domain.quality import is_doubtful
from twin.origin.consumed import consumed_of
from twin.origin.traced import Traced
from twin.regie import commands, kpi
from twin.regie.account_book import AccountBook, CountedOfTick
from twin.regie.memory import Statistics
from twin.regie.origins import OriginOfTick
from twin.regie.outcome import Result
from twin.regie.parts import Parts
from twin.regie.quarter_hour import UNSOLVED, Both, Interval, alike, columns_of, measured
from twin.regie.response import Response
from twin.regie.tick import COMMAND_EVENT, Frames, Moment, Observation
from twin.regie.training import FitResult


def counted(
    before: Statistics, envelopes: Mapping[str, Envelope], result: Result, vm_rmse_pu: float, *, regular: bool
) -> Statistics:
    """The statistics after one tick. A held answer is no fallback: the box was not due."""
    fallbacks = {name: before.fallback_ticks.get(name, 0) for name in envelopes}
    for name, envelope in envelopes.items():
        if envelope.service in (Service.FALLBACK, Service.ABSENT):
            fallbacks[name] += 1
    errors = [e for e in (before.max_vm_error_pu, result.decision.max_vm_error_pu) if e is not None and not math.isnan(e)]
    known = not math.isnan(vm_rmse_pu)
    return replace(
        before,
        ticks=before.ticks + regular,
        events=before.events + (not regular),
        fallback_ticks=fallbacks,
        max_vm_error_pu=max(errors, default=None),
        vm_sq_sum=before.vm_sq_sum + (vm_rmse_pu**2 if known else 0.0),
        vm_count=before.vm_count + known,
    )


def accounted(
    book: AccountBook,
    parts: Parts,
    response: Response,
    frames: Frames,
    state: State,
    baseline: xr.Dataset | None,
    *,
    origin: OriginOfTick,
    moment: Moment,
) -> CountedOfTick:
    """Bring the book to this tick: what late meters restated, and the newest quarter hour, unless it is an event."""
    was = book.pages
    mine = _anew({label: both[0] for label, both in was.items()}, parts, frames.live, origin.restated)
    beside = {label: both[1] for label, both in was.items() if both[1] is not None}
    alone = {} if frames.baseline is None else _anew(beside, parts, frames.baseline, origin.alone_restated)
    changed = sorted({*mine, *alone})
    book.restate({label: (mine.get(label, was[label][0]), alone.get(label, was[label][1])) for label in changed})
    newest = _newest(parts, response, frames, state, baseline, origin) if moment.event is None else None
    if newest is not None:
        book.write(newest)
    return CountedOfTick(newest, mine, alone, book.before)


def _newest(
    parts: Parts,
    response: Response,
    frames: Frames,
    state: State,
    baseline: xr.Dataset | None,
    origin: OriginOfTick,
) -> Both:
    ours = Interval(
        label=state.interval,
        measured=measured(frames.live.signals, parts.root, parts.devices),
        consumed=consumed_of(origin.traced.zones[parts.root]),
        grid=UNSOLVED if is_doubtful(state.quality) else kpi.of_grid(state.grid, parts.kpi_facts),
        flexibility_chf=response.earned_chf,
        unsupplied_mw=float(state.grid["unsupplied_mw"]),
        curtailment_chf=response.compensated_chf,
        curtailed_mwh=response.curtailed_mwh,
    )
    if frames.baseline is None or baseline is None or origin.alone is None:
        return ours, None
    alone = Interval(
        label=state.interval,
        measured=measured(frames.baseline.signals, parts.root, parts.devices),
        consumed=consumed_of(origin.alone.zones[parts.root]),
        grid=kpi.of_grid(baseline, parts.kpi_facts) if bool(baseline["converged"]) else UNSOLVED,
        flexibility_chf=0.0,
        unsupplied_mw=float(baseline["unsupplied_mw"]),
    )
    return ours, alone


def _anew(
    was: Mapping[int, Interval], parts: Parts, observed: Observation, restated: Mapping[int, Traced]
) -> dict[int, Interval]:
    """Quarter hours of one side, by label (epoch s), that count otherwise by what was observed and traced since."""
    index = parts.layout.index
    at = {key: index[key] for key in sorted(columns_of(parts.root, parts.devices)) if key in index}
    positions, found = list(at.values()), {}
    for label in sorted(was.keys() & {*observed.rows, *restated}):
        now = was[label]
        if label in observed.rows:
            signals = dict(zip(at, observed.rows[label][0][positions].tolist(), strict=True))
            now = replace(now, measured=measured(signals, parts.root, parts.devices))
        if label in restated:
            now = replace(now, consumed=consumed_of(restated[label].zones[parts.root]))
        if not alike(now, was[label]):
            found[label] = now
    return found


def fit_meta(results: Mapping[str, FitResult]) -> dict[str, Any]:
    """Outcomes of trainings as the journal keeps them."""
    return {
        name: {
            "outcome": str(result.outcome),
            "as_of": result.as_of.isoformat(),
            "effect_as_of": result.effect_as_of.isoformat(),
            "artifact": result.artifact,
            "problems": list(result.problems),
        }
        for name, result in results.items()
    }


def journal_lines(
    observation: Observation,
    result: Result,
    sent: Sequence[str],
    failed: Sequence[str],
    fits: Mapping[str, Any],
    moment: Moment,
) -> tuple[tuple[str, Mapping[str, object]], ...]:
    """What happened, in codes and parameters; nothing is said of a tick in which nothing did."""
    lines: list[tuple[str, Mapping[str, object]]] = []
    lines += commands.told(moment.refused)
    event = moment.event
    if event is not None and event.kind != COMMAND_EVENT:
        lines.append(("topology_changed", {"kind": event.kind, "element": event.element}))
    lines += [("order_failed", {"device": device}) for device in failed]
    lines += result.lines
    if sent:
        lines.append(("orders_sent", {"count": len(sent)}))
    if observation.intake.refused:
        lines.append(("readings_refused", {"channels": list(observation.intake.refused)}))
    if observation.intake.revised:
        lines.append(("readings_revised", {"count": observation.intake.revised}))
    for name, fit in fits.items():
        code = "artifact_adopted" if fit["artifact"] else "training_failed"
        lines.append((code, {"box": name, "artifact": (fit["artifact"] or "")[:12]}))
    return tuple(lines)

"""Counting and telling: statistics for the JSON line, lines for the running journal."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import xarray as xr

from twin.contracts.messages import Envelope, Service, State
from twin.domain.quality import is_doubtful
from twin.regie import commands, kpi
from twin.regie.memory import LoopMemory, Statistics
from twin.regie.origins import OriginOfTick
from twin.regie.outcome import Result
from twin.regie.parts import Parts
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
    parts: Parts,
    held: LoopMemory,
    response: Response,
    frames: Frames,
    state: State,
    baseline: xr.Dataset | None,
    origin: OriginOfTick,
    *,
    regular: bool,
) -> tuple[kpi.Account, kpi.Account | None]:
    """Both accounts after this tick: the newest quarter hour, unless it is an event, and what late meters restated."""
    ours, theirs = held.ours, held.baseline
    if regular:
        ours, theirs = _with_newest(parts, held, response, frames, state, baseline, known=origin.known)
    return kpi.with_consumed(ours, origin.ours), None if theirs is None else kpi.with_consumed(theirs, origin.theirs)


def _with_newest(
    parts: Parts,
    held: LoopMemory,
    response: Response,
    frames: Frames,
    state: State,
    baseline: xr.Dataset | None,
    *,
    known: bool,
) -> tuple[kpi.Account, kpi.Account | None]:
    label, dark_mw = state.interval, float(state.grid["unsupplied_mw"])
    interval = kpi.interval_of(label, frames.live.signals, parts.root, parts.devices, response.earned_chf, dark_mw)
    interval = replace(interval, curtailment_chf=response.compensated_chf, curtailed_mwh=response.curtailed_mwh)
    doubtful = is_doubtful(state.quality)
    theirs = held.baseline
    if frames.baseline is not None and theirs is not None and baseline is not None:
        doubtful = doubtful or not bool(baseline["converged"])  # for both, as with the meters: no difference of one side
        dark_mw = float(baseline["unsupplied_mw"])
        alone = kpi.interval_of(label, frames.baseline.signals, parts.root, parts.devices, 0.0, dark_mw)
        interval, alone = kpi.paired(interval, alone)
        theirs = kpi.add(theirs, alone, None if doubtful else baseline, parts.kpi_facts, traced=known)
    return kpi.add(held.ours, interval, None if doubtful else state.grid, parts.kpi_facts, traced=known), theirs


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

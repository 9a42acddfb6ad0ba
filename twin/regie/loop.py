"""One tick of the régie, as a sentence: observe, estimate, run the boxes, decide, journal, publish.

The stages meet only here. Nothing below reads a clock: the instant is an argument, and what the host did (durations, restarts)
goes to notes that stay outside the journal's chain.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

import numpy as np
import xarray as xr

from twin.contracts.frame import Frame
from twin.contracts.messages import Envelope, State
from twin.contracts.ports import GridEvent
from twin.domain.grid import NORMAL, Topology
from twin.domain.quality import Quality
from twin.domain.time import QUARTER_HOUR, QUARTER_HOUR_S, floor_quarter, from_epoch_s, to_epoch_s
from twin.regie import casting, commands, kpi, memory, orders, promotion, switching
from twin.regie.account import accounted, counted, fit_meta, journal_lines
from twin.regie.account_book import AccountBook, CountedOfTick
from twin.regie.horizon import ELEMENT_POWERS, after_switching, label_s, medians, signals_ahead, zone_input
from twin.regie.journal import JournalUnavailable
from twin.regie.look_ahead import outlooks_of
from twin.regie.memory import LoopMemory
from twin.regie.origins import OriginOfTick, origins_of
from twin.regie.outcome import Memory
from twin.regie.parts import Parts
from twin.regie.quarter_hour import Both
from twin.regie.record import alone_record, grid_state, tick_record
from twin.regie.refold import refold
from twin.regie.response import Response, respond
from twin.regie.sender import Sender
from twin.regie.side import readings_to_arrays
from twin.regie.tick import COMMAND_EVENT, Frames, Moment, Observation, Tick
from twin.regie.unsupplied import unsupplied_mw

_STATE = ("vm_pu", "line_loading_percent", "trafo_loading_percent", "line_p_from_mw", "trafo_p_hv_mw", "loss_mw")
DEGRADED_COVERAGE = 0.7
"""Below this share of fresh channels the régie says 'degraded' (FAULTS row 13: 30 % missing)."""


class Loop:
    """Runs ticks on one site and survives what happens between them."""

    def __init__(self, parts: Parts, decided: Memory | None = None) -> None:
        """A loop of these parts; ``decided``: what had been decided and told before it began, of a run that it replays."""
        self._parts = parts
        self._memory = LoopMemory(decided or Memory())
        self._grid: xr.Dataset | None = None
        self._there = NORMAL  # what a tick began with on the do-nothing side; asked once, as on ours
        self._as_of: datetime | None = None
        self._regular: datetime | None = None
        self._sender = Sender(parts.actuator, parts.on_ops)
        self._sent: tuple[str, ...] = ()
        self._operated: tuple[str, ...] = ()
        self._fits: Mapping[str, Any] = {}
        self._recast: tuple[tuple[str, Mapping[str, object]], ...] = ()
        self._unacked: list[dict[str, Any]] = []
        self._seq = 0
        stored = parts.journal.resume_state()
        if stored is not None:
            self._memory = memory.from_meta(stored[0]["memory"])
        self._response = Response(self._memory.decision, self._memory.usage)
        self._origins = origins_of(parts, self._memory)
        self._book = AccountBook(parts.kpi_facts, (self._memory.ours_before, self._memory.baseline_before))

    @property
    def memory(self) -> LoopMemory:
        """What the last tick left."""
        return self._memory

    @property
    def last(self) -> datetime | None:
        """Instant of the last acknowledged tick after `begin`, of the last tick later on."""
        return self._as_of

    @property
    def regular(self) -> datetime | None:
        """Instant of the last regular tick, None before the first."""
        return self._regular

    def next_call(self, begun: datetime, as_of: datetime) -> Moment | None:
        """The tick of its own, before the regular one at ``as_of``, in which somebody on the roster is called.

        It follows from the alarms alone, so a run has it at any pace, and again when it is replayed.
        """
        at = self._parts.decider.next_call(self._memory.decision)
        if at is None or not (self._as_of or begun) < at < as_of:
            return None
        return Moment(at, event=GridEvent(at, COMMAND_EVENT, "site"))

    @property
    def newest(self) -> Both | None:
        """The newest quarter hour as the accounts count it, None before the first."""
        return self._book.newest

    @property
    def waiting(self) -> int:
        """Ticks that the store has not acknowledged yet."""
        return len(self._unacked)

    def begin(self, start: datetime) -> None:
        """Load the weeks before ``start``, then everything the journal acknowledged; send what was decided but not sent."""
        parts = self._parts
        first = start - parts.prehistory
        history = parts.live.telemetry.history(first, start)
        parts.live.preload(history, first, start)
        if parts.baseline is not None:
            parts.baseline.telemetry.history(first, start)  # leaves the do-nothing twin in the same state at ``start``
            parts.baseline.preload(history, first, start)
        resume = parts.journal.resume_state()
        if resume is not None:
            self._resume(resume[1])
        label, values, quality = parts.live.frame_rows()
        parts.runner.frame().load(Frame(parts.layout, label, values, quality))
        if resume is None:
            column = parts.layout.positions("zone_net_p_mw", (parts.root,))[0]
            labels = [from_epoch_s(label + i * QUARTER_HOUR_S) for i in range(len(values))]
            account = kpi.opened(start, labels, values[:, column].tolist(), parts.kpi_facts.timezone)
            self._book = AccountBook(parts.kpi_facts, (account, None if parts.baseline is None else account))
            self._memory = replace(self._memory, ours=account, baseline=self._book.accounts[1])
            self._origins.warm(label, values)  # of both sides: they part at ``start``
            self._fits = fit_meta(parts.runner.prepare(start))
        else:
            self._send()

    def tick(self, moment: Moment) -> Tick:
        """The sentence. Returning means: journalled, or kept for the store with dispatch held (``acked`` says which)."""
        frames = self._observe(moment)
        state, baseline = self._estimate(frames, moment)
        self._response = respond(self._parts, self._memory, self._sent, frames.live, state, regular=moment.event is None)
        outside, reports = self._run_boxes(state, moment)
        origin = self._origins.tick(frames, state, self._there, baseline, regular=moment.event is None)
        count = accounted(self._book, self._parts, self._response, frames, state, baseline, origin=origin, moment=moment)
        tick = self._decide(frames, reports, outside, state, baseline, origin, moment)
        return self._journal(tick, frames, origin, count)

    def adopt_models(self, as_of: datetime) -> None:
        """Put trained models in force that are due at ``as_of``; waits for them, outside the tick's time."""
        self._fits = {**self._fits, **fit_meta(self._parts.runner.await_training(as_of))}

    def send_again(self, now: datetime) -> None:
        """Between two ticks: try the orders again that the field did not take, as long as they have time."""
        if not self._unacked:
            self._sent += self._sender.again(self._memory.decision.outbox, now)

    # ------------------------------------------------------------------------------------------ stages

    def _observe(self, moment: Moment) -> Frames:
        parts = self._parts
        live = parts.live.observe(moment.as_of)
        shared = parts.runner.frame()
        for label, (values, quality) in live.rows.items():
            (shared.append if label == shared.end_s else shared.replace)(label, values, quality)
        return Frames(live, None if parts.baseline is None else parts.baseline.observe(moment.as_of))

    def _estimate(self, frames: Frames, moment: Moment) -> tuple[State, xr.Dataset | None]:
        parts = self._parts
        topology = parts.live.telemetry.topology(moment.as_of)
        coverage = parts.estimator.coverage(frames.live.raw_quality)
        mode = "forecast_only" if coverage == 0.0 else "degraded" if coverage < DEGRADED_COVERAGE else "normal"
        quality = Quality.ESTIMATED | (Quality.FORECAST if mode == "forecast_only" else Quality.GOOD)
        interval = floor_quarter(moment.as_of) - QUARTER_HOUR
        model = parts.engine.model(topology)
        if moment.event is not None and moment.event.kind == COMMAND_EVENT and self._grid is not None:
            grid = self._grid
        elif moment.event is not None and self._grid is not None:
            # Nothing has been metered since the event: the last known powers on the new topology.
            injections = after_switching(self._grid, model.grid, parts.estimator.load_tan_phi)
            grid = model.solve(injections, want=_STATE)[[*_STATE, "converged"]].isel(time=0)
            grid = grid.assign(self._grid[list(ELEMENT_POWERS)])
        else:
            grid = self._estimated(topology, frames.live, interval)
            if bool(grid["converged"]) and not bool(grid["exact"]):
                quality |= Quality.QUESTIONABLE
        if bool(grid["converged"]):
            self._grid = grid
        else:
            quality |= Quality.STALE | Quality.QUESTIONABLE if self._grid is not None else Quality.INVALID
            grid = grid if self._grid is None else self._grid
        grid = grid.assign(unsupplied_mw=unsupplied_mw(parts, self._memory, topology, interval))
        baseline = None
        if frames.baseline is not None and parts.baseline is not None:
            there = self._there = parts.baseline.telemetry.topology(moment.as_of)
            if moment.event is None:
                baseline = self._estimated(there, frames.baseline, interval)
                baseline = baseline.assign(unsupplied_mw=unsupplied_mw(parts, self._memory, there, interval))
        return State(moment.as_of, interval, topology, grid, quality, coverage, mode), baseline

    def _run_boxes(self, state: State, moment: Moment) -> tuple[dict[str, xr.DataArray], Mapping[str, Envelope]]:
        parts, held, event = self._parts, self._memory.decision.recommendations, moment.event is not None
        self._recast = () if event else casting.recast(parts.runner, held, self._memory.castings, state.as_of)
        clock = parts.kpi_facts.timezone
        outside, ahead = signals_ahead(
            parts.outside, parts.devices, held, state.as_of, usage=self._response.usage, timezone=clock
        )
        return outside, parts.runner.run(state.as_of, ahead, tick=self._seq, event=event)

    def _decide(
        self,
        frames: Frames,
        reports: Mapping[str, Envelope],
        outside: Mapping[str, xr.DataArray],
        state: State,
        baseline: xr.Dataset | None,
        origin: OriginOfTick,
        moment: Moment,
    ) -> Tick:
        parts, held = self._parts, self._memory
        trials = promotion.trials(parts.runner.roles.pairs(), parts.promote)
        before = promotion.proposed(self._response.memory, trials, state.as_of)
        waiting, asked = casting.answer(moment.commands, parts.runner.roles, held.castings if moment.event is not None else ())
        before = replace(before, recommendations=casting.without_proposals(before.recommendations, waiting, state.as_of))
        switched, told = switching.step(held.switch_orders, self._operated, moment.commands, parts.switches, state)
        asked += told
        regular = moment.event is None
        ours, theirs = self._book.accounts
        kpis = kpi.kpis(ours, theirs, parts.kpi_facts)
        state = replace(state, findings=(*state.findings, *self._sender.findings(state.as_of)))
        forecasts = medians(reports, parts.zones)
        if moment.event is not None and moment.event.kind == COMMAND_EVENT:
            result = parts.decider.obey(state, moment.commands, before, kpis)
        else:
            outlooks = outlooks_of(parts, frames.live, reports, forecasts, outside, state)
            result = parts.decider.decide(reports, state, outlooks, moment.commands, before, kpis, self._response.usage)
        self._memory = after = LoopMemory(
            decision=result.memory,
            ours=ours,
            baseline=theirs,
            statistics=counted(held.statistics, reports, result, self._rmse(state, moment), regular=regular),
            command_offset=max([held.command_offset, *(c.id for c in moment.commands), *(r.id for r in moment.refused)]),
            consumed=commands.consumed_after(held.consumed, moment.commands, moment.refused),
            forecast_start_s=label_s(state.as_of) if forecasts else held.forecast_start_s,
            forecast={key: tuple(path.tolist()) for key, path in forecasts.items()} or held.forecast,
            usage=self._response.usage,
            ours_before=self._book.before[0],
            baseline_before=self._book.before[1],
            ledgers=origin.before,
            ledgers_alone=origin.before_alone,
            castings=waiting,
            switch_orders=switched,
        )
        failed = orders.failed(held.decision.outbox, before.outbox)
        said = journal_lines(frames.live, result, self._sent, failed, self._fits, moment)
        lines = (*self._recast, *asked, *said)
        roles = {name: seat.instance.role for name, seat in parts.runner.roles.seats.items()}
        return Tick(
            self._seq,
            moment,
            frames.live,
            state,
            reports,
            result,
            origin.traced,
            outside,
            after,
            lines,
            trials,
            baseline,
            roles,
        )

    def _journal(self, tick: Tick, frames: Frames, origin: OriginOfTick, count: CountedOfTick) -> Tick:
        """Commit what waits, oldest first. Only an acknowledged decision is sent."""
        parts = self._parts
        self._as_of = tick.moment.as_of
        if tick.moment.event is None:
            self._regular = tick.moment.as_of
        parts.runner.training_due(tick.moment.as_of)
        self._unacked.append(self._frozen(tick, frames, origin, count) if parts.journal.keeps else {})
        self._seq, self._sent, self._operated, self._fits = self._seq + 1, (), (), {}
        while self._unacked:
            try:
                parts.runner.store_histories()
                parts.journal.commit(**self._unacked[0])
            except (JournalUnavailable, OSError):
                return replace(tick, head=parts.journal.head)
            self._unacked.pop(0)
        parts.runner.sweep()
        self._send()
        return replace(tick, head=parts.journal.head, acked=True)

    # ------------------------------------------------------------------------------------------ inside

    def _resume(self, arrays: Mapping[str, np.ndarray]) -> None:
        parts = self._parts
        sides = {"live": parts.live} | ({} if parts.baseline is None else {"baseline": parts.baseline})
        self._as_of, self._regular = refold(parts.journal, sides)
        last = next(parts.journal.records(parts.journal.acked - 1))
        parts.live.telemetry.restore(arrays["live.checkpoint"].tobytes())
        if parts.baseline is not None:
            parts.baseline.telemetry.restore(arrays["baseline.checkpoint"].tobytes())
        parts.runner.restore(arrays["runner"].tobytes())
        grid = grid_state(last.arrays, parts.engine.model(Topology.from_meta(last.meta["topology"])).grid)
        self._grid = grid if bool(grid["converged"]) else None
        self._seq = parts.journal.acked
        self._origins.resume(parts.journal, parts.live, parts.baseline)
        self._book.resume(parts.journal)

    def _estimated(self, topology: Topology, observation: Observation, interval: datetime) -> xr.Dataset:
        """State estimation of one side; zones without telemetry enter with what was last forecast for the interval."""
        parts, held, label = self._parts, self._memory, to_epoch_s(interval)
        zones = {
            zone.name: zone_input(zone, observation.signals, label, held.forecast, held.forecast_start_s)
            for zone in parts.zones
            if zone.boundary
        }
        return parts.estimator.estimate(parts.engine.model(topology), observation.raw, observation.raw_quality, zones)

    def _rmse(self, state: State, moment: Moment) -> float:
        """Estimate against a simulation's hidden truth; NaN where there is none, and at events, which meter nothing."""
        if self._parts.referee is None or moment.event is not None:
            return float("nan")
        return self._parts.referee.vm_rmse_pu(state.grid["vm_pu"].values)

    def _send(self) -> None:
        if self._as_of is not None:
            self._sent = self._sender.send(self._memory.decision.outbox, self._as_of)
            self._operated = self._sender.operate(self._memory.switch_orders, self._as_of)

    def _frozen(self, tick: Tick, frames: Frames, origin: OriginOfTick, count: CountedOfTick) -> dict[str, Any]:
        parts = self._parts
        meta, arrays = tick_record(
            tick.state, tick.envelopes, tick.result, tick.moment.commands, self._sent, self._fits, tick.lines
        )
        readings = readings_to_arrays(frames.live.readings, "live")
        resume = {"live.checkpoint": parts.live.telemetry.checkpoint(), "runner": parts.runner.state()}
        meta |= origin.to_meta(regular=tick.moment.event is None) | count.to_meta()
        arrays |= origin.patterns
        arrays["signals"] = np.fromiter(frames.live.signals.values(), np.float32)
        if frames.baseline is not None and parts.baseline is not None:
            meta["alone"], alone = alone_record(self._there, tick.baseline, frames.baseline.signals)
            meta["alone"] |= origin.alone_to_meta() | count.alone_to_meta()
            arrays |= alone
            readings |= readings_to_arrays(frames.baseline.readings, "baseline")
            resume["baseline.checkpoint"] = parts.baseline.telemetry.checkpoint()
        return {
            "kind": "regular" if tick.moment.event is None else "event",
            "as_of_s": to_epoch_s(tick.moment.as_of),
            "meta": meta,
            "arrays": arrays,
            "readings": readings,
            "resume_meta": {"memory": memory.to_meta(tick.memory)},
            "resume_arrays": {name: np.frombuffer(data, np.uint8) for name, data in resume.items()},
        }

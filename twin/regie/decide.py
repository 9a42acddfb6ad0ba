"""Decide: merge proposals by priority, prove them by AC power flow, trim, explain; only here a proposal becomes a setpoint."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

import numpy as np
import xarray as xr

from twin.contracts.devices import Device, Right
from twin.contracts.messages import (
    Command,
    Decision,
    Envelope,
    Finding,
    Kpi,
    Order,
    Outcome,
    Proposal,
    Recommendation,
    Service,
    State,
)
from twin.contracts.ports import Engine
from twin.domain.time import HOURS_PER_STEP, floor_quarter, to_epoch_s
from twin.regie import alarm_desk, alarms, orders, recommend
from twin.regie.alarms import AlarmBook
from twin.regie.covered import refused
from twin.regie.escalation import escalate, next_call
from twin.regie.outcome import Memory, Result
from twin.regie.proof import HORIZON_STEPS, Limits, Outlooks, Proof, Prover
from twin.regie.usage import Usage
from twin.regie.watch import Names, grouped, watch
from twin.site.rules import OnCall

EMERGENCY_STEPS = 4
"""An emergency right may be used while a limit would be broken within the coming hour."""


class Decider:
    """Disposes of what boxes propose, on one site."""

    def __init__(
        self,
        engine: Engine,
        devices: Sequence[Device],
        prover: Prover,
        limits: Limits,
        names: Names,
        *,
        manual: Sequence[tuple[datetime, datetime]] = (),
        roster: Sequence[OnCall] = (),
    ) -> None:
        """Prepare for one site.

        Args:
            manual: (from, until) of hours in which people decide everything. ``roster``: who is called when nobody does.
        """
        self._engine = engine
        self._devices = {device.id: device for device in devices}
        self._prover = prover
        self._limits = limits
        self._names = names
        self._manual = tuple(manual)
        self._roster = tuple(roster)

    def decide(
        self,
        reports: Mapping[str, Envelope],
        state: State,
        outlooks: Outlooks | None,
        commands: Sequence[Command],
        memory: Memory,
        kpis: Mapping[str, Kpi],
        usage: Usage,
    ) -> Result:
        """One decision. Without telemetry or outlook nothing is dispatched, and an alarm says so.

        Args:
            usage: what was used of the rights so far; what they do not cover now is not ordered.
        """
        book, lines = alarm_desk.answer(memory.book, commands, state.as_of)
        manual = self._manual_until(state.as_of) is not None
        held = recommend.update(memory.recommendations, {}, self._devices, state.as_of, np.zeros(0), manual=manual)
        held, rulings = recommend.rule(held, [c for c in commands if c.kind in ("accept", "refuse")], state.as_of)
        lines += [_ruling_line(ruling) for ruling in rulings]

        dispatching = outlooks is not None and state.mode != "forecast_only"
        proposals, uncovered = self._covered(self._proposals(reports), state, outlooks, usage)
        co2 = outlooks.co2_g_per_kwh if outlooks is not None else np.zeros(HORIZON_STEPS)
        asked = proposals if dispatching else {}
        held = recommend.update(held, asked, self._devices, state.as_of, co2, manual=manual)
        groups = recommend.active_groups(held, state.as_of)
        dispatched = proposals if dispatching else {}
        ordered = {name: p for name, p in dispatched.items() if self._devices[name].group in groups}
        waiting = {name: p for name, p in dispatched.items() if self._devices[name].group in _open_groups(held)}
        proof = None if outlooks is None else self._prover.prove(state.topology, outlooks, ordered, waiting, state.as_of)
        if proof is None or not proof.solved:
            ordered, groups = {}, {}
        factor = proof.factor if proof is not None else 0.0
        setpoints = _setpoints(ordered, self._devices, factor)
        trimmed = uncovered | (dict.fromkeys(ordered, "ac_check") if proof is not None and factor < 1.0 else {})

        outbox = orders.withdraw(memory.outbox, groups.values() if dispatching else ())
        of = {name: groups[self._devices[name].group] for name in setpoints}
        outbox |= orders.issue(outbox, setpoints, self._payments_chf(ordered, setpoints, usage), of, state.as_of)
        counts = orders.count(memory.order_counts, memory.outbox, outbox)
        counts["proposed"] += len(_setpoints(dispatched, self._devices, 1.0))

        findings = self._findings(reports, state, proof, book, dispatching)
        lines += _recovered(reports, book)
        book, called = self._called(alarms.update(book, findings, state.as_of), state.as_of)
        lines += called
        if proof is not None and proof.solved:
            alive = ("open", "accepted")
            held = {key: _with_effect(item, proof) if item.state in alive else item for key, item in held.items()}
        decision = Decision(
            setpoints=setpoints,
            trimmed=trimmed,
            recommendations=_sorted(held),
            orders=_in_order(outbox),
            alarms=alarms.ordered(book),
            kpis=kpis,
            horizon=proof.horizon(state.as_of) if proof is not None else xr.Dataset(),
            max_vm_error_pu=proof.max_vm_error_pu if proof is not None else float("nan"),
        )
        return Result(decision, Memory(held, outbox, book, counts), proof, tuple(lines))

    def obey(self, state: State, commands: Sequence[Command], memory: Memory, kpis: Mapping[str, Kpi]) -> Result:
        """Only what people asked for, between two regular ticks: acknowledgements and answers; nothing new is decided."""
        book, lines = alarm_desk.answer(memory.book, commands, state.as_of)
        book, called = self._called(book, state.as_of)
        lines += called
        held, rulings = recommend.rule(
            memory.recommendations, [c for c in commands if c.kind in ("accept", "refuse")], state.as_of
        )
        lines += [_ruling_line(ruling) for ruling in rulings]
        outbox = orders.withdraw(memory.outbox, recommend.active_groups(held, state.as_of).values())
        counts = orders.count(memory.order_counts, memory.outbox, outbox)
        decision = Decision({}, {}, _sorted(held), _in_order(outbox), alarms.ordered(book), kpis, xr.Dataset(), float("nan"))
        return Result(decision, Memory(held, outbox, book, counts), None, tuple(lines))

    def next_call(self, memory: Memory) -> datetime | None:
        """When somebody on the roster is called next, unless somebody answers before; None if nobody will be."""
        return next_call(memory.book, self._roster)

    def _called(self, book: AlarmBook, as_of: datetime) -> tuple[AlarmBook, list[tuple[str, Mapping[str, object]]]]:
        """The book after time alone: shelved alarms are back when theirs is over, and who is on call is called."""
        book, back = alarm_desk.returned(book, as_of)
        book, called = escalate(book, self._roster, as_of)
        return book, [*back, *called]

    def _proposals(self, reports: Mapping[str, Envelope]) -> dict[str, Proposal]:
        fresh = [e for e in reports.values() if e.role == "champion" and e.service is Service.FRESH]
        return recommend.merge([p for e in fresh for p in e.report.proposals], self._devices)

    def _covered(
        self, proposals: Mapping[str, Proposal], state: State, outlooks: Outlooks | None, usage: Usage
    ) -> tuple[dict[str, Proposal], dict[str, str]]:
        """Proposals that the rights cover now, and why the others are left out, by device."""

        def emergency() -> bool:
            return outlooks is not None and self._prover.breaks_limits(state.topology, outlooks, EMERGENCY_STEPS)

        label_s = to_epoch_s(floor_quarter(state.as_of))
        uncovered = refused(proposals, self._devices, usage, label_s, emergency)
        return {name: proposal for name, proposal in proposals.items() if name not in uncovered}, uncovered

    def _manual_until(self, as_of: datetime) -> datetime | None:
        """When the hours end in which people decide everything; None outside such hours."""
        return max((until for begin, until in self._manual if begin <= as_of < until), default=None)

    def _findings(
        self, reports: Mapping[str, Envelope], state: State, proof: Proof | None, book: AlarmBook, dispatching: bool
    ) -> list[Finding]:
        active = {key for key, alarm in book.alarms.items() if alarm.cleared_at is None}
        grid = self._engine.model(state.topology).grid
        found = watch(state, proof, grid, self._limits, self._names, active)
        found += [f for e in reports.values() if e.role == "champion" for f in e.report.findings]
        until = self._manual_until(state.as_of)
        if until is not None:
            told = {"until": until.isoformat()}
            found.append(Finding("orders:manual", 3, "manual_hours", told, "site", state.as_of, until, "dispatch"))
        if not dispatching:
            reason = {"mode": state.mode}
            found.append(
                Finding("dispatch:held", 3, "dispatch_held", reason, "site", state.as_of, state.as_of, "grid_operation")
            )
        return grouped(found)

    def _payments_chf(self, ordered: Mapping[str, Proposal], setpoints: Mapping[str, float], usage: Usage) -> dict[str, float]:
        """What the owners of the devices earn in the coming quarter hour by obeying, by device.

        A charger is paid for energy that is withheld from what the car would draw had it never been held back: a shifted kWh is
        withheld once, however often its return is put off. A battery is paid half for each kWh more and half for each kWh less
        than it would do by itself from now on. Heat pumps are paid as chargers are, a plant for what it does not feed in beyond
        its guarantee. The site's own devices earn nothing; what they wear is counted where they run.
        """
        paid = {}
        for name, p_mw in setpoints.items():
            device, use = self._devices[name], self._devices[name].right_of_use
            moved_kwh = 1000.0 * HOURS_PER_STEP * (p_mw - float(ordered[name].reference_p_mw[0]))
            if device.panels is not None:
                counted_kwh = max(moved_kwh - 1000.0 * usage.unpaid_mwh(device), 0.0)
            else:
                counted_kwh = 0.5 * abs(moved_kwh) if device.kind == "battery" else max(-moved_kwh, 0.0)
            paid[name] = 0.0 if use.right is Right.OWN else counted_kwh * use.price_chf_per_kwh
        return paid


def _recovered(reports: Mapping[str, Envelope], book: AlarmBook) -> list[tuple[str, Mapping[str, object]]]:
    """Lines for boxes that answer after they were found failing in the last decision."""
    back = [name for name, e in reports.items() if e.outcome is Outcome.OK and f"box:{name}" in book.seen]
    return [("box_recovered", {"box": name}) for name in back]


def _open_groups(held: Mapping[str, Recommendation]) -> set[str]:
    return {item.group for item in held.values() if item.state == "open"}


def _sorted(held: Mapping[str, Recommendation]) -> tuple[Recommendation, ...]:
    """What waits for an answer first."""
    return tuple(sorted(held.values(), key=lambda r: (r.state != "open", r.id)))


def _in_order(outbox: Mapping[str, Order]) -> tuple[Order, ...]:
    return tuple(sorted(outbox.values(), key=lambda o: (o.start, o.key)))


def _ruling_line(ruling: recommend.Ruling) -> tuple[str, Mapping[str, object]]:
    command = ruling.command
    return ruling.code, {"id": command.target, "by": command.by, "motive": command.motive}


def _setpoints(ordered: Mapping[str, Proposal], devices: Mapping[str, Device], factor: float) -> dict[str, float]:
    """Setpoints of devices that the plan moves now; the rest go on by themselves. A ripple group is blocked whole or not."""
    setpoints = {}
    for name, proposal in sorted(ordered.items()):
        alone, planned = float(proposal.unconstrained_p_mw[0]), float(proposal.p_mw[0])
        if devices[name].ripple is not None and (factor < 1.0 or planned > recommend.DEADBAND_MW):
            continue
        p_mw = alone + factor * (planned - alone)
        if abs(p_mw - alone) > recommend.DEADBAND_MW:
            setpoints[name] = p_mw
    return setpoints


def _with_effect(item: Recommendation, proof: Proof) -> Recommendation:
    """The recommendation with what it does for the most loaded element of the horizon."""
    effect = proof.effects.get(item.group)
    if effect is None:
        return item
    told = {"loading_percent_before": effect.without_percent, "loading_percent_after": effect.with_percent}
    return replace(item, effect={**item.effect, **told, "element": effect.element})

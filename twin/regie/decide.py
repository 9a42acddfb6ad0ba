"""Decide: merge proposals by priority, prove them by AC power flow, trim, explain; only here a proposal becomes a setpoint."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

import numpy as np
import xarray as xr

from twin.contracts.messages import (
    Command,
    Decision,
    Device,
    Envelope,
    Finding,
    Kpi,
    Order,
    OrderState,
    Proposal,
    Recommendation,
    Service,
    State,
)
from twin.contracts.ports import Engine
from twin.domain.time import HOURS_PER_STEP
from twin.regie import alarms, orders, recommend
from twin.regie.alarms import AlarmBook
from twin.regie.outcome import Memory, Result
from twin.regie.proof import HORIZON_STEPS, Limits, Proof, Prover
from twin.regie.watch import Names, watch


@dataclass(frozen=True)
class Outlooks:
    """The coming quarter hours that the proof needs, device-free: element powers [MW], dims (time, element)."""

    load_p_mw: np.ndarray
    sgen_p_mw: np.ndarray
    storage_p_mw: np.ndarray
    co2_g_per_kwh: np.ndarray


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
        expiry: timedelta,
        load_tan_phi: np.ndarray,
    ) -> None:
        self._engine = engine
        self._devices = {device.id: device for device in devices}
        self._prover = prover
        self._limits = limits
        self._names = names
        self._expiry = expiry
        self._load_tan_phi = load_tan_phi

    def decide(
        self,
        reports: Mapping[str, Envelope],
        state: State,
        outlooks: Outlooks | None,
        measured_p_mw: Mapping[str, float],
        commands: Sequence[Command],
        memory: Memory,
        kpis: Mapping[str, Kpi],
    ) -> Result:
        """One decision. Without telemetry or outlook nothing is dispatched, and an alarm says so."""
        book, lines = self._obey(memory.book, commands, state)
        held = recommend.update(memory.recommendations, {}, self._devices, state.as_of, np.zeros(0))
        held, rulings = recommend.rule(held, [c for c in commands if c.kind in ("accept", "refuse")], state.as_of)
        lines += [_ruling_line(ruling) for ruling in rulings]

        proposals = self._proposals(reports)
        dispatching = outlooks is not None and state.mode != "forecast_only"
        co2 = outlooks.co2_g_per_kwh if outlooks is not None else np.zeros(HORIZON_STEPS)
        held = recommend.update(held, proposals if dispatching else {}, self._devices, state.as_of, co2)
        groups = recommend.active_groups(held, state.as_of)
        ordered = {name: p for name, p in proposals.items() if self._devices[name].group in groups} if dispatching else {}
        proof = self._prove(state, outlooks, ordered)
        if proof is None or not proof.solved:
            ordered = {}
        setpoints = _setpoints(ordered, proof.factor if proof is not None else 0.0)
        trimmed = dict.fromkeys(ordered, "ac_check") if proof is not None and proof.factor < 1.0 else {}

        outbox = orders.follow(memory.outbox, measured_p_mw, self._devices, state.interval, state.as_of)
        issued = orders.issue(
            outbox, setpoints, {name: groups[self._devices[name].group] for name in setpoints}, state.as_of, self._expiry
        )
        lines += [
            ("order_failed", {"device": order.device})
            for order in _in_order(outbox)
            if order.state is OrderState.FAILED and memory.outbox[order.key].state is not OrderState.FAILED
        ]
        counts = _count(memory, outbox, issued)
        outbox.update(issued)

        findings = self._findings(reports, state, proof, book, dispatching)
        book = alarms.update(book, findings, state.as_of)
        if proof is not None and proof.solved:
            alive = ("open", "accepted")
            held = {key: _with_loading(item, proof) if item.state in alive else item for key, item in held.items()}
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
        cost = self._flexibility_chf(ordered, setpoints)
        return Result(decision, Memory(held, outbox, book, counts), proof, tuple(lines), cost)

    def obey(self, state: State, commands: Sequence[Command], memory: Memory, kpis: Mapping[str, Kpi]) -> Result:
        """Only what people asked for, between two regular ticks: acknowledgements and answers; nothing new is decided."""
        book, lines = self._obey(memory.book, commands, state)
        held, rulings = recommend.rule(
            memory.recommendations, [c for c in commands if c.kind in ("accept", "refuse")], state.as_of
        )
        lines += [_ruling_line(ruling) for ruling in rulings]
        nothing = xr.Dataset()
        decision = Decision({}, {}, _sorted(held), _in_order(memory.outbox), alarms.ordered(book), kpis, nothing, float("nan"))
        return Result(decision, replace(memory, recommendations=held, book=book), None, tuple(lines), 0.0)

    def _obey(
        self, book: AlarmBook, commands: Sequence[Command], state: State
    ) -> tuple[AlarmBook, list[tuple[str, Mapping[str, object]]]]:
        book, outcome = alarms.acknowledge(book, [c for c in commands if c.kind == "acknowledge"], state.as_of)
        return book, [
            ("alarm_acknowledged" if found else "alarm_not_open", {"key": command.target, "by": command.by})
            for command, found in outcome
        ]

    def _proposals(self, reports: Mapping[str, Envelope]) -> dict[str, Proposal]:
        fresh = [e for e in reports.values() if e.role == "champion" and e.service is Service.FRESH]
        return recommend.merge([p for e in fresh for p in e.report.proposals], self._devices)

    def _prove(self, state: State, outlooks: Outlooks | None, ordered: Mapping[str, Proposal]) -> Proof | None:
        if outlooks is None:
            return None
        return self._prover.prove(
            state.topology,
            outlooks.load_p_mw,
            outlooks.sgen_p_mw,
            outlooks.storage_p_mw,
            ordered,
            state.as_of,
            self._load_tan_phi,
        )

    def _findings(
        self, reports: Mapping[str, Envelope], state: State, proof: Proof | None, book: AlarmBook, dispatching: bool
    ) -> list[Finding]:
        active = {key for key, alarm in book.alarms.items() if alarm.cleared_at is None}
        grid = self._engine.model(state.topology).grid
        found = watch(state, proof, grid, self._limits, self._names, active)
        found += [f for e in reports.values() if e.role == "champion" for f in e.report.findings]
        if not dispatching:
            reason = {"mode": state.mode}
            found.append(
                Finding("dispatch:held", 3, "dispatch_held", reason, "site", state.as_of, state.as_of, "grid_operation")
            )
        return found

    def _flexibility_chf(self, ordered: Mapping[str, Proposal], setpoints: Mapping[str, float]) -> float:
        """What the moved energy of the coming quarter hour costs under the devices' contracts.

        A shifted kWh is drawn once more and once less: each side pays half of its price, here as in the plan.
        """
        total = 0.0
        for name, p_mw in setpoints.items():
            moved = abs(p_mw - float(ordered[name].unconstrained_p_mw[0]))
            total += 0.5 * 1000.0 * moved * HOURS_PER_STEP * self._devices[name].right_of_use.price_chf_per_kwh
        return total


def _sorted(held: Mapping[str, Recommendation]) -> tuple[Recommendation, ...]:
    """What waits for an answer first."""
    return tuple(sorted(held.values(), key=lambda r: (r.state != "open", r.id)))


def _in_order(outbox: Mapping[str, Order]) -> tuple[Order, ...]:
    return tuple(sorted(outbox.values(), key=lambda o: (o.start, o.key)))


def _ruling_line(ruling: recommend.Ruling) -> tuple[str, Mapping[str, object]]:
    command = ruling.command
    return ruling.code, {"id": command.target, "by": command.by, "motive": command.motive}


def _setpoints(ordered: Mapping[str, Proposal], factor: float) -> dict[str, float]:
    """Setpoints of devices that the plan moves now; the rest go on by themselves."""
    setpoints = {}
    for name, proposal in sorted(ordered.items()):
        alone, planned = float(proposal.unconstrained_p_mw[0]), float(proposal.p_mw[0])
        p_mw = alone + factor * (planned - alone)
        if abs(p_mw - alone) > recommend.DEADBAND_MW:
            setpoints[name] = p_mw
    return setpoints


def _count(memory: Memory, followed: Mapping[str, Order], issued: Mapping[str, Order]) -> dict[str, int]:
    counts = dict(memory.order_counts)
    for key, order in followed.items():
        if key in memory.outbox and memory.outbox[key].state is not order.state:
            counts[str(order.state)] += 1
    counts[str(OrderState.PROPOSED)] += len(issued)
    counts[str(OrderState.ACCEPTED)] += len(issued)
    return counts


def _with_loading(item: Recommendation, proof: Proof) -> Recommendation:
    """The recommendation with the plan's effect on the most loaded element of the horizon."""
    at = int(np.nanargmax(proof.before["loading_percent"]))
    effect = {
        **item.effect,
        "loading_percent_before": float(proof.before["loading_percent"][at]),
        "loading_percent_after": float(proof.after["loading_percent"][at]),
        "element": proof.worst_element[at],
    }
    return replace(item, effect=effect)

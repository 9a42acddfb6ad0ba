"""The flexibility box: what it needs, what it promises, and the translation between the view and the plan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import xarray as xr

from twin.boxes.flexibility.commitment import Announced
from twin.boxes.flexibility.devices.programme import Programme
from twin.boxes.flexibility.grid.case import Case
from twin.boxes.flexibility.grid.sequential import Stop
from twin.boxes.flexibility.horizon import HORIZON, QUARTERS, quarters_of_steps
from twin.boxes.flexibility.lp.problem import Problem
from twin.boxes.flexibility.lp.solution import Limits
from twin.boxes.flexibility.planner import Plan, Planner
from twin.boxes.flexibility.response import Response
from twin.boxes.flexibility.tick.answered import measured_response
from twin.boxes.flexibility.tick.assemble import USUAL_DAYS, Tick, assemble
from twin.boxes.flexibility.tick.explained import MOVED_MW, PRIORITY, explained
from twin.boxes.flexibility.tick.fallback import last_plan
from twin.boxes.flexibility.tick.powers import Powers
from twin.boxes.flexibility.tick.remembered import Remembered
from twin.boxes.flexibility.tick.rights import owed_mwh
from twin.boxes.flexibility.tick.sessions import Session
from twin.boxes.flexibility.tick.settings import Settings, settings_of
from twin.boxes.flexibility.tick.shortfalls import shortfalls, stopped, unanswered
from twin.boxes.flexibility.tick.wires import Wires
from twin.boxes.flexibility.why.findings import of_conflicts, of_promises
from twin.boxes.flexibility.why.shortfall import shortfalls as missed
from twin.contracts.box import BoxCard, BoxContext, Mode, Need, Provide
from twin.contracts.frame import AsOfView
from twin.contracts.messages import Headline, Report
from twin.contracts.running_on import RUNNING_ON
from twin.domain.time import QUARTER_HOUR, floor_quarter, quarter_hours, to_epoch_s

OWNER = "grid operation"
VERSION = "1"
LINEARISATIONS = 3
"""Most of them in a tick: the next one goes on from there, and the AC proof says what is left."""
BUDGET = 0.7
"""Share of the deadline that planning may take; the rest is for reading, explaining and the way back."""
SEARCH_H = 2.0
"""How far ahead is settled what is on and off: an order is for a quarter hour, later calls are settled when they near."""
ANNOUNCED_STEPS = 4
"""Quarter hours that were announced: an hour."""


class FlexibilityBox:
    """Plans flexible devices over 36 h; proposes, never disposes.

    Args:
        config: all optional. ``site_zone`` pays the tariff (the outermost zone); ``limited_zone`` stands behind a transformer
            (the first inner one); ``cos_phi``, ``v2g``, ``overload_value_chf_per_kwh``, ``switching_chf``, ``outages``: see
            `Settings`; ``deadline_s``.

    Raises:
        BadInput: for unknown keys or zones, a site without a movable device, or a tariff without its figures.
    """

    def __init__(self, config: Mapping[str, Any], context: BoxContext) -> None:
        self._settings = settings_of(config, context)
        self._context = context
        deadline_s = self._settings.deadline_s
        self._planner = Planner(
            limits=Limits(search_h=SEARCH_H, guard_s=BUDGET * deadline_s),
            stop=Stop(most=LINEARISATIONS),
            budget_s=BUDGET * deadline_s,
        )
        self._groups = {str(device["id"]): str(device["group"]) for device in context.devices}
        self._automatic = frozenset(d["id"] for d in context.devices if d["right_of_use"]["acceptance"] == "automatic")
        self._wires = Wires(context, self._settings.zones, self._settings.outages) if context.members.get("load") else None
        if self._wires is not None:
            self._wires.warm_up(self._settings.ids())
        self.card = _card(self._settings)

    def fit(self, view: AsOfView, *, seed: int) -> bytes:
        """This box learns nothing.

        Raises:
            NotImplementedError: always; the card has no training.
        """
        raise NotImplementedError("the flexibility box has no training")

    def step(self, view: AsOfView, artifact: bytes | None, state: bytes | None) -> tuple[Report, bytes | None]:  # noqa: ARG002 - the contract's signature
        """The plan of ``view.as_of``, with a proposal and a reason for every device that leaves its own behaviour."""
        kept = Remembered.at(view.as_of, state)
        tick = assemble(view, self._settings, self._context, kept, self._wires)
        powers = Powers.of(tick.problem)
        units = tuple(unit.id for unit in tick.problem.parts.units)
        shares = measured_response(view, kept, self._automatic)
        last = last_plan(kept, view.as_of, units)
        asking: dict[str, Any] = {
            "case": tick.case,
            "outages": self._outages(tick),
            "last_mw": None if last is None else last - powers.base,
            "announced": None if last is None else self._announced(kept, units, last - powers.base),
            "response": Response(np.array([shares.get(name, 1.0) for name in units]), powers.own - powers.base),
        }
        made = self._planner.plan(tick.problem, **asking)
        if _rebound_harms(tick, made):
            tick = replace(tick, problem=_without_calls(tick.problem))
            made = self._planner.plan(tick.problem, **asking)
        # What was found of the wires belongs to what is explained.
        tick = replace(tick, problem=replace(tick.problem, rows=made.solution.rows))
        report = self._report(view.as_of, tick, made, powers, shares)
        plan = powers.base + made.p_mw
        asked = {p.device: (float(p.p_mw[0]), float(p.unconstrained_p_mw[0])) for p in report.proposals}
        remembered = Remembered(
            to_epoch_s(view.as_of),
            units,
            quarters_of_steps(plan),
            _sessions(tick, plan, powers),
            asked,
            shares,
            owed_mwh(view, [d for d in self._settings.devices if d["kind"] == "heat_pumps"], kept),
        )
        return report, remembered.to_bytes()

    def _outages(self, tick: Tick) -> dict[str, Case] | None:
        return None if self._wires is None or tick.case is None else self._wires.outages(tick.case)

    def _announced(self, kept: Remembered, units: tuple[str, ...], last_mw: np.ndarray) -> Announced:
        """What was told to devices that were to be moved, for the near future."""
        near = np.arange(last_mw.shape[1]) < ANNOUNCED_STEPS
        told = np.array([name in kept.asked for name in units])
        return Announced(np.where(told[:, None] & near, last_mw, np.nan), self._settings.switching_chf)

    def _report(self, as_of: datetime, tick: Tick, made: Plan, powers: Powers, shares: Mapping[str, float]) -> Report:
        told = explained(
            as_of,
            tick,
            made,
            powers,
            self._planner,
            groups=self._groups,
            site_zone=self._settings.site_zone,
            overload_chf_per_kwh=self._settings.overload_value_chf_per_kwh,
            refusals=self._context.explains,
        )
        findings = shortfalls(tick, powers.base + made.p_mw, as_of, OWNER)
        if made.rung == "ok":
            findings += of_promises(missed(tick.problem, made.solution), as_of=as_of, owner=OWNER)
        findings += unanswered(shares, as_of, OWNER)
        if made.rung != "ok":
            findings += stopped(made.solution.status, made.rung, as_of, OWNER)
        findings += of_conflicts(made.conflicts, as_of=as_of, owner=OWNER)
        units = tuple(unit.id for unit in tick.problem.parts.units)
        return Report(
            outputs={"plan_p_mw": self._output(as_of, units, powers.base + made.p_mw)},
            headline=Headline("shifted_energy", round(told.shifted_kwh, 3), "kWh"),
            proposals=told.proposals,
            findings=findings,
            reason="rules" if made.rung == "rules" else made.rung,
            params=_params(tick, made, len(told.proposals), shares),
        )

    def _output(self, as_of: datetime, devices: tuple[str, ...], plan: np.ndarray) -> xr.DataArray:
        ids = self._settings.ids()
        quarters = quarters_of_steps(plan)
        ordered = quarters[[devices.index(name) for name in ids]]
        return xr.DataArray(
            ordered.T,
            dims=("time", "device"),
            coords={"time": quarter_hours(floor_quarter(as_of), QUARTERS), "device": list(ids)},
            name="plan_p_mw",
            attrs={"units": "MW", "issued_at": as_of.isoformat()},
        )


def _rebound_harms(tick: Tick, made: Plan) -> bool:
    """True where a call worsens something beyond its limit, now or when the group catches up: decide refuses such a plan."""
    called = [tick.problem.unit_of[d.id] for d in tick.problem.devices if isinstance(d, Programme)]
    if made.rung != "ok" or made.proof is None or made.before is None or not np.abs(made.p_mw[called]).any():
        return False
    return bool((made.proof.violation > np.maximum(made.before.violation, 1.0)).any())


def _without_calls(problem: Problem) -> Problem:
    held = (replace(d, movable=0.0) if isinstance(d, Programme) else d for d in problem.devices)
    return replace(problem, devices=tuple(held))


def _sessions(tick: Tick, plan: np.ndarray, powers: Powers) -> dict[str, Session]:
    """Every car's visit under ``plan`` (dims (unit, step)): held back now, or not."""
    held = plan[:, 0] < powers.own[:, 0] - MOVED_MW
    at = tick.problem.unit_of
    return {name: session.planned(held=bool(held[at[name]])) for name, session in tick.fleet.sessions.items()}


def _params(tick: Tick, made: Plan, moved: int, shares: Mapping[str, float]) -> dict[str, Any]:
    solution = made.solution
    params: dict[str, Any] = {
        "solver": solution.status,
        "iterations": int(solution.iterations),
        "moved": moved,
        "prices": "day_ahead" if tick.published else "tariff",
    }
    if solution.optimal:
        used = float(np.max(solution.margin_used_mw, initial=0.0))
        params |= {"cost_chf": round(solution.cost_chf, 4), "margin_used_kw": round(1000.0 * used, 3)}
    if shares:
        params["answered_share"] = round(float(np.mean(list(shares.values()))), 4)
    if made.kept is not None:
        params |= {"kept": made.kept.kept, "switch_gain_chf": round(min(made.kept.gain_chf, 1e9), 4)}
    if made.settled is not None:
        params |= {"linearisations": made.settled.iterations, "ac_feasible": made.settled.feasible}
    elif made.proof is not None:
        params["ac_feasible"] = made.proof.feasible
    return params


def _card(settings: Settings) -> BoxCard:
    batteries, cars = settings.ids("battery"), settings.ids("ev_charger")
    plants, groups = settings.ids("pv_plant"), settings.ids("heat_pumps")
    limited = (settings.limited_zone,) if settings.limited_zone else ()
    needs = [
        Need("load_forecast_p_mw", settings.zones, ahead=HORIZON, max_age=timedelta(hours=6)),  # an old one beats no plan
        Need("pv_forecast_p_mw", settings.zones, ahead=HORIZON, mode=Mode.OPTIONAL),
        Need("price_chf_per_kwh", ahead=HORIZON, mode=Mode.OPTIONAL),
        Need("device_mandate", ahead=HORIZON, mode=Mode.OPTIONAL),
        Need("zone_net_p_mw", settings.zones, history=timedelta(days=31), mode=Mode.OPTIONAL),
        *(Need(signal, settings.zones, history=timedelta(hours=1), mode=Mode.OPTIONAL) for signal in RUNNING_ON),
        Need("trafo_loading_percent", settings.trafos, history=timedelta(hours=1), mode=Mode.OPTIONAL),
        Need("device_p_mw", (*batteries, *cars, *plants, *groups), history=timedelta(days=USUAL_DAYS), mode=Mode.LAST_GOOD),
        Need("device_available", (*batteries, *cars), history=timedelta(days=USUAL_DAYS), mode=Mode.LAST_GOOD),
    ]
    if batteries:
        needs.append(Need("device_soc_percent", batteries, history=timedelta(hours=1), mode=Mode.LAST_GOOD))
    if cars:
        needs += [
            Need(signal, cars, history=history, mode=Mode.OPTIONAL)  # silent while every car is away
            for signal, history in (
                ("device_energy_required_mwh", timedelta(days=USUAL_DAYS)),
                ("device_departure_h", timedelta(hours=1)),
            )
        ]
    if plants:
        needs.append(Need("device_curtailed_mwh", plants, ahead=QUARTER_HOUR, mode=Mode.OPTIONAL))
    if groups:
        needs += [
            Need(signal, groups, ahead=QUARTER_HOUR, mode=Mode.OPTIONAL)
            for signal in ("device_calls_left", "device_block_left_h")
        ]
    return BoxCard(
        name="flexibility",
        version=VERSION,
        owner=OWNER,
        needs=tuple(need for need in needs if need.signal != "trafo_loading_percent" or limited),
        provides=(Provide("plan_p_mw", settings.ids(), horizon=HORIZON),),
        constants={"plan_p_mw": 0.0},
        deadline_s=settings.deadline_s,
        proposes=True,
        priority=PRIORITY,
        preload=(
            "pyomo.environ",
            "pyomo.repn.plugins.standard_form",
            "scipy.stats",
            "scipy.sparse.linalg",
            "highspy",
            "twin.engines.batch.solver",
            "twin.engines.control.inverter_control",
            "twin.engines.tangents.tangent",
        ),
    )

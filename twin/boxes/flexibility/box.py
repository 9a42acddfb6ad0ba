"""The flexibility box: what it needs, what it promises, and the translation between the view and the plan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import xarray as xr

from twin.boxes.flexibility.devices.storage import Storage
from twin.boxes.flexibility.horizon import HORIZON, QUARTERS, quarters_of_steps
from twin.boxes.flexibility.lp.compiled import Solution
from twin.boxes.flexibility.planner import Plan, Planner
from twin.boxes.flexibility.tick.assemble import USUAL_DAYS, Tick, assemble
from twin.boxes.flexibility.tick.fallback import last_plan
from twin.boxes.flexibility.tick.powers import Powers
from twin.boxes.flexibility.tick.reasons import MOVED_MW, Move, explain, prices_of, tariff_prices
from twin.boxes.flexibility.tick.remembered import Remembered
from twin.boxes.flexibility.tick.sessions import Session
from twin.boxes.flexibility.tick.settings import Settings, settings_of
from twin.boxes.flexibility.tick.shortfalls import shortfalls
from twin.boxes.flexibility.tick.wires import Wires
from twin.contracts.box import BoxCard, BoxContext, Mode, Need, Provide
from twin.contracts.frame import AsOfView
from twin.contracts.messages import Headline, Proposal, Report
from twin.domain.time import floor_quarter, quarter_hours, to_epoch_s

OWNER = "grid operation"
VERSION = "1"
PRIORITY = 100


class FlexibilityBox:
    """Plans flexible devices over 36 h; proposes, never disposes.

    Args:
        config: all optional. ``site_zone`` pays the tariff (the outermost zone); ``limited_zone`` stands behind a transformer
            (the first inner one); ``cos_phi``, ``voltage``, ``v2g``, ``overload_value_chf_per_kwh``: see `Settings`;
            ``deadline_s``.

    Raises:
        BadInput: for unknown keys or zones, a site without a movable device, or a tariff without its figures.
    """

    def __init__(self, config: Mapping[str, Any], context: BoxContext) -> None:
        self._settings = settings_of(config, context)
        self._context = context
        self._planner = Planner()
        self._wires = Wires(context, self._settings.zones) if context.members.get("load") else None
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
        units = tuple(unit.id for unit in tick.problem.parts.units)
        powers = Powers.of(tick.problem)
        last = last_plan(kept, view.as_of, units)
        made = self._planner.plan(tick.problem, case=tick.case, last_mw=None if last is None else last - powers.base)
        # What was found of the wires belongs to what is explained.
        tick = replace(tick, problem=replace(tick.problem, rows=made.solution.rows))
        report = self._report(view.as_of, tick, made, powers)
        plan = powers.base + made.p_mw
        remembered = Remembered(to_epoch_s(view.as_of), units, quarters_of_steps(plan), _sessions(tick, plan, powers))
        return report, remembered.to_bytes()

    def _report(self, as_of: datetime, tick: Tick, made: Plan, powers: Powers) -> Report:
        plan = powers.base + made.p_mw
        cap = 1000.0 * self._settings.overload_value_chf_per_kwh
        prices = prices_of(tick.problem, made.solution, cap) if made.rung == "ok" else tariff_prices(tick.problem)
        proposals, shifted = [], 0.0
        for at, unit in enumerate(tick.problem.parts.units):
            if not np.max(np.abs(plan[at] - powers.own[at]), initial=0.0) > MOVED_MW:
                continue
            move = explain(tick, self._settings.site_zone, prices, plan, powers, at)
            shifted += move.params["energy_kwh"]
            if made.rung != "ok":
                # A plan that no solver stands behind is worth a coin's toss until the AC check has seen it.
                move = replace(move, code=_ruled(tick, at, made.rung), confidence=0.5)
            proposals.append(_proposal(as_of, unit.id, plan[at], powers, at, move))
        units = tuple(unit.id for unit in tick.problem.parts.units)
        return Report(
            outputs={"plan_p_mw": self._output(as_of, units, plan)},
            headline=Headline("shifted_energy", round(shifted, 3), "kWh"),
            proposals=tuple(proposals),
            findings=shortfalls(tick, plan, as_of, OWNER),
            reason=made.rung,
            params=_params(tick, made.solution, len(proposals)),
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


def _sessions(tick: Tick, plan: np.ndarray, powers: Powers) -> dict[str, Session]:
    """Every car's visit under ``plan`` (dims (unit, step)): held back now, or not."""
    held = plan[:, 0] < powers.own[:, 0] - MOVED_MW
    at = tick.problem.unit_of
    return {name: session.planned(held=bool(held[at[name]])) for name, session in tick.fleet.sessions.items()}


def _params(tick: Tick, solution: Solution, moved: int) -> dict[str, Any]:
    params: dict[str, Any] = {
        "solver": solution.status,
        "iterations": int(solution.iterations),
        "moved": moved,
        "prices": "day_ahead" if tick.published else "tariff",
    }
    if solution.optimal:
        used = float(np.max(solution.margin_used_mw, initial=0.0))
        params |= {"cost_chf": round(solution.cost_chf, 4), "margin_used_kw": round(1000.0 * used, 3)}
    return params


def _proposal(as_of: datetime, device: str, plan: np.ndarray, powers: Powers, at: int, move: Move) -> Proposal:
    return Proposal(
        device=device,
        start=floor_quarter(as_of),
        # The solver may pass a bound by its tolerance.
        p_mw=quarters_of_steps(np.clip(plan, powers.low[at], powers.high[at])),
        lower_mw=quarters_of_steps(powers.low[at]),
        upper_mw=quarters_of_steps(powers.high[at]),
        unconstrained_p_mw=quarters_of_steps(powers.own[at]),
        reference_p_mw=quarters_of_steps(powers.reference[at]),
        priority=PRIORITY,
        reason=move.code,
        params=move.params,
        value_chf=move.value_chf,
        confidence=move.confidence,
    )


def _ruled(tick: Tick, at: int, rung: str) -> str:
    """Reason of what the ladder's lower rungs propose for a device."""
    if rung == "last_plan":
        return rung
    device = tick.problem.devices[at]
    return "battery_idle" if isinstance(device, Storage) and device.target_mwh is None else "departure"


def _card(settings: Settings) -> BoxCard:
    batteries, cars = settings.ids("battery"), settings.ids("ev_charger")
    limited = (settings.limited_zone,) if settings.limited_zone else ()
    needs = [
        Need("load_forecast_p_mw", settings.zones, ahead=HORIZON, max_age=timedelta(hours=6)),  # an old one beats no plan
        Need("pv_forecast_p_mw", settings.zones, ahead=HORIZON, mode=Mode.OPTIONAL),
        Need("price_chf_per_kwh", ahead=HORIZON, mode=Mode.OPTIONAL),
        Need("device_mandate", ahead=HORIZON, mode=Mode.OPTIONAL),
        Need("zone_net_p_mw", settings.zones, history=timedelta(days=31), mode=Mode.OPTIONAL),
        Need("zone_hydro_p_mw", (settings.site_zone,), history=timedelta(hours=1), mode=Mode.OPTIONAL),
        Need("trafo_loading_percent", settings.trafos, history=timedelta(hours=1), mode=Mode.OPTIONAL),
        Need("device_p_mw", (*batteries, *cars), history=timedelta(days=USUAL_DAYS), mode=Mode.LAST_GOOD),
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
        preload=("pyomo.environ", "pyomo.repn.plugins.standard_form", "scipy.stats", "highspy"),
    )

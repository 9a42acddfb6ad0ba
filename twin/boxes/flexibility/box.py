"""The flexibility box: what it needs, what it promises, and the translation between the view and the plan."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import xarray as xr

from twin.boxes.flexibility.assemble import USUAL_DAYS, Tick, assemble
from twin.boxes.flexibility.compiled import CompiledModel, Solution
from twin.boxes.flexibility.fallback import by_rules, last_plan
from twin.boxes.flexibility.horizon import QUARTERS, quarters_of_steps
from twin.boxes.flexibility.problem import Storage
from twin.boxes.flexibility.reasons import MOVED_MW, Move, Prices, explain, is_moved, prices_of, tariff_prices
from twin.boxes.flexibility.remembered import Remembered
from twin.boxes.flexibility.sessions import Session
from twin.boxes.flexibility.settings import Settings, settings_of
from twin.boxes.flexibility.shortfalls import shortfalls
from twin.boxes.flexibility.voltage import WorstBus, worst_bus
from twin.contracts.box import BoxCard, BoxContext, Mode, Need, Provide
from twin.contracts.frame import AsOfView
from twin.contracts.messages import Headline, Proposal, Report
from twin.domain.grid import Grid
from twin.domain.problems import BadInput, Problem
from twin.domain.time import floor_quarter, quarter_hours, to_epoch_s

DAY = timedelta(hours=24)
OWNER = "grid operation"
VERSION = "1"
PRIORITY = 100


class FlexibilityBox:
    """Plans batteries and cars over 24 h; proposes, never disposes.

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
        self._compiled: CompiledModel | None = None
        self._bus = _worst_bus(self._settings, context)
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
        tick = assemble(view, self._settings, self._context, kept, self._bus)
        solution = self._solve(tick)
        cap = 1000.0 * self._settings.overload_value_chf_per_kwh
        if solution.optimal:
            rung, plan, prices = "ok", solution.p_mw, prices_of(tick.problem, solution, cap)
        else:
            last = last_plan(kept, view.as_of, tick.problem)
            rung, plan = ("rules", by_rules(tick.problem)) if last is None else ("last_plan", last)
            prices = tariff_prices(tick.problem)
        report = self._report(view.as_of, tick, solution, rung=rung, plan=plan, prices=prices)
        devices = tick.problem.structure.devices
        sessions = _sessions(tick, plan)
        return report, Remembered(to_epoch_s(view.as_of), devices, quarters_of_steps(plan), sessions).to_bytes()

    def _solve(self, tick: Tick) -> Solution:
        # The device set may change its shape (a car's V2G, a row); the compiled model is only a cache.
        if self._compiled is None or self._compiled.structure != tick.problem.structure:
            self._compiled = CompiledModel(tick.problem)
        return self._compiled.solve(tick.problem)

    def _report(
        self, as_of: datetime, tick: Tick, solution: Solution, *, rung: str, plan: np.ndarray, prices: Prices
    ) -> Report:
        problem = tick.problem
        proposals, shifted = [], 0.0
        for at, device in enumerate(problem.devices):
            if not is_moved(device, plan[at]):
                continue
            move = explain(tick, self._settings.site_zone, prices, plan, at)
            shifted += move.params["energy_kwh"]
            proposals.append(_proposal(as_of, tick, plan[at], at, move=move, rung=rung))
        return Report(
            outputs={"plan_p_mw": self._output(as_of, problem.structure.devices, plan)},
            headline=Headline("shifted_energy", round(shifted, 3), "kWh"),
            proposals=tuple(proposals),
            findings=shortfalls(tick, plan, as_of, OWNER),
            reason=rung,
            params=_params(tick, solution, len(proposals)),
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


def _sessions(tick: Tick, plan: np.ndarray) -> dict[str, Session]:
    """Every car's visit under ``plan`` (dims (device, step)): held back now, or not."""
    held = {device.id: plan[at][0] < device.own_p_mw[0] - MOVED_MW for at, device in enumerate(tick.problem.devices)}
    return {name: session.planned(held=bool(held.get(name))) for name, session in tick.fleet.sessions.items()}


def _worst_bus(settings: Settings, context: BoxContext) -> WorstBus | None:
    if not (settings.voltage and settings.trafos):
        return None
    inner = tuple(d for d in settings.devices if d["zone"] == settings.limited_zone)
    trafo = int(context.trafos[settings.trafos[0]]["index"])
    try:
        return worst_bus(Grid.from_bytes(context.grid), trafo, inner, context.bands, settings.cos_phi)
    except ValueError as error:
        place = f"box {context.instance!r} voltage"
        remedy = "correct the transformer's index or the bands, or set voltage = false"
        raise BadInput([Problem(place, str(error), "a grid with that transformer and band", remedy)]) from error


def _params(tick: Tick, solution: Solution, moved: int) -> dict[str, Any]:
    params: dict[str, Any] = {
        "solver": solution.status,
        "iterations": int(solution.iterations),
        "moved": moved,
        "prices": "day_ahead" if tick.published else "tariff",
    }
    if solution.optimal:
        used = float(np.max(solution.values["margin_used_mw"], initial=0.0))
        params |= {"cost_chf": round(solution.cost_chf, 4), "margin_used_kw": round(1000.0 * used, 3)}
    return params


def _proposal(as_of: datetime, tick: Tick, plan: np.ndarray, at: int, *, move: Move, rung: str) -> Proposal:
    device = tick.problem.devices[at]
    lower = -device.discharge_max_mw if isinstance(device, Storage) else np.zeros(len(plan))
    own = device.own_p_mw
    low = np.where(device.movable, lower, own)
    high = np.where(device.movable, device.charge_max_mw, own)
    ruled = rung != "ok"
    return Proposal(
        device=device.id,
        start=floor_quarter(as_of),
        # The solver may pass a bound by its tolerance.
        p_mw=quarters_of_steps(np.clip(plan, low, high)),
        lower_mw=quarters_of_steps(low),
        upper_mw=quarters_of_steps(high),
        unconstrained_p_mw=quarters_of_steps(own),
        reference_p_mw=quarters_of_steps(device.reference_p_mw),
        priority=PRIORITY,
        reason=_fallback_reason(device, rung) if ruled else move.code,
        params=move.params,
        value_chf=move.value_chf,
        # A plan that no solver stands behind is worth a coin's toss until the AC check has seen it.
        confidence=0.5 if ruled else move.confidence,
    )


def _fallback_reason(device: Any, rung: str) -> str:
    if rung == "last_plan":
        return "last_plan"
    return "battery_idle" if isinstance(device, Storage) and device.target_mwh is None else "departure"


def _card(settings: Settings) -> BoxCard:
    batteries, cars = settings.ids("battery"), settings.ids("ev_charger")
    limited = (settings.limited_zone,) if settings.limited_zone else ()
    needs = [
        Need("load_forecast_p_mw", settings.zones, ahead=DAY, max_age=timedelta(hours=6)),  # an old one beats no plan
        Need("pv_forecast_p_mw", settings.zones, ahead=DAY, mode=Mode.OPTIONAL),
        Need("price_chf_per_kwh", ahead=DAY, mode=Mode.OPTIONAL),
        Need("device_mandate", ahead=DAY, mode=Mode.OPTIONAL),
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
        provides=(Provide("plan_p_mw", settings.ids(), horizon=DAY),),
        constants={"plan_p_mw": 0.0},
        deadline_s=settings.deadline_s,
        proposes=True,
        priority=PRIORITY,
        preload=("pyomo.environ", "pyomo.repn.plugins.standard_form", "scipy.stats", "highspy"),
    )

"""A small town for explanations: a battery, a car, a heat pump and a roof behind a transformer, on a winter day with sun."""

import dataclasses

import numpy as np

from twin.boxes.flexibility.devices.charger import Charger
from twin.boxes.flexibility.devices.heat_pump import HeatPump
from twin.boxes.flexibility.devices.plant import Plant
from twin.boxes.flexibility.devices.storage import Storage
from twin.boxes.flexibility.lp.compiled import CompiledModel
from twin.boxes.flexibility.lp.parts import Reactive
from twin.boxes.flexibility.lp.problem import Penalties, Problem, Site
from twin.boxes.flexibility.lp.rows import GridRow, Linear

HOURS = (0.5,) * 4 + (1.0,) * 6
STEPS = len(HOURS)
PRICES = np.array([120.0, 130.0, 90.0, 80.0, 100.0, 150.0, 310.0, 290.0, 170.0, 110.0])


def town(*devices, net_mw=0.02, import_chf_per_mwh=PRICES, export_chf_per_mwh=60.0, **site):
    """A problem at a connection with those devices; penalties far above its money."""
    at = Site(
        net_p_mw=net_mw * np.ones(STEPS), import_chf_per_mwh=np.asarray(import_chf_per_mwh),
        export_chf_per_mwh=export_chf_per_mwh * np.ones(STEPS), **site,
    )  # fmt: skip
    return Problem(hours=HOURS, devices=devices, site=at, penalties=Penalties.above(30_000.0))


def battery(name="battery", **changes):
    given = {"efficiency": 0.95, "charge_max_mw": 0.01, "discharge_max_mw": 0.01, "e0_mwh": 0.01, "e_max_mwh": 0.03}
    return Storage(id=name, **{**given, **changes})


def car(name="car", **changes):
    given = {"efficiency": 0.9, "charge_max_mw": 0.011, "required_mwh": 0.02, "moving_chf_per_mwh": 20.0}
    given["own_p_mw"] = np.where(np.cumsum(HOURS) <= 2.0, 0.011, 0.0)
    return Charger(id=name, **{**given, **changes})


def heat_pump(name="pump", **changes):
    given = {
        "p_max_mw": 0.006, "cop": 3.0, "outdoor_temp_c": 2.0, "ua_mw_per_k": 0.0004, "capacity_mwh_per_k": 0.006,
        "temp0_c": 21.0, "temp_min_c": 20.0, "temp_max_c": 23.0, "thermostat_c": 21.0, "later_chf_per_mwh": 40.0,
    }  # fmt: skip
    return HeatPump(id=name, **{**given, **changes})


def roof(name="roof", **changes):
    sun = np.array([0.0, 0.01, 0.02, 0.02, 0.015, 0.005, 0.0, 0.0, 0.0, 0.0])
    given = {
        "available_mw": sun,
        "reactive": Reactive(max_mvar=0.01, s_max_mva=0.03),
        "free_mwh": 0.1,
        "curtailed_chf_per_mwh": 200.0,
    }
    return Plant(id=name, **{**given, **changes})


def row(problem, slopes, room_mw, *, kind="trafo", name="import:trafo:T", by_q=None, **changes):
    """A limit by units' ids."""
    q = None if by_q is None else problem.slopes(by_q)
    given = {"element": "T", "limit": 100.0, "unit": "%", "unit_per_mw": 2500.0, **changes}
    return GridRow(name=name, kind=kind, by_p=problem.slopes(slopes), by_q=q, room_mw=room_mw * np.ones(STEPS), **given)


def solved(problem, linear=None):
    """(compiled model, solution)."""
    compiled = CompiledModel(problem)
    solution = compiled.solve(problem, linear or Linear())
    assert solution.optimal
    return compiled, solution


def full_town():
    """(problem, linear): everything at once: peak intervals of two steps, losses, limits of a transformer, a bus and a site."""
    problem = town(
        battery(), car(), heat_pump(), roof(), peak_chf_per_mw=6500.0, peak_so_far_mw=0.02,
        interval_steps=(((0, 0.5), (1, 0.5)), ((2, 0.5), (3, 0.5)), *(((k, 1.0),) for k in range(4, STEPS))),
    )  # fmt: skip
    rows = (
        row(problem, {"battery": 1.0, "car": 1.0, "pump": 1.0, "roof": 1.0}, np.where(np.arange(STEPS) < 6, 0.0075, 0.02)),
        row(
            problem, {"battery": 0.4, "roof": -1.0, "car": 0.3}, 0.016, kind="voltage", name="high_voltage:bus:7",
            by_q={"roof": -0.5}, unit="pu", limit=1.1, unit_per_mw=0.9,
        ),
        row(
            problem, dict.fromkeys(problem.unit_of, -1.0), 0.0085, kind="site", name="export:site", element="site", unit="MW",
            limit=0.0285, unit_per_mw=1.0,
        ),
    )  # fmt: skip
    losses = problem.slopes({"battery": 0.03, "car": 0.05, "roof": np.linspace(-0.02, 0.02, STEPS)})
    return problem, Linear(rows=rows, loss_by_p=losses, loss_by_q=problem.slopes({"roof": 0.004}))


def with_devices(problem, **changes):
    """The problem with some devices changed: ``name=dict(field=value)``."""
    devices = tuple(dataclasses.replace(device, **changes.get(device.id, {})) for device in problem.devices)
    return dataclasses.replace(problem, devices=devices)

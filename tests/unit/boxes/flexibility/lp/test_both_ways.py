"""No battery charges and discharges at once, whatever a limit or a price would pay for it."""

import numpy as np
import pytest

from twin.boxes.flexibility.devices.plant import Plant
from twin.boxes.flexibility.devices.storage import Storage
from twin.boxes.flexibility.lp import compiled
from twin.boxes.flexibility.lp.compiled import CompiledModel
from twin.boxes.flexibility.lp.problem import Penalties, Problem, Site
from twin.boxes.flexibility.lp.rows import GridRow

STEPS = 12
SUN = np.sin(np.pi * (np.arange(STEPS) + 0.5) / STEPS)


def battery(name, **changes):
    given = {"efficiency": 0.9, "charge_max_mw": 0.5, "discharge_max_mw": 0.5, "e0_mwh": 0.5, "e_max_mwh": 1.0, **changes}
    return Storage(id=name, **given)


@pytest.fixture
def sunny():
    """Two batteries and a dear roof behind a wire that carries less than the roof gives: burning energy would cost nothing."""
    devices = (
        battery("a", end_value_chf_per_mwh=50.0),
        battery("b", e0_mwh=1.0),
        Plant(id="roof", available_mw=1.5 * SUN, curtailed_chf_per_mwh=200.0),
    )
    at = Site(
        net_p_mw=np.zeros(STEPS), import_chf_per_mwh=np.full(STEPS, 100.0), export_chf_per_mwh=20.0 * np.cos(np.arange(STEPS))
    )
    bare = Problem(hours=(1.0,) * STEPS, devices=devices, site=at, penalties=Penalties.above(1000.0))
    wire = GridRow(
        name="wire", kind="line", element="W", limit=100.0, unit="%", room_mw=np.full(STEPS, 0.6),
        by_p=bare.slopes(dict.fromkeys(bare.unit_of, -1.0)),
    )  # fmt: skip
    return Problem(hours=bare.hours, devices=devices, site=at, penalties=bare.penalties, rows=(wire,))


def test_a_crowded_wire_makes_no_battery_burn_energy(sunny):
    found = CompiledModel(sunny).solve(sunny)
    assert found.optimal
    both = np.minimum(found.values["draw_mw"][:2], found.values["feed_mw"][:2])
    assert both.max() < 1e-6  # MW: one watt


def test_without_forbidding_it_the_cheapest_plan_would_burn(sunny, monkeypatch):
    monkeypatch.setattr(compiled, "_ROUNDS", 0)
    assert CompiledModel(sunny).solve(sunny).status == "simultaneous"

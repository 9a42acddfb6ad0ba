"""Risk that an intervention avoids."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from twin.boxes.maintenance.risk.classes import CLASSES
from twin.boxes.maintenance.risk.condition import measured, observed
from twin.boxes.maintenance.risk.health import Evidence, health_score
from twin.boxes.maintenance.risk.interventions import (
    AssetRisk,
    Effect,
    Fault,
    Intervention,
    intervention,
    present_chf,
    ranked,
    risk_avoided_chf,
    yearly_failures,
    yearly_failures_after,
)

ROW = CLASSES["hv_mv_transformer"]
OLD = AssetRisk(
    asset="T1",
    asset_class=ROW,
    health=health_score(
        ROW,
        Evidence(
            age_y=40.0,
            observed=(observed("hv_mv_transformer", "cooler", "substantial"),),
            measured=(measured("partial_discharge", "medium"),),
        ),
    ),
    failure_chf=1e6,
)
TEN = {"horizon_y": 10, "discount_percent": 3.0}
YEARS = np.arange(10.0)
EFFECTS: dict[str, Effect] = {
    "inspect": Effect(finds=0.5, mends=0.6),
    "oil_sample": Effect(finds=0.7, mends=0.6),
    "exchange_sensor": Effect(finds=0.6, mends=0.6),
    "clean_cooling": Effect(removes=("cooling", "cooler", "temperature")),
    "repair_contact": Effect(removes=("contact", "temperature")),
    "treat_oil": Effect(removes=("oil",)),
    "refurbish": Effect(
        removes=("external", "tank", "cooler", "cooling", "contact", "temperature", "oil"),
        health_after=4.0,
        finds=0.9,
        mends=0.9,
    ),
    "refurbish_tap_changer": Effect(
        removes=("external", "drive", "contacts", "contact", "oil"), health_after=2.0, finds=0.9, mends=0.9
    ),
    "replace": Effect(renews=True),
}


@pytest.mark.parametrize("action", sorted(EFFECTS))
def test_no_action_makes_an_asset_worse(action: str) -> None:
    faulty = replace(OLD, faults=(Fault(name="hidden", probability=0.1, per_year=0.3),))

    for start in (0.0, 4.0):
        after = yearly_failures_after(faulty, EFFECTS[action], start=start, years=YEARS)
        assert np.all(after <= yearly_failures(faulty, years=YEARS) + 1e-15)


def test_an_action_without_effect_avoids_nothing_in_any_year() -> None:
    for start in (0.0, 4.0):
        after = yearly_failures_after(OLD, Effect(), start=start, years=YEARS)
        assert after == pytest.approx(yearly_failures(OLD, years=YEARS), rel=1e-12)


def test_cleaning_a_cooler_leaves_the_partial_discharge_where_it_is() -> None:
    """Without the cooler's factor 1.4 and collar 5.5, the age's score times 1.1."""
    clean = yearly_failures_after(OLD, EFFECTS["clean_cooling"], start=0.0, years=YEARS)
    same_age = health_score(ROW, Evidence(age_y=40.0, measured=(measured("partial_discharge", "medium"),)))

    assert clean[0] == pytest.approx(yearly_failures(replace(OLD, health=same_age), years=YEARS)[0])
    assert clean[0] < yearly_failures(OLD, years=YEARS)[0]


def test_a_new_asset_fails_as_seldom_as_its_class_can() -> None:
    """Score below 4 for the first ten years: 0.0454 % x 28.50 = 1.294 %/year."""
    new = yearly_failures_after(OLD, EFFECTS["replace"], start=0.0, years=YEARS)

    assert new == pytest.approx(np.full(10, 0.012939), abs=1e-6)


def test_risk_avoided_is_proportional_to_what_a_failure_costs() -> None:
    twice = replace(OLD, failure_chf=2.0 * OLD.failure_chf)

    assert risk_avoided_chf(twice, EFFECTS["replace"], **TEN) == pytest.approx(
        2.0 * risk_avoided_chf(OLD, EFFECTS["replace"], **TEN)
    )


def test_the_value_of_an_inspection_is_what_it_finds_times_what_is_avoided() -> None:
    """0.1 x 0.5 x 0.6 of a failure that surely comes within the year (rate 50 per year): 3 % of 1 million CHF."""
    faulty = replace(OLD, faults=(Fault(name="hidden", probability=0.1, per_year=50.0),))

    value = risk_avoided_chf(faulty, Effect(finds=0.5, mends=0.6), horizon_y=5, discount_percent=0.0)

    assert value == pytest.approx(30_000.0, rel=1e-9)


def test_looking_at_a_sound_asset_is_worth_nothing() -> None:
    assert risk_avoided_chf(OLD, EFFECTS["inspect"], **TEN) == pytest.approx(0.0, abs=1e-6)


def test_a_fault_fails_at_most_once() -> None:
    """0.2 x (1 - exp(-0.5 x 10)) failures in ten years, beside the asset's own."""
    faulty = replace(OLD, faults=(Fault(name="cooling", probability=0.2, per_year=0.5),))

    more = yearly_failures(faulty, years=YEARS) - yearly_failures(OLD, years=YEARS)

    assert more.sum() == pytest.approx(0.2 * (1.0 - np.exp(-5.0)))


def test_the_right_repair_ends_a_known_fault_and_another_does_not() -> None:
    faulty = replace(
        OLD, health=health_score(ROW, Evidence(age_y=20.0)), faults=(Fault(name="cooling", probability=0.8, per_year=0.5),)
    )

    assert risk_avoided_chf(faulty, EFFECTS["clean_cooling"], **TEN) > 0.0
    assert risk_avoided_chf(faulty, EFFECTS["treat_oil"], **TEN) == pytest.approx(0.0, abs=1e-6)


def test_failures_of_a_cable_count_by_length() -> None:
    row = CLASSES["hv_cable"]
    cable = AssetRisk(asset="C", asset_class=row, health=health_score(row, Evidence(age_y=30.0)), failure_chf=1.0)

    assert yearly_failures(replace(cable, length_km=3.0), years=YEARS) == pytest.approx(
        3.0 * yearly_failures(cable, years=YEARS)
    )


def test_present_value_by_hand() -> None:
    assert present_chf(np.array([100.0, 100.0]), discount_percent=25.0) == pytest.approx(180.0)


def test_interventions_rank_by_francs_avoided_per_franc() -> None:
    cheap = intervention(OLD, "clean_cooling", effect=EFFECTS["clean_cooling"], cost_chf=2_000.0, crew_h=8.0, **TEN)
    dear = intervention(OLD, "replace", effect=EFFECTS["replace"], cost_chf=900_000.0, crew_h=120.0, **TEN)

    assert [one.id for one in ranked([dear, cheap])] == ["T1:clean_cooling", "T1:replace"]
    assert dear.risk_avoided_chf > cheap.risk_avoided_chf


def test_what_costs_nothing_and_avoids_nothing_ranks_last() -> None:
    idle = Intervention(id="a", asset="A", action="x", cost_chf=0.0, crew_h=0.0, risk_avoided_chf=0.0, horizon_y=1)
    free = replace(idle, id="b", risk_avoided_chf=1.0)

    assert [one.ratio for one in ranked([idle, free])] == [float("inf"), 0.0]

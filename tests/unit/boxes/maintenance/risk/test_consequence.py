"""What one failure costs."""

from __future__ import annotations

from dataclasses import replace

import pytest

from twin.boxes.maintenance.risk.consequence import Failure, UnitValues, consequence

VALUES = UnitValues(
    lost_load_chf_per_mwh=20_000.0,
    interruption_chf=5.0,
    safety_chf=1e6,
    oil_chf_per_kg=20.0,
    pcb_chf_per_kg=200.0,
    gas_chf_per_kg=1_000.0,
)
FAILURE = Failure(
    customers=400.0,
    unsupplied_before_mw=1.0,
    switching_h=1.5,
    unsupplied_after_mw=0.2,
    restoring_h=6.5,
    repair_h=876.6,
    second_mw=2.0,
    second_per_year=0.1,
    second_h=5.0,
    repair_chf=60_000.0,
    dangerous_share=0.01,
    oil_kg=500.0,
    oil_share=0.2,
    pcb=0.0,
    gas_kg=0.0,
)


def test_every_part_by_hand() -> None:
    """1 x 1.5 + 0.2 x 5 = 2.5 MWh; a tenth of a year x 0.1 per year x 2 MW x 5 h = 0.1 MWh of second failures."""
    cost = consequence(FAILURE, VALUES)

    assert cost.parts == pytest.approx(
        {
            "customers_chf": 2_000.0,
            "energy_chf": 50_000.0,
            "security_chf": 2_000.0,
            "repair_chf": 60_000.0,
            "safety_chf": 10_000.0,
            "environment_chf": 2_000.0,
        }
    )
    assert cost.total_chf == pytest.approx(126_000.0)
    assert cost.energy_mwh == pytest.approx(2.5)


def test_an_unknown_part_is_named_and_the_total_counts_the_others() -> None:
    cost = consequence(replace(FAILURE, repair_chf=float("nan")), VALUES)

    assert cost.unknown == ("repair_chf",)
    assert cost.total_chf == pytest.approx(66_000.0)


def test_nothing_known_is_no_total() -> None:
    cost = consequence(Failure(), VALUES)

    assert cost.total_chf != cost.total_chf  # NaN
    assert len(cost.unknown) == len(cost.parts)


def test_unknown_pcb_counts_as_pcb_and_says_so() -> None:
    known, unknown = consequence(FAILURE, VALUES), consequence(replace(FAILURE, pcb=float("nan")), VALUES)

    assert unknown.environment_chf == pytest.approx(10.0 * known.environment_chf)
    assert unknown.assumptions == ("pcb",)
    assert known.assumptions == ()


def test_a_dry_asset_needs_no_oil_share() -> None:
    assert consequence(replace(FAILURE, oil_kg=0.0, oil_share=float("nan")), VALUES).environment_chf == 0.0


def test_longer_switching_costs_more_energy() -> None:
    assert consequence(replace(FAILURE, switching_h=3.0), VALUES).energy_chf > consequence(FAILURE, VALUES).energy_chf

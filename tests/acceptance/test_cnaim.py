"""CNAIM v2.1 (Ofgem, 1 April 2021): the anchors of the method, and its rules by hand."""

from __future__ import annotations

import numpy as np
import pytest

from twin.boxes.maintenance.risk import cnaim
from twin.boxes.maintenance.risk.classes import CLASSES
from twin.boxes.maintenance.risk.oil import furan_factor, gas_factor, oil_factor


@pytest.mark.parametrize(("score", "percent"), [(0.5, 0.2223), (4.0, 0.2223), (5.5, 0.4716), (7.0, 0.8656), (10.0, 2.2231)])
def test_failures_of_a_distribution_transformer_match_the_anchors(score: float, percent: float) -> None:
    """Four digits: half of the last one as tolerance. 0.222, 0.472, 0.866 and 2.223 %/year are these, rounded."""
    k = CLASSES["mv_lv_transformer"].k_percent

    assert 100 * cnaim.probability_of_failure(score, k_percent=k) == pytest.approx(percent, abs=5e-5)


def test_a_transformer_at_110_kv_has_its_own_k() -> None:
    assert CLASSES["mv_lv_transformer"].k_percent == 0.0078
    assert CLASSES["hv_mv_transformer"].k_percent == 0.0454
    assert CLASSES["tap_changer"].k_percent == 0.0454


def test_sixty_years_give_the_published_ageing_rate() -> None:
    """0.03996 per year: half of its last digit."""
    assert cnaim.ageing_rate(60.0) == pytest.approx(0.03996, abs=5e-6)


def test_score_from_age_is_new_at_first_and_capped_at_the_end_of_life() -> None:
    rate = cnaim.ageing_rate(60.0)

    scores = cnaim.initial_health_score(np.array([0.0, 60.0, 200.0]), rate=rate)

    assert scores == pytest.approx([0.5, 5.5, 5.5], rel=1e-12)  # rounding of exp and log


def test_duty_shortens_the_expected_life() -> None:
    """Above its rating a distribution transformer's duty factor is 1.4 (table 33): 60 / 1.4 years."""
    row = CLASSES["mv_lv_transformer"]

    life = cnaim.expected_life_y(row.normal_life_y, duty=row.duty(120.0), location=1.0)

    assert life == pytest.approx(42.857, abs=5e-4)


@pytest.mark.parametrize(
    ("factors", "most", "combined"),
    [
        ([1.4, 1.2, 1.1], 2, 1.4 + 0.2 / 1.5),
        ([1.4, 1.2, 1.1], 3, 1.4 + 0.3 / 1.5),
        ([1.4, 0.9], 2, 1.4),
        ([1.4, 1.2], 1, 1.4),
        ([0.9, 0.95], 2, 0.9 - 0.05 / 1.5),
        ([1.0, 0.9], 2, 0.9),
        ([], 2, 1.0),
    ],
)
def test_factors_combine_by_maximum_and_increment(factors: list[float], most: int, combined: float) -> None:
    assert cnaim.combined_factor(factors, most=most) == pytest.approx(combined, rel=1e-12)


def test_collar_goes_before_cap_and_the_worst_score_of_today_is_ten() -> None:
    rules = {"factor": 1.0, "reliability": 1.0}

    assert cnaim.current_health_score(2.0, cap=10.0, collar=8.0, **rules) == 8.0
    assert cnaim.current_health_score(5.0, cap=3.0, collar=0.5, **rules) == 3.0
    assert cnaim.current_health_score(5.0, cap=3.0, collar=4.0, **rules) == 4.0
    assert cnaim.current_health_score(5.5, factor=3.0, reliability=1.0, cap=10.0, collar=0.5) == 10.0


def test_ageing_is_reduced_in_a_forecast_by_table_216() -> None:
    assert cnaim.ageing_reduction(np.array([1.0, 2.0, 3.75, 5.5, 10.0])) == pytest.approx([1.0, 1.0, 1.25, 1.5, 1.5])


def test_a_forecast_by_hand() -> None:
    """Score 5.5 at 60 years: beta 2 = beta 1 = 0.039965, over 1.5; ten years on 5.5 exp(0.26643) = 7.179."""
    score = cnaim.future_health_score(5.5, years=10.0, age_y=60.0, rate=cnaim.ageing_rate(60.0))

    assert score == pytest.approx(7.179, abs=5e-4)


def test_a_poor_young_asset_ages_at_most_twice_as_fast() -> None:
    rate = cnaim.ageing_rate(60.0)

    assert cnaim.forecast_ageing_rate(8.0, age_y=5.0, rate=rate) == pytest.approx(2.0 * rate)


def test_a_forecast_ends_at_fifteen() -> None:
    assert cnaim.future_health_score(10.0, years=80.0, age_y=40.0, rate=cnaim.ageing_rate(60.0)) == 15.0


def test_oil_of_a_distribution_transformer_by_hand() -> None:
    """35 ppm (4), 0.2 mg KOH/g (4) and 35 kV (4): 80 x 4 + 125 x 4 + 80 x 4 = 1140, above 1000: factor 1.4, collar 5.5."""
    factor = oil_factor(moisture_ppm=35.0, acidity_mg_koh_per_g=0.2, breakdown_kv=35.0, table="mv")

    assert factor is not None
    assert (factor.factor, factor.collar) == (1.4, 5.5)


def test_gas_by_hand() -> None:
    """150 ppm of hydrogen (10) and 25 of acetylene (8): 50 x 10 + 120 x 8 = 1460, over 220 a collar of 6.636.

    Up from 500 by 192 %: factor 1.5 (table 214).
    """
    clean = {"h2_ppm": 50.0, "ch4_ppm": 5.0, "c2h4_ppm": 15.0, "c2h6_ppm": 5.0, "c2h2_ppm": 3.0}  # 200 + 60 + 240 = 500
    now = {"h2_ppm": 150.0, "ch4_ppm": 5.0, "c2h4_ppm": 5.0, "c2h6_ppm": 5.0, "c2h2_ppm": 25.0}

    factor = gas_factor(now, clean)

    assert factor is not None
    assert factor.factor == 1.5
    assert factor.collar == pytest.approx(1460.0 / 220.0)


def test_furans_by_hand() -> None:
    """5.5 ppm: factor 1.25 (table 215); collar 2.33 x 5.5^0.68 = 7.43, held at 7."""
    factor = furan_factor(5.5)

    assert factor is not None
    assert (factor.factor, factor.collar) == (1.25, 7.0)

"""Health from what is known of an asset."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twin.boxes.maintenance.risk import cnaim
from twin.boxes.maintenance.risk.classes import CLASSES, configured
from twin.boxes.maintenance.risk.condition import Factor, from_gas_code, from_watch, measured, observed
from twin.boxes.maintenance.risk.health import Evidence, equivalent_age_y, health_score, rescored
from twin.domain.problems import BadInput

TRANSFORMER = CLASSES["mv_lv_transformer"]
SCORES = st.floats(0.5, 15.0)


@given(low=SCORES, high=SCORES)
def test_failures_never_fall_as_health_grows_worse(low: float, high: float) -> None:
    low, high = sorted((low, high))

    assert cnaim.probability_of_failure(low, k_percent=0.0078) <= cnaim.probability_of_failure(high, k_percent=0.0078)


@settings(max_examples=50, deadline=None)
@given(
    ages=st.tuples(st.floats(0.0, 120.0), st.floats(0.0, 120.0)),
    utilisation=st.floats(0.0, 150.0),
    name=st.sampled_from(sorted(CLASSES)),
    grade=st.sampled_from(["superficial", "some", "substantial"]),
)
def test_an_older_asset_is_never_healthier(ages: tuple[float, float], utilisation: float, name: str, grade: str) -> None:
    row = CLASSES[name]
    young, old = sorted(ages)
    known = Evidence(utilisation_percent=utilisation, observed=(observed(name, "external", grade),))

    scores = [health_score(row, replace(known, age_y=age)).score for age in (young, old)]

    assert scores[0] <= scores[1]


def test_an_unknown_age_counts_as_a_full_life_and_is_named() -> None:
    health = health_score(TRANSFORMER, Evidence())

    assert health.initial == pytest.approx(5.5)
    assert "age_y" in health.unknown
    assert "age_of_life" in health.assumptions


def test_confidence_is_the_share_of_inputs_that_is_known() -> None:
    """Age and utilisation of the nine inputs of a distribution transformer."""
    health = health_score(TRANSFORMER, Evidence(age_y=20.0, utilisation_percent=60.0))

    assert health.confidence == pytest.approx(2.0 / len(TRANSFORMER.inputs))
    assert len(TRANSFORMER.inputs) == 9


def test_nothing_known_is_no_confidence_at_all() -> None:
    assert health_score(TRANSFORMER, Evidence()).confidence == 0.0


def test_a_half_known_oil_test_never_makes_an_asset_better() -> None:
    row = CLASSES["hv_mv_transformer"]
    dry = Evidence(age_y=45.0, moisture_ppm=5.0)

    assert health_score(row, dry).score >= health_score(row, Evidence(age_y=45.0)).score


def test_a_clean_full_oil_test_makes_a_large_transformer_better() -> None:
    """Factor 0.9 of table 206."""
    row = CLASSES["hv_mv_transformer"]
    clean = Evidence(age_y=45.0, moisture_ppm=5.0, acidity_mg_koh_per_g=0.02, breakdown_kv=70.0)

    assert health_score(row, clean).score == pytest.approx(0.9 * health_score(row, Evidence(age_y=45.0)).score)


def test_a_faulty_sensor_costs_confidence_and_not_health() -> None:
    known = Evidence(age_y=30.0, measured=(measured("temperature", "normal"),))
    faulty = replace(known, sensor_faults=("sensor_stuck",))

    sound, doubted = health_score(TRANSFORMER, known), health_score(TRANSFORMER, faulty)

    assert doubted.score == sound.score
    assert doubted.confidence < sound.confidence
    assert from_watch("sensor_stuck", size_k=3.0, confidence=0.9) is None


def test_a_strong_cooling_finding_sets_a_floor_and_a_doubtful_one_does_not() -> None:
    strong, doubtful = (from_watch("cooling", size_k=12.0, confidence=share) for share in (0.9, 0.3))

    assert strong is not None
    assert doubtful is not None
    assert (strong.collar, doubtful.collar) == (5.5, 0.5)
    assert strong.factor > doubtful.factor > 1.0
    assert strong.assumption


@pytest.mark.parametrize(("mild", "severe"), [("D1", "D2"), ("T1", "T3")])
def test_a_more_severe_gas_code_is_a_worse_factor(mild: str, severe: str) -> None:
    lesser, greater = from_gas_code(mild), from_gas_code(severe)

    assert lesser is not None
    assert greater is not None
    assert (lesser.factor, lesser.collar) < (greater.factor, greater.collar)


def test_a_normal_gas_code_is_no_factor() -> None:
    assert from_gas_code("normal") is None


def test_hot_insulation_ages_an_asset_and_cool_one_does_not_make_it_younger() -> None:
    """15,000 of 150,000 h in a year of 8766 h: a tenth of 60 years, less the year itself."""
    hot = equivalent_age_y(20.0, life_lost_h=15_000.0, life_observed_h=8766.0, life_y=60.0)
    cool = equivalent_age_y(20.0, life_lost_h=10.0, life_observed_h=8766.0, life_y=60.0)

    assert hot == pytest.approx(25.0)
    assert cool == 20.0


def test_two_tests_of_a_large_transformer_count_more_than_one() -> None:
    row = CLASSES["hv_mv_transformer"]
    gas = {"h2_ppm": 150.0, "ch4_ppm": 60.0, "c2h4_ppm": 5.0, "c2h6_ppm": 5.0, "c2h2_ppm": 0.5}
    one = Evidence(age_y=40.0, furan_ppm=4.5)
    both = replace(one, gases=gas, gases_before=dict.fromkeys(gas, 1.0))

    assert health_score(row, both).factor > health_score(row, one).factor


def test_the_class_without_a_model_says_that_it_is_an_assumption() -> None:
    assert health_score(CLASSES["lv_cable"], Evidence(age_y=30.0)).assumptions == ("class",)
    assert health_score(CLASSES["hv_cable"], Evidence(age_y=30.0)).assumptions == ()


@pytest.mark.parametrize("name", sorted(CLASSES))
def test_every_class_names_its_source_and_assumptions_say_so(name: str) -> None:
    row = CLASSES[name]

    assert "CNAIM" in row.source
    assert row.source.startswith("assumption, configure") == row.assumption


def test_without_its_factor_an_asset_scores_as_by_age() -> None:
    mended = Factor(name="cooling", factor=1.4, collar=5.5)
    health = health_score(TRANSFORMER, Evidence(age_y=30.0, measured=(mended,)))

    assert health.score == 5.5
    assert rescored(TRANSFORMER, health, removes=("cooling",)) == pytest.approx(health.initial)


def test_an_unknown_grade_is_refused() -> None:
    with pytest.raises(KeyError, match="grade 'bad'"):
        observed("mv_lv_transformer", "external", "bad")


def test_a_grade_that_a_table_lacks_counts_as_the_next_poorer() -> None:
    """Table 83 knows neither 'as new' nor 'slight'."""
    assert observed("hv_mv_transformer", "tank", "as_new").factor == 1.0
    assert observed("hv_mv_transformer", "tank", "slight").factor == 1.4


def test_a_site_replaces_the_numbers_of_a_class_and_names_its_source() -> None:
    rows = configured({"pump": {"k_percent": 0.2, "source": "own records 2005 to 2024"}})

    assert rows["pump"].k_percent == 0.2
    assert not rows["pump"].assumption
    assert rows["hydro_unit"] == CLASSES["hydro_unit"]


def test_all_faults_of_a_class_table_are_named_at_once() -> None:
    bad = {"pump": {"k_percent": "x", "c": 9.0}, "ship": {}, "mv_cable": {"colour": 1, "source": "own"}}

    with pytest.raises(BadInput) as caught:
        configured(bad)

    places = [problem.place for problem in caught.value.problems]
    assert places == [
        "asset class 'pump': k_percent",
        "asset class 'pump': c",
        "asset class 'pump'",
        "asset class 'ship'",
        "asset class 'mv_cable'",
    ]


def test_unknown_in_is_unknown_out_of_the_formulas() -> None:
    nan = float("nan")

    assert np.isnan(cnaim.probability_of_failure(nan, k_percent=0.0078))
    assert np.isnan(cnaim.initial_health_score(nan, rate=0.04))

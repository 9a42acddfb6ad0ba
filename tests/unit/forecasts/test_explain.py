import json

import numpy as np
import pytest

from forecasts.experts.floor import DayType
from forecasts.experts.ridge import Ridge
from forecasts.explain.explanation import Explains, Issue, Said, blended, explain
from forecasts.past import Past, Place
from forecasts.quantiles import LEVELS

MEDIAN = LEVELS.index(0.5)
STEPS = 24


@pytest.fixture(scope="module")
def past():
    """Ten weeks whose load rises by 0.2 MW for every kelvin below 15 °C; tomorrow is known to be cold."""
    days = 70
    rng = np.random.default_rng(4)
    temp = np.repeat(rng.uniform(-5.0, 14.0, days + 3), 24)
    temp[days * 24 :] = -8.0
    shape = 10.0 + 3.0 * np.sin(2 * np.pi * (np.arange(days * 24) % 24) / 24)
    values = shape + 0.2 * (15.0 - temp[: days * 24]) + 0.05 * rng.normal(size=days * 24)
    start_s = int(np.datetime64("2019-01-06T23:00", "s").astype(np.int64))
    return Past("load", start_s, 3600, values, {"temp_c": temp}, Place("Europe/Zurich", "CH", "ZH"))


@pytest.fixture(scope="module")
def issue(past):
    fitted = {"ridge": Ridge().fit(past, days_ahead=1, seed=0), "day_type": DayType().fit(past, days_ahead=1, seed=0)}
    spread = np.linspace(-1.0, 1.0, len(LEVELS))
    said = {name: expert.predict(past, STEPS)[:, None] + spread for name, expert in fitted.items()}
    shares = np.stack([np.linspace(0.6, 0.9, len(LEVELS)), np.linspace(0.4, 0.1, len(LEVELS))])
    weights = np.broadcast_to(shares, (STEPS, *shares.shape))
    correction = np.linspace(0.5, 0.0, STEPS)
    champion = sum(w * said[name] for w, name in zip(shares, said, strict=True)) + 0.25 + correction[:, None]
    return Issue(past, 0, STEPS, tuple(said), weights, said, champion, correction, {}, fitted)


def test_parts_add_up_to_the_champions_median(issue):
    for step in (0, 8, 23):
        assert sum(explain(issue, step).parts.values()) == pytest.approx(issue.champion[step, MEDIAN], abs=1e-9)


def test_parts_of_an_expert_add_up_to_what_it_said(issue):
    ridge = next(said for said in explain(issue, 8).members if said.name == "ridge")
    assert sum(ridge.parts.values()) == pytest.approx(ridge.quantiles[MEDIAN], abs=1e-6)


def test_cold_ahead_is_named_as_what_drives_the_load_up(issue):
    parts = explain(issue, 8).parts
    groups = {name: value for name, value in parts.items() if name in {"weather", "calendar", "lags", "level"}}
    assert max(groups, key=lambda name: groups[name]) == "weather"
    # 12.6 K below the mean of the winter at 0.2 MW/K is 2.5 MW; ridge carries three quarters of the median.
    assert 1.0 < parts["weather"] < 2.6


def test_the_heaviest_member_comes_first_with_its_weight_at_every_level(issue):
    found = explain(issue, 8)
    assert [said.name for said in found.members] == ["ridge", "day_type"]
    assert found.members[0].weight == pytest.approx(issue.weights[8, 0])


def test_an_expert_that_cannot_tell_is_a_part_of_its_own(issue):
    found = explain(issue, 8)
    told = found.members[1]
    assert told.parts == {}
    assert found.parts["as day_type says"] == pytest.approx(told.weight[MEDIAN] * told.quantiles[MEDIAN])


def test_the_correction_of_the_tick_is_told_apart_from_calibration(issue):
    found = explain(issue, 0)
    assert found.correction_mw == found.parts["measured since"] == pytest.approx(0.5)
    assert found.parts["calibration"] == pytest.approx(0.25, abs=1e-6)


def test_similar_days_come_with_it(issue, past):
    found = explain(issue, 8)
    assert len(found.similar) == 5
    assert found.similar[0].distance <= found.similar[-1].distance
    assert found.similar[0].differences["temp_c"] > 0.0  # no past day was as cold as the coming one


def test_it_travels_as_json_with_none_for_what_is_not_known(issue):
    found = explain(issue, 8).to_json()
    assert json.loads(json.dumps(found, allow_nan=False))["members"][0]["name"] == "ridge"


def test_a_ridge_can_tell_and_a_floor_expert_cannot(issue):
    assert isinstance(issue.fitted["ridge"], Explains)
    assert not isinstance(issue.fitted["day_type"], Explains)


def test_members_blend_by_their_median_weight():
    flat = tuple(np.zeros(len(LEVELS)))
    half, ten = tuple(np.full(len(LEVELS), 0.5)), tuple(np.full(len(LEVELS), 10.0))
    members = [Said("a", half, ten, {"weather": 4.0, "lags": 6.0}), Said("b", half, flat, {"weather": -2.0, "lags": 2.0})]
    found = blended(members, median=5.5, correction=0.0)
    assert found == {"weather": 1.0, "lags": 4.0, "measured since": 0.0, "calibration": 0.5}


def test_a_member_that_says_nothing_is_left_out():
    nothing, all_of_it = tuple(np.zeros(len(LEVELS))), tuple(np.ones(len(LEVELS)))
    unknown, ten = tuple(np.full(len(LEVELS), np.nan)), tuple(np.full(len(LEVELS), 10.0))
    members = [Said("a", all_of_it, ten, {"lags": 10.0}), Said("b", nothing, unknown, {})]
    assert blended(members, median=10.0, correction=0.0) == {"lags": 10.0, "measured since": 0.0, "calibration": 0.0}

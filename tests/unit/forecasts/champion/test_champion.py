"""A trained champion: the same bytes for the same data, the same answers after a journey, honest without history."""

from __future__ import annotations

import numpy as np
import pytest
import towns

from forecasts.champion.champion import Champion, train
from forecasts.expert import NotEnoughHistory
from forecasts.experts.registry import experts_for
from forecasts.quantiles import LEVELS
from twin.domain.pack import UnpackError, pack

EXPERTS = experts_for("load", ["day_type", "ridge"])
TRAINED, AHEAD = 60, 4
LEADS = 192


@pytest.fixture(scope="module")
def town():
    return towns.series("2016-01-01", TRAINED + AHEAD, heated=True)


def known(town, day):
    return town.as_of(towns.midnight(town, day), reach=LEADS + 100)


@pytest.fixture(scope="module")
def champion(town):
    return train(known(town, TRAINED), EXPERTS, leads=LEADS, seed=5)


def answer(champion, past):
    return champion.quantiles(past, champion.said(past))


def test_equal_data_and_seed_give_equal_bytes(town, champion):
    assert train(known(town, TRAINED), EXPERTS, leads=LEADS, seed=5).to_bytes() == champion.to_bytes()


def test_an_artifact_answers_as_the_training_did(town, champion):
    data = champion.to_bytes()
    read = Champion.read(data, EXPERTS)
    past = known(town, TRAINED + 1)
    # Weights and offsets travel as they are; what experts learnt may travel in single precision.
    assert answer(read, past) == pytest.approx(answer(champion, past), rel=1e-6)
    assert read.to_bytes() == data


def test_a_path_reaches_the_end_of_the_day_after_the_last_lead(town, champion):
    past = known(town, TRAINED)
    path = answer(champion, past)
    assert path.shape == (champion.steps(past), len(LEVELS))
    assert len(path) >= LEADS
    assert (np.diff(path, axis=1) >= 0.0).all()


def test_weights_start_equal_and_the_better_expert_has_earned_more(champion):
    by_name = dict(zip(champion.standing.members, champion.standing.weights.mean(axis=(1, 2, 3)), strict=True))
    assert by_name["ridge"] > 0.55 > by_name["day_type"]  # it knows the temperature


def test_the_weather_that_was_measured_after_as_of_teaches_nothing(town):
    row = towns.midnight(town, TRAINED)
    short = town.as_of(row, reach=0)
    long = town.as_of(row, reach=3 * 96)
    long.weather["temp_c"][row:] += 50.0
    assert train(short, EXPERTS, leads=LEADS, seed=5).standing.weights == pytest.approx(
        train(long, EXPERTS, leads=LEADS, seed=5).standing.weights, abs=0.02
    )


def test_bytes_of_another_format_are_refused(champion):
    with pytest.raises(UnpackError, match="another format"):
        Champion.read(pack({"format": 0, "fitted": [], "blends": []}), EXPERTS)
    with pytest.raises(UnpackError):
        Champion.read(b"nonsense", EXPERTS)


def test_an_expert_that_is_not_installed_any_more_is_refused(champion):
    with pytest.raises(UnpackError, match="not installed"):
        Champion.read(champion.to_bytes(), experts_for("load", ["day_type"]))


def test_an_expert_with_too_little_history_is_left_out_and_the_floor_answers(town):
    young = train(town.as_of(towns.midnight(town, 10), reach=300), EXPERTS, leads=LEADS, seed=5)
    assert set(young.fitted) == {"day_type"}
    assert young.days == 10
    assert "usable days" in Champion.read(young.to_bytes(), EXPERTS).left_out["ridge"]


def test_an_expert_taught_at_last_and_never_rehearsed_leaves_no_hole_in_the_answer(town):
    champion = train(town.as_of(towns.midnight(town, 26), reach=300), EXPERTS, leads=LEADS, seed=5)
    assert set(champion.fitted) == {"day_type", "ridge"}
    assert np.isfinite(answer(champion, town.as_of(towns.midnight(town, 26), reach=300))).all()


def test_no_expert_at_all_is_not_enough_history(town):
    with pytest.raises(NotEnoughHistory, match="at least a day"):
        train(town.as_of(towns.midnight(town, 3), reach=300), experts_for("load", ["ridge"]), leads=LEADS, seed=5)

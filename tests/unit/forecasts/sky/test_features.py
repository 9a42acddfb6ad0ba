"""Features of photovoltaic paths: nothing of the future, nothing of other origins, and rows that say what they miss."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import suns

from forecasts.expert import NotEnoughHistory
from forecasts.past import Place
from forecasts.sky.envelope import upper_envelope
from forecasts.sky.features import NEWEST, design, is_weather, local_midnights
from forecasts.sky.reference import SkyReference, learn_reference
from forecasts.sky.training import ratio_rows, with_gaps

UNPLACED = Place("UTC")


@pytest.fixture(scope="module")
def roof():
    return suns.plant(days=60)


@pytest.mark.parametrize("step_s", [900, 3600])
def test_an_origin_sees_the_same_in_training_as_it_saw_then(step_s):
    series = suns.plant(days=50, step_s=step_s)
    steps = 2 * 86_400 // step_s
    past = series.as_of(40 * 86_400 // step_s, reach=steps)
    reference = learn_reference(past)
    then = design(past, reference, np.array([past.rows]), steps)
    scrambled = series.values.copy()
    scrambled[past.rows :] = np.random.default_rng(9).random(len(scrambled) - past.rows)
    later = replace(series, values=scrambled).as_of(len(scrambled) - steps, reach=steps)
    now = design(later, reference, np.array([past.rows, past.rows + steps]), steps)
    assert now.names == then.names
    np.testing.assert_allclose(now.x[0], then.x[0], rtol=0, atol=1e-9)


def test_a_noon_origin_does_not_see_the_afternoon(roof):
    at = 40 * 24 + 11  # a place whose local midnight is our noon: the sun stands high at the origin
    before = design(roof.as_of(at, reach=24), learn_reference(roof.as_of(at, reach=24)), np.array([at]), 24)
    values = roof.values.copy()
    values[at:] = 9.0
    whole = replace(roof, values=values).as_of(at + 30, reach=24)
    after = design(whole, learn_reference(roof.as_of(at, reach=24)), np.array([at]), 24)
    np.testing.assert_allclose(after.x, before.x, rtol=0, atol=1e-9)


def test_the_ratio_of_a_cloudless_plant_is_one():
    series = suns.plant(days=60)
    clear = replace(
        series, values=SkyReference((47.4, 8.05), suns.ROOF, np.inf, 1.0, 1.0).rows(series.as_of(1440, reach=0), 0, 1440).p_mw
    )
    paths = design(clear.as_of(1416, reach=24), learn_reference(clear.as_of(1416, reach=24)), np.array([1416]), 24)
    ratio = paths.pick(("slot_ratio_mean_7",))[0, :, 0]
    bright = paths.reference_mw[0] > 0.2 * paths.reference_mw[0].max()
    np.testing.assert_allclose(ratio[bright], 1.0, atol=0.04)  # a tilt one degree off


def test_a_feature_that_is_not_there_is_unknown(roof):
    past = roof.as_of(1200, reach=24)
    paths = design(past, learn_reference(past), np.array([1200]), 24)
    assert np.isnan(paths.pick(("fog_share",))).all()


def test_irradiance_becomes_an_index_and_an_unknown_column_stays_as_it_is(roof):
    past = roof.as_of(1200, reach=24)
    paths = design(past, learn_reference(past), np.array([1200]), 24)
    index = paths.pick(("clear_sky_index",))[0, :, 0]
    bright = paths.reference_mw[0] > 0.3 * paths.reference_mw[0].max()
    assert np.all((index[bright] >= 0.0) & (index[bright] <= 1.3))
    np.testing.assert_array_equal(paths.pick(("soil_moisture",))[0, :, 0], roof.weather["soil_moisture"][1200:1224])


def test_local_midnights_follow_the_clock_over_its_change():
    series = suns.plant(days=40)  # from the first of March: the clocks change on the 28th
    past = series.as_of(40 * 24, reach=0)
    hours = past.labels(0, past.rows)[local_midnights(past)].astype("datetime64[h]").astype(int) % 24
    assert set(hours[:27]) == {23}
    assert set(hours[27:]) == {22}


def test_gaps_are_learnt_from_in_copies_and_the_whole_rows_stay(roof):
    _, rows = ratio_rows(roof.as_of(50 * 24, reach=48), days_ahead=2)
    more = with_gaps(rows, seed=4)
    np.testing.assert_array_equal(more.x[: len(rows.ratio)], rows.x)
    weather = [i for i, name in enumerate(rows.names) if is_weather(name)]
    newest = [rows.names.index(name) for name in NEWEST]
    copies = more.x[len(rows.ratio) :]
    assert (np.isnan(copies[:, weather]).all(axis=1) | np.isnan(copies[:, newest]).all(axis=1)).all()
    assert np.isnan(copies[:, weather]).all(axis=1).any()
    assert np.isnan(copies[:, newest]).all(axis=1).any()


def test_a_plant_without_position_is_referred_to_its_own_envelope():
    series = suns.plant(days=60, place=UNPLACED)
    reference = learn_reference(series.as_of(50 * 24, reach=24))
    assert reference.position is None
    rows = reference.rows(series.as_of(50 * 24, reach=24), 50 * 24, 51 * 24)
    truth = SkyReference((47.4, 8.05), suns.ROOF, np.inf, 1.0, 1.0).rows(series.as_of(50 * 24, reach=24), 50 * 24, 51 * 24)
    bright = truth.p_mw > 0.3 * truth.p_mw.max()
    np.testing.assert_allclose(rows.p_mw[bright], truth.p_mw[bright], rtol=0.15)  # a fortnight's lag of the spring sun
    assert np.all(rows.p_mw[truth.p_mw == 0.0] < 0.05 * truth.p_mw.max())


def test_an_envelope_does_not_see_its_own_day():
    values = np.zeros(24 * 40)
    values[12::24] = 1.0
    values[24 * 35 + 12] = 50.0
    envelope = upper_envelope(values, per_day=24, rows=24 * 40)
    assert envelope[24 * 35 + 12] == pytest.approx(0.5)  # smoothed over dark neighbours


def test_a_plant_that_never_ran_has_no_reference(roof):
    dark = replace(roof, values=np.zeros(len(roof.values)))
    with pytest.raises(NotEnoughHistory, match="sun"):
        learn_reference(dark.as_of(1200, reach=24))


def test_a_reference_survives_its_own_text(roof):
    reference = learn_reference(roof.as_of(1200, reach=24))
    assert SkyReference.read(reference.meta()) == reference

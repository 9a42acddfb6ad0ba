from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from twin.adapters.synthetic_outside import COLD_SPELL, SyntheticOutside
from twin.adapters.synthetic_sky import LOW_SUN, clear_ghi, sun
from twin.domain.signals import OUTSIDE_SIGNALS
from twin.domain.time import QUARTER_HOUR_S, to_epoch_s

AS_OF = datetime(2016, 6, 15, 10, 15, tzinfo=UTC)


@pytest.fixture(scope="module")
def outside(demo, demo_site):
    return SyntheticOutside.of(demo_site, demo)


def quarters(start, steps):
    return to_epoch_s(start) + QUARTER_HOUR_S * np.arange(steps)


@pytest.mark.parametrize("signal", OUTSIDE_SIGNALS)
def test_values_do_not_depend_on_what_was_asked_before(outside, demo, demo_site, signal):
    day = quarters(AS_OF, 96)
    other = SyntheticOutside.of(demo_site, demo)
    one_by_one = np.concatenate([other.actual(signal, day[i : i + 1]) for i in reversed(range(96))])[::-1]
    np.testing.assert_array_equal(outside.actual(signal, day), one_by_one)


def test_another_seed_is_another_weather(outside, demo, demo_site):
    about = demo_site.about.model_copy(update={"seed": 7})
    other = SyntheticOutside.of(demo_site.model_copy(update={"about": about}), demo)
    day = quarters(AS_OF, 96)
    assert np.abs(outside.actual("temp_c", day) - other.actual("temp_c", day)).max() > 0.5


def test_cold_spell_comes_every_january(outside):
    for year in (2016, 2017):
        for day, mean_c in COLD_SPELL.items():
            found = outside.actual("temp_c", quarters(datetime(year, 1, day, tzinfo=UTC), 96)).mean()
            # days are joined at noon, so a day takes an eighth of the difference to each neighbour (12 K at most)
            assert found == pytest.approx(mean_c, abs=1.5)


def test_year_is_as_warm_as_the_formula_says(outside):
    year = outside.actual("temp_c", quarters(datetime(2016, 1, 1, tzinfo=UTC), 365 * 96))
    assert year.mean() == pytest.approx(9.8 - 0.15, abs=0.6)  # the spell costs 0.15 K; 3 K of wander over 365 linked days


def test_sun_and_panels_tell_one_story(outside, demo, demo_net):
    columns = np.flatnonzero(demo_net.sgen["kind"].eq("pv"))
    pv = demo.profiles["sgen_available_p_mw"][:, columns].sum(axis=1, dtype=float)
    labels = quarters(datetime(2015, 12, 31, 23, tzinfo=UTC), len(pv))
    ghi = outside.actual("ghi_w_m2", labels)
    assert np.corrcoef(pv, ghi)[0, 1] > 0.93
    well_up = sun(labels, 53.647, 11.372)[0] > LOW_SUN
    assert (ghi[well_up & (pv > 0.1 * pv.max())] > 30.0).all()  # no bright panel under a dark sky


def test_year_of_sunshine_is_that_of_the_place(outside):
    ghi = outside.actual("ghi_w_m2", quarters(datetime(2015, 12, 31, 23, tzinfo=UTC), 366 * 96))
    assert 900.0 < ghi.sum() / 4000.0 < 1200.0  # kWh/m2; northern Germany has about 1,050
    assert ghi.max() < 1100.0


def test_sun_is_highest_at_solar_noon_of_midsummer():
    labels = quarters(datetime(2016, 6, 21, tzinfo=UTC), 96)
    height, azimuth = sun(labels, 53.647, 11.372)
    noon = int(np.argmax(height))
    assert np.degrees(np.arcsin(height[noon])) == pytest.approx(90.0 - 53.647 + 23.44, abs=0.3)  # Spencer's accuracy
    assert azimuth[noon] == pytest.approx(180.0, abs=5.0)  # a quarter hour of the sun's way
    assert clear_ghi(np.array([-0.1, 0.0, 1.0])) == pytest.approx([0.0, 0.0, 1098.0 * np.exp(-0.059)])


# ------------------------------------------------------------------------------------------- outlook


def test_everything_is_labelled_synthetic(outside):
    assert outside.outlook(AS_OF, 4).synthetic


def test_forecast_is_issued_every_six_hours_and_never_later_than_asked(outside):
    for hours in range(30):
        as_of = AS_OF + timedelta(hours=hours)
        issued = outside.outlook(as_of, 4).issued_at
        assert all(when <= as_of for when in issued.values())
        assert as_of - issued["temp_c"] < timedelta(hours=6)


def test_one_issue_says_one_thing(outside):
    first, later = outside.outlook(AS_OF, 96), outside.outlook(AS_OF + timedelta(hours=1), 92)
    assert first.issued_at["temp_c"] == later.issued_at["temp_c"]
    np.testing.assert_array_equal(first.values["temp_c"][4:], later.values["temp_c"])


@pytest.mark.parametrize("signal", ["temp_c", "ghi_w_m2", "import_renewable_share"])
def test_forecast_never_is_the_truth(outside, signal):
    ahead = outside.outlook(AS_OF, 192)
    truth = outside.actual(signal, quarters(AS_OF, 192))
    day = truth > 0.0
    assert (np.abs(ahead.values[signal] - truth)[day] > 0.0).all()


def test_forecast_error_grows_with_lead(outside):
    near, far = [], []
    for day in range(120):
        as_of = datetime(2016, 3, 1, tzinfo=UTC) + timedelta(days=day)
        error = np.abs(outside.outlook(as_of, 192).values["temp_c"] - outside.actual("temp_c", quarters(as_of, 192)))
        near.append(error[:24].mean())
        far.append(error[-24:].mean())
    assert np.mean(far) > 1.5 * np.mean(near)  # 0.6 against 1.9 K expected


@pytest.mark.parametrize(
    ("as_of", "known_until"),
    [
        (datetime(2016, 6, 15, 10, 45, tzinfo=UTC), datetime(2016, 6, 15, 22, tzinfo=UTC)),  # 12:45 in Zurich
        (datetime(2016, 6, 15, 11, 0, tzinfo=UTC), datetime(2016, 6, 16, 22, tzinfo=UTC)),  # 13:00
        (datetime(2016, 3, 26, 12, 0, tzinfo=UTC), datetime(2016, 3, 27, 22, tzinfo=UTC)),  # the short day is known whole
        (datetime(2016, 10, 29, 11, 0, tzinfo=UTC), datetime(2016, 10, 30, 23, tzinfo=UTC)),  # the long one too
    ],
)
def test_tomorrows_price_is_known_from_13_local(outside, as_of, known_until):
    ahead = outside.outlook(as_of, 192)
    known = np.isfinite(ahead.values["price_chf_per_kwh"])
    expected = quarters(as_of, 192) < to_epoch_s(known_until)
    np.testing.assert_array_equal(known, expected)
    truth = outside.actual("price_chf_per_kwh", quarters(as_of, 192))
    np.testing.assert_array_equal(ahead.values["price_chf_per_kwh"][known], truth[known])


def test_price_holds_for_a_whole_hour(outside):
    price = outside.actual("price_chf_per_kwh", quarters(AS_OF.replace(minute=0), 96)).reshape(24, 4)
    assert (price == price[:, :1]).all()

"""Laws of overhead ratings and of the ensemble behind them."""

from dataclasses import replace

import numpy as np
import pytest

from twin.boxes.maintenance.lines.conductors import CONDUCTORS, OLD_NAMES, conductor_named
from twin.boxes.maintenance.lines.overhead import HOTTEST_C, Span, Weather, ampacity_ka, conductor_c
from twin.boxes.maintenance.lines.weather import MEMBERS, QUANTILES, STATIC_WIND_M_S, Course, best_guess, draw, ensemble

SPAN = Span(CONDUCTORS["94-AL1/15-ST1A"], 500.0, 0.0, "cigre601")
STEPS = 8


def sky(*, air_c=20.0, wind_m_s=0.6, attack_degree=90.0, sun_w_m2=500.0) -> Weather:
    return Weather(*(np.asarray(value, dtype=float) for value in (air_c, wind_m_s, attack_degree, sun_w_m2)))


def course(*, air_c=20.0, sun_w_m2=500.0, wind_m_s=np.nan, wind_degree=np.nan, lead_h=0.0) -> Course:
    parts = (lead_h, air_c, sun_w_m2, 0.7, wind_m_s, wind_degree)
    return Course(*(np.full(STEPS, value, dtype=float) for value in parts))


def quantiles(of: Course, *, azimuth_degree=None, seed=7) -> np.ndarray:
    rating = ampacity_ka(SPAN, ensemble(of, seed=seed, azimuth_degree=azimuth_degree), limit_c=80.0)
    return np.quantile(rating, QUANTILES, axis=0)[:, 0]


@pytest.mark.parametrize("standard", ["cigre601", "ieee738"])
def test_hotter_air_never_raises_a_rating(standard) -> None:
    rating = ampacity_ka(replace(SPAN, standard=standard), sky(air_c=np.arange(-20.0, 45.0, 5.0)), limit_c=80.0)
    assert (np.diff(rating) < 0.0).all()


@pytest.mark.parametrize("standard", ["cigre601", "ieee738"])
def test_more_wind_never_lowers_a_rating(standard) -> None:
    rating = ampacity_ka(replace(SPAN, standard=standard), sky(wind_m_s=np.arange(0.2, 12.0, 0.2)), limit_c=80.0)
    assert (np.diff(rating) >= -1e-4).all()  # the bisection resolves 0.05 A


def test_more_sun_never_raises_a_rating() -> None:
    assert (np.diff(ampacity_ka(SPAN, sky(sun_w_m2=np.arange(0.0, 1200.0, 100.0)), limit_c=80.0)) < 0.0).all()


def test_wind_along_the_line_cools_less_than_wind_across() -> None:
    along, across = ampacity_ka(SPAN, sky(wind_m_s=3.0, attack_degree=[5.0, 90.0]), limit_c=80.0)
    assert along < 0.8 * across


def test_weather_that_heats_beyond_the_limit_alone_leaves_no_current() -> None:
    assert float(ampacity_ka(SPAN, sky(air_c=45.0, sun_w_m2=1200.0), limit_c=45.0)) == 0.0


def test_missing_weather_gives_no_temperature() -> None:
    found = conductor_c(SPAN, sky(air_c=[20.0, np.nan]), np.array([0.2, 0.2]))
    assert np.isfinite(found[0])
    assert np.isnan(found[1])


@pytest.mark.parametrize("standard", ["cigre601", "ieee738"])
def test_idle_conductor_in_the_dark_is_as_cold_as_the_air(standard) -> None:
    found = conductor_c(replace(SPAN, standard=standard), sky(air_c=-15.0, sun_w_m2=0.0), np.array(0.0))
    assert float(found) == pytest.approx(-15.0, abs=0.01)


def test_a_current_that_melts_the_conductor_is_stated_at_the_end_of_the_search() -> None:
    assert float(conductor_c(SPAN, sky(), np.array(7.0))) == pytest.approx(HOTTEST_C, abs=0.1)


def test_static_rating_is_that_of_the_books() -> None:
    # DIN 48204 / EN 50182 tables: 350 A for Al/St 95/15, 645 A for 240/40 at 35 degC, 0.6 m/s across, 80 degC; older tables
    # take a brighter conductor and a simpler convection, 5 % apart.
    static = sky(air_c=35.0, sun_w_m2=900.0)
    for name, rated_ka in (("Al/St 95/15", 0.350), ("Al/St 240/40", 0.645)):
        conductor = conductor_named(name)
        assert conductor is not None
        assert float(ampacity_ka(replace(SPAN, conductor=conductor), static, limit_c=80.0)) == pytest.approx(rated_ka, rel=0.05)


@pytest.mark.parametrize("name", [name for name in CONDUCTORS if "ST1A" in name])
def test_resistance_is_that_of_its_aluminium(name) -> None:
    area_mm2 = float(name.split("-")[0])  # the designation states it, rounded to a square millimetre
    resistivity = CONDUCTORS[name].r20_ohm_per_km * area_mm2
    # 28.264 ohm mm2/km (IEC 60889) and up to 3 % for the lay; half a square millimetre of 34 is 1.5 %
    assert 28.264 * 0.985 < resistivity < 28.264 * 1.045


def test_every_old_name_leads_to_a_conductor() -> None:
    assert set(OLD_NAMES.values()) == set(CONDUCTORS)


def test_unknown_conductor_is_none() -> None:
    assert conductor_named("Cu 50") is None


# ---------------------------------------------------------------------------------------------- ensemble


def test_each_error_has_the_standard_normal_distribution() -> None:
    drawn = draw(7)
    assert drawn.shape == (MEMBERS, 4)
    assert drawn[:, [0, 2, 3]].mean(axis=0) == pytest.approx(0.0, abs=1e-9)  # evened out: symmetric by construction
    assert drawn.std(axis=0) == pytest.approx(1.0, abs=0.1)  # 64 points miss the outermost tails


def test_air_errs_warm_where_sun_errs_bright() -> None:
    drawn = draw(7)
    assert np.corrcoef(drawn[:, 0], drawn[:, 1])[0, 1] == pytest.approx(0.4, abs=0.1)  # 64 points


def test_equal_seeds_draw_alike_and_others_do_not() -> None:
    assert np.array_equal(draw(7), draw(7))
    assert not np.array_equal(draw(7), draw(8))


def test_quantiles_ascend() -> None:
    found = quantiles(course(wind_m_s=4.0, wind_degree=270.0), azimuth_degree=0.0)
    assert found[0] < found[1] < found[2]


def test_wind_that_nobody_measured_gives_no_member_more_than_the_static_one() -> None:
    assert (ensemble(course(), seed=7, azimuth_degree=0.0).wind_m_s == STATIC_WIND_M_S).all()


def test_forecast_two_days_ahead_is_less_sure_than_the_present() -> None:
    now, later = quantiles(course()), quantiles(course(lead_h=48.0))
    assert later[2] - later[0] > 1.5 * (now[2] - now[0])


def test_missing_air_and_sun_stand_at_the_static_assumption() -> None:
    guess = best_guess(course(air_c=np.nan, sun_w_m2=np.nan), azimuth_degree=None)
    assert (guess.air_c == 35.0).all()
    assert (guess.sun_w_m2 == 900.0).all()


def test_night_without_measured_sun_has_none() -> None:
    night = replace(course(sun_w_m2=np.nan), sun_sin=np.full(STEPS, -0.3))
    assert (best_guess(night, azimuth_degree=None).sun_w_m2 == 0.0).all()


def test_wind_from_either_side_of_the_line_is_the_same() -> None:
    east, west = (best_guess(course(wind_m_s=3.0, wind_degree=d), azimuth_degree=0.0).attack_degree for d in (80.0, 280.0))
    assert east == pytest.approx(west)
    assert east == pytest.approx(80.0)


def test_low_sun_strikes_the_conductor_harder_than_the_ground() -> None:
    low = replace(course(sun_w_m2=200.0), sun_sin=np.full(STEPS, 0.25))
    found = best_guess(low, azimuth_degree=None).sun_w_m2
    assert (found > 200.0).all()
    assert (found < 1367.0).all()  # never more than outside the atmosphere

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.boxes.tariffs.tariff import TariffFacts, day_bounds, dynamic_prices, static_prices

ZURICH = ZoneInfo("Europe/Zurich")
FACTS = TariffFacts(0.120, 0.085, 7, 20, (date(2016, 8, 1),), 0.04, 0.22, ZURICH)


@st.composite
def days(draw) -> tuple[np.ndarray, np.ndarray]:
    """Consumption and photovoltaics of a day [MW], from calm to wild, dark days and dead grids included."""
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    slots = draw(st.sampled_from([92, 96, 100]))
    consumption = draw(st.sampled_from([0.0, 1e-6, 1.0, 50.0])) * random.uniform(0.0, 1.0, slots)
    sun = draw(st.sampled_from([0.0, 1.0, 50.0])) * random.uniform(0.0, 1.0, slots)
    return consumption, sun


def priced(net: np.ndarray, consumption: np.ndarray, static: np.ndarray) -> np.ndarray:
    return dynamic_prices(
        net_p_mw=net,
        consumption_p_mw=consumption,
        static_chf_per_kwh=static,
        minimum_chf_per_kwh=0.04,
        maximum_chf_per_kwh=0.22,
    )


def typical_day() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    hours = np.arange(96) / 4.0
    load = 12.0 + 4.0 * np.sin(2 * np.pi * (hours - 13.0) / 24.0)
    sun = np.maximum(0.0, 14.0 * np.sin(np.pi * (hours - 6.0) / 12.0))
    return load - sun, load, static_prices(FACTS, datetime(2016, 6, 14, 22, tzinfo=UTC), 96)


@given(days())
def test_day_brings_in_what_the_static_tariff_would(day) -> None:
    load, sun = day
    static = static_prices(FACTS, datetime(2016, 6, 14, 22, tzinfo=UTC), len(load))
    prices = priced(load - sun, load, static)
    weight = load if load.sum() > 0 else np.ones_like(load)
    # bisection on a clipped line: rounding of some hundred additions
    assert weight @ prices == pytest.approx(weight @ static, rel=1e-12)


@given(days())
def test_price_never_falls_with_more_net_load_and_keeps_its_band(day) -> None:
    load, sun = day
    prices = priced(load - sun, load, np.full(len(load), 0.1))
    ranked = prices[np.argsort(load - sun, kind="stable")]
    assert (np.diff(ranked) >= 0.0).all()
    assert prices.min() >= 0.04
    assert prices.max() <= 0.22


def test_sunny_noon_is_cheapest_and_evening_peak_dearest() -> None:
    net, load, static = typical_day()
    prices = priced(net, load, static)
    np.testing.assert_array_equal(prices[11 * 4 : 13 * 4], prices.min())
    assert 18 <= prices.argmax() / 4 <= 21
    assert prices.max() - prices.min() > 0.05


def test_day_without_shape_costs_the_static_mean() -> None:
    _, _, static = typical_day()
    prices = priced(np.full(96, 8.0), np.full(96, 8.0), static)
    np.testing.assert_allclose(prices, static.mean(), atol=1e-15)


def test_scaling_the_town_leaves_the_prices() -> None:
    net, load, static = typical_day()
    np.testing.assert_allclose(priced(10 * net, 10 * load, static), priced(net, load, static), atol=1e-15)


@pytest.mark.parametrize(("day", "slots"), [(date(2016, 3, 27), 92), (date(2016, 10, 30), 100), (date(2016, 6, 15), 96)])
def test_local_day_has_as_many_quarter_hours_as_the_clock_gives_it(day: date, slots: int) -> None:
    start, end = day_bounds(day, ZURICH)
    assert (end - start).total_seconds() / 900 == slots
    assert start.astimezone(ZURICH).hour == 0


def test_high_tariff_follows_the_local_clock_through_both_changes() -> None:
    # Mondays after the changes: 07:00 local is 05:00 UTC in summer time, 06:00 UTC in winter time.
    for day, first_high_utc in ((date(2016, 3, 28), 5), (date(2016, 10, 31), 6)):
        start, _ = day_bounds(day, ZURICH)
        prices = static_prices(FACTS, start, 96)
        first = int(np.flatnonzero(prices == 0.120)[0])
        assert (start.hour + first / 4) % 24 == first_high_utc
        assert (prices == 0.120).sum() == 13 * 4


def test_weekend_has_no_high_tariff() -> None:
    start, _ = day_bounds(date(2016, 6, 18), ZURICH)
    assert (static_prices(FACTS, start, 192) == 0.085).all()


def test_public_holiday_has_no_high_tariff() -> None:
    start, _ = day_bounds(date(2016, 8, 1), ZURICH)  # the national day, a Monday
    assert (static_prices(FACTS, start, 96) == 0.085).all()
    assert (static_prices(FACTS, start, 192)[96:] == 0.120).sum() == 13 * 4

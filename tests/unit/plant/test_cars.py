"""Cars: the same sessions whatever is decided, full at departure when nobody steers, and their expectation in the lump."""

from datetime import UTC, date, datetime

import numpy as np
import pytest

from twin.plant.cars import SESSION_MWH, Cars, CarState, expected_session_mwh
from twin.plant.clock import LocalClock
from twin.plant.lumped_cars import expected_power_mw

ZURICH = LocalClock("Europe/Zurich")


def fleet(cars: int, rated_mw: float = 0.011) -> Cars:
    return Cars(2035, ZURICH, tuple(f"ev_{n}" for n in range(cars)), np.full(cars, rated_mw))


def live(cars: Cars, start: datetime, days: float, limit_mw: float = np.inf) -> tuple[np.ndarray, CarState]:
    state, start_s = cars.away(), int(start.timestamp())
    limit = np.full(len(cars.names), limit_mw)
    power = [cars.step(state, start_s + 900 * n, limit) for n in range(int(days * 96))]
    return np.array(power), state


def test_car_on_an_11_kw_charger_leaves_with_its_energy_when_nobody_steers() -> None:
    cars, start = fleet(300), datetime(2016, 1, 11, 11, tzinfo=UTC)  # before noon nobody is plugged in
    power, _ = live(cars, start, 10)
    first = ZURICH.day(int(start.timestamp()))
    wanted = sum(cars.sessions(day).energy_mwh for day in range(first, first + 10))
    assert power.sum(axis=0) * 0.25 == pytest.approx(wanted, rel=1e-9)


def test_car_without_any_power_leaves_without_its_energy() -> None:
    cars, evening = fleet(100), datetime(2016, 1, 11, 23, tzinfo=UTC)
    power, state = live(cars, datetime(2016, 1, 11, 11, tzinfo=UTC), 0.5, limit_mw=0.0)
    assert power.max() == 0.0
    assert state.missing_mwh == pytest.approx(cars.sessions(ZURICH.day(int(evening.timestamp()) - 3600)).energy_mwh)
    _, gone = live(cars, datetime(2016, 1, 11, 11, tzinfo=UTC), 1.0, limit_mw=0.0)
    assert gone.missing_mwh.max() == 0.0


def test_a_car_takes_10_4_kwh_on_55_percent_of_summer_days() -> None:
    cars = fleet(2000)
    energy = np.concatenate([cars.sessions(day).energy_mwh for day in range(16_960, 16_970)])
    # 20,000 draws: standard error 0.35 % of the share and 0.3 % of the energy
    assert (energy > 0).mean() == pytest.approx(0.55, abs=0.015)
    assert energy[energy > 0].mean() == pytest.approx(SESSION_MWH, rel=0.015)


def test_a_year_of_sessions_draws_what_is_expected_of_it() -> None:
    cars, days = fleet(200), np.arange(16_801, 16_801 + 364)
    drawn = sum(cars.sessions(int(day)).energy_mwh.mean() for day in days)
    # 40,000 sessions in 72,800 days: the standard error of share and energy together is 0.35 %
    assert drawn == pytest.approx(expected_session_mwh(days).sum(), rel=0.015)


@pytest.mark.parametrize("day", [date(2016, 3, 26), date(2016, 10, 29)], ids=["spring", "autumn"])
def test_a_night_with_a_clock_change_moves_no_departure_by_an_hour(day: date) -> None:
    number = (day - date(1970, 1, 1)).days
    sessions = fleet(2000).sessions(number)
    local_h = (ZURICH.local_s(sessions.departure_s) - (number + 1) * 86_400) / 3600.0
    # N(9.5, 1.5) h, cut at 12: 2,000 draws give 0.03 h; an hour's slip would show thirtyfold
    assert local_h.mean() == pytest.approx(9.45, abs=0.15)


def test_lumped_cars_are_the_expectation_of_single_ones() -> None:
    start, days = datetime(2016, 6, 5, 22, tzinfo=UTC), 14
    single = live(fleet(1500), start, days)[0].mean(axis=1).reshape(days, 96)[2:].mean(axis=0)
    labels = int(start.timestamp()) + 900 * np.arange(days * 96)
    lumped = expected_power_mw(0.011, ZURICH.local_s(labels)).reshape(days, 96)[2:].mean(axis=0)
    assert lumped.sum() == pytest.approx(single.sum(), rel=0.02)  # 9,900 sessions: standard error 0.5 %
    assert np.abs(lumped - single).max() < 0.08 * lumped.max()  # about 170 cars charge at the peak: 8 % is one sigma and more


def test_weekend_arrivals_come_earlier() -> None:
    cars = fleet(2000)
    saturday, monday = ((date(2016, 6, d) - date(1970, 1, 1)).days for d in (11, 13))
    hours = [(ZURICH.local_s(cars.sessions(day).arrival_s) % 86_400).mean() / 3600.0 for day in (saturday, monday)]
    assert hours[1] - hours[0] == pytest.approx(1.5, abs=0.3)

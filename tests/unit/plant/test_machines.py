"""The plant's own river unit: what its sensors may read, and no more than the laws say."""

import numpy as np
import pytest

from twin.plant.machines import STANDSTILL_MM_S, Machines, built_machines
from twin.site import load_site

LABELS = 1_453_680_000 + 900 * np.arange(96)


@pytest.fixture(scope="module")
def unit() -> Machines:
    site = load_site("demo")
    return built_machines(site.seed, site.machines, {"sgen": {"132": 0}, "load": {}})


def at(share: float, rows: int = 96) -> np.ndarray:
    return np.full((rows, 1), share)


def test_part_load_swirls_and_full_load_shakes_more_than_the_best_point(unit: Machines) -> None:
    part, best, full = (unit.vibration_mm_s(at(share), LABELS).mean() for share in (0.42, 0.7, 1.0))
    assert part > best < full


def test_a_healthy_unit_stays_in_the_better_half_of_zone_b(unit: Machines) -> None:
    everywhere = unit.vibration_mm_s(np.linspace(0.0, 1.0, 96)[:, None], LABELS)
    assert everywhere.max() < 2.05  # ISO 10816-5:2000, table A.3: zone B from 1.6 to 2.5 mm/s


def test_a_unit_at_rest_feels_its_neighbours_only(unit: Machines) -> None:
    assert (unit.vibration_mm_s(at(0.0), LABELS) == STANDSTILL_MM_S).all()


def test_wear_adds_one_per_cent_a_year(unit: Machines) -> None:
    year = 31_557_600 - 31_557_600 % 900
    later = unit.vibration_mm_s(at(0.7, 40_000), LABELS[0] + year + 900 * np.arange(40_000)).mean()
    now = unit.vibration_mm_s(at(0.7, 40_000), LABELS[0] + 900 * np.arange(40_000)).mean()
    years = (LABELS[0] - unit.since_s[0]) / 31_557_600
    assert later / now == pytest.approx((1.01 + 0.01 * years) / (1.0 + 0.01 * years), abs=0.003)  # the wander of 1,700 knots


def test_a_bearing_covers_63_percent_of_a_step_in_one_time_constant(unit: Machines) -> None:
    cold, warm = unit.final_c(at(0.0)[0], 10.0), unit.final_c(at(1.0)[0], 10.0)
    now = cold
    steps = 40
    for _ in range(steps):
        now = unit.step(now, np.ones(1), 10.0)
    assert (now - cold) / (warm - cold) == pytest.approx(1.0 - np.exp(-15.0 * steps / unit.tau_min))


def test_the_first_bearing_temperature_is_settled(unit: Machines) -> None:
    assert unit.step(np.full(1, np.nan), np.ones(1), 10.0) == pytest.approx(unit.final_c(np.ones(1), 10.0))


def test_any_quarter_hour_can_be_read_without_the_others(unit: Machines) -> None:
    whole = unit.vibration_mm_s(at(0.7), LABELS)
    np.testing.assert_array_equal(unit.vibration_mm_s(at(0.7, 1), LABELS[50:51]), whole[50:51])

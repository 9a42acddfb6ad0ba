"""The plant's own transformers: IEC 60076-7 in form, not in the maintenance box's numbers."""

import numpy as np
import pytest

from twin.boxes.maintenance.thermal.iec60076 import TYPICAL
from twin.plant.oil import Oil, built_transformers
from twin.site import load_site


def known() -> Oil:
    return Oil(*(np.array([x]) for x in (0.8, 180.0, 55.0, 5.0)))


def test_rated_load_settles_at_rated_rise_above_ambient() -> None:
    assert known().final_c(np.array([1.0]), 20.0)[0] == pytest.approx(75.0)


def test_oil_covers_63_percent_of_a_step_in_one_time_constant() -> None:
    oil, top = known(), np.array([20.0])
    for _ in range(12):  # 180 minutes
        top = oil.step(top, np.array([1.0]), 20.0)
    assert (top[0] - 20.0) / 55.0 == pytest.approx(1.0 - np.exp(-1.0))


def test_transformer_without_voltage_cools_towards_no_load_rise() -> None:
    oil = known()
    assert oil.step(np.array([80.0]), np.array([np.nan]), 10.0)[0] < 80.0


def test_no_two_built_transformers_are_alike_and_none_is_far_from_its_class() -> None:
    oil = built_transformers(2035, ("main_1", "main_2", "neighbourhood"), ("power", "power", "distribution"))
    assert oil.rise_k[0] != oil.rise_k[1]
    assert oil.rise_k == pytest.approx(np.array([52.0, 52.0, 55.0]), rel=0.08)
    assert oil.tau_min == pytest.approx(np.array([75.0, 75.0, 180.0]), rel=0.15)


@pytest.mark.parametrize("what", ["rise_k", "tau_min", "loss_ratio"])
def test_no_transformer_of_the_demo_town_is_the_one_that_the_maintenance_box_takes_it_for(what: str) -> None:
    site = load_site("demo")
    built = built_transformers(site.seed, tuple(t.name for t in site.trafos), tuple(t.size for t in site.trafos))
    for number, trafo in enumerate(site.trafos):
        assumed = TYPICAL[trafo.size, trafo.cooling]
        figures = {
            "rise_k": assumed.top_oil_rise_k,
            "tau_min": assumed.k11 * assumed.tau_oil_min,
            "loss_ratio": assumed.loss_ratio,
        }
        assert abs(getattr(built, what)[number] / figures[what] - 1.0) > 0.01, trafo.name

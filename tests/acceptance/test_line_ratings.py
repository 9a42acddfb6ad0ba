"""Published ratings of overhead conductors (CIGRE TB 601, IEEE 738) and of medium-voltage cables (VDE 0276-620)."""

import numpy as np
import pytest

from twin.boxes.maintenance.lines.cable import roll, steady_rise
from twin.boxes.maintenance.lines.cable_data import RATED_LAYING, Build, model_of, soil_of_rating
from twin.boxes.maintenance.lines.conductors import Conductor
from twin.boxes.maintenance.lines.facts import TYPICAL_SOIL
from twin.boxes.maintenance.lines.overhead import Span, Weather, ampacity_ka, conductor_c

R25, R75 = 0.07283, 0.08688
"""Of the conductor Drake at 25 and 75 degC [ohm/km], as all three examples have it."""


def drake(*, strand_mm: float, surface: float) -> Conductor:
    per_k = (R75 - R25) / 50.0
    r20 = R25 - 5.0 * per_k
    return Conductor(28.1, 10.4, strand_mm, r20, per_k / r20, surface, surface)


def weather(air_c: float, wind_m_s: float, attack_degree: float, solar_w_per_m: float, surface: float) -> Weather:
    """The examples state the heat of the sun per metre; ours is the irradiance that brings it."""
    sun = solar_w_per_m / surface / 0.0281
    return Weather(np.array(air_c), np.array(wind_m_s), np.array(attack_degree), np.array(sun))


EXAMPLES = {
    # CIGRE TB 601 (2014), annex E, examples A and B (printed there as 1054 A, a misprint of 1504 A)
    "A of TB 601": (Span(drake(strand_mm=4.4, surface=0.8), 0.0, 0.0, "cigre601"), (40.0, 0.61, 60.0, 27.2, 0.8), 0.976),
    "B of TB 601": (Span(drake(strand_mm=2.2, surface=0.9), 500.0, 10.0, "cigre601"), (20.0, 1.66, 80.0, 13.7, 0.9), 1.504),
    # IEEE Std 738-2012, 4.6: across the wind at 40 degC
    "of IEEE 738": (Span(drake(strand_mm=4.4, surface=0.8), 0.0, 0.0, "ieee738"), (40.0, 0.61, 90.0, 22.44, 0.8), 1.025),
}


@pytest.mark.parametrize("name", EXAMPLES)
def test_published_ampacity_is_met(name) -> None:
    span, sky, published_ka = EXAMPLES[name]
    # 1.5 A: the reports round their intermediate results.
    assert float(ampacity_ka(span, weather(*sky), limit_c=100.0)) == pytest.approx(published_ka, abs=0.0015)


@pytest.mark.parametrize("name", EXAMPLES)
def test_published_ampacity_heats_the_conductor_to_its_limit(name) -> None:
    span, sky, published_ka = EXAMPLES[name]
    # 1.5 A of a thousand change the temperature by about 0.2 K.
    assert float(conductor_c(span, weather(*sky), np.array(published_ka))) == pytest.approx(100.0, abs=0.3)


# VDE 0276-620, table 11: NA2XS2Y in touching trefoil in the ground, 6/10 and 12/20 kV; also in pandapower and SimBench [kA].
SHEETS = {
    (3.4, 150.0): 0.315,
    (3.4, 185.0): 0.358,
    (3.4, 240.0): 0.416,
    (3.4, 300.0): 0.471,
    (5.5, 150.0): 0.319,
    (5.5, 185.0): 0.362,
    (5.5, 240.0): 0.421,
}


@pytest.mark.parametrize(("insulation_mm", "conductor_mm2"), SHEETS)
def test_one_effective_soil_explains_every_published_rating(insulation_mm, conductor_mm2) -> None:
    build = Build("xlpe", "aluminium", 1, conductor_mm2, insulation_mm)
    rated = SHEETS[insulation_mm, conductor_mm2]
    # 2 %: if it held all sheets' errors of dimension and screen losses, the current would be off by half of it, 1 %.
    assert soil_of_rating(build, rated_i_ka=rated, rated=RATED_LAYING, limit_c=90.0) == pytest.approx(TYPICAL_SOIL, rel=0.02)


@pytest.mark.parametrize(
    "day",
    [
        np.where(np.arange(96) < 40, 1.0, 0.486),  # ten hours of full load
        0.7 + 0.3 * np.sin(np.arange(96) / 48.0 * np.pi),  # a wave
    ],
    ids=["block", "wave"],
)
def test_published_rating_under_its_daily_cycle_peaks_at_the_limit(day) -> None:
    build = Build("xlpe", "aluminium", 1, 240.0, 3.4)
    soil = soil_of_rating(build, rated_i_ka=0.416, rated=RATED_LAYING, limit_c=90.0)
    model = model_of(
        build, effective_soil=soil, soil_ratio=1.0, depth_m=0.7, group_factor=1.0, limit_c=90.0, soil_factor=np.ones(1)
    )
    assert day.mean() == pytest.approx(RATED_LAYING.load_factor, abs=0.001)
    current = 0.416 * np.tile(day, 60)[:, None]
    soil_c = np.full_like(current, 20.0)
    start = steady_rise(model, np.sqrt((current**2).mean(axis=0)), soil_c[0])
    temp_c = 20.0 + roll(model, start, current, soil_c, seconds=900.0).sum(axis=-1)[:, 0]
    # 5 K of a rise of 70: the rating knows the load factor and not the shape; the block ends above the limit, the wave below.
    assert temp_c[-96:].max() == pytest.approx(90.0, abs=5.0)

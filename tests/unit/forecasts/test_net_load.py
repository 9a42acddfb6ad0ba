"""A net load split into consumption and generation behind the meter."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from forecasts.net.load import split_net_load
from forecasts.past import Place
from forecasts.sky.clear_sky import clear_sky
from twin.domain.problems import BadInput
from twin.domain.quality import Quality

DATA = Path(__file__).parents[4] / "shared" / "data"
PLACE = Place("Europe/Zurich", "CH", "ZH", 47.4, 8.5)
START_S = 1_553_990_400 - 60 * 86_400  # sixty days before the clocks go forward in 2019
STEP_S, DAYS = 3600, 130
TILT_DEG, AZIMUTH_DEG, CAPACITY_MW = 30.0, 150.0, 2.0


@cache
def village(capacity_mw=CAPACITY_MW, cooling=0.0, seed=1):
    """(load, generation [MW], irradiance [W/m2], temperature [degC]) of a village of 2 MW, hourly."""
    rng = np.random.default_rng(seed)
    rows = DAYS * 24
    sky = clear_sky(PLACE.latitude, PLACE.longitude, start_s=START_S, step_s=STEP_S, rows=rows)
    clear = np.clip(np.repeat(rng.beta(1.2, 0.8, DAYS), 24) + 0.08 * rng.standard_normal(rows), 0.1, 1.0)
    hour = np.arange(rows) % 24
    weekend = (np.arange(rows) // 24 + 2) % 7 >= 5
    warm = 4.0 * np.repeat(clear.reshape(DAYS, 24).mean(axis=1) + 0.7 * rng.standard_normal(DAYS), 24)
    temp = 8.0 + 0.1 * np.arange(rows) / 24 + warm + 4.0 * np.sin(2 * np.pi * (hour - 9) / 24)
    load = 1.5 + 0.6 * np.exp(-(((hour - 11) / 4) ** 2)) - 0.2 * weekend + 0.08 * rng.standard_normal(rows)
    load = load + cooling * np.maximum(temp - 22.0, 0.0)
    # Clouds take the beam first: linear from none of it at a fifth of the clear-sky irradiance to all of it.
    height = np.maximum(sky.sun[2], 0.0).mean(axis=1)
    beam = sky.beam_w_m2.mean(axis=1) * np.clip((clear - 0.2) / 0.8, 0.0, 1.0)
    ghi = clear * sky.ghi_w_m2
    tilt, facing = np.radians((TILT_DEG, AZIMUTH_DEG))
    normal = np.array([np.sin(tilt) * np.sin(facing), np.sin(tilt) * np.cos(facing), np.cos(tilt)])
    incidence = np.maximum(np.einsum("i,itp->tp", normal, sky.sun), 0.0).mean(axis=1)
    plane = beam * incidence + np.maximum(ghi - beam * height, 0.0) * (1.0 + np.cos(tilt)) / 2.0
    return load, capacity_mw * plane / 1000.0, ghi, temp


def split(capacity_mw=CAPACITY_MW, *, sun=True, place=PLACE, cooling=0.0, warmth=True, **extra):
    load, pv, ghi, temp = village(capacity_mw, cooling)
    found = split_net_load(
        load - pv, start_s=START_S, step_s=STEP_S, place=place,
        ghi_w_m2=ghi if sun else None, temp_c=temp if warmth else None, **extra,
    )  # fmt: skip
    return found, load, pv


def test_the_two_parts_are_never_negative_and_add_up_to_the_net():
    # The days cover the night on which the clocks go forward.
    for sun in (True, False):
        found, load, pv = split(sun=sun)
        assert found.load_mw - found.pv_mw == pytest.approx(load - pv, abs=1e-12)  # rounding of one addition
        assert found.pv_mw.min() >= 0.0
        assert found.load_mw.min() >= 0.0


def test_capacity_behind_the_meter_is_found_from_measured_irradiance():
    found, _, pv = split()
    assert found.told
    assert found.capacity_mw == pytest.approx(CAPACITY_MW, rel=0.08)  # the sky above splits its beam otherwise than Erbs
    assert abs(found.capacity_mw - CAPACITY_MW) < 2.0 * found.capacity_std_mw
    assert np.abs(found.pv_mw - pv).mean() < 0.15 * pv.mean()


def test_the_orientation_behind_the_meter_is_found_within_a_step_of_the_grid():
    found, _, _ = split()
    assert found.tilt_deg == pytest.approx(TILT_DEG, abs=15.0)
    assert found.azimuth_deg == pytest.approx(AZIMUTH_DEG, abs=15.0)


def test_declared_planes_are_taken_as_they_are():
    found, _, _ = split(planes=((TILT_DEG, AZIMUTH_DEG, 1.0),))
    assert (found.tilt_deg, found.azimuth_deg) == (None, None)
    assert found.capacity_mw == pytest.approx(CAPACITY_MW, rel=0.08)


def test_nights_are_dark_and_everything_is_called_an_estimate():
    found, _, _ = split()
    sky = clear_sky(PLACE.latitude, PLACE.longitude, start_s=START_S, step_s=STEP_S, rows=DAYS * 24)
    assert found.pv_mw[~sky.day].max() == 0.0
    assert set(found.quality) == {int(Quality.ESTIMATED)}


def test_without_irradiance_the_answer_is_rougher_and_says_so():
    rough, _, pv = split(sun=False)
    fine, _, _ = split()
    assert rough.told
    assert rough.capacity_mw == pytest.approx(CAPACITY_MW, rel=0.25)
    assert rough.capacity_std_mw > 2.0 * fine.capacity_std_mw
    assert abs(rough.capacity_mw - CAPACITY_MW) < 2.0 * rough.capacity_std_mw
    assert "no irradiance" in rough.reason
    assert np.abs(rough.pv_mw - pv).mean() < 0.3 * pv.mean()


def test_a_village_without_panels_is_not_given_any():
    for sun in (True, False):
        found, load, _ = split(0.0, sun=sun)
        assert not found.told
        assert found.pv_mw.max() == 0.0
        assert found.load_mw == pytest.approx(load)
        assert (found.quality == Quality.ESTIMATED | Quality.QUESTIONABLE).all()
        assert "cannot be told from none" in found.reason


def test_without_a_position_irradiance_alone_tells_the_capacity():
    found, _, _ = split(place=Place("Europe/Zurich"))
    assert found.told
    assert found.tilt_deg is None
    assert found.capacity_mw == pytest.approx(CAPACITY_MW, rel=0.3)  # a tilted plant in spring sees more than the horizontal


def test_with_neither_position_nor_irradiance_generation_is_what_was_fed_in():
    found, load, pv = split(6.0, sun=False, place=Place("Europe/Zurich"))
    assert not found.told
    assert found.pv_mw == pytest.approx(np.maximum(pv - load, 0.0))
    assert "neither irradiance nor a position" in found.reason


def test_cooling_on_bright_days_is_not_taken_for_fewer_panels():
    # Bright days are warm, and 0.15 MW/K of cooling hides a part of what the panels make.
    kept, _, _ = split(cooling=0.15)
    blind, _, _ = split(cooling=0.15, warmth=False)
    assert abs(kept.capacity_mw - CAPACITY_MW) < 0.6 * abs(blind.capacity_mw - CAPACITY_MW)


def test_capacity_scales_with_the_panels():
    small, large = split(1.0)[0], split(4.0)[0]
    assert large.capacity_mw / small.capacity_mw == pytest.approx(4.0, rel=0.1)


def test_a_missing_net_has_missing_parts():
    load, pv, ghi, temp = village()
    net = load - pv
    net[100:148] = np.nan
    found = split_net_load(net, start_s=START_S, step_s=STEP_S, place=PLACE, ghi_w_m2=ghi, temp_c=temp)
    assert np.isnan(found.load_mw[100:148]).all()
    assert (found.quality[100:148] == Quality.INVALID).all()
    assert found.capacity_mw == pytest.approx(CAPACITY_MW, rel=0.08)


def test_feed_in_by_night_is_called_questionable():
    load, pv, ghi, temp = village()
    net = load - pv
    midnight = 24 * 30
    net[midnight] = -0.5
    found = split_net_load(net, start_s=START_S, step_s=STEP_S, place=PLACE, ghi_w_m2=ghi, temp_c=temp)
    assert found.pv_mw[midnight] == pytest.approx(0.5)
    assert found.quality[midnight] == Quality.ESTIMATED | Quality.QUESTIONABLE


def test_a_week_is_too_little_to_tell():
    load, pv, ghi, _ = village()
    found = split_net_load((load - pv)[:168], start_s=START_S, step_s=STEP_S, place=PLACE, ghi_w_m2=ghi[:168])
    assert not found.told
    assert "14 are needed" in found.reason


def test_every_fault_of_the_input_is_listed_at_once():
    with pytest.raises(BadInput) as refused:
        split_net_load(
            np.zeros(48),
            start_s=0,
            step_s=7000,
            place=PLACE,
            ghi_w_m2=np.zeros(47),
            temp_c=np.zeros(3),
            planes=((95.0, 180.0, 1.0),),
        )
    assert [problem.place for problem in refused.value.problems] == [
        "net load, step_s",
        "net load, ghi_w_m2",
        "net load, temp_c",
        "net load, planes[0]",
    ]


def test_a_real_roof_is_found_behind_its_meter_without_any_weather():
    path = DATA / "aew_pv_2019" / "A.csv"
    if not path.exists():
        pytest.skip("aew_pv_2019 absent")
    table = pd.read_csv(path)
    start = pd.DatetimeIndex(pd.to_datetime(table.pop("Timestamp"))) - pd.Timedelta(minutes=15)
    table.index = start.tz_localize("Europe/Zurich", ambiguous="NaT", nonexistent="NaT").tz_convert("UTC")
    table = table[table.index.notna() & ~table.index.duplicated()].resample("h").mean() / 1000.0
    pv = table["Generation_kW"].to_numpy()
    net = (table["Grid_Supply_kW"] - table["Grid_Feed-In_kW"]).to_numpy()
    found = split_net_load(
        net, start_s=int(table.index[0].timestamp()), step_s=3600, place=Place("Europe/Zurich", "CH", "AG", 47.4, 8.1)
    )
    largest = 0.051  # MW: its best hours against a clear sky
    assert found.told
    assert abs(found.capacity_mw - largest) < 2.0 * found.capacity_std_mw
    assert found.capacity_mw == pytest.approx(largest, rel=0.15)
    assert np.nanmean(np.abs(found.pv_mw - pv)) < 0.25 * np.nanmean(pv)

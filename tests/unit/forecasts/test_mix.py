"""The mix of sources: coherent shares, bands of the renewable share that hold, and the town's own share."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from forecasts.calendar import LocalCalendar
from forecasts.expert import NotEnoughHistory
from forecasts.mix.local import renewable_share, renewable_share_band
from forecasts.mix.national import closed, forecast_mix
from forecasts.quantiles import LEVELS, NORMAL, pinball
from twin.domain.problems import BadInput

DATA = Path(__file__).parents[4] / "shared" / "data" / "mix_ecodynelec"
CARRIERS, RENEWABLE = ("river", "nuclear", "solar"), ("river", "solar")
START_S = 1_546_300_800  # 2019-01-01T00:00Z
CALENDAR = LocalCalendar(timezone="Europe/Zurich", country="CH", subdivision="")


def mixes(days, seed=1):
    """Hourly shares: a slow river, a steady reactor, a sun that clouds hide for a day."""
    rng = np.random.default_rng(seed)
    hour = np.arange(days * 24) % 24
    clear = np.repeat(0.3 + 0.7 * rng.random(days), 24)
    river = 3.0 + np.repeat(np.cumsum(rng.standard_normal(days)) * 0.1, 24).clip(-1.5, 1.5)
    solar = 2.0 * clear * np.maximum(np.sin(np.pi * (hour - 6) / 12), 0.0)
    power = np.column_stack([river, np.full(days * 24, 3.0), solar])
    return power / power.sum(axis=1, keepdims=True)


def forecast(shares, steps=48, renewable=RENEWABLE):
    return forecast_mix(shares, CARRIERS, renewable=renewable, start_s=START_S, step_s=3600, calendar=CALENDAR, steps=steps)


def band(middle, spread):
    """Normal quantiles, dims (step, quantile)."""
    return np.asarray(middle, dtype=float)[:, None] + spread * NORMAL


@pytest.fixture(scope="module")
def shares():
    return mixes(80)


@pytest.fixture(scope="module")
def mix(shares):
    return forecast(shares)


def test_every_path_is_a_mix_in_every_hour(mix):
    assert mix.paths.sum(axis=-1) == pytest.approx(1.0)
    assert mix.paths.min() >= 0.0


def test_bands_rise_within_zero_and_one(mix):
    for quantiles in (mix.shares, mix.renewable_share):
        assert (np.diff(quantiles, axis=-1) >= 0.0).all()
        assert quantiles.min() >= 0.0
        assert quantiles.max() <= 1.0


def test_a_steady_night_has_no_sun(mix):
    night = (np.arange(48) % 24) < 5
    assert mix.shares[night, CARRIERS.index("solar")].max() < 0.02


def test_the_renewable_share_is_one_less_the_rest(shares, mix):
    rest = forecast(shares, renewable=("nuclear",))
    assert mix.renewable_share == pytest.approx(1.0 - rest.renewable_share[:, ::-1])


def test_the_band_of_the_sum_is_not_the_sum_of_the_bands(mix):
    # Where the sun is strong the river's share is weak: their sum is surer than both together.
    which = [CARRIERS.index(name) for name in RENEWABLE]
    noon = 12
    together = mix.renewable_share[noon, -1] - mix.renewable_share[noon, 0]
    apart = (mix.shares[noon, which, -1] - mix.shares[noon, which, 0]).sum()
    assert together < 0.8 * apart


def test_only_the_named_carriers_are_renewable(shares):
    none = forecast(shares, renewable=())
    everything = forecast(shares, renewable=CARRIERS)
    assert none.renewable_share.max() == 0.0
    assert everything.renewable_share == pytest.approx(1.0)


def test_equal_history_gives_the_same_forecast(shares, mix):
    assert np.array_equal(forecast(shares).paths, mix.paths)


def test_it_may_be_issued_at_any_hour(shares):
    for hour in (1, 13):
        assert np.isfinite(forecast(shares[: 70 * 24 + hour]).renewable_share).all()


def test_a_week_of_mixes_gives_a_first_forecast_and_four_days_none(shares):
    first = forecast(shares[: 7 * 24])
    assert first.paths.sum(axis=-1) == pytest.approx(1.0)
    assert (first.renewable_share[:, -1] > first.renewable_share[:, 0]).mean() > 0.9
    with pytest.raises(NotEnoughHistory, match=r"4\.0 days"):
        forecast(shares[: 4 * 24])


def test_missing_hours_are_those_of_the_day_before(shares, mix):
    row = 60 * 24 + 12
    gap, repeated = shares.copy(), shares.copy()
    gap[row] = np.nan
    repeated[row] = shares[row - 24]
    assert np.array_equal(forecast(gap).paths, forecast(repeated).paths)


def test_slightly_negative_shares_count_as_none():
    assert closed(np.array([-0.1, 0.5, 0.5])).tolist() == [0.0, 0.5, 0.5]


def test_every_fault_of_a_mix_is_listed_at_once(shares):
    percent = 100.0 * shares
    with pytest.raises(BadInput) as refused:
        forecast(percent, steps=100, renewable=("river", "wind"))
    text = str(refused.value)
    assert len(refused.value.problems) == 3
    assert "percent" in text
    assert "'wind'" in text
    assert "steps" in text


def test_the_swiss_renewable_share_beats_yesterday_and_last_week_and_its_band_holds():
    if not DATA.exists():
        pytest.skip("mix_ecodynelec absent")
    table = pd.concat([pd.read_parquet(DATA / f"CH_{year}_ProdMix_hour.parquet") for year in (2019, 2020)])
    table = table.drop(columns=table.columns[0])
    groups = {
        "river": ("Hydro_Run-of-river_and_poundage_CH", "Residual_Hydro_Run-of-river_and_poundage_CH"),
        "reservoir": ("Hydro_Water_Reservoir_CH", "Residual_Hydro_Water_Reservoir_CH", "Hydro_Pumped_Storage_CH"),
        "nuclear": ("Nuclear_CH",),
        "solar": ("Solar_CH",),
        "wind": ("Wind_Onshore_CH",),
    }
    named = [column for columns in groups.values() for column in columns]
    shares = np.column_stack([*(table[list(c)].sum(axis=1) for c in groups.values()), table.drop(columns=named).sum(axis=1)])
    carriers, renewable = (*groups, "other"), ("river", "reservoir", "solar", "wind")
    truth = shares[:, [carriers.index(name) for name in renewable]].sum(axis=1)
    ours, yesterday, last_week, inside = [], [], [], []
    for row in range(300 * 24 + 23, 700 * 24, 16 * 24):  # local midnights in winter, of all weekdays
        found = forecast_mix(
            shares[:row], carriers, renewable=renewable, start_s=START_S, step_s=3600, calendar=CALENDAR, steps=48
        )
        rows = row + np.arange(48)
        day = np.arange(48) // 24 + 1
        ours.append(pinball(truth[rows], found.renewable_share))
        yesterday.append(0.5 * np.abs(truth[rows] - truth[rows - 24 * day]).mean())
        last_week.append(0.5 * np.abs(truth[rows] - truth[rows - 168]).mean())
        inside.append((truth[rows] >= found.renewable_share[:, 0]) & (truth[rows] <= found.renewable_share[:, -1]))
    assert np.mean(ours) < 0.65 * np.mean(yesterday)
    assert np.mean(ours) < 0.65 * np.mean(last_week)
    assert 0.82 < np.mean(inside) < 0.97  # 25 issues of two days: two standard deviations of a 90 % band


def test_a_town_that_makes_more_than_it_needs_is_renewable():
    one = np.ones(1)
    assert renewable_share(load_mw=2 * one, own_mw=[3 * one], imported_share=0 * one).tolist() == [1.0]


def test_half_own_and_half_imported_is_halfway_between():
    found = renewable_share(load_mw=np.array([4.0]), own_mw=[np.array([1.0]), np.array([1.0])], imported_share=np.array([0.4]))
    assert found.tolist() == pytest.approx([0.7])


def test_nothing_consumed_and_nothing_made_has_no_share():
    assert np.isnan(renewable_share(load_mw=np.zeros(1), own_mw=[np.zeros(1)], imported_share=np.ones(1))).all()


def test_sure_parts_give_a_sure_share():
    found = renewable_share_band(
        load_mw=band([4.0, 8.0], 0.0), own_mw=[band([2.0, 2.0], 0.0)], imported_share=band([0.5, 0.5], 0.0), step_s=3600, seed=1
    )
    assert found == pytest.approx(np.tile([[0.75], [0.625]], len(LEVELS)))


def test_the_band_of_the_share_is_that_of_its_parts():
    # With a certain load and import only generation is unsure: a monotone map carries its quantiles over.
    steps = 24
    own = band(np.full(steps, 4.0), 0.5)
    found = renewable_share_band(
        load_mw=band(np.full(steps, 10.0), 0.0),
        own_mw=[own],
        imported_share=band(np.full(steps, 0.5), 0.0),
        step_s=3600,
        seed=1,
    )
    assert found == pytest.approx((own + 0.5 * (10.0 - own)) / 10.0, abs=0.003)  # 400 paths


def test_an_unsure_load_widens_the_band():
    def width(spread):
        return np.ptp(
            renewable_share_band(
                load_mw=band([10.0], spread), own_mw=[band([4.0], 0.3)], imported_share=band([0.5], 0.02), step_s=3600, seed=1
            )
        )

    assert width(1.5) > 1.3 * width(0.0)


def test_parts_of_unequal_length_are_refused_by_number():
    with pytest.raises(BadInput) as refused:
        renewable_share_band(
            load_mw=band([4.0, 4.0], 1.0), own_mw=[band([1.0], 0.1)], imported_share=band([0.5], 0.1), step_s=3600, seed=1
        )
    assert [problem.place for problem in refused.value.problems] == ["renewable share, part 1", "renewable share, part 2"]

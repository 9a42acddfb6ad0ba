"""The mix box: where a town's electricity of the next two days comes from, in bands that follow from those of its parts."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from forecasts.mix.box import SHARES, MixBox
from forecasts.mix.held import held
from forecasts.mix.imported import imported_share
from forecasts.mix.sources import Parts, bands
from forecasts.quantiles import LEVELS, NORMAL, STEPS
from twin.contracts.needs import unmet
from twin.contracts.synthetic import AS_OF, SyntheticSite, with_gap
from twin.contracts.validation import Premises, judge
from twin.domain.problems import BadInput

DATA = Path(__file__).parents[4] / "shared" / "data" / "mix_ecodynelec"
SITE = SyntheticSite(rows=35 * 96)
MIDDLE = LEVELS.index(0.5)
HOUR = timedelta(hours=1)


def make(zone="town", **config):
    return MixBox({"zone": zone, **config}, SITE.context())


@pytest.fixture(scope="module")
def view():
    return SITE.view()


def with_forecast(view, signal, change):
    """``view`` with the values of a signal known ahead, dims (time, ...), put through ``change``."""
    array = view.ahead[signal]
    return replace(view, ahead={**view.ahead, signal: array.copy(data=change(array.values))})


def without(view, *signals):
    """``view`` as if these had never been measured and were not expected."""
    for signal in signals:
        view = with_gap(view, signal, rows=10**9)
    return replace(view, ahead={name: array for name, array in view.ahead.items() if name not in signals})


def said(view, box=None):
    """Source -> quantiles, dims (time, quantile)."""
    report, _ = (box or make()).step(view, None, None)
    return {source: report.outputs[s].values[:, :, 0] for source, s in SHARES.items() if s in report.outputs}


def told(view, box=None):
    return (box or make()).step(view, None, None)[0]


def sure(values):
    return np.tile(np.atleast_1d(np.asarray(values, dtype=float))[:, None], len(LEVELS))


def around(middle, spread):
    """Normal quantiles, dims (step, quantile)."""
    return np.atleast_1d(np.asarray(middle, dtype=float))[:, None] + spread * NORMAL


# ---------------------------------------------------------------------------------------------- the answer


@pytest.mark.parametrize("instant", ["2016-02-29T12:00", "2016-03-27T00:45", "2016-10-30T00:45", "2016-06-15T10:00"])
def test_the_answer_is_what_the_card_promises_on_leap_day_and_clock_change_days(instant):
    box, at = make(), SITE.view(datetime.fromisoformat(instant).replace(tzinfo=UTC))
    assert unmet(box.card, at) == ()
    verdict = judge(box.card, told(at, box), at.as_of, Premises.of(SITE.context()))
    assert verdict.problems == ()
    assert verdict.doubts == ()


def test_every_share_lies_within_zero_and_one_and_rises_with_its_level(view):
    for share in said(view).values():
        assert share.shape == (STEPS, len(LEVELS))
        assert share.min() >= 0.0
        assert share.max() <= 1.0
        assert (np.diff(share, axis=1) >= 0.0).all()


def test_the_medians_of_the_sources_make_a_whole(view):
    share = said(view)
    whole = sum(share[source][:, MIDDLE] for source in ("pv", "hydro", "import"))
    assert whole == pytest.approx(1.0, abs=0.01)  # a median of a quotient is not the quotient of medians


def test_what_is_renewable_is_at_least_what_the_town_makes(view):
    share = said(view)
    assert (share["renewable"][:, MIDDLE] >= share["pv"][:, MIDDLE] + share["hydro"][:, MIDDLE] - 0.01).all()


def test_the_renewable_share_falls_when_the_load_rises(view):
    more = said(with_forecast(view, "load_forecast_p_mw", lambda load: 1.5 * load))
    before = said(view)
    day = before["pv"][:, MIDDLE] > 0.1
    assert (more["renewable"][day, MIDDLE] < before["renewable"][day, MIDDLE] - 0.01).all()
    assert (more["import"][:, MIDDLE] > before["import"][:, MIDDLE]).all()


def test_the_band_widens_with_that_of_the_photovoltaic_forecast(view):
    def spread(pv):
        middle = pv[:, [MIDDLE]]
        return np.maximum(middle + 3.0 * (pv - middle), 0.0)

    wide, before = said(with_forecast(view, "pv_forecast_p_mw", spread)), said(view)
    day = before["pv"][:, MIDDLE] > 0.1
    for source, factor in (("pv", 2.0), ("renewable", 1.05)):  # the rest of what is renewable is as unsure as before
        assert (np.ptp(wide[source], axis=1)[day] > factor * np.ptp(before[source], axis=1)[day]).all()
    night = before["pv"][:, -1] == 0.0
    assert np.array_equal(wide["renewable"][night], before["renewable"][night])


def test_the_headline_is_the_renewable_share_of_the_coming_hour(view):
    quarters = said(view)["renewable"][:4, MIDDLE]
    headline = told(view).headline
    assert (headline.label, headline.unit) == ("renewable_share", "1")
    assert quarters.min() <= headline.value <= quarters.max()


def test_the_reason_names_the_one_sunny_hour_of_the_day_with_its_band(view):
    begin = 26

    def one_hour(pv):
        sunny = np.zeros_like(pv)
        sunny[begin : begin + 4] = 3.0 + NORMAL[:, None]
        return sunny

    dull = replace(view, ahead={**view.ahead, "import_renewable_share": view.ahead["import_renewable_share"] * 0 + 0.4})
    report = told(with_forecast(dull, "pv_forecast_p_mw", one_hour))
    params = report.params
    assert report.reason == "greenest_hour"
    assert datetime.fromisoformat(params["greenest_at"]) == AS_OF + begin * HOUR / 4
    assert params["greenest_p05_share"] < params["greenest_share"] < params["greenest_p95_share"]
    assert params["greenest_share"] > report.headline.value


def test_of_hours_that_are_all_renewable_the_surest_is_the_greenest(view):
    # More sun than load from the first quarter hour to the twentieth, and from the fiftieth on with less doubt.
    def sunny(pv):
        quarter = np.arange(STEPS)[:, None, None]
        spread = np.where(quarter < 50, 8.0, 0.1) * NORMAL[:, None]
        return np.where((quarter < 20) | ((quarter >= 50) & (quarter < 60)), 18.0 + spread, 0.0) + np.zeros_like(pv)

    params = told(with_forecast(view, "pv_forecast_p_mw", sunny)).params
    assert params["greenest_share"] == pytest.approx(1.0)
    assert datetime.fromisoformat(params["greenest_at"]) >= AS_OF + 50 * HOUR / 4


def test_equal_views_give_equal_answers(view):
    one, other = said(view), said(view)
    assert all(np.array_equal(one[source], other[source]) for source in one)


# ---------------------------------------------------------------------------------------------- other plants


def with_others(*plants):
    """The town's box, with plants of these carriers and installed powers [kW]."""
    context = SITE.context()
    known = [{"carrier": carrier, "kw": kw} for carrier, kw in plants]
    return MixBox({"zone": "town"}, replace(context, zones={**context.zones, "town": {"other_plants": known}}))


def running(view, p_mw, *, load, share):
    """Other plants at ``p_mw`` all the time, in a town without sun and water [MW, MW, 1]."""
    values = view.frame.values.copy()
    for signal, value in (("zone_other_p_mw", p_mw), ("zone_hydro_p_mw", 0.0), ("import_renewable_share", share)):
        values[:, [i for i, (name, _) in enumerate(view.frame.layout.columns) if name == signal]] = value
    view = replace(view, frame=replace(view.frame, values=values))
    view = with_forecast(view, "load_forecast_p_mw", lambda loads: 0.0 * loads + load)
    return with_forecast(view, "import_renewable_share", lambda shares: 0.0 * shares + share)


@pytest.mark.parametrize(
    ("plants", "renewable"),
    [((("biomass", 5000.0),), 0.6), ((("waste", 5000.0),), 0.35), ((("nuclear", 3e3), ("wind", 1e3)), 0.225)],
)
def test_other_plants_run_on_and_count_with_the_renewable_part_of_their_carriers(view, plants, renewable):
    box = with_others(*plants)
    now = running(view, 4.0, load=8.0, share=0.2)
    assert judge(box.card, told(now, box), now.as_of, Premises.of(SITE.context())).problems == ()
    found = said(now, box)
    assert {source: share[:, MIDDLE].mean() for source, share in found.items()} == pytest.approx(
        {"renewable": renewable, "pv": 0.0, "hydro": 0.0, "other": 0.5, "import": 0.5}, abs=0.01
    )


def test_a_zone_without_other_plants_tells_no_share_of_them(view):
    assert "other_share_forecast" not in told(view).outputs


# ---------------------------------------------------------------------------------------------- what is not known


def test_hydro_that_nobody_measures_counts_as_import(view):
    blind = without(view, "zone_hydro_p_mw")
    share, before = said(blind), said(view)
    assert told(blind).params["hydro_known"] is False
    assert not share["hydro"].any()
    assert (share["import"][:, MIDDLE] > before["import"][:, MIDDLE]).all()


def test_an_import_of_unknown_mix_may_be_anything(view):
    blind = without(view, "import_renewable_share")
    share = said(blind)
    night = share["pv"][:, -1] == 0.0
    assert told(blind).reason == "import_mix_unknown"
    own = share["hydro"][night, MIDDLE]
    assert share["renewable"][night, 0] == pytest.approx(own + 0.05 * (1.0 - own), abs=0.02)
    assert share["renewable"][night, -1] == pytest.approx(own + 0.95 * (1.0 - own), abs=0.02)


@pytest.mark.parametrize("signal", ["load_forecast_p_mw", "pv_forecast_p_mw"])
def test_without_the_whole_forecast_of_a_part_there_is_no_mix(view, signal):
    hole = with_forecast(view, signal, lambda values: np.where(np.arange(STEPS)[:, None, None] == 100, np.nan, values))
    short = replace(view, ahead={**view.ahead, signal: view.ahead[signal][:-1]})
    for lacking in (hole, short):
        assert unmet(make().card, lacking)
        with pytest.raises(ValueError, match=signal):
            make().step(lacking, None, None)


def test_every_fault_of_the_configuration_is_told_at_once():
    with pytest.raises(BadInput) as refused:
        MixBox({"zone": "atlantis", "engine": "champion", "fallbacks": ["instance:mix_two"]}, SITE.context())
    assert {problem.place for problem in refused.value.problems} == {
        "box 'box': zone",
        "box 'box': engine",
        "box 'box': fallbacks",
    }


# ---------------------------------------------------------------------------------------------- sampled worlds


def shares(load, pv, hydro, bought, **more):
    return bands(Parts(load, pv, hydro, bought), **more)


def test_nothing_consumed_and_nothing_made_is_the_mix_of_the_next_imported_kilowatt_hour():
    found = shares(sure(0.0), sure(0.0), sure(0.0), around(0.4, 0.05))
    assert found["import"].tolist() == sure(1.0).tolist()
    assert not found["pv"].any()
    assert found["renewable"] == pytest.approx(around(0.4, 0.05), abs=1e-3)


def test_a_town_that_makes_more_than_it_needs_imports_nothing():
    found = shares(sure(2.0), sure(3.0), sure(1.0), sure(0.0))
    assert found["import"].max() == 0.0
    assert found["pv"] == pytest.approx(0.75)
    assert found["hydro"] == pytest.approx(0.25)
    assert found["renewable"] == pytest.approx(1.0)


def test_with_one_unsure_part_the_bands_quantiles_are_those_of_the_part():
    # Load, hydro and import are certain: the share is a monotone map of the photovoltaic power.
    pv = around([4.0, 1.0], 0.3)
    found = shares(sure([10.0, 10.0]), pv, sure([1.0, 1.0]), sure([0.5, 0.5]))
    assert found["pv"] == pytest.approx(pv / 10.0, abs=5e-4)  # linear between 521 worlds
    assert found["renewable"] == pytest.approx((pv + 1.0 + 0.5 * (9.0 - pv)) / 10.0, abs=5e-4)


def test_few_even_worlds_give_the_band_of_very_many_random_ones():
    rng = np.random.default_rng(5)
    load, pv, hydro = (np.maximum(m + s * rng.standard_normal(400_000), 0.0) for m, s in ((6.0, 0.6), (4.0, 1.5), (0.5, 0.1)))
    bought = np.clip(0.5 + 0.08 * rng.standard_normal(400_000), 0.0, 1.0)
    whole = np.maximum(load, pv + hydro)
    drawn = np.quantile((pv + hydro + (whole - pv - hydro) * bought) / whole, LEVELS)
    found = shares(around(6.0, 0.6), around(4.0, 1.5), around(0.5, 0.1), around(0.5, 0.08))["renewable"][0]
    assert found == pytest.approx(drawn, abs=0.004)  # of a band that is 0.36 wide


def test_an_hours_share_weighs_its_quarters_by_what_flows():
    found = shares(sure([1.0, 1.0, 1.0, 5.0]), sure([1.0, 1.0, 1.0, 0.0]), sure(np.zeros(4)), sure(np.zeros(4)), over=4)
    assert found["renewable"] == pytest.approx(np.full((1, len(LEVELS)), 3.0 / 8.0))


def test_hours_begin_with_every_quarter_hour(view):
    steps = 100
    pv = around(np.linspace(1.0, 4.0, steps), 0.3)
    hours = shares(sure(np.full(steps, 10.0)), pv, sure(np.zeros(steps)), sure(np.zeros(steps)), over=4)["pv"]
    assert hours.shape == (steps - 3, len(LEVELS))
    assert hours[:, MIDDLE] == pytest.approx(np.convolve(pv[:, MIDDLE], np.full(4, 0.25), "valid") / 10.0)


# ---------------------------------------------------------------------------------------------- parts without a forecast


def river(days, seed=2):
    """A walk of 0.01 MW a quarter hour around 2 MW."""
    return 2.0 + np.cumsum(0.01 * np.random.default_rng(seed).standard_normal(days * 96))


def test_hydro_is_held_at_its_newest_value_and_its_band_widens_with_the_lead():
    values = river(28)
    found = held(values, STEPS)
    width = found[:, -1] - found[:, 0]
    assert found[0, MIDDLE] == pytest.approx(values[-1], abs=0.01)
    assert width[0] < 0.1 * width[-1]


def test_the_band_of_a_held_walk_covers_what_came():
    # Of a walk the spread over a lead is known: 90 % lie within 1.645 standard deviations.
    width = np.mean([np.ptp(held(river(28, seed), STEPS)[[3, 47]], axis=1) for seed in range(20)], axis=0)
    expected = 2.0 * 1.645 * 0.01 * np.sqrt([4.0, 48.0])
    assert width == pytest.approx(expected, rel=0.2)  # widened for 28 days instead of endlessly many


def test_an_older_value_is_less_sure():
    fresh, old = river(28), river(28)
    old[-12:] = np.nan
    assert np.ptp(held(old, STEPS)[0]) > 2.0 * np.ptp(held(fresh, STEPS)[0])


def test_of_a_plant_that_was_never_measured_nothing_is_held():
    assert held(np.full(96, np.nan), STEPS) is None


def test_on_the_first_hours_of_a_plant_the_band_reaches_from_nothing_to_twice_as_much():
    found = held(np.array([np.nan, 1.9, 2.0]), STEPS)
    assert found[:, MIDDLE] == pytest.approx(2.0)
    assert found[:, 0] == pytest.approx(0.36, abs=0.01)
    assert found.min() >= 0.0


def day_to_day(days, spread, seed=3):
    """Renewable share of the import: one value a day."""
    return np.repeat(np.clip(0.5 + spread * np.random.default_rng(seed).standard_normal(days), 0.0, 1.0), 96)


def test_the_outlook_is_the_median_and_days_differences_are_its_band():
    outlook = np.linspace(0.3, 0.7, STEPS)
    calm, wild = (imported_share(day_to_day(28, spread), outlook) for spread in (0.01, 0.1))
    assert calm.known
    assert calm.quantiles[:, MIDDLE].tolist() == outlook.tolist()
    assert np.ptp(wild.quantiles, axis=1).min() > 5.0 * np.ptp(calm.quantiles, axis=1).max()


def test_without_an_outlook_the_last_day_is_repeated():
    behind = day_to_day(28, 0.1)
    found = imported_share(behind, np.full(STEPS, np.nan))
    assert found.known
    assert found.quantiles[:, MIDDLE] == pytest.approx(behind[-1])


def test_a_single_known_day_is_not_taken_for_a_steady_one():
    found = imported_share(day_to_day(1, 0.0), np.full(STEPS, np.nan))
    assert np.ptp(found.quantiles, axis=1).min() > 0.25


def test_of_an_import_that_nobody_knows_every_share_is_as_probable_as_any_other():
    found = imported_share(np.full(28 * 96, np.nan), np.full(STEPS, np.nan))
    assert not found.known
    assert found.quantiles.tolist() == [list(LEVELS)] * STEPS


def test_the_swiss_renewable_share_lies_in_the_band_of_its_repetition():
    if not DATA.exists():
        pytest.skip("mix_ecodynelec absent")
    table = pd.concat([pd.read_parquet(DATA / f"CH_{year}_ProdMix_hour.parquet") for year in (2019, 2020)])
    renewable = [name for name in table.columns if "Hydro" in name or "Solar" in name or "Wind" in name]
    share = np.repeat(table[renewable].sum(axis=1).to_numpy(dtype=float), 4)
    inside = []
    for now in range(28 * 96, len(share) - STEPS, 5 * 96):
        quantiles = imported_share(share[now - 28 * 96 : now], np.full(STEPS, np.nan)).quantiles
        truth = share[now : now + STEPS]
        inside.append((truth >= quantiles[:, 0]) & (truth <= quantiles[:, -1]))
    assert 0.82 < np.mean(inside) < 0.97  # 140 issues of two days that come one after the other


def test_a_zone_without_panels_asks_for_no_photovoltaic_forecast(view):
    context = SITE.context()
    town = {**context.zones["town"], "pv_kwp": 0.0, "pv_groups": []}
    box = MixBox({"zone": "town"}, replace(context, zones={**context.zones, "town": town}))
    assert "pv_forecast_p_mw" not in {need.signal for need in box.card.needs}
    ahead = {name: array for name, array in view.ahead.items() if name != "pv_forecast_p_mw"}
    share = said(replace(view, ahead=ahead), box)
    assert (share["pv"] == 0.0).all()
    assert (share["import"][:, MIDDLE] > 0.0).all()

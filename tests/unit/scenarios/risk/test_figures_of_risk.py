"""Figures of risk against cases whose answer is known, and laws that hold whatever the futures are."""

import json

import numpy as np
import pytest
import xarray as xr
from scipy.stats import norm

from scenarios.risk.assess import risk_of
from twin.domain.problems import BadInput

MEAN, SIGMA = 85.0, 10.0
Z = (100.0 - MEAN) / SIGMA


def gaussian(futures, seed, mean=MEAN):
    """Loadings [%] of four quarter hours, the same within the hour: the hour's probability is that of each quarter."""
    draw = np.random.default_rng(seed).normal(mean, SIGMA, (futures, 1))
    return np.repeat(draw, 4, axis=1)


@pytest.fixture
def risk(made, facts):
    plan = gaussian(20_000, 1)
    return risk_of(made.loadings(plan, plan + 5.0, per_chunk=2_500), facts)


def test_probability_of_overload_by_a_gaussian_load_is_its_tail(risk):
    hour = risk["plan"]["by_hour"]["overload"]
    assert hour["low"][0] < 1.0 - norm.cdf(Z) < hour["high"][0]
    # five standard errors of a share of 20,000 draws
    assert hour["probability"][0] == pytest.approx(1.0 - norm.cdf(Z), abs=5 * 0.0018)


def test_expected_overload_of_a_gaussian_load_has_its_closed_form(risk):
    expected = SIGMA * norm.pdf(Z) - (100.0 - MEAN) * (1.0 - norm.cdf(Z))
    # the standard error of the mean excess is below 0.012 % here: its second moment is below 3 %^2
    assert risk["plan"]["totals"]["overload"]["percent_h"] == pytest.approx(expected, abs=0.06)


def test_elements_tell_the_same_as_the_hour_where_there_is_one_element(risk):
    line, hour = risk["plan"]["elements"][0], risk["plan"]["by_hour"]["overload"]
    assert line["element"] == "line:0"
    assert line["probability"] == hour["probability"]
    assert line["size_when_it_happens"][0] == pytest.approx(hour["size_when_it_happens"]["percent_h"][0], rel=1e-6)


def test_both_out_of_two_lines_is_the_square_of_one_out(made, facts):
    share, futures = 0.1, 20_000
    out = np.random.default_rng(2).random((2, futures)) < share
    dark = np.repeat(out.all(axis=0)[:, None], 4, axis=1) * 1.0
    flat = np.full((futures, 4), 50.0)
    found = risk_of(made.loadings(flat, flat, per_chunk=5_000, unserved_mw=np.stack([dark, dark])), facts)["plan"]
    unserved = found["by_hour"]["unserved"]
    assert unserved["low"][0] < share**2 < unserved["high"][0]
    # one MW for one hour whenever both are out
    assert unserved["expected"]["mwh"][0] == pytest.approx(unserved["probability"][0])
    assert unserved["expected"]["chf"][0] == pytest.approx(15_000.0 * unserved["expected"]["mwh"][0])


def test_hours_add_up_to_the_total(made, facts):
    loading = np.random.default_rng(3).normal(95.0, 10.0, (200, 12))
    plan = risk_of(made.loadings(loading, loading, per_chunk=50), facts)["plan"]
    whole = 0.25 * np.maximum(loading - 100.0, 0.0).sum() / 200
    assert plan["totals"]["overload"]["percent_h"] == pytest.approx(whole)
    assert sum(plan["elements"][0]["expected_h"]) == pytest.approx(0.25 * (loading > 100.0).sum() / 200)


def test_sixteen_times_the_futures_give_a_quarter_of_the_interval(made, facts):
    def width(futures):
        loading = gaussian(futures, 4)
        hour = risk_of(made.loadings(loading, loading, per_chunk=1_000), facts)["plan"]["by_hour"]["overload"]
        return hour["high"][0] - hour["low"][0]

    # 1/sqrt(16), but for the share itself, which differs from draw to draw
    assert width(1_000) / width(16_000) == pytest.approx(4.0, rel=0.15)


def test_the_order_of_futures_and_the_size_of_chunks_change_nothing(made, facts):
    loading = np.random.default_rng(5).normal(95.0, 10.0, (120, 8))
    turned = np.random.default_rng(6).permutation(loading)
    one, other = (risk_of(made.loadings(a, a, per_chunk=n), facts) for a, n in ((loading, 40), (turned, 7)))
    assert json.dumps(_rounded(one)) == json.dumps(_rounded(other))


def _rounded(value):
    """Sums in another order differ in their last bits."""
    if isinstance(value, dict):
        return {key: _rounded(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_rounded(each) for each in value]
    return float(f"{value:.5g}") if isinstance(value, float) else value


def test_the_difference_turns_its_sign_with_the_sides(made, facts):
    plan = gaussian(400, 7)
    one, other = (
        risk_of(made.loadings(*pair, per_chunk=100), facts)["difference"] for pair in ((plan, plan + 5), (plan + 5, plan))
    )
    first, second = (each["by_hour"]["overload"] for each in (one, other))
    assert first["probability"][0] == -second["probability"][0] < 0.0
    assert first["low"][0] == pytest.approx(-second["high"][0])
    assert one["cost"]["mean_chf"]["value"] == pytest.approx(-other["cost"]["mean_chf"]["value"])


def test_equal_sides_differ_by_nothing(made, facts):
    loading = gaussian(100, 8)
    found = risk_of(made.loadings(loading, loading, per_chunk=100), facts)["difference"]
    assert found["by_hour"]["any"]["probability"] == [0.0]
    assert found["cost"]["mean_chf"]["value"] == found["cost"]["value_at_risk_chf"]["value"] == 0.0


def test_value_at_risk_of_a_hundred_known_costs(made, facts):
    # 1 MW for a quarter hour at 0.1 CHF/kWh is 25 CHF: future k pays k CHF
    loading = np.repeat(np.arange(1.0, 101.0)[:, None], 4, axis=1)
    price = np.full(4, 1.0 / 100.0 * 1.0)
    futures = made.loadings(
        loading, loading, per_chunk=100, import_p_mw=np.stack([loading, loading]), price_chf_per_kwh=price / 10.0
    )
    cost = risk_of(futures, facts)["plan"]["cost"]
    assert cost["mean_chf"]["value"] == pytest.approx(50.5)
    assert cost["value_at_risk_chf"]["value"] == pytest.approx(95.0)
    # 96 to 100 lie beyond it
    assert cost["beyond_value_at_risk_chf"]["value"] == pytest.approx(98.0)


def test_a_future_without_power_flow_counts_as_violated_and_has_no_cost(made, facts):
    loading = np.full((10, 4), 50.0)
    drawn = np.stack([loading, loading]) / 100.0
    drawn[0, 3, 2] = np.nan
    found = risk_of(made.loadings(loading, loading, per_chunk=5, import_p_mw=drawn), facts)
    assert found["plan"]["by_hour"]["any"]["probability"] == [0.1]
    assert found["plan"]["cost"]["unknown"] == 1
    assert found["difference"]["cost"]["unknown"] == 1


def test_margin_of_an_outage_without_solution_is_short(made, facts):
    loading, margin = np.full((4, 4), 50.0), np.full((2, 4, 1), 20.0)
    margin[:, :2] = np.nan
    dark = np.array([np.nan, 0.0, 0.0, 0.0]).reshape(1, 4, 1).repeat(2, axis=0)
    found = risk_of(made.loadings(loading, loading, per_chunk=4, n1_margin_percent=margin, n1_unsupplied_mw=dark), facts)[
        "plan"
    ]["margin"]
    # future 0 was not looked at; future 1 was, and has no solution
    assert found["futures"] == [3]
    assert found["short"]["probability"] == [pytest.approx(1.0 / 3.0)]
    assert found["quantiles_percent"]["0.05"]["value"] == [None]
    assert found["quantiles_percent"]["0.95"]["value"] == [pytest.approx(20.0, abs=0.06)]  # half a bin, and a hair


def test_chunks_that_are_missing_are_left_out(made, facts):
    loading = gaussian(60, 9)
    whole = made.loadings(loading, loading, per_chunk=20)
    partial = whole.assign(futures_in_chunk=("chunk", np.array([20, 20, 0])))
    first = made.loadings(loading[:40], loading[:40], per_chunk=20)
    assert risk_of(partial, facts) == risk_of(first, facts)


def test_futures_of_which_none_is_finished_are_refused(made, facts):
    loading = gaussian(20, 10)
    nothing = made.loadings(loading, loading, per_chunk=20).assign(futures_in_chunk=("chunk", np.array([0])))
    with pytest.raises(BadInput, match="none is finished"):
        risk_of(nothing, facts)


def test_a_data_set_on_disk_gives_what_it_gives_in_memory(made, facts, tmp_path):
    loading = gaussian(60, 11)
    futures = made.loadings(loading, loading + 3.0, per_chunk=20)
    futures.drop_vars("outage").to_zarr(tmp_path / "futures.zarr")
    with xr.open_zarr(tmp_path / "futures.zarr", chunks=None) as lazy:
        assert risk_of(lazy, facts) == risk_of(futures, facts)

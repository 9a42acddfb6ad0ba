"""Paths beside the quantiles of a tick: ten futures that keep to them, hang together, and are the same when asked again."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import towns
from scipy.special import ndtri

from forecasts.champion.champion import Champion
from forecasts.futures.dependence import Dependence
from forecasts.futures.marginals import pit, values_at
from forecasts.futures.paths import sample_paths
from forecasts.futures.tick_paths import PATHS, Course, draw
from forecasts.load.box import LoadBox
from forecasts.on_air.setup import read_setup
from forecasts.pv.box import PvBox
from forecasts.quantiles import LEVELS, NORMAL
from twin.contracts.validation import Premises, Verdict, judge
from twin.domain.pack import unpack
from twin.domain.problems import Problems
from twin.domain.time import QUARTER_HOUR

STEPS = 192
DAY = 96
MEAN = 30.0 + 10.0 * np.sin(np.arange(STEPS) / DAY * 2 * np.pi)
SPREAD = 1.0 + np.arange(STEPS) / STEPS
QUANTILES = MEAN[:, None] + SPREAD[:, None] * NORMAL
ANYTHING = np.full(STEPS, np.inf)


def red_noise(rng, issues, memory=0.97, steps=DAY + STEPS):
    """A stationary first-order autoregression of variance one, dims (issue, step)."""
    noise = rng.standard_normal((issues, steps))
    for step in range(1, steps):
        noise[:, step] = memory * noise[:, step - 1] + np.sqrt(1.0 - memory**2) * noise[:, step]
    return noise


@pytest.fixture(scope="module")
def learnt():
    errors = red_noise(np.random.default_rng(2), 56)
    return Dependence.fit(pit(errors, np.broadcast_to(NORMAL, (*errors.shape, len(LEVELS)))), step_s=900)


def course(dependence, quantiles=QUANTILES, low=-ANYTHING, high=ANYTHING, slot=40):
    return Course(quantiles, low, high, dependence, slot)


def drawn(*courses, correlation=0.0, seed=7, instance="load", issue_s=0):
    across = np.where(np.eye(len(courses)), 1.0, correlation)
    found = draw(courses, correlation=across, seed=seed, instance=instance, issue_s=issue_s)
    return found.few, found.probability


def moments(paths, probability):
    """Mean and standard deviation at each step [MW], dims (time, zone)."""
    mean = np.einsum("s,tsz->tz", probability, paths)
    return mean, np.sqrt(np.einsum("s,tsz->tz", probability, (paths - mean[:, None]) ** 2))


# ---------------------------------------------------------------------------------------------- ten for a hundred


def test_ten_paths_carry_all_the_probability(learnt):
    paths, probability = drawn(course(learnt))
    assert paths.shape == (STEPS, PATHS, 1)
    assert probability.sum() == pytest.approx(1.0, abs=1e-12)
    assert (probability > 0.0).all()


def test_ten_paths_have_mean_and_spread_of_the_quantiles_at_every_step(learnt):
    mean, spread = moments(*drawn(course(learnt)))
    assert mean[:, 0] == pytest.approx(MEAN, abs=1e-4)
    # A hundred middles of equal shares spread 0.9 % too little; steps where all ten lie together by chance stay narrower.
    assert (spread[:, 0] < 1.001 * SPREAD).all()
    assert np.quantile(spread[:, 0] / SPREAD, 0.05) > 0.97


def test_ten_paths_leave_the_band_as_often_as_it_says(learnt):
    inside = []
    for tick in range(10):
        paths, probability = drawn(course(learnt), issue_s=900 * tick)
        within = (paths[..., 0] >= QUANTILES[:, :1]) & (paths[..., 0] <= QUANTILES[:, -1:])
        inside.append((within @ probability).mean())
    assert np.mean(inside) == pytest.approx(0.9, abs=0.03)


def test_a_days_energy_is_as_uncertain_as_in_a_hundred_paths(learnt):
    ratios = []
    for tick in range(10):
        paths, probability = drawn(course(learnt), issue_s=900 * tick)
        energy = paths[:DAY, :, 0].sum(axis=0)
        spread = np.sqrt(probability @ (energy - probability @ energy) ** 2)
        everything = sample_paths(learnt, QUANTILES, 100, seed=tick, first=40)[:, :DAY].sum(axis=1)
        ratios.append(spread / everything.std())
    # A tenth either way; quarter hours that knew nothing of each other would give a sixth of it.
    assert np.mean(ratios) == pytest.approx(1.0, abs=0.1)


def test_no_path_leaves_what_is_possible(learnt):
    low, high = np.full(STEPS, 25.0), np.maximum(MEAN + 0.5, 25.0)
    paths, _ = drawn(course(learnt, np.clip(QUANTILES, low[:, None], high[:, None]), low, high))
    assert paths.min() >= 25.0
    assert (paths[..., 0] <= high[:, None]).all()


def test_a_night_without_a_band_is_the_same_in_every_path(learnt):
    night = QUANTILES.copy()
    night[20:60] = 0.0
    paths, _ = drawn(course(learnt, night))
    assert (paths[20:60] == 0.0).all()


def test_a_tick_is_drawn_the_same_again_and_any_other_otherwise(learnt):
    first, again = drawn(course(learnt)), drawn(course(learnt))
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    for other in ({"seed": 8}, {"instance": "load_village"}, {"issue_s": 900}):
        assert not np.array_equal(first[0], drawn(course(learnt), **other)[0])


def test_the_last_hour_of_the_day_on_which_clocks_go_back_has_paths(learnt):
    assert np.isfinite(drawn(course(learnt, slot=99))[0]).all()


def test_zones_share_the_paths_numbers_and_each_keeps_its_own_quantiles(learnt):
    small = 0.01 * QUANTILES
    paths, probability = drawn(course(learnt), course(learnt, small))
    assert paths.shape == (STEPS, PATHS, 2)
    mean, spread = moments(paths, probability)
    assert mean == pytest.approx(np.stack([MEAN, 0.01 * MEAN], axis=1), rel=1e-5)
    assert spread.mean(axis=0) == pytest.approx([SPREAD.mean(), 0.01 * SPREAD.mean()], rel=0.05)


@pytest.mark.parametrize("correlation", [-0.6, 0.0, 0.8])
def test_zones_err_together_as_they_did(learnt, correlation):
    courses = course(learnt), course(learnt, 0.01 * QUANTILES)
    seen = []
    for tick in range(10):
        across = np.array([[1.0, correlation], [correlation, 1.0]])
        paths = draw(courses, correlation=across, seed=7, instance="load", issue_s=900 * tick).drawn
        errors = paths - paths.mean(axis=0)
        seen.append(np.corrcoef(errors[..., 0].ravel(), errors[..., 1].ravel())[0, 1])
    assert np.mean(seen) == pytest.approx(correlation, abs=0.12)


def test_paths_begin_where_the_day_is():
    calm = np.where(np.arange(DAY + STEPS) % DAY < 48, 0.01, 0.4)  # share that a quarter hour renews
    errors = red_noise(np.random.default_rng(1), 120, memory=0.0)
    for step in range(1, DAY + STEPS):
        errors[:, step] = np.sqrt(1 - calm[step]) * errors[:, step - 1] + np.sqrt(calm[step]) * errors[:, step]
    fitted = Dependence.fit(pit(errors, np.broadcast_to(NORMAL, (*errors.shape, len(LEVELS)))), step_s=900)
    flat = np.broadcast_to(NORMAL, (STEPS, len(LEVELS)))
    change = {}
    for slot in (0, 48):
        ticks = [drawn(course(fitted, flat, slot=slot), issue_s=900 * i)[0] for i in range(5)]
        change[slot] = np.mean([np.abs(np.diff(paths[:40, :, 0], axis=0)).mean() for paths in ticks])
    assert change[48] > 2.5 * change[0]  # the second half of the day turns six times as fast


# ---------------------------------------------------------------------------------------------- what a training leaves

SETTINGS = {"zone": "town", "experts": ["day_type", "ridge"]}
NOW = towns.instant("2016-06-15T10:00")


def trained(view):
    data = unpack(LoadBox(SETTINGS, towns.context()).fit(view, seed=3))[1]["town"].tobytes()
    return Champion.read(data, read_setup(SETTINGS, "load", "box", Problems()).make("load")), data


def correlation(dependence):
    return dependence.factor[0] @ dependence.factor[0].T


def test_a_training_learns_how_long_errors_last():
    def hours(labels, values):
        return values + 0.8 * towns.slow(labels, "long", 12.0)

    def moments_only(labels, values):
        return values + 0.8 * towns.noise(labels, "short")

    lasting, fleeting = (correlation(trained(towns.load_view(NOW, edit=edit))[0].dependence) for edit in (hours, moments_only))
    assert lasting[40, 44] > 0.8  # an hour
    assert fleeting[40, 44] < 0.5


def test_a_training_keeps_its_dependence_over_every_step_that_a_tick_answers():
    champion, data = trained(towns.load_view(NOW))
    assert champion.dependence.steps == DAY + STEPS
    assert champion.to_bytes() == data


def test_a_training_without_issues_takes_the_first_law():
    champion, _ = trained(towns.load_view(NOW, days=1.4))
    first = Dependence.fit(np.empty((0, DAY + STEPS)), step_s=900)
    assert correlation(champion.dependence) == pytest.approx(correlation(first))


# ---------------------------------------------------------------------------------------------- what the boxes answer

MIDDLES = ndtri((np.arange(100) + 0.5) / 100)
PLANT = {"zone": "town", "experts": ["yesterday", "sky_days", "sky_ridge"]}


def load_box(instance="load", seed=7):
    return LoadBox(SETTINGS, replace(towns.context(), instance=instance, seed=seed))


def pv_box():
    return PvBox(PLANT, towns.context())


@pytest.fixture(scope="module")
def load_artifact():
    return load_box().fit(towns.load_view(towns.instant("2016-06-15T00:00")), seed=3)


@pytest.fixture(scope="module")
def pv_artifact():
    return pv_box().fit(towns.pv_view(towns.instant("2016-06-15T00:00"))[0], seed=3)


def load_answer(artifact, as_of=NOW, *, box=None, **view):
    return (box or load_box()).step(towns.load_view(as_of, **view), artifact, None)[0]


def of(report, kind="load"):
    """Paths [MW], dims (time, scenario), probability, dims (scenario,), and quantiles [MW], dims (time, quantile)."""
    paths = report.outputs[f"{kind}_paths_p_mw"]
    assert paths.dims == ("time", "scenario", "zone")
    assert np.array_equal(paths["time"], report.outputs[f"{kind}_forecast_p_mw"]["time"])
    return (
        paths.values[..., 0].astype(float),
        paths["probability"].values,
        report.outputs[f"{kind}_forecast_p_mw"].values[..., 0],
    )


def expected(quantiles):
    """Mean of the distribution at each step [MW], dims (time,)."""
    return values_at(quantiles, MIDDLES).mean(axis=1)


def test_both_boxes_promise_ten_paths_and_keep_their_cards(load_artifact, pv_artifact):
    premises = Premises.of(towns.context())
    view, _ = towns.pv_view(NOW)
    for box, report in ((load_box(), load_answer(load_artifact)), (pv_box(), pv_box().step(view, pv_artifact, None)[0])):
        assert [provide.scenarios for provide in box.card.provides] == [0, PATHS]
        assert judge(box.card, report, NOW, premises) == Verdict((), ())


def test_paths_follow_the_quantiles_of_their_tick(load_artifact):
    paths, probability, quantiles = of(load_answer(load_artifact))
    assert paths @ probability == pytest.approx(expected(quantiles), abs=1e-5)  # float32


def test_paths_follow_what_was_just_measured(load_artifact):
    def lifted(labels, values):
        return np.where(labels >= labels[-1] - np.timedelta64(3, "h"), values + 2.0, values)

    (usual, share, _), (after, other, quantiles) = (of(load_answer(load_artifact, edit=edit)) for edit in (None, lifted))
    assert after @ other == pytest.approx(expected(quantiles), abs=1e-5)
    assert (after @ other - usual @ share)[:4].mean() > 0.5


def test_a_days_energy_is_uncertain_as_its_hours_are_and_hang_together(load_artifact):
    paths, probability, quantiles = of(load_answer(load_artifact))
    energy = paths[:DAY].sum(axis=0) / 4.0
    spread = np.sqrt(probability @ (energy - probability @ energy) ** 2)
    each = values_at(quantiles[:DAY], MIDDLES).std(axis=1) / 4.0
    # Between hours that know nothing of each other and hours that all err alike, well away from both.
    assert 2.0 * np.sqrt(np.sum(each**2)) < spread < 0.95 * each.sum()


@pytest.mark.parametrize("as_of", ["2016-06-15T10:00", "2016-06-15T02:30", "2016-06-15T20:00"])
@pytest.mark.parametrize("situation", [{}, {"with_outlook": False}, {"days": 3}, {"days": 0.5}], ids=str)
def test_no_path_of_a_plant_is_negative_or_above_its_clear_sky_and_nights_are_dark(pv_artifact, as_of, situation):
    artifact = None if "days" in situation else pv_artifact
    view, _ = towns.pv_view(towns.instant(as_of), **situation)
    report, _ = pv_box().step(view, artifact, None)
    paths, _, _ = of(report, "pv")
    clear, _ = towns.PLANT.clear_sky(report.outputs["pv_paths_p_mw"]["time"].values)
    assert (paths >= 0.0).all()
    assert (paths <= clear[:, None] * 1.002 + 0.0002).all()  # two implementations of one clear sky
    assert (paths[clear == 0.0] == 0.0).all()


def test_a_plants_days_differ_from_path_to_path(pv_artifact):
    view, _ = towns.pv_view(NOW)
    paths, probability, quantiles = of(pv_box().step(view, pv_artifact, None)[0], "pv")
    tomorrow = slice(56, 56 + DAY)
    energy = paths[tomorrow].sum(axis=0)
    assert np.sqrt(probability @ (energy - probability @ energy) ** 2) > 0.1 * quantiles[tomorrow, LEVELS.index(0.5)].sum()


@pytest.mark.parametrize("day", ["2016-03-25", "2016-03-26", "2016-03-27", "2016-10-29", "2016-10-30"])
@pytest.mark.parametrize("clock", ["00:45", "12:00", "21:45", "22:45"])
def test_days_on_which_clocks_change_have_whole_paths(load_artifact, day, clock):
    paths, probability, quantiles = of(load_answer(load_artifact, towns.instant(f"{day}T{clock}"), days=20))
    assert paths.shape == (STEPS, PATHS)
    assert paths @ probability == pytest.approx(expected(quantiles), abs=1e-5)


@pytest.mark.parametrize("days", [0.3, 1.4, 10])
def test_paths_come_from_the_first_day_on(days):
    paths, probability, quantiles = of(load_answer(None, days=days))
    assert paths @ probability == pytest.approx(expected(quantiles), abs=1e-5)


def test_a_box_made_anew_draws_the_same_paths_and_another_instance_or_site_others(load_artifact):
    first, again = (of(load_answer(load_artifact))[0] for _ in range(2))
    assert np.array_equal(first, again)
    for other in (load_box(instance="load_village"), load_box(seed=8)):
        assert not np.array_equal(first, of(load_answer(load_artifact, box=other))[0])


def test_the_next_quarter_hour_draws_anew(load_artifact):
    now, later = (of(load_answer(load_artifact, NOW + i * QUARTER_HOUR))[0] for i in range(2))
    assert not np.allclose(now[1:], later[:-1], rtol=0.01)


def test_paths_leave_nothing_behind_in_the_state(load_artifact):
    _, state = load_box().step(towns.load_view(NOW), load_artifact, None)
    _, zones = unpack(state)
    assert set(zones) == {"town"}
    assert set(unpack(zones["town"].tobytes())[1]) == {"start_s", "band"}

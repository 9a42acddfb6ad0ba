"""A few paths that stand for many, and what they are worth in a town whose evening peak is uncertain."""

from dataclasses import replace

import numpy as np
import pytest

from twin.boxes.flexibility.devices.plant import Plant
from twin.boxes.flexibility.devices.storage import Storage
from twin.boxes.flexibility.futures.paths import Futures
from twin.boxes.flexibility.futures.plan import plan_futures
from twin.boxes.flexibility.futures.telling import mean_problem, telling
from twin.boxes.flexibility.lp.compiled import CompiledModel
from twin.boxes.flexibility.lp.problem import Penalties, Problem, Site
from twin.boxes.flexibility.lp.rows import GridRow
from twin.domain.problems import BadInput

AHEAD, DAY = 16, 24
KEEPS = 0.85
"""Correlation of the forecast's error from hour to hour."""
SPREAD = 0.13
PEAK_CHF_PER_MW = 12_000.0
END_CHF_PER_MWH = 130.0


def price(start, steps):
    hour = (start + np.arange(steps)) % 24
    return 120.0 + 60.0 * np.exp(-(((hour - 19) / 2.5) ** 2)) - 40.0 * np.exp(-(((hour - 3) / 3) ** 2))


def problem(net, *, e0=0.5, peak=1.0, start=0, peak_chf=PEAK_CHF_PER_MW, devices=None):
    dear = price(start, len(net))
    battery = Storage(
        id="battery",
        efficiency=0.95,
        charge_max_mw=0.5,
        discharge_max_mw=0.5,
        e0_mwh=e0,
        e_max_mwh=1.0,
        wear_chf_per_mwh=10.0,
        end_value_chf_per_mwh=END_CHF_PER_MWH,
    )
    site = Site(
        net_p_mw=np.asarray(net, dtype=float),
        import_chf_per_mwh=dear,
        export_chf_per_mwh=0.4 * dear,
        peak_chf_per_mw=peak_chf,
        peak_so_far_mw=peak,
    )
    given = (battery,) if devices is None else devices
    return Problem(hours=(1.0,) * len(net), devices=given, site=site, penalties=Penalties.above(5e4))


def courses(rng, count, steps, start, error):
    """Net load of a town with an evening peak, dims (path, step), and the relative errors behind it."""
    hour = (start + np.arange(steps)) % 24
    usual = 1.0 + 0.8 * np.exp(-(((hour - 18.5) / 2) ** 2)) + 0.35 * np.exp(-(((hour - 8) / 1.5) ** 2))
    errors, now = np.zeros((count, steps)), np.full(count, error)
    for k in range(steps):
        now = KEEPS * now + np.sqrt(1.0 - KEEPS**2) * rng.normal(size=count)
        errors[:, k] = now
    return np.maximum(usual * (1.0 + SPREAD * errors), 0.1), errors


def lived(seed, model, paths_of):
    """Cost of a day in which the first hour of every plan is carried out [CHF]."""
    net, errors = (one[0] for one in courses(np.random.default_rng(seed), 1, DAY, 0, 0.0))
    level, peak, power = 0.5, 1.0, np.zeros(DAY)
    for t in range(DAY):
        ahead, _ = courses(np.random.default_rng(1000 * seed + t), 10, AHEAD - 1, t + 1, errors[t])
        seen = np.column_stack([np.full(10, net[t]), ahead])
        all_paths = [problem(path, e0=level, peak=peak, start=t) for path in seen]
        futures = Futures(problems=tuple(all_paths), probabilities=(0.1,) * 10)
        power[t] = plan_futures(telling(futures, count=paths_of), matrix=model.matrix, compared=False).p_mw[0, 0]
        gained = 0.95 * power[t] if power[t] > 0.0 else power[t] / 0.95
        level, peak = float(np.clip(level + gained, 0.0, 1.0)), max(peak, float(net[t] + power[t]))
    return bill(net, power, level)


def bill(net, power, level):
    total, dear = net + power, price(0, DAY)
    energy = np.maximum(total, 0.0) @ dear - 0.4 * np.maximum(-total, 0.0) @ dear
    peak = PEAK_CHF_PER_MW * max(1.0, float(total.max()))
    return float(energy + peak + 5.0 * np.abs(power).sum() - END_CHF_PER_MWH * level)


def test_three_telling_paths_capture_more_than_the_mean_path():
    # Captured value: what is saved against doing nothing, of what foresight saves. Seeds 0 to 5: 67 % and 78 %; the first
    # three alone keep the suite short, and two points are the least that is worth having.
    model = CompiledModel(problem(np.ones(AHEAD)))
    foresight, nothing, mean, three = 0.0, 0.0, 0.0, 0.0
    whole = CompiledModel(problem(np.ones(DAY)))
    for seed in range(3):
        net = courses(np.random.default_rng(seed), 1, DAY, 0, 0.0)[0][0]
        best = whole.solve(problem(net))
        foresight += bill(net, best.p_mw[0], float(best.values["level"][0, -1]))
        nothing += bill(net, np.zeros(DAY), 0.5)
        mean += lived(seed, model, 1)
        three += lived(seed, model, 3)
    captured = {name: (nothing - cost) / (nothing - foresight) for name, cost in (("mean", mean), ("three", three))}
    assert captured["three"] > captured["mean"] + 0.02


def futures(*nets, **changes):
    return Futures(problems=tuple(problem(net, **changes) for net in nets), probabilities=(1.0 / len(nets),) * len(nets))


def test_the_telling_paths_have_the_mean_of_all():
    nets = np.random.default_rng(1).uniform(0.5, 2.0, size=(10, 4))
    few = telling(futures(*nets))
    mean = sum(p * path.site.net_p_mw for p, path in zip(few.probabilities, few.problems, strict=True))
    np.testing.assert_allclose(mean, nets.mean(axis=0), rtol=1e-12)
    assert sum(few.probabilities) == pytest.approx(1.0)


def test_the_last_telling_path_is_the_mean_of_the_highest_peaks():
    nets = [np.full(3, high) for high in (3.0, 1.0, 2.0, 6.0, 5.0, 4.0)]
    few = telling(futures(*nets), count=3)
    assert [float(path.site.net_p_mw[0]) for path in few.problems] == pytest.approx([1.5, 3.5, 5.5])


def test_where_nothing_is_scarce_the_mean_path_stands_for_all():
    few = telling(futures(np.ones(3), 2.0 * np.ones(3), peak_chf=0.0))
    assert len(few.problems) == 1
    np.testing.assert_allclose(few.problems[0].site.net_p_mw, 1.5)


def test_without_a_peak_charge_the_tightest_row_tells_the_paths_apart():
    rows = [
        GridRow(name="r", kind="trafo", element="T", limit=1.0, unit="MW", by_p=np.ones((1, 3)), room_mw=np.full(3, room))
        for room in (0.3, 0.1, 0.4, 0.2)
    ]
    base = problem(np.ones(3), peak_chf=0.0)
    few = telling(Futures(problems=tuple(replace(base, rows=(row,)) for row in rows), probabilities=(0.25,) * 4), count=2)
    assert [float(path.rows[0].room_mw[0]) for path in few.problems] == pytest.approx([0.35, 0.15])


def test_the_mean_path_has_the_mean_sun():
    paths = [problem(np.ones(3), devices=(Plant(id="sun", available_mw=sun),)) for sun in (0.2, 0.8)]
    plant = mean_problem(paths, np.array([3.0, 1.0])).devices[0]
    np.testing.assert_allclose(plant.available_mw, 0.35)


def test_no_path_at_all_is_refused():
    with pytest.raises(BadInput, match="count"):
        telling(futures(np.ones(3)), count=0)

"""Forecasts of town, feeders and buildings that sum, and what the sums do to their errors."""

from __future__ import annotations

import numpy as np
import pytest

from forecasts.on_air.hierarchy import Hierarchy, rest_name
from forecasts.on_air.reconcile import MinimumTrace, correlation_of, covariance_of, shrunk_covariance
from forecasts.quantiles import LEVELS, NORMAL
from twin.domain.problems import BadInput

# Town = feeders A and B, all of it; A holds buildings a1 and a2 and a rest, B is measured as a whole.
PARENTS = {"A": "town", "B": "town", "a1": "A", "a2": "A"}


def without_rest(hierarchy, *parents):
    """The parents' children are all there is."""
    kept = [i for i, name in enumerate(hierarchy.names) if name not in map(rest_name, parents)]
    return Hierarchy(tuple(hierarchy.names[i] for i in kept), hierarchy.sums[:, kept])


TOWN = without_rest(Hierarchy.of(PARENTS), "town")


def two_children():
    return without_rest(Hierarchy.of({"left": "top", "right": "top"}), "top")


def summing_matrix(hierarchy):
    """How every name follows from the bottom ones, dims (name, bottom): the textbook's S."""
    parents = {int(np.argmax(row)): row for row in hierarchy.sums}
    bottom = [i for i in range(len(hierarchy.names)) if i not in parents]
    S = np.zeros((len(hierarchy.names), len(bottom)))
    S[bottom, np.arange(len(bottom))] = 1.0
    for parent in sorted(parents, reverse=True):  # children stand after their parents
        S[parent] = -(parents[parent] - np.eye(len(hierarchy.names))[parent]) @ S
    return S


def coherent(hierarchy, rng, columns=50):
    return summing_matrix(hierarchy) @ rng.uniform(1.0, 5.0, (summing_matrix(hierarchy).shape[1], columns))


def random_covariance(size, rng):
    root = rng.standard_normal((size, size))
    return root @ root.T + 0.1 * np.eye(size)


def test_two_children_share_the_difference_by_thirds():
    # By hand, equal variances: top 12 against 4 + 5 leaves 3, of which each of the three gives one.
    found = MinimumTrace(two_children(), np.eye(3)).reconcile(np.array([12.0, 4.0, 5.0]))
    assert found == pytest.approx([11.0, 5.0, 6.0])


def test_who_errs_more_gives_more():
    # By hand, variances 1, 2 and 3: the difference of 3 is shared 1 to 2 to 3, so 0.5, 1.0 and 1.5.
    found = MinimumTrace(two_children(), np.diag([1.0, 2.0, 3.0])).reconcile(np.array([12.0, 4.0, 5.0]))
    assert found == pytest.approx([11.5, 5.0, 6.5])


def test_children_whose_errors_cancel_leave_the_work_to_the_top():
    # By hand: W C' with C = (1, -1, -1), covariance of the children -0.9, variances 1: (1, -0.1, -0.1), and C W C' = 1.2.
    covariance = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, -0.9], [0.0, -0.9, 1.0]])
    found = MinimumTrace(two_children(), covariance).reconcile(np.array([12.0, 4.0, 5.0]))
    assert found == pytest.approx([12.0 - 3.0 / 1.2, 4.0 + 0.3 / 1.2, 5.0 + 0.3 / 1.2])


def test_ordinary_least_squares_on_a_total_with_three_groups_of_three():
    # S (S'S)^-1 S' of 1 + 3 + 9 series in closed form: by symmetry a difference of the total is shared 9 : 3 : 1 thirteenths.
    parents = {**dict.fromkeys("ABC", "total"), **{f"{g}{i}": g for g in "ABC" for i in "123"}}
    hierarchy = without_rest(Hierarchy.of(parents), "total", *"ABC")
    weights = MinimumTrace(hierarchy, np.eye(13)).projection(np.ones(13, dtype=bool))
    assert hierarchy.names[:5] == ("total", "A", "B", "C", "A1")
    assert weights[0] == pytest.approx(np.array([9.0] + 3 * [3.0] + 9 * [1.0]) / 13.0)
    assert np.round(weights[1], 2).tolist() == [0.23, 0.58, -0.17, -0.17, 0.19, 0.19, 0.19, *6 * [-0.06]]
    assert np.round(weights[4], 2).tolist() == [0.08, 0.19, -0.06, -0.06, 0.73, -0.27, -0.27, *6 * [-0.02]]


def test_sums_and_summing_matrix_say_the_same():
    # Wickramasuriya and others (2019): S (S' W^-1 S)^-1 S' W^-1 equals I - W C' (C W C')^-1 C.
    rng = np.random.default_rng(1)
    W = random_covariance(len(TOWN.names), rng)
    S = summing_matrix(TOWN)
    textbook = S @ np.linalg.solve(S.T @ np.linalg.solve(W, S), S.T @ np.linalg.inv(W))
    assert MinimumTrace(TOWN, W).projection(np.ones(len(W), dtype=bool)) == pytest.approx(textbook, abs=1e-9)


def test_reconciling_twice_changes_nothing():
    rng = np.random.default_rng(2)
    method = MinimumTrace(TOWN, random_covariance(len(TOWN.names), rng))
    once = method.reconcile(rng.uniform(0.0, 10.0, (len(TOWN.names), 30)))
    assert method.reconcile(once) == pytest.approx(once, abs=1e-9)


def test_forecasts_that_sum_are_left_alone():
    rng = np.random.default_rng(3)
    base = coherent(TOWN, rng)
    assert MinimumTrace(TOWN, random_covariance(len(TOWN.names), rng)).reconcile(base) == pytest.approx(base, abs=1e-9)


def test_every_path_sums():
    rng = np.random.default_rng(4)
    paths = 10.0 + rng.standard_normal((len(TOWN.names), 100, 192))
    found = MinimumTrace(TOWN, random_covariance(len(TOWN.names), rng)).reconcile(paths)
    assert found.shape == paths.shape
    assert np.abs(np.tensordot(TOWN.sums, found, axes=1)).max() < 1e-9


def test_a_missing_child_is_left_out_and_the_others_still_sum():
    rng = np.random.default_rng(5)
    base = 10.0 + rng.standard_normal((len(TOWN.names), 4))
    base[TOWN.names.index("a1"), 2:] = np.nan
    found = MinimumTrace(TOWN, random_covariance(len(TOWN.names), rng)).reconcile(base)
    at = {name: found[i] for i, name in enumerate(TOWN.names)}
    assert np.isnan(at["a1"]).tolist() == [False, False, True, True]
    assert at["town"] == pytest.approx(at["A"] + at["B"], abs=1e-9)
    assert at["A"][:2] == pytest.approx((at["a1"] + at["a2"] + at[rest_name("A")])[:2], abs=1e-9)


def test_a_missing_feeder_leaves_the_sum_of_its_parts_in_force():
    # Without A, town = B + a1 + a2 + rest of A still holds and is still used.
    rng = np.random.default_rng(6)
    base = 10.0 + rng.standard_normal(len(TOWN.names))
    base[TOWN.names.index("A")] = np.nan
    found = dict(zip(TOWN.names, MinimumTrace(TOWN, np.eye(len(TOWN.names))).reconcile(base), strict=True))
    assert np.isnan(found["A"])
    assert found["town"] == pytest.approx(found["B"] + found["a1"] + found["a2"] + found[rest_name("A")], abs=1e-9)


def test_a_rest_without_forecast_is_what_the_children_leave():
    base = TOWN.stack({"town": np.array(30.0), "A": np.array(20.0), "B": np.array(10.0), "a1": np.array(3.0)})
    found = dict(zip(TOWN.names, MinimumTrace(TOWN, np.eye(len(TOWN.names))).reconcile(base), strict=True))
    assert found[rest_name("A")] == pytest.approx(17.0)
    assert found["A"] == pytest.approx(20.0)


def test_history_of_a_rest_is_parent_minus_children():
    history = TOWN.stack(
        {"A": np.array([20.0, 21.0, np.nan]), "a1": np.array([3.0, 4.0, 1.0]), "a2": np.array([5.0, np.nan, 1.0])}
    )
    rest = TOWN.fill_rests(history)[TOWN.names.index(rest_name("A"))]
    assert rest[:2] == pytest.approx([12.0, 17.0])
    assert np.isnan(rest[2])


def test_a_name_that_the_hierarchy_does_not_show_is_refused():
    with pytest.raises(KeyError, match="flat"):
        TOWN.stack({"flat": np.zeros(3)})


def test_every_fault_of_a_hierarchy_is_named_at_once():
    with pytest.raises(BadInput) as refused:
        Hierarchy.of({"A": "B", "B": "A", "rest of x": "town"})
    text = str(refused.value)
    assert all(part in text for part in ("zone 'A'", "without circles", "zone 'rest of x'", "rename"))


def test_a_series_whose_errors_were_never_seen_is_left_out():
    errors = np.random.default_rng(8).standard_normal((50, 3))
    errors[:, 2] = np.nan
    found = MinimumTrace(two_children(), shrunk_covariance(errors)).reconcile(np.array([12.0, 4.0, 5.0]))
    assert found[:2] == pytest.approx([12.0, 4.0])
    assert np.isnan(found[2])


def test_shrinkage_by_hand():
    # Two names, ten samples, unit variances: r = 0.6; by hand sum over samples of (z1 z2 - r)^2 = 10 (mean of z1^2 z2^2 - r^2).
    a = np.array([1.0, -1.0] * 5)
    b = np.array([1.0, -1.0] * 4 + [-1.0, 1.0])
    found = shrunk_covariance(np.stack([a, b], axis=1))
    shrinkage = ((10 - 10 * 0.6**2) / 90) / 0.6**2
    assert found == pytest.approx(np.array([[1.0, 0.6 * (1 - shrinkage)], [0.6 * (1 - shrinkage), 1.0]]))


def test_fewer_samples_than_series_still_give_a_usable_covariance():
    errors = np.random.default_rng(9).standard_normal((12, 40))
    assert np.linalg.eigvalsh(shrunk_covariance(errors)).min() > 0.01


def test_unknown_errors_do_not_enter_the_covariance():
    errors = np.random.default_rng(10).standard_normal((200, 3))
    holed = errors.copy()
    holed[::7, 1] = np.nan
    assert shrunk_covariance(holed) == pytest.approx(shrunk_covariance(errors), abs=0.25)
    assert shrunk_covariance(holed)[1, 1] == pytest.approx(np.nanmean(holed[:, 1] ** 2))


def town_with_errors(rng, samples):
    """Truth of every name and forecasts whose errors are correlated and do not sum, dims (name, sample)."""
    truth = coherent(TOWN, rng, samples)
    spread = np.array([1.0, 1.0, 0.8, 0.5, 0.5, 0.9])
    common = rng.standard_normal((1, samples))
    error = spread[:, None] * (0.6 * common + 0.8 * rng.standard_normal((len(TOWN.names), samples)))
    return truth, truth + error, spread


def errors_of(forecast, truth):
    return np.sqrt(np.mean((forecast - truth)[:, 300:] ** 2, axis=1))


def test_no_name_is_forecast_worse_once_reconciled():
    truth, base, _ = town_with_errors(np.random.default_rng(11), 4000)
    found = MinimumTrace(TOWN, shrunk_covariance((truth - base)[:, :300].T)).reconcile(base)
    assert np.sum(errors_of(found, truth) ** 2) < 0.75 * np.sum(errors_of(base, truth) ** 2)
    assert (errors_of(found, truth) < 1.02 * errors_of(base, truth)).all()  # what 300 samples cannot tell


def test_correlations_of_errors_are_worth_knowing():
    truth, base, _ = town_with_errors(np.random.default_rng(11), 4000)
    covariance = shrunk_covariance((truth - base)[:, :300].T)
    shrunk, weighted = (MinimumTrace(TOWN, one).reconcile(base) for one in (covariance, np.diag(np.diag(covariance))))
    assert np.sum(errors_of(weighted, truth) ** 2) < 0.9 * np.sum(errors_of(base, truth) ** 2)
    assert np.sum(errors_of(shrunk, truth) ** 2) < 0.9 * np.sum(errors_of(weighted, truth) ** 2)


def test_reconciled_bands_hold_what_they_promise():
    rng = np.random.default_rng(12)
    truth, base, spread = town_with_errors(rng, 4000)
    quantiles = base[..., None] + spread[:, None, None] * NORMAL
    method = MinimumTrace(TOWN, shrunk_covariance((truth - base)[:, :300].T))
    found = method.reconcile_quantiles(quantiles)
    inside = (truth >= found[..., 0]) & (truth <= found[..., -1])
    before = (truth >= quantiles[..., 0]) & (truth <= quantiles[..., -1])
    assert (inside[:, 300:].mean(axis=1) > before[:, 300:].mean(axis=1) - 0.01).all()
    assert found[..., -1] - found[..., 0] == pytest.approx(quantiles[..., -1] - quantiles[..., 0])


def test_reconciled_medians_sum_and_quantiles_ascend():
    rng = np.random.default_rng(13)
    truth, base, spread = town_with_errors(rng, 400)
    quantiles = base[..., None] + spread[:, None, None] * NORMAL
    found = MinimumTrace(TOWN, shrunk_covariance((truth - base).T)).reconcile_quantiles(quantiles)
    assert np.abs(TOWN.sums @ found[..., LEVELS.index(0.5)]).max() < 1e-9
    assert (np.diff(found, axis=-1) >= 0.0).all()


def test_before_anything_was_issued_bands_tell_who_gives_way():
    quantiles = np.zeros((2, 4, len(LEVELS))) + np.array([1.0, 2.0])[:, None, None] * NORMAL
    found = covariance_of(np.full((96, 2), np.nan), quantiles)
    assert found == pytest.approx(np.diag([1.0, 4.0]), rel=0.01)
    assert correlation_of(found) == pytest.approx(np.eye(2))


def test_a_name_that_was_never_issued_costs_the_others_nothing():
    errors = np.random.default_rng(15).standard_normal((200, 2))
    errors[:, 1] = 0.9 * errors[:, 0] + 0.3 * errors[:, 1]
    quantiles = np.zeros((3, 4, len(LEVELS))) + 2.0 * NORMAL
    found = covariance_of(np.column_stack([errors, np.full(200, np.nan)]), quantiles)
    assert found[:2, :2] == pytest.approx(shrunk_covariance(errors), rel=1e-3)
    assert found[2] == pytest.approx([0.0, 0.0, 4.0], rel=0.01)


def test_sums_hold_where_two_of_them_never_err():
    hierarchy = two_children()
    covariance = covariance_of(
        np.column_stack([np.zeros((50, 2)), np.random.default_rng(16).standard_normal(50)]), np.zeros((3, 1, 11))
    )
    found = MinimumTrace(hierarchy, covariance).reconcile(np.array([12.0, 4.0, 5.0]))
    assert found == pytest.approx([12.0, 4.0, 8.0], abs=1e-3)
    assert hierarchy.sums @ found == pytest.approx([0.0], abs=1e-9)


def test_correlation_of_a_covariance():
    assert correlation_of(np.array([[4.0, -1.0], [-1.0, 1.0]])) == pytest.approx(np.array([[1.0, -0.5], [-0.5, 1.0]]))

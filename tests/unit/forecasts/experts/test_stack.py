"""The stack: it learns whom to believe, says nothing when a member is silent, and travels."""

from __future__ import annotations

import numpy as np
import pytest

from forecasts.expert import Blender, Expert, NotEnoughHistory
from forecasts.experts.stack import Stack
from forecasts.quantiles import LEVELS
from twin.domain.pack import UnpackError, pack

ISSUES, DEPTHS, SLOTS = 60, 2, 24
MIDDLE = LEVELS.index(0.5)


def case(issues=ISSUES, seed=1):
    """Truth, and two experts: one that is good in the morning and one that is good in the evening."""
    rng = np.random.default_rng(seed)
    truth = 10.0 + rng.standard_normal((issues, DEPTHS, SLOTS))
    early = np.arange(SLOTS) < 12
    noise = rng.standard_normal((2, *truth.shape))
    paths = {
        "morning": truth + np.where(early, 0.2, 2.0) * noise[0],
        "evening": truth + np.where(early, 2.0, 0.2) * noise[1],
    }
    return truth, {name: path[..., None] for name, path in paths.items()}


@pytest.fixture(scope="module")
def fitted():
    return Stack().fit_on(*case(), seed=5)


def test_it_is_a_blender_and_no_expert():
    assert isinstance(Stack(), Blender)
    assert not isinstance(Stack(), Expert)


def test_it_listens_to_whoever_is_right_at_the_time(fitted):
    truth, paths = case(seed=2)
    answer = np.stack([fitted.predict({name: path[i] for name, path in paths.items()}) for i in range(ISSUES)])
    ours = np.abs(answer[..., MIDDLE] - truth).mean()
    assert ours < 0.7 * min(np.abs(path[..., 0] - truth).mean() for path in paths.values())


def test_quantiles_ascend(fitted):
    _, paths = case(seed=3)
    answer = fitted.predict({name: path[0] for name, path in paths.items()})
    assert answer.shape == (DEPTHS, SLOTS, len(LEVELS))
    assert (np.diff(answer, axis=-1) >= 0.0).all()


def test_equal_data_and_seed_give_equal_bytes(fitted):
    assert Stack().fit_on(*case(), seed=5).to_bytes() == fitted.to_bytes()


def test_what_was_learnt_travels_as_it_is(fitted):
    _, paths = case(seed=4)
    issue = {name: path[0] for name, path in paths.items()}
    again = Stack().load(fitted.to_bytes())
    assert again.predict(issue) == pytest.approx(fitted.predict(issue), rel=1e-9)
    assert again.to_bytes() == fitted.to_bytes()


def test_bytes_that_are_no_stack_are_refused():
    for data in (b"", b"nonsense", pack({"expert": "ridge"})):
        with pytest.raises(UnpackError):
            Stack().load(data)


def test_a_member_that_is_silent_silences_it(fitted):
    _, paths = case(seed=4)
    alone = {"morning": paths["morning"][0]}
    assert np.isnan(fitted.predict(alone)).all()
    half = {name: path[0].copy() for name, path in paths.items()}
    half["evening"][:, 6:] = np.nan
    answer = fitted.predict(half)
    assert np.isfinite(answer[:, :6]).all()
    assert np.isnan(answer[:, 6:]).all()


def test_a_member_that_has_been_silent_lately_is_not_listened_to():
    truth, paths = case()
    paths["gone"] = paths["morning"].copy()
    paths["gone"][-20:] = np.nan
    assert Stack().fit_on(truth, paths, seed=5).members == ("morning", "evening")


def test_issues_whose_truth_is_not_in_teach_nothing():
    truth, paths = case()
    gap = truth.copy()
    gap[-1, 1] = np.nan
    other = {name: path.copy() for name, path in paths.items()}
    for path in other.values():
        path[-1, 1] += 5.0
    first, second = (Stack().fit_on(gap, p, seed=5).to_bytes() for p in (paths, other))
    assert first == second


def test_a_fortnight_of_two_experts_is_needed():
    truth, paths = case(13)
    with pytest.raises(NotEnoughHistory, match="needs 14 issues"):
        Stack().fit_on(truth, paths, seed=5)
    truth, paths = case()
    with pytest.raises(NotEnoughHistory, match="at least two"):
        Stack().fit_on(truth, {"morning": paths["morning"]}, seed=5)

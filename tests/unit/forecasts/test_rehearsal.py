"""A rolling-origin rehearsal: nobody sees later than the asking, whoever fails is kept out, and the rest goes on."""

from __future__ import annotations

import numpy as np
import pytest
import towns

from forecasts.backtest.record import record_of
from forecasts.expert import NotEnoughHistory
from forecasts.experts.registry import experts_for
from forecasts.rehearsal.plan import Plan
from forecasts.rehearsal.rehearse import Block, rehearse
from twin.domain.pack import pack, unpack

HONEST = experts_for("load", ["day_type", "ridge"])
HORIZON = 192


def plan_of(town, first, last, *, refit_days=7, issue_every=96, experts=tuple(HONEST)):
    return Plan(
        train_days=60, refit_days=refit_days, issue_every=issue_every, horizon=HORIZON, warm_from=towns.midnight(town, first),
        scored_from=towns.midnight(town, first + 2), end=towns.midnight(town, last), experts=experts,
    )  # fmt: skip


@pytest.fixture(scope="module")
def town():
    return towns.series("2016-04-01", 60, heated=True)


def run(town, experts, first=32, last=46, **how):
    return record_of(rehearse(town, plan_of(town, first, last, experts=tuple(experts)), experts, seed=1, **how))


@pytest.fixture(scope="module")
def honest(town):
    return run(town, HONEST)


class Fitted:
    def __init__(self, answer):
        self.answer = answer

    def predict(self, past, steps):
        return self.answer(past, steps)

    def to_bytes(self):
        return b""


def expert(name, answer=None, fit=None):
    """A third party's expert that answers so."""

    def fitted(self, past, *, days_ahead, seed):
        if fit is not None:
            fit(past)
        return Fitted(answer)

    def load(self, data):
        return Fitted(answer)

    made = type(name.title(), (), {"name": name, "kinds": frozenset({"load"}), "fit": fitted, "load": load})
    return {**HONEST, name: made()}


def goes_on_as_if_alone(record, honest, name, *words):
    """The others' forecasts are what they are without it, and the reason stands in the record."""
    found = [problem for problem in record.problems if name in problem.place]
    assert found, record.problems
    assert all(word in str(found[0]) for word in words), str(found[0])
    assert np.array_equal(record.forecast("ridge"), honest.forecast("ridge"))
    assert np.isfinite(record.forecast("champion")).all()


def last_week(past, steps):
    return HONEST["day_type"].fit(past, days_ahead=3, seed=0).predict(past, steps)


def test_an_expert_that_asks_for_a_later_row_is_taken_out_as_a_leak(town, honest):
    record = run(town, expert("peeking", lambda past, steps: past.read(past.rows, past.rows + steps)))
    goes_on_as_if_alone(record, honest, "peeking", "leak", "known until")
    assert "peeking" not in record.names


def test_an_expert_that_reads_ahead_while_it_learns_is_taken_out_as_a_leak(town, honest):
    record = run(town, expert("greedy", last_week, fit=lambda past: past.read(0, past.rows + 1)))
    goes_on_as_if_alone(record, honest, "greedy", "leak")
    assert "greedy" not in record.names


def test_an_expert_that_holds_the_series_and_returns_the_truth_is_taken_out_as_a_leak(town, honest):
    def tell(past, steps):
        row = (past.start_s - town.start_s) // 900 + past.rows
        return town.values[row : row + steps]

    record = run(town, expert("knowing", tell))
    goes_on_as_if_alone(record, honest, "knowing", "leak", "not known yet")
    assert "knowing" not in record.names


def boom(*_):
    raise RuntimeError("singular matrix")


def not_enough(_past):
    raise NotEnoughHistory("a year is needed")


BAD = {
    "raises while it learns": (last_week, boom, "its fit failed: RuntimeError: singular matrix"),
    "raises when asked": (boom, None, "an issue failed: RuntimeError: singular matrix"),
    "has too little history": (last_week, not_enough, "a year is needed"),
    "says nothing": (lambda past, steps: np.full(steps, np.nan), None, "without values"),
    "says infinity": (lambda past, steps: np.full(steps, np.inf), None, "out of reach"),
    "is absurd": (lambda past, steps: np.full(steps, 1e6), None, "out of reach"),
    "answers too briefly": (lambda past, steps: last_week(past, steps)[:5], None, "shape"),
    "answers in three levels": (lambda past, steps: np.repeat(last_week(past, steps)[:, None], 3, axis=1), None, "shape"),
    "answers in words": (lambda past, steps: ["much"] * steps, None, "ValueError"),
}


@pytest.mark.parametrize("how", BAD)
def test_an_expert_that_fails_is_gated_with_its_reason(town, honest, how):
    answer, fit, words = BAD[how]
    goes_on_as_if_alone(run(town, expert("faulty", answer, fit)), honest, "faulty", words)


def test_an_expert_that_fails_now_and_then_speaks_on_the_other_days(town):
    def moody(past, steps):
        return last_week(past, steps) if past.rows // 96 % 2 else np.full(steps, np.inf)

    record = run(town, expert("moody", moody))
    said = record.forecast("moody")[:, 0, 0]
    assert 0.3 < np.isfinite(said).mean() < 0.7
    assert np.isfinite(record.forecast("champion")).all()


class Grumpy:
    name = "grumpy"
    kinds = frozenset({"load"})

    def fit_on(self, truth, paths, *, seed):
        raise RuntimeError("nobody to listen to")

    def load(self, data):
        raise NotImplementedError


def test_a_blender_that_fails_is_gated_with_its_reason(town, honest):
    goes_on_as_if_alone(run(town, {**HONEST, "grumpy": Grumpy()}), honest, "grumpy", "nobody to listen to")


def test_nothing_that_came_later_changes_an_issue(town, honest):
    cut = towns.midnight(town, 40)
    other = town.values.copy()
    other[cut:] = 30.0 - other[cut:]
    changed = run(type(town)(**{**vars(town), "values": other}), HONEST)
    before = honest.origin <= cut
    for name in ("champion", "ridge", "ridge_band"):
        assert changed.forecast(name)[before].tobytes() == honest.forecast(name)[before].tobytes()
    assert changed.forecast("champion")[~before].tobytes() != honest.forecast("champion")[~before].tobytes()


def saved(blocks):
    """Through bytes, as a run leaves them on disk."""
    return {number: Block.from_arrays(*unpack(pack(*block.to_arrays()))) for number, block in blocks.items()}


@pytest.mark.parametrize("kept", [1, 2])
def test_a_run_that_was_interrupted_ends_as_one_that_was_not(town, kept):
    experts = experts_for("load", ["day_type", "ridge", "stack"])
    plan = plan_of(town, 28, 49, experts=tuple(experts))
    blocks, numbers = {}, []
    whole = rehearse(town, plan, experts, seed=1, on_block=lambda number, total, block: blocks.update({number: block}))
    assert sorted(blocks) == [0, 1, 2]
    first = {number: blocks[number] for number in range(kept)}
    again = rehearse(town, plan, experts, seed=1, done=saved(first), on_block=lambda number, *_: numbers.append(number))
    assert numbers == list(range(kept, 3))
    one, other = record_of(whole), record_of(again)
    assert one.names == other.names
    for name in one.names:
        assert one.forecast(name).tobytes() == other.forecast(name).tobytes()
    assert one.weights.tobytes() == other.weights.tobytes()
    assert [str(p) for p in one.problems] == [str(p) for p in other.problems]
    assert set(other.fit_s) == set(one.fit_s)


def test_a_run_ends_where_its_listener_ends_it(town):
    class Cancelled(Exception):
        pass

    def cancel(number, total, block):
        assert total == 2
        raise Cancelled

    with pytest.raises(Cancelled):
        rehearse(town, plan_of(town, 32, 46), HONEST, seed=1, on_block=cancel)


CHANGES = {"leap day": "2016-02-29", "clocks forward": "2016-03-27", "clocks back": "2016-10-30"}


@pytest.mark.parametrize("day", CHANGES.values(), ids=CHANGES.keys())
def test_no_path_has_a_gap_around_clock_changes_and_leap_day(day):
    first = np.datetime64(day) - 40
    town = towns.series(str(first), 48)
    plan = plan_of(town, 36, 43, experts=("last_week", *HONEST), issue_every=32)  # every eight hours
    record = record_of(rehearse(town, plan, experts_for("load", plan.experts), seed=1))
    assert len(record.origin) >= 20
    for name in record.names:
        assert np.isfinite(record.forecast(name)).all(), name
    assert (np.diff(record.forecast("champion"), axis=-1) >= 0.0).all()
    assert np.isfinite(record.truth()).all()


def test_a_path_keeps_the_clock_on_the_wall_when_the_clocks_go_forward():
    town = towns.series("2016-02-25", 40)
    record = record_of(rehearse(town, plan_of(town, 31, 33), HONEST, seed=1))  # the Sunday of the change
    evening = record.forecast("champion", slice(0, 1))[0, 60:84, 5]
    # 19:00 is row 72 of a day that lost four; the bump is 2.5 h wide.
    assert abs(60 + int(np.argmax(evening)) - 72) <= 3


def test_equal_seeds_give_equal_records(town, honest):
    again = run(town, HONEST)
    assert again.forecast("champion").tobytes() == honest.forecast("champion").tobytes()
    assert again.weights.tobytes() == honest.weights.tobytes()


def test_missing_weather_and_values_leave_a_forecast():
    town = towns.series(
        "2016-04-01", 60, heated=True, edit=lambda labels, values: np.where(towns.noise(labels, "gap") > 1.0, np.nan, values)
    )
    blind = type(town)(**{**vars(town), "weather": {"temp_c": np.full(len(town.values), np.nan)}})
    assert np.isfinite(run(blind, HONEST).forecast("champion")).all()

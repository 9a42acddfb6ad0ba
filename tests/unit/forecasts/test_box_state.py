"""What a forecast may depend on: what is known, the artifact, and what was issued; never the order in which it came in."""

from __future__ import annotations

import numpy as np
import pytest
import towns

from forecasts.champion.settings import ChampionSettings
from forecasts.load.box import LoadBox
from forecasts.on_air.issued import KEPT, Issued
from forecasts.quantiles import LEVELS, NORMAL
from twin.contracts.frame import AsOfView
from twin.domain.pack import pack

SIGNAL = "load_forecast_p_mw"
SETTINGS = {"zone": "town", "experts": ["day_type", "ridge"]}


def make():
    return LoadBox(SETTINGS, towns.context())


def floor():
    return LoadBox({"zone": "town", "engine": "day_type"}, towns.context())


@pytest.fixture(scope="module")
def artifact():
    return make().fit(towns.heated_view(towns.instant("2016-01-20T01:00")), seed=3)


def band(answer):
    return answer[0].outputs[SIGNAL].values[:, :, 0]


def same(first, second):
    return band(first).tobytes() == band(second).tobytes() and first[1] == second[1]


def without(view, rows):
    """The view before those rows of the load had come in."""
    values = view.frame.values.copy()
    values[rows, view.frame.layout.index["zone_load_p_mw", "town"]] = np.nan
    start = view.as_of - np.timedelta64(len(values) * 15, "m").item()
    columns = {column: values[:, i] for i, column in enumerate(view.frame.layout.columns)}
    return AsOfView(view.as_of, towns.frame(columns, start), view.ahead)


def test_tick_after_the_learning_one_gives_the_same_bits():
    view = towns.load_view(towns.instant("2016-06-15T10:00"))
    box = floor()
    first, state = box.step(view, None, None)
    second, again = box.step(view, None, state)
    assert state == again
    assert band((first,)).tobytes() == band((second,)).tobytes()


def test_state_of_a_morning_serves_the_evening_as_a_fresh_start_would():
    box = floor()
    _, state = box.step(towns.load_view(towns.instant("2016-06-15T06:00")), None, None)
    # Both views begin on the same day, so that the sixty days of history are the same.
    view = towns.load_view(towns.instant("2016-06-15T18:00"), days=62.5)
    warm, _ = box.step(view, None, state)
    cold, _ = floor().step(view, None, None)
    assert band((warm,)).tobytes() == band((cold,)).tobytes()


@pytest.mark.parametrize("state", [b"", b"rubbish", pack({"day": 16_967}, {}), pack({}, {"start_s": np.zeros(3)})])
def test_state_of_another_version_is_learnt_anew(state):
    view = towns.load_view(towns.instant("2016-06-15T10:00"))
    assert same(floor().step(view, None, state), floor().step(view, None, None))


LATE = {"an hour": slice(-4, None), "three days": slice(-288, None), "a day of last week": slice(-700, -604)}


@pytest.mark.parametrize("rows", LATE.values(), ids=LATE.keys())
def test_history_that_comes_late_gives_the_forecast_that_it_would_have_given_in_time(artifact, rows):
    view = towns.heated_view(towns.instant("2016-01-21T10:00"))
    late, in_time = make(), make()
    before = late.step(without(view, rows), artifact, None)
    assert np.isfinite(band(before)).all()
    assert same(late.step(view, artifact, None), in_time.step(view, artifact, None))
    assert band(before).tobytes() != band(in_time.step(view, artifact, None)).tobytes()


@pytest.mark.parametrize("rows", LATE.values(), ids=LATE.keys())
def test_late_history_serves_a_floor_as_history_in_time(rows):
    view = towns.heated_view(towns.instant("2016-01-21T10:00"))
    late = floor()
    late.step(without(view, rows), None, None)
    assert same(late.step(view, None, None), floor().step(view, None, None))


def test_history_that_comes_in_any_order_gives_the_same_forecast_and_state(artifact):
    view = towns.heated_view(towns.instant("2016-01-21T10:00"))
    parts = [slice(-288, -192), slice(-192, -96), slice(-96, None)]
    answers = []
    for order in ([0, 1, 2], [2, 0, 1], [1, 2, 0]):
        box = make()
        for arrived in range(1, 4):
            missing = np.concatenate([np.arange(6048)[parts[p]] for p in order[arrived:]] or [np.empty(0, int)]).astype(int)
            rows = missing - 6048 + len(view.frame.values)
            answer = box.step(without(view, rows), artifact, None)
        answers.append(answer)
    assert same(answers[0], answers[1])
    assert same(answers[0], answers[2])


def test_a_training_with_late_history_is_the_training_in_order():
    view = towns.heated_view(towns.instant("2016-01-21T02:00"))
    box = make()
    early = box.fit(without(view, slice(-288, None)), seed=3)
    assert box.fit(view, seed=3) == make().fit(view, seed=3) != early


def test_a_newer_outlook_changes_the_forecast_at_once(artifact):
    box = make()
    as_of = towns.instant("2016-01-21T10:00")
    old, new = (box.step(towns.heated_view(as_of, degrees=k), artifact, None) for k in (0.0, -4.0))
    assert band(new)[96:].mean() > band(old)[96:].mean() + 0.2


def test_what_was_issued_is_not_overwritten_by_late_history(artifact):
    view = towns.heated_view(towns.instant("2016-01-21T10:00"))
    box = make()
    _, issued = box.step(without(view, slice(-288, None)), artifact, None)
    _, later = box.step(view, artifact, issued)
    assert later == issued


def issued_days(count, *, error=1.0):
    """(issues whose band promises a standard deviation of 1 MW, what came [MW]) of consecutive days."""
    found, rng = Issued.none(96), np.random.default_rng(1)
    for day in range(count):
        found = found.with_issue(day * 86_400, np.tile(10.0 + NORMAL, (192, 1)))
    return found, 10.0 + error * rng.standard_normal(count * 96)


def test_the_last_fortnight_of_issues_is_remembered_and_travels_as_it_is():
    issued, _ = issued_days(20)
    assert len(issued.start_s) == KEPT
    assert issued.start_s[-1] == 19 * 86_400
    again = Issued.read(issued.write(), 96)
    assert again.write() == issued.write()


def test_a_day_is_remembered_as_it_was_first_issued():
    issued, _ = issued_days(3)
    again = issued.with_issue(2 * 86_400, np.zeros((192, len(LEVELS))))
    assert again is issued


@pytest.mark.parametrize("error", [0.6, 2.0])
def test_issues_that_did_not_hold_widen_the_next_ones_by_what_they_missed(error):
    settings = ChampionSettings()

    def factor(spread):
        issued, values = issued_days(14, error=spread)
        return issued.factor(0, values, 900, settings)

    assert factor(error) / factor(1.0) == pytest.approx(error**settings.strength, rel=0.02)
    assert factor(1.0) == pytest.approx(1.08, abs=0.08)  # fourteen issues ask for a little more than they had


def test_an_outlook_that_was_wrong_for_a_week_widens_the_band(artifact):
    def width_after(degrees):
        box, state = make(), None
        for day in range(8):
            as_of = towns.instant("2016-01-20T23:00") + np.timedelta64(day, "D").item()
            answer, state = box.step(towns.heated_view(as_of, degrees=degrees * (-1) ** day), artifact, state)
        return np.mean(band((answer,))[:, -1] - band((answer,))[:, 0])

    assert width_after(8.0) > 1.2 * width_after(0.0)

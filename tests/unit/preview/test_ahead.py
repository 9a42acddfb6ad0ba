"""The look-ahead: course by AC power flow, N-1, and how likely a violation is."""

import numpy as np
import pytest
from hamlet_now import AS_OF, tick

from twin.contracts.desk_ports import Unavailable
from twin.contracts.preview import read_question
from twin.domain.problems import BadInput
from twin.preview.ahead import lattice


def test_the_course_is_the_power_flow_of_the_forecast(ask):
    ahead = ask(kind="lookahead")
    now = ask(tick(load_p_mw=0.012), kind="what_if", redispatch=[{"device": "battery", "p_mw": 0.0}]).after
    assert len(ahead.course.worst_loading_percent) == 192
    assert ahead.course.worst_loading_percent[0] == pytest.approx(now.worst_loading_percent, abs=1e-6)
    assert ahead.course.worst_element[0] == now.worst_element
    assert (ahead.start, ahead.reach) == (AS_OF, "48h")


def test_next_outages_ahead_are_those_of_such_a_state(ask):
    ahead = ask(kind="lookahead", step_s=3600)
    now = ask(kind="what_if", redispatch=[{"device": "battery", "p_mw": 0.0}]).after
    assert len(ahead.n1_margin_percent) == 48
    assert ahead.n1_margin_percent[10] == pytest.approx(now.n1_margin_percent, abs=1e-6)
    assert ahead.n1_worst_outage[10] == now.n1_worst_outage


def test_a_sure_forecast_within_limits_makes_no_violation(ask):
    assert set(ask(kind="lookahead", step_s=3600).p_violation) == {0.0}


def test_a_sure_forecast_beyond_a_limit_is_one(ask):
    ahead = ask(tick(forecast_mw=0.5), kind="lookahead", step_s=3600)
    assert set(ahead.p_overload) == {1.0}
    assert set(ahead.p_violation) == {1.0}


def test_a_forecast_at_its_limit_breaks_it_in_half_of_the_cases(ask):
    at_limit_mw = 0.3
    for _ in range(4):
        present = tick(load_p_mw=at_limit_mw / 6)
        now = ask(present, kind="what_if", redispatch=[{"device": "battery", "p_mw": 0.0}]).after
        at_limit_mw *= 100.0 / now.worst_loading_percent
    ahead = ask(tick(forecast_mw=at_limit_mw, sigma_mw=0.05), kind="lookahead", step_s=3600)
    assert ahead.p_overload[0] == pytest.approx(0.5, abs=1.5 / ahead.samples)


def test_the_lattice_has_the_forecasts_median_and_spread():
    cases = list(
        lattice({"load:a": np.array([5.0]), "pv:a": np.array([4.0])}, {"load:a": np.array([0.5]), "pv:a": np.array([0.3])})
    )
    for name, median, sigma in (("load:a", 5.0, 0.5), ("pv:a", 4.0, 0.3)):
        values = np.array([case[name][0] for case in cases])
        assert values.mean() == pytest.approx(median, abs=1e-9)
        assert values.std() == pytest.approx(sigma, rel=0.05)  # 34 equally likely points cut the tails off
    both = np.array([[case["load:a"][0], case["pv:a"][0]] for case in cases])
    assert abs(np.corrcoef(both.T)[0, 1]) < 0.01


def test_an_answer_is_kept_for_its_tick(ask, desk):
    first, again = ask(kind="lookahead", step_s=3600), ask(kind="lookahead", step_s=3600)
    assert again.model_copy(update={"ms": 0.0}) == first.model_copy(update={"ms": 0.0})
    assert again.ms < first.ms / 10.0


def test_without_a_forecast_it_says_what_helps(desk):
    desk.present = tick()
    desk.present.memory.forecast.clear()
    with pytest.raises(Unavailable, match="ask again"):
        next(desk.work(read_question({"kind": "lookahead"})))


def test_a_recommendation_that_is_not_there_is_named_with_those_that_are(ask):
    with pytest.raises(BadInput, match=r"cars@never.*none now"):
        ask(kind="recommendation", id="cars@never")

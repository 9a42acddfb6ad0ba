"""The JSON line and the pace: finite numbers, and time that no clock step moves."""

import json
import math
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.live.figures import one_line, run_figures
from twin.live.pace import Pace
from twin.regie.kpi import Account, KpiFacts
from twin.regie.memory import LoopMemory, Statistics

FACTS = KpiFacts("Europe/Zurich", 6.5, 20.0, np.ones(1), np.ones(1), 100.0, 100.0)


def line(memory: LoopMemory, tick_ms=()) -> dict:
    text = one_line(run_figures(memory, FACTS, list(tick_ms), 0, 96, "ab"))
    assert "\n" not in text
    return json.loads(text, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))


def test_a_window_without_any_tick_has_a_line():
    figures = line(LoopMemory())
    assert (figures["ticks"], figures["tick_ms"]) == (0, {})
    assert "estimate_vm_rmse_pu" not in figures


def test_the_line_holds_what_was_promised():
    memory = LoopMemory(
        baseline=Account(), statistics=Statistics(ticks=96, fallback_ticks={"load": 1}, vm_sq_sum=4e-6, vm_count=4)
    )
    figures = line(memory, [100.0, 200.0, 300.0])
    assert figures["journal"] == {"acked": 96, "head": "ab"}
    assert figures["fallback_ticks"] == {"load": 1}
    assert figures["estimate_vm_rmse_pu"] == pytest.approx(1e-3)
    assert figures["tick_ms"]["p50"] == 200.0
    assert set(figures["alarms"]) == {"P1", "P2", "P3", "P4"}
    assert set(figures["orders"]) == {"proposed", "accepted", "sent", "confirmed", "failed", "expired", "refused"}
    assert set(figures["kpis"]["economic"]) == {"value", "do_nothing", "difference"}


def test_without_a_do_nothing_twin_there_is_no_difference():
    assert set(line(LoopMemory())["kpis"]["grid"]) == {"value"}


@given(st.sampled_from([math.nan, math.inf, -math.inf]))
def test_what_is_not_finite_is_absent(value):
    account = replace(Account(), losses_mwh=value)
    figures = line(LoopMemory(ours=account, baseline=account))
    assert "losses_mwh" not in figures["kpis"]["grid"]["value"]
    assert "losses_mwh" not in figures["kpis"]["grid"]["difference"]


def test_at_ninety_times_life_a_quarter_hour_takes_ten_seconds():
    assert Pace(90.0).interval_s == 10.0
    assert Pace(None).interval_s is None


def test_full_speed_never_waits():
    assert Pace(None).left_s() == 0.0


def test_six_seconds_before_the_tick_at_ninety_times_life_nine_minutes_are_left():
    pace, as_of = Pace(90.0, due=time.monotonic() + 6.0), datetime(2016, 6, 15, tzinfo=UTC)
    assert (as_of - pace.grid_time(as_of)).total_seconds() == pytest.approx(540.0, abs=10.0)  # a tenth of a second is 9 s


def test_a_late_tick_is_not_caught_up():
    pace = Pace(90.0, due=time.monotonic() - 3600.0)
    pace.advance()
    assert pace.due - time.monotonic() == pytest.approx(0.0, abs=0.5)


def test_ticks_in_time_keep_their_beat():
    begin = time.monotonic() + 5.0
    pace = Pace(90.0, due=begin)
    pace.advance()
    assert pace.due == begin + 10.0


@given(st.floats(-100.0, 20.0), st.sampled_from([None, 0.5, 90.0, 90_000.0]))
def test_grid_time_stands_within_the_running_quarter_hour(left_s, factor):
    next_as_of = datetime(2016, 6, 15, 12, tzinfo=UTC)
    now = Pace(factor, due=time.monotonic() + left_s).grid_time(next_as_of)
    assert next_as_of - timedelta(minutes=15) < now < next_as_of

"""What one tick leaves for the next survives the journal to the bit, and so does what is decided from it."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twin.contracts.messages import Alarm, Order, OrderState, Recommendation
from twin.domain.pack import pack, unpack
from twin.origin.ledger import Ledger
from twin.regie.alarms import AlarmBook
from twin.regie.kpi import Account
from twin.regie.memory import LoopMemory, Statistics, finite, from_meta, to_meta
from twin.regie.outcome import Memory

NOW = datetime(2016, 6, 15, 12, tzinfo=UTC)
LATER = NOW + timedelta(minutes=30)
FINITE = st.floats(allow_nan=False, allow_infinity=False)


def memory(value: float = 0.1) -> LoopMemory:
    recommendation = Recommendation(
        "g@1",
        "g",
        ("a", "b"),
        "peak",
        {"limit": value, "n": 3},
        value,
        {"chf": -value},
        0.8,
        LATER,
        LATER,
        NOW,
        "refused",
        "anna",
        "no",
    )
    order = Order("k" * 24, "a", value, NOW, LATER, OrderState.SENT, "g@1")
    alarm = Alarm("x", 2, "overload_now", {"p": value}, "line:66", NOW, NOW, LATER, "grid", None, "anna", NOW, None)
    return LoopMemory(
        decision=Memory({"g@1": recommendation}, {order.key: order}, AlarmBook({"x": alarm}, {"x": 3}, {"y": 1})),
        ours=Account(steps=4, month="2016-06", energy_chf=value, opening_mwh={"b": value}),
        baseline=Account(),
        ours_before=Account(month="2016-06", peak_kw=value, deliverable_mwh={"b": value}),
        statistics=Statistics(ticks=4, fallback_ticks={"load": 1}, vm_sq_sum=value),
        command_offset=7,
        forecast_start_s=1_465_948_800,
        ledgers=(Ledger({"pv": 1.0, "import": value}, 0.5, value, 0.0), Ledger()),
        forecast={"load:town": (value, -0.0, 1e-300, 0.1 + 0.2)},
    )


def through_the_journal(of: LoopMemory) -> LoopMemory:
    return from_meta(unpack(pack({"memory": to_meta(of)}))[0]["memory"])


@settings(max_examples=60, deadline=None)
@given(FINITE)
def test_every_float_comes_back_with_every_bit(value):
    again = through_the_journal(memory(value))
    assert again == memory(value)
    assert np.array(again.forecast["load:town"]).tobytes() == np.array(memory(value).forecast["load:town"]).tobytes()


@settings(max_examples=30, deadline=None)
@given(FINITE)
def test_a_resumed_run_writes_the_same_bytes_as_one_that_went_on(value):
    once = pack({"memory": to_meta(memory(value))})
    assert pack({"memory": to_meta(through_the_journal(memory(value)))}) == once


def test_a_fresh_memory_comes_back():
    assert through_the_journal(LoopMemory()) == LoopMemory()


def test_a_site_without_do_nothing_twin_stays_without():
    assert through_the_journal(replace(memory(), baseline=None)).baseline is None


def test_instants_come_back_in_utc_and_states_as_states():
    order = next(iter(through_the_journal(memory()).decision.outbox.values()))
    assert order.start.utcoffset() == timedelta(0)
    assert order.start.isoformat() == NOW.isoformat()
    assert order.state is OrderState.SENT


@pytest.mark.parametrize("value", [float("nan"), float("inf"), np.float32("nan"), np.float64("-inf")])
def test_what_json_cannot_carry_becomes_none(value):
    assert finite({"a": [value, 1.0]}) == {"a": [None, 1.0]}


def test_numpy_scalars_become_plain_numbers():
    assert json.dumps(finite({"a": (np.int64(3), np.float64(0.5), np.bool_(True))})) == '{"a": [3, 0.5, true]}'

"""Every expert of ours keeps the interface, and one that does not is told which promise it broke."""

import numpy as np
import pytest

from forecasts.experts.conformance import check_expert
from forecasts.experts.registry import expert_named, experts_for
from forecasts.quantiles import LEVELS
from twin.domain.problems import BadInput

QUICK = ("last_week", "yesterday", "day_type", "ridge", "sky_days", "sky_ridge", "wind_decay", "power_curve", "recession")


@pytest.mark.parametrize("name", QUICK)
def test_expert_keeps_every_promise(name: str) -> None:
    assert [check for check in check_expert(expert_named(name)) if not check.ok] == []


class _Flawed:
    """Answers the level of the history; the tests break one thing each."""

    name = "flawed"
    kinds = frozenset({"load"})

    def fit(self, past, *, days_ahead, seed):
        return self

    def predict(self, past, steps):
        return np.full(steps, 1.0)

    def to_bytes(self):
        return b""

    def load(self, data):
        return self


class _Crossing(_Flawed):
    def predict(self, past, steps):
        return np.tile(np.arange(len(LEVELS), 0, -1.0), (steps, 1))


class _Leaking(_Flawed):
    def predict(self, past, steps):
        return past.read(past.rows, past.rows + steps)


class _Moody(_Flawed):
    calls = 0

    def predict(self, past, steps):
        type(self).calls += 1
        return np.full(steps, float(self.calls))


def _broken(expert) -> list[str]:
    return [check.detail for check in check_expert(expert) if not check.ok]


def test_a_constant_breaks_no_promise() -> None:
    assert _broken(_Flawed()) == []


def test_crossing_quantiles_are_named() -> None:
    assert any("do not ascend" in detail for detail in _broken(_Crossing()))


def test_reading_beyond_as_of_is_named() -> None:
    assert any("FutureReadError" in detail for detail in _broken(_Leaking()))


def test_a_memory_between_answers_is_named() -> None:
    assert any("differ" in detail for detail in _broken(_Moody()))


def test_an_expert_without_kinds_is_not_tried() -> None:
    nobody = type("Nobody", (), {"name": "nobody", "kinds": frozenset()})()
    assert [check.ok for check in check_expert(nobody)] == [False]


def test_unknown_expert_is_refused_with_the_known_ones() -> None:
    with pytest.raises(BadInput, match="ridge"):
        expert_named("crystal_ball")


def test_every_kind_has_a_floor_and_a_stack() -> None:
    for kind in ("load", "pv", "wind", "hydro"):
        names = list(experts_for(kind))
        assert "yesterday" in names
        assert names[-1] == "stack"

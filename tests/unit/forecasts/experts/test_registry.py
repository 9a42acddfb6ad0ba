"""Which experts there are."""

from __future__ import annotations

import pytest

from forecasts.expert import Blender, Expert
from forecasts.experts.registry import FLOORS, experts_for
from forecasts.series import KINDS
from twin.domain.problems import BadInput


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_a_floor_and_more_and_all_are_of_it(kind):
    found = experts_for(kind)
    assert any(name in FLOORS for name in found)
    assert any(name not in FLOORS for name in found)
    for name, expert in found.items():
        assert expert.name == name
        assert kind in expert.kinds
        assert isinstance(expert, Expert) != isinstance(expert, Blender)


@pytest.mark.parametrize("kind", KINDS)
def test_a_blender_comes_after_those_that_it_listens_to(kind):
    blends = [isinstance(expert, Blender) for expert in experts_for(kind).values()]
    assert blends == sorted(blends)


def test_load_experts_have_the_names_that_reports_use():
    names = [
        "last_week", "yesterday", "day_type", "ridge", "boosted", "boosted_profile", "boosted_ridge", "prophet", "stack",
    ]  # fmt: skip
    assert list(experts_for("load")) == names


def test_wanted_experts_come_in_the_order_of_the_weights():
    assert list(experts_for("load", ["ridge", "last_week", "ridge"])) == ["last_week", "ridge"]


def test_every_unknown_expert_is_named_at_once():
    with pytest.raises(BadInput) as refused:
        experts_for("load", ["ridge", "augur", "oracle"])
    assert "augur" in str(refused.value)
    assert "oracle" in str(refused.value)
    assert "day_type" in str(refused.value)  # what there is


class Constant:
    """A third party's expert."""

    name = "constant"
    kinds = frozenset({"load"})

    def fit(self, past, *, days_ahead, seed):
        raise NotImplementedError

    def load(self, data):
        raise NotImplementedError


class Entry:
    def load(self):
        return Constant


def test_an_installed_third_partys_expert_is_found_for_its_kinds(monkeypatch):
    monkeypatch.setattr("forecasts.experts.registry.entry_points", lambda group: [Entry()] if group == "regie.experts" else [])
    assert "constant" in experts_for("load")
    assert "constant" not in experts_for("pv")

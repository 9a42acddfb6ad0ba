"""A town, its feeder and a consenting building, forecast together: medians and paths sum, nobody is forecast worse for it."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest
import towns

from forecasts.load.box import LoadBox
from forecasts.on_air.zone_forecast import NeverMeasuredError
from forecasts.quantiles import LEVELS
from twin.contracts.frame import AsOfView
from twin.domain.problems import BadInput
from twin.domain.time import quarter_hours

MIDDLE = LEVELS.index(0.5)
ZONES = {
    "town": {"customers": 10_000, "kind": "site"},
    "feeder": {"customers": 2_000, "kind": "neighbourhood", "parent": "town"},
    "school": {"customers": 1, "kind": "building", "parent": "feeder"},
    "roof": {"kind": "plant", "parent": "feeder"},
    "village": {"customers": 300, "kind": "neighbourhood", "parent": "town"},
}
NOON = towns.instant("2016-06-15T12:00")


def make(**config):
    zones = {"zone": "town", "parts": ["feeder", "school"], "engine": "day_type"}
    return LoadBox({**zones, **config}, towns.context(zones=ZONES))


def loads(labels):
    """Feeder and school have errors of their own beside those of the town's rest [MW]."""
    rest = towns.load_mw(labels)
    school = 0.2 + 0.02 * towns.slow(labels, "school", 6.0)
    feeder = 0.25 * rest + 0.4 * towns.slow(labels, "feeder", 6.0) + school
    return {"town": rest + feeder, "feeder": feeder, "school": school}


def view(as_of, days=40):
    start = as_of - timedelta(days=days)
    labels = quarter_hours(start, days * 96)
    return AsOfView(as_of, towns.frame({("zone_load_p_mw", zone): values for zone, values in loads(labels).items()}, start))


def after_days(box, as_of, days=4, artifact=None):
    """The answer after some midnights have been issued."""
    state = None
    for back in range(days, 0, -1):
        _, state = box.step(view(as_of - timedelta(days=back)), artifact, state)
    return box.step(view(as_of), artifact, state)[0].outputs


def of(outputs, signal, zone):
    return outputs[signal].sel(zone=zone).values


@pytest.fixture(scope="module")
def outputs():
    return after_days(make(), NOON)


def test_zones_come_together_the_whole_first(outputs):
    for signal in ("load_forecast_p_mw", "load_paths_p_mw"):
        assert outputs[signal].zone.values.tolist() == ["town", "feeder", "school"]
        assert np.isfinite(outputs[signal].values).all()
    assert (np.diff(outputs["load_forecast_p_mw"].values, axis=1) >= 0.0).all()


def test_a_path_is_one_world_for_all_zones(outputs):
    town, feeder = (of(outputs, "load_paths_p_mw", zone) for zone in ("town", "feeder"))
    # The feeder is a third of the town's errors: when a path has it high, the town is high too.
    mean = (
        of(outputs, "load_forecast_p_mw", "town")[:, MIDDLE, None],
        of(outputs, "load_forecast_p_mw", "feeder")[:, MIDDLE, None],
    )
    assert np.corrcoef((town - mean[0]).ravel(), (feeder - mean[1]).ravel())[0, 1] > 0.3


def test_the_box_promises_all_its_zones_and_a_last_resort_for_each():
    card = make().card
    assert card.needs[0].elements == ("town", "feeder", "school")
    assert {provide.elements for provide in card.provides} == {("town", "feeder", "school")}
    assert card.constants["load_forecast_p_mw"] == pytest.approx({"town": 10.0, "feeder": 2.0, "school": 0.001})


def test_a_zone_alone_is_forecast_as_before_it_had_parts():
    alone, _ = make(parts=[]).step(view(NOON), None, None)
    assert alone.outputs["load_forecast_p_mw"].zone.values.tolist() == ["town"]
    together, _ = make().step(view(NOON), None, None)
    one, other = (of(report.outputs, "load_forecast_p_mw", "town")[:, MIDDLE] for report in (alone, together))
    assert 0.0 < np.abs(one - other).max() < 1.0  # moved, by less than the town's own error


def test_medians_move_to_what_sums(outputs):
    """The rest is not shown; with a tree whose every name is, the sum can be seen."""
    box = make()
    state = None
    for back in (2, 1):
        _, state = box.step(view(NOON - timedelta(days=back)), None, state)
    tree = box._tree
    found = tree.answer(view(NOON), None, state, seed=1, instance="load")
    every = type(tree)(tree.hierarchy, tree.hierarchy.names, tree.forecasts).answer(
        view(NOON), None, state, seed=1, instance="load"
    )
    medians = every.quantiles[:, MIDDLE].T
    assert np.abs(tree.hierarchy.sums @ medians).max() < 1e-9
    assert np.abs(tree.hierarchy.sums @ np.moveaxis(every.futures.few, 2, 0).reshape(len(medians), -1)).max() < 1e-9
    assert found.quantiles[:, :, 0] == pytest.approx(every.quantiles[:, :, 0])


def test_a_trained_tree_answers_from_its_models_and_equal_trainings_are_equal():
    box = make(engine="champion", experts=["day_type", "ridge"])
    night = towns.instant("2016-06-15T02:00")
    artifact = box.fit(view(night), seed=3)
    assert artifact == box.fit(view(night), seed=3)
    trained, _ = box.step(view(NOON), artifact, None)
    cold, _ = box.step(view(NOON), None, None)
    assert (trained.reason, cold.reason) == ("load_peak", "load_cold_start")
    for zone in ("town", "feeder", "school"):
        one, other = (of(report.outputs, "load_forecast_p_mw", zone) for report in (trained, cold))
        assert np.abs(one - other).max() > 0.0


def test_a_feeder_that_is_new_today_does_not_cost_the_town_its_model():
    box = make(engine="champion", experts=["day_type", "ridge"], parts=["feeder"])

    def young(as_of):
        whole = view(as_of)
        values = whole.history("zone_load_p_mw", ("town", "feeder"), start=as_of - timedelta(days=40), end=as_of).values
        values[:-20, 1] = np.nan  # the meter was built five hours ago
        columns = {("zone_load_p_mw", zone): values[:, i] for i, zone in enumerate(("town", "feeder"))}
        return AsOfView(as_of, towns.frame(columns, as_of - timedelta(days=40)))

    artifact = box.fit(young(NOON), seed=1)
    report, _ = box.step(young(NOON), artifact, None)
    assert report.reason == "load_peak"
    feeder = of(report.outputs, "load_forecast_p_mw", "feeder")
    assert np.isfinite(feeder).all()
    assert np.mean(feeder[:, -1] - feeder[:, 0]) > 0.3  # MW: five hours tell little


def with_columns(as_of, edit, days=40):
    """A view whose loads were changed by ``edit(values by zone)``."""
    labels = quarter_hours(as_of - timedelta(days=days), days * 96)
    values = loads(labels)
    edit(values)
    return AsOfView(as_of, towns.frame({("zone_load_p_mw", z): v for z, v in values.items()}, as_of - timedelta(days=days)))


def silent(values):
    values["school"] = np.full_like(values["school"], np.nan)


def empty(values):
    values["school"] = np.zeros_like(values["school"])


def covering(values):
    values["town"] = values["feeder"].copy()


def leaking(values):
    values["town"] = 0.95 * values["feeder"]


@pytest.mark.parametrize("edit", [silent, empty, covering, leaking])
def test_whatever_a_part_or_a_rest_is_the_town_is_forecast_as_alone(edit):
    now = with_columns(NOON, edit)
    alone, _ = make(parts=[]).step(now, None, None)
    together, _ = make().step(now, None, None)
    one, other = (of(report.outputs, "load_forecast_p_mw", "town")[:, MIDDLE] for report in (alone, together))
    assert np.abs(one - other).mean() < 0.15 * one.mean()
    for signal in ("load_forecast_p_mw", "load_paths_p_mw"):
        assert np.isfinite(together.outputs[signal].values).all()


def test_a_part_that_was_never_measured_may_be_anything_within_what_holds_it_and_is_named():
    report, _ = make().step(with_columns(NOON, silent), None, None)
    school, feeder = (of(report.outputs, "load_forecast_p_mw", zone) for zone in ("school", "feeder"))
    assert school == pytest.approx(feeder[:, MIDDLE, None] * np.array(LEVELS))
    paths, above = (of(report.outputs, "load_paths_p_mw", zone) for zone in ("school", "feeder"))
    assert ((paths / above).min(axis=1) < 0.2).all()
    assert ((paths / above).max(axis=1) > 0.8).all()
    assert (report.reason, report.params["zones"]) == ("load_part_unmeasured", "school")


def test_a_box_whose_own_zone_was_never_measured_does_not_answer():
    def town_silent(values):
        values["town"] = np.full_like(values["town"], np.nan)

    with pytest.raises(NeverMeasuredError, match="'town'"):
        make().step(with_columns(NOON, town_silent), None, None)


def test_a_fault_in_a_parts_forecast_is_not_taken_for_silence(monkeypatch):
    box = make()
    monkeypatch.setattr(box._tree.forecasts["school"], "answer", lambda *_: np.zeros(3).reshape(2, 2))
    with pytest.raises(ValueError, match="reshape"):
        box.step(view(NOON), None, None)


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        (["nowhere"], "'nowhere'"),
        (["roof"], "zones with consumers inside 'town'"),
        (["feeder", "feeder"], "each zone once"),
        ("feeder", "a list of zones"),
        (["town"], "zones with consumers inside"),
    ],
)
def test_parts_that_are_none_are_refused(parts, said):
    with pytest.raises(BadInput, match=said):
        make(parts=parts)


@pytest.mark.parametrize(
    ("parts", "rests"),
    [
        (["school"], {"town": ("school",)}),
        (["feeder", "school"], {"town": ("feeder",), "feeder": ("school",)}),
        (["school", "village", "feeder"], {"town": ("village", "feeder"), "feeder": ("school",)}),
    ],
)
def test_a_part_hangs_on_the_nearest_zone_that_is_shown(parts, rests):
    forecasts = make(parts=parts)._tree.forecasts
    found = {name.removeprefix("rest of "): one.facts.minus for name, one in forecasts.items() if name.startswith("rest of ")}
    assert found == rests


def test_the_message_tells_peak_and_ramp_as_probability_size_and_time():
    report, _ = make(parts=[]).step(view(NOON), None, None)
    told = report.params
    assert told["peak_p05_mw"] < told["peak_p_mw"] < told["peak_p95_mw"]
    assert 0.0 < told["peak_within_1h"] <= 1.0
    assert 0.0 <= told["ramp_probability"] <= 1.0
    median = of(report.outputs, "load_forecast_p_mw", "town")[:96, MIDDLE]
    assert told["peak_p_mw"] > median.max()  # the highest of many uncertain quarter hours lies above each one's middle
    hour = int(told["peak_at"][11:13])
    assert hour in (16, 17, 18)  # 19 h local in summer is 17 h UTC

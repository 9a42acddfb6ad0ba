import json

import pytest

from twin.maintenance.ranking.on_air import read_on_air

NAMES = {"main": "trafo.0", "village": "trafo.2", "river": "sgen.132"}


def state_with(tmp_path, **snapshot):
    folder = tmp_path / "snapshots"
    folder.mkdir()
    whole = {
        "as_of": "2016-01-26T00:00:00Z",
        "site": {"trafos": {"main": 0, "village": 2}},
        "boxes": [],
        "alarms": [],
        **snapshot,
    }
    (folder / "regie.json").write_text(json.dumps(whole), encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize("text", ["{", "[]", '{"as_of": 5}', '{"as_of": "2016-01-25"}'])
def test_a_snapshot_that_cannot_be_read_is_named_and_hides_nothing_else(tmp_path, text):
    (tmp_path / "snapshots").mkdir()
    (tmp_path / "snapshots" / "regie.json").write_text(text, encoding="utf-8")
    found = read_on_air(tmp_path, {})
    assert found.as_of is None
    assert [problem.place for problem in found.problems] == [str(tmp_path / "snapshots" / "regie.json")]


def test_without_a_snapshot_nothing_is_known_on_air(tmp_path):
    assert read_on_air(tmp_path, NAMES).as_of is None


def test_a_torn_snapshot_is_as_good_as_none(tmp_path):
    (tmp_path / "snapshots").mkdir()
    (tmp_path / "snapshots" / "regie.json").write_text('{"as_of": "2016-', encoding="utf-8")
    assert read_on_air(tmp_path, NAMES).as_of is None


@pytest.mark.parametrize(
    "params",
    [
        {"trafo": "village", "lost_life_h": 3.0, "lost_life_since": "2016-01-25T00:00:00+00:00"},
        {"trafo": "main", "lives": {"village": {"lost_life_h": 3.0, "lost_life_since": "2016-01-25T00:00:00+00:00"}}},
        {"trafos": [{"trafo": "village", "lost_life_h": 3.0, "lost_life_since": "2016-01-25T00:00:00+00:00"}]},
    ],
)
def test_life_lost_is_read_of_one_transformer_or_of_several_in_a_box(tmp_path, params):
    known = read_on_air(state_with(tmp_path, boxes=[{"instance": "t", "box": "transformer", "params": params}]), NAMES)
    assert (known.life_lost_h, known.life_observed_h) == ({"trafo.2": 3.0}, {"trafo.2": 24.0})


def alarm(code, element, cleared_at=None, **params):
    return {"code": code, "element": element, "params": params, "since": "2016-01-25T12:00:00Z", "cleared_at": cleared_at}


def test_a_finding_comes_with_its_cause_under_its_element(tmp_path):
    known = read_on_air(
        state_with(
            tmp_path,
            alarms=[
                alarm("transformer_top_oil_residual", "village", proposed_cause="cooling", excess_k=7.5),
                alarm("overload_now", "trafo:0", loading_percent=120.0),
                alarm("transformer_sensor_stuck", "main", proposed_cause="sensor_stuck", confidence=0.9),
            ],
        ),
        NAMES,
    )
    assert [(one.cause, one.size_k) for one in known.seen["trafo.2"]] == [("cooling", 7.5)]
    assert [one.cause for one in known.seen["trafo.0"]] == ["overload", "sensor"]
    assert known.seen["trafo.0"][1].confidence == 0.9


def test_a_cleared_finding_and_one_of_the_grid_say_nothing_of_the_asset(tmp_path):
    gone = alarm("transformer_top_oil_residual", "village", cleared_at="2016-01-25T18:00:00Z", proposed_cause="cooling")
    assert read_on_air(state_with(tmp_path, alarms=[gone, alarm("voltage_low", "bus:7")]), NAMES).seen == {}


def test_a_machine_that_vibrates_beyond_damage_is_severe_and_says_what_it_looks_like(tmp_path):
    alarms = [
        alarm("machine_bearing_wear", "river", proposed_cause="bearing", confidence=0.8),
        alarm("machine_vibration_damage", "river"),
        alarm("machine_sensor_drift", "river", proposed_cause="sensor"),
    ]
    found = read_on_air(state_with(tmp_path, alarms=alarms), NAMES).seen["sgen.132"]
    assert [(one.cause, one.detail, one.severe) for one in found] == [
        ("vibration", "bearing", False),
        ("vibration", "", True),
        ("sensor", "", False),
    ]


def test_swapped_sensors_concern_both_transformers_and_a_common_cause_none(tmp_path):
    alarms = [
        alarm("transformer_sensor_swapped", "main", cause="sensor_swapped", trafos="main+village"),
        alarm("transformer_common", "main", cause="unknown", trafos="main+village"),
    ]
    seen = read_on_air(state_with(tmp_path, alarms=alarms), NAMES).seen
    assert {element: len(found) for element, found in seen.items()} == {"trafo.0": 1, "trafo.2": 1}

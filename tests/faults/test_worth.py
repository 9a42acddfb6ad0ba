"""What a box was worth: a window replayed as it is, and with another box in its champion's place."""

from datetime import datetime, timedelta

import pytest
from hamlet import hamlet
from on_air import here, regie

from scenarios.replay.journalled import journalled
from scenarios.replay.on_air_site import site_on_air
from scenarios.replay.worth import in_place
from twin.domain.problems import BadInput
from twin.site import load_site

pytestmark = pytest.mark.fault

TICKS = 12


@pytest.fixture(scope="module")
def place(settle):
    return settle(hamlet(days=1.0).with_planner().with_shadow(champion="factor = 1.3, "), "worth")


@pytest.fixture(scope="module")
def asked(place):
    words = ["worth", "load_tuned", "--site", str(place.site), "--start", place.begin, "--ticks", str(TICKS), "--json"]
    return regie(*words, REGIE_CACHE=str(place.cache))


def test_the_three_figures_of_both_runs_and_their_differences(asked):
    assert asked.code == 0, asked.err
    figures = asked.figures
    assert (figures["box"], figures["against"], figures["ticks"]) == ("load_tuned", "load", TICKS)
    assert set(figures["kpis"]) == {"economic", "grid", "climate"}
    for sides in figures["kpis"].values():
        for name, value in sides["difference"].items():
            assert value == pytest.approx(sides["with_box"][name] - sides["without_box"][name], abs=1e-9)


def test_the_better_forecast_has_the_lower_pinball(asked):
    pinball = asked.figures["pinball_mw"]
    assert 0.0 < pinball["with_box"] < pinball["without_box"]
    assert pinball["ratio"] == pytest.approx(pinball["with_box"] / pinball["without_box"])


@pytest.fixture(scope="module")
def ran(place):
    """A run of an hour."""
    assert place.run(4).code == 0
    return place


def test_a_runs_window_is_taken_from_its_state_which_is_only_read(ran, asked):
    before = {path: path.stat().st_mtime_ns for path in ran.state.iterdir()}
    words = ["worth", "load_tuned", "--site", str(ran.site), "--state", str(ran.state), "--json"]
    again = regie(*words, REGIE_CACHE=str(ran.cache))
    assert again.code == 0, again.err
    assert (again.figures["start"], again.figures["ticks"]) == (asked.figures["start"], 4)
    assert again.figures["pinball_mw"]["ratio"] < 1.0
    assert {path: path.stat().st_mtime_ns for path in before} == before


def test_measured_telemetry_is_replayed_as_it_was_known(ran):
    begin = (datetime.fromisoformat(ran.begin) + timedelta(minutes=30)).isoformat()
    words = ["replay", "--site", str(ran.site), "--state", str(ran.state), "--from", begin, "--swap", "load.factor=1.0"]
    figures = regie(*words, "--json", REGIE_CACHE=str(ran.cache)).figures
    assert (figures["counterfactual"], figures["ticks"], figures["quarter_hours_as_on_air"]) == (False, 2, 2)
    assert set(figures["difference"]["kpis"]["economic"].values()) == {0.0}
    assert figures["difference"]["pinball_mw"]["load"] < 0.0


def test_the_state_of_another_site_is_refused(ran, settle):
    other = settle(hamlet(days=1.0), "other")
    with pytest.raises(BadInput, match="another site"):
        site_on_air(journalled(ran.state), str(other.site), None, lambda *_: None)


@pytest.mark.parametrize(
    ("box", "against", "fault"),
    [
        ("nobody", None, "BOX: 'nobody'"),
        ("pv", None, "--against: missing"),
        ("load_tuned", "nobody", "--against: 'nobody'"),
    ],
)
def test_boxes_that_cannot_change_places_are_refused(place, box, against, fault):
    with pytest.raises(BadInput, match=fault):
        in_place(load_site(place.site), box, against)


def test_the_two_exchange_their_roles_and_the_file_stays_as_it_is(place):
    before = place.site.read_text()
    champion, site = in_place(load_site(place.site), "load_tuned", None)
    found = {box.name: (box.role, box.shadows) for box in site.boxes if box.name.startswith("load")}
    assert champion == "load"
    assert found == {"load": ("shadow", "load_tuned"), "load_tuned": ("champion", None)}
    assert place.site.read_text() == before


def test_a_standby_can_take_a_place_that_is_named():
    champion, site = in_place(load_site("demo"), "load_town_profile", "load_town")
    found = {box.name: (box.role, box.shadows) for box in site.boxes if box.name.startswith("load_town")}
    assert champion == "load_town"
    assert found == {"load_town": ("standby", None), "load_town_profile": ("champion", None)}
    with pytest.raises(BadInput, match="--against: missing"):
        in_place(load_site("demo"), "load_town_profile", None)


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        ((), "--start: missing"),
        (("--start", "2024-06-13"), "--ticks: missing"),
        (("--start", "2024-06-13", "--ticks", "0"), "--ticks: 0"),
        (("--start", "2024-06-13", "--state", "here"), "--state: beside --start or --ticks"),
    ],
)
def test_a_window_that_is_none_is_refused(place, words, fault):
    ended = here("worth", "load_tuned", "--site", place.site, *words, REGIE_CACHE=str(place.cache))
    assert ended.code == 2
    assert fault in ended.err

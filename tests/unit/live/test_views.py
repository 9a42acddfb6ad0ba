"""What the screens' snapshot is made of before any tick: the site's own names, the diagram's switches."""

from dashboard.format import LANGUAGES
from twin.domain.grid import Topology
from twin.live.views import site_facts
from twin.regie.publish import closed_couplers
from twin.site import load_site


def test_everything_that_is_watched_and_every_group_of_the_demo_has_a_title_in_every_language():
    facts = site_facts(load_site("demo"), ())
    assert {key.partition(":")[0] for key in facts.titles} == {"zone", "trafo", "line", "machine", "group"}
    assert all(title.get(language) for title in facts.titles.values() for language in LANGUAGES)


def test_every_box_that_watches_something_says_what():
    facts = site_facts(load_site("demo"), ())
    assert facts.boxes["pv_school"].subject == "zone:school_roof"
    assert facts.boxes["transformer_main_2"].subject == "trafo:1"
    assert facts.boxes["flexibility"].subject is None
    assert all(box.subject is None or box.subject in facts.titles for box in facts.boxes.values())


def test_a_coupler_shows_its_position_now_and_not_that_of_the_grid_file():
    in_file = {3: True, 4: True, 5: False}
    assert closed_couplers(in_file, Topology()) == (3, 4)
    assert closed_couplers(in_file, Topology(open_switches=frozenset({3}), closed_switches=frozenset({5}))) == (4, 5)

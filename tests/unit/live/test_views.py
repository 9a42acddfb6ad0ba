"""What the screens' snapshot is made of before any tick: the site's own names, the diagram's switches."""

from datetime import timedelta
from types import SimpleNamespace

import numpy as np
import pytest

from dashboard.format import LANGUAGES
from tests.unit.regie.public_tick import ALL_ANSWER, GOOD, HOST, NOON, facts, tick, traced
from twin.domain.grid import Topology
from twin.live.views import Views, site_facts
from twin.origin.meta import to_meta
from twin.regie.public import PublicComposer
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


# ------------------------------------------------------------------------------------------------ after a restart

QUARTER = timedelta(minutes=15)


def published(composer: PublicComposer, quarters: range, load_mw: float):
    for at in (NOON + number * QUARTER for number in quarters):
        composer.remember(at, dict.fromkeys(GOOD, load_mw), GOOD, traced(), composer.facts.silent(ALL_ANSWER))
        told = composer.compose(tick(at + QUARTER), HOST)
    return told


def resumed(before, quarters: int, load_mw: float) -> PublicComposer:
    """A new process that reads its journal back; the frame holds what every meter has said since."""
    records = [
        SimpleNamespace(
            kind="regular",
            as_of_s=int((NOON + (number + 1) * QUARTER).timestamp()),
            meta={"origin": {**to_meta(traced()), "silent": []}, "boxes": {}, "lines": []},
        )
        for number in range(quarters)
    ]
    rows = np.full((quarters, len(GOOD)), load_mw)
    layout = SimpleNamespace(columns=tuple(GOOD))
    frame = SimpleNamespace(values=rows, quality=np.zeros(rows.shape, int), layout=layout, start_s=int(NOON.timestamp()))
    views = object.__new__(Views)
    views._publisher = SimpleNamespace(remember=lambda *_: None, say=lambda *_: None)
    runner = SimpleNamespace(frame=lambda: SimpleNamespace(frame=lambda: frame))
    views._wired = SimpleNamespace(parts=SimpleNamespace(runner=runner))
    views._public = PublicComposer(facts(), before)
    views.resume(SimpleNamespace(acked=quarters, records=lambda _: records))
    return views._public


@pytest.mark.parametrize("readable", [True, False])
def test_an_hour_that_was_told_is_never_told_otherwise_after_a_restart(readable):
    before = published(PublicComposer(facts()), range(6), 0.12)
    composer = resumed(before if readable else None, 6, 0.16)
    same = published(composer, range(6, 7), 0.16).neighbourhood
    assert same == (before.neighbourhood if readable else None)
    following = published(composer, range(7, 8), 0.16).neighbourhood
    assert (following.start, following.load_kw) == (NOON + timedelta(hours=1), 160.0)  # the running hour is completed

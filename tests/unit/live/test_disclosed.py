"""What the officer is told of each figure: why it is held back, what follows from it all the same, or why it is coarse."""

from types import SimpleNamespace

import pytest

from tests.unit.regie.public_tick import facts
from tests.unit.test_shown_facts import book, without
from twin.live.disclosed import disclosure_of
from twin.site import load_site


@pytest.mark.parametrize(
    ("taken_back", "share", "mix", "load"),
    [
        (None, (True, "open"), (True, "open"), (True, "hours_only")),
        ("sgen.132.p_mw", (True, "tells_a_part"), (False, "too_few_plants"), (True, "hours_only")),
    ],
    ids=["every consent", "without the river plant's"],
)
def test_a_share_from_which_the_only_river_plants_part_follows_is_told_with_that_word(taken_back, share, mix, load):
    site = load_site("demo")
    site = without(site, taken_back) if taken_back else site
    wired = SimpleNamespace(site=site, public=facts(book=book(site)))
    told = {(one.figure, one.where["en"]): (one.public, one.reason) for one in disclosure_of(wired).published}
    town, quarter = (zone.title.en for zone in site.zones if zone.name in ("town", "neighbourhood"))
    assert (told["share", town], told["parts", town], told["load", quarter]) == (share, mix, load)

"""What the publisher's room is told of a site follows the privacy rule, figure by figure."""

import pytest

from tests.unit.regie.public_tick import changed, facts
from twin.shown_facts import publication_facts


def test_a_crowd_publishes_its_energy_and_the_languages_are_those_of_its_title():
    public = facts()
    told = publication_facts(public, public.zones)
    assert told.root == public.root.name
    assert told.zones == tuple(zone.name for zone in public.zones)
    assert told.languages == tuple(language for language, text in public.title.items() if text)
    assert told.powers_public == public.book.told("powers", public.root.name)


def test_a_town_of_fewer_than_k_tells_no_energy():
    public = facts(areas=changed(facts().root.name, customers=14))
    assert not publication_facts(public, public.zones).powers_public


@pytest.mark.parametrize("figure", ["share", "powers", "parts", "co2"])
def test_what_the_rule_holds_back_live_is_held_back_in_months_too(figure):
    for public in (facts(), facts(areas=changed(facts().root.name, customers=14))):
        told = publication_facts(public, public.zones)
        assert getattr(told, f"{figure}_public") is public.book.told(figure, public.root.name)


@pytest.mark.parametrize("changes", [{"customers": 14}, {"largest_share": None}, {"largest_share": 0.2}])
def test_a_town_whose_share_is_held_back_live_has_no_figure_of_any_length(changes):
    public = facts(areas=changed(facts().root.name, **changes))
    told = publication_facts(public, public.zones)
    public_of = (told.share_public, told.powers_public, told.parts_public, told.co2_public, told.hours_public)
    assert public_of == (False,) * 5


def test_hours_are_told_where_quarter_hours_are_with_their_powers():
    public = facts()
    assert publication_facts(public, public.zones).hours_public


@pytest.mark.parametrize("hours", [1, 4])
def test_no_hour_is_told_of_a_town_that_tells_intervals_live_although_its_mix_is_public(hours):
    public = facts(areas=changed(facts().root.name, customers=149), hours=hours)
    told = publication_facts(public, public.zones)
    assert (told.share_public, told.parts_public, told.hours_public) == (True, True, False)

"""Economic figures are for roles that may see them: nothing of them is in what the others are sent."""

import json

import pytest

from dashboard.format import LANGUAGES
from dashboard.regie.access.roles import DEEDS, Deed, Role
from dashboard.regie.money import without_money
from dashboard.regie.screen import look_at, screen
from dashboard.regie.words import Words

VIEWER = frozenset({Deed.SEE})


def francs_in(value, path=""):
    """Every place below which a name with francs holds something."""
    if isinstance(value, dict):
        for key, below in value.items():
            if "chf" in key.lower() and below not in (None, {}, []):
                yield f"{path}.{key}"
            yield from francs_in(below, f"{path}.{key}")
    elif isinstance(value, list):
        for number, below in enumerate(value):
            yield from francs_in(below, f"{path}[{number}]")


def test_the_busy_evening_has_francs_to_hide(factory):
    assert len(list(francs_in(factory.snapshot().model_dump(mode="json")))) > 5


def test_no_figure_in_francs_is_left_in_a_snapshot_without_money(factory):
    assert list(francs_in(without_money(factory.snapshot()).model_dump(mode="json"))) == []


def test_a_card_in_francs_keeps_its_health_and_loses_its_curve(factory):
    cards = [card for card in without_money(factory.snapshot()).boxes if "CHF" in card.unit]
    assert cards
    assert all((card.value, card.past, card.forecast) == (None, None, None) and card.service for card in cards)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_screen_of_a_viewer_says_that_money_is_hidden_and_shows_none(factory, language):
    sent = json.dumps(screen(look_at(factory.snapshot(), None, language, VIEWER, read_only=False)), ensure_ascii=False)
    # what a figure in francs looks like on this screen; the unit alone stands in no words of it
    assert "\u202fCHF" not in sent
    assert "52,438" not in sent
    assert Words.of(language, "UTC")("ui.money_hidden") in sent


def test_the_screen_of_a_dispatcher_shows_it(factory):
    sent = json.dumps(
        screen(look_at(factory.snapshot(), None, "en", DEEDS[Role.DISPATCHER], read_only=False)), ensure_ascii=False
    )
    assert "52,438.50\u202fCHF" in sent

"""A shadow on the screen: a badge, one line of how it stands, and a promotion to decide."""

import re
from datetime import timedelta

import pytest

from dashboard.format import LANGUAGES
from dashboard.regie.names import Names
from dashboard.regie.views.recommendations import recommendation_list, what
from dashboard.regie.views.records import line_in_words
from dashboard.regie.views.wall import trial, wall
from dashboard.regie.words import Words
from twin.contracts.snapshot import BoxFacts, JournalLine, RecommendationView, ShadowView
from twin.domain.finite import finite
from twin.regie.promotion import judged, shown
from twin.regie.shadow import DayScore, Pair
from twin.site.rules import Promote

ZURICH = "Europe/Zurich"
NAMED = {"load_tuned": BoxFacts(kind="load", role="shadow", subject="zone:town")}


def plain(text):
    return re.sub(r"<[^>]+>", " ", str(text)).replace("\u202f", " ").replace("\u00a0", " ").replace("&#x27;", "'")


def stand(days=14, loss=0.94, coverage=0.9):
    """How ``load_tuned`` stands beside ``load_town``: every day this much of its error."""
    mine, theirs = ([DayScore(f"day {n}", x, coverage) for n in range(days)] for x in (loss, 1.0))
    found = judged(Pair("load_tuned", "load_town", mine, theirs, scored=True, failing=False), Promote())
    return ShadowView(
        champion=found.champion, days=found.days, pinball_mw=None, champion_pinball_mw=None, ratio=None, code=found.code,
        params=finite(shown(found)),
    )  # fmt: skip


@pytest.fixture
def site(factory):
    facts = factory.snapshot().site
    return facts.model_copy(update={"boxes": {**facts.boxes, **NAMED}})


@pytest.fixture
def names(factory, site):
    return lambda language="en": Names(Words.of(language, ZURICH, factory.AS_OF), site, factory.facts())


@pytest.fixture
def promotion(factory):
    return RecommendationView(
        id="box:load_town@20160125T1600Z", group="box:load_town", devices=0, reason="promotion_earned",
        params=dict(stand().params), p_mw_now=0.0, effect={}, confidence=0.9,
        decide_before=factory.AS_OF + timedelta(days=7), until=factory.AS_OF + timedelta(days=14),
        planned_at=factory.AS_OF, state="open", by=None, motive=None,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "Beside Load · Town: has earned its place: 94.0 % of its error over 14 days, 90 % band holds 90 %"),
        ("de", "Neben Last · Stadt: hat den Platz verdient: 94.0 % von dessen Fehler über 14 Tage, 90-%-Band hält 90 %"),
        ("fr", "À côté de Charge · Ville : a mérité la place : 94,0 % de son erreur sur 14 jours, la bande à 90 % tient 90 %"),
        (
            "it",
            "Accanto a Carico · Città: ha meritato il posto: 94.0 % del suo errore su 14 giorni, la banda al 90 % tiene 90 %",
        ),
    ],
)
def test_a_shadow_that_has_earned_it_says_so(names, language, text):
    assert plain(trial(stand(), names(language))) == text


@pytest.mark.parametrize(
    ("found", "text"),
    [
        (stand(days=3), "Beside Load · Town: compared over 3 days, 14 days are needed"),
        (stand(days=0), "Beside Load · Town: compared over 0 days, 14 days are needed"),
        (stand(loss=0.99), "Beside Load · Town: 99.0 % of its error over 14 days, at most 98.0 % is needed"),
    ],
)
def test_a_shadow_that_has_not_says_what_is_missing(names, found, text):
    assert plain(trial(found, names())) == text


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_shadows_card_carries_its_badge_and_one_line(factory, names, language):
    card = factory.snapshot().boxes[0].model_copy(update={"instance": "load_tuned", "role": "shadow", "shadow": stand()})
    drawn = wall(factory.snapshot(boxes=(card,)), names(language), may_see_money=True)
    badge = Words.of(language, ZURICH)("role.shadow")
    assert f"({badge})" in plain(drawn)
    assert plain(trial(stand(), names(language))) in plain(drawn)


def test_the_card_of_a_champion_says_nothing_of_shadows(factory, names):
    assert "Beside" not in plain(wall(factory.snapshot(boxes=factory.snapshot().boxes[:1]), names(), may_see_money=True))


def test_a_promotion_is_asked_for_like_a_recommendation_but_moves_no_power(factory, names, promotion):
    assert what(promotion, names()) == "Promote Load · Town (in shadow)"
    drawn = recommendation_list(factory.snapshot(recommendations=(promotion,)), names(), may_answer=True, may_see_money=True)
    assert 'data-do="accept"' in drawn
    assert 'data-do="refuse"' in drawn
    assert "94.0 % of the error of Load · Town over 14 days, lower on 100 % of them" in plain(drawn)
    assert "effects" not in drawn


@pytest.mark.parametrize(
    ("code", "params", "text"),
    [
        ("recommendation_accepted", {"id": "box:load_town@20160125T1600Z", "by": "Desk 2"},
         "Desk 2 accepted: Load · Town (17:00)"),
        ("box_promoted", {"box": "load_tuned", "instance": "load_town"},
         "Takes over: Load · Town (in shadow); from now on in shadow: Load · Town"),
    ],
)  # fmt: skip
def test_the_journal_tells_who_took_over(names, factory, code, params, text):
    line = JournalLine(at=factory.AS_OF, code=code, params=params)
    assert plain(line_in_words(line, {}, names())) == text

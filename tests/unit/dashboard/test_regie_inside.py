"""A box's inside page: what the snapshot knows, and what a package adds, drawn by the régie alone."""

from datetime import timedelta

import pytest
from pydantic import ValidationError

from dashboard.regie.inside import plugins
from dashboard.regie.inside.draw import draw
from dashboard.regie.inside.plugins import Failed, Plugins
from dashboard.regie.inside.sections import sections
from dashboard.regie.names import Names
from dashboard.regie.words import Words
from twin.contracts.page import Column, Curves, Figure, Figures, Line, Page, Table, Text


@pytest.fixture
def words(factory):
    return Words.of("en", "Europe/Zurich", factory.AS_OF, "inside")


@pytest.fixture
def named(factory, words):
    snapshot = factory.snapshot()
    return snapshot, Names(words, snapshot.site, factory.facts())


def card(snapshot, instance):
    return next(one for one in snapshot.boxes if one.instance == instance)


@pytest.mark.parametrize("language", ["fr", "de", "it", "en"])
def test_every_box_has_a_page_in_every_language(factory, language):
    snapshot = factory.snapshot()
    words = Words.of(language, "Europe/Zurich", factory.AS_OF, "inside")
    names = Names(words, snapshot.site, factory.facts())
    for one in snapshot.boxes:
        drawn = "".join(draw(section, words) for section in sections(one, snapshot, names))
        assert "inside." not in drawn


def test_past_and_forecast_stand_on_one_axis(named):
    snapshot, names = named
    (course,) = (s for s in sections(card(snapshot, "load_town"), snapshot, names) if isinstance(s, Curves))
    past, ahead = course.lines
    assert len(past.values) == len(ahead.values) == 192
    assert past.values[96:] == (None,) * 96
    assert ahead.values[:96] == (None,) * 96


def test_a_box_on_its_fallback_says_what_answers_instead(named, words):
    snapshot, names = named
    drawn = "".join(draw(s, words) for s in sections(card(snapshot, "pv_school"), snapshot, names))
    assert "fallback: last good answer" in drawn
    assert "no answer within 2.0 s" in drawn


def test_a_text_of_a_package_cannot_become_markup(words):
    hostile = Text(title="<script>x</script>", paragraphs=("<img src=x onerror=alert(1)>",))
    drawn = draw(hostile, words)
    assert "<script>" not in drawn
    assert "<img" not in drawn


def test_a_missing_figure_is_a_dash_and_no_zero(words):
    drawn = draw(Figures(title="now", figures=(Figure(label="power", value=None, unit="MW"),)), words)
    assert "–" in drawn
    assert "0" not in drawn


def test_curves_of_different_lengths_are_refused(factory):
    with pytest.raises(ValidationError, match="as many of each"):
        Curves(
            title="t", start=factory.AS_OF, lines=(Line(label="a", values=(1.0, 2.0)), Line(label="b", values=(1.0, 2.0, 3.0)))
        )


def test_a_row_of_another_length_is_refused():
    with pytest.raises(ValidationError, match=r"rows \[2\]"):
        Table(title="t", columns=(Column(title="a"), Column(title="b")), rows=((1.0, 2.0), (1.0,)))


def test_a_table_shows_instants_in_local_time(factory, words):
    table = Table(title="t", columns=(Column(title="at"),), rows=((factory.AS_OF + timedelta(hours=1),),))
    assert "19:00" in draw(table, words)


# ------------------------------------------------------------------------------------------------- packages


def page_of(card, snapshot, language):
    return Page(sections=(Text(title=language, paragraphs=(card.instance,)),))


def breaks(card, snapshot, language):
    raise RuntimeError("valve stuck")


def answers_markup(card, snapshot, language):
    return "<b>page</b>"


class Point:
    value = "third.party:page"

    def __init__(self, function):
        self._function = function

    def load(self):
        return self._function


def installed(monkeypatch, function):
    monkeypatch.setattr(plugins, "entry_points", lambda **asked: (Point(function),) if asked["name"] == "load" else ())


def test_a_package_adds_its_sections_to_its_own_box(monkeypatch, factory):
    installed(monkeypatch, page_of)
    snapshot = factory.snapshot()
    assert Plugins().page(card(snapshot, "load_town"), snapshot, "fr").sections[0].title == "fr"
    assert Plugins().page(card(snapshot, "pv_town"), snapshot, "fr") is None


def test_a_package_is_not_called_for_a_box_that_the_site_does_not_name(monkeypatch, factory):
    installed(monkeypatch, breaks)
    snapshot = factory.snapshot()
    stranger = card(snapshot, "load_town").model_copy(update={"instance": "stranger"})
    assert Plugins().page(stranger, snapshot, "fr") is None


@pytest.mark.parametrize(
    ("function", "why"), [(breaks, "valve stuck"), (answers_markup, "answered a str")], ids=["raises", "markup"]
)
def test_a_package_that_fails_says_why(monkeypatch, factory, function, why):
    installed(monkeypatch, function)
    snapshot = factory.snapshot()
    with pytest.raises(Failed, match=why):
        Plugins().page(card(snapshot, "load_town"), snapshot, "fr")

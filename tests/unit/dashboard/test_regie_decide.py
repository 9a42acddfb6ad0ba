"""Alarms, recommendations and orders in words: what is drawn in a flood, what a refusal did, what a simulation found."""

import re
from datetime import timedelta

import pytest
from fastapi import HTTPException

from dashboard.format import LANGUAGES, texts
from dashboard.regie.access.roles import Person, Role
from dashboard.regie.book import Book
from dashboard.regie.commands import CommandQueue
from dashboard.regie.decide.room import Asked, DecideRoom
from dashboard.regie.desk import Desk
from dashboard.regie.diagram import Diagram
from dashboard.regie.names import Names
from dashboard.regie.views.alarms import alarm_list
from dashboard.regie.views.countdown import clock, time_left
from dashboard.regie.views.families import MOST_ROWS, families, readable
from dashboard.regie.views.orders import order_list
from dashboard.regie.views.recommendations import confidence, recommendation_list
from dashboard.regie.words import Words
from twin.contracts.desk_ports import Ports, Unavailable
from twin.contracts.preview import Course, KpiChange, RecommendationAnswer
from twin.contracts.snapshot import JournalLine

ZURICH = "Europe/Zurich"
DISPATCHER = Person("dana", Role.DISPATCHER)


def plain(text):
    return re.sub(r"<[^>]+>", " ", str(text)).replace("\u202f", " ").replace("\u00a0", " ").replace("&#x27;", "'")


@pytest.fixture
def names(factory):
    def of(language="en", *rooms):
        snapshot = factory.snapshot()
        return Names(Words.of(language, ZURICH, snapshot.as_of, *rooms), snapshot.site, factory.facts())

    return of


@pytest.fixture
def alone(factory):
    """Many alarms that share no cause."""

    def made(count, **changes):
        first = factory.alarms()[0]
        return tuple(first.model_copy(update={"key": f"now:{i}", "priority": 3, **changes}) for i in range(count))

    return made


# ------------------------------------------------------------------------------------------------- alarms


def test_of_a_flood_only_as_many_are_drawn_as_somebody_can_read_and_nobody_is_lost(alone):
    drawn, rest = readable(families(alone(1000)))
    assert len(drawn) == MOST_ROWS
    assert len(drawn) + len(rest) == 1000


def test_of_a_flood_of_p1_every_one_is_drawn(alone):
    drawn, rest = readable(families(alone(200, priority=1)))
    assert (len(drawn), rest) == (200, [])


def test_a_p1_below_a_cause_that_is_far_down_is_drawn_with_its_cause(alone, factory):
    many = alone(500)
    urgent = factory.alarms()[0].model_copy(update={"key": "urgent", "priority": 1, "parent": many[-1].key})
    drawn, _ = readable(families((*many, urgent)))
    assert (drawn[-1].root.key, [child.key for child in drawn[-1].drawn]) == (many[-1].key, ["urgent"])


def test_what_is_not_drawn_is_counted_by_priority(alone, names):
    shown = plain(alarm_list(alone(1000), names(), {}, may_answer=True))
    assert "Alarms: 1,000 active, 1,000 to acknowledge" in shown
    assert re.search(r"and 940 more:\s+P3\s+940", shown)


def test_an_alarm_on_the_shelf_waits_for_nobody(factory, names):
    shown = plain(alarm_list((factory.shelved_alarm(),), names(), {}, may_answer=True))
    assert "Alarms: 0 active, 0 to acknowledge, 1 shelved" in shown


@pytest.mark.parametrize(
    ("minutes", "text"),
    [(37, "37 min left"), (0, "0 min left"), (-4, "4 min overdue"), (150, "2 h left"), (-180, "3 h overdue")],
)
def test_the_time_left_is_told_in_minutes_then_in_hours(factory, minutes, text):
    words = Words.of("en", ZURICH, factory.AS_OF)
    assert plain(time_left(factory.AS_OF + timedelta(minutes=minutes), words)).strip() == text


@pytest.mark.parametrize(("speed", "mode", "rate"), [("90", "live", 90.0), ("max", "live", 0.0), ("90", "finished", 0.0)])
def test_the_page_counts_on_only_where_the_grids_time_is_known_to_run(factory, speed, mode, rate):
    snapshot = factory.snapshot(speed=speed, mode=mode)
    assert clock(snapshot, Words.of("en", ZURICH))["rate"] == rate


# ------------------------------------------------------------------------------------------------- recommendations


@pytest.mark.parametrize(
    ("share", "text"),
    [(0.95, "very likely (95 %)"), (0.7, "likely (70 %)"), (0.5, "as likely as not (50 %)"), (0.1, "unlikely (10 %)")],
)
def test_confidence_is_a_word_and_a_figure(factory, names, share, text):
    item = factory.recommendations()[0].model_copy(update={"confidence": share})
    assert text in plain(confidence(item, names()))


def test_a_matter_of_money_has_no_probability(factory, names):
    assert "not a matter of probability" in confidence(factory.recommendations()[1], names())


def test_whoever_may_not_see_money_is_shown_none(factory, names):
    shown = plain(recommendation_list(factory.snapshot(), names(), may_answer=False, may_see_money=False))
    assert "Economic" not in shown
    assert "113.6 % → 97.8 %" in shown


def test_figures_carry_the_hour_of_their_plan_and_say_when_it_is_not_this_one(factory, names):
    item, snapshot = factory.recommendations()[0], factory.snapshot()
    event = timedelta(minutes=5)  # after the quarter hour began
    for planned, now, said in ((0, snapshot.as_of, False), (0, snapshot.as_of + event, False), (15, snapshot.as_of, True)):
        planned_at = snapshot.as_of - timedelta(minutes=planned)
        changed = {"as_of": now, "recommendations": (item.model_copy(update={"planned_at": planned_at}),)}
        with_age = snapshot.model_copy(update=changed)
        shown = plain(recommendation_list(with_age, names(), may_answer=False, may_see_money=False))
        assert "planned at" in shown
        assert ("not again since" in shown) is said


@pytest.mark.parametrize(("refused_chf", "said"), [(1.8, "1.80 CHF dearer"), (-1.8, "1.80 CHF cheaper")])
def test_what_a_refusal_would_cost_is_said_with_its_direction(factory, names, refused_chf, said):
    item = factory.recommendations()[0]
    changed = item.model_copy(update={"params": {**item.params, "refused_chf": refused_chf}})
    shown = plain(
        recommendation_list(factory.snapshot(recommendations=(changed,)), names(), may_answer=False, may_see_money=True)
    )
    assert f"If refused: {said}" in shown
    assert "-1.80" not in shown


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_refusal_says_what_the_new_plan_does_or_that_it_is_being_made(factory, names, language):
    (refused,) = (item for item in factory.recommendations() if item.state == "refused")
    words = names(language).words
    for minutes, code in ((5, "ui.replanning"), (-5, "ui.replanned")):
        at = factory.AS_OF + timedelta(minutes=minutes)
        line = JournalLine(at=at, code="recommendation_refused", params={"id": refused.id})
        snapshot = factory.snapshot(recommendations=(refused,), journal=(line,))
        shown = plain(recommendation_list(snapshot, names(language), may_answer=True, may_see_money=True))
        assert plain(words(code, at=factory.AS_OF)) in shown


def test_without_a_plan_nothing_is_said_of_one(factory, names):
    (refused,) = (item for item in factory.recommendations() if item.state == "refused")
    snapshot = factory.snapshot(recommendations=(refused,), horizon=None)
    shown = plain(recommendation_list(snapshot, names(), may_answer=True, may_see_money=True))
    assert "Replanned" not in shown


# ------------------------------------------------------------------------------------------------- simulate first


def answer(factory, **changes):
    """The coming three quarter hours, the middle one relieved."""
    trafo = f"trafo {factory.facts().trafos[-1].index}"
    curve = {"worst_element": (trafo,) * 3, "vm_min_pu": (0.95,) * 3, "vm_max_pu": (1.02,) * 3}
    told = {
        "tick": 41, "as_of": factory.AS_OF, "interval": factory.AS_OF, "quality": ("estimated",), "stale": False,
        "engine": "batch 1.0", "ms": 210.0, "id": factory.recommendations()[0].id, "group": "home_batteries",
        "start": factory.AS_OF, "step_s": 900, "p_mw": (-0.03,) * 3, "harms": False,
        "without": Course(worst_loading_percent=(90.0, 113.6, None), **curve),
        "with_it": Course(worst_loading_percent=(90.0, 97.8, None), **curve),
        "kpi": KpiChange(chf=-6.4, grid_percent=-15.8, co2_kg=None, per="horizon", not_covered=("rebound",)),
    }  # fmt: skip
    return RecommendationAnswer(**(told | changes))


class Preview:
    """The work process's side of the promise: it answers, or says why it cannot."""

    def __init__(self, answer):
        self.answer = answer
        self.asked = []

    def ask(self, question, timeout_s):
        self.asked.append(dict(question))
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer.model_dump(mode="json")


@pytest.fixture
def room(tmp_path, factory):
    def made(preview):
        class Now:
            snapshot = factory.snapshot()
            diagram = Diagram(factory.facts(), factory.open_lines())

        desk = Desk(tmp_path, Now, CommandQueue(tmp_path), Book(tmp_path), Ports(previews=preview), read_only=False)
        return DecideRoom(desk)

    return made


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_simulation_is_told_without_and_with_it_in_every_language(room, factory, language):
    preview = Preview(answer(factory))
    id_ = factory.recommendations()[0].id
    shown = plain(room(preview)._simulated(Asked(id=id_, lang=language), DISPATCHER))
    assert preview.asked == [{"kind": "recommendation", "id": id_}]
    assert re.search(r"113[.,]6 %", shown)
    assert re.search(r"97[.,]8 %", shown)
    assert re.search(r"[-−]6[.,]40 CHF", shown)
    assert "rebound" not in shown


def test_a_simulation_goes_into_the_book_and_orders_nothing(room, factory, tmp_path):
    room(Preview(answer(factory)))._simulated(Asked(id=factory.recommendations()[0].id), DISPATCHER)
    assert [(line.kind, line.by) for line in Book(tmp_path).lines()] == [("recommendation.simulate", "dana")]
    assert not (tmp_path / "commands.sqlite").exists()


def test_from_the_simulation_one_can_accept_or_refuse(room, factory):
    shown = room(Preview(answer(factory)))._simulated(Asked(id=factory.recommendations()[0].id), DISPATCHER)
    assert re.findall(r'data-do="(\w+)"', shown) == ["accept", "refuse"]


def test_what_would_get_worse_and_what_is_old_is_said(room, factory):
    shown = plain(room(Preview(answer(factory, harms=True, stale=True)))._simulated(
        Asked(id=factory.recommendations()[0].id, lang="en"), DISPATCHER
    ))  # fmt: skip
    assert "would get worse" in shown
    assert "The state it rests on is old." in shown


@pytest.mark.parametrize(
    ("preview", "id_", "status"),
    [(None, None, 503), (Preview(Unavailable("it compiles; ask again")), None, 503), (None, "gone@20160125T1700Z", 404)],
)
def test_a_simulation_that_cannot_be_had_says_why(room, factory, preview, id_, status):
    with pytest.raises(HTTPException) as refused:
        room(preview)._simulated(Asked(id=id_ or factory.recommendations()[0].id, lang="en"), DISPATCHER)
    assert refused.value.status_code == status
    assert len(refused.value.detail) > 20


def test_the_four_languages_of_a_simulation_have_the_same_words():
    codes = [set(texts(language, "trial").templates) for language in LANGUAGES]
    assert all(own == codes[0] for own in codes)


# ------------------------------------------------------------------------------------------------- orders


def test_a_failed_order_stands_first_with_its_reason_and_its_recommendation(factory, names):
    shown = plain(order_list(factory.snapshot(switch_orders=()), names()))
    first = shown.index("▲ failed")
    assert "telemetry does not show it within 10 % of the rated power" in shown[first:]
    assert first < shown.index("Community battery")


def test_more_failures_than_fit_are_counted(factory, names):
    life = factory.order_lives()[1].model_copy(update={"failed": tuple((f"car_{i}", 0.0) for i in range(30))})
    shown = plain(order_list(factory.snapshot(order_lives=(life,), switch_orders=()), names()))
    assert "and 18 more that failed" in shown

"""What the régie says: every code that can come has words, things have their titles, grammar bends, sentences hold."""

import ast
import re
import sys
from datetime import timedelta
from pathlib import Path
from typing import get_args

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))
import emitted_codes

from dashboard.format import LANGUAGES, Texts, texts
from dashboard.regie.access.roles import DEEDS, Role
from dashboard.regie.diagram import Diagram
from dashboard.regie.names import Names
from dashboard.regie.screen import look_at, screen
from dashboard.regie.views.alarm_item import can_acknowledge, sentence
from dashboard.regie.views.alarms import alarm_list
from dashboard.regie.views.header import header, tools
from dashboard.regie.views.orders import order_list
from dashboard.regie.views.recommendations import reason, what
from dashboard.regie.views.records import journal_lines, line_in_words
from dashboard.regie.views.wall import wall
from dashboard.regie.wish import Wish
from dashboard.regie.words import Words
from twin.contracts.messages import OrderState, Outcome, Service
from twin.contracts.snapshot import JournalLine, KpiTriple
from twin.domain.quality import Quality, words
from twin.domain.signals import SIGNALS
from twin.live.views import site_facts, store_alarm
from twin.regie.kpi import Account, KpiFacts, figures
from twin.site import load_site

ZURICH = "Europe/Zurich"
PARTS = ("cause", "consequence", "action")

EVERYTHING = DEEDS[Role.ADMIN]


def plain(text):
    return re.sub(r"<[^>]+>", " ", str(text)).replace("\u202f", " ").replace("\u00a0", " ").replace("&#x27;", "'")


def spoken(language, family):
    """Codes of one family that have words."""
    return {code.split(".")[1] for code in texts(language, "regie").templates if code.startswith(f"{family}.")}


@pytest.fixture
def names(factory):
    def of(language="en"):
        snapshot = factory.snapshot()
        return Names(Words.of(language, ZURICH, snapshot.as_of), snapshot.site, factory.facts())

    return of


# ------------------------------------------------------------------------------------------------- words for every code


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_alarm_that_can_be_raised_has_cause_consequence_and_action_and_no_other_has(language):
    assert spoken(language, "alarm") - {"unknown"} == emitted_codes.alarms()
    said = texts(language, "regie")
    assert all(said.has(f"alarm.{code}.{part}") for code in emitted_codes.alarms() for part in PARTS)


@pytest.mark.parametrize(
    ("family", "emitted"),
    [
        ("owner", emitted_codes.owners),
        ("journal", emitted_codes.journal_lines),
        ("reason", emitted_codes.reasons),
        ("state", emitted_codes.recommendation_states),
        ("trial", emitted_codes.verdicts),
        ("outcome", lambda: set(Outcome) - {Outcome.OK, Outcome.NOT_DUE}),
        ("service", lambda: set(Service)),
        ("order", lambda: set(OrderState)),
        ("quality", lambda: {word for flag in (Quality(0), *Quality) for word in words(flag)}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
@pytest.mark.parametrize("language", LANGUAGES)
def test_what_can_be_emitted_has_words_and_nothing_else_has(language, family, emitted):
    assert spoken(language, family) == emitted()


def test_every_figure_of_the_three_has_a_name():
    facts = KpiFacts(
        timezone="UTC",
        peak_chf_per_kw_month=6.5,
        value_of_lost_load_chf_per_kwh=15.0,
        bus_low_pu=np.zeros(0),
        bus_high_pu=np.ones(0),
        line_limit_percent=100.0,
        trafo_limit_percent=100.0,
    )
    computed = figures(Account(share_known_mwh=1.0), facts)
    assert spoken("en", "figure") == {name for triple in computed.values() for name in triple}


def test_every_figure_of_a_card_has_a_label():
    labels = spoken("en", "label")
    assert emitted_codes.labels() <= labels
    assert all(any(signal.startswith(label) for signal in SIGNALS) for label in labels - emitted_codes.labels())


def asked_for():
    """Patterns of the codes that the screen asks words for: its strings, with anything in the place of a field."""
    for path in (Path(__file__).parents[3] / "dashboard" / "regie").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield re.escape(node.value)
            if isinstance(node, ast.JoinedStr):
                yield "".join(re.escape(part.value) if isinstance(part, ast.Constant) else ".+" for part in node.values)
    yield from (rf"ui\.{kind}" for kind in get_args(Wish.model_fields["kind"].annotation))


def test_no_word_is_orphaned():
    written = texts("en", "regie").templates
    forms = {form for text in written.values() for form in re.findall(r":(\w+)\}", text)}
    bent = tuple(f"{table}.{form}." for form in forms for table in ("time", "count"))
    known = re.compile("|".join(pattern for pattern in set(asked_for()) if "\\." in pattern and pattern != r"ui\..+"))
    assert [code for code in written if not known.fullmatch(code) and not code.startswith((*bent, "note."))] == []


# ------------------------------------------------------------------------------------------------- titles


def test_the_sites_own_titles_name_its_boxes_in_every_language():
    site = site_facts(load_site("demo"), ())
    expected = {
        "en": "PV · School roof",
        "de": "PV · Schulhausdach",
        "fr": "PV · Toit de l'école",
        "it": "FV · Tetto della scuola",
    }
    for language, title in expected.items():
        told = Names(Words.of(language, ZURICH), site)
        assert told.of("pv_school") == title
        raw = [box for box in site.boxes if told.of(f"box:{box}") == box.replace("_", " ")]
        assert raw == [box for box in site.boxes if "_" not in box and told.of(f"box:{box}") == box]
    assert Names(Words.of("de", ZURICH), site).of("load_town_profile") == "Last · Stadt (in Reserve)"
    assert Names(Words.of("de", ZURICH), site).of("transformer_main_1") == "Temperatur · Haupttrafo 1"


def test_a_group_of_devices_carries_its_title_from_the_site_file():
    site = site_facts(load_site("demo"), ())
    assert {Names(Words.of("fr", ZURICH), site).group(group) for group in site.devices.values()} == {
        "Batterie de quartier",
        "Batteries domestiques",
        "Voitures électriques",
        "Grandes toitures",
        "Pompes à chaleur (télécommande centralisée)",
        "Toit de l'école",
    }


@pytest.mark.parametrize(
    ("ref", "name"),
    [
        ("trafo 114", "Street transformer"),
        ("trafo:neighbourhood", "Street transformer"),
        ("neighbourhood", "Street transformer"),
        ("zone:neighbourhood", "Neighbourhood"),
        ("box:load_neighbourhood", "Load · Neighbourhood"),
        ("battery_street", "Home batteries · Street 5.8"),
        ("site", "Whole site"),
        ("oil_leak_watch", "oil leak watch"),
        ("trafo:99", "trafo 99"),
    ],
)
def test_a_reference_in_any_spelling_becomes_a_name(factory, names, ref, name):
    index = factory.facts().trafos[-1].index
    assert names().of(ref.replace("114", str(index))) == name


# ------------------------------------------------------------------------------------------------- grammar


@pytest.mark.parametrize(
    ("language", "count", "text"),
    [
        ("en", 1, "1 order sent"),
        ("en", 3, "3 orders sent"),
        ("fr", 0, "0 ordre envoyé"),
        ("de", 1, "1 Auftrag gesendet"),
        ("it", 2, "2 ordini inviati"),
    ],
)
def test_a_noun_bends_with_its_number(language, count, text):
    assert plain(Words.of(language, ZURICH)("journal.orders_sent", count=count)) == text


@pytest.mark.parametrize(
    ("language", "today", "tomorrow"),
    [
        ("en", "Decide before 18:30", "Decide before Tue 26 Jan 16:45"),
        ("fr", "Décider avant 18:30", "Décider avant le mar. 26.01. à 16:45"),
        ("de", "Entscheiden vor 18:30", "Entscheiden vor Di. 26.01. 16:45"),
        ("it", "Decidere entro le 18:30", "Decidere entro mar 26.01., ore 16:45"),
    ],
)
def test_a_preposition_fits_a_time_of_today_and_of_another_day(factory, language, today, tomorrow):
    said = Words.of(language, ZURICH, factory.AS_OF)
    at = [factory.AS_OF + timedelta(minutes=30), factory.AS_OF + timedelta(hours=22, minutes=45)]
    assert [said("ui.decide_before", at=instant) for instant in at] == [today, tomorrow]


def test_a_day_without_a_time_is_the_day_at_the_site():
    told = Texts("de", {"a": "{day:day}"}).get("a", {"day": "2016-01-26"}, timezone="America/New_York")
    assert told == "Di. 26.01.2016"


# ------------------------------------------------------------------------------------------------- alarms


def host_alarm(factory):
    class Tick:
        class state:  # noqa: N801 (named as the tick has it)
            as_of = factory.AS_OF

    alarm = store_alarm(Tick, 1)
    return factory._alarm(alarm.key, alarm.priority, alarm.code, alarm.params, alarm.element, owner=alarm.owner, of_host=True)


def test_an_alarm_of_the_host_says_what_to_do_and_cannot_be_acknowledged(factory, names):
    alarm = host_alarm(factory)
    assert not can_acknowledge(alarm)
    shown = alarm_list((alarm,), names(), {}, may_answer=True)
    assert 'data-do="acknowledge"' not in shown
    assert "Alarms: 1 active, 0 to acknowledge" in shown
    assert "1 tick waits for the journal" in shown
    assert "system operation" in shown


def test_what_stands_nowhere_on_the_diagram_offers_no_locating(factory, names):
    assert 'data-do="locate"' not in alarm_list((host_alarm(factory),), names(), {}, may_answer=True)


def test_a_failing_box_is_told_in_the_screens_language_and_its_error_is_marked_as_technical(factory, names):
    (alarm,) = (alarm for alarm in factory.alarms() if alarm.code == "box_failing")
    shown = alarm_list((alarm,), names("de"), {}, may_answer=True)
    assert "Die Box fällt aus: keine Antwort in der Frist." in shown
    assert "PV · Schulhausdach" in shown
    assert 'data-tip="Technischer Text: no answer within 2.0 s"' in shown
    assert "no answer" not in plain(shown)
    assert "pv_school" not in plain(shown)


def test_a_held_dispatch_says_that_there_is_no_telemetry(factory, names):
    alarm = factory._alarm("dispatch:held", 3, "dispatch_held", {"mode": "forecast_only"}, "site")
    assert sentence(alarm, "cause", names("fr")) == "L'envoi d'ordres est suspendu (sans télémesure, prévision seule)."


# ------------------------------------------------------------------------------------------------- recommendations


def test_a_recommendation_tells_the_expected_value_apart_from_the_paths_that_exceed_the_limit(factory, names):
    item = factory.recommendations()[0]
    item = item.model_copy(update={"params": {**item.params, "without": 92.5, "paths_share": 0.3}})
    told = plain(reason(item, names()))
    assert "92.5 % expected at 18:30 without action, limit 100 %" in told
    assert told.endswith("above it on 30 % of the forecast paths")


def test_a_matter_of_money_claims_no_confidence(factory, names):
    item = factory.recommendations()[1]
    assert item.confidence == 1.0
    assert plain(reason(item, names())) == "184 kWh moved from 18:00 to 23:30: 0.0731 CHF/kWh cheaper"


def test_a_group_that_waits_is_told_to_be_unchanged(factory, names):
    item = factory.recommendations()[2].model_copy(update={"p_mw_now": 0.0})
    assert what(item, names("it")) == "Batteria di quartiere (1 apparecchio): nessun cambiamento ora"


# ------------------------------------------------------------------------------------------------- header


def test_the_header_leads_to_the_work_orders_in_its_language(factory):
    shown = tools(Words.of("it", ZURICH, factory.AS_OF, "grid"), DEEDS[Role.DISPATCHER])
    assert 'href="/regie/work/?lang=it"' in shown


def test_the_large_figure_is_the_difference_and_says_that_it_is_a_saving(factory):
    shown = plain(header(factory.snapshot(), Words.of("en", ZURICH, factory.AS_OF), read_only=False, may_see_money=True))
    assert re.search(
        r"Economic · estimated\s+-122\.60 CHF\s+saved against doing nothing\s+52,438\.50 CHF · total since 00:00", shown
    )
    assert re.search(r"Grid · estimated\s+-5\.4 points\s+lower than doing nothing", shown)


def test_a_figure_without_a_baseline_stands_alone_and_says_so(factory):
    alone = KpiTriple(value={"total_chf": 7.5}, baseline=None, difference=None)
    shown = plain(
        header(
            factory.snapshot(kpis={"economic": alone}),
            Words.of("en", ZURICH, factory.AS_OF),
            read_only=False,
            may_see_money=True,
        )
    )
    assert re.search(r"Economic · estimated\s+7\.50 CHF\s+total since 00:00\s+no comparison with doing nothing", shown)


# ------------------------------------------------------------------------------------------------- wall and records


def test_a_doubtful_card_comes_first_can_be_focused_and_shows_its_reason(factory, names):
    shown = wall(factory.snapshot(), names(), may_see_money=True)
    cards = re.findall(r'<li class="card[^>]*>', shown)
    assert 'data-box="pv_school"' in cards[0]
    assert shown.count('href="/regie/box/') == shown.count('data-focus="box-') == len(cards)
    assert re.search(r'<p class="why">no answer in time</p>', shown)


@pytest.mark.parametrize(
    ("language", "room", "needed"),
    [
        ("en", "for 2 h: 128 % (bushing)", "relieve 0.050 MW from 18:45, for 1.5 h"),
        ("de", "2 h lang: 128 % (Durchführung)", "0.050 MW entlasten ab 18:45, 1.5 h lang"),
        ("fr", "pendant 2 h : 128 % (traversée)", "soulager de 0,050 MW dès 18:45, pendant 1,5 h"),
        ("it", "per 2 h: 128 % (passante)", "alleggerire di 0.050 MW dalle 18:45, per 1.5 h"),
    ],
)
def test_a_transformers_card_tells_what_it_bears_or_what_to_relieve(factory, names, language, room, needed):
    shown = plain(wall(factory.snapshot(), names(language), may_see_money=True))
    assert room in shown
    assert needed in shown


def test_a_card_on_fallback_promises_no_room(factory, names):
    cards = [card.model_copy(update={"service": "fallback", "outcome": "deadline"}) for card in factory.boxes()]
    shown = plain(wall(factory.snapshot(boxes=cards), names(), may_see_money=True))
    assert "128 %" not in shown


def test_an_order_names_the_devices_group_and_place(factory, names):
    shown = plain(order_list(factory.snapshot(), names("de")))
    assert "Heimbatterien · Street 5.8" in shown
    assert re.search(r"car 17\s+0 kW", shown)


@pytest.mark.parametrize(
    ("code", "params", "text"),
    [
        ("command_expired", {"kind": "accept", "target": "cars@20160125T1645Z", "by": "Pult 2"},
         "Zu spät und abgelehnt: Annehmen, Elektroautos (17:45) (Pult 2)"),
        ("alarm_acknowledged", {"key": "box:pv_school", "by": "Pult 2"}, "Pult 2 quittierte den Alarm: PV · Schulhausdach"),
        ("artifact_adopted", {"box": "load_town", "artifact": "ab"}, "Neues Modell in Kraft: Last · Stadt"),
        ("readings_refused", {"channels": ["bus.4.vm_pu"]}, "1 Messwert als unglaubhaft abgelehnt"),
    ],
)  # fmt: skip
def test_a_journal_line_names_things_by_their_titles(names, factory, code, params, text):
    line = JournalLine(at=factory.AS_OF, code=code, params=params)
    assert line_in_words(line, {}, names("de")) == text


def test_an_acknowledged_alarm_is_called_what_the_list_calls_it(factory, names):
    alarm = factory.alarms()[0]
    line = JournalLine(at=factory.AS_OF, code="alarm_acknowledged", params={"key": alarm.key, "by": "Desk 2"})
    assert "Desk 2 acknowledged the alarm: Street transformer" in journal_lines((line,), "", (alarm,), names())


@pytest.mark.parametrize("language", ["fr", "de", "it"])
def test_no_english_text_of_a_machine_is_on_a_screen_in_another_language(factory, language):
    drawn = Diagram(factory.facts(), factory.open_lines())
    shown = screen(look_at(factory.snapshot(), drawn, language, EVERYTHING, read_only=False))
    seen = plain(" ".join(str(props.get("markup", "")) for props in shown.values()))
    assert "no answer" not in seen
    assert "pv_school" not in seen
    assert "neighbourhood" not in seen

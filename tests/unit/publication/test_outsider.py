"""Somebody who kept every value of the live page subtracts them from the open data: what is left must not be of few meters."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from twin.publication.months import Totals, drafts_of, hours_of
from twin.publication.outlet import files_of
from twin.publication.periods import Period
from twin.publication.quarters import Quarters
from twin.publication.tellings import first_told, restated_by_many, tellings_of

ZONE, MONTH = "Europe/Zurich", Period.of("2016-02", "Europe/Zurich")
START_S, DAY = int(MONTH.start.timestamp()), 96
LATER = datetime(2030, 1, 1, tzinfo=UTC)
PLANTS = {f"sgen.{i}.p_mw": 0.3 + 0.1 * i for i in range(20)}
"""Channel -> what it makes [MW]: each is more than a rounding of the tables, in an hour."""
NET_MW = 8.0


@dataclass(frozen=True)
class Rule:
    """With it, at least 15 must be behind a difference and at least three plants answer; without, anything is told."""

    holds: bool

    def whole(self, silent):
        return not self.holds or len(PLANTS) - len(silent) >= 3

    def crowd(self, late):
        return not self.holds or len(late) >= 15

    def protected(self, late):
        return frozenset(late)


def origin(answering, **heard):
    """The town as the plants tell that answer: what they make is renewable, and so is a third of the import."""
    made = sum(PLANTS[name] for name in answering)
    mix = [NET_MW + made, (made + NET_MW / 3.0) / (NET_MW + made), 0.0, 40.0, {"pv": made, "import": NET_MW}]
    return {"zones": {"town": mix}} | {name: list(channels) for name, channels in heard.items()}


def day(late=(), silent=()):
    """Records of a day; ``late``: (quarter hour, plants), heard of in the next record; ``silent``: the same, for good."""
    missing, gone = dict(late), dict(silent)
    for i in range(DAY):
        out = {*missing.get(i, ()), *gone.get(i, ())}
        record = {"origin": origin(PLANTS.keys() - out, silent=out)}
        if heard := missing.get(i - 1):
            still = gone.get(i - 1, ())
            record["restated"] = {str(START_S + 900 * (i - 1)): origin(PLANTS.keys() - set(still), silent=still, late=heard)}
        yield START_S + 900 * i, record


def opened(desk, facts, records, rule):
    """The open data of the month after its approval."""
    store, told = Quarters(None), []
    for seq, (label_s, record) in enumerate(records):
        told += [(seq, quarter) for quarter in tellings_of(record, label_s, "town", rule, ZoneInfo(ZONE))]
    store.take(store.run_of("town", "g", lambda _: "g", 0), told, len(told), "h")
    tellings = store.between("town", START_S, int(MONTH.end.timestamp()))
    standing = restated_by_many(tellings)
    (draft,) = drafts_of({MONTH: Totals.of(standing)}, None, facts()).months
    hours = hours_of(first_told(tellings) if rule.holds else standing, MONTH, facts())
    figure = draft.model_dump(mode="json", exclude={"start", "end", "known", "due"})
    figure |= {"revision": 1, "approved_at": LATER.isoformat(), "coverage": draft.coverage}
    desk.write("approve", "2016-02", figure=figure, hours="0" * 64, licence="CC0-1.0", attribution="Town")
    files = files_of(desk.published, facts(), LATER, lambda _: hours)
    return [
        json.loads(files[f"open/{stem}-2016-02.json" if stem == "hours" else f"open/{stem}.json"])
        for stem in ("hours", "months")
    ]


def live(records):
    """What the page told of each quarter hour, when it was over: consumption [MW] and share; nothing where few answered."""
    for label_s, record in records:
        if Rule(holds=True).whole(record["origin"]["silent"]):
            yield label_s, record["origin"]["zones"]["town"][:2]


def differences(tables, records):
    """(start or period, MWh, renewable MWh) wherever a table says something else than the page did, beyond its rounding."""
    (hours, months), told = tables, dict(live(records))
    spans = [(hour["start"], int(datetime.fromisoformat(hour["start"]).timestamp()), 3600, hour) for hour in hours]
    spans += [("month", START_S, 31 * 86400, month) for month in months]
    for name, start_s, length_s, row in spans:
        values = [value for label_s, value in told.items() if start_s <= label_s < start_s + length_s]
        energy, renewable = sum(p_mw for p_mw, _ in values) / 4.0, sum(p_mw * share for p_mw, share in values) / 4.0
        if row["consumption_mwh"] is None:
            assert not values
            continue
        more, greener = row["consumption_mwh"] - energy, row["share"] * row["consumption_mwh"] - renewable
        # half of the last digit of either, and of the energy once more in their product
        if abs(more) > 0.05 + 1e-6 or abs(greener) > 0.05 + 0.00005 * energy + 1e-6:
            yield name, more, greener


def found(desk, facts, rule, **events):
    return list(differences(opened(desk, facts, day(**events), rule), list(day(**events))))


ALL = tuple(PLANTS)
EVENTS = [
    {"late": [(10, ALL[19:])]},
    {"late": [(10, ALL[:1]), (11, ALL[:1]), (12, ALL[:1]), (13, ALL[:1])]},
    {"late": [(10, ALL[6:])]},
    {"silent": [(20, ALL[2:])]},
]


@pytest.mark.parametrize("events", EVENTS)
def test_the_page_and_the_open_data_together_tell_nothing_of_few_meters(desk, facts, events):
    assert found(desk, facts, Rule(holds=True), **events) == []


@pytest.mark.parametrize("events", EVENTS)
def test_without_the_rule_the_same_subtraction_finds_them(desk, facts, events):
    assert {name for name, *_ in found(desk, facts, Rule(holds=False), **events)} > {"month"}


def test_without_the_rule_the_difference_is_what_the_late_plant_made(desk, facts):
    (_, hour, _), (name, month, _) = found(desk, facts, Rule(holds=False), late=[(10, ALL[19:])])
    assert name == "month"
    # to the rounding of the energies
    assert (hour, month) == (pytest.approx(PLANTS[ALL[19]] / 4.0, abs=0.05), pytest.approx(PLANTS[ALL[19]] / 4.0, abs=0.05))


def test_a_crowd_that_was_late_is_in_the_month_as_a_whole_and_in_no_hour(desk, facts):
    ((name, month, _),) = found(desk, facts, Rule(holds=True), late=[(10, ALL[3:])])
    assert name == "month"
    assert month == pytest.approx(sum(PLANTS[late] for late in ALL[3:]) / 4.0, abs=0.05)  # to the rounding of the energies


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.dictionaries(st.integers(0, DAY - 2), st.sets(st.sampled_from(ALL), max_size=14), max_size=6),
    st.dictionaries(st.integers(0, DAY - 1), st.sets(st.sampled_from(ALL), max_size=20), max_size=6),
)
def test_whichever_few_are_late_and_whoever_is_silent_nothing_is_left(desk, facts, late, silent):
    desk.published, desk.count = type(desk.published)(), 0
    late = {i: names - silent.get(i, set()) for i, names in late.items()}
    assert found(desk, facts, Rule(holds=True), late=late.items(), silent=silent.items()) == []

"""Where electricity came from, told again when a meter speaks late, and after a kill: origin, sums and ledgers follow."""

from dataclasses import replace
from types import SimpleNamespace

import pytest
from hamlet import SUMMER, hamlet

from twin.domain.time import QUARTER_HOUR, to_epoch_s
from twin.origin.meta import from_meta
from twin.regie.chain import verify

pytestmark = pytest.mark.fault

LATE, TICKS = 5, 14
"""The quarter hour whose connection was metered late, by an hour and a half."""
LABEL_S = to_epoch_s(SUMMER + LATE * QUARTER_HOUR)
KNOWN_MIN = 105
HEARD = (LATE * 15 + KNOWN_MIN) // 15 - 1
"""The tick that hears of it."""


@pytest.fixture(scope="module")
def both(settle, play, tmp_path_factory):
    """A run in which a meter speaks late, the same one killed before and after that, and one in which it speaks in time."""
    made = hamlet(days=1.0).with_planner()
    at = next(i for i, r in enumerate(made.window) if (r.channel, r.label_s) == ("trafo.0.p_mw", LABEL_S))
    made.window[at] = replace(made.window[at], value=1.2 * made.window[at].value)
    intime = play(made, TICKS, "intime")
    made.window[at] = replace(made.window[at], known_min=KNOWN_MIN)
    late, place = settle(made, "late"), settle(made, "killed")
    field, beside = (tmp_path_factory.mktemp("field") / "ledger.sqlite" for _ in range(2))
    assert late.drive(TICKS, field).ended().code == 0
    for at in (LATE + 2, HEARD + 1):
        assert place.drive(TICKS, beside, die="commit", at=at).ended().code == -9
    killed = place.drive(TICKS, beside).ended()
    assert killed.code == 0, killed.err
    return SimpleNamespace(intime=intime.records, late=late.records, killed=place.records, place=place)


def town(meta):
    return from_meta(meta).zones["hamlet"]


def test_a_late_meter_restates_its_quarter_hour_in_the_record_that_heard_it(both):
    assert [r.seq for r in both.late if str(LABEL_S) in r.meta.get("restated", {})] == [HEARD]
    before, now = town(both.late[LATE].meta["origin"]), town(both.late[HEARD].meta["restated"][str(LABEL_S)])
    assert now.p_mw > 1.05 * before.p_mw
    heard = both.late[HEARD].meta["restated"][str(LABEL_S)]
    assert (heard["silent"], heard["late"]) == ([], [])  # the grid's own meter was late, and nobody's plant
    assert both.late[HEARD].meta["origin"]["silent"] == []
    assert now.p_mw == town(both.intime[LATE].meta["origin"]).p_mw
    # the lines were estimated without the late meter, and stay so
    assert now.share == pytest.approx(town(both.intime[LATE].meta["origin"]).share, abs=1e-3)


def test_the_window_sums_are_those_of_a_meter_in_time(both):
    late, intime = (records[-1].meta["kpis"]["climate"]["value"] for records in (both.late, both.intime))
    assert late["consumption_mwh"] == pytest.approx(intime["consumption_mwh"], rel=1e-9)
    assert late["renewable_share"] == pytest.approx(intime["renewable_share"], abs=1e-3)
    before, after = (both.late[i].meta["kpis"]["climate"]["value"]["consumption_mwh"] for i in (HEARD - 1, HEARD))
    of_the_tick = 0.25 * town(both.late[HEARD].meta["origin"]).p_mw
    assert after - before > 1.01 * of_the_tick  # and the sums show it in the tick that heard of it


def test_money_and_energy_are_those_of_a_meter_in_time_after_a_kill_too(both):
    told = [records[-1].meta["kpis"] for records in (both.intime, both.late, both.killed)]
    costs, peaks = (
        [one[group]["value"][name] for one in told] for group, name in (("economic", "energy_chf"), ("grid", "peak_import_kw"))
    )
    assert costs[1:] == [pytest.approx(costs[0], rel=1e-12)] * 2
    assert peaks[1:] == [peaks[0]] * 2
    before, after = (both.late[i].meta["kpis"]["economic"]["value"]["energy_chf"] for i in (HEARD - 1, HEARD))
    counted = both.late[HEARD].meta["counted"]["measured"]
    assert after - before > 1.01 * 250.0 * counted["net_p_mw"] * counted["price_chf_per_kwh"]  # what was heard is in it


def test_every_quarter_hour_says_where_its_electricity_came_from(both):
    for record in both.late:
        origin = from_meta(record.meta["origin"])
        assert origin.method == "traced"
        assert sum(origin.zones["hamlet"].parts.values()) == pytest.approx(1.0, abs=1e-5)


def test_a_run_that_was_killed_has_the_same_ledgers_and_restates_the_same(both):
    """The chain holds what is told, what is restated and the digest of what goes on, ledgers included."""
    assert both.killed[-1].head == both.late[-1].head
    assert verify(both.place.state)[2] == []

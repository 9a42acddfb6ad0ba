import json
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from twin.maintenance.ranking.assess import assess, cause_name
from twin.maintenance.ranking.on_air import OnAir, Seen
from twin.maintenance.ranking.own_failures import in_the_light_of
from twin.maintenance.ranking.rank import NO_WINDOW, Means, Slot, candidates, items
from twin.maintenance.ranking.ranked import FreeWindow
from twin.maintenance.ranking.years import across_years
from twin.maintenance.register.asset import Inspection
from twin.maintenance.register.failures import Failure

WINDOW = FreeWindow("2016-02-01T06:00:00+00:00", "2016-02-01T10:00:00+00:00", 4.0, 50.0, 0.0, 0.0)
PLENTY = Means({"electrician": 1000.0}, 1e6)


def free(_assessed, _action):
    return Slot(WINDOW, ())


@pytest.fixture(scope="module")
def rank(known, station_class):
    def ranked(*assets, known=known, means=PLENTY, slots=free):
        assessed = [assess(asset, known, station_class) for asset in assets]
        return items(candidates(assessed, known, slots), means, {})[0]

    return ranked


@pytest.fixture(scope="module")
def judge(known, station_class):
    def judged(asset, **changes):
        return assess(asset, replace(known, **changes), station_class)

    return judged


def order(ranked, action):
    return [item.asset for item in ranked if item.action == action]


def test_an_unmeshed_station_outranks_its_twin_with_a_normally_open_tie(rank, make):
    twins = [make["asset"]("tied", "trafo.2"), make["asset"]("lonely", "trafo.1")]
    ranked = rank(*twins)
    assert order(ranked, "inspect") == ["lonely", "tied"]
    lonely, tied = (next(item for item in ranked if item.asset == name) for name in ("lonely", "tied"))
    assert lonely.pof_per_year == tied.pof_per_year  # only the consequence differs
    assert lonely.consequence.network_chf > tied.consequence.network_chf


def test_the_same_asset_with_pcb_ranks_higher(rank, make):
    ranked = rank(make["asset"]("clean", "trafo.1"), make["asset"]("pcb", "trafo.1", pcb_ppm=80.0))
    assert order(ranked, "inspect") == ["pcb", "clean"]


def test_oil_of_which_nobody_knows_counts_as_holding_pcb_and_says_so(judge, make):
    unknown = judge(make["asset"]("a", "trafo.1", pcb_ppm=float("nan")))
    assert unknown.consequence.environment_chf == judge(make["asset"]("b", "trafo.1", pcb_ppm=80.0)).consequence.environment_chf
    assert "pcb" in unknown.unknown


def test_what_is_not_in_the_grid_is_still_ranked_with_less_confidence(rank, judge, make):
    lost = make["asset"]("lost", "trafo.9", on_grid=False)
    assert order(rank(lost), "inspect") == ["lost"]
    assert judge(lost).confidence < judge(make["asset"]("a", "trafo.1")).confidence
    assert judge(lost).consequence.unknown == ("energy_chf", "security_chf")


def test_a_spare_shortens_the_repair_and_with_it_the_loss_of_n_minus_1(judge, make):
    without, with_spare = (judge(make["asset"]("a", "trafo.2", spares=spares)) for spares in (0, 1))
    # 8 h instead of 48 h: the expected loss of a second failure falls in proportion
    ratio = with_spare.consequence.security_chf / without.consequence.security_chf
    assert ratio == pytest.approx(8.0 / 48.0)


def test_a_cooling_finding_on_air_raises_the_probability_of_failure_and_is_the_cause(judge, make):
    seen = {"trafo.1": (Seen("cooling", "transformer_top_oil_residual", 12.0, 1.0, "2016-01-28T03:00:00+00:00"),)}
    asset = make["asset"]("a", "trafo.1", installed_year=1975)
    sick = judge(asset, on_air=OnAir(datetime(2016, 1, 31, tzinfo=UTC), seen))
    assert sick.health.score > judge(asset).health.score
    assert cause_name(sick.causes[0]) == "cooling"


def test_a_suspect_sensor_makes_measurements_unknown_and_nothing_worse(judge, make):
    seen = {"trafo.1": (Seen("sensor", "transformer_sensor_stuck", float("nan"), 1.0, ""),)}
    asset = make["asset"]("a", "trafo.1")
    told = judge(asset, on_air=OnAir(datetime(2016, 1, 31, tzinfo=UTC), seen))
    assert told.health.score == judge(asset).health.score
    assert "measured" in told.unknown


def test_a_poor_inspection_is_a_cause_and_a_good_one_is_none(judge, make):
    worn = judge(make["asset"]("a", "trafo.1", inspections=(Inspection(date(2014, 5, 1), 4.0),)))
    sound = judge(make["asset"]("a", "trafo.1", inspections=(Inspection(date(2014, 5, 1), 1.0),)))
    assert "cause.inspection" in {cause.code for cause in worn.causes}
    assert "cause.inspection" not in {cause.code for cause in sound.causes}
    assert worn.health.score > sound.health.score


def test_what_has_no_free_hour_is_left_out_and_says_so(rank, make):
    ranked = rank(make["asset"]("old", "trafo.1", installed_year=1940), slots=lambda _one, _action: Slot(None, ()))
    replaced = next(item for item in ranked if item.action == "replace")
    assert (replaced.status, replaced.why_not.code) == ("left_out", "why_not.blocked")
    assert replaced.why_not.params["because"] == NO_WINDOW


def test_the_crew_takes_the_better_of_two_and_the_other_says_what_it_would_displace(rank, make):
    two_hours = Means({"electrician": 2.0}, 1e6)
    # dear failures, so that both inspections pay
    ranked = rank(
        make["asset"]("lonely", "trafo.1", pcb_ppm=80.0), make["asset"]("tied", "trafo.2", pcb_ppm=80.0), means=two_hours
    )
    lonely, tied = (next(i for i in ranked if (i.asset, i.action) == (name, "inspect")) for name in ("lonely", "tied"))
    assert lonely.status == "chosen"
    assert (tied.why_not.code, tied.why_not.params["displaced"]) == ("why_not.crew_hours", ["lonely:inspect"])


def test_large_work_comes_after_the_look_that_confirms_it(known, make, judge):
    look, work = known.table.actions
    ordered = replace(
        known, table=known.table.model_copy(update={"actions": (look, work.model_copy(update={"after": look.action}))})
    )
    old = make["asset"]("old", "trafo.1", installed_year=1940)
    alone, together = (
        {
            c.action.action: c.intervention
            for c in candidates([judge(old)], each, lambda _one, _action: Slot(None, (), known=False))
        }
        for each in (known, ordered)
    )
    assert together["replace"].after == together["inspect"].id
    # what the look alone avoids is not avoided twice
    both = alone["replace"].risk_avoided_chf - alone["inspect"].risk_avoided_chf
    assert together["replace"].risk_avoided_chf == pytest.approx(max(both, 0.0))


def test_an_action_that_comes_after_one_that_nobody_knows_is_refused(make):
    look, work = (action.model_dump() for action in make["table"]().actions)
    with pytest.raises(ValueError, match="'replace', after 'listen': expected one of inspect; correct the name"):
        make["table"](actions=[look, work | {"after": "listen"}])


def test_the_planned_outage_closes_the_tie_before_it_takes_the_station_out(rank, make):
    ranked = rank(make["asset"]("tied", "trafo.2", installed_year=1940))
    steps = next(item for item in ranked if item.action == "replace").switching
    assert [(step.switch, step.closes) for step in steps] == [(make["tie"], True), (None, False)]


def test_a_ranking_is_the_same_after_json(rank, make):
    (item, *_) = rank(make["asset"]("a", "trafo.1"), make["asset"]("b", "trafo.2", installed_year=1940))
    from twin.maintenance.ranking.ranked import Ranked

    whole = Ranked(
        "v", {"en": "V"}, "Europe/Zurich", "2016-02-01T00:00:00+00:00", 1.0, 2.0, 10, (item,), (), (), (), ("a fault",), ()
    )
    assert Ranked.from_json(json.loads(json.dumps(whole.to_json(), allow_nan=False))) == whole


def test_more_own_failures_than_expected_raise_the_class_and_none_leave_it(known, station_class, make):
    fleet = [assess(make["asset"](f"t{i}", "trafo.1"), known, station_class) for i in range(20)]
    classes = {"mv_lv_transformer": station_class}
    assert in_the_light_of([], fleet, classes, known.as_of).classes == classes
    records = [Failure(f"t{i}", date(2011 + i % 5, 3, 1), "mv_lv_transformer", 1970) for i in range(6)]
    light = in_the_light_of(records, fleet, classes, known.as_of)
    assert light.classes["mv_lv_transformer"].k_percent > station_class.k_percent
    assert light.said[0].params["count"] == 6


def test_across_years_no_year_spends_more_than_its_budget(known, station_class, make):
    # failures so dear that replacing pays; one a year fits the budget
    costly = replace(known, lost_load_chf_per_kwh=3_000.0)
    assets = [make["asset"](f"t{i}", "trafo.1", installed_year=1950) for i in range(3)]
    found = candidates([assess(asset, costly, station_class) for asset in assets], costly, free)
    means = Means({"electrician": 30.0}, 30_000.0)
    listed, years = across_years(found, items(found, means, {})[0], means, costly, 3)
    assert [year.year for year in years] == [2016, 2017, 2018]
    assert all(year.cost_chf <= 30_000.0 and year.crew_h <= 30.0 for year in years)
    replaced = sorted(item.year for item in listed if item.action == "replace" and item.year is not None)
    assert replaced == [0, 1, 2]

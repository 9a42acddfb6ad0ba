"""A quiet evening of the demo town, played: nobody decides, line 66 is out from 17:50 to 18:20."""

import json

import numpy as np
import pytest

from scenarios.play.play import play
from scenarios.results.read import open_series
from twin.domain.finite import finite
from twin.regie.chain import verify


def test_where_nobody_decides_every_figure_equals_that_of_doing_nothing(evening):
    for group in ("economic", "grid", "climate"):
        sides = evening.result["kpis"][group]
        assert set(sides["value"]) == set(sides["do_nothing"]) == set(sides["difference"])
        assert set(sides["difference"].values()) == {0.0}
    assert set(evening.result["operator_view"]["difference"].values()) == {0.0}
    assert evening.result["violations"] == evening.result["violations_do_nothing"]
    assert evening.result["n1"] == evening.result["n1_do_nothing"]


def test_its_journal_is_one_of_a_live_run(evening):
    records, head, problems = verify(evening.played.folder / "state")
    # Four quarter hours, the outage, its end, and between them the call of the roster's first: nobody took the alarm.
    assert (records, head, problems) == (7, evening.result["head"], [])


def test_played_again_nothing_is_left_to_do_and_the_result_is_the_same(evening):
    told = []
    again = play(evening.rehearsal, evening.played.folder, progress=lambda *_: None, ticks=lambda *done: told.append(done))
    assert not told
    assert json.dumps(finite(again.result)) == json.dumps(finite(evening.result))


def test_the_series_holds_both_sides_of_every_quarter_hour(evening):
    with open_series(evening.played.folder) as series:
        assert series["side"].values.tolist() == ["plan", "do_nothing"]
        assert series["time"].values[0] == np.datetime64("2016-01-25T16:30:00")
        assert series.sizes["time"] == 4
        known = ("import_p_mw", "loss_mw", "renewable_share", "co2_g_per_kwh", "price_chf_per_kwh", "zone_load_p_mw")
        assert all(np.isfinite(series[name].values).all() for name in known)
        assert np.isfinite(series["device_p_mw"].values).any()
        assert np.isnan(series["setpoint_p_mw"].values).all()


def test_its_losses_are_those_of_the_account(evening):
    with open_series(evening.played.folder) as series:
        mwh = 0.25 * float(series["loss_mw"].sel(side="plan").sum())
    assert mwh == pytest.approx(evening.result["kpis"]["grid"]["value"]["losses_mwh"], rel=1e-6)  # float32 of four values


def test_who_stood_in_the_dark_counts_as_interrupted_as_planned_as_the_outage_was(evening):
    grid = evening.result["kpis"]["grid"]["value"]
    # 30 minutes for a seventh of the town; the régie hears of the outage the second after it
    assert grid["saidi_planned_min"] == pytest.approx(30.0 * grid["saifi_planned"], rel=0.01)
    assert 0.05 < grid["saifi_planned"] < 0.3
    assert grid["saidi_unplanned_min"] == grid["saifi_unplanned"] == 0.0


def test_import_above_the_scenarios_limit_is_a_violation_while_the_limit_holds(evening):
    (above,) = [one for one in evening.result["violations"] if one["kind"] == "import"]
    assert (above["from"][11:16], above["until"][11:16]) == ("17:00", "17:30")
    with open_series(evening.played.folder) as series:
        import_mw = series["import_p_mw"].sel(side="plan").values[2:]
    assert above["integral"] == pytest.approx(0.25 * float((import_mw - 20.0).sum()), rel=1e-6)
    assert above["worst"] == pytest.approx(float(import_mw.max()))


def test_n1_of_every_hour_names_the_worst_outage(evening):
    n1 = evening.result["n1"]
    assert n1["hour"] == ["2016-01-25T16:00:00+00:00", "2016-01-25T17:00:00+00:00"]
    # one main transformer carries the town alone and is full in the evening peak: the other's outage is the worst
    assert set(n1["worst_outage"]) <= {"trafo:0", "trafo:1"}
    # the other then carries the town, and stays lit itself
    assert all(loaded not in {None, outage} for loaded, outage in zip(n1["loaded"], n1["worst_outage"], strict=True))
    assert all(margin < 0.0 for margin in n1["margin_percent"])
    assert all(after <= before for before, after in zip(n1["unsupplied_before_mw"], n1["unsupplied_after_mw"], strict=True))
    assert evening.result["kpis"]["grid"]["value"]["n1_margin_percent"] == min(n1["margin_percent"])


def test_what_the_site_does_not_state_is_absent_and_said(evening):
    assert "capex_deferred_chf_per_year" not in evening.result["economic_split"]
    assert "n1_minutes_to_restore" not in evening.result
    assert any("reinforcement_chf_per_kw_year" in note for note in evening.result["notes"])
    assert any("minutes" in note for note in evening.result["notes"])


def test_ten_thousand_viewers_ask_for_the_pages_own_bytes(evening):
    audience = evening.result["audience"]
    assert audience["requests_per_second"] == pytest.approx(10_000 / 60.0)
    assert audience["requests_per_second_peak"] == pytest.approx(10_000 / 15.0)
    assert 500 < audience["snapshot_bytes"] < 4096  # the page's budget for a snapshot
    per_viewer = 60 * audience["header_bytes"] + 4 * audience["snapshot_bytes"]
    assert audience["mb_per_hour"] == pytest.approx(10_000 * per_viewer / 1e6)

"""Go or no-go of a hamlet, with real boxes, a real engine and a real journal."""

from datetime import timedelta

import pytest
from before_air import options, silent
from hamlet import SUMMER, hamlet

from scenarios.preflight.flight import preflight
from scenarios.preflight.line import Verdict
from twin.domain.problems import BadInput
from twin.domain.time import QUARTER_HOUR


def test_a_hamlet_as_it_should_be_has_no_no_go(fine):
    lines, flight = fine
    assert [line for line in lines.values() if line.verdict is Verdict.NO_GO] == []
    assert flight.verdict is Verdict.CAUTION  # for want of mail


def test_every_line_that_is_no_go_or_caution_says_what_to_do(fine):
    assert all(line.remedy for line in fine[0].values() if line.verdict is not Verdict.GO)


def test_every_box_and_its_ladder_have_a_line(fine):
    for box in ("load", "pv", "station", "tariff"):
        assert fine[0][f"box {box}"].verdict is Verdict.GO
        assert fine[0][f"fallbacks of {box}"].value.endswith("constant")


def test_the_engine_is_held_against_runpp_on_the_state_as_it_is(fine):
    assert float(fine[0]["engine"].value.split(": ")[1].split()[0]) < 1e-6


def test_without_a_mail_table_somebody_is_told_what_that_means(fine):
    mail = fine[0]["mail"]
    assert mail.verdict is Verdict.CAUTION
    assert "reach nobody" in mail.value


def test_preflight_leaves_no_trace_in_the_state_directory(fine):
    assert not fine[1].state.exists()


def test_a_box_that_raises_is_no_go_in_its_own_words(fly):
    lines, flight = fly(hamlet(days=0.1, weeks=1).with_moody("raises", 0, 5))
    assert flight.verdict is Verdict.NO_GO
    assert lines["box moody"].verdict is Verdict.NO_GO
    assert "not today" in lines["box moody"].value


def test_telemetry_that_ended_three_days_ago_is_no_go_where_the_site_follows_the_clock(fly):
    made = hamlet(days=0.1, weeks=1)
    lines, _ = fly(made, start=None, now=SUMMER + timedelta(days=3))
    assert lines["telemetry age"].verdict is Verdict.NO_GO
    assert lines["telemetry coverage"].verdict is Verdict.NO_GO
    assert "--start" in lines["telemetry age"].remedy


def test_a_missing_channel_is_named(fly):
    made = hamlet(days=0.1, weeks=1)
    made.window = [reading for reading in made.window if reading.channel != "bus.5.vm_pu"]
    made.history = "\n".join(line for line in made.history.splitlines() if ",bus.5.vm_pu," not in line) + "\n"
    coverage = fly(made)[0]["telemetry coverage"]
    assert coverage.verdict is Verdict.CAUTION
    assert "not bus.5.vm_pu" in coverage.value


def test_rows_from_tomorrow_are_seen_where_the_site_follows_the_clock(fly):
    made = hamlet(days=0.5, weeks=1)
    lines, _ = fly(made, start=None, now=SUMMER + 2 * QUARTER_HOUR)
    assert lines["telemetry stamps"].verdict is Verdict.CAUTION
    assert "not over" in lines["telemetry stamps"].value


def test_a_fault_of_the_site_file_is_a_line_of_its_own_with_its_remedy(fly):
    made = hamlet(days=0.1, weeks=1)
    made.site = made.site.replace("buses = [5]", "buses = [50]")
    lines, flight = fly(made)
    faults = [line for line in flight.lines if line.name == "site"]
    assert {line.verdict for line in faults} == {Verdict.NO_GO}
    assert any("50" in line.value and line.remedy for line in faults)
    assert "box load" not in lines  # a site with faults starts no box


def test_a_site_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(BadInput, match=r"nowhere\.toml"):
        preflight(options(tmp_path / "nowhere.toml", tmp_path), SUMMER, send_test=False, progress=silent)

"""The arithmetic of `regie bench public`: percentiles, shares, slopes, ratios, phases, and runs that are taken up again."""

import json
import sys
from collections import Counter
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))
from public_bench import Kept, told
from public_figures import STEP, added, bucket, figures_of, missed, percentile, show, tick_ratio
from public_run import Phase, phases
from trend import common_slope, slope

HEAD = {"viewers": 100, "server": "embedded", "tick_s": 60.0, "snapshot_bytes": 3000, "first_load_bytes": 12000}


def line(phase="steady", **other):
    """Ten seconds of a run."""
    counts = {"asked": 20, "reconnects": 0, "errors": {}, "latency_ms": {"10": 20}, "fresh_s": {}, "connected": 100}
    spent = {"wall_s": 10.0, "cpu_s": 0.8, "export_cpu_s": 0.0, "client_cpu_s": 1.0, "client_late_ms": 3.0}
    of_loop = {"ticks_ms": [], "misses": 0, "load": 1.0}
    return {"run": 0, "phase": phase, "at_s": 0.0, "rss_mb": 60.0, **counts, **spent, **of_loop, **other}


# ------------------------------------------------------------------------------------------ percentiles


@given(values=st.lists(st.floats(0.01, 1e5), min_size=1, max_size=300), level=st.sampled_from([50.0, 95.0, 99.0]))
def test_a_percentile_is_told_at_most_five_percent_too_high_and_never_too_low(values, level):
    told = percentile(Counter(map(bucket, values)), level)
    true = float(np.percentile(values, level, method="inverted_cdf"))
    assert true * (1.0 - 1e-9) <= told <= true * STEP * (1.0 + 1e-9)


def test_nothing_has_no_percentile():
    assert percentile({}, 99.0) is None


def test_histograms_of_lines_add_up_whatever_json_made_of_their_buckets():
    lines = [{"latency_ms": Counter({3: 1, 9: 2})}, json.loads(json.dumps({"latency_ms": Counter({3: 4})}))]
    assert added(lines, "latency_ms") == {3: 5, 9: 2}


# ------------------------------------------------------------------------------------------ memory over time


def test_the_slope_of_a_line_is_its_own_and_its_bound_too():
    found, upper = common_slope([([0.0, 1.0, 2.0, 3.0], [5.0, 5.5, 6.0, 6.5])])
    assert (found, upper) == pytest.approx((0.5, 0.5))


def test_a_step_between_two_stretches_is_no_slope():
    found, _ = common_slope([([0.0, 1.0, 2.0], [60.0, 60.0, 60.0]), ([3.0, 4.0, 5.0], [75.0, 75.0, 75.0])])
    assert found == pytest.approx(0.0, abs=1e-12)


@given(st.lists(st.tuples(st.floats(0.0, 12.0), st.floats(50.0, 200.0)), min_size=4, max_size=40, unique_by=lambda p: p[0]))
def test_one_stretch_has_the_slope_and_the_bound_of_plain_least_squares(points):
    x, y = zip(*sorted(points), strict=True)
    if np.ptp(x) > 1e-3:
        assert common_slope([(x, y)]) == pytest.approx(slope(x, y), rel=1e-6, abs=1e-6)


def test_the_bound_lies_above_the_true_slope_in_most_of_a_hundred_runs_and_tightens_with_length():
    drawn = np.random.default_rng(7)

    def bound(minutes):
        hours = np.arange(minutes) / 60.0
        return common_slope([(hours, 60.0 + 0.3 * hours + drawn.normal(0.0, 0.2, minutes))])[1]

    assert sum(bound(60) >= 0.3 for _ in range(100)) >= 92  # 97.5 expected, 1.6 of them the standard deviation
    assert np.mean([bound(240) for _ in range(20)]) < np.mean([bound(60) for _ in range(20)])


def test_too_short_a_run_says_nothing_of_its_memory():
    assert common_slope([]) == (None, None)
    assert common_slope([([0.0, 1.0], [60.0, 61.0])]) == (None, None)
    nine = [line(at_s=60.0 * n, rss_mb=60.0 + n) for n in range(9)]
    assert figures_of(HEAD, nine)["rss_slope_mb_h"] is None
    assert figures_of(HEAD, [*nine, line(at_s=540.0, rss_mb=69.0)])["rss_slope_mb_h"] == pytest.approx(60.0)


def test_memory_of_a_burst_and_of_another_start_is_left_out_of_the_slope():
    calm = [line(at_s=60.0 * n, rss_mb=60.0 + n / 60.0) for n in range(10)]
    burst = [line("burst", at_s=600.0 + 60.0 * n, rss_mb=90.0 + 9.0 * n) for n in range(5)]
    after = [line(at_s=900.0 + 60.0 * n, rss_mb=80.0 + n / 60.0) for n in range(10)]
    again = [line(run=1, at_s=60.0 * n, rss_mb=55.0 + n / 60.0) for n in range(10)]
    figures = figures_of(HEAD, [*calm, *burst, *after, *again])
    assert figures["rss_slope_mb_h"] == pytest.approx(1.0)
    assert figures["rss_mb"] == 126.0


# ------------------------------------------------------------------------------------------ shares and ratios


def test_the_share_of_a_core_is_that_of_the_steady_crowd():
    lines = [line("joining", cpu_s=9.0), line(cpu_s=0.5), line(cpu_s=1.5), line("burst", cpu_s=3.0), line("quiet", cpu_s=0.0)]
    figures = figures_of(HEAD, lines)
    assert figures["core_share"] == pytest.approx(0.1)
    assert figures["burst_core_share"] == pytest.approx(0.3)


def test_the_same_run_in_shorter_lines_has_the_same_figures():
    half = {"wall_s": 5.0, "cpu_s": 0.4, "client_cpu_s": 0.5, "asked": 10, "latency_ms": {"10": 10}}
    whole = [line(at_s=60.0 * n) for n in range(4)]
    halves = [line(at_s=one["at_s"], **half) for one in whole for _ in range(2)]
    shorter, longer = ({**figures_of(HEAD, lines), "said": None} for lines in (halves, whole))
    assert shorter == pytest.approx(longer)


def test_errors_of_every_phase_count_and_say_what_they_were():
    figures = figures_of(HEAD, [line("joining", errors={"status 503": 2}), line(errors={"status 503": 1, "refused": 1})])
    assert figures["errors"] == 4
    assert figures["said"] == {"status 503": 3, "refused": 1}
    assert "errors" in missed(figures)


def test_the_loop_is_compared_with_itself_when_nobody_asks():
    lines = [line("quiet", ticks_ms=[100.0, 90.0]), line(ticks_ms=[105.0]), line("quiet", ticks_ms=[110.0])]
    assert tick_ratio(lines) == pytest.approx(1.05)
    assert tick_ratio([line(ticks_ms=[105.0])]) is None


def test_joining_is_neither_quiet_nor_load_for_the_loop():
    assert tick_ratio([line("quiet", ticks_ms=[100.0]), line(ticks_ms=[100.0]), line("joining", ticks_ms=[900.0])]) == 1.0


def test_the_report_has_the_keys_that_were_asked_for():
    asked = {"viewers", "errors", "p99_ms", "core_share", "rss_mb", "rss_slope_mb_h", "tick_ratio", "snapshot_bytes"}
    assert asked | {"first_load_bytes", "fresh_p99_s", "rss_slope_upper_mb_h"} <= set(figures_of(HEAD, []))


def test_limits_are_shown_as_they_were_set():
    shown = StringIO()
    show(figures_of(HEAD, []), Console(file=shown, width=100))
    assert [said for said in ("<= 15,360", "<= 4,096", "<= 0.15", "<= 1.1 ", "<= 0 ") if said not in shown.getvalue()] == []


KEPT = {"latency_ms": {"10": 20}, "fresh_s": {"10": 20}}


def test_a_run_within_its_limits_owes_nothing_that_it_was_too_short_to_measure():
    assert missed(figures_of(HEAD, [line(**KEPT)])) == []


def test_a_figure_that_a_run_was_long_enough_to_have_and_has_not_is_missed():
    minutes = [line(at_s=60.0 * n, wall_s=60.0, **KEPT) for n in range(11)]
    figures = figures_of(HEAD, minutes)
    assert missed(figures) == []
    assert missed({**figures, "rss_slope_upper_mb_h": None}) == ["rss_slope_upper_mb_h"]
    assert missed(figures_of(HEAD, [line(**KEPT), line("quiet")])) == ["tick_ratio"]  # a loop that never ticked
    assert missed(figures_of(HEAD, [line(latency_ms={}, fresh_s={"10": 1})])) == ["p99_ms"]


def test_a_burst_has_a_limit_of_its_own():
    assert missed(figures_of(HEAD, [line(**KEPT), line("burst", cpu_s=3.1, **KEPT)])) == ["burst_core_share"]


def test_the_exit_code_says_whether_every_limit_was_kept(capsys):
    assert told([]) == 0
    assert told(["errors", "p99_ms"]) == 1
    assert "errors, p99_ms" in capsys.readouterr().err


# ------------------------------------------------------------------------------------------ the course of a run


@given(viewers=st.integers(1, 20_000), asked_s=st.floats(30.0, 43_200.0), burst=st.booleans())
def test_what_is_measured_is_as_long_as_asked_and_a_burst_is_half_as_many_more(viewers, asked_s, burst):
    plan = phases(viewers, asked_s, quiet_s=60.0, burst=burst)
    measured = [phase for phase in plan if phase.name in ("steady", "burst")]
    assert sum(phase.seconds for phase in measured) == pytest.approx(asked_s)
    assert {phase.viewers for phase in measured} == ({viewers, viewers + viewers // 2} if burst else {viewers})
    assert (plan[0].name, plan[-1].name, plan[-1].viewers) == ("quiet", "quiet", 0)


def test_without_a_loop_beside_it_nobody_waits_for_quiet():
    assert Phase("quiet", 0.0, 0) not in phases(10, 60.0, quiet_s=0.0, burst=False)


def test_a_run_goes_on_where_it_was_and_forgets_a_torn_line(tmp_path):
    first = Kept(tmp_path / "soak.jsonl", HEAD)
    first.begin((3000, 12000))
    for phase in ("quiet", "steady", "burst"):
        first.add(line(phase))
    with (tmp_path / "soak.jsonl").open("a") as file:
        file.write('{"run": 0, "pha')
    second = Kept(tmp_path / "soak.jsonl", HEAD)
    assert (second.starts, second.asked_s, second.foreign) == (1, 20.0, False)
    second.begin((3000, 12000))
    second.add(line(run=1))
    third = Kept(tmp_path / "soak.jsonl", HEAD)
    assert (third.starts, third.asked_s) == (2, 30.0)
    assert third.lines == second.lines


def test_a_file_of_another_run_is_not_gone_on_with(tmp_path):
    Kept(tmp_path / "soak.jsonl", HEAD).begin((3000, 12000))
    assert Kept(tmp_path / "soak.jsonl", {**HEAD, "server": "nginx"}).foreign

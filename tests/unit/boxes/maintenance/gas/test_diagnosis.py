import math
from datetime import UTC, datetime, timedelta

import pytest

from twin.boxes.maintenance.gas.diagnosis import diagnose
from twin.boxes.maintenance.gas.limits import limits_for, rate_ppm_per_year
from twin.boxes.maintenance.gas.sample import Sample, implausible

LIMITS = limits_for("power", cautious=False)
NAMES = ("h2", "ch4", "c2h6", "c2h4", "c2h2", "co", "co2", "o2", "n2")
TYPICAL = {"h2": 20, "ch4": 15, "c2h6": 10, "c2h4": 12, "c2h2": 0.5, "co": 300, "co2": 2500}
START = datetime(2024, 1, 1, tzinfo=UTC)


def sample(day: float = 0.0, **gases: float) -> Sample:
    merged = {**TYPICAL, **gases}
    return Sample(at=START + timedelta(days=day), **{f"{gas}_ppm": merged.get(gas, math.nan) for gas in NAMES})


def test_typical_gases_give_no_code() -> None:
    found = diagnose([sample()], limits=LIMITS)
    assert (found.gated, found.code, found.triangle_1, found.ratios) == (False, "normal", None, None)


@pytest.mark.parametrize(("gas", "limit"), LIMITS.ppm.items())
def test_a_gas_at_its_typical_value_does_not_gate_and_above_it_does(gas, limit) -> None:
    assert not diagnose([sample(**{gas: limit})], limits=LIMITS).gated
    assert diagnose([sample(**{gas: limit + 1})], limits=LIMITS).gated


def test_a_single_sample_says_that_it_knows_no_trend() -> None:
    found = diagnose([sample()], limits=LIMITS)
    assert "single_sample" in found.notes
    assert all(math.isnan(rate) for rate in found.rates_ppm_per_year.values())


def test_a_rate_alone_gates() -> None:
    history = [sample(day, ch4=15 + 200 * day / 365.25) for day in (0, 60, 120, 180)]
    found = diagnose(history, limits=LIMITS)
    assert [(excess.kind, excess.gas) for excess in found.why] == [("rate", "ch4")]
    assert found.rates_ppm_per_year["ch4"] == pytest.approx(200.0)


def test_samples_a_week_apart_make_no_rate() -> None:
    found = diagnose([sample(0), sample(7, ch4=60)], limits=LIMITS)
    assert not found.gated
    assert "samples_too_near" in found.notes


def test_one_spoilt_sample_does_not_make_a_trend() -> None:
    history = [sample(day, ch4=900 if day == 120 else 15) for day in range(0, 300, 60)]
    assert not diagnose(history, limits=LIMITS).gated


def test_noise_of_the_laboratory_is_no_rise() -> None:
    # 1.5 ppm of acetylene in 90 days would be 6 ppm/year, above the typical 4; it is below twice the detection limit
    assert not diagnose([sample(0), sample(90, c2h2=2.0)], limits=LIMITS).gated


def test_old_samples_do_not_enter_the_rate() -> None:
    old, new = sample(0, ch4=100), [sample(2000, ch4=10), sample(2200, ch4=12)]
    kept = rate_ppm_per_year([old, *new], "ch4", least_spacing_days=30, trend_days=1000)
    assert kept == pytest.approx(2 / 200 * 365.25)


def test_order_of_samples_does_not_matter() -> None:
    history = [sample(day, ch4=15 + day) for day in (0, 60, 120)]
    assert diagnose(history[::-1], limits=LIMITS) == diagnose(history, limits=LIMITS)


def test_a_hot_joint_is_read_by_triangles_1_and_5() -> None:
    found = diagnose([sample(h2=200, ch4=600, c2h6=150, c2h4=1200, c2h2=10)], limits=LIMITS)
    assert (found.code, found.triangle_4, found.triangle_5) == ("T3", None, "T3")
    assert (found.ratios.codes, found.confidence, found.severity) == (("T3",), "high", "urgent")


def test_an_arc_is_read_by_triangle_1_alone() -> None:
    found = diagnose([sample(h2=800, ch4=200, c2h6=30, c2h4=250, c2h2=400)], limits=LIMITS)
    assert (found.code, found.triangle_4, found.triangle_5, found.severity) == ("D2", None, None, "urgent")


def test_stray_gassing_is_told_from_a_fault_by_triangle_4() -> None:
    found = diagnose([sample(h2=400, ch4=100, c2h6=120, c2h4=5, c2h2=0)], limits=LIMITS)
    assert (found.code, found.triangle_4, found.severity) == ("T1", "S", "watch")


def test_a_middle_temperature_is_read_by_both_low_triangles() -> None:
    found = diagnose([sample(h2=100, ch4=500, c2h6=130, c2h4=200, c2h2=0)], limits=LIMITS)
    assert (found.code, found.triangle_4, found.triangle_5) == ("T2", "C", "C")


def test_contradicting_methods_lower_the_confidence() -> None:
    # CH4/H2 above 1 and C2H4/C2H6 below 1: T1 by ratios; much acetylene: a discharge by the triangle
    found = diagnose([sample(h2=100, ch4=200, c2h6=300, c2h4=50, c2h2=60)], limits=LIMITS)
    assert (found.code, found.ratios.codes, found.confidence) == ("D1", ("T1",), "low")


def test_ratios_outside_the_table_leave_it_to_the_triangle() -> None:
    found = diagnose([sample(h2=400, ch4=300, c2h6=50, c2h4=200, c2h2=3)], limits=LIMITS)
    assert (found.ratios.codes, found.code, found.confidence) == ((), "T2", "medium")


def test_carbon_oxides_alone_name_no_fault_of_the_oil() -> None:
    found = diagnose([sample(co=1500, co2=3500)], limits=LIMITS)
    assert (found.code, found.triangle_1, found.paper) == ("undetermined", None, "possible carbonisation")
    assert "carbon_oxides_only" in found.notes


def test_gases_of_the_tap_changer_lower_the_confidence() -> None:
    found = diagnose([sample(h2=20, c2h2=100, c2h4=60)], limits=LIMITS)
    assert "tap_changer_leak" in found.notes
    assert found.confidence == "low"


def test_a_tap_changer_that_shares_oil_may_show_more_acetylene() -> None:
    arcing = [sample(h2=100, c2h2=100)]
    assert diagnose(arcing, limits=LIMITS).gated
    assert not diagnose(arcing, limits=limits_for("power_communicating_oltc", cautious=False)).gated


def test_missing_acetylene_leaves_the_code_undetermined() -> None:
    found = diagnose([sample(h2=400, c2h2=math.nan)], limits=LIMITS)
    assert (found.gated, found.code, found.confidence) == (True, "undetermined", "none")
    assert "gases_missing" in found.notes


def test_high_and_rising_is_graver_than_high() -> None:
    steady = [sample(day, h2=300, ch4=400, c2h6=450, c2h4=20) for day in (0, 120, 240)]
    rising = [sample(day, h2=300, ch4=100 + 1.25 * day, c2h6=450, c2h4=20) for day in (0, 120, 240)]
    assert (diagnose(steady, limits=LIMITS).severity, diagnose(rising, limits=LIMITS).severity) == ("watch", "act")


def test_a_graver_finding_is_sampled_sooner() -> None:
    urgent = diagnose([sample(h2=800, ch4=200, c2h6=30, c2h4=250, c2h2=400)], limits=LIMITS)
    normal = diagnose([sample()], limits=LIMITS)
    assert (urgent.next_sample - urgent.at, normal.next_sample - normal.at) == (timedelta(days=7), timedelta(days=365))


def test_cautious_limits_gate_more() -> None:
    middling = [sample(ch4=80)]
    assert diagnose(middling, limits=limits_for("power", cautious=True)).gated
    assert not diagnose(middling, limits=LIMITS).gated


def test_own_values_lie_over_the_typical_ones() -> None:
    assert diagnose([sample()], limits=limits_for("power", cautious=False, ppm={"h2": 10})).gated


def test_distribution_transformers_say_that_no_rate_is_published() -> None:
    assert "rates_unknown" in diagnose([sample(0), sample(100)], limits=limits_for("distribution", cautious=False)).notes


def test_no_sample_is_no_diagnosis() -> None:
    with pytest.raises(ValueError, match="at least one"):
        diagnose([], limits=LIMITS)


def test_a_negative_concentration_is_implausible() -> None:
    assert [fault.what for fault in implausible(sample(h2=-1.0))] == ["h2"]


def test_a_sample_without_fault_gases_is_implausible() -> None:
    nothing = dict.fromkeys(("h2", "ch4", "c2h6", "c2h4", "c2h2"), math.nan)
    assert [fault.what for fault in implausible(sample(**nothing))] == ["gases"]


def test_a_time_without_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        Sample(at=datetime(2026, 1, 1), **{f"{gas}_ppm": 1.0 for gas in NAMES})  # noqa: DTZ001 - the point of the test

"""What a run says on a terminal."""

from pathlib import Path

from scenarios.run.table import lines


def side(probability):
    unknown = {"value": None, "low": None, "high": None}
    headline = dict.fromkeys(("energy_not_served_mwh", "cost_chf", "n1_margin_percent", "n1_short_probability"), unknown)
    return {"headline": {**headline, "violation_probability": probability}}


def test_futures_are_told_by_their_risk_with_its_interval_and_what_is_unknown_is_a_dash():
    result = {
        "scenario": "evening",
        "title": {"en": "An evening"},
        "site": "demo",
        "start": "2016-01-25T17:00:00+00:00",
        "ticks": 4,
        "mode": "futures",
        "kpis": {},
        "futures": {"n": 200, "wall_s": 12.3},
        "risk": {
            "plan": side({"value": 0.05, "low": 0.02, "high": 0.09}),
            "do_nothing": side({"value": 0.95, "low": 0.91, "high": 0.98}),
        },
    }
    said = "\n".join(lines({Path("out"): result}))
    assert "5.0 [2.0, 9.0]" in said
    assert "95.0 [91.0, 98.0] %" in said
    assert "- [-, -] CHF" in said

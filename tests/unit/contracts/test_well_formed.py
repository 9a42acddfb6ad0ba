"""What a box says is refused when no journal could keep it or no screen show it, and the problem names the place."""

from dataclasses import replace
from datetime import UTC, date, datetime

import numpy as np
import pytest
import xarray as xr

from twin.contracts.messages import Finding, Headline, Proposal, Report
from twin.contracts.report_codec import report_from_bytes, report_to_bytes
from twin.contracts.well_formed import form_problems

NOW = datetime(2016, 6, 15, 10, tzinfo=UTC)
STEPS = np.zeros(4)
FINDING = Finding("overload:trafo:2", 3, "overload", {"p_mw": 0.4}, "trafo:2", NOW, NOW, "planning")
PROPOSAL = Proposal("battery", NOW, STEPS, STEPS, STEPS, STEPS, STEPS, 10, "price_spread", {}, 1.0, 0.9)
OUTPUT = xr.DataArray(STEPS, dims=("time",), attrs={"units": "MW"})
REPORT = Report({"load": OUTPUT}, Headline("load", 1.0, "MW"), (PROPOSAL,), (FINDING,))


def of_finding(**wrong):
    return form_problems(replace(REPORT, findings=(replace(FINDING, **wrong),)))


def of_proposal(**wrong):
    return form_problems(replace(REPORT, proposals=(replace(PROPOSAL, **wrong),)))


def nested(levels):
    params = {}
    for _ in range(levels):
        params = {"in": params}
    return params


def test_words_numbers_and_instants_as_they_should_be_pass():
    assert form_problems(REPORT) == []


def test_what_travels_as_text_or_number_passes():
    params = {"at": NOW, "day": date(2016, 6, 15), "steps": (1, 2), "p_mw": np.float64(0.4), "none": None, "yes": True}
    assert of_finding(params=params, parent="feeder:1") == []
    assert form_problems(report_from_bytes(report_to_bytes(replace(REPORT, params=params)))) == []


@pytest.mark.parametrize("name", ["key", "code", "element", "owner", "parent"])
@pytest.mark.parametrize("value", [2, ("trafo", 2), b"trafo", "", "\ud800"], ids=repr)
def test_a_finding_whose_word_is_no_text_is_refused(name, value):
    (problem,) = of_finding(**{name: value})
    assert f": {name}" in problem


@pytest.mark.parametrize("priority", [0, 5, 2.5, 2.0, "2", True, None])
def test_a_priority_that_is_not_1_to_4_is_refused(priority):
    assert of_finding(priority=priority) == [f"finding 'overload:trafo:2': priority={priority!r}, expected 1 to 4"]


@pytest.mark.parametrize("name", ["at", "act_before"])
@pytest.mark.parametrize("value", [NOW.replace(tzinfo=None), NOW.date(), "2016-06-15T10:00:00+00:00", None], ids=repr)
def test_an_instant_without_a_time_zone_is_refused(name, value):
    (problem,) = of_finding(**{name: value})
    assert f": {name}=" in problem


NOT_JSON = {
    "nothing": None,
    "list": ["p_mw"],
    "set": {"zones": {"town"}},
    "object": {"box": object()},
    "nan": {"p_mw": float("nan")},
    "infinite within": {"limits": [1.0, {"low": -np.inf}]},
    "surrogate": {"name": "\udc80"},
    "surrogate as key": {"\udc80": 1},
    "too deep": nested(5),
}


@pytest.mark.parametrize("params", NOT_JSON.values(), ids=NOT_JSON)
def test_parameters_that_json_does_not_know_are_refused_wherever_they_stand(params):
    assert of_finding(params=params)[0].startswith("finding 'overload:trafo:2': params")
    assert of_proposal(params=params)[0].startswith("proposal for 'battery': params")
    assert form_problems(replace(REPORT, params=params))[0].startswith("report: params")


def test_parameters_that_are_nested_without_end_are_refused():
    (problem,) = of_finding(params=nested(5000))
    assert problem.startswith("finding 'overload:trafo:2': params: maximum recursion depth")


@pytest.mark.parametrize("attrs", [{"units": {"MW"}}, {"scale": float("inf")}])
def test_attributes_that_json_does_not_know_are_refused(attrs):
    (problem,) = form_problems(replace(REPORT, outputs={"load": OUTPUT.assign_attrs(attrs)}))
    assert problem.startswith("output 'load': attrs")


@pytest.mark.parametrize("name", ["device", "reason"])
@pytest.mark.parametrize("value", [None, 7, [], ""], ids=repr)
def test_a_proposal_whose_word_is_no_text_is_refused(name, value):
    (problem,) = of_proposal(**{name: value})
    assert f": {name}" in problem


@pytest.mark.parametrize("name", ["value_chf", "confidence"])
@pytest.mark.parametrize("value", [None, "1", float("nan")], ids=repr)
def test_a_proposal_whose_number_is_none_is_refused(name, value):
    assert of_proposal(**{name: value}) == [f"proposal for 'battery': {name}={value!r}, expected a finite number"]


def test_a_headline_and_a_reason_are_text():
    assert form_problems(replace(REPORT, reason=None)) == ["report: reason=None, expected text"]
    assert form_problems(replace(REPORT, headline=Headline(None, 1.0, 2))) == [
        "headline: label=None, expected text",
        "headline: unit=2, expected text",
    ]
    assert form_problems(replace(REPORT, headline=Headline("share", 1.0, ""))) == []  # a bare number has no unit

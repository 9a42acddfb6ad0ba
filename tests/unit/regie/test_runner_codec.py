"""Reports and envelopes survive the way through bytes; equal content gives equal bytes."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from twin.contracts.messages import Envelope, Finding, Headline, Outcome, Proposal, Report, Service
from twin.contracts.report_codec import (
    envelope_from_bytes,
    envelope_to_bytes,
    report_from_bytes,
    report_to_bytes,
    signals_from_bytes,
    signals_to_bytes,
)
from twin.domain.pack import UnpackError
from twin.domain.quality import Quality
from twin.domain.time import quarter_hours

AS_OF = datetime(2016, 6, 15, 10, 0, tzinfo=UTC)


def signal(values, **coords):
    dims = ("time", "quantile", "zone")
    full = {
        "time": quarter_hours(AS_OF, values.shape[0]),
        "quantile": np.linspace(0.1, 0.9, values.shape[1]),
        "zone": [f"z{i}" for i in range(values.shape[2])],
        **coords,
    }
    return xr.DataArray(values, dims=dims, coords=full, name="x", attrs={"units": "MW", "issued_at": AS_OF.isoformat()})


def report(values=None):
    series = np.array([0.1, 0.2])
    return Report(
        outputs={"load_forecast_p_mw": signal(np.ones((4, 3, 2)) if values is None else values)},
        headline=Headline("town_load", 1.5, "MW"),
        proposals=(
            Proposal(
                "battery", AS_OF, series, series - 1, series + 1, 0 * series, 0 * series, 3, "price", {"spread": 0.1}, 1.0, 0.5
            ),
        ),
        findings=(
            Finding("overload:2", 2, "overload", {"percent": 110}, "trafo 2", AS_OF, AS_OF + timedelta(hours=1), "grid"),
        ),
        params={"zones": ["a", "b"], "count": np.int64(3)},
    )


@settings(max_examples=40, deadline=None)
@given(hnp.arrays(np.float64, hnp.array_shapes(min_dims=3, max_dims=3, max_side=5), elements=st.floats(width=64)))
def test_outputs_with_any_numbers_survive(values):
    found = report_from_bytes(report_to_bytes(report(values)))
    xr.testing.assert_identical(found.outputs["load_forecast_p_mw"].rename("x"), signal(values + 0.0))


def test_bytes_are_canonical():
    once = report_to_bytes(report())
    assert report_to_bytes(report_from_bytes(once)) == once


def test_an_envelope_survives_with_proposals_and_findings():
    envelope = Envelope(
        "load",
        "load",
        "1",
        "planning",
        "champion",
        AS_OF,
        AS_OF,
        AS_OF,
        Quality.FORECAST | Quality.STALE,
        Service.FALLBACK,
        Outcome.DEADLINE,
        "last_good",
        "ab",
        None,
        report(),
        ("too late",),
    )
    found = envelope_from_bytes(envelope_to_bytes(envelope))
    assert (found.quality, found.outcome, found.problems) == (envelope.quality, envelope.outcome, envelope.problems)
    assert found.report.findings == envelope.report.findings
    np.testing.assert_array_equal(found.report.proposals[0].upper_mw, envelope.report.proposals[0].upper_mw)


def test_an_irregular_time_axis_and_a_quality_coordinate_survive():
    times = quarter_hours(AS_OF, 5)[[0, 1, 4]]
    array = xr.DataArray(
        np.zeros(3), dims=("time",), coords={"time": times, "quality": ("time", np.array([0, 1, 2], np.uint8))}
    )
    xr.testing.assert_identical(signals_from_bytes(signals_to_bytes({"a": array}))["a"].rename(None), array)


def test_nan_in_the_headline_travels_so_that_it_can_be_refused_by_name():
    wrong = Report({}, Headline("load", float("nan"), "MW"))
    assert np.isnan(report_from_bytes(report_to_bytes(wrong)).headline.value)


def test_what_cannot_travel_is_named():
    with pytest.raises(TypeError, match="of type object cannot travel"):
        report_to_bytes(Report({}, Headline("load", 1.0, "MW"), params={"x": object()}))


def test_a_message_cut_short_is_refused():
    with pytest.raises(UnpackError):
        report_from_bytes(report_to_bytes(report())[:200])

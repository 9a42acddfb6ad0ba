"""Faulty history on air: missing channels widen the band, stuck meters and spikes teach nothing."""

from __future__ import annotations

import numpy as np
import pytest
import towns

from forecasts.load.box import LoadBox
from forecasts.quantiles import LEVELS
from twin.domain.pack import pack

SIGNAL = "load_forecast_p_mw"
AS_OF = "2016-06-15T10:00"
MIDDLE = LEVELS.index(0.5)


def answer(edit=None, as_of=AS_OF, **config):
    """Quantiles of a trained box whose history ``edit`` has spoilt, dims (time, quantile)."""
    box = LoadBox({"zone": "town", "experts": ["day_type", "ridge"], **config}, towns.context())
    view = towns.load_view(towns.instant(as_of), edit=edit)
    artifact = box.fit(view, seed=1)
    return box.step(view, artifact, None)[0].outputs[SIGNAL].values[:, :, 0]


def truth():
    return towns.load_mw(towns.quarter_hours(towns.instant(AS_OF), 192))


def width(band):
    return float(np.mean(band[:, -1] - band[:, 0]))


def error(edits):
    """Mean absolute error over several origins and edits of their history [MW]."""
    found = []
    for day in (13, 15, 17):
        as_of = f"2016-06-{day}T06:00"
        labels = towns.quarter_hours(towns.instant(as_of), 192)
        found.append(np.mean(np.abs(answer(edits, as_of)[:, MIDDLE] - towns.load_mw(labels))))
    return np.mean(found)


@pytest.fixture(scope="module")
def clean():
    return answer()


@pytest.fixture(scope="module")
def clean_error():
    return error(None)


def test_a_third_of_the_rows_missing_leaves_a_finite_forecast_of_about_the_same_error(clean_error):
    def holes(labels, values):
        hour = labels.astype("datetime64[h]")
        return np.where(towns.noise(hour.astype("datetime64[ns]"), "holes") > 0.5, np.nan, values)

    missing = holes(np.arange("2016-05-01", "2016-06-01", np.timedelta64(15, "m"), dtype="datetime64[ns]"), np.zeros(2976))
    assert 0.25 < np.isnan(missing).mean() < 0.35
    assert error(holes) <= 1.3 * clean_error  # 15 % may cost 15 %; this is twice that


def test_fifteen_percent_of_gaps_cost_at_most_fifteen_percent(clean_error):
    def holes(labels, values):
        hour = labels.astype("datetime64[h]").astype("datetime64[ns]")
        return np.where(towns.noise(hour, "holes") > 1.04, np.nan, values)

    assert error(holes) <= 1.15 * clean_error


def test_the_last_day_missing_costs_at_most_fifteen_percent(clean_error):
    def forget(labels, values):
        return np.where(np.arange(len(values)) >= len(values) - 96, np.nan, values)

    def forget_the_night(labels, values):
        return np.where(np.arange(len(values)) >= len(values) - 16, np.nan, values)

    # Both are without the last error, which a live tick has: what is compared is the day's path.
    assert error(forget) <= 1.15 * error(forget_the_night)


def test_a_day_without_telemetry_widens_the_coming_hours(clean):
    blind = answer(lambda labels, values: np.where(np.arange(len(values)) >= len(values) - 96, np.nan, values))
    assert np.isfinite(blind).all()
    assert width(blind[:16]) > 1.3 * width(clean[:16])


@pytest.mark.parametrize("hours", [7, 12])
def test_the_hours_of_a_stuck_meter_are_not_learnt_from(hours):
    rows = 4 * hours

    def stuck(labels, values):
        return np.concatenate([values[:-rows], np.full(rows, values[-rows])])

    def missing(labels, values):
        return np.concatenate([values[:-rows], np.full(rows, np.nan)])

    assert answer(stuck).tobytes() == answer(missing).tobytes()


@pytest.mark.parametrize("factor", [4.0, 30.0, 0.0])
def test_one_percent_of_spikes_costs_less_than_thirty_percent(clean_error, factor):
    def spikes(labels, values):
        return np.where(towns.noise(labels, "spikes") > 2.3, factor * values, values)

    share = np.mean(towns.noise(towns.quarter_hours(towns.instant("2016-04-14T10:00"), 5952), "spikes") > 2.3)
    assert 0.005 < share < 0.02
    assert error(spikes) <= 1.3 * clean_error


def test_a_spike_in_the_last_quarter_hour_does_not_move_the_coming_ones(clean):
    def spike(labels, values):
        return np.concatenate([values[:-1], 8.0 * values[-1:]])

    assert np.abs(answer(spike)[:, MIDDLE] - clean[:, MIDDLE]).max() < 0.5  # the town's own spread


def test_a_stretch_in_kilowatts_is_not_learnt_from():
    rows = slice(-40 * 96, -38 * 96)

    def edit(kind):
        def spoil(labels, values):
            values = values.copy()
            values[rows] = np.nan if kind == "missing" else 1000.0 * values[rows]
            return values

        return spoil

    assert answer(edit("kilowatts")).tobytes() == answer(edit("missing")).tobytes()


@pytest.mark.parametrize("artifact", [b"", b"garbage", pack({"format": 1}, {})])
def test_an_artifact_of_another_version_leaves_the_floors_to_serve(artifact):
    box = LoadBox({"zone": "town", "experts": ["day_type", "ridge"]}, towns.context())
    view = towns.load_view(towns.instant("2016-06-15T10:00"))
    old, cold = (box.step(view, each, None)[0] for each in (artifact, None))
    assert old.reason == cold.reason == "load_cold_start"
    assert old.outputs["load_forecast_p_mw"].equals(cold.outputs["load_forecast_p_mw"])

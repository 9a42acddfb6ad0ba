"""The start of all futures: kept as bytes, read from forecasts and artifacts, refused where the window is too long."""

from datetime import UTC, datetime
from types import SimpleNamespace

import numpy as np
import pytest
import xarray as xr
from small_start import small_start

from forecasts.futures.dependence import Dependence
from forecasts.quantiles import LEVELS
from scenarios.futures import begin
from scenarios.futures.dependence import STEPS, between_series, of_artifact
from scenarios.futures.paths import drawn_paths
from scenarios.futures.start import Start
from twin.contracts.frame import Frame, Layout
from twin.domain.pack import pack
from twin.domain.problems import BadInput
from twin.wiring import Window

SUMMER = datetime(2016, 7, 1, 16, 0, tzinfo=UTC)


def test_a_start_read_back_draws_the_same_futures():
    start = small_start(across=0.5)
    again = Start.from_bytes(start.to_bytes())
    assert again.sha256 == start.sha256
    assert np.array_equal(drawn_paths(again, 17, seed=1), drawn_paths(start, 17, seed=1))


def test_a_window_beyond_forecast_and_plan_is_refused_with_each_and_the_remedy():
    forecast = xr.DataArray(np.zeros(192), dims="time")
    covered = {("load", "town"): (None, forecast)}
    moved = SimpleNamespace(steps=144)
    with pytest.raises(BadInput, match="--closed-loop") as refused:
        begin._check_horizon(200, covered, moved, Window(SUMMER, 200))
    assert [problem.place for problem in refused.value.problems] == ["window, load forecast of 'town'", "window, plan"]
    begin._check_horizon(144, covered, moved, Window(SUMMER, 144))


def test_paths_longer_than_a_forecast_go_on_with_its_last_day():
    path = np.arange(192.0)[:, None]
    longer = begin._as_far(path, 300)
    assert longer[191:, 0].tolist() == [191.0, *range(96, 192), *range(96, 108)]


def test_errors_of_a_day_that_no_box_knows_begin_anew():
    start = small_start(steps=288)
    paths = np.stack([drawn_paths(start, number, seed=1)[0] for number in range(400)])
    # it begins at noon: the days it knows end 240 steps later; four standard deviations of a correlation of none
    assert abs(np.corrcoef(paths[:, 239], paths[:, 240])[0, 1]) < 4.0 / np.sqrt(400)
    assert np.corrcoef(paths[:, 238], paths[:, 239])[0, 1] > 0.9


def test_the_window_begins_at_its_local_quarter_hour():
    assert begin._slot(SUMMER, "Europe/Zurich") == 72
    assert begin._slot(datetime(2016, 3, 27, 10, 0, tzinfo=UTC), "Europe/Zurich") == 44  # the day has an hour less


def test_a_forecast_with_fewer_levels_is_read_between_them():
    output = xr.DataArray([[1.0, 2.0, 4.0]], dims=("time", "quantile"), coords={"quantile": [0.1, 0.5, 0.9]})
    found = begin._quantiles(output)
    assert found[0, LEVELS.index(0.5)] == 2.0
    assert found[0, LEVELS.index(0.3)] == pytest.approx(1.5)
    assert (np.diff(found) >= 0.0).all()


def test_what_a_box_learnt_of_its_errors_is_in_its_artifact(tmp_path):
    learnt = Dependence.fit(np.random.default_rng(0).random((30, STEPS)), step_s=900)
    champion = pack({}, {f"dependence.{name}": array for name, array in learnt.to_arrays().items()})
    (tmp_path / "model").write_bytes(pack({}, {"town": np.frombuffer(champion, np.uint8)}))
    assert np.array_equal(of_artifact(tmp_path / "model", "town").law, learnt.law)
    unknown = Dependence.fit(np.empty((0, STEPS)), step_s=900)
    for path, zone in ((tmp_path / "model", "village"), (tmp_path / "missing", "town"), (None, "town")):
        assert np.array_equal(of_artifact(path, zone).law, unknown.law)


def test_series_that_moved_together_in_the_past_weeks_are_drawn_together():
    rng = np.random.default_rng(1)
    sky, own = rng.normal(size=(3000, 1)), rng.normal(size=(3000, 2))
    columns = (("zone_pv_p_mw", "town"), ("zone_pv_p_mw", "street"))
    values = 10.0 + 2.0 * sky + own * [0.5, 1.0]
    frame = Frame(Layout(columns), 0, values, np.zeros(values.shape, np.uint8))
    found = between_series(frame, (("pv", "town"), ("pv", "street")))
    # 4 / sqrt(4.25 x 5); four standard deviations at 2,300 changes
    assert found[0, 1] == pytest.approx(4.0 / np.sqrt(4.25 * 5.0), abs=4.0 * 0.25 / np.sqrt(2300))

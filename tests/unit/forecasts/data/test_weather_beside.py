from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from metered import stamps, town

from forecasts.data.reading import read_series
from forecasts.data.spec import SeriesSpec
from twin.domain.problems import BadInput
from twin.domain.quality import Quality

DAYS = 10
Spec = Callable[..., SeriesSpec]
Write = Callable[..., Path]


@pytest.fixture
def feeder(csv_file: Write) -> Path:
    return csv_file(zip(stamps("2019-01-07", DAYS * 96), town(DAYS * 96), strict=True))


def _hours(days: int) -> list[tuple[str, float, object]]:
    return [(stamp, 5.0 + hour % 24, "") for hour, stamp in enumerate(stamps("2019-01-07", days * 24, 60))]


def test_weather_ahead_goes_on_after_the_last_measurement(csv_file: Write, spec: Spec, feeder: Path) -> None:
    weather = csv_file(_hours(DAYS + 2), header="when,temp_c,x", name="weather.csv")
    loaded = read_series(spec(feeder, weather_path=str(weather)))
    assert len(loaded.series.values) == (DAYS + 2) * 96
    assert np.isnan(loaded.series.values[DAYS * 96 :]).all()
    assert (loaded.series.quality[DAYS * 96 :] == Quality.INVALID).all()
    assert np.isfinite(loaded.series.weather["temp_c"]).all()
    assert loaded.series.weather_source == "forecast"
    assert loaded.quality.share_missing == 0.0


def test_years_of_weather_ahead_are_cut_to_ten_days(csv_file: Write, spec: Spec, feeder: Path) -> None:
    weather = csv_file(_hours(60), header="when,temp_c,x", name="weather.csv")
    assert len(read_series(spec(feeder, weather_path=str(weather))).series.values) == (DAYS + 10) * 96


def test_perfect_weather_is_called_measured(csv_file: Write, spec: Spec, feeder: Path) -> None:
    weather = csv_file(_hours(DAYS), header="when,temp_c,x", name="weather.csv")
    assert read_series(spec(feeder, weather_path=str(weather), perfect_weather=True)).series.weather_source == "measured"


def test_a_weather_column_without_values_is_dropped_and_the_run_goes_on(csv_file: Write, spec: Spec, feeder: Path) -> None:
    weather = csv_file(_hours(DAYS), header="when,T,sun", name="weather.csv")
    loaded = read_series(spec(feeder, weather_path=str(weather), weather_map={"temp_c": "T", "ghi_w_m2": "sun"}))
    assert set(loaded.series.weather) == {"temp_c"}
    assert [each.name for each in loaded.quality.weather if each.dropped] == ["ghi_w_m2"]
    assert "weather ghi_w_m2 is left out, no value to use" in loaded.quality.notes


def test_only_empty_weather_leaves_a_series_without(csv_file: Write, spec: Spec, feeder: Path) -> None:
    weather = csv_file(_hours(DAYS), header="when,T,sun", name="weather.csv")
    loaded = read_series(spec(feeder, weather_path=str(weather), weather_map={"ghi_w_m2": "sun"}))
    assert loaded.series.weather_source == "none"
    assert "no weather is left; experts go without it" in loaded.quality.notes


def test_weather_of_another_year_is_dropped(csv_file: Write, spec: Spec, feeder: Path) -> None:
    rows = [(stamp.replace("2019", "2017"), value, empty) for stamp, value, empty in _hours(DAYS)]
    loaded = read_series(spec(feeder, weather_path=str(csv_file(rows, header="when,temp_c,x", name="weather.csv"))))
    assert "holds no value in the span of the series" in loaded.quality.weather[0].remarks


def test_columns_of_the_series_own_file_serve_as_weather(csv_file: Write, spec: Spec) -> None:
    rows = [
        (stamp, value, 280.0 + i % 7) for i, (stamp, value) in enumerate(zip(stamps("2019-01-07", 960), town(960), strict=True))
    ]
    loaded = read_series(spec(csv_file(rows, header="time,kw,T"), weather_map={"temp_c": "T"}))
    np.testing.assert_allclose(loaded.series.weather["temp_c"][:3], [6.85, 7.85, 8.85])
    assert loaded.quality.weather[0].remarks == ("Kelvin: turned into degrees Celsius",)


def test_own_weather_of_rows_without_a_measurement_lies_ahead(csv_file: Write, spec: Spec) -> None:
    values = [*town(960).tolist(), *[""] * 192]
    rows = [(stamp, value, i % 9) for i, (stamp, value) in enumerate(zip(stamps("2019-01-07", 1152), values, strict=True))]
    loaded = read_series(spec(csv_file(rows, header="time,kw,T"), weather_map={"temp_c": "T"}))
    assert len(loaded.series.values) == 1152
    assert loaded.series.weather["temp_c"][-1] == 1151 % 9


def test_weather_labels_follow_the_series_unless_stated(csv_file: Write, spec: Spec, feeder: Path) -> None:
    rows = [(stamp, value, hour) for hour, (stamp, value, _) in enumerate(_hours(DAYS))]
    stated = spec(
        feeder, label="end", weather_path=str(csv_file(rows, header="when,T,n", name="weather.csv")), weather_map={"n": "n"}
    )
    by_end = read_series(stated).series
    by_start = read_series(
        spec(feeder, label="end", weather_path=stated.weather_path, weather_map={"n": "n"}, weather_label="start")
    )
    # the series begins a quarter hour before midnight; the hour that ends at midnight is number 0, the one that begins then too
    assert by_end.weather["n"][0] == 0.0
    assert np.isnan(by_start.series.weather["n"][0])


def test_weather_faults_are_refused_together_with_the_series(csv_file: Write, spec: Spec, feeder: Path) -> None:
    weather = csv_file(_hours(DAYS), header="when,T,sun", name="weather.csv")
    with pytest.raises(BadInput) as refused:
        read_series(spec(feeder, value_column="kW", weather_path=str(weather), weather_map={"temp_c": "temp"}))
    assert [problem.place for problem in refused.value.problems] == ["weather.csv: column 'temp'", "feeder.csv: column 'kW'"]


def test_a_weather_file_without_known_names_asks_for_a_map(csv_file: Write, spec: Spec, feeder: Path) -> None:
    weather = csv_file(_hours(DAYS), header="when,T,sun", name="weather.csv")
    with pytest.raises(BadInput, match="--weather-map"):
        read_series(spec(feeder, weather_path=str(weather)))


def test_a_wrong_zone_and_a_wrong_weather_column_are_refused_together(csv_file: Write, spec: Spec, feeder: Path) -> None:
    weather = csv_file(_hours(DAYS), header="when,T,sun", name="weather.csv")
    with pytest.raises(BadInput) as refused:
        read_series(spec(feeder, timezone="Zurich", weather_path=str(weather), weather_map={"temp_c": "temp"}))
    assert [problem.place for problem in refused.value.problems] == ["site timezone", "weather.csv: column 'temp'"]

from datetime import UTC, datetime

import numpy as np
import pytest

from forecasts.explain.explanation import Explanation, Said
from forecasts.explain.shown import as_text
from forecasts.explain.similar_days import SimilarDay
from forecasts.past import Place
from forecasts.quantiles import LEVELS
from forecasts.series import Series


@pytest.fixture
def text():
    def make(*, source="none", level=50.0, similar=None):
        values = np.full(48, level)
        series = Series("feeder", "load", 0, 3600, values, np.zeros(48, np.uint8), Place("Europe/Zurich", "CH"), {}, source)
        said = Said(
            "ridge",
            (0.5, *[0.75] * 9, 1.0),
            tuple(level + np.linspace(-1, 1, len(LEVELS))),
            {"weather": -0.25, "profile": level},
        )
        found = Explanation(
            quantiles=tuple(level + np.linspace(-2, 2, len(LEVELS))),
            members=(said,),
            parts={"weather": -0.25, "calibration": 0.5, "profile": level, "measured since": 0.0},
            correction_mw=0.0,
            similar=[SimilarDay(18100, 0.87, {"season": 0.6, "temp_c": -0.5}, level, level + 1)]
            if similar is None
            else similar,
            silent={"prophet": "too few days"},
        )
        issued, start = datetime(2019, 7, 31, 22, tzinfo=UTC), datetime(2019, 8, 1, 10, tzinfo=UTC)
        return as_text(series, found, issued=issued, start=start)

    return make


def test_times_are_local_and_the_zone_is_named(text):
    head = text().splitlines()[0]
    assert head == "feeder, Thu 1 Aug 2019 12:00, issued Thu 1 Aug 2019 00:00 (Europe/Zurich), without weather"


def test_measured_weather_is_called_perfect(text):
    assert "perfect weather (measured, not forecast)" in text(source="measured")


def test_the_band_stands_beside_the_median_with_its_unit(text):
    assert "50.0 MW; 48.0 to 52.0 MW with 90 % probability" in text()


def test_a_building_is_told_in_kilowatts(text):
    assert "50.0 kW" in text(level=0.05)


def test_parts_begin_with_the_profile_and_end_with_calibration(text):
    lines = text().splitlines()
    first = lines.index("What makes the median [MW]:")
    assert [line.split("  ")[1] for line in lines[first + 1 : first + 5]] == [
        "profile",
        "weather",
        "measured since",
        "calibration",
    ]


def test_weights_are_told_for_the_edges_and_the_middle(text):
    line = next(line for line in text().splitlines() if line.startswith("  ridge"))
    assert line.split()[1:7:2] == ["50", "75", "100"]
    assert line.endswith("profile +50.0, weather -0.250")


def test_similar_days_say_what_they_brought_and_how_they_differ(text):
    line = next(line for line in text().splitlines() if "2019" in line and "season" in line)
    assert "51.0" in line
    assert line.endswith("season +0.6, temp_c -0.5")


def test_without_similar_days_it_says_so(text):
    assert "No past day to compare with." in text(similar=[])


def test_who_said_nothing_is_named(text):
    assert "prophet said nothing: too few days" in text()

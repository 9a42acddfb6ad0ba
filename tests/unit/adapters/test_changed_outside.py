"""A changed outside: what is true, what is foreseen, and what the channels take."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from twin.adapters.changed_outside import ChangedOutside
from twin.contracts.ports import Outlook
from twin.domain.time import quarter_hours
from twin.site.rehearsed import WorldChange

START = datetime(2016, 1, 25, 11, tzinfo=UTC)
BOUNDS = {
    "temp_c": (-50.0, 50.0),
    "ghi_w_m2": (-1.0, 1400.0),
    "price_chf_per_kwh": (-1.0, 5.0),
    "import_renewable_share": (0.0, 1.0),
    "import_co2_g_per_kwh": (0.0, 1500.0),
}
TRUE = {
    "temp_c": -4.0,
    "ghi_w_m2": 300.0,
    "price_chf_per_kwh": 0.1,
    "import_renewable_share": 0.6,
    "import_co2_g_per_kwh": 120.0,
}
FORECAST_ERROR = 0.5
PUBLISHED_STEPS = 6


class Steady:
    """An outside that never changes; its temperature is forecast half a degree too warm, prices end after six quarter hours."""

    laws = "steady"

    def actual(self, signal, utc_s):
        return np.full(len(utc_s), TRUE[signal])

    def outlook(self, as_of, steps):
        values = {signal: np.full(steps, value) for signal, value in TRUE.items()}
        values["temp_c"] += FORECAST_ERROR
        values["price_chf_per_kwh"][PUBLISHED_STEPS:] = np.nan
        return Outlook(dict.fromkeys(TRUE, as_of), quarter_hours(as_of, steps), values, synthetic=True)


def changed(quantity: str, *, first: int = 2, quarters: int = 2, **how) -> ChangedOutside:
    at = START + timedelta(minutes=15 * first)
    span = WorldChange(quantity=quantity, at=at, until=at + timedelta(minutes=15 * quarters), **how)
    return ChangedOutside(Steady(), [span], BOUNDS)


def truth(outside: ChangedOutside, signal: str, steps: int = 5) -> list[float]:
    return outside.actual(signal, int(START.timestamp()) + 900 * np.arange(steps)).tolist()


def test_truth_changes_within_the_span_and_nowhere_else():
    assert truth(changed("temp_c", times=2.0, add=-1.0), "temp_c") == [-4.0, -4.0, -9.0, -9.0, -4.0]
    assert truth(changed("temp_c", add=-1.0), "price_chf_per_kwh") == [0.1] * 5


def test_what_is_foreseen_changes_what_would_have_been_forecast():
    forecast = changed("temp_c", add=-6.0).outlook(START, 5).values["temp_c"]
    assert forecast.tolist() == [-3.5, -3.5, -9.5, -9.5, -3.5]


def test_what_nobody_foresees_leaves_the_outlook_as_it_was():
    for quantity in ("temp_c", "price_chf_per_kwh", "import_renewable_share", "import_co2_g_per_kwh", "sun"):
        ours, theirs = changed(quantity, times=0.5, foreseen=False).outlook(START, 8), Steady().outlook(START, 8)
        assert all(np.array_equal(ours.values[name], path, equal_nan=True) for name, path in theirs.values.items())


def test_an_unforeseen_price_is_paid_although_another_was_published():
    outside = changed("price_chf_per_kwh", times=10.0, foreseen=False)
    assert outside.outlook(START, 5).values["price_chf_per_kwh"].tolist() == [0.1] * 5
    assert truth(outside, "price_chf_per_kwh") == pytest.approx([0.1, 0.1, 1.0, 1.0, 0.1])


def test_a_foreseen_price_is_known_once_it_is_published():
    prices = changed("price_chf_per_kwh", times=10.0, first=5, quarters=4).outlook(START, 8).values["price_chf_per_kwh"]
    assert prices[:PUBLISHED_STEPS] == pytest.approx([0.1] * 5 + [1.0])
    assert np.isnan(prices[PUBLISHED_STEPS:]).all()


@pytest.mark.parametrize(
    ("quantity", "how", "signal", "most"),
    [
        ("import_renewable_share", {"times": 3.0}, "import_renewable_share", 1.0),
        ("price_chf_per_kwh", {"add": 99.0}, "price_chf_per_kwh", 5.0),
        ("sun", {"times": 9.0}, "ghi_w_m2", 1400.0),
    ],
)
def test_a_value_never_leaves_what_its_channel_takes(quantity, how, signal, most):
    outside = changed(quantity, **how)
    assert truth(outside, signal)[2] == most
    assert outside.outlook(START, 5).values[signal][2] == most


def test_a_sky_over_some_zones_is_not_the_sites():
    outside = changed("sun", times=0.0, zones=("neighbourhood",))
    assert truth(outside, "ghi_w_m2") == [300.0] * 5
    assert outside.outlook(START, 5).values["ghi_w_m2"].tolist() == [300.0] * 5

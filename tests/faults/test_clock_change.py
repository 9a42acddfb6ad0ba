"""Row 21 of the fault table: 27 March and 30 October 2016 in Zurich have 92 and 100 quarter hours, out of local stamps."""

from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hamlet import hamlet

from twin.domain.time import QUARTER_HOUR, from_epoch_s

pytestmark = [pytest.mark.fault, pytest.mark.slow]

ZURICH = ZoneInfo("Europe/Zurich")
QUARTER_HOURS = {date(2016, 3, 27): 92, date(2016, 10, 30): 100}
EVENING = 24
"""Quarter hours from 18:00 the day before, when the day's tariff is published, to midnight."""
EASTER_MONDAY = date(2016, 3, 28)
LOW, HIGH = 0.085, 0.12
TARIFF = "box.tariff.grid_tariff_chf_per_kwh"


@pytest.fixture(scope="module")
def days(settle):
    """Both days, each from the evening before to its last quarter hour."""
    runs = {}
    for day, count in QUARTER_HOURS.items():
        midnight = datetime(day.year, day.month, day.day, tzinfo=ZURICH).astimezone(UTC)
        made = hamlet(midnight - (EVENING + 1) * QUARTER_HOUR, days=1.5, local_stamps=True)
        place = settle(made, f"day{count}")
        runs[day] = place, place.start(EVENING + count + 1)
    found = {}
    for day, (place, run) in runs.items():
        ended = run.ended()
        assert ended.code == 0, ended.err
        found[day] = SimpleNamespace(ended=ended, records=place.records)
    return found


def local(epoch_s):
    return from_epoch_s(epoch_s).astimezone(ZURICH)


def of_day(played, day, lag_s=0):
    """Records of the ticks in that day; with ``lag_s`` 900: of those that see its quarter hours."""
    return [record for record in played.records if local(record.as_of_s - lag_s).date() == day]


@pytest.mark.parametrize(("day", "count"), QUARTER_HOURS.items(), ids=str)
def test_every_quarter_hour_is_seen_once_and_none_is_left_out(days, day, count):
    labels = [record.as_of_s - 900 for record in of_day(days[day], day, lag_s=900)]
    assert [label - labels[0] for label in labels] == [900 * number for number in range(count)]
    assert (local(labels[0]).hour, local(labels[-1] + 900).hour) == (0, 0)
    assert days[day].ended.figures["ticks"] == EVENING + count + 1


@pytest.mark.parametrize(("day", "count"), QUARTER_HOURS.items(), ids=str)
def test_every_quarter_hour_is_read_from_its_own_lines(days, day, count):
    records = of_day(days[day], day, lag_s=900)
    assert [record.meta["coverage"] for record in records] == [1.0] * count
    for record in records:
        assert len(np.unique(record.arrays["live.channel"])) == len(record.arrays["live.channel"])
        assert set(record.arrays["live.valid_time_s"]) == {record.as_of_s - 900}


@pytest.mark.parametrize(("day", "count"), QUARTER_HOURS.items(), ids=str)
def test_the_tariff_of_the_day_has_a_published_price_for_every_quarter_hour_and_keeps_it(days, day, count):
    records = of_day(days[day], day)
    prices = np.array([record.arrays[TARIFF][0] for record in records])
    assert len(prices) == count
    assert np.count_nonzero(~np.isclose(prices, LOW)) > count / 2  # dynamic: a Sunday's static price is low all day
    # Seen 92 quarter hours before midnight: the rest of the day as it came to be, then the next day, not published yet.
    ahead = records[count - 92].arrays[TARIFF]
    np.testing.assert_array_equal(ahead[:92], prices[count - 92 :])
    np.testing.assert_allclose(ahead[92:], LOW, atol=1e-6)  # float32 in the journal


@pytest.mark.parametrize("day", QUARTER_HOURS, ids=str)
def test_the_static_tariff_after_the_day_follows_local_time_and_holidays(days, day):
    seen = next(record for record in of_day(days[day], day) if local(record.as_of_s).hour == 17)
    tomorrow = day + timedelta(days=1)
    steps = [(price, local(seen.as_of_s + 900 * step)) for step, price in enumerate(seen.arrays[TARIFF])]
    found = [price for price, at in steps if at.date() == tomorrow]
    working = tomorrow != EASTER_MONDAY
    expected = [HIGH if working and 7 <= at.hour < 20 else LOW for _, at in steps if at.date() == tomorrow]
    assert len(found) == 68
    assert (HIGH in expected) == working
    np.testing.assert_allclose(found, expected, atol=1e-6)

"""The same loop on any pandapower grid with a folder of CSV telemetry: a whole day, and both clock-change days."""

import math
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hamlet import SUMMER, hamlet

from twin.domain.time import from_epoch_s
from twin.regie.chain import verify

pytestmark = pytest.mark.slow

ZURICH = ZoneInfo("Europe/Zurich")


def numbers(value):
    if isinstance(value, dict):
        for item in value.values():
            yield from numbers(item)
    elif isinstance(value, int | float):
        yield value


@pytest.fixture(scope="module")
def both(settle):
    """A day with the engine of the site file, and beside it an hour with the other one."""
    made = hamlet(SUMMER, days=1.0, weeks=9)
    place = settle(made, "day")
    made.site = made.site.replace("power-grid-model", "pandapower")
    other = settle(made, "hour")
    runs = [(place, place.start(96)), (other, other.start(4))]
    found = [(one, run.ended()) for one, run in runs]
    for _, ended in found:
        assert ended.code == 0, ended.err
    return found


@pytest.fixture(scope="module")
def day(both):
    return both[0]


def test_a_day_on_any_pandapower_grid_with_csv_telemetry(day):
    place, ended = day
    figures = ended.figures
    assert figures["ticks"] == figures["journal"]["acked"] == 96
    assert figures["deadline_misses"] == 0
    assert max(figures["fallback_ticks"].values()) == 0
    assert all(math.isfinite(number) for number in numbers(figures))
    count, head, problems = verify(place.state)
    assert (count, head, problems) == (96, figures["journal"]["head"], [])


def test_the_figures_of_the_day_fit_the_telemetry(day):
    _, ended = day
    kpis = ended.figures["kpis"]
    made = hamlet(SUMMER, days=1.0, weeks=9)
    imported = np.array([r.value for r in made.window if r.channel == "trafo.0.p_mw"])
    assert kpis["grid"]["value"]["peak_import_kw"] >= 1000.0 * imported.max() - 1e-6
    price = np.array([r.value for r in made.window if r.channel == "market.site.price_chf_per_kwh"])
    energy = 250.0 * np.sum(np.where(imported > 0.0, imported * price, imported * 0.08))  # feed-in at the site's 0.08 CHF
    # Telemetry is written with six digits, and summed in another order.
    assert kpis["economic"]["value"]["energy_chf"] == pytest.approx(energy, rel=1e-6)
    # 400 kVA at a quarter of its rating: no-load loss alone is 0.95 kW, load loss less than that.
    assert 0.95e-3 * 24 < kpis["grid"]["value"]["losses_mwh"] < 3e-3 * 24


def test_the_estimate_meets_the_power_flow_behind_the_telemetry(day):
    place, _ = day
    made = hamlet(SUMMER, days=1.0, weeks=9)
    measured = {r.label_s: r.value for r in made.window if r.channel == "bus.8.vm_pu"}
    errors = [record.arrays["grid.vm_pu"][8] - measured[record.as_of_s - 900] for record in place.records]
    assert np.sqrt(np.mean(np.square(errors))) < 0.002  # the demo's goal, with three meters on nine buses


def test_pandapower_as_engine_runs_the_loop_end_to_end(both):
    (place, _), (other, ended) = both
    assert ended.figures["ticks"] == 4
    assert max(ended.figures["fallback_ticks"].values()) == 0
    assert ended.figures["max_vm_error_pu"] < 1e-6  # its solver against runpp at 1e-8: the same equations
    for record, reference in zip(other.records, place.records, strict=False):
        # Both estimators weigh the same measurements; they treat pseudo-measurements at one node differently.
        np.testing.assert_allclose(record.arrays["grid.vm_pu"], reference.arrays["grid.vm_pu"], atol=2e-3)


# ---------------------------------------------------------------------------------------------- clock changes


# Not 2024's spring change: that was Easter, and a holiday's tariff is low all day.
SPRING, AUTUMN = datetime(2023, 3, 26, tzinfo=ZURICH), datetime(2024, 10, 27, tzinfo=ZURICH)
QUARTER_HOURS = {SPRING: 92, AUTUMN: 100}


@pytest.fixture(scope="module")
def changes(settle):
    """Both days, from local midnight to local midnight, out of files with local stamps."""
    places = {
        day: settle(hamlet(day.astimezone(UTC), days=1.1, local_stamps=True), f"change{count}")
        for day, count in QUARTER_HOURS.items()
    }
    runs = {day: places[day].start(count) for day, count in QUARTER_HOURS.items()}
    return {day: (places[day], run.ended()) for day, run in runs.items()}


@pytest.mark.parametrize("begin", [SPRING, AUTUMN], ids=["spring", "autumn"])
def test_a_clock_change_day_has_its_quarter_hours_once_each(changes, begin):
    place, ended = changes[begin]
    assert ended.code == 0, ended.err
    count = QUARTER_HOURS[begin]
    assert ended.figures["ticks"] == count
    assert ended.figures["journal"]["acked"] == count
    records = place.records
    assert [r.as_of_s - records[0].as_of_s for r in records] == [900 * number for number in range(count)]
    labels = [from_epoch_s(r.as_of_s - 900).astimezone(ZURICH) for r in records]
    assert {label.date() for label in labels} == {begin.date()}
    assert (labels[-1] + timedelta(minutes=15)).hour == 0
    # Every quarter hour was read from its own lines, the doubled hour included.
    assert all(r.meta["coverage"] == 1.0 for r in records)
    channels = [r.arrays["live.channel"] for r in records]
    assert all(len(np.unique(read)) == len(read) for read in channels)


@pytest.mark.parametrize("begin", [SPRING, AUTUMN], ids=["spring", "autumn"])
def test_the_tariff_of_a_clock_change_day_follows_local_time(changes, begin):
    place, _ = changes[begin]
    # A Sunday: low until the working day begins at seven local time; nothing dynamic is published before six in the evening.
    seen = next(r for r in place.records if from_epoch_s(r.as_of_s).astimezone(ZURICH).hour == 17)
    tariff = seen.arrays["box.tariff.grid_tariff_chf_per_kwh"]
    local = [from_epoch_s(seen.as_of_s + 900 * step).astimezone(ZURICH) for step in range(len(tariff))]
    expected = [0.12 if t.weekday() < 5 and 7 <= t.hour < 20 else 0.085 for t in local]
    assert sum(price == 0.12 for price in expected) > 20
    np.testing.assert_allclose(tariff, expected, atol=1e-6)  # float32 in the journal

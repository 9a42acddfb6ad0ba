"""The same loop on any pandapower grid with a folder of CSV telemetry, for a whole day."""

import math

import numpy as np
import pytest
from hamlet import SUMMER, hamlet

from twin.regie.chain import verify

pytestmark = pytest.mark.slow


def numbers(value):
    if isinstance(value, dict):
        for item in value.values():
            yield from numbers(item)
    elif isinstance(value, int | float):
        yield value


@pytest.fixture(scope="module")
def both(settle):
    """A day with the engine of the site file, and beside it half an hour with the other one."""
    made = hamlet(SUMMER, days=1.0, weeks=9)
    place = settle(made, "day")
    made.site = made.site.replace("batch", "pandapower")
    other = settle(made, "half_hour")
    runs = [(place, place.start(96)), (other, other.start(2))]
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
    assert ended.figures["ticks"] == 2
    assert max(ended.figures["fallback_ticks"].values()) == 0
    assert ended.figures["max_vm_error_pu"] < 1e-6  # its solver against runpp at 1e-8: the same equations
    for record, reference in zip(other.records, place.records, strict=False):
        # Both estimators weigh the same measurements; they treat pseudo-measurements at one node differently.
        np.testing.assert_allclose(record.arrays["grid.vm_pu"], reference.arrays["grid.vm_pu"], atol=2e-3)

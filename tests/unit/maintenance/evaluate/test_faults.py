import numpy as np
import pytest

from twin.maintenance.evaluate.faults import Fault, inject

LABELS = 900 * np.arange(96 * 20)
LOAD = np.stack([0.5 + 0.2 * np.sin(LABELS / 10_000.0), 0.8 + 0.1 * np.cos(LABELS / 10_000.0)], axis=1)
RISE = 10.0 + 40.0 * LOAD**2
HEALTHY = 15.0 + RISE


def spoilt(**fault) -> np.ndarray:
    return inject(HEALTHY, (Fault(0, start_s=900 * 960, **fault),), labels_s=LABELS, rise_k=RISE, load_factor=LOAD)


@pytest.mark.parametrize("kind", ["cooling", "contact", "drift"])
def test_a_fully_grown_fault_adds_its_size_on_average(kind) -> None:
    added = (spoilt(kind=kind, size_k=6.0) - HEALTHY)[960:, 0]
    assert added.mean() == pytest.approx(6.0, abs=0.4)  # the days after are loaded a little otherwise than those before


def test_a_fault_grows_along_a_line() -> None:
    added = (spoilt(kind="drift", size_k=6.0, growth_days=4.0) - HEALTHY)[:, 0]
    assert added[960 + 2 * 96] == pytest.approx(3.0)
    assert added[960 + 6 * 96] == pytest.approx(6.0)


def test_cooling_adds_in_proportion_to_the_rise() -> None:
    added = (spoilt(kind="cooling", size_k=6.0) - HEALTHY)[960:, 0]
    assert np.ptp(added / RISE[960:, 0]) == pytest.approx(0.0, abs=1e-12)


def test_nothing_changes_before_the_beginning_or_beside_the_asset() -> None:
    for kind in ("cooling", "contact", "drift", "stuck", "spike"):
        found = spoilt(kind=kind)
        assert np.array_equal(found[:960], HEALTHY[:960])
        assert np.array_equal(found[:, 1], HEALTHY[:, 1])


def test_a_stuck_sensor_repeats_its_last_value() -> None:
    assert set(spoilt(kind="stuck")[960:, 0]) == {HEALTHY[960, 0]}


def test_missing_readings_stay_missing() -> None:
    gappy = HEALTHY.copy()
    gappy[1000:1010, 0] = np.nan
    for kind in ("cooling", "drift", "stuck"):
        fault = Fault(0, kind, start_s=900 * 960)
        found = inject(gappy, (fault,), labels_s=LABELS, rise_k=RISE, load_factor=LOAD)
        assert np.isnan(found[1000:1010, 0]).all()

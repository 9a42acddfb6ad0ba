import numpy as np
import pytest

from twin.boxes.maintenance.machines.bearing import BearingGeometry
from twin.boxes.maintenance.machines.features import features_of
from twin.domain.problems import BadInput

SAMPLE_HZ, SPEED_HZ = 12_000.0, 29.95
SKF_6205 = BearingGeometry(elements=9, element_mm=7.94, pitch_mm=39.04, contact_deg=0.0)
TIME = np.arange(int(4 * SAMPLE_HZ)) / SAMPLE_HZ


def sine(velocity_mm_s: float, hz: float) -> np.ndarray:
    """Acceleration [m/s2] of a velocity amplitude."""
    return 2 * np.pi * hz * velocity_mm_s / 1000.0 * np.sin(2 * np.pi * hz * TIME)


def noise(seed: int = 1) -> np.ndarray:
    return 0.5 * np.random.default_rng(seed).normal(size=len(TIME))


def struck(every_hz: float, *, seed: int = 1) -> np.ndarray:
    """Blows that ring at 2.8 kHz, a per cent of slip from one to the next."""
    rng, record, at_s = np.random.default_rng(seed), np.zeros(len(TIME)), 0.0
    while at_s < TIME[-1]:
        first = int(at_s * SAMPLE_HZ)
        since = TIME[first : first + 300] - TIME[first]
        record[first : first + 300] += 3.0 * np.exp(-800.0 * since) * np.sin(2 * np.pi * 2800.0 * since)
        at_s += (1.0 + 0.01 * rng.normal()) / every_hz
    return record


def of(record: np.ndarray, **known):
    return features_of(record, sample_hz=SAMPLE_HZ, speed_hz=SPEED_HZ, bearing=SKF_6205, **known)


def test_a_sine_of_amplitude_a_has_an_rms_of_a_over_root_two() -> None:
    found = of(sine(2.0, SPEED_HZ))
    assert found.velocity_rms_mm_s == pytest.approx(2.0 / np.sqrt(2), rel=2e-3)  # leakage below the line weighs 1/f2
    assert found.once_mm_s == pytest.approx(2.0, rel=2e-3)  # 0.01 dB of the flat-top window
    assert found.crest_factor == pytest.approx(np.sqrt(2), rel=1e-3)
    assert found.kurtosis == pytest.approx(1.5, rel=1e-3)


def test_lines_outside_the_band_do_not_count() -> None:
    inside = of(sine(2.0, 100.0)).velocity_rms_mm_s
    outside = sine(2.0, 100.0) + sine(5.0, 4.0) + sine(1.0, 1500.0)
    assert of(outside).velocity_rms_mm_s == pytest.approx(inside, rel=0.01)


def test_powers_of_two_lines_add_up() -> None:
    both = of(sine(3.0, 50.0) + sine(4.0, 200.0)).velocity_rms_mm_s
    assert both == pytest.approx(5.0 / np.sqrt(2), rel=2e-3)


def test_orders_are_read_side_by_side() -> None:
    found = of(sine(2.0, SPEED_HZ) + sine(0.7, 2 * SPEED_HZ) + sine(0.3, 4 * SPEED_HZ) + noise(), blades=4)
    assert found.once_mm_s == pytest.approx(2.0, rel=0.02)  # noise within the line's width
    assert found.twice_mm_s == pytest.approx(0.7, rel=0.03)
    assert found.blades_mm_s == pytest.approx(0.3, rel=0.05)
    assert np.isnan(found.mesh_mm_s)


@pytest.mark.parametrize("defect", ["bpfo", "bpfi", "bsf", "ftf"])
def test_blows_of_a_defect_are_found_at_its_own_frequency_and_at_no_other(defect: str) -> None:
    orders = vars(SKF_6205.orders()) | {"bsf": 2.0 * SKF_6205.orders().bsf}  # a damaged ball strikes twice a turn
    lines = of(struck(orders[defect] * SPEED_HZ) + sine(2.0, SPEED_HZ) + noise()).envelope
    assert max(lines, key=lines.__getitem__) == defect
    assert lines[defect] > 4.0
    assert all(line < 2.0 for name, line in lines.items() if name != defect)


@pytest.mark.parametrize("seed", range(4))
def test_noise_alone_has_no_defect_lines_and_the_kurtosis_of_a_normal(seed: int) -> None:
    found = of(noise(seed) + sine(0.2, SPEED_HZ))
    assert all(line < 2.0 for line in found.envelope.values())
    assert found.kurtosis == pytest.approx(3.0, abs=0.15)  # standard error sqrt(24 / 48,000) = 0.02, and the sine's own 1.5


def test_the_band_that_rings_is_demodulated() -> None:
    low, high = of(struck(100.0) + noise()).envelope_band_hz
    assert low <= 2800.0 <= high


@pytest.mark.parametrize("factor", [0.01, 100.0])
def test_shape_does_not_depend_on_scale_and_severity_is_proportional_to_it(factor: float) -> None:
    record = struck(SKF_6205.orders().bpfo * SPEED_HZ) + noise()
    small, large = of(record), of(factor * record)
    assert large.kurtosis == pytest.approx(small.kurtosis, rel=1e-9)
    assert large.crest_factor == pytest.approx(small.crest_factor, rel=1e-9)
    assert large.envelope == pytest.approx(small.envelope, rel=1e-9)
    assert large.velocity_rms_mm_s == pytest.approx(factor * small.velocity_rms_mm_s, rel=1e-9)


def test_a_constant_offset_of_the_sensor_changes_nothing() -> None:
    record = sine(2.0, SPEED_HZ) + noise()
    assert of(record + 9.81).velocity_rms_mm_s == pytest.approx(of(record).velocity_rms_mm_s, rel=1e-9)


def test_without_speed_severity_is_known_and_lines_are_not() -> None:
    found = features_of(sine(2.0, 50.0), sample_hz=SAMPLE_HZ, speed_hz=None, bearing=SKF_6205)
    assert found.velocity_rms_mm_s == pytest.approx(np.sqrt(2), rel=2e-3)
    assert np.isnan(found.once_mm_s)
    assert found.envelope == {}


def test_every_fault_of_a_record_is_named_at_once() -> None:
    record = sine(2.0, SPEED_HZ)
    record[7] = np.nan
    with pytest.raises(BadInput) as refused:
        features_of(record, sample_hz=SAMPLE_HZ, speed_hz=-1.0, band_hz=(10.0, 5.0))
    assert [problem.value for problem in refused.value.problems] == [
        "1 values missing, the first at sample 7",
        "severity from 10 to 5 Hz",
        "speed_hz -1",
    ]


@pytest.mark.parametrize(("record", "told"), [(np.zeros(48_000), "0 in every sample"), (np.zeros(100), "100 samples")])
def test_a_dead_or_short_record_is_refused(record: np.ndarray, told: str) -> None:
    with pytest.raises(BadInput, match=told):
        of(record)
